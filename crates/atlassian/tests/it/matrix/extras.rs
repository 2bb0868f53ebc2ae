use atlassian::{
    DeploymentKind, ErrorKind, PageUpdate, Representation, Result, Session, TaskFilter, TaskStatus,
    Views,
};
use futures_util::{Stream, TryStreamExt};

use super::{Case, Operation};

pub(super) const OPERATIONS: &[Operation] = &[
    Operation { name: "tasks", run: |case| Box::pin(tasks(case)) },
    Operation { name: "task", run: |case| Box::pin(task(case)) },
    Operation { name: "set_task_status", run: |case| Box::pin(set_task_status(case)) },
    Operation { name: "likes", run: |case| Box::pin(likes(case)) },
    Operation { name: "liking_users", run: |case| Box::pin(liking_users(case)) },
    Operation { name: "views", run: |case| Box::pin(views(case)) },
    Operation { name: "templates", run: |case| Box::pin(templates(case)) },
    Operation { name: "template", run: |case| Box::pin(template(case)) },
    Operation { name: "convert_body", run: |case| Box::pin(convert_body(case)) },
];

async fn all<T>(stream: impl Stream<Item = Result<T>>) -> Result<Vec<T>> {
    stream.try_collect().await
}

fn cloud(case: &Case) -> Session {
    case.world.session(DeploymentKind::Cloud, "service")
}

/// A page with one task that is done and one that is not, which is somebody's.
async fn with_tasks(case: &Case) {
    let somebody = &case.world.account("reader").account_id;
    let task = |id: u32, status: &str, body: &str| {
        format!(
            "<ac:task><ac:task-id>{id}</ac:task-id><ac:task-status>{status}</ac:task-status><ac:task-body>{body}</ac:task-body></ac:task>"
        )
    };
    let mention = format!("<ac:link><ri:user ri:account-id=\"{somebody}\" /></ac:link> look");
    let list = [task(1, "complete", "press"), task(2, "incomplete", &mention)].concat();
    let update = PageUpdate {
        base_version: 1,
        title: "Deploy".into(),
        storage: format!("<ac:task-list>{list}</ac:task-list>"),
        message: None,
    };
    cloud(case).update_page(&case.id("Deploy"), &update).await.unwrap();
}

async fn tasks(case: &Case) -> Result<()> {
    with_tasks(case).await;
    let found = all(case.session.tasks(&TaskFilter::default())).await?;
    assert_eq!((found.len(), found[0].storage.as_deref()), (2, Some("press")));
    assert_eq!(found[0].container_id.as_deref(), Some(case.id("Deploy").as_str()));
    let somebody = case.world.account("reader").account_id.clone();
    for filter in [
        TaskFilter { status: Some(TaskStatus::Incomplete), ..TaskFilter::default() },
        TaskFilter { assigned_to: Some(somebody), ..TaskFilter::default() },
    ] {
        let one = all(case.session.tasks(&filter)).await?;
        assert_eq!(one, found[1..], "{filter:?}");
    }
    let elsewhere = TaskFilter { page: Some(case.id("Home")), ..TaskFilter::default() };
    assert_eq!(all(case.session.tasks(&elsewhere)).await?, []);
    Ok(())
}

async fn task(case: &Case) -> Result<()> {
    with_tasks(case).await;
    let listed = all(cloud(case).tasks(&TaskFilter::default())).await.unwrap();
    assert_eq!(case.session.task(&listed[0].id).await?, listed[0]);
    assert_eq!(case.session.task("7").await.unwrap_err().kind, ErrorKind::NotVisible);
    Ok(())
}

async fn set_task_status(case: &Case) -> Result<()> {
    with_tasks(case).await;
    let listed = all(cloud(case).tasks(&TaskFilter::default())).await.unwrap();
    let done = case.session.set_task_status(&listed[1].id, true).await?;
    assert_eq!(done.status, TaskStatus::Complete);
    assert!(done.completed_by.is_some() && done.completed_at.is_some());
    let open = case.session.set_task_status(&listed[0].id, false).await?;
    assert_eq!(open.status, TaskStatus::Incomplete);
    let storage = case.other.page(&case.id("Deploy"), atlassian::BodyFormat::Storage).await;
    let storage = storage.unwrap().storage.unwrap();
    assert!(
        storage.contains("<ac:task-id>2</ac:task-id><ac:task-status>complete</ac:task-status>")
    );
    Ok(())
}

fn liked(case: &Case) {
    for title in ["Deploy", "We shipped"] {
        let id = case.id(title);
        for role in ["reader", "service"] {
            case.world.control().like(id.as_str(), &case.world.account(role).account_id);
        }
    }
}

async fn likes(case: &Case) -> Result<()> {
    liked(case);
    for (title, count) in [("Deploy", 2), ("We shipped", 2), ("Home", 0)] {
        assert_eq!(case.session.likes(&case.id(title)).await?, count);
    }
    Ok(())
}

async fn liking_users(case: &Case) -> Result<()> {
    liked(case);
    let found = all(case.session.liking_users(&case.id("We shipped"))).await?;
    assert_eq!(found.len(), 2);
    assert!(found.contains(&case.world.account("reader").account_id));
    Ok(())
}

async fn views(case: &Case) -> Result<()> {
    let id = case.id("Deploy");
    for role in ["reader", "reader", "service"] {
        case.world.control().view(id.as_str(), &case.world.account(role).account_id);
    }
    assert_eq!(case.session.views(&id, None).await?, Views { views: 3, viewers: 2 });
    Ok(())
}

async fn templates(case: &Case) -> Result<()> {
    let control = case.world.control();
    control.template(None, "Minutes", "<p>who</p>");
    let id = control.template(Some("ENG"), "Runbook", "<p>what</p>");
    let found = all(case.session.templates(None)).await?;
    assert_eq!((found.len(), found[0].name.as_str()), (1, "Minutes"));
    let found = all(case.session.templates(Some("ENG"))).await?;
    assert_eq!((found.len(), &found[0].id), (1, &id));
    assert_eq!(found[0].space_key.as_deref(), Some("ENG"));
    Ok(())
}

async fn template(case: &Case) -> Result<()> {
    let id = case.world.control().template(Some("ENG"), "Runbook", "<p>what</p>");
    let found = case.session.template(&id).await?;
    assert_eq!((found.name.as_str(), found.storage.as_deref()), ("Runbook", Some("<p>what</p>")));
    assert_eq!(case.session.template("7").await.unwrap_err().kind, ErrorKind::NotVisible);
    Ok(())
}

async fn convert_body(case: &Case) -> Result<()> {
    let (from, to) = (Representation::Storage, Representation::ExportView);
    let context = case.id("Deploy");
    let converted = case.session.convert_body("<p>a</p>", from, to, Some(&context)).await?;
    assert_eq!(converted, "<p>a</p>");
    // Cloud's own description does not even let it be asked.
    if case.session.deployment().kind() == DeploymentKind::DataCenter {
        let refused = case.session.convert_body("<p>a</p>", from, Representation::Wiki, None).await;
        assert_eq!(refused.unwrap_err().kind.code(), "atlassian_bad_request");
    }
    Ok(())
}
