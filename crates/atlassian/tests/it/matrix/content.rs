use atlassian::{BodyFormat, ContentId, ErrorKind, NewPage, PageUpdate, Result};

use super::{Case, Operation};
use crate::sandboxed::{all, titles};

pub(super) const OPERATIONS: &[Operation] = &[
    Operation { name: "spaces", run: |case| Box::pin(spaces(case)) },
    Operation { name: "space", run: |case| Box::pin(space(case)) },
    Operation { name: "pages_in_space", run: |case| Box::pin(pages_in_space(case)) },
    Operation { name: "blog_posts_in_space", run: |case| Box::pin(blog_posts_in_space(case)) },
    Operation { name: "rights_in_space", run: |case| Box::pin(rights_in_space(case)) },
    Operation { name: "page", run: |case| Box::pin(page(case)) },
    Operation { name: "page_if", run: |case| Box::pin(page_if(case)) },
    Operation { name: "page_by_title", run: |case| Box::pin(page_by_title(case)) },
    Operation { name: "create_page", run: |case| Box::pin(create_page(case)) },
    Operation { name: "update_page", run: |case| Box::pin(update_page(case)) },
    Operation { name: "children", run: |case| Box::pin(children(case)) },
    Operation { name: "ancestors", run: |case| Box::pin(ancestors(case)) },
    Operation { name: "search", run: |case| Box::pin(search(case)) },
];

async fn spaces(case: &Case) -> Result<()> {
    let spaces = all(case.session.spaces()).await;
    let mut keys: Vec<_> = spaces.iter().map(|space| space.key.as_str()).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["ENG", "OPS"]);
    Ok(())
}

async fn space(case: &Case) -> Result<()> {
    assert_eq!(case.session.space("ENG").await?.key, "ENG");
    Ok(())
}

async fn pages_in_space(case: &Case) -> Result<()> {
    let space = case.session.space("ENG").await?;
    let pages = all(case.session.pages_in_space(&space)).await;
    assert_eq!(titles(&pages), ["Deploy", "Home", "Rollback", "Runbooks"]);
    Ok(())
}

async fn blog_posts_in_space(case: &Case) -> Result<()> {
    let space = case.session.space("ENG").await?;
    let posts = all(case.session.blog_posts_in_space(&space)).await;
    assert_eq!(titles(&posts), ["We shipped"]);
    Ok(())
}

async fn rights_in_space(case: &Case) -> Result<()> {
    case.world.control().label(case.id("Deploy").as_str(), "runbook");
    let space = case.session.space("ENG").await?;
    let rights = all(case.session.rights_in_space(&space)).await;
    let deploy = rights.iter().find(|rights| rights.id == case.id("Deploy")).unwrap();
    assert_eq!(
        (deploy.labels.as_slice(), &deploy.restriction),
        (&["runbook".to_owned()][..], &None)
    );
    Ok(())
}

async fn page(case: &Case) -> Result<()> {
    for (title, body) in [("Home", "<p>Hello.</p>"), ("We shipped", "<p>At last.</p>")] {
        let page = case.session.page(&case.id(title), BodyFormat::Storage).await?;
        assert_eq!(page.storage.as_deref(), Some(body));
    }
    Ok(())
}

async fn page_if(case: &Case) -> Result<()> {
    let id = case.id("Home");
    assert!(case.session.page_if(&id, BodyFormat::None, &|_| true).await.is_ok());
    let error = case.session.page_if(&id, BodyFormat::None, &|_| false).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotVisible);
    Ok(())
}

async fn page_by_title(case: &Case) -> Result<()> {
    let page = case.session.page_by_title("ENG", "Deploy", BodyFormat::Storage).await?.unwrap();
    assert_eq!(page.meta.id, case.id("Deploy"));
    assert!(page.storage.is_some());
    Ok(())
}

async fn create_page(case: &Case) -> Result<()> {
    let new = NewPage {
        space_key: "ENG".into(),
        parent_id: Some(case.id("Runbooks")),
        title: "New".into(),
        storage: "<p>new</p>".into(),
    };
    let made = case.session.create_page(&new).await?;
    let read = case.other.page(&made.meta.id, BodyFormat::Storage).await.unwrap();
    assert_eq!(read.storage.as_deref(), Some("<p>new</p>"));
    assert_eq!(read.meta.parent_id.as_deref(), Some(case.id("Runbooks").as_str()));
    Ok(())
}

async fn update_page(case: &Case) -> Result<()> {
    let update = PageUpdate {
        base_version: 1,
        title: "Deploy".into(),
        storage: "<p>better</p>".into(),
        message: None,
    };
    let id = case.id("Deploy");
    case.session.update_page(&id, &update).await?;
    let read = case.other.page(&id, BodyFormat::Storage).await.unwrap();
    assert_eq!((read.meta.version, read.storage.as_deref()), (2, Some("<p>better</p>")));
    let stale = case.session.update_page(&id, &update).await.unwrap_err();
    assert!(matches!(stale.kind, ErrorKind::Conflict { current: Some(2), .. }), "{stale:?}");
    Ok(())
}

async fn children(case: &Case) -> Result<()> {
    let children = all(case.session.children(&case.id("Runbooks"))).await;
    assert_eq!(titles(&children), ["Deploy", "Rollback"]);
    Ok(())
}

async fn ancestors(case: &Case) -> Result<()> {
    let above = case.session.ancestors(&case.id("Deploy")).await?;
    let above: Vec<ContentId> = above.iter().map(|ancestor| ancestor.id.parse().unwrap()).collect();
    assert_eq!(above, ["Home", "Runbooks"].map(|title| case.id(title)));
    Ok(())
}

async fn search(case: &Case) -> Result<()> {
    let found = case.session.search("text ~ \"button\" and space = ENG", 10, None).await?;
    assert_eq!(found.hits.len(), 2);
    Ok(())
}
