//! The operations of Jira, on the demo organization.

mod issues;
mod people;
mod talk;

use std::collections::BTreeSet;

use atlassian::jira::{Issue, Markup, RichText, Session};
use atlassian::{Error, ErrorKind};
use serde_json::json;

use super::{Case, Operation, files, operations_of, root};

pub(super) const FAMILIES: &[(&str, &[Operation])] = &[
    ("Jira: people, projects and fields", people::OPERATIONS),
    ("Jira: issues", issues::OPERATIONS),
    ("Jira: comments, work, transitions and history", talk::OPERATIONS),
];

/// Methods of a session that ask the site nothing.
const NO_OPERATIONS: [&str; 4] = ["markup", "browse", "user_field", "from"];

impl Case {
    /// Under test.
    fn jira(&self) -> Session {
        self.session.clone().into()
    }

    /// The same credential on the same site, for what comes before and after.
    fn aside(&self) -> Session {
        self.other.clone().into()
    }

    async fn issue(&self, key: &str) -> Issue {
        self.aside().issue(key, &[], &[]).await.unwrap()
    }
}

/// The fields that Jira refused a request for; the error itself when it did not.
fn refused(error: &Error) -> Vec<String> {
    match &error.kind {
        ErrorKind::BadRequest { fields, .. } => {
            fields.iter().map(|error| error.field.clone()).collect()
        }
        _ => vec![format!("{error:?}")],
    }
}

/// A text in the site's markup.
fn text(session: &Session, text: &str) -> RichText {
    match session.markup() {
        Markup::Wiki => RichText::Wiki(text.to_owned()),
        Markup::Adf => {
            let paragraph =
                json!({"type": "paragraph", "content": [{"type": "text", "text": text}]});
            RichText::Adf(json!({"type": "doc", "version": 1, "content": [paragraph]}))
        }
    }
}

#[test]
fn every_operation_of_jira_is_tried() {
    let tried: Vec<&str> =
        FAMILIES.iter().flat_map(|(_, all)| all.iter()).map(|o| o.name).collect();
    let distinct: BTreeSet<&str> = tried.iter().copied().collect();
    assert_eq!(tried.len(), distinct.len(), "an operation is tried twice");
    let offered: BTreeSet<String> = files(&root().join("crates/atlassian/src/jira"))
        .into_iter()
        .flat_map(|source| operations_of(&std::fs::read_to_string(source).unwrap()))
        .filter(|name| !NO_OPERATIONS.contains(&name.as_str()))
        .collect();
    let offered: BTreeSet<&str> = offered.iter().map(String::as_str).collect();
    assert_eq!(offered, distinct);
}
