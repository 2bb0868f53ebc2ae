//! What `weir convert` does, the same for one file and for a line of a batch.

use clap::ValueEnum;
use document::adf::AdfOptions;
use document::{
    Budget, Conflict, Diff, MergeError, Merged, PatchOptions, Patched, Portion, StorageOptions,
    View, ViewOptions,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

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

impl From<Flavour> for document::Flavour {
    fn from(flavour: Flavour) -> Self {
        match flavour {
            Flavour::Cloud => Self::Cloud,
            Flavour::DataCenter => Self::DataCenter,
        }
    }
}

/// Which product a document in ADF is for.
#[derive(Clone, Copy, Debug, Default, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Target {
    #[default]
    Jira,
    Confluence,
}

/// How much of a page is wanted; by default all of it.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    pub(super) section: Option<String>,
    pub(super) max_characters: Option<u32>,
    pub(super) start: Option<u32>,
}

impl Wanted {
    pub(super) fn is_all(&self) -> bool {
        self.section.is_none() && self.max_characters.is_none() && self.start.is_none()
    }
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
#[derive(Debug, Serialize)]
pub(super) struct Shown {
    pub(super) markdown: String,
    pub(super) warnings: Vec<Warning>,
    /// Where to go on; `None` at the end.
    pub(super) next: Option<u32>,
    /// Characters that come after these.
    pub(super) left: u32,
}

impl Shown {
    fn whole(markdown: String, warnings: Vec<Warning>) -> Self {
        Self { markdown, warnings, next: None, left: 0 }
    }
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
    wanted: &Wanted,
) -> Result<Shown, Refusal> {
    match from {
        Format::Storage => of_storage(source, options, wanted),
        Format::Adf | Format::Wiki if !wanted.is_all() => Err(Refusal {
            code: "portion_of_storage_only",
            message: "only storage format is shown in parts".to_owned(),
            hint: "Leave out the section, the number of characters and the start.",
            conflicts: Vec::new(),
        }),
        Format::Adf => {
            let document = document::adf::parse(source)?;
            let view = document::adf::to_markdown(&document, &options)?;
            let warnings = view.warnings.into_iter().map(|warning| Warning {
                code: warning.code,
                at: warning.at,
                message: warning.message,
            });
            Ok(Shown::whole(view.markdown, warnings.collect()))
        }
        Format::Wiki => Ok(Shown::whole(document::wiki::to_markdown(source)?, Vec::new())),
    }
}

fn of_storage(source: &str, options: ViewOptions, wanted: &Wanted) -> Result<Shown, Refusal> {
    let view = document::to_markdown(source, &options);
    let portion = if wanted.is_all() {
        None
    } else {
        let portion = portion(source, &view, wanted)?;
        Some((view.slice(&portion.view).to_owned(), portion))
    };
    let warnings = view.warnings.into_iter().map(|warning| Warning {
        code: warning.code,
        at: format!("byte {}", warning.at),
        message: warning.message,
    });
    let warnings = warnings.collect();
    Ok(match portion {
        None => Shown::whole(view.markdown, warnings),
        Some((markdown, Portion { next, left, .. })) => Shown { markdown, warnings, next, left },
    })
}

fn portion(source: &str, view: &View, wanted: &Wanted) -> Result<Portion, Refusal> {
    let refusal = |code, message: String| {
        let hint = "`weir convert outline` lists headings and blocks with their ids.";
        Err(Refusal { code, message, hint, conflicts: Vec::new() })
    };
    let part = match wanted.section.as_deref() {
        None => 0..u32::try_from(view.markdown.len()).unwrap_or(u32::MAX),
        Some(name) => match document::part(source, view, name) {
            Some(part) => part,
            None => return refusal("section_unknown", format!("the page has no part `{name}`")),
        },
    };
    let start = wanted.start.unwrap_or(part.start);
    let is_inside = (part.start..=part.end).contains(&start);
    if !is_inside || !view.markdown.is_char_boundary(start as usize) {
        let message = format!("{start} is no place where a portion of this part ended");
        return refusal("start_unknown", message);
    }
    let budget = Budget::Characters(wanted.max_characters.unwrap_or(u32::MAX));
    Ok(document::portion(view, &part, start, budget))
}

pub(super) fn to_adf(markdown: &str, target: Target) -> Result<Value, Refusal> {
    let target = match target {
        Target::Confluence => document::adf::Target::Confluence,
        Target::Jira => document::adf::Target::Jira,
    };
    Ok(document::adf::from_markdown(markdown, &AdfOptions { target })?)
}

pub(super) fn to_storage(markdown: &str, flavour: Flavour) -> Result<String, Refusal> {
    Ok(document::to_storage(markdown, &StorageOptions { flavour: flavour.into() })?)
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
