//! Bodies in another representation, made by Confluence with the eyes of the credential.

use reqwest::Method;
use serde_json::{Value, json};

use super::unreadable;
use crate::fields::Fields;
use crate::link::Interface;
use crate::session::answered;
use crate::{ContentId, Error, ErrorKind, Result, Session};

/// A form of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Representation {
    /// Storage format.
    Storage,
    /// The Atlassian Document Format as JSON text (Cloud).
    AtlasDocFormat,
    /// HTML as a reader sees it.
    View,
    /// HTML that stands alone.
    ExportView,
    /// HTML with its styles.
    StyledView,
    /// What the old editor takes.
    Editor,
    /// Wiki markup, to convert from (Data Center).
    Wiki,
}

/// How often a conversion is asked for before it is given up.
const POLLS: u32 = 60;

impl Session {
    /// Converts a body, which is no content's: macros and links are resolved as on the page
    /// `context`, if one is given. Cloud works on it after its answer and is asked again until it
    /// has done so.
    ///
    /// What is rendered may hold what only the account of the credential may see.
    pub async fn convert_body(
        &self,
        value: &str,
        from: Representation,
        to: Representation,
        context: Option<&ContentId>,
    ) -> Result<String> {
        let body = json!({"value": value, "representation": from.word()});
        if !self.is_cloud() {
            let url = self.endpoint(Interface::V1, &["contentbody", "convert", to.word()], &[]);
            let mut body = body;
            if let Some(context) = context {
                body["content"] = json!({"id": context.as_str()});
            }
            let answer: Value = self.send(Method::POST, url.clone(), body).await?;
            let value = Fields(&answer).text("/value");
            return value.ok_or_else(|| unreadable(&url, "a conversion without a value"));
        }
        let query: Vec<_> =
            context.map(|id| ("contentIdContext", id.as_str())).into_iter().collect();
        let path = ["contentbody", "convert", "async", to.word()];
        let url = self.endpoint(Interface::V1, &path, &query);
        let begun: Value = self.send(Method::POST, url.clone(), body).await?;
        let id = Fields(&begun).text("/asyncId");
        let id = id.ok_or_else(|| unreadable(&url, "a conversion without an id"))?;
        let path = ["contentbody", "convert", "async", id.as_str()];
        let url = self.endpoint(Interface::V1, &path, &[]);
        for turn in 0..POLLS {
            let answer: Value = self.get(url.clone()).await?;
            let answer = Fields(&answer);
            match answer.text("/status").as_deref() {
                Some("WORKING" | "QUEUED" | "RERUNNING") => self.pause(turn).await,
                Some("FAILED") => {
                    let said = answer.text("/error").unwrap_or_default();
                    let refused = ErrorKind::bad_request(&said);
                    return Err(answered(&url, refused, "the conversion failed"));
                }
                _ => {
                    let value = answer.text("/value");
                    return value.ok_or_else(|| unreadable(&url, "a conversion without a value"));
                }
            }
        }
        let error = answered(&url, ErrorKind::TimedOut, "the conversion does not end");
        Err(Error { status: None, ..error })
    }
}

impl Representation {
    fn word(self) -> &'static str {
        match self {
            Self::Storage => "storage",
            Self::AtlasDocFormat => "atlas_doc_format",
            Self::View => "view",
            Self::ExportView => "export_view",
            Self::StyledView => "styled_view",
            Self::Editor => "editor",
            Self::Wiki => "wiki",
        }
    }
}
