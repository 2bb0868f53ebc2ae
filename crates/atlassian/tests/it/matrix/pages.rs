use atlassian::{
    BodyFormat, ContentId, CopyParts, CopyTitles, CopyTo, DeploymentKind, ErrorKind, LongTask,
    LongTaskId, NewBlogPost, NewPage, NewSpace, Page, PageUpdate, Position, Result, Session,
};

use super::{Case, Operation};
use crate::sandboxed::{all, titles};

pub(super) const OPERATIONS: &[Operation] = &[
    Operation { name: "create_draft", run: |case| Box::pin(create_draft(case)) },
    Operation { name: "draft", run: |case| Box::pin(draft(case)) },
    Operation { name: "publish_draft", run: |case| Box::pin(publish_draft(case)) },
    Operation { name: "rename_page", run: |case| Box::pin(rename_page(case)) },
    Operation { name: "trash", run: |case| Box::pin(trash(case)) },
    Operation { name: "purge", run: |case| Box::pin(purge(case)) },
    Operation { name: "restore", run: |case| Box::pin(restore(case)) },
    Operation { name: "archive", run: |case| Box::pin(archive(case)) },
    Operation { name: "move_page", run: |case| Box::pin(move_page(case)) },
    Operation { name: "copy_page", run: |case| Box::pin(copy_page(case)) },
    Operation { name: "copy_hierarchy", run: |case| Box::pin(copy_hierarchy(case)) },
    Operation { name: "create_blog_post", run: |case| Box::pin(create_blog_post(case)) },
    Operation { name: "update_blog_post", run: |case| Box::pin(update_blog_post(case)) },
    Operation { name: "long_task", run: |case| Box::pin(long_task(case)) },
];

async fn drafted(case: &Case, session: &Session) -> Result<Page> {
    let new = NewPage {
        space_key: "ENG".into(),
        parent_id: Some(case.id("Runbooks")),
        title: "Idea".into(),
        storage: "<p>half</p>".into(),
    };
    session.create_draft(&new).await
}

/// As another account sees the space.
async fn seen_by_others(case: &Case) -> Vec<String> {
    let cloud = case.world.session(DeploymentKind::Cloud, "reader");
    let pages = all(cloud.pages_in_space(&cloud.space("ENG").await.unwrap())).await;
    titles(&pages).into_iter().map(str::to_owned).collect()
}

async fn create_draft(case: &Case) -> Result<()> {
    let made = drafted(case, &case.session).await?;
    assert_eq!(made.meta.status, "draft");
    let read = case.other.draft(&made.meta.id, BodyFormat::Storage).await.unwrap();
    assert_eq!(read.storage.as_deref(), Some("<p>half</p>"));
    assert!(!seen_by_others(case).await.contains(&"Idea".to_owned()));
    Ok(())
}

async fn draft(case: &Case) -> Result<()> {
    let made = drafted(case, &case.other).await.unwrap();
    let read = case.session.draft(&made.meta.id, BodyFormat::Storage).await?;
    assert_eq!((read.meta.title.as_str(), read.meta.status.as_str()), ("Idea", "draft"));
    Ok(())
}

async fn publish_draft(case: &Case) -> Result<()> {
    let made = drafted(case, &case.other).await.unwrap();
    let id = made.meta.id;
    let published = case.session.publish_draft(&id, "Idea!", "<p>whole</p>").await?;
    assert_eq!((published.meta.version, published.meta.status.as_str()), (1, "current"));
    let read = case.other.page(&id, BodyFormat::Storage).await.unwrap();
    assert_eq!(read.storage.as_deref(), Some("<p>whole</p>"));
    assert!(seen_by_others(case).await.contains(&"Idea!".to_owned()));
    Ok(())
}

async fn rename_page(case: &Case) -> Result<()> {
    let id = case.id("Deploy");
    let renamed = case.session.rename_page(&id, 1, "Ship").await?;
    assert_eq!((renamed.meta.title.as_str(), renamed.meta.version), ("Ship", 2));
    let read = case.other.page(&id, BodyFormat::Storage).await.unwrap();
    assert_eq!(read.storage.as_deref(), Some("<p>Push&nbsp;the <b>button</b>.</p>"));
    let stale = case.session.rename_page(&id, 1, "Late").await.unwrap_err();
    assert!(matches!(stale.kind, ErrorKind::Conflict { current: Some(2), .. }), "{stale:?}");
    Ok(())
}

/// `trashed` on Cloud; not there on Data Center.
async fn is_trashed(case: &Case, id: &ContentId) -> bool {
    match case.other.page(id, BodyFormat::None).await {
        Ok(page) => page.meta.status == "trashed",
        Err(error) => error.kind == ErrorKind::NotVisible,
    }
}

async fn trash(case: &Case) -> Result<()> {
    for title in ["Deploy", "We shipped"] {
        let id = case.id(title);
        case.session.trash(&id).await?;
        assert!(is_trashed(case, &id).await, "{title}");
        assert_eq!(case.world.control().page_id("ENG", title), None);
    }
    Ok(())
}

async fn purge(case: &Case) -> Result<()> {
    for title in ["Deploy", "We shipped"] {
        let id = case.id(title);
        case.other.trash(&id).await.unwrap();
        case.session.purge(&id).await?;
        let error = case.other.restore(&id).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::NotVisible);
    }
    Ok(())
}

async fn restore(case: &Case) -> Result<()> {
    for title in ["Deploy", "We shipped"] {
        let id = case.id(title);
        case.other.trash(&id).await.unwrap();
        let restored = case.session.restore(&id).await?;
        assert_eq!((restored.meta.status.as_str(), &*restored.meta.title), ("current", title));
        assert_eq!(case.id(title), id);
        let again = case.session.restore(&id).await.unwrap_err();
        assert_eq!(again.kind, ErrorKind::NotVisible);
    }
    Ok(())
}

async fn finished(case: &Case, id: &LongTaskId) -> LongTask {
    for _ in 0..10 {
        let task = case.other.long_task(id).await.unwrap();
        if task.finished {
            return task;
        }
    }
    case.other.long_task(id).await.unwrap()
}

async fn archive(case: &Case) -> Result<()> {
    let id = case.id("Deploy");
    let task = case.session.archive(std::slice::from_ref(&id)).await?;
    assert!(finished(case, &task).await.successful);
    assert_eq!(case.other.page(&id, BodyFormat::None).await.unwrap().meta.status, "archived");
    let broken = case.session.archive(&["7".parse().unwrap()]).await.unwrap_err();
    assert_eq!(broken.kind, ErrorKind::Transient);
    Ok(())
}

async fn order_below(case: &Case, title: &str) -> Vec<String> {
    let below = all(case.other.children(&case.id(title))).await;
    below.into_iter().map(|child| child.title).collect()
}

async fn move_page(case: &Case) -> Result<()> {
    let (deploy, rollback) = (case.id("Deploy"), case.id("Rollback"));
    case.session.move_page(&rollback, Position::Append, &deploy).await?;
    assert_eq!(order_below(case, "Deploy").await, ["Rollback"]);
    let error = case.session.move_page(&deploy, Position::Append, &rollback).await.unwrap_err();
    assert_eq!(error.kind.code(), "atlassian_bad_request");
    let before = case.session.move_page(&rollback, Position::Before, &deploy).await;
    if case.session.deployment().kind() == DeploymentKind::DataCenter {
        assert_eq!(before.unwrap_err().kind, ErrorKind::NotOffered);
    } else {
        before.unwrap();
        assert_eq!(order_below(case, "Runbooks").await, ["Rollback", "Deploy"]);
        case.session.move_page(&rollback, Position::After, &deploy).await.unwrap();
        assert_eq!(order_below(case, "Runbooks").await, ["Deploy", "Rollback"]);
    }
    Ok(())
}

async fn copy_page(case: &Case) -> Result<()> {
    let id = case.id("Deploy");
    case.world.control().label(id.as_str(), "runbook");
    let below = CopyTo::Below(case.id("Home"));
    let parts = CopyParts { labels: true, ..CopyParts::default() };
    let copy = case.session.copy_page(&id, &below, Some("Deploy again"), parts).await?;
    assert_eq!(copy.storage.as_deref(), Some("<p>Push&nbsp;the <b>button</b>.</p>"));
    assert_eq!(copy.meta.parent_id.as_deref(), Some(case.id("Home").as_str()));
    assert_eq!(copy.labels.unwrap(), ["runbook"]);
    let to = CopyTo::Space("OPS".into());
    let plain = case.session.copy_page(&id, &to, Some("Deploy"), CopyParts::default()).await?;
    assert_eq!((plain.meta.space_key.as_deref(), plain.labels), (Some("OPS"), Some(Vec::new())));
    Ok(())
}

async fn copy_hierarchy(case: &Case) -> Result<()> {
    let titles = CopyTitles { prefix: "Old ".into(), ..CopyTitles::default() };
    let (id, below) = (case.id("Runbooks"), case.id("Home"));
    let parts = CopyParts::default();
    let task = case.session.copy_hierarchy(&id, &below, &titles, parts).await?;
    assert!(finished(case, &task).await.successful);
    assert_eq!(order_below(case, "Old Runbooks").await, ["Old Deploy", "Old Rollback"]);
    Ok(())
}

async fn create_blog_post(case: &Case) -> Result<()> {
    let new = NewBlogPost {
        space_key: "ENG".into(),
        title: "News".into(),
        storage: "<p>much</p>".into(),
    };
    let made = case.session.create_blog_post(&new).await?;
    let read = case.other.page(&made.meta.id, BodyFormat::Storage).await.unwrap();
    assert_eq!(read.meta.kind, atlassian::ContentKind::BlogPost);
    assert_eq!(read.storage.as_deref(), Some("<p>much</p>"));
    Ok(())
}

async fn update_blog_post(case: &Case) -> Result<()> {
    let id = case.id("We shipped");
    let update = PageUpdate {
        base_version: 1,
        title: "We shipped it".into(),
        storage: "<p>Really.</p>".into(),
        message: None,
    };
    assert_eq!(case.session.update_blog_post(&id, &update).await?.meta.version, 2);
    let read = case.other.page(&id, BodyFormat::Storage).await.unwrap();
    assert_eq!(read.storage.as_deref(), Some("<p>Really.</p>"));
    let stale = case.session.update_blog_post(&id, &update).await.unwrap_err();
    assert!(matches!(stale.kind, ErrorKind::Conflict { .. }), "{stale:?}");
    Ok(())
}

async fn long_task(case: &Case) -> Result<()> {
    let new = NewSpace { key: "GONE".into(), name: "Gone".into(), description: String::new() };
    case.other.create_space(&new).await.unwrap();
    let id = case.other.delete_space("GONE").await.unwrap();
    let first = case.session.long_task(&id).await?;
    assert_eq!((first.finished, first.percent), (false, Some(50)));
    let last = case.session.long_task(&id).await?;
    assert!(last.finished && last.successful);
    Ok(())
}
