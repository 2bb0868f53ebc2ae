use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};

use super::{RichText, Session, User};
use crate::Result;
use crate::fields::Fields;

/// Comments after which an issue is taken for one without an end.
const MOST: usize = 100_000;

/// A comment on an issue.
#[derive(Clone, Debug, PartialEq)]
pub struct Comment {
    /// Its id.
    pub id: String,
    /// Its text; none where the answer holds none.
    pub body: Option<RichText>,
    /// Who wrote it; none for an account that is gone.
    pub author: Option<User>,
    /// When it was written.
    pub created: Option<Timestamp>,
    /// When it was changed last.
    pub updated: Option<Timestamp>,
    /// Who alone may read it.
    pub visibility: Option<Visibility>,
}

/// Who alone may read a comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Visibility {
    /// The members of a group, by its name.
    Group(String),
    /// Those who have a role in the project, by its name.
    Role(String),
    /// A kind that this crate does not know: an open set.
    Other {
        /// What Jira calls it.
        kind: String,
        /// Whom it names.
        value: String,
    },
}

impl Visibility {
    fn read(fields: Fields<'_>) -> Option<Self> {
        let value = fields.first_text(&["/value", "/identifier"]).unwrap_or_default();
        Some(match fields.first_text(&["/type"])?.as_str() {
            "group" => Self::Group(value),
            "role" => Self::Role(value),
            kind => Self::Other { kind: kind.to_owned(), value },
        })
    }

    fn value(&self) -> Value {
        let (kind, value) = match self {
            Self::Group(value) => ("group", value),
            Self::Role(value) => ("role", value),
            Self::Other { kind, value } => (kind.as_str(), value),
        };
        json!({"type": kind, "value": value})
    }
}

impl Comment {
    pub(super) fn read(fields: Fields<'_>) -> Option<Self> {
        Some(Self {
            id: fields.first_text(&["/id"])?,
            body: fields.at("/body").and_then(RichText::from_value),
            author: User::at(fields, "/author"),
            created: fields.time("/created"),
            updated: fields.time("/updated"),
            visibility: fields.at("/visibility").and_then(|all| Visibility::read(Fields(all))),
        })
    }
}

impl Session {
    /// The comments of an issue that the credential may read, oldest first.
    pub async fn comments(&self, key: &str) -> Result<Vec<Comment>> {
        let path = ["issue", key, "comment"];
        self.pages(&path, &[("maxResults", "100")], "/comments", MOST, Comment::read).await
    }

    /// Writes a comment, for everybody who sees the issue or for some. Never sent twice.
    pub async fn add_comment(
        &self,
        key: &str,
        text: &RichText,
        visibility: Option<&Visibility>,
    ) -> Result<Comment> {
        let body = self.comment_body(text, visibility)?;
        let comment = self.send(Method::POST, &["issue", key, "comment"], body).await?;
        self.comment_of(&comment)
    }

    /// Replaces the text of a comment, and who may read it when that is given.
    pub async fn edit_comment(
        &self,
        key: &str,
        id: &str,
        text: &RichText,
        visibility: Option<&Visibility>,
    ) -> Result<Comment> {
        let body = self.comment_body(text, visibility)?;
        let comment = self.send(Method::PUT, &["issue", key, "comment", id], body).await?;
        self.comment_of(&comment)
    }

    fn comment_body(&self, text: &RichText, visibility: Option<&Visibility>) -> Result<Value> {
        let mut body = json!({"body": self.written(text)?});
        if let Some(visibility) = visibility {
            body["visibility"] = visibility.value();
        }
        Ok(body)
    }

    fn comment_of(&self, answer: &Value) -> Result<Comment> {
        Comment::read(Fields(answer)).ok_or_else(|| self.unreadable("a comment without an id"))
    }
}
