//! Each tool against Atlassian alone, Cloud and Data Center.

use atlassian::DeploymentKind;
use sandbox::Content;
use serde_json::{Value, json};
use store::{OpenSpaces, VisibleClasses};
use tools::{Coverage, Origin, Resource, Sight, ToolError};

use crate::world::{Edition, PRODUCTS, World, column, everybody, opens, run, search};

fn content() -> Content {
    Content::empty()
        .page("ENG", None, "Home", "<p>Welcome.</p>")
        .page("ENG", Some("Home"), "Rotate a key", "<p>Keys are rotated every quarter.</p>")
        .page("ENG", Some("Home"), "Set max_connections", "<p>The pool has a limit.</p>")
        .page(
            "ENG",
            Some("Rotate a key"),
            "Emergency",
            "<h2>Roll back</h2><p>Take the old key.</p>",
        )
        .page("OPS", None, "Rollback", "<p>Deploy the version before.</p>")
        .page("OPS", None, "Filler", "<p>How do we do what we do?</p>")
}

#[tokio::test]
async fn a_page_is_read_in_one_call_with_its_place_and_version() {
    let world = World::new(content()).await;
    for product in PRODUCTS {
        let id = world.id("ENG", "Emergency");
        let session = world.session(product);
        let site = world.handle(Some(session.clone()), everybody(), Coverage::default());
        let output = run(&site, "confluence_get_page", json!({"page_id": id})).await.unwrap();
        let page = &output.items[0];
        assert_eq!(page.resource, Resource::Page { id: id.clone() }, "{product:?}");
        assert_eq!(page.space_key.as_deref(), Some("ENG"), "{product:?}");
        assert_eq!(page.origin, Origin::Live);
        assert_eq!(page.data["title"], "Emergency");
        assert_eq!(page.data["etag"], format!("{id}.1"));
        assert_eq!(page.data["source"], "live");
        assert!(!page.data["url"].as_str().unwrap().is_empty());
        assert!(page.data["markdown"].as_str().unwrap().contains("Take the old key."));
        assert_eq!(session.requests(), 1, "{product:?}");
    }
}

#[tokio::test]
async fn the_way_to_a_page_of_cloud_is_told_by_the_mirror_without_a_call() {
    let world = World::new(content()).await;
    let (parent, id) = (world.id("ENG", "Rotate a key"), world.id("ENG", "Emergency"));
    let read = async |id: &str, visible: VisibleClasses| {
        let session = world.session(Edition::Cloud);
        let sight = Sight { visible, opens: OpenSpaces::All };
        let site = world.handle(Some(session.clone()), sight, Coverage::default());
        let output = run(&site, "confluence_get_page", json!({"page_id": id})).await.unwrap();
        assert_eq!(session.requests(), 1);
        output.items[0].data.clone()
    };
    assert_eq!(read(&id, VisibleClasses::All).await["breadcrumb"], Value::Null);

    world.mirrored("ENG", &parent, "Rotate a key", "<p>Keys.</p>").await;

    assert_eq!(read(&id, VisibleClasses::All).await["breadcrumb"], "Rotate a key");
    // A parent that may not be seen is not named.
    let nothing = VisibleClasses::Some([].into());
    assert_eq!(read(&id, nothing).await["breadcrumb"], Value::Null);
}

#[tokio::test]
async fn a_page_is_found_by_number_address_and_title() {
    let world = World::new(content()).await;
    for product in PRODUCTS {
        let site = world.live(product);
        let id = world.id("OPS", "Rollback");
        let base = world.session(product).deployment().base().to_string();
        let base = base.trim_end_matches('/');
        for arguments in [
            json!({"page_id": id}),
            json!({"page_id": id.parse::<u64>().unwrap()}),
            json!({"page_id": format!("{base}/spaces/OPS/pages/{id}/Rollback")}),
            json!({"page_id": format!("{base}/pages/viewpage.action?pageId={id}")}),
            json!({"title": "Rollback", "space_key": "OPS"}),
            json!({"page_id": format!("{base}/display/OPS/Rollback")}),
        ] {
            let output = run(&site, "confluence_get_page", arguments.clone()).await.unwrap();
            assert_eq!(output.items[0].data["id"], id, "{product:?} {arguments}");
        }
    }
}

#[tokio::test]
async fn what_atlassian_does_not_show_is_not_found() {
    let world = World::new(content()).await;
    let trashed = world.id("OPS", "Filler");
    world.sandbox.control().trash(&trashed);
    let restricted = world.id("OPS", "Rollback");
    let administrator = &world.sandbox.access().accounts[3].account_id;
    world.sandbox.control().restrict(&restricted, &[administrator], &[]);
    for product in PRODUCTS {
        let site = world.live(product);
        for arguments in [
            json!({"page_id": "999999"}),
            json!({"page_id": trashed}),
            json!({"page_id": restricted}),
            json!({"title": "Rollback", "space_key": "OPS"}),
            json!({"title": "Nothing", "space_key": "NONE"}),
        ] {
            let answer = run(&site, "confluence_get_page", arguments.clone()).await;
            assert!(matches!(answer, Err(ToolError::NotFound)), "{product:?} {arguments}");
        }
        let answer = run(&site, "fetch", json!({"id": restricted})).await;
        assert!(matches!(answer, Err(ToolError::NotFound)), "{product:?}");
        let unknown = json!({"parent_id": "999999"});
        let answer = run(&site, "confluence_get_page_children", unknown).await;
        assert!(matches!(answer, Err(ToolError::NotFound)), "{product:?}");
    }
}

#[tokio::test]
async fn children_come_in_portions_that_join_without_gap() {
    let mut content = content();
    for number in 0..7 {
        content = content.page("OPS", Some("Rollback"), &format!("Step {number}"), "<p>x</p>");
    }
    let world = World::new(content).await;
    for product in PRODUCTS {
        let site = world.live(product);
        let mut titles = Vec::new();
        let mut arguments = json!({"parent_id": world.id("OPS", "Rollback"), "limit": 3});
        loop {
            let output =
                run(&site, "confluence_get_page_children", arguments.clone()).await.unwrap();
            assert!(output.items.len() <= 3);
            titles.extend(column(&output, "title"));
            let Some(next) = output.next else { break };
            arguments["cursor"] = next.into();
        }
        titles.sort();
        let expected: Vec<_> = (0..7).map(|number| format!("Step {number}")).collect();
        assert_eq!(titles, expected, "{product:?}");
    }
}

#[tokio::test]
async fn spaces_are_listed_by_key_and_only_those_that_are_open() {
    let world = World::new(content()).await;
    for product in PRODUCTS {
        let output = run(&world.live(product), "confluence_list_spaces", json!({})).await.unwrap();
        assert_eq!(column(&output, "key"), ["ENG", "OPS"], "{product:?}");
        let first = json!({"limit": 1});
        let output = run(&world.live(product), "confluence_list_spaces", first).await.unwrap();
        assert_eq!(column(&output, "key"), ["ENG"], "{product:?}");
        assert_eq!(output.next.as_deref(), Some("ENG"));
        let rest = json!({"cursor": "ENG"});
        let output = run(&world.live(product), "confluence_list_spaces", rest).await.unwrap();
        assert_eq!(column(&output, "key"), ["OPS"], "{product:?}");
        let junk = json!({"cursor": "junk"});
        let answer = run(&world.live(product), "confluence_list_spaces", junk).await;
        assert!(matches!(answer, Err(ToolError::InvalidArguments(_))), "{product:?}");

        let sight = Sight { opens: opens(&["OPS"]), ..everybody() };
        let site = world.handle(Some(world.session(product)), sight, Coverage::default());
        let output = run(&site, "confluence_list_spaces", json!({"limit": 1})).await.unwrap();
        assert_eq!(column(&output, "key"), ["OPS"], "{product:?}");
        assert_eq!(output.next, None);
    }
}

#[tokio::test]
async fn a_question_finds_pages_that_hold_only_some_of_its_words() {
    let world = World::new(content()).await;
    for product in PRODUCTS {
        let session = world.session(product);
        let site = world.handle(Some(session.clone()), everybody(), Coverage::default());
        let found = search(&site, "How do we go about rotating an old API key at night?").await;
        assert_eq!(found[0], "Rotate a key", "{product:?}");
        assert!(session.requests() <= 2, "{product:?}");
        assert_eq!(search(&site, "max_connections").await[0], "Set max_connections");
        assert_eq!(search(&site, "rollback space:OPS").await, ["Rollback"], "{product:?}");
        assert_eq!(search(&site, "\"Deploy the version\"").await, ["Rollback"], "{product:?}");
        assert!(search(&site, "zzzz").await.is_empty(), "{product:?}");
    }
}

#[tokio::test]
async fn words_cannot_become_operators() {
    let world = World::new(content()).await;
    for product in PRODUCTS {
        let site = world.live(product);
        for query in
            ["\" or type = page or title ~ \"", "rollback\\", "a) or (b", "roll* && (back", "'"]
        {
            run(&site, "search", json!({"query": query})).await.unwrap();
        }
    }
}

#[tokio::test]
async fn cql_is_passed_on_within_the_spaces_that_are_open() {
    let world = World::new(content()).await;
    for product in PRODUCTS {
        let ask = json!({"query": "type = page order by title asc", "limit": 50});
        let output = run(&world.live(product), "confluence_search", ask.clone()).await.unwrap();
        assert_eq!(output.items.len(), 6, "{product:?}");
        assert_eq!(output.facts["source"], "live");

        let sight = Sight { opens: opens(&["OPS"]), ..everybody() };
        let site = world.handle(Some(world.session(product)), sight, Coverage::default());
        let output = run(&site, "confluence_search", ask.clone()).await.unwrap();
        assert_eq!(column(&output, "title"), ["Filler", "Rollback"], "{product:?}");

        let escape = json!({"query": "type = page) or (space = ENG"});
        let answer = run(&site, "confluence_search", escape).await;
        assert!(matches!(answer, Err(ToolError::InvalidArguments(_))), "{product:?}");

        let nonsense = json!({"query": "title ~ and or"});
        match run(&site, "confluence_search", nonsense).await {
            Err(ToolError::Atlassian(error)) => {
                assert_eq!(error.kind.code(), "atlassian_bad_request", "{product:?}");
            }
            other => panic!("{product:?}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_token_narrows_live_pages_searches_and_children() {
    let world = World::new(content()).await;
    for product in PRODUCTS {
        let sight = Sight { opens: opens(&["OPS"]), ..everybody() };
        let site = world.handle(Some(world.session(product)), sight, Coverage::default());
        let hidden = world.id("ENG", "Home");
        for (tool, arguments) in [
            ("confluence_get_page", json!({"page_id": hidden})),
            ("fetch", json!({"id": hidden})),
            ("confluence_get_page_children", json!({"parent_id": hidden})),
        ] {
            let answer = run(&site, tool, arguments).await;
            assert!(matches!(answer, Err(ToolError::NotFound)), "{product:?} {tool}");
        }
        assert!(search(&site, "rotate a key").await.is_empty(), "{product:?}");
        assert_eq!(search(&site, "rollback deploy").await, ["Rollback"], "{product:?}");
    }
}

#[tokio::test]
async fn a_page_that_may_not_be_seen_costs_the_calls_of_one_that_is_not_there() {
    let many = (0..30).fold(content(), |content, number| {
        content.page("ENG", Some("Home"), &format!("Child {number}"), "<p>x</p>")
    });
    let world = World::new(many.blog_post("ENG", "News", "<p>We shipped.</p>")).await;
    let trashed = world.id("OPS", "Filler");
    world.sandbox.control().trash(&trashed);
    for number in 0..300 {
        world.sandbox.control().label(&world.id("ENG", "Home"), &format!("label-{number}"));
    }
    let sight = || Sight { opens: opens(&["OPS"]), ..everybody() };
    for product in PRODUCTS {
        // The requests as the sandbox counted them, by kind.
        let asked = async |tool: &str, arguments: Value| {
            let before = world.sandbox.control().requests();
            let site = world.handle(Some(world.session(product)), sight(), Coverage::default());
            let found = run(&site, tool, arguments).await.is_ok();
            let mut after = world.sandbox.control().requests();
            for (request, count) in before {
                *after.get_mut(&request).unwrap() -= count;
            }
            after.retain(|_, count| *count > 0);
            (found, after)
        };
        for (tool, argument) in
            [("confluence_get_page", "page_id"), ("confluence_get_page_children", "parent_id")]
        {
            let unknown = asked(tool, json!({argument: "999999"})).await;
            assert!(!unknown.0 && !unknown.1.is_empty());
            for hidden in [world.id("ENG", "Home"), world.id("ENG", "News"), trashed.clone()] {
                let hidden = asked(tool, json!({argument: hidden})).await;
                assert_eq!(hidden, unknown, "{product:?} {tool}");
            }
        }
        let open = json!({"page_id": world.id("OPS", "Rollback")});
        let (found, requests) = asked("confluence_get_page", open).await;
        assert_eq!((found, requests.values().sum::<u64>()), (true, 1), "{product:?}");
    }
}

#[tokio::test]
async fn where_no_confluence_is_a_search_says_so() {
    let world = World::new(content()).await;
    let access = world.sandbox.access();
    // Without its /wiki, a Cloud site on a host of any name is taken for a Data Center.
    let root = access.cloud.url.trim_end_matches("/wiki").to_owned();
    let nowhere = format!("{}/nowhere", access.data_center.url);
    for (product, url) in [(Edition::Cloud, root), (Edition::DataCenter, nowhere)] {
        let session = world.session_at(product, DeploymentKind::DataCenter, &url);
        let site = world.handle(Some(session), everybody(), Coverage::default());
        for (tool, arguments) in [
            ("confluence_search", json!({"query": "rollback"})),
            ("confluence_search", json!({"query": "type = page"})),
            ("confluence_list_spaces", json!({})),
        ] {
            match run(&site, tool, arguments).await {
                Err(ToolError::Atlassian(error)) => {
                    assert_eq!(error.kind.code(), "atlassian_not_confluence", "{url} {tool}");
                }
                other => panic!("{url} {tool}: {other:?}"),
            }
        }
    }
}
