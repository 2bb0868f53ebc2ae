use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;

use crate::ConfigurationError;

/// The id of a page, blog post, folder or other content: digits, without leading zeros.
///
/// Anything else is refused before a request is made, so that one content has one spelling.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ContentId(String);

impl ContentId {
    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ContentId {
    type Err = ConfigurationError;

    fn from_str(text: &str) -> Result<Self, ConfigurationError> {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let canonical = digits && !text.starts_with('0') && text.parse::<i64>().is_ok();
        if canonical { Ok(Self(text.to_owned())) } else { Err(ConfigurationError::ContentId) }
    }
}

impl fmt::Display for ContentId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Which body to ask for with a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyFormat {
    /// None.
    None,
    /// Storage format, byte for byte as it is stored.
    Storage,
}

/// An account of the site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Cloud: account id. Data Center: user key, or the user name when there is no key.
    pub account: String,
    /// The name to show.
    pub display_name: String,
    /// The e-mail, when the account lets it be seen.
    pub email: Option<String>,
}

/// A space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Space {
    /// The numeric id.
    pub id: String,
    /// The key, such as `ENG`; a personal space's begins with `~`.
    pub key: String,
    /// The name to show.
    pub name: String,
    /// An open set: `global`, `personal`, `collaboration`, `knowledge_base`, …
    pub kind: String,
    /// The address for a browser.
    pub url: String,
    /// The id of the homepage, when the space has one.
    pub homepage_id: Option<String>,
}

/// The kinds of content that this crate reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContentKind {
    /// A page; live docs count as pages.
    Page,
    /// A blog post.
    BlogPost,
    /// A folder (Cloud only).
    Folder,
}

impl ContentKind {
    /// Reads the `type` of an answer; other kinds of content have none.
    pub(crate) fn from_type(text: &str) -> Option<Self> {
        match text {
            "page" => Some(Self::Page),
            "blogpost" => Some(Self::BlogPost),
            "folder" => Some(Self::Folder),
            _ => None,
        }
    }
}

/// What is known of a content without its body.
#[derive(Clone, Debug, PartialEq)]
pub struct PageMeta {
    /// Its id.
    pub id: ContentId,
    /// Its kind.
    pub kind: ContentKind,
    /// Its title.
    pub title: String,
    /// An open set: `current`, `archived`, `trashed`, `draft`, …
    pub status: String,
    /// The id of its space; empty when the answer does not say.
    pub space_id: String,
    /// The key of its space, when known.
    pub space_key: Option<String>,
    /// The id of its parent, when it has one and the answer says so.
    pub parent_id: Option<String>,
    /// The kind of its parent, in Confluence's own word: `page`, `folder`, `whiteboard`, …
    pub parent_kind: Option<String>,
    /// Its place among its siblings.
    pub position: Option<i64>,
    /// Its version; 0 where the answer gives none (children on Cloud).
    pub version: i64,
    /// When the version was made.
    pub version_at: Option<Timestamp>,
    /// The account that made the version.
    pub version_by: Option<String>,
    /// The address for a browser.
    pub url: String,
}

/// A page or blog post.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// Everything but body and labels.
    pub meta: PageMeta,
    /// The storage format, when asked for and given.
    pub storage: Option<String>,
    /// All labels, when the answer holds labels at all.
    pub labels: Option<Vec<String>>,
    /// From the root down, when the answer holds them (Data Center).
    pub ancestors: Option<Vec<AncestorRef>>,
}

/// One ancestor of a content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AncestorRef {
    /// Its id.
    pub id: String,
    /// Its kind, in Confluence's own word: `page`, `folder`, `whiteboard`, `database`, `embed`.
    pub kind: String,
    /// Its title, where the interface gives it (Data Center).
    pub title: Option<String>,
}

/// Whom a restriction names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RestrictionSubject {
    /// A user, by the same text as [`User::account`].
    User(String),
    /// A group: its id on Cloud, its name on Data Center.
    Group(String),
    /// A kind of subject that this crate does not know, or one without an id.
    Unknown(String),
}

/// Who may view a content, as set on the content itself; ancestors restrict further.
///
/// `complete == false` when the answer was cut or partly unreadable: treat it as naming nobody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restriction {
    /// Any one of them may view.
    pub subjects: Vec<RestrictionSubject>,
    /// Whether `subjects` is the whole list.
    pub complete: bool,
}

/// Labels and direct view restriction of one content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRights {
    /// The content.
    pub id: ContentId,
    /// All its labels.
    pub labels: Vec<String>,
    /// `None` when the content itself is not restricted.
    pub restriction: Option<Restriction>,
}

/// One content found by a search.
#[derive(Clone, Debug, PartialEq)]
pub struct SearchHit {
    /// The content.
    pub meta: PageMeta,
    /// Plain text around the match.
    pub excerpt: String,
    /// Titles of its ancestors from the root down, when the answer holds them.
    pub breadcrumb: Vec<String>,
}

/// One page of search results.
#[derive(Clone, Debug, PartialEq)]
pub struct SearchPage {
    /// Pages, blog posts and folders; other results are left out.
    pub hits: Vec<SearchHit>,
    /// What to give to the next call, when there is more. Opaque.
    pub next: Option<String>,
    /// How many results there are in all, as Confluence counts them.
    pub total: Option<u64>,
}

/// A page to create.
#[derive(Clone, Debug)]
pub struct NewPage {
    /// The space.
    pub space_key: String,
    /// The parent; without one, Cloud takes the homepage and Data Center the root of the space.
    pub parent_id: Option<ContentId>,
    /// The title, unique in its space.
    pub title: String,
    /// The body in storage format.
    pub storage: String,
}

/// A new version of a page.
#[derive(Clone, Debug)]
pub struct PageUpdate {
    /// The version that the new one is based on.
    pub base_version: i64,
    /// The title.
    pub title: String,
    /// The whole body in storage format.
    pub storage: String,
    /// The message of the version.
    pub message: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_ids_are_canonical_digits() {
        assert_eq!("123".parse::<ContentId>().unwrap().as_str(), "123");
        for refused in
            ["", "abc", "12a", "-1", "+1", "0", "0123", " 1", "1/2", "99999999999999999999"]
        {
            assert_eq!(
                refused.parse::<ContentId>(),
                Err(ConfigurationError::ContentId),
                "{refused}"
            );
        }
    }
}
