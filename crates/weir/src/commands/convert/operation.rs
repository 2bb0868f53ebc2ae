//! What `weir convert` does, the same for one file and for a line of a batch.

use clap::ValueEnum;
use document::{
    Conflict, Diff, MergeError, Merged, PatchOptions, Patched, StorageOptions, ViewOptions,
};
use serde::{Deserialize, Serialize};

/// What a page is written in.
#[derive(Clone, Copy, Debug, Default, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Format {
    /// Confluence storage format.
    #[default]
    Storage,
    /// Atlassian Document Format: JSON.
    Adf,
    /// Wiki markup of Jira Data Center.
    Wiki,
}

/// Which Confluence a page is for.
#[derive(Clone, Copy, Debug, Default, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Flavour {
    #[default]
    Cloud,
    DataCenter,
}

/// Why there is no result.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) code: &'static str,
    pub(super) message: String,
    /// The next step.
    pub(super) hint: &'static str,
    /// What a merge could not decide.
    pub(super) conflicts: Vec<Conflict>,
}

/// A page as Markdown.
#[derive(Debug)]
pub(super) struct Shown {
    pub(super) markdown: String,
    pub(super) warnings: Vec<Warning>,
}

#[derive(Debug, Serialize)]
pub(super) struct Warning {
    pub(super) code: &'static str,
    /// A byte of storage format, a JSON pointer into ADF.
    pub(super) at: String,
    pub(super) message: String,
}

pub(super) fn to_markdown(
    source: &str,
    from: Format,
    options: ViewOptions,
) -> Result<Shown, Refusal> {
    match from {
        Format::Storage => {
            let view = document::to_markdown(source, &options);
            let warnings = view.warnings.into_iter().map(|warning| Warning {
                code: warning.code,
                at: format!("byte {}", warning.at),
                message: warning.message,
            });
            Ok(Shown { markdown: view.markdown, warnings: warnings.collect() })
        }
        Format::Adf => {
            let document = document::adf::parse(source)?;
            let view = document::adf::to_markdown(&document, &options)?;
            let warnings = view.warnings.into_iter().map(|warning| Warning {
                code: warning.code,
                at: warning.at,
                message: warning.message,
            });
            Ok(Shown { markdown: view.markdown, warnings: warnings.collect() })
        }
        Format::Wiki => {
            let markdown = document::wiki::to_markdown(source)?;
            Ok(Shown { markdown, warnings: Vec::new() })
        }
    }
}

pub(super) fn to_storage(markdown: &str, flavour: Flavour) -> Result<String, Refusal> {
    let flavour = match flavour {
        Flavour::Cloud => document::Flavour::Cloud,
        Flavour::DataCenter => document::Flavour::DataCenter,
    };
    Ok(document::to_storage(markdown, &StorageOptions { flavour })?)
}

pub(super) fn to_wiki(markdown: &str) -> Result<String, Refusal> {
    Ok(document::wiki::from_markdown(markdown)?)
}

pub(super) fn diff(before: &str, after: &str, options: ViewOptions) -> Diff {
    document::diff(before, after, &options)
}

pub(super) fn merge(base: &str, theirs: &str, ours: &str) -> Result<Merged, Refusal> {
    Ok(document::merge(base, theirs, ours)?)
}

pub(super) fn patch(
    original: &str,
    markdown: &str,
    options: &PatchOptions,
) -> Result<Patched, Refusal> {
    Ok(document::patch(original, markdown, options)?)
}

impl From<document::PatchError> for Refusal {
    fn from(error: document::PatchError) -> Self {
        let hint = "Nothing was written; `weir convert to-markdown` gives the text to edit.";
        Self { code: error.code(), message: error.to_string(), hint, conflicts: Vec::new() }
    }
}

impl From<document::adf::AdfError> for Refusal {
    fn from(error: document::adf::AdfError) -> Self {
        let code = error.code();
        let hint = "Pass the ADF of one page or one field.";
        Self { code, message: error.to_string(), hint, conflicts: Vec::new() }
    }
}

impl From<document::WriteError> for Refusal {
    fn from(error: document::WriteError) -> Self {
        let hint = "`weir convert to-markdown` of a page that has it shows how it is written.";
        Self { code: error.code(), message: error.to_string(), hint, conflicts: Vec::new() }
    }
}

impl From<document::wiki::WikiError> for Refusal {
    fn from(error: document::wiki::WikiError) -> Self {
        let hint =
            "Wiki markup holds less than Markdown; `docs/markdown-dialect.md` has the dialect.";
        Self { code: error.code(), message: error.to_string(), hint, conflicts: Vec::new() }
    }
}

impl From<MergeError> for Refusal {
    fn from(error: MergeError) -> Self {
        let (code, message) = (error.code(), error.to_string());
        let conflicts = match error {
            MergeError::Conflicts(conflicts) => conflicts,
            _ => Vec::new(),
        };
        let hint = "Nothing was merged; a page never holds marks of a conflict.";
        Self { code, message, hint, conflicts }
    }
}
