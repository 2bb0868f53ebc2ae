use atlassian::jira::{IssueFields, RichText, TransitionRequest, Visibility};
use atlassian::{ErrorKind, Result};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::issues::fields;
use super::{Case, Operation, refused, text};

pub(super) const OPERATIONS: &[Operation] = &[
    Operation { name: "comments", run: |case| Box::pin(comments(case)) },
    Operation { name: "add_comment", run: |case| Box::pin(add_comment(case)) },
    Operation { name: "edit_comment", run: |case| Box::pin(edit_comment(case)) },
    Operation { name: "worklogs", run: |case| Box::pin(worklogs(case)) },
    Operation { name: "add_worklog", run: |case| Box::pin(add_worklog(case)) },
    Operation { name: "attach", run: |case| Box::pin(attach(case)) },
    Operation { name: "watchers", run: |case| Box::pin(watchers(case)) },
    Operation { name: "transitions", run: |case| Box::pin(transitions(case)) },
    Operation { name: "transition_issue", run: |case| Box::pin(transition_issue(case)) },
    Operation { name: "changelogs", run: |case| Box::pin(changelogs(case)) },
];

async fn comments(case: &Case) -> Result<()> {
    let jira = case.jira();
    let comments = jira.comments("BOOK-2").await?;
    let authors: Vec<_> =
        comments.iter().map(|one| one.author.as_ref().unwrap().display_name.as_str()).collect();
    assert_eq!(authors, ["Teo Okafor", "Inès Moreau"]);
    assert!(comments[0].created.unwrap() < comments[1].created.unwrap());
    let of_group = jira.comments("OPS-1").await?;
    assert_eq!(of_group[0].visibility, Some(Visibility::Group("weir-service".to_owned())));
    for number in 0..120 {
        case.aside().add_comment("BOOK-6", &text(&jira, &number.to_string()), None).await.unwrap();
    }
    assert_eq!(jira.comments("BOOK-6").await?.len(), 120);
    Ok(())
}

async fn add_comment(case: &Case) -> Result<()> {
    let jira = case.jira();
    let said = text(&jira, "On it.");
    let comment = jira.add_comment("BOOK-5", &said, None).await?;
    assert_eq!(comment.body.as_ref(), Some(&said));
    let secret = Visibility::Group("weir-service".to_owned());
    jira.add_comment("BOOK-5", &text(&jira, "Among us."), Some(&secret)).await?;
    let seen = case.aside().comments("BOOK-5").await.unwrap();
    assert_eq!((seen.len(), &seen[1]), (3, &comment));
    let reader = case.world.jira(jira.deployment().kind(), "reader");
    assert_eq!(reader.comments("BOOK-5").await?.len(), 2);
    let unknown = Visibility::Group("nobody".to_owned());
    let error = jira.add_comment("BOOK-5", &said, Some(&unknown)).await.unwrap_err();
    assert_eq!(refused(&error), ["commentLevel"]);
    // In the other product's markup: refused without a request.
    let before = jira.requests();
    let foreign = match &said {
        RichText::Adf(_) => RichText::Wiki("x".to_owned()),
        RichText::Wiki(_) => RichText::Adf(json!({"type": "doc"})),
    };
    let error = jira.add_comment("BOOK-5", &foreign, None).await.unwrap_err();
    assert!(matches!(error.kind, ErrorKind::BadRequest { .. }));
    assert_eq!((error.status, jira.requests()), (None, before));
    Ok(())
}

async fn edit_comment(case: &Case) -> Result<()> {
    let jira = case.jira();
    let first = case.aside().add_comment("BOOK-5", &text(&jira, "One"), None).await.unwrap();
    let edited = jira.edit_comment("BOOK-5", &first.id, &text(&jira, "Two"), None).await?;
    assert_eq!((&edited.id, edited.body), (&first.id, Some(text(&jira, "Two"))));
    let others = case.aside().comments("BOOK-5").await.unwrap().remove(0);
    let error = jira.edit_comment("BOOK-5", &others.id, &text(&jira, "x"), None).await;
    assert!(matches!(error.unwrap_err().kind, ErrorKind::BadRequest { .. }), "somebody else's");
    let error = jira.edit_comment("BOOK-5", "1", &text(&jira, "x"), None).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotVisible);
    Ok(())
}

async fn worklogs(case: &Case) -> Result<()> {
    let work = case.jira().worklogs("BOOK-2").await?;
    assert_eq!((work.len(), work[0].seconds), (1, Some(390 * 60)));
    assert_eq!(work[0].spent.as_deref(), Some("6h 30m"));
    Ok(())
}

async fn add_worklog(case: &Case) -> Result<()> {
    let jira = case.jira();
    let started: Timestamp = "2026-11-20T08:30:00Z".parse().unwrap();
    let note = text(&jira, "Looked for it");
    let work = jira.add_worklog("BOOK-5", "1d 2h", Some(started), Some(&note)).await?;
    assert_eq!((work.seconds, work.started), (Some(10 * 3600), Some(started)));
    let seen = case.aside().worklogs("BOOK-5").await.unwrap();
    assert_eq!((seen[0].comment.as_ref(), seen[0].id.as_str()), (Some(&note), work.id.as_str()));
    let error = jira.add_worklog("BOOK-5", "ages", None, None).await.unwrap_err();
    assert_eq!(refused(&error), ["timeLogged"]);
    Ok(())
}

async fn attach(case: &Case) -> Result<()> {
    let jira = case.jira();
    let file = jira.attach("BOOK-6", "flags \"old\".csv", "text/csv", b"a,b\r\n--x--\r\n").await?;
    assert_eq!((file.size, file.media_type.as_deref()), (Some(12), Some("text/csv")));
    assert_eq!(file.author.as_ref().unwrap().display_name, "Weir Service");
    assert_eq!(case.issue("BOOK-6").await.attachments(), [file]);
    let reader = case.world.jira(jira.deployment().kind(), "reader");
    let error = reader.attach("OPS-2", "a", "text/plain", b"x").await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Forbidden);
    Ok(())
}

async fn watchers(case: &Case) -> Result<()> {
    let watchers = case.jira().watchers("BOOK-5").await?;
    assert_eq!((watchers.count, watchers.is_watching), (1, false));
    assert_eq!(watchers.users[0].display_name, "Priya Raman");
    Ok(())
}

async fn transitions(case: &Case) -> Result<()> {
    let open = case.jira().transitions("OPS-3").await?;
    let names: Vec<_> = open.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["Investigate", "Resolve"]);
    assert_eq!(open[0].to.as_ref().unwrap().name, "Investigating");
    let resolution = &open[1].fields[0];
    assert!(resolution.id == "resolution" && resolution.required);
    assert_eq!(resolution.allowed.as_ref().unwrap()[2].name, "Duplicate");
    Ok(())
}

async fn transition_issue(case: &Case) -> Result<()> {
    let jira = case.jira();
    let mut step = TransitionRequest { id: "71".to_owned(), with: IssueFields::default() };
    let error = jira.transition_issue("OPS-3", &step).await.unwrap_err();
    assert_eq!(refused(&error), ["resolution"]);
    step.with = fields(&json!({"resolution": {"name": "Won't Do"}}));
    let comment: Value = text(&jira, "Not this year.").into();
    step.with.update.insert("comment".to_owned(), json!([{"add": {"body": comment}}]));
    jira.transition_issue("OPS-3", &step).await?;
    let read = case.issue("OPS-3").await;
    assert_eq!(read.status().unwrap().name, "Resolved");
    assert_eq!(read.resolution().unwrap().name, "Won't Do");
    assert_eq!(read.comments().unwrap().1, 1);
    let again = jira.transition_issue("OPS-3", &step).await.unwrap_err();
    assert!(matches!(again.kind, ErrorKind::BadRequest { .. }), "it leads away no more");
    Ok(())
}

async fn changelogs(case: &Case) -> Result<()> {
    let aside = case.aside();
    aside.update_issue("BOOK-6", &fields(&json!({"summary": "Flags"}))).await.unwrap();
    let start = TransitionRequest { id: "21".to_owned(), with: IssueFields::default() };
    aside.transition_issue("BOOK-6", &start).await.unwrap();
    aside.update_issue("BOOK-5", &fields(&json!({"labels": ["x"]}))).await.unwrap();
    let jira = case.jira();
    let mut logs = jira.changelogs(&["BOOK-6", "BOOK-5", "BOOK-1", "SEC-1"], &[]).await?;
    logs.sort_by_key(|log| log.changes.len());
    assert_eq!(logs.iter().map(|log| log.changes.len()).collect::<Vec<_>>(), [1, 2]);
    let (summary, status) = (&logs[1].changes[0], &logs[1].changes[1]);
    assert_eq!(summary.items[0].to_text.as_deref(), Some("Flags"));
    let moved = &status.items[0];
    assert_eq!(
        (moved.from_text.as_deref(), moved.to_text.as_deref()),
        (Some("To Do"), Some("In Progress"))
    );
    assert_eq!(status.author.as_ref().unwrap().display_name, "Weir Service");
    assert_eq!(status.created, "2026-11-20T14:00:00Z".parse().ok());
    let some = jira.changelogs(&["BOOK-6", "BOOK-5"], &["status"]).await?;
    assert_eq!((some.len(), some[0].changes.len()), (1, 1));
    Ok(())
}
