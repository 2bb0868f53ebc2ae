//! Each credential where it works, and where it does not.

use atlassian::{
    BodyFormat, Credential, Deployment, ErrorKind, Http, HttpOptions, Product, Session,
    accessible_sites, choose_site,
};
use futures_util::TryStreamExt;
use serde_json::json;

use crate::realm::{READING, World};
use crate::server::{Server, json, options, status, user};

async fn reads(session: &Session) -> Result<(), ErrorKind> {
    let space = session.space("ENG").await.map_err(|error| error.kind)?;
    let pages: Vec<_> =
        session.pages_in_space(&space).try_collect().await.map_err(|error| error.kind)?;
    let page = session.page(&pages[0].id, BodyFormat::Storage).await.map_err(|error| error.kind)?;
    assert_eq!(page.storage.as_deref(), Some("<p>Hello.</p>"));
    Ok(())
}

#[tokio::test]
async fn a_token_with_scopes_is_recognized_and_goes_through_the_gateway() {
    let world = World::start().await;
    let service = world.account("service");
    let scoped = world.basic("service", &service.scoped_api_token);
    let on_site = Session::new(world.http.clone(), world.site(), scoped.clone());
    assert_eq!(reads(&on_site).await, Err(ErrorKind::Unauthorized));

    let session = Session::connect(world.http.clone(), world.site(), scoped).await.unwrap();
    assert_eq!(session.deployment(), &world.gateway());
    reads(&session).await.unwrap();

    let whole = world.basic("service", &service.api_token);
    let session = Session::connect(world.http.clone(), world.site(), whole).await.unwrap();
    assert_eq!(session.deployment(), &world.site());

    let wrong = world.basic("service", "wrong");
    let error = Session::connect(world.http.clone(), world.site(), wrong).await.map(|_| ());
    let error = error.unwrap_err();
    assert_eq!(
        (error.kind, &*error.path),
        (ErrorKind::Unauthorized, "/wiki/rest/api/user/current")
    );
    let requests = world.sandbox.control().requests();
    assert_eq!(requests["GET /_edge/tenant_info"], 1, "the cloud id is remembered");
}

#[tokio::test]
async fn the_token_of_a_service_account_works_as_bearer_through_the_gateway() {
    let world = World::start().await;
    let token = world.account("service").scoped_api_token.as_str();
    let bearer = Credential::AccessToken { token: token.into() };
    let session = Session::connect(world.http.clone(), world.site(), bearer.clone()).await.unwrap();
    reads(&session).await.unwrap();
    let on_site = Session::new(world.http.clone(), world.site(), bearer);
    assert_eq!(reads(&on_site).await, Err(ErrorKind::TokenExpired));
}

#[tokio::test]
async fn a_missing_scope_is_named_and_no_reason_to_refuse_the_token() {
    let world = World::start().await;
    let account = world.account("service").account_id.clone();
    let control = world.sandbox.control();
    let id = control.page_id("ENG", "Home").unwrap().parse().unwrap();
    for (scopes, expected) in [
        (&["read:space:confluence"][..], "read:page:confluence"),
        // Classic scopes open nothing of v2.
        (&["read:confluence-content.all", "read:confluence-user"], "read:page:confluence"),
    ] {
        let token = control.scoped_token(&account, scopes);
        let credential = world.basic("service", &token);
        let session = Session::connect(world.http.clone(), world.site(), credential).await.unwrap();
        let error = session.page(&id, BodyFormat::Storage).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::ScopeMissing { scope: Some(expected) });
        assert_eq!(error.to_string(), "the token lacks the scope read:page:confluence");
    }
}

#[tokio::test]
async fn an_access_token_made_elsewhere_works_with_a_cloud_id_alone() {
    let world = World::start().await;
    let tokens = world.tokens(&world.cloud_app(&READING), "service").await;
    let credential = Credential::AccessToken { token: tokens.access_token };
    let cloud_id = &world.sandbox.access().oauth.cloud_id;
    let gateway = Deployment::gateway(Product::Confluence, world.realm(), cloud_id).unwrap();
    let session = Session::connect(world.http.clone(), gateway, credential.clone()).await.unwrap();
    reads(&session).await.unwrap();
    world.pass(3_601);
    assert_eq!(reads(&session).await, Err(ErrorKind::TokenExpired));
}

#[tokio::test]
async fn of_several_sites_the_one_of_the_product_and_address_is_chosen() {
    let world = World::start().await;
    let scopes = [&READING[..], &["read:jira-work"]].concat();
    let tokens = world.tokens(&world.cloud_app(&scopes), "service").await;
    let credential = Credential::AccessToken { token: tokens.access_token };
    let sites = accessible_sites(&world.http, &world.realm(), &credential).await.unwrap();
    let cloud_id = &world.sandbox.access().oauth.cloud_id;
    assert_eq!(sites.iter().filter(|site| site.id == *cloud_id).count(), 2);
    let jira = choose_site(&sites, Product::Jira, None).unwrap();
    assert_eq!((&jira.id, &jira.scopes[..]), (cloud_id, &["read:jira-work".to_owned()][..]));
    assert!(choose_site(&sites, Product::Confluence, None).is_err());
    let site = world.site();
    let confluence = choose_site(&sites, Product::Confluence, Some(site.base())).unwrap();
    assert_eq!(&confluence.id, cloud_id);
    assert!(confluence.scopes.contains(&"read:page:confluence".to_owned()));
}

#[tokio::test]
async fn a_cloud_id_is_asked_for_without_a_credential_and_of_cloud_alone() {
    let server = Server::start(|_, seen| match seen.target().as_str() {
        "/_edge/tenant_info" => json(json!({"cloudId": "1-2"})),
        _ => status(401, "no"),
    })
    .await;
    let http = Http::new(options()).unwrap();
    let deployment = server.cloud().deployment().clone();
    assert_eq!(http.cloud_id(&deployment).await.unwrap(), "1-2");
    assert_eq!(http.cloud_id(&deployment).await.unwrap(), "1-2");
    assert_eq!(server.targets(), ["/_edge/tenant_info"]);
    assert!(!server.seen()[0].headers.contains_key("authorization"));
    let data_center = server.data_center().deployment().clone();
    let error = http.cloud_id(&data_center).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotCloud);
    assert_eq!(server.seen().len(), 1);

    let other = Server::start(|_, _| status(404, "<html>no such page</html>")).await;
    let error = http.cloud_id(other.cloud().deployment()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotCloud);
}

#[tokio::test]
async fn custom_headers_go_to_the_site_with_any_credential_or_alone() {
    let server = Server::start(|_, _| user()).await;
    let deployment = server.data_center().deployment().clone();
    let with = HttpOptions {
        headers: vec![
            ("X-Gate".to_owned(), "gate-secret".into()),
            ("Cf-Access".to_owned(), "b".into()),
        ],
        ..options()
    };
    let http = Http::new(with).unwrap();
    for credential in
        [Credential::PersonalToken { token: "s3cret".into() }, Credential::Certificate]
    {
        let session = Session::new(http.clone(), deployment.clone(), credential);
        session.current_user().await.unwrap();
    }
    let seen = server.seen();
    for request in &seen {
        assert_eq!(request.headers["x-gate"], "gate-secret");
        assert_eq!(request.headers["cf-access"], "b");
    }
    assert_eq!(seen[0].headers["authorization"], "Bearer s3cret");
    assert!(!seen[1].headers.contains_key("authorization"));
}
