use reqwest::Method;
use sandbox::Content;

use crate::support::{Bed, each, outcome};

async fn bed() -> Bed {
    let content = Content::empty()
        .page("ENG", None, "Engineering home", "<p>Start here</p>")
        .page(
            "ENG",
            Some("Engineering home"),
            "Checkout runbook",
            "<p>Restart the payment queue</p>",
        )
        .page(
            "ENG",
            Some("Checkout runbook"),
            "Queue depth",
            "<p>Look at <strong>lag_seconds</strong> first</p>",
        )
        .page("OPS", None, "Operations", "<p>Payment alerts and the on-call rota</p>")
        .blog_post("ENG", "Payment queue moved", "<p>We moved it on Friday</p>");
    let bed = Bed::start(content).await;
    bed.control().label(&bed.id("ENG", "Checkout runbook"), "runbook");
    bed.control().label(&bed.id("OPS", "Operations"), "runbook");
    bed.pass(86_400);
    bed.control().update(&bed.id("OPS", "Operations"), None, Some("<p>Payment alerts, new</p>"));
    bed
}

async fn titles(bed: &Bed, cql: &str) -> Vec<String> {
    let query = cql.replace('%', "%25").replace(' ', "%20").replace('"', "%22").replace('+', "%2B");
    let found = bed.get(&format!("/rest/api/content/search?cql={query}&limit=100")).await;
    let mut titles: Vec<String> = each(&found, "title").into_iter().map(str::to_owned).collect();
    if !cql.to_lowercase().contains("order by") {
        titles.sort();
    }
    titles
}

#[tokio::test]
async fn queries_name_what_they_say() {
    let bed = bed().await;
    let home = bed.id("ENG", "Engineering home");
    let runbook = bed.id("ENG", "Checkout runbook");
    let all = [
        "Checkout runbook",
        "Engineering home",
        "Operations",
        "Payment queue moved",
        "Queue depth",
    ];
    let table: Vec<(String, &[&str])> = vec![
        (
            "type = page".into(),
            &["Checkout runbook", "Engineering home", "Operations", "Queue depth"],
        ),
        ("type=blogpost".into(), &["Payment queue moved"]),
        ("type in (page, blogpost)".into(), &all),
        ("space = OPS".into(), &["Operations"]),
        ("space = ops".into(), &["Operations"]),
        ("space in (\"OPS\", NOPE)".into(), &["Operations"]),
        ("space != ENG".into(), &["Operations"]),
        ("space = NOPE".into(), &[]),
        ("space.title ~ ops".into(), &["Operations"]),
        ("title = \"queue DEPTH\"".into(), &["Queue depth"]),
        ("title ~ queue".into(), &["Payment queue moved", "Queue depth"]),
        ("title ~ \"queue moved\"".into(), &["Payment queue moved"]),
        ("title ~ \"que*\"".into(), &["Payment queue moved", "Queue depth"]),
        (
            "title !~ queue and type = page".into(),
            &["Checkout runbook", "Engineering home", "Operations"],
        ),
        ("text ~ payment".into(), &["Checkout runbook", "Operations", "Payment queue moved"]),
        ("text ~ \"payment queue\"".into(), &["Checkout runbook", "Payment queue moved"]),
        ("text ~ \"queue payment\"".into(), &["Checkout runbook", "Payment queue moved"]),
        ("text ~ \"\\\"queue payment\\\"\"".into(), &[]),
        ("text ~ \"\\\"payment queue\\\"\"".into(), &["Checkout runbook", "Payment queue moved"]),
        ("text ~ \"how do I restart the payment queue\"".into(), &[]),
        ("text ~ lag_seconds".into(), &["Queue depth"]),
        ("siteSearch ~ \"checkout payment\"".into(), &["Checkout runbook"]),
        (format!("id = {home}"), &["Engineering home"]),
        (format!("id in ({home}, {runbook})"), &["Checkout runbook", "Engineering home"]),
        ("label = runbook".into(), &["Checkout runbook", "Operations"]),
        ("label = runbook and space = ENG".into(), &["Checkout runbook"]),
        (format!("ancestor = {home}"), &["Checkout runbook", "Queue depth"]),
        (format!("parent = {home}"), &["Checkout runbook"]),
        ("creator = currentUser()".into(), &[]),
        ("creator = administrator".into(), &all),
        ("created < 2026-11-21".into(), &all),
        ("lastmodified >= 2026-11-21".into(), &["Operations"]),
        ("lastmodified > \"2026/11/20 12:00\"".into(), &["Operations"]),
        (
            "lastmodified >= \"2026-11-20 12:00\" and type = page and space = OPS".into(),
            &["Operations"],
        ),
        (
            "lastmodified = 2026-11-20 and type = page".into(),
            &["Checkout runbook", "Engineering home", "Queue depth"],
        ),
        ("lastmodified > now(\"-1h\")".into(), &["Operations"]),
        ("lastmodified >= startOfDay()".into(), &["Operations"]),
        ("not space = ENG".into(), &["Operations"]),
        (
            "space = ENG and (title ~ depth or title ~ moved)".into(),
            &["Payment queue moved", "Queue depth"],
        ),
        ("title ~ depth or title ~ moved and type = page".into(), &["Queue depth"]),
        (
            "type = page order by title desc".into(),
            &["Queue depth", "Operations", "Engineering home", "Checkout runbook"],
        ),
        (
            "type = page order by lastmodified desc, title".into(),
            &["Operations", "Checkout runbook", "Engineering home", "Queue depth"],
        ),
        ("ORDER BY title".into(), &all),
    ];
    for (cql, expected) in table {
        assert_eq!(titles(&bed, &cql).await, expected, "{cql}");
    }
}

#[tokio::test]
async fn a_query_that_is_not_understood_is_refused_with_its_reason() {
    let bed = bed().await;
    let table = [
        ("", "the query is empty"),
        ("colour = red", "No field exists with name: colour"),
        ("user = currentUser()", "No field exists with name: user"),
        ("title", "expected an operator but the query ends"),
        ("title =", "expected a value but the query ends"),
        ("title = a b", "expected AND, OR or ORDER BY before 'b'"),
        ("title = \"open", "is not closed"),
        ("text = payment", "Unsupported operator '=' for field 'text'"),
        ("space ~ ENG", "Unsupported operator '~' for field 'space'"),
        ("id = abc", "The id 'abc' must be a number"),
        ("type = unicorn", "The content type 'unicorn' does not exist"),
        ("created > yesterday", "The date 'yesterday' must have the form"),
        ("lastmodified > now(\"1x\")", "The offset '1x' must have the form"),
        ("creator = nobody()", "No function exists with name: nobody"),
        ("(type = page", "expected ) but the query ends"),
        ("type in page", "expected ( before 'page'"),
        ("type = page and", "expected a field but the query ends"),
        ("type = page order title", "expected BY before 'title'"),
        ("type = page order by label", "cannot order by label"),
        ("title = and", "the word 'and' is reserved"),
        ("title ~ a&b", "the character '&' is reserved"),
    ];
    for (cql, reason) in table {
        let url = format!("{}/rest/api/search", bed.sandbox.access().cloud.url);
        let account = bed.account("service").clone();
        let request = bed
            .bare(&url)
            .basic_auth(&account.email, Some(&account.api_token))
            .query(&[("cql", cql)]);
        let (status, error) = outcome(request).await;
        let message = error["message"].as_str().unwrap_or_default();
        assert_eq!(status, 400, "{cql}");
        assert!(
            message.contains("Could not parse cql") && message.contains(reason),
            "{cql}: {message}"
        );
    }
    let deep = format!("{}type = page{}", "(".repeat(100_000), ")".repeat(100_000));
    let (status, _) = outcome(bed.cloud(
        "service",
        Method::GET,
        &format!("/rest/api/search?cql={}", &deep[..30_000]),
    ))
    .await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn dates_are_read_in_the_time_zone_of_the_caller() {
    let bed = bed().await;
    let service = bed.account("service").account_id.clone();
    let query = "lastmodified >= \"2026-11-21 10:00\"";
    assert_eq!(titles(&bed, query).await, ["Operations"]);
    bed.control().set_time_zone(&service, "America/New_York");
    assert_eq!(titles(&bed, query).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_search_on_cloud_goes_on_by_a_link_relative_to_the_context() {
    let bed = bed().await;
    let mut path =
        "/rest/api/search?cql=type%20in%20(page,blogpost)&limit=2&expand=content.version"
            .to_owned();
    let mut found = Vec::new();
    loop {
        let list = bed.get(&path).await;
        assert_eq!(list["totalSize"], 5);
        assert_eq!(list["_links"]["context"], "/wiki");
        for hit in list["results"].as_array().unwrap() {
            assert_eq!(hit["entityType"], "content");
            assert!(hit["content"]["version"]["number"].is_u64());
            found.push(hit["content"]["id"].as_str().unwrap().to_owned());
        }
        match list["_links"]["next"].as_str() {
            Some(next) => {
                assert!(next.starts_with("/rest/api/search?next=true&cursor="), "{next}");
                next.clone_into(&mut path);
            }
            None => break,
        }
    }
    found.sort();
    found.dedup();
    assert_eq!(found.len(), 5);
}

#[tokio::test]
async fn hits_are_marked_in_title_and_excerpt() {
    let bed = bed().await;
    let found = bed.get("/rest/api/search?cql=text~%22queue%20restart%22").await;
    let hit = &found["results"][0];
    assert_eq!(hit["excerpt"], "@@@hl@@@Restart@@@endhl@@@ the payment @@@hl@@@queue@@@endhl@@@");
    assert_eq!(hit["breadcrumbs"][0]["label"], "Engineering home");
    let plain = bed.get("/rest/api/search?cql=text~%22queue%20restart%22&excerpt=none").await;
    assert_eq!(plain["results"][0]["title"], "Checkout runbook");
}
