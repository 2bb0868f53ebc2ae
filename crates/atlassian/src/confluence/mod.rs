//! The operations of Confluence beside reading and writing pages, one file for each family.

mod attachments;
mod attention;
mod blog_posts;
mod comments;
mod conversion;
mod labels;
mod long_tasks;
mod pages;
mod people;
mod permissions;
mod properties;
mod restrictions;
mod spaces;
mod tasks;
mod templates;
mod tree;
mod versions;

use futures_util::stream::{self, Stream};
use reqwest::Method;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use url::Url;

use crate::session::answered;
use crate::{DeploymentKind, Error, ErrorKind, Result, Session};

pub use attachments::{Attachment, AttachmentId, Download, NewAttachment};
pub use attention::Views;
pub use blog_posts::NewBlogPost;
pub use comments::{Comment, CommentKind, InlineSelection, Resolution, TextSelection};
pub use conversion::Representation;
pub use long_tasks::{LongTask, LongTaskId};
pub use pages::{CopyParts, CopyTitles, CopyTo, Position};
pub use people::Group;
pub use permissions::{
    CheckedOperation, PermittedOperation, Principal, RoleAssignment, SpacePermission, SpaceRole,
};
pub use properties::ContentProperty;
pub use restrictions::{InheritedRestriction, RestrictedOperation, Restrictions};
pub use spaces::{NewSpace, SpaceUpdate};
pub use tasks::{Task, TaskFilter, TaskStatus};
pub use templates::Template;
pub use tree::{NewTreeItem, TreeItem, TreeItemKind, TreeNode};
pub use versions::ContentVersion;

impl Session {
    /// Whether the site speaks Cloud's interfaces, wherever it is reached.
    pub(crate) fn is_cloud(&self) -> bool {
        self.deployment().kind() == DeploymentKind::Cloud
    }

    /// Sends the first of several requests whose object is visible. One that is refused as not
    /// visible has changed nothing, so the next may be sent.
    pub(crate) async fn send_first_visible<T: DeserializeOwned>(
        &self,
        method: Method,
        requests: impl IntoIterator<Item = (Url, Value)>,
    ) -> Result<T> {
        let mut refused = None;
        for (url, body) in requests {
            match self.send(method.clone(), url, body).await {
                Err(error) if error.kind == ErrorKind::NotVisible => refused.get_or_insert(error),
                done => return done,
            };
        }
        Err(refused.unwrap_or_else(|| self.not_offered("no address to ask")))
    }

    /// The same for requests without an answer.
    pub(crate) async fn order_first_visible(
        &self,
        method: Method,
        requests: impl IntoIterator<Item = (Url, Option<Value>)>,
    ) -> Result<()> {
        let mut refused = None;
        for (url, body) in requests {
            match self.order(method.clone(), url, body).await {
                Err(error) if error.kind == ErrorKind::NotVisible => refused.get_or_insert(error),
                done => return done,
            };
        }
        Err(refused.unwrap_or_else(|| self.not_offered("no address to ask")))
    }

    /// Of an operation that this kind of deployment has not; nothing is sent.
    pub(crate) fn not_offered(&self, what: &str) -> Error {
        let error = answered(self.deployment().base(), ErrorKind::NotOffered, what);
        Error { status: None, ..error }
    }

    /// The same as a listing.
    pub(crate) fn nothing_offered<T: Send + 'static>(
        &self,
        what: &str,
    ) -> impl Stream<Item = Result<T>> + Send + use<T> {
        stream::iter([Err(self.not_offered(what))])
    }
}

/// A body as both products take it.
pub(crate) fn storage_body(storage: &str) -> Value {
    json!({"representation": "storage", "value": storage})
}

/// Of a write whose base is not the version that the content has.
pub(crate) fn moved_on(url: &Url, current: i64, base_version: i64) -> Error {
    let kind = ErrorKind::Conflict { current: Some(current), provided: Some(base_version + 1) };
    Error { status: None, ..answered(url, kind, "the content has another version") }
}

pub(crate) fn unreadable(url: &Url, what: &str) -> Error {
    answered(url, ErrorKind::Unreadable, what)
}
