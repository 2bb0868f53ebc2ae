//! Where requests go, by deployment.

use atlassian::{Credential, Deployment, DeploymentKind, Http, Product, Realm, Session};
use futures_util::TryStreamExt;
use serde_json::json;

use crate::server::{Server, json, options};

fn session(deployment: Deployment) -> Session {
    let credential = Credential::PersonalToken { token: "s3cret".into() };
    Session::new(Http::new(options()).unwrap(), deployment, credential)
}

#[tokio::test]
async fn a_listing_through_the_gateway_stays_on_the_gateway() {
    let server = Server::start(|number, _| {
        let space = json!({"id": number, "key": format!("S{number}"), "name": "x"});
        let next = (number == 0).then_some("/wiki/api/v2/spaces?cursor=c1");
        let links = json!({"next": next, "base": "https://x.atlassian.net/wiki"});
        json(json!({"results": [space], "_links": links}))
    })
    .await;
    let realm = Realm::custom(server.origin(), server.origin(), "a", ".atlassian.net").unwrap();
    let gateway = Deployment::gateway(Product::Confluence, realm, "1-2").unwrap();
    let spaces: Vec<_> = session(gateway).spaces().try_collect().await.unwrap();
    assert_eq!(spaces[1].url, "https://x.atlassian.net/wiki/display/S1");
    assert_eq!(
        server.targets(),
        [
            "/ex/confluence/1-2/wiki/api/v2/spaces?limit=250",
            "/ex/confluence/1-2/wiki/api/v2/spaces?cursor=c1"
        ]
    );
}

#[tokio::test]
async fn jira_names_the_account_on_cloud_and_data_center() {
    let server = Server::start(|_, seen| {
        json(if seen.target().contains("/api/3/") {
            json!({"accountId": "5b:1", "displayName": "Ada", "emailAddress": "ada@example.com"})
        } else {
            json!({"key": "JIRAUSER1", "name": "ada", "displayName": "Ada", "emailAddress": ""})
        })
    })
    .await;
    let mut accounts = Vec::new();
    for (path, kind) in [("", DeploymentKind::Cloud), ("/jira", DeploymentKind::DataCenter)] {
        let url = format!("{}{path}", server.origin());
        let jira = Deployment::new(Product::Jira, &url, Some(kind)).unwrap();
        let user = session(jira).current_user().await.unwrap();
        accounts.push((user.account, user.email));
    }
    let email = Some("ada@example.com".to_owned());
    assert_eq!(accounts, [("5b:1".to_owned(), email), ("JIRAUSER1".to_owned(), None)]);
    assert_eq!(server.targets(), ["/rest/api/3/myself", "/jira/rest/api/2/myself"]);
}
