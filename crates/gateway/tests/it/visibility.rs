//! Whose eyes: own, mapped, everyone.

use gateway::{NewSite, Origin};
use sandbox::{Content, Sandbox};
use serde_json::json;
use store::{OpenSpaces, RunState, Visibility};

use crate::world::{SECRET, World, column, only, opens, page};

fn content() -> Content {
    Content::empty()
        .page("ENG", None, "Home", "<p>The gateway of engineering.</p>")
        .page("ENG", Some("Home"), "Plans", "<p>The gateway has plans.</p>")
        .page("ENG", Some("Plans"), "Details", "<p>The gateway in detail.</p>")
        .page("HR", None, "Salaries", "<p>The gateway to money.</p>")
}

fn account<'a>(sandbox: &'a Sandbox, role: &str) -> &'a str {
    let account = sandbox.access().accounts.iter().find(|account| account.role == role).unwrap();
    &account.account_id
}

#[tokio::test]
async fn own_serves_its_owner_live_and_nobody_else() {
    let world = World::new().await;
    let sandbox = world.sandbox(content()).await;
    world.connect(&sandbox, Visibility::Own).await;
    let id = sandbox.control().page_id("ENG", "Plans").unwrap();

    let owner = world.owner().await;
    let page = world.ask(&owner, "confluence_get_page", json!({"page_id": id})).await;
    assert_eq!(page.items[0].origin, Origin::Live);
    assert_eq!(page.facts["source"], "live");
    let cql = world.ask(&owner, "confluence_search", json!({"query": "space = HR"})).await;
    assert_eq!(column(&cql, "title"), ["Salaries"]);

    let stranger = world.caller("robin", None, OpenSpaces::All).await;
    for (tool, arguments) in [
        ("confluence_get_page", json!({"page_id": id})),
        ("search", json!({"query": "gateway"})),
        ("confluence_list_spaces", json!({})),
    ] {
        assert_eq!(world.code(&stranger, tool, arguments).await, "no_site");
    }
}

#[tokio::test]
async fn who_connected_the_site_sees_what_the_shared_credential_sees() {
    let world = World::new().await;
    let sandbox = world.sandbox(content()).await;
    let site = world.connect(&sandbox, Visibility::Mapped).await;
    let id = sandbox.control().page_id("ENG", "Plans").unwrap();
    sandbox.control().restrict(&id, &[account(&sandbox, "service")], &[]);
    world.mirror(&site).await;
    let owner = world.owner().await;
    let page = world.ask(&owner, "confluence_get_page", json!({"page_id": id})).await;
    assert_eq!(page.items[0].origin, Origin::Mirror);
    world.wait_minutes(120);
    let cql = world.ask(&owner, "confluence_search", json!({"query": "title = Plans"})).await;
    assert_eq!(column(&cql, "title"), ["Plans"]);
    let robin = world.caller("robin", None, OpenSpaces::All).await;
    assert_eq!(
        world.code(&robin, "confluence_get_page", json!({"page_id": id})).await,
        "rights_stale"
    );
}

#[tokio::test]
async fn own_reads_its_mirror_while_it_is_fresh() {
    for data_center in [false, true] {
        let world = World::new().await;
        let sandbox = world.sandbox(content()).await;
        let site = if data_center {
            world.connect_data_center(&sandbox, Visibility::Own).await
        } else {
            world.connect(&sandbox, Visibility::Own).await
        };
        world.mirror(&site).await;
        let owner = world.owner().await;
        let before: u64 = sandbox.control().requests().values().sum();
        let found = world.ask(&owner, "confluence_search", json!({"query": "plans"})).await;
        assert_eq!(column(&found, "title")[0], "Plans");
        assert_eq!(column(&found, "breadcrumb")[0], "Home");
        let id = sandbox.control().page_id("ENG", "Plans").unwrap();
        let page = world.ask(&owner, "confluence_get_page", json!({"page_id": id})).await;
        assert_eq!(page.items[0].origin, Origin::Mirror);
        let children = json!({"parent_id": id});
        let children = world.ask(&owner, "confluence_get_page_children", children).await;
        assert_eq!(column(&children, "title"), ["Details"]);
        assert_eq!(sandbox.control().requests().values().sum::<u64>(), before);
    }
}

#[tokio::test]
async fn mapped_shows_what_the_linked_account_may_view_and_calls_nobody() {
    let world = World::new().await;
    let sandbox = world.sandbox(content()).await;
    let plans = sandbox.control().page_id("ENG", "Plans").unwrap();
    let (service, reader) = (account(&sandbox, "service"), account(&sandbox, "reader"));
    sandbox.control().restrict(&plans, &[service, reader], &[]);
    let site = world.connect(&sandbox, Visibility::Mapped).await;
    world.mirror(&site).await;
    let before: u64 = sandbox.control().requests().values().sum();

    let reader = world.caller("robin", Some(reader), opens(&["ENG"])).await;
    let outsider = world.caller("olga", None, opens(&["ENG"])).await;
    let question = json!({"query": "gateway"});
    let mut seen =
        column(&world.ask(&reader, "confluence_search", question.clone()).await, "title");
    seen.sort();
    assert_eq!(seen, ["Details", "Home", "Plans"]);
    let seen = column(&world.ask(&outsider, "confluence_search", question).await, "title");
    assert_eq!(seen, ["Home"]);

    let details = sandbox.control().page_id("ENG", "Details").unwrap();
    let page = world.ask(&reader, "confluence_get_page", json!({"page_id": details})).await;
    assert_eq!(page.items[0].data["breadcrumb"], "Home > Plans");
    assert_eq!(page.items[0].origin, Origin::Mirror);
    for hidden in [&plans, &details] {
        let refusal = world.refused(&outsider, "fetch", json!({"id": hidden})).await;
        let unknown = world.refused(&outsider, "fetch", json!({"id": "424242"})).await;
        assert_eq!(refusal, unknown);
        assert_eq!(refusal.code, "not_found");
    }
    let home = sandbox.control().page_id("ENG", "Home").unwrap();
    let below = json!({"parent_id": home});
    let children = world.ask(&outsider, "confluence_get_page_children", below).await;
    assert!(children.items.is_empty() && children.next.is_none());
    assert_eq!(sandbox.control().requests().values().sum::<u64>(), before, "nobody was called");
}

#[tokio::test]
async fn mapped_shows_nothing_whose_rights_were_not_checked_for_an_hour() {
    let world = World::new().await;
    let sandbox = world.sandbox(content()).await;
    let site = world.connect(&sandbox, Visibility::Mapped).await;
    world.mirror(&site).await;
    let robin = world.caller("robin", None, opens(&["ENG", "HR"])).await;
    let home = json!({"page_id": sandbox.control().page_id("ENG", "Home").unwrap()});
    let question = json!({"query": "gateway"});

    world.wait_minutes(60);
    let answer = world.ask(&robin, "confluence_search", question.clone()).await;
    assert_eq!(answer.items.len(), 4);
    assert!(!answer.facts.contains_key("rights_stale"));

    world.wait_minutes(1);
    for (tool, arguments) in [
        ("confluence_search", question.clone()),
        ("confluence_get_page", home.clone()),
        ("fetch", json!({"id": home["page_id"]})),
        ("confluence_get_page_children", json!({"parent_id": home["page_id"]})),
    ] {
        assert_eq!(world.code(&robin, tool, arguments).await, "rights_stale", "{tool}");
    }

    world.mirror(&site).await;
    assert_eq!(world.ask(&robin, "confluence_search", question).await.items.len(), 4);
    world.ask(&robin, "confluence_get_page", home).await;
}

#[tokio::test]
async fn one_space_whose_rights_are_stale_leaves_the_others_served() {
    let world = World::new().await;
    let site = world.silent_site("wiki", Visibility::Mapped).await;
    let pages = [page("ENG", "1", "One"), page("HR", "2", "Two")];
    world.put(&site.id, &["ENG", "HR"], &pages).await;
    world.wait_minutes(59);
    world.put(&site.id, &["ENG"], &pages[..1]).await;
    world.wait_minutes(2);
    let robin = world.caller("robin", None, opens(&["ENG", "HR"])).await;

    let answer = world.ask(&robin, "confluence_search", json!({"query": "gateway"})).await;
    assert_eq!(column(&answer, "title"), ["One"]);
    assert_eq!(answer.facts["rights_stale"], true);
    assert_eq!(world.code(&robin, "fetch", json!({"id": "2"})).await, "not_found");
    let in_stale = json!({"query": "gateway", "spaces_filter": "hr"});
    assert_eq!(world.code(&robin, "confluence_search", in_stale).await, "rights_stale");
    // Of what a token does not open, it says nothing.
    let narrow = world.caller("olga", None, opens(&["ENG"])).await;
    let answer = world.ask(&narrow, "confluence_search", json!({"query": "gateway"})).await;
    assert!(!answer.facts.contains_key("rights_stale"));
}

#[tokio::test]
async fn what_the_site_does_not_show_any_more_is_shown_to_nobody_at_once() {
    for visibility in [Visibility::Own, Visibility::Mapped, Visibility::Everyone] {
        let world = World::new().await;
        let sandbox = world.sandbox(content()).await;
        let site = world.connect(&sandbox, visibility).await;
        world.mirror(&site).await;
        let caller = match visibility {
            Visibility::Own => world.owner().await,
            Visibility::Mapped | Visibility::Everyone => {
                world.caller("robin", None, opens(&["ENG", "HR"])).await
            }
        };
        let home = sandbox.control().page_id("ENG", "Home").unwrap();
        // Everything of ENG is below it: the mirror's account sees none of it now, and the guard
        // does not believe that it is gone.
        sandbox.control().restrict(&home, &[account(&sandbox, "reader")], &[]);

        let run = world.run_mirror(&site).await;
        assert_eq!((run.state, run.counts.deleted), (RunState::Held, 0), "{visibility:?}");

        let answer = world.ask(&caller, "confluence_search", json!({"query": "gateway"})).await;
        assert_eq!(column(&answer, "title"), ["Salaries"], "{visibility:?}");
        for (tool, arguments) in [
            ("confluence_get_page", json!({"page_id": home})),
            ("confluence_get_page", json!({"title": "Home", "space_key": "ENG"})),
            ("fetch", json!({"id": home})),
        ] {
            let code = world.code(&caller, tool, arguments).await;
            assert_eq!(code, "not_found", "{visibility:?} {tool}");
        }

        // Nothing was lost: what is shown again is served again.
        sandbox.control().restrict(&home, &[], &[]);
        world.mirror(&site).await;
        let answer = world.ask(&caller, "confluence_search", json!({"query": "gateway"})).await;
        assert_eq!(answer.items.len(), 4, "{visibility:?}");
    }
}

#[tokio::test]
async fn mapped_refuses_what_only_atlassian_can_answer() {
    let world = World::new().await;
    let site = world.silent_site("wiki", Visibility::Mapped).await;
    world.put(&site.id, &["ENG"], &[page("ENG", "1", "One")]).await;
    let caller = world.caller("robin", None, OpenSpaces::All).await;
    for (tool, arguments, code) in [
        ("confluence_search", json!({"query": "type = page"}), "connect_account"),
        ("confluence_search", json!({"query": "a", "spaces_filter": "OPS"}), "connect_account"),
        ("search", json!({"query": "a space:OPS"}), "connect_account"),
        ("confluence_get_page", json!({"title": "A", "space_key": "OPS"}), "connect_account"),
        ("confluence_get_page", json!({"title": "A", "space_key": "ENG"}), "not_found"),
        ("confluence_get_page", json!({"page_id": "2"}), "not_found"),
    ] {
        assert_eq!(world.code(&caller, tool, arguments.clone()).await, code, "{tool} {arguments}");
    }
}

#[tokio::test]
async fn a_space_that_the_token_does_not_open_is_refused_alike_whether_or_not_it_exists() {
    for visibility in [Visibility::Mapped, Visibility::Everyone] {
        let world = World::new().await;
        let site = world.silent_site("wiki", visibility).await;
        let pages = [page("ENG", "1", "One"), page("HR", "2", "Two")];
        world.put(&site.id, &["ENG", "HR"], &pages).await;
        let caller = world.caller("robin", None, opens(&["ENG"])).await;
        for (tool, existing, unknown) in [
            (
                "confluence_get_page",
                json!({"title": "Two", "space_key": "HR"}),
                json!({"title": "Two", "space_key": "NOPE"}),
            ),
            (
                "confluence_search",
                json!({"query": "gateway", "spaces_filter": "ENG,HR"}),
                json!({"query": "gateway", "spaces_filter": "ENG,NOPE"}),
            ),
            (
                "search",
                json!({"query": "gateway space:HR"}),
                json!({"query": "gateway space:NOPE"}),
            ),
            (
                "confluence_search",
                json!({"query": "type = page", "spaces_filter": "HR"}),
                json!({"query": "type = page", "spaces_filter": "NOPE"}),
            ),
        ] {
            let refusal = world.refused(&caller, tool, existing).await;
            assert_eq!(refusal.code, "space_not_open", "{tool}");
            assert_eq!(refusal, world.refused(&caller, tool, unknown).await, "{tool}");
        }
    }
}

#[tokio::test]
async fn everyone_sees_as_the_credential_does_within_the_open_spaces() {
    let world = World::new().await;
    let sandbox = world.sandbox(content()).await;
    let plans = sandbox.control().page_id("ENG", "Plans").unwrap();
    sandbox.control().restrict(&plans, &[account(&sandbox, "service")], &[]);
    let site = world.connect(&sandbox, Visibility::Everyone).await;
    let hidden = sandbox.control().page_id("HR", "Salaries").unwrap();

    for mirrored in [false, true] {
        if mirrored {
            world.mirror(&site).await;
        }
        let caller = world.caller("robin", None, opens(&["ENG"])).await;
        let page = world.ask(&caller, "confluence_get_page", json!({"page_id": plans})).await;
        let origin = if mirrored { Origin::Mirror } else { Origin::Live };
        assert_eq!(page.items[0].origin, origin);
        let refusal = world.refused(&caller, "fetch", json!({"id": hidden})).await;
        assert_eq!(refusal, world.refused(&caller, "fetch", json!({"id": "424242"})).await);
        let parent = json!({"parent_id": hidden});
        let unknown = json!({"parent_id": "424242"});
        let refusal = world.refused(&caller, "confluence_get_page_children", parent).await;
        let unknown = world.refused(&caller, "confluence_get_page_children", unknown).await;
        assert_eq!(refusal, unknown);
        let question = json!({"query": "gateway", "limit": 50});
        let mut titles = column(&world.ask(&caller, "confluence_search", question).await, "title");
        titles.sort();
        assert_eq!(titles, ["Details", "Home", "Plans"]);
        let cql = json!({"query": "text ~ gateway and space in (ENG, HR)"});
        let cql = world.ask(&caller, "confluence_search", cql).await;
        assert!(!column(&cql, "title").contains(&"Salaries".to_owned()));
        let spaces = world.ask(&caller, "confluence_list_spaces", json!({})).await;
        assert_eq!(column(&spaces, "key"), ["ENG"]);
    }
}

#[tokio::test]
async fn a_hit_is_checked_again_by_the_rights_of_this_moment() {
    let world = World::new().await;
    let site = world.silent_site("wiki", Visibility::Mapped).await;
    world.put(&site.id, &["ENG"], &[page("ENG", "1", "One")]).await;
    let caller = world.caller("robin", None, OpenSpaces::All).await;
    let question = json!({"query": "gateway"});
    assert_eq!(world.ask(&caller, "search", question.clone()).await.items.len(), 1);

    // The rights change in the store; the index has not seen it yet.
    let mut write = world.gateway.db().write().await.unwrap();
    let rights =
        store::Rights { space_key: "ENG".to_owned(), clauses: [only(&["somebody"])].into() };
    let class = store::intern_rights(&mut write, &site.id, &rights).await.unwrap();
    write.commit().await.unwrap();
    let db = world.gateway.db();
    let stored =
        store::page(db, &site.id, &store::VisibleClasses::All, "1").await.unwrap().unwrap();
    let header = store::PageHeader { acl_class: class, ..stored.header };
    let mut write = db.write().await.unwrap();
    store::put_page(&mut write, &world.environment, &site.id, &header, None).await.unwrap();
    write.commit().await.unwrap();

    assert!(world.ask(&caller, "search", question).await.items.is_empty());
    let allowed = world.caller("sam", Some("somebody"), OpenSpaces::All).await;
    assert_eq!(column(&world.ask(&allowed, "fetch", json!({"id": "1"})).await, "id"), ["1"]);
}

#[tokio::test]
async fn the_credential_is_own_then_shared_then_connect() {
    let world = World::new().await;
    let site = world.silent_site("wiki", Visibility::Mapped).await;
    let robin = world.caller("robin", None, OpenSpaces::All).await;
    let sam = world.caller("sam", None, OpenSpaces::All).await;
    let own = NewSite {
        name: "wiki".to_owned(),
        deployment: atlassian::Deployment::from_url(
            &site.base_url,
            Some(atlassian::DeploymentKind::Cloud),
        )
        .unwrap(),
        credential: atlassian::Credential::PersonalToken { token: SECRET.into() },
        visibility: Visibility::Own,
        owner: Some(robin.principal.clone()),
    };
    world.gateway.connect_site(own).await.unwrap();
    assert_eq!(serving(&world, &robin).await.as_deref(), Some("own"));
    assert_eq!(serving(&world, &sam).await.as_deref(), Some("mapped"));

    let world = World::new().await;
    world.silent_site("wiki", Visibility::Own).await;
    let sam = world.caller("sam", None, OpenSpaces::All).await;
    assert_eq!(serving(&world, &sam).await, None, "sam has to connect an account");
    assert_eq!(serving(&world, &world.owner().await).await.as_deref(), Some("own"));
}

/// The visibility of the credential that serves the caller on the only site.
async fn serving(world: &World, caller: &gateway::Caller) -> Option<String> {
    let overview = world.gateway.overview(caller).await.unwrap();
    overview.sites.into_iter().next().and_then(|site| site.visibility)
}

#[tokio::test]
async fn a_persons_own_credential_is_not_shown_the_mirror_of_another() {
    let world = World::new().await;
    let sandbox = world.sandbox(content()).await;
    let salaries = sandbox.control().page_id("HR", "Salaries").unwrap();
    sandbox.control().restrict(&salaries, &[account(&sandbox, "service")], &[]);
    let site = world.connect(&sandbox, Visibility::Mapped).await;
    world.mirror(&site).await;

    let robin = world.caller("robin", None, OpenSpaces::All).await;
    let reader = sandbox.access().accounts.iter().find(|one| one.role == "reader").unwrap();
    let own = NewSite {
        name: "wiki".to_owned(),
        deployment: atlassian::Deployment::from_url(
            &site.base_url,
            Some(atlassian::DeploymentKind::Cloud),
        )
        .unwrap(),
        credential: atlassian::Credential::ApiToken {
            username: reader.email.clone(),
            token: reader.api_token.clone().into(),
        },
        visibility: Visibility::Own,
        owner: Some(robin.principal.clone()),
    };
    world.gateway.connect_site(own).await.unwrap();
    assert_eq!(world.code(&robin, "fetch", json!({"id": salaries})).await, "not_found");
    let found = world.ask(&robin, "confluence_search", json!({"query": "gateway"})).await;
    assert!(!column(&found, "title").contains(&"Salaries".to_owned()));
    let live = world.ask(&robin, "confluence_search", json!({"query": "space = ENG"})).await;
    assert_eq!(live.items.len(), 3);
}

#[tokio::test]
async fn a_right_that_was_revoked_serves_no_call_after_the_run_that_saw_it() {
    let world = World::new().await;
    let sandbox = world.sandbox(content()).await;
    let (service, reader) = (account(&sandbox, "service"), account(&sandbox, "reader"));
    let plans = sandbox.control().page_id("ENG", "Plans").unwrap();
    let site = world.connect(&sandbox, Visibility::Mapped).await;
    world.mirror(&site).await;
    let caller = world.caller("robin", Some(reader), OpenSpaces::All).await;
    let read = json!({"page_id": plans});
    let query = json!({"query": "plans"});

    for round in 0..3 {
        // What the classes mean is kept between these calls.
        for _ in 0..2 {
            world.ask(&caller, "confluence_get_page", read.clone()).await;
            let found = world.ask(&caller, "confluence_search", query.clone()).await;
            assert!(column(&found, "title").contains(&"Plans".to_owned()), "round {round}");
        }
        sandbox.control().restrict(&plans, &[service], &[]);
        world.mirror(&site).await;
        assert_eq!(world.code(&caller, "confluence_get_page", read.clone()).await, "not_found");
        let found = world.ask(&caller, "confluence_search", query.clone()).await;
        assert!(!column(&found, "title").contains(&"Plans".to_owned()), "round {round}");
        // Given back by a right that no page had before.
        let others = ["administrator", "outsider"].map(|role| account(&sandbox, role));
        let accounts = [&[service, reader], &others[..round]].concat();
        sandbox.control().restrict(&plans, &accounts, &[]);
        world.mirror(&site).await;
    }
}
