//! Files of pages and blog posts: v2 lists, reads and deletes them, v1 takes and gives them.

use std::fmt;
use std::str::FromStr;

use bytes::{Bytes, BytesMut};
use futures_util::Stream;
use futures_util::stream::{StreamExt, TryStreamExt};
use jiff::Timestamp;
use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::Value;
use url::Url;

use super::unreadable;
use crate::cloud::both_kinds;
use crate::fields::Fields;
use crate::form::Form;
use crate::http::broken_off;
use crate::link::{self, Interface};
use crate::listing::{Incomplete, by_link, by_start, entries};
use crate::session::answered;
use crate::{ConfigurationError, ContentId, Deployment, Error, ErrorKind, Result, Session};

const DATA_CENTER: &str = "version,container,metadata,extensions";

/// The id of an attachment: `att` and digits. Read from both forms, with and without `att`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AttachmentId(String);

impl AttachmentId {
    /// `att123`
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AttachmentId {
    type Err = ConfigurationError;

    fn from_str(text: &str) -> Result<Self, ConfigurationError> {
        let digits: ContentId = text.strip_prefix("att").unwrap_or(text).parse()?;
        Ok(Self(format!("att{digits}")))
    }
}

impl fmt::Display for AttachmentId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A file of a page or blog post, without its bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Attachment {
    /// Its id.
    pub id: AttachmentId,
    /// The file name.
    pub title: String,
    /// The page or blog post, where the answer says so.
    pub container_id: Option<String>,
    /// An open set: `current`, `trashed`, …
    pub status: String,
    /// As it was said when the file came in.
    pub media_type: Option<String>,
    /// In bytes.
    pub size: Option<u64>,
    /// What was said of this version of the file.
    pub comment: Option<String>,
    /// The id of the bytes in Cloud's media service, which bodies may name.
    pub file_id: Option<String>,
    /// Its version; 0 where the answer gives none.
    pub version: i64,
    /// When the version was made.
    pub version_at: Option<Timestamp>,
    /// The account that made the version.
    pub version_by: Option<String>,
    /// The address for a browser.
    pub url: String,
}

/// A file to attach.
#[derive(Clone, Debug)]
pub struct NewAttachment {
    /// The file name.
    pub name: String,
    /// Such as `image/png`.
    pub media_type: String,
    /// The file.
    pub bytes: Bytes,
    /// Shown beside the version.
    pub comment: Option<String>,
    /// Whether watchers are left in peace.
    pub minor_edit: bool,
}

/// A file on its way.
pub struct Download {
    /// What the server says it is.
    pub media_type: Option<String>,
    /// In bytes, where the server says so and sends it uncompressed.
    pub length: Option<u64>,
    response: reqwest::Response,
    url: Url,
    max: u64,
}

impl Download {
    /// The bytes as they come; more than the limit is [`ErrorKind::TooLarge`].
    pub fn chunks(self) -> impl Stream<Item = Result<Bytes>> + Send {
        let (url, max) = (self.url, self.max);
        let mut read = 0;
        self.response.bytes_stream().map(move |chunk| {
            let chunk = chunk.map_err(|error| broken_off(&url, error))?;
            read += chunk.len() as u64;
            if read > max { Err(too_large(&url, max)) } else { Ok(chunk) }
        })
    }

    /// The whole file.
    pub async fn bytes(self) -> Result<Bytes> {
        let add = async |mut all: BytesMut, chunk: Bytes| {
            all.extend_from_slice(&chunk);
            Ok(all)
        };
        let all = self.chunks().try_fold(BytesMut::new(), add).await;
        all.map(BytesMut::freeze)
    }
}

impl Session {
    /// The files of a page or blog post, oldest first.
    pub fn attachments(
        &self,
        content: &ContentId,
    ) -> impl Stream<Item = Result<Attachment>> + Send + use<> {
        let deployment = self.deployment().clone();
        let container = content.to_string();
        let read = move |value: Value, base: Option<&str>| {
            let attachment = read(&deployment, &value, base)?;
            let container_id = attachment.container_id.or_else(|| Some(container.clone()));
            Ok(Some(Attachment { container_id, ..attachment }))
        };
        if self.is_cloud() {
            let addresses = both_kinds(self, content, &["attachments"], &[("limit", "250")]);
            entries(by_link(self, addresses.into()), read).left_stream()
        } else {
            let path = ["content", content.as_str(), "child", "attachment"];
            let url = self.endpoint(Interface::V1, &path, &[("expand", DATA_CENTER)]);
            let pages = by_start(self, url, |file: &Value| file["id"].as_str());
            entries(pages, read).right_stream()
        }
    }

    /// What is known of one file.
    pub async fn attachment(&self, id: &AttachmentId) -> Result<Attachment> {
        let url = if self.is_cloud() {
            self.endpoint(Interface::V2, &["attachments", id.as_str()], &[])
        } else {
            self.endpoint(Interface::V1, &["content", id.as_str()], &[("expand", DATA_CENTER)])
        };
        let value: Value = self.get(url.clone()).await?;
        whole(self, &value, &url)
    }

    /// Opens a file of at most `max` bytes. Cloud gives it from another host, which gets no
    /// credential; a second redirect is not followed.
    pub async fn download_attachment(&self, attachment: &Attachment, max: u64) -> Result<Download> {
        let base = self.deployment().base();
        let container = attachment.container_id.as_deref();
        let container = container.ok_or_else(|| unreadable(base, "an attachment of no content"))?;
        let url = if self.is_cloud() {
            let id = attachment.id.as_str();
            let path = ["content", container, "child", "attachment", id, "download"];
            self.endpoint(Interface::V1, &path, &[])
        } else {
            let mut url = base.clone();
            if let Ok(mut path) = url.path_segments_mut() {
                let file = ["download", "attachments", container, &attachment.title];
                path.pop_if_empty().extend(file);
            }
            url
        };
        let response = self.open(&url).await?;
        let text = |name| response.headers().get(name)?.to_str().ok().map(str::to_owned);
        let media_type = text(CONTENT_TYPE);
        let html = |kind: &Option<String>| kind.as_ref().is_some_and(|kind| kind.contains("html"));
        if html(&media_type) && !html(&attachment.media_type) {
            return Err(answered(&url, ErrorKind::HtmlLogin, "an HTML page instead of a file"));
        }
        let length = response.content_length();
        if length.is_some_and(|length| length > max) {
            return Err(too_large(&url, max));
        }
        Ok(Download { media_type, length, response, url, max })
    }

    /// Attaches a file under a name that the content has not yet; a name that it has is
    /// [`ErrorKind::BadRequest`]. Never sent twice.
    pub async fn upload_attachment(
        &self,
        content: &ContentId,
        file: &NewAttachment,
    ) -> Result<Attachment> {
        let path = ["content", content.as_str(), "child", "attachment"];
        self.upload(self.endpoint(Interface::V1, &path, &[]), file).await
    }

    /// Makes a new version of a file; its name stays unless Confluence takes that of the new one.
    /// Never sent twice.
    pub async fn upload_attachment_version(
        &self,
        content: &ContentId,
        id: &AttachmentId,
        file: &NewAttachment,
    ) -> Result<Attachment> {
        let path = ["content", content.as_str(), "child", "attachment", id.as_str(), "data"];
        self.upload(self.endpoint(Interface::V1, &path, &[]), file).await
    }

    /// Puts a file into the trash.
    pub async fn delete_attachment(&self, id: &AttachmentId) -> Result<()> {
        let url = if self.is_cloud() {
            self.endpoint(Interface::V2, &["attachments", id.as_str()], &[])
        } else {
            self.endpoint(Interface::V1, &["content", id.as_str()], &[])
        };
        self.order(Method::DELETE, url, None).await
    }
}

impl Session {
    /// What an upload answers lacks the version unless expanded, which Cloud has no parameter for.
    async fn upload(&self, url: Url, file: &NewAttachment) -> Result<Attachment> {
        let answer: Value = self.send_form(url.clone(), Form::of(file)).await?;
        let saved = answer.pointer("/results/0").unwrap_or(&answer);
        let saved = whole(self, saved, &url)?;
        self.attachment(&saved.id).await
    }
}

fn whole(session: &Session, value: &Value, url: &Url) -> Result<Attachment> {
    let base = Fields(value).text("/_links/base");
    read(session.deployment(), value, base.as_deref())
        .map_err(|Incomplete| unreadable(url, "an attachment without an id"))
}

fn read(
    deployment: &Deployment,
    value: &Value,
    base: Option<&str>,
) -> Result<Attachment, Incomplete> {
    let fields = Fields(value);
    if fields.text("/type").is_some_and(|kind| kind != "attachment") {
        return Err(Incomplete);
    }
    let id: AttachmentId = fields.text("/id").and_then(|id| id.parse().ok()).ok_or(Incomplete)?;
    let webui = fields.first_text(&["/webuiLink", "/_links/webui"]);
    let size = fields.number("/fileSize").or_else(|| fields.number("/extensions/fileSize"));
    let container_id = fields.first_text(&["/pageId", "/blogPostId", "/container/id"]);
    let fallback = match &container_id {
        Some(container) => format!("/pages/viewpageattachments.action?pageId={container}"),
        None => String::new(),
    };
    Ok(Attachment {
        url: link::for_browser(deployment, base, webui.as_deref(), &fallback),
        id,
        title: fields.text("/title").unwrap_or_default(),
        container_id,
        status: fields.text("/status").unwrap_or_default(),
        media_type: fields.first_text(&[
            "/mediaType",
            "/metadata/mediaType",
            "/extensions/mediaType",
        ]),
        size: size.and_then(|size| u64::try_from(size).ok()),
        comment: fields.first_text(&["/comment", "/metadata/comment", "/extensions/comment"]),
        file_id: fields.first_text(&["/fileId", "/extensions/fileId"]),
        version: fields.number("/version/number").unwrap_or(0),
        version_at: fields.time("/version/createdAt").or_else(|| fields.time("/version/when")),
        version_by: fields.text("/version/authorId").or_else(|| fields.account("/version/by")),
    })
}

fn too_large(url: &Url, max: u64) -> Error {
    answered(url, ErrorKind::TooLarge, &format!("more than {max} bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attachment_ids_have_one_spelling() {
        for text in ["att123", "123"] {
            assert_eq!(text.parse::<AttachmentId>().unwrap().as_str(), "att123");
        }
        for refused in ["", "att", "attatt1", "att0", "x1", "b8a1-uuid"] {
            assert!(refused.parse::<AttachmentId>().is_err(), "{refused}");
        }
    }
}
