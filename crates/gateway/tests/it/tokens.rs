//! Tokens: given out, shown, ended.

use gateway::{GatewayError, IssueToken, LOCAL_OWNER, TokenView, Transport};
use secrecy::ExposeSecret;
use serde_json::json;
use store::{OpenSpaces, TokenKind, Visibility};

use crate::world::World;

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
