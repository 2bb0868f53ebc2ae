use atlassian::jira::{BulkStatus, IssueFields, IssueSearch, StatusCategory};
use atlassian::{ErrorKind, Result};
use serde_json::{Value, json};

use super::{Case, Operation, refused, text};
use crate::sandboxed::all;

pub(super) const OPERATIONS: &[Operation] = &[
    Operation { name: "search", run: |case| Box::pin(search(case)) },
    Operation { name: "search_page", run: |case| Box::pin(search_page(case)) },
    Operation { name: "issue", run: |case| Box::pin(issue(case)) },
    Operation { name: "issue_with_properties", run: |case| Box::pin(with_properties(case)) },
    Operation { name: "create_issue", run: |case| Box::pin(create_issue(case)) },
    Operation { name: "create_issues", run: |case| Box::pin(create_issues(case)) },
    Operation { name: "update_issue", run: |case| Box::pin(update_issue(case)) },
    Operation { name: "assign_issue", run: |case| Box::pin(assign_issue(case)) },
    Operation { name: "delete_issue", run: |case| Box::pin(delete_issue(case)) },
    Operation { name: "move_issues", run: |case| Box::pin(move_issues(case)) },
    Operation { name: "bulk_progress", run: |case| Box::pin(bulk_progress(case)) },
];

pub(super) fn fields(fields: &Value) -> IssueFields {
    IssueFields { fields: fields.as_object().unwrap().clone(), ..IssueFields::default() }
}

fn task(summary: &str) -> IssueFields {
    fields(&json!({
        "project": {"key": "BOOK"}, "issuetype": {"name": "Task"}, "summary": summary,
    }))
}

fn asked(jql: &str, fields: &[&str]) -> IssueSearch {
    let fields = fields.iter().map(|field| (*field).to_owned()).collect();
    IssueSearch { jql: jql.to_owned(), fields, ..IssueSearch::default() }
}

async fn search(case: &Case) -> Result<()> {
    let many: Vec<_> = (0..230).map(|number| task(&format!("Task {number}"))).collect();
    case.aside().create_issues(&many).await.unwrap();
    let query = "project = BOOK ORDER BY key";
    let before = case.jira().requests();
    let found = all(case.jira().search(asked(query, &["summary"]))).await;
    assert_eq!(case.jira().requests() - before, 3);
    assert_eq!(found.len(), 236, "all but the hidden one");
    assert_eq!(found[1].summary(), Some("Accept an idempotency key on POST /bookings"));
    assert_eq!(found[0].project_key().as_deref(), Some("BOOK"));
    let bare = all(case.jira().search(asked(query, &[]))).await;
    assert!(bare.iter().all(|issue| issue.fields.is_empty() && issue.key.is_some()));
    // Too long for an address.
    let long = format!("project = BOOK AND key NOT IN ({}BOOK-2)", "BOOK-1, ".repeat(400));
    assert_eq!(all(case.jira().search(asked(&long, &["status"]))).await.len(), 234);
    let wrong = case.jira().search_page(&asked("project = NOPE", &[]), 10, None).await;
    assert_eq!(
        wrong.unwrap_err().kind,
        ErrorKind::BadRequest {
            message: "The value 'NOPE' does not exist for the field 'project'.".to_owned(),
            fields: Vec::new(),
        }
    );
    Ok(())
}

async fn search_page(case: &Case) -> Result<()> {
    let mut query = asked("project in (BOOK, OPS) ORDER BY key", &["summary", "customfield_10030"]);
    query.expand = vec!["names".to_owned(), "changelog".to_owned()];
    let first = case.jira().search_page(&query, 4, None).await?;
    assert_eq!(first.issues.len(), 4);
    assert!(first.total.is_none_or(|total| total == 9));
    assert_eq!(first.issues[0].names["customfield_10030"], "Severity");
    assert!(first.issues[0].changes.is_some());
    let rest = case.jira().search_page(&query, 50, first.next.as_deref()).await?;
    assert_eq!((rest.issues.len(), rest.next), (5, None));
    let error = case.jira().search_page(&query, 4, Some("nonsense")).await.unwrap_err();
    assert!(matches!(error.kind, ErrorKind::BadRequest { .. }));
    Ok(())
}

async fn issue(case: &Case) -> Result<()> {
    let jira = case.jira();
    let issue = jira.issue("BOOK-2", &[], &["names", "changelog", "renderedFields"]).await?;
    assert_eq!(issue.key.as_deref(), Some("BOOK-2"));
    assert_eq!(issue.summary(), Some("Accept an idempotency key on POST /bookings"));
    assert_eq!(issue.description().unwrap().markup(), jira.markup());
    assert_eq!(issue.status().unwrap().category, Some(StatusCategory::Done));
    assert_eq!(issue.issue_type().unwrap().name, "Story");
    assert_eq!(issue.priority().unwrap().name, "High");
    assert_eq!(issue.resolution().unwrap().name, "Done");
    assert_eq!(issue.assignee().unwrap().display_name, "Inès Moreau");
    assert_eq!(issue.reporter().unwrap().display_name, "Mara Lindqvist");
    assert_eq!(issue.labels(), ["api", "reliability"]);
    assert_eq!(issue.components()[0].name, "API");
    assert_eq!(issue.fix_versions()[0].name, "2026.10");
    assert_eq!(issue.parent().unwrap().key, "BOOK-1");
    assert!(issue.created().unwrap() < issue.updated().unwrap());
    let (comments, total) = issue.comments().unwrap();
    assert_eq!((comments.len(), total), (2, 2));
    assert_eq!(comments[0].body.as_ref().unwrap().markup(), jira.markup());
    assert_eq!(issue.field("customfield_10016"), Some(&json!(5.0)));
    assert_eq!(issue.field("customfield_10034"), None, "null is none");
    assert_eq!(issue.names["customfield_10033"], "Reviewer");
    assert!(issue.rendered["description"].as_str().unwrap().starts_with("<p>"));
    assert_eq!(issue.changes, Some(Vec::new()));
    let linked = jira.issue("BOOK-3", &["issuelinks", "subtasks"], &[]).await?;
    let blocks = &linked.links()[0];
    assert_eq!((blocks.does.as_str(), blocks.other.key.as_str()), ("blocks", "BOOK-4"));
    assert_eq!(linked.sub_tasks()[0].key, "BOOK-4");
    let file = &jira.issue("BOOK-5", &["attachment"], &[]).await?.attachments()[0];
    assert_eq!((file.name.as_str(), file.size), ("confirmation.png", Some(48213)));
    for hidden in ["BOOK-7", "SEC-1", "NOPE-1", "", ".."] {
        let error = jira.issue(hidden, &[], &[]).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::NotVisible, "{hidden}");
    }
    Ok(())
}

async fn with_properties(case: &Case) -> Result<()> {
    let issue = case.jira().issue_with_properties("BOOK-1", &["summary"], &[], &["x"]).await?;
    assert_eq!((issue.fields.len(), issue.properties.len()), (1, 0));
    Ok(())
}

async fn create_issue(case: &Case) -> Result<()> {
    let jira = case.jira();
    let mut new = fields(&json!({
        "project": {"key": "BOOK"}, "issuetype": {"name": "Bug"}, "summary": "Two mails",
        "labels": ["mail"], "components": [{"name": "Notifications"}],
        "customfield_10030": {"value": "Critical"},
    }));
    new.fields.insert("description".to_owned(), text(&jira, "Sent twice.").into());
    let created = jira.create_issue(&new).await?;
    assert_eq!(created.key, "BOOK-8");
    let read = case.issue("BOOK-8").await;
    assert_eq!((read.id.as_str(), read.summary()), (created.id.as_str(), Some("Two mails")));
    assert_eq!(read.description(), Some(text(&jira, "Sent twice.")));
    assert_eq!(read.field("customfield_10030").unwrap()["value"], "Critical");
    new.fields.insert("summary".to_owned(), json!(" "));
    new.fields.insert("priority".to_owned(), json!({"name": "Now"}));
    let error = jira.create_issue(&new).await.unwrap_err();
    assert_eq!(refused(&error), ["summary", "priority"]);
    assert!(error.detail.starts_with("summary: You must specify a summary"), "{}", error.detail);
    Ok(())
}

async fn create_issues(case: &Case) -> Result<()> {
    let jira = case.jira();
    let mut many: Vec<_> = (0..60).map(|number| task(&format!("Task {number}"))).collect();
    many[3].fields.remove("summary");
    many[55].fields.insert("labels".to_owned(), json!(["two words"]));
    let done = jira.create_issues(&many).await?;
    assert_eq!((done.created.len(), done.refused.len()), (58, 2));
    assert_eq!((done.refused[0].index, done.refused[1].index), (3, 55));
    assert_eq!(done.refused[1].fields[0].field, "labels");
    assert_eq!(case.issue(&done.created[3].key).await.summary(), Some("Task 4"));
    // Jira answers 400 when it created none.
    let none = jira.create_issues(&many[3..4]).await?;
    assert_eq!((none.created.len(), none.refused[0].index), (0, 0));
    assert!(jira.create_issues(&[]).await?.created.is_empty());
    Ok(())
}

async fn update_issue(case: &Case) -> Result<()> {
    let jira = case.jira();
    let mut change = fields(&json!({"summary": "Flags", "duedate": "2026-12-01"}));
    change.fields.insert("description".to_owned(), text(&jira, "Old ones.").into());
    change.update.insert("labels".to_owned(), json!([{"add": "now"}, {"remove": "cleanup"}]));
    jira.update_issue("BOOK-6", &change).await?;
    let read = case.issue("BOOK-6").await;
    assert_eq!(
        (read.summary(), read.labels().join(" ")),
        (Some("Flags"), "feature-flags now".into())
    );
    assert_eq!(read.description(), Some(text(&jira, "Old ones.")));
    jira.update_issue("BOOK-6", &fields(&json!({"duedate": null}))).await?;
    assert_eq!(case.issue("BOOK-6").await.field("duedate"), None);
    let error = jira.update_issue("BOOK-6", &fields(&json!({"status": {"name": "Done"}}))).await;
    assert_eq!(refused(&error.unwrap_err()), ["status"]);
    let reader = case.world.jira(jira.deployment().kind(), "reader");
    let error = reader.update_issue("OPS-2", &fields(&json!({"summary": "Mine"}))).await;
    assert_eq!(error.unwrap_err().kind, ErrorKind::Forbidden);
    Ok(())
}

async fn assign_issue(case: &Case) -> Result<()> {
    let jira = case.jira();
    let teo = case.aside().find_users("teo", 1).await.unwrap().remove(0);
    jira.assign_issue("BOOK-5", Some(&teo.account)).await?;
    let read = case.issue("BOOK-5").await;
    assert_eq!(read.assignee().unwrap().account, teo.account);
    jira.assign_issue("BOOK-5", None).await?;
    assert_eq!(case.issue("BOOK-5").await.assignee(), None);
    let error = jira.assign_issue("BOOK-5", Some("nobody")).await.unwrap_err();
    assert_eq!(refused(&error), ["assignee"]);
    Ok(())
}

async fn delete_issue(case: &Case) -> Result<()> {
    let jira = case.jira();
    let error = jira.delete_issue("BOOK-3", false).await.unwrap_err();
    assert!(matches!(error.kind, ErrorKind::BadRequest { .. }), "it has a sub-task");
    jira.delete_issue("BOOK-3", true).await?;
    for gone in ["BOOK-3", "BOOK-4"] {
        let error = case.aside().issue(gone, &[], &[]).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::NotVisible);
    }
    Ok(())
}

async fn move_issues(case: &Case) -> Result<()> {
    let kinds = case.aside().create_issue_types("OPS").await.unwrap();
    let task = case.jira().move_issues(&["BOOK-6"], "OPS", &kinds[1].id).await?;
    assert!(!task.is_empty());
    let moved = case.issue("BOOK-6").await;
    assert_eq!(moved.key.as_deref(), Some("OPS-4"));
    Ok(())
}

async fn bulk_progress(case: &Case) -> Result<()> {
    let jira = case.jira();
    let early = jira.bulk_progress("1").await;
    if early.as_ref().is_err_and(|error| error.kind == ErrorKind::NotOffered) {
        return early.map(|_| ());
    }
    let kinds = case.aside().create_issue_types("OPS").await.unwrap();
    let moved = ["BOOK-6", "OPS-1", "SEC-1"];
    let task = case.aside().move_issues(&moved, "OPS", &kinds[1].id).await.unwrap();
    let progress = jira.bulk_progress(&task).await?;
    assert!(progress.status.is_under_way());
    let progress = jira.bulk_progress(&task).await?;
    assert_eq!((progress.status, progress.percent), (BulkStatus::Complete, Some(100)));
    assert_eq!((progress.processed.len(), progress.failed.len()), (1, 1));
    Ok(())
}
