//! Wiki markup, in which Jira Data Center keeps descriptions and comments, as the Markdown that
//! storage format is shown in, and back.
//!
//! Both ways lead by storage format, as [`crate::adf`] does, so that one dialect is read and written.
//! Constructs: the text formatting notation that Jira itself documents, which is that of Confluence
//! before it had storage format.

mod error;
mod line;
mod phrase;
mod read;
mod text;
mod write;

pub use error::WikiError;

use crate::{Flavour, ViewOptions, view::LONGEST_BODY, write::write_traced};

/// Shows wiki markup as Markdown: headings, marks, lists, tables, code, quotes, panels, links,
/// mentions, images. Anything else is text. Newlines within a paragraph break its line, as in Jira;
/// colours are not shown.
///
/// Never fails, never recurses, and takes time and memory linear in the text.
///
/// # Errors
/// [`WikiError::TooLarge`] for more than 8 MiB.
pub fn to_markdown(wiki: &str) -> Result<String, WikiError> {
    if wiki.len() > LONGEST_BODY / 4 {
        return Err(WikiError::TooLarge);
    }
    let view = crate::to_markdown(&read::to_storage(wiki), &ViewOptions::default());
    Ok(view.markdown)
}

/// Writes Markdown as wiki markup for Jira Data Center. What that cannot say is said in another way
/// where nothing is lost by that (the crate's documentation has the list), and refused elsewhere.
///
/// # Errors
/// [`WikiError::Markdown`] for broken tokens and what only Cloud knows, [`WikiError::Unsupported`] for
/// what wiki markup cannot hold, each with its line.
pub fn from_markdown(markdown: &str) -> Result<String, WikiError> {
    let traced = write_traced(markdown, Flavour::DataCenter)?;
    write::from_storage(&traced.storage).map_err(|fault| {
        let line = traced.line(markdown, fault.at);
        WikiError::Unsupported { line, construct: fault.construct, advice: fault.advice }
    })
}

/// The colours by which Atlassian's own wiki markup tells its panels apart, and their names in storage
/// format.
const PANELS: [(&str, &str); 4] =
    [("#deebff", "info"), ("#e3fcef", "tip"), ("#fffae6", "note"), ("#ffebe6", "warning")];
