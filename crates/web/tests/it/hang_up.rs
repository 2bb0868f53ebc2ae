//! A client that hangs up: nobody waits for the answer, so nothing goes on being asked, and the event
//! says that it was.

use std::collections::HashSet;
use std::time::Duration;

use atlassian::{Credential, Deployment, DeploymentKind};
use gateway::{NewSite, Transport};
use serde_json::{Value, json};
use store::Visibility;
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use web::Auth;

use crate::world::World;

fn get_page() -> Value {
    json!({
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": "confluence_get_page", "arguments": {"page_id": "1"}},
    })
}

/// Until the request is there; the site never answers it.
async fn accept_request(site: &TcpListener) -> TcpStream {
    let (mut stream, _) = site.accept().await.unwrap();
    let mut read = Vec::new();
    while !read.ends_with(b"\r\n\r\n") {
        assert_ne!(stream.read_buf(&mut read).await.unwrap(), 0, "{read:?}");
    }
    stream
}

async fn last_event(world: &World) -> store::Event {
    let organization = store::organization(world.gateway.db()).await.unwrap();
    let events = store::events(world.gateway.db(), &organization.id, None, 100).await.unwrap();
    events.into_iter().max_by_key(|event| event.seq).unwrap()
}

#[tokio::test]
async fn a_client_that_hangs_up_ends_the_call_to_the_site_and_leaves_an_event() {
    let site = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let world = World::with(Auth::None, None).await;
    let owner = world.gateway.local_owner(Transport::Http).await.unwrap();
    let url = format!("http://{}", site.local_addr().unwrap());
    let new = NewSite {
        name: "silent".to_owned(),
        deployment: Deployment::from_url(&url, Some(DeploymentKind::DataCenter)).unwrap(),
        credential: Credential::PersonalToken { token: "secret".into() },
        visibility: Visibility::Own,
        owner: Some(owner.principal),
    };
    world.gateway.connect_site(new).await.unwrap();
    let mut events = HashSet::new();
    for path in ["/mcp", "/api/v1/call"] {
        let body = match path {
            "/mcp" => get_page(),
            _ => get_page()["params"].clone(),
        };
        let body = match path {
            "/mcp" => body,
            _ => json!({"tool": body["name"], "arguments": body["arguments"]}),
        };
        let request =
            world.client.post(format!("http://{}{path}", world.address)).json(&body).send();
        let request = tokio::spawn(request);
        let mut upstream = accept_request(&site).await;

        request.abort();

        // The program would wait for a minute, and then ask again.
        let end = tokio::time::timeout(Duration::from_secs(30), upstream.read(&mut [0; 64])).await;
        assert!(matches!(end, Ok(Ok(0) | Err(_))), "{path}: the site is still asked: {end:?}");
        world.gateway.settle().await;
        let event = last_event(&world).await;
        assert_eq!(event.body.tool.as_deref(), Some("confluence_get_page"), "{path}");
        assert_eq!(event.body.object.as_deref(), Some("page:1"), "{path}");
        assert_eq!(event.body.code, "cancelled", "{path}");
        assert!(events.insert(event.id), "{path} left none of its own");
    }
}
