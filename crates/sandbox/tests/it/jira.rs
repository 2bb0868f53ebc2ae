//! The simulated Jira, asked without the client that it tests.

use reqwest::{Method, RequestBuilder};
use sandbox::{Content, Faults};
use serde_json::{Value, json};

use crate::support::{Bed, json_of, outcome};

const DC: &str = "/jira/rest/api/2";
const V3: &str = "/rest/api/3";

async fn bed() -> Bed {
    Bed::start(Content::demo()).await
}

async fn get(bed: &Bed, path: &str) -> Value {
    json_of(bed.jira("service", Method::GET, path).send().await.unwrap()).await
}

fn post(bed: &Bed, role: &str, path: &str, body: &Value) -> RequestBuilder {
    bed.jira(role, Method::POST, path).json(body)
}

fn put(bed: &Bed, role: &str, path: &str, body: &Value) -> RequestBuilder {
    bed.jira(role, Method::PUT, path).json(body)
}

/// The keys that a query finds on Data Center.
async fn keys(bed: &Bed, role: &str, jql: &str) -> Vec<String> {
    let asked = json!({"jql": jql, "fields": ["summary"], "maxResults": 100});
    let (status, found) = outcome(post(bed, role, &format!("{DC}/search"), &asked)).await;
    assert_eq!(status, 200, "{jql}: {found}");
    let issues = found["issues"].as_array().unwrap();
    issues.iter().map(|issue| issue["key"].as_str().unwrap().to_owned()).collect()
}

/// What Jira says against a query.
async fn refusal(bed: &Bed, jql: &str) -> String {
    let (status, error) =
        outcome(post(bed, "service", &format!("{DC}/search"), &json!({"jql": jql}))).await;
    assert_eq!((status, &error["errors"]), (400, &json!({})), "{jql}: {error}");
    error["errorMessages"][0].as_str().unwrap().to_owned()
}

fn document(text: &str) -> Value {
    let paragraph = json!({"type": "paragraph", "content": [{"type": "text", "text": text}]});
    json!({"type": "doc", "version": 1, "content": [paragraph]})
}

#[tokio::test]
async fn queries_find_what_they_mean() {
    let bed = bed().await;
    for (jql, expected) in [
        ("key = BOOK-2", "BOOK-2"),
        ("key in (BOOK-2, book-4) order by key desc", "BOOK-4 BOOK-2"),
        ("project = OPS order by key", "OPS-1 OPS-2 OPS-3"),
        ("project = Operations AND status = Open", "OPS-3"),
        ("project in (OPS) and statusCategory = \"In Progress\"", "OPS-2"),
        ("issuetype = Epic", "BOOK-1"),
        ("parent = BOOK-1 order by created", "BOOK-2 BOOK-3"),
        ("parent is not empty and type = Sub-task", "BOOK-4"),
        ("assignee = \"Inès Moreau\" or assignee = ines.moreau", "BOOK-2"),
        ("assignee is empty and project = BOOK order by key", "BOOK-5 BOOK-6"),
        ("assignee != mara.lindqvist and project = OPS order by key", "OPS-1 OPS-2"),
        ("NOT (assignee = samir.haddad OR project = BOOK)", "OPS-2"),
        ("reporter = priya.raman", "BOOK-5"),
        ("labels in (cleanup, payments) order by key", "BOOK-6 OPS-1"),
        ("text ~ \"stockholm reports\"", "BOOK-5"),
        ("text ~ \"idempot*\" order by key", "BOOK-1 BOOK-2"),
        ("summary ~ '\"of the bookings database\"' order by key", "OPS-2 OPS-3"),
        ("summary ~ \"relay\"", "BOOK-4"),
        ("created >= -2d", "OPS-2"),
        ("updated >= \"2026-11-19\" order by key", "BOOK-3 OPS-2"),
        ("created < startOfDay(-59d) and project = BOOK", "BOOK-1"),
        ("due <= 7d", "BOOK-5"),
        ("resolution = Unresolved and project = OPS order by key", "OPS-2 OPS-3"),
        ("resolution is not empty order by key", "BOOK-2 OPS-1"),
        ("priority > Medium and project = OPS order by priority desc", "OPS-2 OPS-1"),
        ("component = API", "BOOK-2"),
        ("fixVersion = 2026.11", "BOOK-3"),
        ("Severity = SEV1", "OPS-2"),
        ("cf[10030] in (SEV1, SEV2) order by key", "OPS-1 OPS-2"),
        ("\"Story point estimate\" > 5", "BOOK-3"),
        ("Reviewer = teo.okafor", "BOOK-2"),
        ("Region = Europe", "BOOK-5"),
    ] {
        assert_eq!(keys(&bed, "service", jql).await.join(" "), expected, "{jql}");
    }
    assert_eq!(keys(&bed, "service", "").await.len(), 9, "everything but what is hidden");
}

#[tokio::test]
async fn queries_that_jira_would_refuse_are_refused() {
    let bed = bed().await;
    for (jql, words) in [
        ("nonsense = 1", "Field 'nonsense' does not exist"),
        ("project = NOPE", "The value 'NOPE' does not exist for the field 'project'"),
        ("project = SEC", "The value 'SEC' does not exist for the field 'project'"),
        ("key = SEC-1", "An issue with key 'SEC-1' does not exist"),
        ("assignee = nobody", "The value 'nobody' does not exist"),
        ("summary = x", "The operator '=' is not supported by the 'summary' field"),
        ("status ~ Open", "The operator '~' is not supported by the 'status' field"),
        ("project =", "Expecting a value before the end"),
        ("project = OPS AND", "Expecting a field name before the end"),
        ("project OPS", "Expecting an operator but got 'OPS'"),
        ("(project = OPS", "Expecting ')'"),
        ("created > yesterday", "Date value 'yesterday' for field 'created' is invalid"),
        ("created > tomorrow()", "Unable to find JQL function 'tomorrow()'"),
        ("summary ~ \"open", "has not been completed"),
        ("summary ~ a;b", "reserved JQL character"),
        ("order = 1", "Expecting 'BY'"),
        ("key = BOOK-1 order by nonsense", "Field 'nonsense' does not exist"),
    ] {
        let message = refusal(&bed, jql).await;
        assert!(message.contains(words), "{jql}: {message}");
    }
    let deep = format!("{}project = OPS", "not ".repeat(1000));
    assert!(refusal(&bed, &deep).await.contains("nested too deeply"));
}

#[tokio::test]
async fn dates_are_read_in_the_time_zone_of_the_person_who_asks() {
    let bed = bed().await;
    let made = json!({"fields": {"project": {"key": "OPS"}, "issuetype": {"name": "Task"}, "summary": "Now"}});
    assert_eq!(outcome(post(&bed, "service", &format!("{DC}/issue"), &made)).await.0, 201);
    // The sandbox starts at noon UTC, which is 21:00 in Tokyo.
    let jql = "created >= \"2026-11-20 13:00\"";
    assert!(keys(&bed, "service", jql).await.is_empty());
    let service = bed.account("service").account_id.clone();
    bed.control().set_time_zone(&service, "Asia/Tokyo");
    assert_eq!(keys(&bed, "service", jql).await, ["OPS-4"]);
    let issue = get(&bed, &format!("{DC}/issue/OPS-4?fields=created")).await;
    assert_eq!(issue["fields"]["created"], "2026-11-20T21:00:00.000+0900");
}

#[tokio::test]
async fn what_may_not_be_seen_is_not_there() {
    let bed = bed().await;
    for path in [
        format!("{V3}/issue/SEC-1"),
        format!("{V3}/issue/BOOK-7"),
        format!("{V3}/issue/BOOK-999"),
        format!("{DC}/issue/BOOK-7/comment"),
    ] {
        let (status, error) = outcome(bed.jira("service", Method::GET, &path)).await;
        assert_eq!(status, 404, "{path}");
        let words = "Issue does not exist or you do not have permission to see it.";
        assert_eq!(error, json!({"errorMessages": [words], "errors": {}}));
    }
    assert_eq!(
        outcome(bed.jira("outsider", Method::GET, &format!("{V3}/issue/BOOK-1"))).await.0,
        404
    );
    assert_eq!(
        outcome(bed.jira("administrator", Method::GET, &format!("{V3}/issue/BOOK-7"))).await.0,
        200
    );
    let projects = get(&bed, &format!("{V3}/project/search")).await;
    let listed: Vec<_> =
        projects["values"].as_array().unwrap().iter().map(|one| one["key"].clone()).collect();
    assert_eq!(listed, ["BOOK", "OPS"], "neither the closed nor the archived one");
    let linked = get(&bed, &format!("{DC}/issue/BOOK-3?fields=issuelinks,subtasks")).await;
    assert_eq!(linked["fields"]["issuelinks"].as_array().unwrap().len(), 2);
    // For one group alone.
    let comments = format!("{DC}/issue/OPS-1/comment");
    assert_eq!(get(&bed, &comments).await["total"], 1);
    let of_reader = json_of(bed.jira("reader", Method::GET, &comments).send().await.unwrap()).await;
    assert_eq!(of_reader["total"], 0);
    assert_eq!(keys(&bed, "reader", "text ~ provider").await, ["OPS-1"], "by its description");
    assert!(keys(&bed, "reader", "comment ~ provider").await.is_empty());
}

#[tokio::test]
async fn who_may_read_may_not_always_write() {
    let bed = bed().await;
    let edit = json!({"fields": {"summary": "Mine"}});
    let (status, error) = outcome(put(&bed, "reader", &format!("{V3}/issue/OPS-2"), &edit)).await;
    assert_eq!((status, &error["errors"]), (403, &json!({})));
    let comment = json!({"body": document("hello")});
    let (status, error) =
        outcome(post(&bed, "reader", &format!("{V3}/issue/OPS-2/comment"), &comment)).await;
    assert_eq!(status, 400);
    assert!(error["errors"]["comment"].as_str().unwrap().contains("permission to comment"));
    let open = json_of(
        bed.jira("reader", Method::GET, &format!("{V3}/issue/OPS-2/transitions"))
            .send()
            .await
            .unwrap(),
    );
    assert_eq!(open.await["transitions"], json!([]));
    assert_eq!(outcome(put(&bed, "reader", &format!("{V3}/issue/BOOK-6"), &edit)).await.0, 204);
}

#[tokio::test]
async fn cloud_pages_by_token_and_counts_nothing() {
    let bed = bed().await;
    let jql = "project%20in%20(BOOK%2COPS)%20order%20by%20key";
    let first = get(&bed, &format!("{V3}/search/jql?jql={jql}&maxResults=4")).await;
    assert_eq!(first["issues"][0].as_object().unwrap().keys().collect::<Vec<_>>(), ["id"]);
    assert_eq!((&first["isLast"], first.get("total")), (&json!(false), None));
    let token = first["nextPageToken"].as_str().unwrap();
    let path = format!(
        "{V3}/search/jql?jql={jql}&maxResults=100&fields=summary,status&nextPageToken={token}"
    );
    let rest = get(&bed, &path).await;
    assert_eq!(rest["issues"].as_array().unwrap().len(), 5);
    assert_eq!((&rest["isLast"], rest.get("nextPageToken")), (&json!(true), None));
    let issue = &rest["issues"][0];
    assert_eq!(issue["key"], "BOOK-5");
    assert_eq!(issue["fields"].as_object().unwrap().len(), 2);
    assert!(issue["self"].as_str().unwrap().starts_with("https://api.atlassian.com/ex/jira/"));
    for path in [
        format!("{V3}/search/jql?jql=order%20by%20key"),
        format!("{V3}/search/jql?jql=project%20%3D%20OPS&nextPageToken={token}"),
    ] {
        assert_eq!(outcome(bed.jira("service", Method::GET, &path)).await.0, 400, "{path}");
    }
    for path in ["/rest/api/3/search?jql=project=OPS", "/rest/api/2/search?jql=project=OPS"] {
        let (status, error) = outcome(bed.jira("service", Method::GET, path)).await;
        assert_eq!(status, 410);
        assert!(error["errorMessages"][0].as_str().unwrap().contains("/search/jql"));
    }
    let (status, _) = outcome(post(&bed, "service", "/rest/api/3/search", &json!({}))).await;
    assert_eq!(status, 410);
}

#[tokio::test]
async fn each_interface_has_its_markup_and_its_names_of_people() {
    let bed = bed().await;
    let v3 = get(&bed, &format!("{V3}/issue/BOOK-5")).await;
    let v2 = get(&bed, "/rest/api/2/issue/BOOK-5").await;
    let dc = get(&bed, &format!("{DC}/issue/BOOK-5")).await;
    assert_eq!(v3["fields"]["description"]["type"], "doc");
    assert_eq!(v3["fields"]["customfield_10032"]["type"], "doc");
    assert_eq!(v2["fields"]["description"], dc["fields"]["description"]);
    assert!(dc["fields"]["description"].as_str().unwrap().starts_with("h3. Seen"));
    assert!(v2["fields"]["reporter"]["accountId"].is_string());
    assert_eq!(v2["fields"]["reporter"].get("emailAddress"), None);
    assert_eq!(dc["fields"]["reporter"]["name"], "priya.raman");
    assert_eq!(dc["fields"]["customfield_10034"]["child"]["value"], "Stockholm");
    assert_eq!(dc["fields"]["assignee"], Value::Null);

    let comment = format!("{V3}/issue/BOOK-5/comment");
    let wrong = json!({"body": "plain text"});
    let (status, error) = outcome(post(&bed, "service", &comment, &wrong)).await;
    assert_eq!((status, &error["errors"]["comment"]), (400, &json!("Comment body is not valid!")));
    let right = json!({"body": document("Seen.")});
    assert_eq!(outcome(post(&bed, "service", &comment, &right)).await.0, 201);
    let seen = get(&bed, &format!("{DC}/issue/BOOK-5/comment")).await;
    assert_eq!(seen["comments"][1]["body"], "Seen.");
    let edit = json!({"fields": {"description": "plain text"}});
    let (status, error) = outcome(put(&bed, "service", &format!("{V3}/issue/BOOK-5"), &edit)).await;
    assert_eq!(status, 400);
    assert!(error["errors"]["description"].as_str().unwrap().contains("Atlassian Document"));
}

#[tokio::test]
async fn an_issue_lives_from_creation_to_deletion() {
    let bed = bed().await;
    let new = json!({"fields": {
        "project": {"key": "BOOK"}, "issuetype": {"name": "Bug"}, "summary": "Two mails",
        "description": document("Sent twice."), "labels": ["mail"],
        "priority": {"name": "High"}, "components": [{"name": "Notifications"}],
        "customfield_10030": {"value": "Critical"},
    }});
    let (status, created) = outcome(post(&bed, "service", &format!("{V3}/issue"), &new)).await;
    assert_eq!((status, &created["key"]), (201, &json!("BOOK-8")));
    let issue = format!("{V3}/issue/BOOK-8");
    bed.pass(60);
    let edit = json!({
        "fields": {"summary": "Two mails for one booking", "duedate": "2026-12-01"},
        "update": {"labels": [{"add": "customer-report"}, {"remove": "mail"}], "comment": [{"add": {"body": document("On it.")}}]},
    });
    assert_eq!(outcome(put(&bed, "service", &issue, &edit)).await.0, 204);
    let mine = json!({"accountId": bed.account("service").account_id});
    assert_eq!(outcome(put(&bed, "service", &format!("{issue}/assignee"), &mine)).await.0, 204);
    let done = json!({"transition": {"id": "41"}, "update": {"comment": [{"add": {"body": document("Fixed.")}}]}});
    assert_eq!(outcome(post(&bed, "service", &format!("{issue}/transitions"), &done)).await.0, 204);

    let read = get(&bed, &format!("{issue}?expand=changelog,names,transitions")).await;
    let fields = &read["fields"];
    assert_eq!(fields["summary"], "Two mails for one booking");
    assert_eq!(fields["labels"], json!(["customer-report"]));
    assert_eq!(fields["status"]["statusCategory"]["key"], "done");
    assert_eq!(fields["resolution"]["name"], "Done");
    assert_eq!(fields["comment"]["total"], 2);
    assert_eq!(fields["assignee"]["displayName"], "Weir Service");
    assert_eq!(fields["updated"], "2026-11-20T12:01:00.000+0000");
    assert_eq!(read["names"]["customfield_10030"], "Severity");
    let changed: Vec<&str> = read["changelog"]["histories"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|one| one["items"].as_array().unwrap())
        .map(|item| item["field"].as_str().unwrap())
        .collect();
    assert_eq!(changed, ["status", "resolution", "assignee", "duedate", "labels", "summary"]);

    assert_eq!(outcome(bed.jira("service", Method::DELETE, &issue)).await.0, 204);
    assert_eq!(outcome(bed.jira("service", Method::GET, &issue)).await.0, 404);
}

#[tokio::test]
async fn what_is_wrong_is_told_by_field() {
    let bed = bed().await;
    let book = json!({"key": "BOOK"});
    let bug = json!({"name": "Bug"});
    for (fields, field, words) in [
        (json!({"summary": "x", "issuetype": bug}), "project", "valid project"),
        (
            json!({"project": {"key": "SEC"}, "issuetype": bug, "summary": "x"}),
            "project",
            "valid project",
        ),
        (
            json!({"project": {"key": "OPS"}, "issuetype": bug, "summary": "x"}),
            "issuetype",
            "valid issue type",
        ),
        (json!({"project": book, "issuetype": bug}), "summary", "must specify a summary"),
        (
            json!({"project": book, "issuetype": bug, "summary": " "}),
            "summary",
            "must specify a summary",
        ),
        (
            json!({"project": book, "issuetype": {"name": "Sub-task"}, "summary": "x"}),
            "parent",
            "sub-task",
        ),
        (
            json!({"project": book, "issuetype": bug, "summary": "x", "labels": ["a b"]}),
            "labels",
            "contains spaces",
        ),
        (
            json!({"project": book, "issuetype": bug, "summary": "x", "priority": {"name": "Now"}}),
            "priority",
            "'Now' is not valid",
        ),
        (
            json!({"project": book, "issuetype": bug, "summary": "x", "components": [{"name": "Nope"}]}),
            "components",
            "'Nope' is not valid",
        ),
        (
            json!({"project": book, "issuetype": bug, "summary": "x", "duedate": "soon"}),
            "duedate",
            "Error parsing date",
        ),
        (
            json!({"project": book, "issuetype": bug, "summary": "x", "customfield_10016": "five"}),
            "customfield_10016",
            "must be a number",
        ),
        (
            json!({"project": book, "issuetype": bug, "summary": "x", "customfield_10030": {"value": "SEV1"}}),
            "customfield_10030",
            "'SEV1' is not valid",
        ),
        (
            json!({"project": book, "issuetype": bug, "summary": "x", "customfield_10030": {"value": "Minor"}}),
            "customfield_10030",
            "'Minor' is not valid",
        ),
        (
            json!({"project": book, "issuetype": bug, "summary": "x", "status": {"name": "Done"}}),
            "status",
            "cannot be set",
        ),
        (
            json!({"project": book, "issuetype": bug, "summary": "x", "customfield_1": 1}),
            "customfield_1",
            "cannot be set",
        ),
    ] {
        let (status, error) =
            outcome(post(&bed, "service", &format!("{DC}/issue"), &json!({"fields": fields})))
                .await;
        assert_eq!((status, &error["errorMessages"]), (400, &json!([])), "{fields}");
        let message = error["errors"][field].as_str().unwrap_or_default();
        assert!(message.contains(words), "{fields}: {error}");
    }
    let two = json!({"fields": {"labels": []}, "update": {"labels": [{"add": "x"}]}});
    let (_, error) = outcome(put(&bed, "service", &format!("{DC}/issue/BOOK-6"), &two)).await;
    assert!(error["errors"]["labels"].as_str().unwrap().contains("both 'fields' and 'update'"));
}

#[tokio::test]
async fn a_bulk_creation_tells_what_failed_by_its_place() {
    let bed = bed().await;
    let good = json!({"fields": {"project": {"key": "BOOK"}, "issuetype": {"name": "Task"}, "summary": "a"}});
    let bad = json!({"fields": {"project": {"key": "BOOK"}, "issuetype": {"name": "Task"}}});
    let path = format!("{DC}/issue/bulk");
    let (status, answer) =
        outcome(post(&bed, "service", &path, &json!({"issueUpdates": [bad, good, bad]}))).await;
    assert_eq!(status, 201);
    assert_eq!(answer["issues"].as_array().unwrap().len(), 1);
    assert_eq!(answer["errors"][1]["failedElementNumber"], 2);
    let (status, answer) =
        outcome(post(&bed, "service", &path, &json!({"issueUpdates": [bad]}))).await;
    assert_eq!((status, &answer["issues"]), (400, &json!([])));
    assert!(answer["errors"][0]["elementErrors"]["errors"]["summary"].is_string());
}

#[tokio::test]
async fn a_workflow_lets_through_only_along_its_arrows() {
    let bed = bed().await;
    let path = format!("{V3}/issue/OPS-3/transitions");
    let open = get(&bed, &format!("{path}?expand=transitions.fields")).await;
    let names: Vec<_> =
        open["transitions"].as_array().unwrap().iter().map(|one| one["name"].clone()).collect();
    assert_eq!(names, ["Investigate", "Resolve"]);
    let resolve = &open["transitions"][1];
    assert_eq!(resolve["fields"]["resolution"]["required"], true);
    assert_eq!(resolve["fields"]["resolution"]["allowedValues"][2]["name"], "Duplicate");

    let go = |body: Value| outcome(post(&bed, "service", &path, &body));
    assert_eq!(go(json!({"transition": {"id": "81"}})).await.0, 400, "it is not resolved yet");
    let (status, error) = go(json!({"transition": {"id": "71"}})).await;
    assert_eq!((status, &error["errors"]["resolution"]), (400, &json!("Resolution is required.")));
    let duplicate =
        json!({"transition": {"id": "71"}, "fields": {"resolution": {"name": "Duplicate"}}});
    assert_eq!(go(duplicate).await.0, 204);
    let fields = &get(&bed, &format!("{V3}/issue/OPS-3")).await["fields"];
    assert_eq!(
        (&fields["status"]["name"], &fields["resolution"]["name"]),
        (&json!("Resolved"), &json!("Duplicate"))
    );
    assert_eq!(go(json!({"transition": {"id": "51"}})).await.0, 204);
    assert_eq!(get(&bed, &format!("{V3}/issue/OPS-3")).await["fields"]["resolution"], Value::Null);
}

#[tokio::test]
async fn a_moved_issue_keeps_its_old_key_as_a_name() {
    let bed = bed().await;
    let kinds = get(&bed, &format!("{V3}/issue/createmeta/OPS/issuetypes")).await;
    let task = kinds["issueTypes"][1]["id"].as_str().unwrap();
    let mapping = json!({"targetToSourcesMapping": {format!("OPS,{task}"): {
        "issueIdsOrKeys": ["BOOK-6"], "inferFieldDefaults": true, "inferStatusDefaults": true,
        "inferSubtaskTypeDefault": true, "inferClassificationDefaults": true,
    }}});
    let (status, queued) =
        outcome(post(&bed, "service", &format!("{V3}/bulk/issues/move"), &mapping)).await;
    assert_eq!(status, 201);
    let path = format!("{V3}/bulk/queue/{}", queued["taskId"].as_str().unwrap());
    assert_eq!(get(&bed, &path).await["status"], "RUNNING");
    let done = get(&bed, &path).await;
    assert_eq!(done["status"], "COMPLETE");
    assert_eq!(done["processedAccessibleIssues"].as_array().unwrap().len(), 1);
    assert_eq!(outcome(bed.jira("reader", Method::GET, &path)).await.0, 400, "not their task");
    let moved = get(&bed, &format!("{V3}/issue/BOOK-6")).await;
    assert_eq!(
        (&moved["key"], &moved["fields"]["status"]["name"]),
        (&json!("OPS-4"), &json!("Open"))
    );
    assert_eq!(keys(&bed, "service", "key = BOOK-6").await, ["OPS-4"]);
    let asked = json!({"issueIdsOrKeys": ["OPS-4", "SEC-1"]});
    let (_, logs) =
        outcome(post(&bed, "service", &format!("{V3}/changelog/bulkfetch"), &asked)).await;
    let change = &logs["issueChangeLogs"][0]["changeHistories"][0];
    assert!(change["created"].is_i64(), "milliseconds, not text");
    assert_eq!(change["items"][0]["toString"], "OPS-4");
    assert_eq!(logs["issueChangeLogs"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn options_depend_on_the_project_and_contexts_are_the_administrators() {
    let bed = bed().await;
    let path = format!("{V3}/field/customfield_10030/context");
    assert_eq!(outcome(bed.jira("service", Method::GET, &path)).await.0, 403);
    let admin = |path: String| bed.jira("administrator", Method::GET, &path);
    let contexts = json_of(admin(path.clone()).send().await.unwrap()).await;
    let context = contexts["values"][1]["id"].as_str().unwrap();
    let options = json_of(admin(format!("{path}/{context}/option")).send().await.unwrap()).await;
    assert_eq!(options["values"][0]["value"], "SEV1");
    let types = get(&bed, &format!("{DC}/issue/createmeta/OPS/issuetypes")).await;
    let incident = types["values"][0]["id"].as_str().unwrap();
    let form =
        get(&bed, &format!("{DC}/issue/createmeta/OPS/issuetypes/{incident}?maxResults=100")).await;
    let severity =
        form["values"].as_array().unwrap().iter().find(|one| one["fieldId"] == "customfield_10030");
    assert_eq!(severity.unwrap()["allowedValues"][2]["value"], "SEV3");
    let found = get(&bed, &format!("{DC}/customFields/10034/options?query=s")).await;
    let values: Vec<_> =
        found["options"].as_array().unwrap().iter().map(|one| one["value"].clone()).collect();
    assert_eq!(values, ["Stockholm", "Americas"]);
}

#[tokio::test]
async fn faults_strike_jira_too() {
    let bed = bed().await;
    bed.control().set_faults(Faults { rate_limit_every: Some(1), ..Faults::default() });
    let response = bed.jira("service", Method::GET, &format!("{V3}/myself")).send().await.unwrap();
    assert_eq!(response.status(), 429);
    assert_eq!(response.headers()["ratelimit-reason"], "jira-burst-based");
    bed.control().set_faults(Faults { html_login: true, ..Faults::default() });
    let url = format!("{}/rest/api/3/myself", bed.sandbox.access().jira.cloud_url);
    let response = bed.bare(&url).bearer_auth("old").send().await.unwrap();
    assert!(response.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
    bed.control().set_faults(Faults::default());
    assert_eq!(outcome(bed.bare(&url)).await.0, 401);
    let counted = bed.control().requests();
    assert_eq!(counted["GET /rest/api/3/myself"], 3);
}
