use atlassian::{
    DeploymentKind, ErrorKind, NewTreeItem, Result, Session, TreeItem, TreeItemKind, TreeNode,
};

use super::{Case, Operation};
use crate::sandboxed::all;

pub(super) const OPERATIONS: &[Operation] = &[
    Operation { name: "folder", run: |case| Box::pin(folder(case)) },
    Operation { name: "tree_item", run: |case| Box::pin(tree_item(case)) },
    Operation { name: "create_tree_item", run: |case| Box::pin(create_tree_item(case)) },
    Operation { name: "delete_tree_item", run: |case| Box::pin(delete_tree_item(case)) },
    Operation { name: "direct_children", run: |case| Box::pin(direct_children(case)) },
    Operation { name: "descendants", run: |case| Box::pin(descendants(case)) },
];

const KINDS: [TreeItemKind; 4] = [
    TreeItemKind::Folder,
    TreeItemKind::Whiteboard,
    TreeItemKind::Database,
    TreeItemKind::SmartLink,
];

async fn made(case: &Case, session: &Session, kind: TreeItemKind) -> Result<TreeItem> {
    let new = NewTreeItem {
        kind,
        space_key: "ENG".into(),
        parent_id: Some(case.id("Home")),
        title: format!("A {kind:?}"),
        target: Some("https://example.com/board".into()),
    };
    session.create_tree_item(&new).await
}

/// Data Center has no such items to ask for, so Cloud makes them for it.
async fn made_on_cloud(case: &Case, kind: TreeItemKind) -> TreeItem {
    let cloud = case.world.session(DeploymentKind::Cloud, "service");
    made(case, &cloud, kind).await.unwrap()
}

async fn folder(case: &Case) -> Result<()> {
    let made = made_on_cloud(case, TreeItemKind::Folder).await;
    let folder = case.session.folder(&made.id).await?;
    assert_eq!((folder.title.as_str(), folder.id), ("A Folder", made.id));
    Ok(())
}

async fn tree_item(case: &Case) -> Result<()> {
    for kind in KINDS {
        let made = made_on_cloud(case, kind).await;
        let found = case.session.tree_item(kind, &made.id).await?;
        assert_eq!(found, made);
        assert_eq!(found.parent_id.as_deref(), Some(case.id("Home").as_str()));
        let link = found.target.as_deref();
        assert_eq!(link.is_some(), kind == TreeItemKind::SmartLink, "{link:?}");
    }
    let page = case.session.tree_item(TreeItemKind::Folder, &case.id("Home")).await.unwrap_err();
    assert_eq!(page.kind, ErrorKind::NotVisible);
    Ok(())
}

async fn create_tree_item(case: &Case) -> Result<()> {
    for kind in KINDS {
        let item = made(case, &case.session, kind).await?;
        assert_eq!(case.other.tree_item(kind, &item.id).await.unwrap(), item);
    }
    Ok(())
}

async fn delete_tree_item(case: &Case) -> Result<()> {
    for kind in KINDS {
        let item = made_on_cloud(case, kind).await;
        case.session.delete_tree_item(kind, &item.id).await?;
        assert_eq!(case.other.tree_item(kind, &item.id).await.unwrap().status, "trashed");
    }
    Ok(())
}

fn told(nodes: &[TreeNode]) -> Vec<(&str, &str, u32)> {
    nodes.iter().map(|node| (node.title.as_str(), node.kind.as_str(), node.depth)).collect()
}

async fn direct_children(case: &Case) -> Result<()> {
    for kind in KINDS {
        made_on_cloud(case, kind).await;
    }
    let found = all(case.session.direct_children(&case.id("Home"))).await;
    assert_eq!(told(&found[..1]), [("Runbooks", "page", 1)]);
    let kinds: Vec<_> = found[1..].iter().map(|node| node.kind.as_str()).collect();
    if case.session.deployment().kind() == DeploymentKind::Cloud {
        assert_eq!(kinds, ["folder", "whiteboard", "database", "embed"]);
    } else {
        assert!(kinds.is_empty());
    }
    Ok(())
}

async fn descendants(case: &Case) -> Result<()> {
    let id = case.id("Home");
    let found = all(case.session.descendants(&id, 1)).await;
    assert_eq!(told(&found), [("Runbooks", "page", 1)]);
    let found = all(case.session.descendants(&id, 5)).await;
    let expected = [("Runbooks", "page", 1), ("Deploy", "page", 2), ("Rollback", "page", 2)];
    assert_eq!(told(&found), expected);
    assert_eq!(found[2].parent_id.as_deref(), Some(case.id("Runbooks").as_str()));
    Ok(())
}
