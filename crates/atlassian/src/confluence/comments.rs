//! Comments below a page or blog post, and on a passage of its text.

use futures_util::Stream;
use futures_util::stream::StreamExt;
use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};
use url::Url;

use super::{moved_on, storage_body, unreadable};
use crate::cloud::both_kinds;
use crate::fields::Fields;
use crate::link::{self, Interface};
use crate::listing::{Incomplete, by_link, by_start, entries};
use crate::{ContentId, Deployment, Result, Session};

const CLOUD_LIST: [(&str, &str); 2] = [("body-format", "storage"), ("limit", "250")];
const CLOUD_READ: [(&str, &str); 1] = [("body-format", "storage")];
const DATA_CENTER: &str =
    "body.storage,version,ancestors,container,extensions.inlineProperties,extensions.resolution";

/// Where a comment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommentKind {
    /// Below the content.
    Footer,
    /// On a passage of the text.
    Inline,
}

/// What became of an inline comment. An open set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// Not dealt with.
    Open,
    /// Dealt with, and then taken up again.
    Reopened,
    /// Dealt with.
    Resolved,
    /// The passage is gone from the text.
    Dangling,
    /// What Confluence says else.
    Other(String),
}

/// The passage that an inline comment is on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InlineSelection {
    /// The reference of its marker in the body.
    pub marker: Option<String>,
    /// The passage as it was when the comment was made.
    pub text: Option<String>,
}

/// A comment or a reply.
#[derive(Clone, Debug, PartialEq)]
pub struct Comment {
    /// Its id.
    pub id: ContentId,
    /// Where it stands; a reply stands where the comment does that it answers.
    pub kind: CommentKind,
    /// The page or blog post, where the answer says so.
    pub container_id: Option<String>,
    /// The comment that this one answers.
    pub parent_id: Option<String>,
    /// An open set: `current`, `historical`, …
    pub status: String,
    /// Its version; 0 where the answer gives none.
    pub version: i64,
    /// When the version was made.
    pub version_at: Option<Timestamp>,
    /// The account that made the version.
    pub version_by: Option<String>,
    /// The storage format.
    pub storage: Option<String>,
    /// Of an inline comment.
    pub resolution: Option<Resolution>,
    /// Of an inline comment.
    pub selection: Option<InlineSelection>,
    /// The address for a browser.
    pub url: String,
}

/// The passage for a new inline comment.
#[derive(Clone, Debug)]
pub struct TextSelection {
    /// The text as a reader sees it.
    pub text: String,
    /// How often the page has this text; a wrong number is refused.
    pub count: u32,
    /// Which of them is meant, counted from 0.
    pub index: u32,
}

impl Session {
    /// The comments below a page or blog post, oldest first, without replies.
    pub fn footer_comments(
        &self,
        content: &ContentId,
    ) -> impl Stream<Item = Result<Comment>> + Send + use<> {
        comments(self, content, CommentKind::Footer)
    }

    /// The comments on the text of a page or blog post, resolved ones too, without replies.
    pub fn inline_comments(
        &self,
        content: &ContentId,
    ) -> impl Stream<Item = Result<Comment>> + Send + use<> {
        comments(self, content, CommentKind::Inline)
    }

    /// The direct answers to a comment.
    pub fn replies(
        &self,
        kind: CommentKind,
        comment: &ContentId,
    ) -> impl Stream<Item = Result<Comment>> + Send + use<> {
        let deployment = self.deployment().clone();
        let parent = comment.to_string();
        let read = move |value: Value, base: Option<&str>| {
            let reply = read(&deployment, &value, kind, base)?;
            let parent_id = reply.parent_id.or_else(|| Some(parent.clone()));
            Ok(Some(Comment { parent_id, ..reply }))
        };
        if self.is_cloud() {
            let path = [kind.collection(), comment.as_str(), "children"];
            let url = self.endpoint(Interface::V2, &path, &CLOUD_LIST);
            entries(by_link(self, vec![url]), read).left_stream()
        } else {
            let path = ["content", comment.as_str(), "child", "comment"];
            let url = self.endpoint(Interface::V1, &path, &[("expand", DATA_CENTER)]);
            entries(by_start(self, url, id), read).right_stream()
        }
    }

    /// One comment of either kind, by its id.
    pub async fn comment(&self, id: &ContentId) -> Result<Comment> {
        let addresses = if self.is_cloud() {
            [CommentKind::Footer, CommentKind::Inline]
                .map(|kind| {
                    self.endpoint(Interface::V2, &[kind.collection(), id.as_str()], &CLOUD_READ)
                })
                .to_vec()
        } else {
            vec![data_center_comment(self, id)]
        };
        let (value, url): (Value, Url) = self.get_first_visible(addresses).await?;
        let inline = url.path().contains(CommentKind::Inline.collection());
        let kind = if inline { CommentKind::Inline } else { CommentKind::Footer };
        whole(self, &value, kind, &url)
    }

    /// Comments below a page or blog post. Never sent twice.
    pub async fn create_footer_comment(
        &self,
        content: &ContentId,
        storage: &str,
    ) -> Result<Comment> {
        if self.is_cloud() {
            let url = self.endpoint(Interface::V2, &[CommentKind::Footer.collection()], &[]);
            let body = json!({"body": storage_body(storage)});
            return create_on(self, content, CommentKind::Footer, &url, &body).await;
        }
        let url = self.endpoint(Interface::V1, &["content"], &[("expand", DATA_CENTER)]);
        let on = |kind: &str| {
            let body = json!({
                "type": "comment",
                "container": {"id": content.as_str(), "type": kind},
                "body": {"storage": storage_body(storage)},
            });
            (url.clone(), body)
        };
        let sent = self.send_first_visible(Method::POST, ["page", "blogpost"].map(on)).await?;
        whole(self, &sent, CommentKind::Footer, &url)
    }

    /// Comments on a passage of a page or blog post. Cloud only: Data Center's interface cannot
    /// mark the passage.
    pub async fn create_inline_comment(
        &self,
        content: &ContentId,
        selection: &TextSelection,
        storage: &str,
    ) -> Result<Comment> {
        if !self.is_cloud() {
            return Err(self.not_offered("inline comments cannot be made"));
        }
        let url = self.endpoint(Interface::V2, &[CommentKind::Inline.collection()], &[]);
        let body = json!({
            "body": storage_body(storage),
            "inlineCommentProperties": {
                "textSelection": selection.text,
                "textSelectionMatchCount": selection.count,
                "textSelectionMatchIndex": selection.index,
            },
        });
        create_on(self, content, CommentKind::Inline, &url, &body).await
    }

    /// Answers a comment. Never sent twice.
    pub async fn reply(
        &self,
        kind: CommentKind,
        comment: &ContentId,
        storage: &str,
    ) -> Result<Comment> {
        if self.is_cloud() {
            let url = self.endpoint(Interface::V2, &[kind.collection()], &[]);
            let body = json!({"parentCommentId": comment.as_str(), "body": storage_body(storage)});
            let sent: Value = self.send(Method::POST, url.clone(), body).await?;
            return whole(self, &sent, kind, &url);
        }
        let asked: Value = self.get(data_center_comment(self, comment)).await?;
        let url = self.endpoint(Interface::V1, &["content"], &[("expand", DATA_CENTER)]);
        let container = Fields(&asked);
        let id = container.text("/container/id");
        let id = id.ok_or_else(|| unreadable(&url, "a comment without a container"))?;
        let body = json!({
            "type": "comment",
            "container": {"id": id, "type": container.text("/container/type").as_deref().unwrap_or("page")},
            "ancestors": [{"id": comment.as_str()}],
            "body": {"storage": storage_body(storage)},
        });
        let sent: Value = self.send(Method::POST, url.clone(), body).await?;
        whole(self, &sent, kind, &url)
    }

    /// Makes version `base_version + 1` of a comment. Never sent twice.
    pub async fn update_comment(
        &self,
        kind: CommentKind,
        id: &ContentId,
        base_version: i64,
        storage: &str,
    ) -> Result<Comment> {
        let version = json!({"number": base_version + 1});
        let (url, body) = if self.is_cloud() {
            let url = self.endpoint(Interface::V2, &[kind.collection(), id.as_str()], &[]);
            (url, json!({"version": version, "body": storage_body(storage)}))
        } else {
            let url = self.endpoint(Interface::V1, &["content", id.as_str()], &[]);
            let body = json!({"storage": storage_body(storage)});
            (url, json!({"type": "comment", "version": version, "body": body}))
        };
        let sent: Value = self.send(Method::PUT, url.clone(), body).await?;
        whole(self, &sent, kind, &url)
    }

    /// Marks an inline comment as dealt with, or takes it up again. Cloud only. The comment keeps
    /// its body, which is read for that, and gets a new version.
    pub async fn resolve_comment(
        &self,
        id: &ContentId,
        base_version: i64,
        resolved: bool,
    ) -> Result<Comment> {
        if !self.is_cloud() {
            return Err(self.not_offered("inline comments cannot be resolved"));
        }
        let path = [CommentKind::Inline.collection(), id.as_str()];
        let url = self.endpoint(Interface::V2, &path, &CLOUD_READ);
        let now: Value = self.get(url.clone()).await?;
        let now = whole(self, &now, CommentKind::Inline, &url)?;
        if now.version != base_version {
            return Err(moved_on(&url, now.version, base_version));
        }
        let storage = now.storage.ok_or_else(|| unreadable(&url, "a comment without a body"))?;
        let body = json!({
            "version": {"number": base_version + 1},
            "body": storage_body(&storage),
            "resolved": resolved,
        });
        let url = self.endpoint(Interface::V2, &path, &[]);
        let sent: Value = self.send(Method::PUT, url.clone(), body).await?;
        whole(self, &sent, CommentKind::Inline, &url)
    }

    /// Removes a comment for good.
    pub async fn delete_comment(&self, kind: CommentKind, id: &ContentId) -> Result<()> {
        let url = if self.is_cloud() {
            self.endpoint(Interface::V2, &[kind.collection(), id.as_str()], &[])
        } else {
            self.endpoint(Interface::V1, &["content", id.as_str()], &[])
        };
        self.order(Method::DELETE, url, None).await
    }
}

impl CommentKind {
    fn collection(self) -> &'static str {
        match self {
            Self::Footer => "footer-comments",
            Self::Inline => "inline-comments",
        }
    }

    /// What Data Center calls the places of this kind.
    fn locations(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Footer => &[("expand", DATA_CENTER), ("location", "footer")],
            Self::Inline => {
                &[("expand", DATA_CENTER), ("location", "inline"), ("location", "resolved")]
            }
        }
    }
}

impl Resolution {
    fn from_word(word: &str) -> Self {
        match word {
            "open" => Self::Open,
            "reopened" => Self::Reopened,
            "resolved" => Self::Resolved,
            "dangling" => Self::Dangling,
            other => Self::Other(other.to_owned()),
        }
    }
}

fn comments(
    session: &Session,
    content: &ContentId,
    kind: CommentKind,
) -> impl Stream<Item = Result<Comment>> + Send + use<> {
    let deployment = session.deployment().clone();
    let container = content.to_string();
    let read = move |value: Value, base: Option<&str>| {
        let comment = read(&deployment, &value, kind, base)?;
        let container_id = comment.container_id.or_else(|| Some(container.clone()));
        Ok(Some(Comment { container_id, ..comment }))
    };
    if session.is_cloud() {
        let addresses = both_kinds(session, content, &[kind.collection()], &CLOUD_LIST);
        entries(by_link(session, addresses.into()), read).left_stream()
    } else {
        let path = ["content", content.as_str(), "child", "comment"];
        let url = session.endpoint(Interface::V1, &path, kind.locations());
        entries(by_start(session, url, id), read).right_stream()
    }
}

fn id(comment: &Value) -> Option<&str> {
    comment["id"].as_str()
}

/// An id does not tell a page from a blog post, and v2 names the two apart.
async fn create_on(
    session: &Session,
    content: &ContentId,
    kind: CommentKind,
    url: &Url,
    body: &Value,
) -> Result<Comment> {
    let on = |carrier: &str| {
        let mut body = body.clone();
        body[carrier] = content.as_str().into();
        (url.clone(), body)
    };
    let requests = ["pageId", "blogPostId"].map(on);
    let sent: Value = session.send_first_visible(Method::POST, requests).await?;
    whole(session, &sent, kind, url)
}

fn data_center_comment(session: &Session, id: &ContentId) -> Url {
    session.endpoint(Interface::V1, &["content", id.as_str()], &[("expand", DATA_CENTER)])
}

fn whole(session: &Session, value: &Value, kind: CommentKind, url: &Url) -> Result<Comment> {
    let base = Fields(value).text("/_links/base");
    read(session.deployment(), value, kind, base.as_deref())
        .map_err(|Incomplete| unreadable(url, "a comment without an id"))
}

/// Reads a comment of v2 or of Data Center, which says itself where it stands.
fn read(
    deployment: &Deployment,
    value: &Value,
    asked: CommentKind,
    base: Option<&str>,
) -> Result<Comment, Incomplete> {
    let fields = Fields(value);
    if fields.text("/type").is_some_and(|kind| kind != "comment") {
        return Err(Incomplete);
    }
    let id = fields.id("/id").ok_or(Incomplete)?;
    let location = fields.text("/extensions/location");
    let kind = match location.as_deref() {
        Some("footer") => CommentKind::Footer,
        Some("inline" | "resolved") => CommentKind::Inline,
        _ => asked,
    };
    let word = fields.first_text(&["/resolutionStatus", "/extensions/resolution/status"]);
    let word = word.or(match (kind, location) {
        (CommentKind::Inline, Some(place)) if place == "resolved" => Some(place),
        (CommentKind::Inline, Some(_)) => Some("open".to_owned()),
        _ => None,
    });
    let selection = InlineSelection {
        marker: fields.first_text(&[
            "/properties/inlineMarkerRef",
            "/properties/inline-marker-ref",
            "/extensions/inlineProperties/markerRef",
        ]),
        text: fields.first_text(&[
            "/properties/inlineOriginalSelection",
            "/properties/inline-original-selection",
            "/extensions/inlineProperties/originalSelection",
        ]),
    };
    let webui = fields.text("/_links/webui");
    let above = fields.list("/ancestors").last().and_then(|parent| parent.text("/id"));
    Ok(Comment {
        url: link::content_for_browser(deployment, base, webui.as_deref(), &id),
        id,
        kind,
        container_id: fields.first_text(&["/pageId", "/blogPostId", "/container/id"]),
        parent_id: fields.text("/parentCommentId").or(above),
        status: fields.text("/status").unwrap_or_default(),
        version: fields.number("/version/number").unwrap_or(0),
        version_at: fields.time("/version/createdAt").or_else(|| fields.time("/version/when")),
        version_by: fields.text("/version/authorId").or_else(|| fields.account("/version/by")),
        storage: fields.text("/body/storage/value"),
        resolution: word.as_deref().map(Resolution::from_word),
        selection: (kind == CommentKind::Inline && selection.marker.is_some()).then_some(selection),
    })
}
