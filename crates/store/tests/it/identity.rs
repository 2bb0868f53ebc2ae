use std::collections::BTreeSet;

use secrecy::ExposeSecret;
use store::{
    Client, ClientId, NewToken, OpenSpaces, OrganizationId, Principal, PrincipalId, PrincipalKind,
    Product, Site, SiteId, StoreError, TokenKind,
};

use crate::harness::{Store, on_each_engine};

on_each_engine! {
    a_site_is_found_by_its_address_and_updated_by_its_id,
    two_sites_cannot_have_one_address,
    a_principal_is_found_by_each_of_its_identities,
    an_identity_never_moves_to_another_principal,
    a_token_is_found_by_its_secret_alone,
    an_expired_or_revoked_token_is_unknown,
    last_use_is_written_at_most_once_a_minute,
    an_account_link_needs_a_site_and_is_replaced,
    a_deleted_site_takes_all_of_its_own_along_and_nothing_of_another;
    shared
    no_row_joins_two_organizations,
}

async fn a_site_is_found_by_its_address_and_updated_by_its_id(store: Store) {
    let id = store.site("north").await;
    store.site("south").await;
    let sites = store::sites(&store.db, &store.organization).await.unwrap();
    assert_eq!(sites.len(), 2);

    let renamed = Site {
        id: id.clone(),
        organization: store.organization.clone(),
        name: "Nord".to_owned(),
        product: Product::ConfluenceDataCenter,
        base_url: "https://nord.example.com".to_owned(),
    };
    let mut write = store.db.write().await.unwrap();
    store::put_site(&mut write, &renamed).await.unwrap();
    write.commit().await.unwrap();

    let by_url = |url: &'static str| store::site_by_url(&store.db, &store.organization, url);
    assert_eq!(by_url("https://nord.example.com").await.unwrap(), Some(renamed));
    assert_eq!(by_url("https://north.example.com/wiki").await.unwrap(), None);
    let stranger = OrganizationId::new(&store.environment);
    let theirs =
        store::site_by_url(&store.db, &stranger, "https://nord.example.com").await.unwrap();
    assert_eq!(theirs, None);
}

async fn two_sites_cannot_have_one_address(store: Store) {
    store.site("north").await;
    let mut twin = store::sites(&store.db, &store.organization).await.unwrap().remove(0);
    twin.id = SiteId::new(&store.environment);
    let mut write = store.db.write().await.unwrap();
    let refused = store::put_site(&mut write, &twin).await;
    assert!(matches!(refused, Err(StoreError::Query(_))), "{refused:?}");
}

async fn a_principal_is_found_by_each_of_its_identities(store: Store) {
    let id = store.principal("ana").await;
    let ana = store::principal(&store.db, &id).await.unwrap().unwrap();
    let mut write = store.db.write().await.unwrap();
    store::put_principal(&mut write, &ana, "https://id.example.com", "00u1").await.unwrap();
    write.commit().await.unwrap();

    for (issuer, subject, expected) in [
        ("weir:local", "ana", Some(&ana)),
        ("https://id.example.com", "00u1", Some(&ana)),
        ("https://id.example.com", "ana", None),
        ("weir:local", "00u1", None),
        ("weir:local", "Ana", None),
    ] {
        let found =
            store::principal_by_identity(&store.db, &store.organization, issuer, subject).await;
        assert_eq!(found.unwrap().as_ref(), expected, "{issuer} {subject}");
    }
    let unknown = PrincipalId::new(&store.environment);
    assert_eq!(store::principal(&store.db, &unknown).await.unwrap(), None);
}

async fn an_identity_never_moves_to_another_principal(store: Store) {
    let ana = store.principal("ana").await;
    let impostor = Principal {
        id: PrincipalId::new(&store.environment),
        organization: store.organization.clone(),
        kind: PrincipalKind::Service,
        name: "ana".to_owned(),
    };
    let mut write = store.db.write().await.unwrap();
    let refused = store::put_principal(&mut write, &impostor, "weir:local", "ana").await;
    assert!(matches!(refused, Err(StoreError::Query(_))), "{refused:?}");
    drop(write);
    let found =
        store::principal_by_identity(&store.db, &store.organization, "weir:local", "ana").await;
    assert_eq!(found.unwrap().unwrap().id, ana);
}

async fn a_token_is_found_by_its_secret_alone(store: Store) {
    let principal = store.principal("ana").await;
    let client = Client {
        id: ClientId::new(&store.environment),
        organization: store.organization.clone(),
        name: "Cursor".to_owned(),
    };
    let mut write = store.db.write().await.unwrap();
    store::put_client(&mut write, &client).await.unwrap();
    let new = NewToken {
        client: Some(client.id.clone()),
        opens: OpenSpaces::Keys(BTreeSet::from(["ENG".to_owned(), "~5b10".to_owned()])),
        ..mcp_token(&store, &principal)
    };
    let (token, secret) =
        store::create_token(&mut write, &store.environment, new.clone()).await.unwrap();
    write.commit().await.unwrap();

    let secret = secret.expose_secret();
    assert!(secret.starts_with("weir_mcp_") && secret.len() == 9 + 43, "{secret}");
    assert!(secret.starts_with(&token.prefix) && token.prefix.len() < 16, "{}", token.prefix);
    let found = store::token_by_secret(&store.db, &store.environment, secret).await.unwrap();
    let found = found.unwrap();
    assert_eq!((&found.id, &found.opens, &found.client), (&token.id, &new.opens, &new.client));
    assert_eq!(store::client(&store.db, &client.id).await.unwrap(), Some(client));
    for wrong in ["", "weir_mcp_", &token.prefix, &secret.replace("mcp", "api"), &secret[1..]] {
        let found = store::token_by_secret(&store.db, &store.environment, wrong).await.unwrap();
        assert_eq!(found, None, "{wrong}");
    }
}

async fn an_expired_or_revoked_token_is_unknown(store: Store) {
    let principal = store.principal("ana").await;
    let mut write = store.db.write().await.unwrap();
    let expires_at = Some(store.clock.now() + jiff::SignedDuration::from_secs(60));
    let new = NewToken { expires_at, ..mcp_token(&store, &principal) };
    let (_, expiring) = store::create_token(&mut write, &store.environment, new).await.unwrap();
    let new = NewToken { kind: TokenKind::Api, ..mcp_token(&store, &principal) };
    let (revoked, lasting) =
        store::create_token(&mut write, &store.environment, new).await.unwrap();
    write.commit().await.unwrap();
    assert!(lasting.expose_secret().starts_with("weir_api_"));

    let known = async |secret: &secrecy::SecretString| {
        let found =
            store::token_by_secret(&store.db, &store.environment, secret.expose_secret()).await;
        found.unwrap().is_some()
    };
    store.clock.advance(59);
    assert!(known(&expiring).await && known(&lasting).await);
    store.clock.advance(1);
    assert!(!known(&expiring).await && known(&lasting).await);

    let mut write = store.db.write().await.unwrap();
    assert!(store::revoke_token(&mut write, &store.environment, &revoked.id).await.unwrap());
    assert!(!store::revoke_token(&mut write, &store.environment, &revoked.id).await.unwrap());
    write.commit().await.unwrap();
    assert!(!known(&lasting).await);
    assert_eq!(store::tokens(&store.db, &store.organization).await.unwrap().len(), 2);
}

async fn last_use_is_written_at_most_once_a_minute(store: Store) {
    let principal = store.principal("ana").await;
    let mut write = store.db.write().await.unwrap();
    let new = mcp_token(&store, &principal);
    let (_, secret) = store::create_token(&mut write, &store.environment, new).await.unwrap();
    write.commit().await.unwrap();
    let last_use =
        async || store::tokens(&store.db, &store.organization).await.unwrap()[0].last_used_at;
    assert_eq!(last_use().await, None);

    let first = store.clock.now();
    for (wait, expected) in [(0, 0), (59, 0), (1, 60)] {
        store.clock.advance(wait);
        let secret = secret.expose_secret();
        store::token_by_secret(&store.db, &store.environment, secret).await.unwrap().unwrap();
        assert_eq!(last_use().await, Some(first + jiff::SignedDuration::from_secs(expected)));
    }
}

async fn an_account_link_needs_a_site_and_is_replaced(store: Store) {
    let (principal, site) = (store.principal("ana").await, store.site("north").await);
    let link = async |site: &SiteId, account: &str| {
        let mut write = store.db.write().await.unwrap();
        let environment = &store.environment;
        store::put_account_link(&mut write, environment, &principal, site, account, "operator")
            .await?;
        write.commit().await
    };
    assert_eq!(store::account_link(&store.db, &principal, &site).await.unwrap(), None);
    link(&site, "5b10").await.unwrap();
    link(&site, "5b11").await.unwrap();
    let account = store::account_link(&store.db, &principal, &site).await.unwrap();
    assert_eq!(account.as_deref(), Some("5b11"));
    let elsewhere = SiteId::new(&store.environment);
    assert!(matches!(link(&elsewhere, "5b10").await, Err(StoreError::NotFound)));
}

async fn a_deleted_site_takes_all_of_its_own_along_and_nothing_of_another(store: Store) {
    let principal = store.principal("ana").await;
    let sites = [store.site("north").await, store.site("south").await];
    for site in &sites {
        let class = store.open_class(site, "ENG").await;
        store.put(site, &store.header("1", class), "text").await;
        let source = store::Source {
            id: store::SourceId::new(&store.environment),
            site: site.clone(),
            name: "all".to_owned(),
            scope: store::Scope::AllSpaces,
        };
        let run = store::Run {
            id: store::RunId::new(&store.environment),
            source: source.id.clone(),
            state: store::RunState::Succeeded,
            started_at: store.clock.now(),
            ended_at: None,
            counts: store::RunCounts::default(),
            error: None,
            held: Vec::new(),
        };
        let credential = store::Credential {
            id: store::CredentialId::new(&store.environment),
            site: site.clone(),
            owner: None,
            visibility: store::Visibility::Mapped,
            sealed: "c2VhbGVk".to_owned(),
        };
        let mut write = store.db.write().await.unwrap();
        store::put_source(&mut write, &source).await.unwrap();
        store::put_run(&mut write, &run).await.unwrap();
        store::put_credential(&mut write, &credential).await.unwrap();
        store::put_account_link(&mut write, &store.environment, &principal, site, "5b10", "")
            .await
            .unwrap();
        write.commit().await.unwrap();
    }
    let delete = async |site: &SiteId| {
        let mut write = store.db.write().await.unwrap();
        let deleted = store::delete_site(&mut write, site).await.unwrap();
        write.commit().await.unwrap();
        deleted
    };
    assert!(delete(&sites[0]).await);
    assert!(!delete(&sites[0]).await);
    let left = store::sites(&store.db, &store.organization).await.unwrap();
    assert_eq!(left.iter().map(|site| &site.id).collect::<Vec<_>>(), [&sites[1]]);
    for (site, pages) in sites.iter().zip([0, 1]) {
        let all = &store::VisibleClasses::All;
        assert_eq!(store::count_pages(&store.db, site, all).await.unwrap(), pages);
        let credentials = store::credentials(&store.db, site).await.unwrap();
        assert_eq!(credentials.len() as u64, pages);
        assert_eq!(store::sources(&store.db, site).await.unwrap().len() as u64, pages);
    }
}

async fn no_row_joins_two_organizations(store: Store) {
    store
        .tamper("INSERT INTO organization VALUES ('0198c0de-0000-7000-8000-000000000000', 'b', 0)")
        .await;
    let theirs: OrganizationId = "0198c0de-0000-7000-8000-000000000000".parse().unwrap();
    let ana = store.principal("ana").await;
    let site = Site {
        id: SiteId::new(&store.environment),
        organization: theirs.clone(),
        name: "theirs".to_owned(),
        product: Product::ConfluenceCloud,
        base_url: "https://theirs.example.com/wiki".to_owned(),
    };
    let mut write = store.db.write().await.unwrap();
    store::put_site(&mut write, &site).await.unwrap();
    write.commit().await.unwrap();

    let mut write = store.db.write().await.unwrap();
    let new = NewToken { organization: theirs.clone(), ..mcp_token(&store, &ana) };
    let refused = store::create_token(&mut write, &store.environment, new).await.map(drop);
    assert!(matches!(refused, Err(StoreError::Query(_))), "{refused:?}");
    drop(write);
    let mut write = store.db.write().await.unwrap();
    let (environment, site) = (&store.environment, site.id);
    let refused =
        store::put_account_link(&mut write, environment, &ana, &site, "5b10", "operator").await;
    assert!(matches!(refused, Err(StoreError::Query(_))), "{refused:?}");
    drop(write);
    let mut write = store.db.write().await.unwrap();
    let credential = store::Credential {
        id: store::CredentialId::new(environment),
        site,
        owner: Some(ana),
        visibility: store::Visibility::Own,
        sealed: "c2VhbGVk".to_owned(),
    };
    let refused = store::put_credential(&mut write, &credential).await;
    assert!(matches!(refused, Err(StoreError::Query(_))), "{refused:?}");
}

fn mcp_token(store: &Store, principal: &PrincipalId) -> NewToken {
    NewToken {
        organization: store.organization.clone(),
        principal: principal.clone(),
        client: None,
        kind: TokenKind::Mcp,
        name: "laptop".to_owned(),
        opens: OpenSpaces::None,
        expires_at: None,
    }
}
