//! The tree of a space: pages, and on Cloud folders, whiteboards, databases and smart links.

use futures_util::Stream;
use futures_util::stream::StreamExt;
use reqwest::Method;
use serde_json::{Value, json};
use url::Url;

use super::unreadable;
use crate::fields::Fields;
use crate::link::{self, Interface};
use crate::listing::{Incomplete, by_link, by_start, entries};
use crate::{ContentId, Deployment, Result, Session};

/// The kinds of nodes beside pages. Cloud only; of whiteboards and databases the interface gives
/// no content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TreeItemKind {
    /// Holds other nodes.
    Folder,
    /// A drawing.
    Whiteboard,
    /// A table.
    Database,
    /// A link to elsewhere; the interface says `embed`.
    SmartLink,
}

/// A folder, whiteboard, database or smart link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeItem {
    /// Its id.
    pub id: ContentId,
    /// Its kind.
    pub kind: TreeItemKind,
    /// Its title; a smart link may have none.
    pub title: String,
    /// An open set: `current`, `archived`, `trashed`, …
    pub status: String,
    /// The id of its space.
    pub space_id: Option<String>,
    /// What it is below, if anything.
    pub parent_id: Option<String>,
    /// The kind of that, in Confluence's own word.
    pub parent_kind: Option<String>,
    /// Where a smart link leads.
    pub target: Option<String>,
    /// The address for a browser.
    pub url: String,
}

/// A folder, whiteboard, database or smart link to create.
#[derive(Clone, Debug)]
pub struct NewTreeItem {
    /// Its kind.
    pub kind: TreeItemKind,
    /// The space.
    pub space_key: String,
    /// What it is below; without, the root of the space.
    pub parent_id: Option<ContentId>,
    /// Its title.
    pub title: String,
    /// Where a smart link leads; of no meaning for the others.
    pub target: Option<String>,
}

/// One node of a tree, as listings of the tree tell it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeNode {
    /// Its id.
    pub id: ContentId,
    /// In Confluence's own word: `page`, `folder`, `whiteboard`, `database`, `embed`, …
    pub kind: String,
    /// Its title.
    pub title: String,
    /// An open set: `current`, `archived`.
    pub status: String,
    /// What it is directly below, where the answer says so.
    pub parent_id: Option<String>,
    /// 1 for what is directly below the root of the listing.
    pub depth: u32,
}

impl Session {
    /// One folder, whiteboard, database or smart link. Cloud only.
    pub async fn tree_item(&self, kind: TreeItemKind, id: &ContentId) -> Result<TreeItem> {
        let url = self.tree_address(kind, Some(id))?;
        let value: Value = self.get(url.clone()).await?;
        read_item(self, kind, &value, &url)
    }

    /// Makes a folder, whiteboard, database or smart link. Cloud only. Never sent twice.
    pub async fn create_tree_item(&self, new: &NewTreeItem) -> Result<TreeItem> {
        let url = self.tree_address(new.kind, None)?;
        let space = self.space(&new.space_key).await?;
        let mut body = json!({"spaceId": space.id, "title": new.title});
        if let Some(parent) = &new.parent_id {
            body["parentId"] = parent.as_str().into();
        }
        if let Some(target) = new.target.as_ref().filter(|_| new.kind == TreeItemKind::SmartLink) {
            body["embedUrl"] = target.as_str().into();
        }
        let value: Value = self.send(Method::POST, url.clone(), body).await?;
        read_item(self, new.kind, &value, &url)
    }

    /// Puts a folder, whiteboard, database or smart link into the trash. Cloud only.
    pub async fn delete_tree_item(&self, kind: TreeItemKind, id: &ContentId) -> Result<()> {
        let url = self.tree_address(kind, Some(id))?;
        self.order(Method::DELETE, url, None).await
    }

    /// What is directly below a node, of any kind, in its order.
    pub fn direct_children(
        &self,
        id: &ContentId,
    ) -> impl Stream<Item = Result<TreeNode>> + Send + use<> {
        let parent = id.to_string();
        let read = move |value: Value, _: Option<&str>| {
            let node = read_node(&value)?;
            Ok(Some(TreeNode { parent_id: Some(parent.clone()), depth: 1, ..node }))
        };
        if self.is_cloud() {
            let addresses = self.below(id, "direct-children", &[("limit", "250")]);
            entries(by_link(self, addresses), read).left_stream()
        } else {
            let url = self.endpoint(Interface::V1, &["content", id.as_str(), "child", "page"], &[]);
            entries(by_start(self, url, node_id), read).right_stream()
        }
    }

    /// What is below a node down to a depth: 1 to 5 on Cloud, which refuses more; any on Data
    /// Center.
    pub fn descendants(
        &self,
        id: &ContentId,
        depth: u32,
    ) -> impl Stream<Item = Result<TreeNode>> + Send + use<> {
        if self.is_cloud() {
            let read = |value: Value, _: Option<&str>| read_node(&value).map(Some);
            let query = [("depth", &*depth.to_string()), ("limit", "250")];
            return entries(by_link(self, self.below(id, "descendants", &query)), read)
                .left_stream();
        }
        let path = ["content", id.as_str(), "descendant", "page"];
        let url = self.endpoint(Interface::V1, &path, &[("expand", "ancestors")]);
        let root = id.to_string();
        let read = move |value: Value, _: Option<&str>| {
            let node = read_node(&value)?;
            let above: Vec<_> =
                Fields(&value).list("/ancestors").filter_map(|above| above.text("/id")).collect();
            let place = above.iter().rev().position(|above| *above == root).ok_or(Incomplete)?;
            let level = u32::try_from(place).unwrap_or(u32::MAX).saturating_add(1);
            let node = TreeNode { depth: level, parent_id: above.last().cloned(), ..node };
            Ok((level <= depth).then_some(node))
        };
        entries(by_start(self, url, node_id), read).right_stream()
    }
}

impl Session {
    fn tree_address(&self, kind: TreeItemKind, id: Option<&ContentId>) -> Result<Url> {
        if !self.is_cloud() {
            return Err(self.not_offered("a space holds pages and blog posts only"));
        }
        let path = [Some(kind.collection()), id.map(ContentId::as_str)];
        let path: Vec<&str> = path.into_iter().flatten().collect();
        Ok(self.endpoint(Interface::V2, &path, &[]))
    }

    /// An id does not tell what kind of node it is.
    fn below(&self, id: &ContentId, listing: &str, query: &[(&str, &str)]) -> Vec<Url> {
        let collections = ["pages", "folders", "whiteboards", "databases", "embeds"];
        let address = |collection| [collection, id.as_str(), listing];
        collections
            .map(|collection| self.endpoint(Interface::V2, &address(collection), query))
            .to_vec()
    }
}

impl TreeItemKind {
    fn collection(self) -> &'static str {
        match self {
            Self::Folder => "folders",
            Self::Whiteboard => "whiteboards",
            Self::Database => "databases",
            Self::SmartLink => "embeds",
        }
    }
}

fn node_id(node: &Value) -> Option<&str> {
    node["id"].as_str()
}

fn read_item(session: &Session, kind: TreeItemKind, value: &Value, url: &Url) -> Result<TreeItem> {
    item(session.deployment(), kind, value)
        .map_err(|Incomplete| unreadable(url, "a node without an id"))
}

fn item(
    deployment: &Deployment,
    kind: TreeItemKind,
    value: &Value,
) -> Result<TreeItem, Incomplete> {
    let fields = Fields(value);
    let id = fields.id("/id").ok_or(Incomplete)?;
    let (base, webui) = (fields.text("/_links/base"), fields.text("/_links/webui"));
    Ok(TreeItem {
        url: link::content_for_browser(deployment, base.as_deref(), webui.as_deref(), &id),
        id,
        kind,
        title: fields.text("/title").unwrap_or_default(),
        status: fields.text("/status").unwrap_or_default(),
        space_id: fields.text("/spaceId"),
        parent_id: fields.text("/parentId"),
        parent_kind: fields.text("/parentType"),
        target: fields.text("/embedUrl"),
    })
}

fn read_node(value: &Value) -> Result<TreeNode, Incomplete> {
    let fields = Fields(value);
    let depth = fields.number("/depth").and_then(|depth| u32::try_from(depth).ok());
    Ok(TreeNode {
        id: fields.id("/id").ok_or(Incomplete)?,
        kind: fields.text("/type").unwrap_or_default(),
        title: fields.text("/title").unwrap_or_default(),
        status: fields.text("/status").unwrap_or_default(),
        parent_id: fields.text("/parentId"),
        depth: depth.unwrap_or(1),
    })
}
