//! Tokens: given out, shown, ended.

use gateway::{AdministrationError, GatewayError, IssueToken, LOCAL_OWNER, TokenView, Transport};
use secrecy::ExposeSecret;
use serde_json::json;
use store::{OpenSpaces, TokenKind, Visibility};

use crate::world::{World, opens};

fn issue(principal: &str, kind: TokenKind) -> IssueToken {
    IssueToken {
        name: "agent".to_owned(),
        principal: principal.to_owned(),
        kind,
        atlassian_account: Some("account-1".to_owned()),
        opens: OpenSpaces::All,
        expires_at: None,
    }
}

#[tokio::test]
async fn a_token_opens_only_what_it_was_made_for_until_it_is_revoked() {
    let world = World::new().await;
    let site = world.silent_site("wiki", Visibility::Mapped).await;
    let owner = world.owner().await;
    let issued = world.gateway.issue_token(&owner, issue("robin", TokenKind::Mcp)).await.unwrap();
    let secret = issued.secret.expose_secret();
    let gateway = &world.gateway;
    let caller = |kind| gateway.caller_for_token(secret, kind, Transport::Http);
    let robin = caller(TokenKind::Mcp).await.unwrap().unwrap();
    assert!(caller(TokenKind::Api).await.unwrap().is_none());
    assert!(
        gateway
            .caller_for_token("nothing", TokenKind::Mcp, Transport::Http)
            .await
            .unwrap()
            .is_none()
    );
    let link = store::account_link(gateway.db(), &robin.principal, &site.id).await.unwrap();
    assert_eq!(link.as_deref(), Some("account-1"));

    let id = issued.token.id.to_string();
    assert!(gateway.revoke_token(&owner, &id).await.unwrap());
    assert!(!gateway.revoke_token(&owner, "nothing").await.unwrap());
    assert!(caller(TokenKind::Mcp).await.unwrap().is_none());
    let views: Vec<_> =
        gateway.list_tokens(&owner).await.unwrap().iter().map(TokenView::of).collect();
    assert_eq!(views.len(), 1);
    assert!(views[0].revoked_at.is_some());
    assert!(!json!(views).to_string().contains(secret));
}

#[tokio::test]
async fn one_principal_may_hold_several_tokens() {
    let world = World::new().await;
    world.silent_site("wiki", Visibility::Mapped).await;
    let owner = world.owner().await;
    let first = world.gateway.issue_token(&owner, issue("robin", TokenKind::Mcp)).await.unwrap();
    let second = world.gateway.issue_token(&owner, issue("robin", TokenKind::Mcp)).await.unwrap();
    assert_eq!(first.token.principal, second.token.principal);
    assert_ne!(first.secret.expose_secret(), second.secret.expose_secret());
}

#[tokio::test]
async fn only_the_local_owner_administers_tokens() {
    let world = World::new().await;
    let robin = world.caller("robin", None, OpenSpaces::All).await;
    let gateway = &world.gateway;
    assert!(gateway.issue_token(&robin, issue("robin", TokenKind::Api)).await.is_err());
    assert!(gateway.list_tokens(&robin).await.is_err());
    let id = robin.token.as_ref().unwrap().to_string();
    assert!(gateway.revoke_token(&robin, &id).await.is_err());

    let owners = world.caller(LOCAL_OWNER, None, OpenSpaces::All).await;
    assert_eq!(owners.principal, world.owner().await.principal);
    assert!(gateway.revoke_token(&owners, &id).await.unwrap());
}

#[tokio::test]
async fn administration_leaves_events() {
    let world = World::new().await;
    world.silent_site("wiki", Visibility::Mapped).await;
    let owner = world.owner().await;
    let issued = world.gateway.issue_token(&owner, issue("robin", TokenKind::Mcp)).await.unwrap();
    world.gateway.revoke_token(&owner, issued.token.id.as_str()).await.unwrap();
    let events = store::events(world.gateway.db(), &owner.organization, None, 10).await.unwrap();
    let mut actions: Vec<_> = events.iter().map(|event| event.body.action.as_str()).collect();
    actions.sort_unstable();
    assert_eq!(actions, ["tokens/issue", "tokens/revoke"]);
    assert!(!format!("{events:?}").contains(issued.secret.expose_secret()));
}

#[tokio::test]
async fn an_account_that_no_site_could_know_is_refused_and_nothing_is_made() {
    let world = World::new().await;
    let owner = world.owner().await;
    let refused = world.gateway.issue_token(&owner, issue("robin", TokenKind::Mcp)).await;
    assert!(matches!(refused, Err(GatewayError::AccountWithoutSite)));
    assert!(world.gateway.list_tokens(&owner).await.unwrap().is_empty());

    let plain = IssueToken { atlassian_account: None, ..issue("robin", TokenKind::Mcp) };
    assert!(world.gateway.issue_token(&owner, plain).await.is_ok());
    world.silent_site("wiki", Visibility::Mapped).await;
    assert!(world.gateway.issue_token(&owner, issue("robin", TokenKind::Mcp)).await.is_ok());
}

#[tokio::test]
async fn a_link_ends_with_the_tokens_that_it_was_given_for() {
    let world = World::new().await;
    world.silent_site("wiki", Visibility::Mapped).await;
    let (owner, gateway) = (world.owner().await, &world.gateway);
    let issue = async |account: Option<&str>, expires_at| {
        let new = issue("robin", TokenKind::Mcp);
        let atlassian_account = account.map(str::to_owned);
        let new = IssueToken { atlassian_account, expires_at, ..new };
        gateway.issue_token(&owner, new).await.unwrap()
    };
    let accounts =
        |issued: &gateway::IssuedToken| issued.accounts.iter().cloned().collect::<Vec<_>>();
    let soon = world.environment.now() + jiff::SignedDuration::from_mins(5);
    let first = issue(Some("account-1"), Some(soon)).await;
    assert_eq!(accounts(&first), ["account-1"]);
    let beside = issue(None, None).await;
    assert_eq!(accounts(&beside), ["account-1"], "one principal is one person");
    assert!(gateway.revoke_token(&owner, beside.token.id.as_str()).await.unwrap());
    world.wait_minutes(6);
    assert!(accounts(&issue(None, None).await).is_empty(), "revoked and expired");
}

fn refused<T>(result: Result<T, GatewayError>) -> AdministrationError {
    match result {
        Err(GatewayError::Administration(error)) => error,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it was done"),
    }
}

#[tokio::test]
async fn a_token_of_the_owner_that_opens_a_part_administers_nothing() {
    let world = World::new().await;
    let narrow = world.caller(LOCAL_OWNER, None, opens(&["ENG"])).await;
    let gateway = &world.gateway;
    let issued = gateway.issue_token(&narrow, issue(LOCAL_OWNER, TokenKind::Mcp)).await;
    assert_eq!(refused(issued), AdministrationError::OwnerOnly);
    assert_eq!(refused(gateway.list_tokens(&narrow).await), AdministrationError::OwnerOnly);
    let id = narrow.token.as_ref().unwrap().to_string();
    assert_eq!(refused(gateway.revoke_token(&narrow, &id).await), AdministrationError::OwnerOnly);
}

#[test]
fn nobody_becomes_the_owner_by_the_name_of_a_token() {
    let of = |named: Option<&str>, token| IssueToken::principal(named.map(str::to_owned), token);
    assert_eq!(of(None, "agent").unwrap(), "agent");
    assert_eq!(of(Some(LOCAL_OWNER), "agent").unwrap(), LOCAL_OWNER);
    assert_eq!(refused(of(None, LOCAL_OWNER)), AdministrationError::OwnerUnsaid);
}

#[tokio::test]
async fn a_new_token_does_not_turn_the_older_ones_into_another_account() {
    let world = World::new().await;
    world.silent_site("wiki", Visibility::Mapped).await;
    let owner = world.owner().await;
    let with = |account: &str| IssueToken {
        atlassian_account: Some(account.to_owned()),
        ..issue("robin", TokenKind::Mcp)
    };
    let first = world.gateway.issue_token(&owner, with("one")).await.unwrap();
    world.gateway.issue_token(&owner, with("one")).await.unwrap();
    let other = refused(world.gateway.issue_token(&owner, with("other")).await);
    assert_eq!(other, AdministrationError::AccountDiffers("robin".to_owned()));
    for token in world.gateway.list_tokens(&owner).await.unwrap() {
        world.gateway.revoke_token(&owner, token.id.as_str()).await.unwrap();
    }
    let corrected = world.gateway.issue_token(&owner, with("other")).await.unwrap();
    assert_eq!(corrected.token.principal, first.token.principal);
}

#[tokio::test]
async fn space_keys_are_spelled_as_they_are_mirrored_and_slips_are_told() {
    let world = World::new().await;
    let site = world.silent_site("wiki", Visibility::Mapped).await;
    world.put(&site.id, &["ENG", "OPS"], &[]).await;
    let keys = |keys: &[&str]| IssueToken { opens: opens(keys), ..issue("robin", TokenKind::Mcp) };
    let owner = world.owner().await;
    let issued = world.gateway.issue_token(&owner, keys(&["eng", "OPS", "nope"])).await.unwrap();
    assert_eq!(issued.token.opens, opens(&["ENG", "OPS", "nope"]));
    assert_eq!(issued.unmirrored, ["nope"]);
}

#[tokio::test]
async fn a_token_with_an_empty_value_is_refused() {
    let world = World::new().await;
    let owner = world.owner().await;
    let whole = || issue("robin", TokenKind::Mcp);
    for empty in [
        IssueToken { name: " ".to_owned(), ..whole() },
        IssueToken { principal: String::new(), ..whole() },
        IssueToken { atlassian_account: Some(String::new()), ..whole() },
        IssueToken { opens: opens(&["ENG", ""]), ..whole() },
    ] {
        let refusal = refused(world.gateway.issue_token(&owner, empty).await);
        assert!(matches!(refusal, AdministrationError::Empty(_)), "{refusal}");
    }
    assert!(world.gateway.list_tokens(&owner).await.unwrap().is_empty());
}
