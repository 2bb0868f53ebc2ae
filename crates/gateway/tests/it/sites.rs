//! Sites: one, several, connected again.

use gateway::{GatewayError, NewSite};
use serde_json::json;
use store::{OpenSpaces, Visibility};

use crate::world::{Mirrored, SECRET, World, column, page};

async fn two_sites() -> World {
    let world = World::new().await;
    let one = world.silent_site("one", Visibility::Mapped).await;
    let two = world.silent_site("two", Visibility::Mapped).await;
    world.put(&one.id, &["ENG"], &[page("ENG", "1", "Of the first")]).await;
    world.put(&two.id, &["ENG"], &[page("ENG", "1", "Of the second")]).await;
    world
}

#[tokio::test]
async fn two_sites_that_share_ids_and_keys_stay_apart() {
    let world = two_sites().await;
    let caller = world.caller("robin", None, OpenSpaces::All).await;
    for (site, title) in [("one", "Of the first"), ("two", "Of the second")] {
        for (tool, arguments) in [
            ("confluence_get_page", json!({"page_id": "1", "site": site})),
            ("confluence_get_page", json!({"title": title, "space_key": "ENG", "site": site})),
            ("search", json!({"query": "gateway", "site": site})),
            ("fetch", json!({"id": "1", "site": site})),
        ] {
            let output = world.ask(&caller, tool, arguments.clone()).await;
            assert_eq!(column(&output, "title"), [title], "{tool} {arguments}");
        }
    }
}

#[tokio::test]
async fn with_several_sites_the_caller_says_which_by_name_or_by_address() {
    let world = two_sites().await;
    let caller = world.caller("robin", None, OpenSpaces::All).await;
    let refusal = world.refused(&caller, "confluence_search", json!({"query": "gateway"})).await;
    assert_eq!(refusal.code, "invalid_arguments");
    assert_eq!(refusal.message, "say which `site` you mean: one of `one`, `two`");

    let address = json!({"id": "https://two.invalid/wiki/spaces/ENG/pages/1/Of+the+second"});
    assert_eq!(column(&world.ask(&caller, "fetch", address).await, "title"), ["Of the second"]);
    let elsewhere = json!({
        "id": "https://two.invalid/wiki/spaces/ENG/pages/1", "site": "one",
    });
    assert_eq!(world.code(&caller, "fetch", elsewhere).await, "invalid_arguments");

    let tools = world.gateway.list_tools(&caller).await.unwrap();
    assert!(
        tools.iter().all(|tool| {
            tool.input_schema["properties"]["site"]["enum"] == json!(["one", "two"])
        })
    );
}

#[tokio::test]
async fn a_bare_search_asks_every_site_and_fetch_reads_what_it_named() {
    let world = two_sites().await;
    let caller = world.caller("robin", None, OpenSpaces::All).await;

    let found = world.ask(&caller, "search", json!({"query": "gateway"})).await;

    assert_eq!(column(&found, "title"), ["Of the first", "Of the second"]);
    assert_eq!(column(&found, "id"), ["one/1", "two/1"]);
    assert_eq!(column(&found, "site"), ["one", "two"]);
    assert_eq!(found.facts["source"], "mirror");
    for (id, title) in [("one/1", "Of the first"), ("two/1", "Of the second")] {
        let read = world.ask(&caller, "fetch", json!({"id": id})).await;
        assert_eq!(column(&read, "title"), [title]);
        assert_eq!(column(&read, "id"), [id]);
        assert_eq!(read.items[0].data["metadata"]["site"], id.split('/').next().unwrap());
    }
    // The event names both sites, and no one of them.
    let events = world.events().await;
    let event = &events[events.len() - 3];
    assert_eq!(event.body.site, None);
    assert_eq!(event.body.detail["sites"].as_array().unwrap().len(), 2, "{event:?}");
    // An id alone does not say whose it is.
    assert_eq!(world.code(&caller, "fetch", json!({"id": "1"})).await, "invalid_arguments");
    assert_eq!(world.code(&caller, "fetch", json!({"id": "three/1"})).await, "invalid_arguments");
}

#[tokio::test]
async fn a_long_page_of_one_of_several_sites_is_read_on_by_its_next_id() {
    let world = World::new().await;
    let one = world.silent_site("one", Visibility::Mapped).await;
    world.silent_site("two", Visibility::Mapped).await;
    let remarks: Vec<String> =
        (0..2_000).map(|number| format!("<p>Remark {number} on the gateway.</p>")).collect();
    let body = remarks.concat();
    world.put(&one.id, &["ENG"], &[Mirrored { body, ..page("ENG", "1", "Long") }]).await;
    let caller = world.caller("robin", None, OpenSpaces::All).await;
    let first = world.ask(&caller, "fetch", json!({"id": "one/1"})).await;
    let next = first.items[0].data["metadata"]["next"].as_str().unwrap().to_owned();
    assert!(next.starts_with("one/1@"), "{next}");
    assert_eq!(first.next.as_deref(), Some(next.as_str()));
    let second = world.ask(&caller, "fetch", json!({"id": next})).await;
    assert_ne!(first.items[0].data["text"], second.items[0].data["text"]);
}

#[tokio::test]
async fn a_bare_search_shows_of_each_site_what_the_caller_may_see_there() {
    let world = two_sites().await;
    let mut hidden = page("ENG", "2", "Hidden of the second");
    hidden.clauses.insert(crate::world::only(&["somebody"]));
    let sites = store::sites(world.gateway.db(), &world.owner().await.organization).await.unwrap();
    let two = sites.iter().find(|site| site.name == "two").unwrap();
    world.put(&two.id, &["HR"], &[hidden, page("HR", "3", "Payroll of the second")]).await;
    let caller = world.caller("robin", None, crate::world::opens(&["ENG"])).await;
    let found = world.ask(&caller, "search", json!({"query": "gateway"})).await;
    assert_eq!(column(&found, "title"), ["Of the first", "Of the second"]);
    // A space that the token does not open is refused, on whichever site it is.
    let closed = json!({"query": "gateway space:HR"});
    assert_eq!(world.code(&caller, "search", closed).await, "space_not_open");
    // One that only one site has is found there.
    let caller = world.caller("robin", None, OpenSpaces::All).await;
    let found = world.ask(&caller, "search", json!({"query": "gateway space:HR"})).await;
    assert_eq!(column(&found, "id"), ["two/3"]);
}

#[tokio::test]
async fn a_site_that_does_not_serve_the_caller_is_not_named() {
    let world = World::new().await;
    world.silent_site("hidden", Visibility::Own).await;
    let open = world.silent_site("open", Visibility::Mapped).await;
    world.put(&open.id, &["ENG"], &[page("ENG", "1", "One")]).await;
    let caller = world.caller("robin", None, OpenSpaces::All).await;
    let output = world.ask(&caller, "search", json!({"query": "gateway"})).await;
    assert_eq!(column(&output, "title"), ["One"], "the only one that serves is implied");
    let refusal = world.refused(&caller, "search", json!({"query": "a", "site": "hidden"})).await;
    let unknown = world.refused(&caller, "search", json!({"query": "a", "site": "nope"})).await;
    assert_eq!(refusal, unknown);
    assert!(!refusal.message.contains("hidden"));
    let overview = world.gateway.overview(&caller).await.unwrap();
    assert_eq!(overview.sites.len(), 1);
}

#[tokio::test]
async fn connecting_again_updates_and_leaves_no_wider_credential_behind() {
    let world = World::new().await;
    let first = world.silent_site("wiki", Visibility::Own).await;
    let again = world.silent_site("wiki", Visibility::Mapped).await;
    assert_eq!(first.id, again.id);
    let credentials = store::credentials(world.gateway.db(), &first.id).await.unwrap();
    assert_eq!(credentials.len(), 1);
    assert_eq!(credentials[0].visibility, Visibility::Mapped);
    assert!(!credentials[0].sealed.contains(SECRET));
    let robin = world.caller("robin", None, OpenSpaces::All).await;
    let cql = json!({"query": "type = page"});
    assert_eq!(world.code(&robin, "confluence_search", cql).await, "connect_account");
}

#[tokio::test]
async fn what_is_said_of_one_site_widens_no_other() {
    use Visibility::{Everyone, Mapped};
    let world = World::new().await;
    let one = world.silent_site("one", Everyone).await;
    let two = world.silent_site("two", Mapped).await;
    let (owner, gateway) = (world.owner().await, &world.gateway);
    let lent = async || {
        let mut lent = Vec::new();
        for site in [&one, &two] {
            lent.push(store::credentials(gateway.db(), &site.id).await.unwrap()[0].visibility);
        }
        lent
    };
    assert_eq!(gateway.share(&owner, Everyone, Some(&two.id)).await.unwrap(), ["two"]);
    assert_eq!(lent().await, [Everyone, Everyone]);
    assert_eq!(gateway.share(&owner, Mapped, Some(&two.id)).await.unwrap().len(), 2);
    assert_eq!(gateway.share(&owner, Everyone, Some(&one.id)).await.unwrap(), ["one"]);
    assert_eq!(lent().await, [Everyone, Mapped]);
    assert_eq!(gateway.share(&owner, Mapped, None).await.unwrap(), ["one"]);
    assert_eq!(gateway.share(&owner, Everyone, None).await.unwrap().len(), 2);
    let robin = world.caller("robin", None, OpenSpaces::All).await;
    assert!(gateway.share(&robin, Mapped, None).await.is_err());
    assert_eq!(lent().await, [Everyone, Everyone]);
}

#[tokio::test]
async fn keys_open_the_sites_that_were_there_when_they_were_given() {
    let world = World::new().await;
    let early = world.caller("early", None, crate::world::opens(&["ENG"])).await;
    world.wait_minutes(1);
    let one = world.silent_site("one", Visibility::Mapped).await;
    world.put(&one.id, &["ENG"], &[page("ENG", "1", "Of the first")]).await;
    world.wait_minutes(1);
    let between = world.caller("between", None, crate::world::opens(&["ENG"])).await;
    let all = world.caller("all", None, OpenSpaces::All).await;
    world.wait_minutes(1);
    let two = world.silent_site("two", Visibility::Mapped).await;
    world.put(&two.id, &["ENG"], &[page("ENG", "1", "Of the second")]).await;
    let late = world.caller("late", None, crate::world::opens(&["ENG"])).await;
    for (caller, titles) in [
        (&early, &["Of the first"][..]),
        (&between, &["Of the first"]),
        (&all, &["Of the first", "Of the second"]),
        (&late, &["Of the first", "Of the second"]),
    ] {
        let found = world.ask(caller, "search", json!({"query": "gateway"})).await;
        assert_eq!(column(&found, "title"), titles);
        let spaces = world.call(caller, "confluence_list_spaces", json!({"site": "two"})).await;
        assert_eq!(spaces.result.unwrap().items.len(), titles.len() - 1);
    }
}

#[tokio::test]
async fn a_second_address_of_a_host_is_a_site_of_its_own_and_a_name_that_was_given_stays() {
    let world = World::new().await;
    let connect = async |url: &str| {
        let new = NewSite {
            name: "wiki.invalid".to_owned(),
            deployment: atlassian::Deployment::from_url(
                url,
                Some(atlassian::DeploymentKind::DataCenter),
            )
            .unwrap(),
            credential: atlassian::Credential::PersonalToken { token: SECRET.into() },
            visibility: Visibility::Mapped,
            owner: None,
        };
        world.gateway.connect_site(new).await.unwrap()
    };
    assert_eq!(connect("http://wiki.invalid:8090").await.name, "wiki.invalid");
    assert_eq!(connect("https://wiki.invalid/wiki").await.name, "wiki.invalid/wiki");
    assert_eq!(connect("http://wiki.invalid:8090").await.name, "wiki.invalid");
    let owner = world.owner().await;
    world.gateway.rename_site(&owner, "wiki.invalid", "old").await.unwrap();
    assert_eq!(connect("http://wiki.invalid:8090").await.name, "old");
    assert_eq!(connect("http://wiki.invalid/wiki").await.name, "wiki.invalid");
}

#[tokio::test]
async fn a_removed_site_is_gone_and_the_other_answers_without_being_named() {
    let world = two_sites().await;
    let owner = world.owner().await;
    let gateway = &world.gateway;
    let robin = world.caller("robin", None, OpenSpaces::All).await;
    assert!(gateway.remove_site(&robin, "one").await.is_err());
    assert!(gateway.rename_site(&robin, "one", "three").await.is_err());
    let code = |result: Result<(), GatewayError>| match result {
        Err(GatewayError::Administration(error)) => error.code(),
        _ => panic!("it was done"),
    };
    assert_eq!(code(gateway.remove_site(&owner, "three").await), "site_unknown");
    assert_eq!(code(gateway.rename_site(&owner, "one", "two").await), "site_name_taken");
    assert_eq!(code(gateway.rename_site(&owner, "one", "").await), "value_empty");

    gateway.remove_site(&owner, "one").await.unwrap();
    let output = world.ask(&robin, "fetch", json!({"id": "1"})).await;
    assert_eq!(column(&output, "title"), ["Of the second"]);
    let events = store::events(gateway.db(), &owner.organization, None, 100).await.unwrap();
    assert!(events.iter().any(|event| event.body.action == "sites/remove"));
}

#[tokio::test]
async fn the_overview_counts_what_its_reader_may_see() {
    let world = World::new().await;
    let site = world.silent_site("wiki", Visibility::Mapped).await;
    let mut hidden = page("ENG", "2", "Two");
    hidden.clauses.insert(crate::world::only(&["somebody"]));
    world.put(&site.id, &["ENG", "HR"], &[page("ENG", "1", "One"), hidden]).await;

    let owner = world.gateway.overview(&world.owner().await).await.unwrap();
    let all = &owner.sites[0];
    assert_eq!((all.pages, all.spaces, all.sources.len()), (2, 2, 1));
    assert_eq!(all.visibility.as_deref(), Some("mapped"));
    assert_eq!(all.product, "confluence_cloud");
    assert_eq!(all.sources[0].state, "succeeded");

    let caller = world.caller("robin", None, crate::world::opens(&["ENG"])).await;
    let some = world.gateway.overview(&caller).await.unwrap();
    let some = &some.sites[0];
    assert_eq!((some.pages, some.spaces, some.sources.len()), (1, 1, 0));
}

#[tokio::test]
async fn a_credential_of_the_process_serves_its_owner_on_one_site_and_is_not_stored() {
    for (secret, mirror_answers) in [(SECRET, true), ("another", false)] {
        let world = two_sites().await;
        let sites = store::sites(world.gateway.db(), &world.owner().await.organization).await;
        let one = sites.unwrap().into_iter().find(|site| site.name == "one").unwrap();
        let before = store::credentials(world.gateway.db(), &one.id).await.unwrap();
        let kind = Some(atlassian::DeploymentKind::Cloud);
        let deployment = atlassian::Deployment::from_url(&one.base_url, kind).unwrap();
        let credential = atlassian::Credential::PersonalToken { token: secret.into() };
        assert!(world.gateway.act_with(&deployment, &credential).await.unwrap());
        assert_eq!(store::credentials(world.gateway.db(), &one.id).await.unwrap(), before);

        let owner = world.owner().await;
        let outcome = world.call(&owner, "fetch", json!({"id": "1"})).await;
        match outcome.result {
            Ok(output) => assert!(mirror_answers && column(&output, "title") == ["Of the first"]),
            // Atlassian decides, and nobody answers for it here.
            Err(refusal) => assert!(!mirror_answers && refusal.code == "atlassian_unreachable"),
        }
        let robin = world.caller("robin", None, OpenSpaces::All).await;
        assert_eq!(world.code(&robin, "fetch", json!({"id": "1"})).await, "no_site");
    }
}

#[tokio::test]
async fn a_site_that_the_store_does_not_hold_takes_no_credential_of_the_process() {
    let world = two_sites().await;
    let deployment = atlassian::Deployment::from_url("https://other.atlassian.net", None).unwrap();
    let credential = atlassian::Credential::PersonalToken { token: SECRET.into() };
    assert!(!world.gateway.act_with(&deployment, &credential).await.unwrap());
    let robin = world.caller("robin", None, OpenSpaces::All).await;
    assert_eq!(world.gateway.overview(&robin).await.unwrap().sites.len(), 2);
}
