//! `weir convert`: the document engine on files, without a site.

mod batch;
mod operation;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::failure::{Exit, Failure};
use crate::folder::read_input;
use crate::terminal;
use operation::{Flavour, Format, Refusal, Shown, Target, Wanted};

/// Converts, edits and compares pages without a site.
#[derive(Debug, Args)]
pub(crate) struct Convert {
    #[command(subcommand)]
    operation: Operation,
}

#[derive(Debug, Subcommand)]
enum Operation {
    /// A page to Markdown.
    ToMarkdown {
        /// File to read; `-` or nothing reads standard input.
        file: Option<PathBuf>,
        /// What the file holds.
        #[arg(long, value_enum, default_value_t)]
        from: Format,
        #[command(flatten)]
        shown: ShownArguments,
        #[command(flatten)]
        wanted: WantedArguments,
        /// One JSON object: markdown, warnings, and where to go on.
        #[arg(long)]
        json: bool,
    },
    /// Markdown to storage format.
    ToStorage {
        /// File to read; `-` or nothing reads standard input.
        file: Option<PathBuf>,
        /// Which Confluence the page is for.
        #[arg(long, value_enum, default_value_t)]
        flavour: Flavour,
        /// One JSON object: storage.
        #[arg(long)]
        json: bool,
    },
    /// Markdown to the Atlassian Document Format: JSON.
    ToAdf {
        /// File to read; `-` or nothing reads standard input.
        file: Option<PathBuf>,
        /// Whose document it is: Jira knows fewer constructs.
        #[arg(long, value_enum, default_value_t)]
        target: Target,
    },
    /// Markdown to wiki markup of Jira Data Center.
    ToWiki {
        /// File to read; `-` or nothing reads standard input.
        file: Option<PathBuf>,
        /// One JSON object: wiki.
        #[arg(long)]
        json: bool,
    },
    /// Edited Markdown back into the page that it is the view of: new storage format, in which all
    /// that was not edited is the same, byte for byte.
    Patch {
        /// The page in storage format.
        original: PathBuf,
        /// The edited Markdown of `to-markdown`; `-` or nothing reads standard input.
        markdown: Option<PathBuf>,
        #[command(flatten)]
        shown: ShownArguments,
        #[command(flatten)]
        allowed: AllowedArguments,
        /// Which Confluence the page is of.
        #[arg(long, value_enum, default_value_t)]
        flavour: Flavour,
        /// Print what would change in the Markdown instead, as a unified diff.
        #[arg(long, conflicts_with = "json")]
        diff: bool,
        /// One JSON object: storage, changed byte ranges, operations, tokens, diffs.
        #[arg(long)]
        json: bool,
    },
    /// What changed between two versions of a page in storage format, block by block.
    Diff {
        /// The version before.
        before: PathBuf,
        /// The version after; `-` or nothing reads standard input.
        after: Option<PathBuf>,
        #[command(flatten)]
        shown: ShownArguments,
        /// Fragments of HTML, to be set into a page.
        #[arg(long, conflicts_with = "json")]
        html: bool,
        /// One JSON object: blocks, and whether only white space between them differs.
        #[arg(long)]
        json: bool,
    },
    /// Two versions of a page that descend from one, brought together: storage format, or the
    /// conflicts and status 1.
    Merge {
        /// The version that both descend from.
        base: PathBuf,
        /// The page as it is now.
        theirs: PathBuf,
        /// The page as it was edited; `-` or nothing reads standard input.
        ours: Option<PathBuf>,
        /// One JSON object: storage and the byte ranges that combine both, or the error with its
        /// conflicts.
        #[arg(long)]
        json: bool,
    },
    /// The headings of a page in storage format, with their ids and sizes.
    Outline {
        /// File to read; `-` or nothing reads standard input.
        file: Option<PathBuf>,
        /// All blocks, not the headings alone.
        #[arg(long)]
        blocks: bool,
        /// One JSON object: headings or blocks.
        #[arg(long)]
        json: bool,
    },
    /// Many conversions: JSON lines in, JSON lines out, in order.
    ///
    /// In: `{"id", "op": "to_markdown", "source": "…"}`, with `"from": "adf"` for other formats than
    /// storage; `{"id", "op": "to_adf", "source": "…"}`, with `"target": "jira"` for Jira; `{"id", "op": "to_storage", "source": "…"}`, with `"flavour": "data-center"` for
    /// Data Center; `{"id", "op": "patch", "original": "…", "markdown": "…"}`, with `allow_remove` and
    /// `allow_copy`; `{"id", "op": "to_wiki", "source": "…"}`; `{"id", "op": "diff", "before": "…",
    /// "after": "…"}`; `{"id", "op": "merge", "base": "…", "theirs": "…", "ours": "…"}`.
    /// Out: `{"id", "output", "micros"}` or `{"id", "error": {"code", "message"}}`.
    Batch,
}

#[derive(Clone, Copy, Debug, Args)]
struct ShownArguments {
    /// Show the anchors of inline comments.
    #[arg(long)]
    comments: bool,
    /// Show where layout sections and cells begin.
    #[arg(long)]
    layouts: bool,
}

#[derive(Clone, Debug, Args)]
struct WantedArguments {
    /// One part alone: the id or text of a heading, its path with ` > ` between, or the id of a block.
    #[arg(long, value_name = "HEADING|ID")]
    section: Option<String>,
    /// At most so many characters, cut between blocks where that can be.
    #[arg(long, value_name = "N")]
    max_characters: Option<u32>,
    /// Where the portion before said to go on.
    #[arg(long, value_name = "N")]
    start: Option<u32>,
}

impl From<&WantedArguments> for Wanted {
    fn from(wanted: &WantedArguments) -> Self {
        let section = wanted.section.clone();
        Self { section, max_characters: wanted.max_characters, start: wanted.start }
    }
}

impl From<ShownArguments> for document::ViewOptions {
    fn from(shown: ShownArguments) -> Self {
        Self { comments: shown.comments, layouts: shown.layouts }
    }
}

#[derive(Clone, Debug, Args)]
struct AllowedArguments {
    /// A token that may vanish, as the refusal names it (`macro:jira`); may be given again.
    #[arg(long, value_name = "TOKEN")]
    allow_remove: Vec<String>,
    /// A token that may be doubled; may be given again.
    #[arg(long, value_name = "TOKEN")]
    allow_copy: Vec<String>,
}

pub(crate) fn run(convert: &Convert) -> Result<(), Failure> {
    match &convert.operation {
        Operation::ToMarkdown { file, from, shown, wanted, json } => {
            let source = read(file.as_deref())?;
            to_markdown(&source, *from, (*shown).into(), &wanted.into(), *json)
        }
        Operation::ToStorage { file, flavour, json } => {
            to_storage(&read(file.as_deref())?, *flavour, *json)
        }
        Operation::Patch { original, markdown, shown, allowed, flavour, diff, json } => {
            let options = document::PatchOptions {
                view: (*shown).into(),
                allow_remove: allowed.allow_remove.clone(),
                allow_copy: allowed.allow_copy.clone(),
                flavour: (*flavour).into(),
            };
            let original = read(Some(original))?;
            let patched = operation::patch(&original, &read(markdown.as_deref())?, &options)?;
            show_patched(&patched, *diff, *json);
            Ok(())
        }
        Operation::ToAdf { file, target } => {
            terminal::json(&operation::to_adf(&read(file.as_deref())?, *target)?);
            Ok(())
        }
        Operation::ToWiki { file, json } => {
            let wiki = operation::to_wiki(&read(file.as_deref())?)?;
            if *json {
                terminal::json(&json!({"wiki": wiki}));
            } else {
                terminal::line(&wiki);
            }
            Ok(())
        }
        Operation::Diff { before, after, shown, html, json } => {
            let before = read(Some(before))?;
            let after = read(after.as_deref())?;
            show_diff(&operation::diff(&before, &after, (*shown).into()), *html, *json);
            Ok(())
        }
        Operation::Merge { base, theirs, ours, json } => {
            let base = read(Some(base))?;
            let theirs = read(Some(theirs))?;
            merge(&base, &theirs, &read(ours.as_deref())?, *json)
        }
        Operation::Outline { file, blocks, json } => {
            outline(&read(file.as_deref())?, *blocks, *json);
            Ok(())
        }
        Operation::Batch => batch::run(),
    }
}

fn read(file: Option<&Path>) -> Result<String, Failure> {
    let bytes = read_input(file.filter(|path| path.as_os_str() != "-"))?;
    String::from_utf8(bytes).map_err(|error| {
        Failure::new(
            Exit::Failed,
            "input_not_utf8",
            format!("The input is not UTF-8: byte {}", error.utf8_error().valid_up_to()),
            "Pages and Markdown are UTF-8; convert the file first.",
        )
    })
}

fn to_markdown(
    source: &str,
    from: Format,
    options: document::ViewOptions,
    wanted: &Wanted,
    json: bool,
) -> Result<(), Failure> {
    let shown = operation::to_markdown(source, from, options, wanted)?;
    if json {
        terminal::json(&json!(shown));
        return Ok(());
    }
    let Shown { markdown, warnings, next, left } = shown;
    for warning in &warnings {
        terminal::note(&format!(
            "warning: {} at {} ({})",
            warning.message, warning.at, warning.code
        ));
    }
    terminal::line(markdown.trim_end_matches('\n'));
    if let Some(next) = next {
        terminal::note(&format!("{left} characters are left; go on with --start {next}"));
    }
    Ok(())
}

fn to_storage(markdown: &str, flavour: Flavour, json: bool) -> Result<(), Failure> {
    let storage = operation::to_storage(markdown, flavour)?;
    if json {
        terminal::json(&json!({"storage": storage}));
    } else {
        terminal::line(&storage);
    }
    Ok(())
}

fn show_patched(patched: &document::Patched, diff: bool, json: bool) {
    if json {
        terminal::json(&json!({
            "storage": patched.storage,
            "changed": patched.changed,
            "operations": patched.operations,
            "removed": patched.removed,
            "added": patched.added,
            "view_diff": patched.view_diff,
            "storage_diff": patched.storage_diff,
        }));
    } else if diff {
        terminal::line(patched.view_diff.trim_end_matches('\n'));
    } else {
        terminal::line(&patched.storage);
    }
}

fn show_diff(diff: &document::Diff, html: bool, json: bool) {
    let text = if json {
        return terminal::json(&json!(diff));
    } else if html {
        diff.to_html()
    } else {
        // Colours are stripped where no terminal shows them.
        diff.to_text(document::Colour::Always)
    };
    if !text.is_empty() {
        terminal::line(text.trim_end_matches('\n'));
    }
}

fn merge(base: &str, theirs: &str, ours: &str, json: bool) -> Result<(), Failure> {
    let merged = operation::merge(base, theirs, ours);
    if let Err(refusal) = &merged
        && !json
    {
        refusal.conflicts.iter().for_each(show_conflict);
    }
    let merged = merged?;
    if json {
        terminal::json(&json!({"storage": merged.storage, "combined": merged.combined}));
    } else {
        terminal::line(&merged.storage);
    }
    Ok(())
}

fn show_conflict(conflict: &document::Conflict) {
    let id = conflict.id.map_or_else(String::new, |id| format!(" [#{id}]"));
    let mut path = String::new();
    for heading in &conflict.path {
        path.push_str(&terminal::clean(heading));
        path.push_str(" › ");
    }
    let reason = json!(conflict.reason);
    let reason = reason.as_str().unwrap_or_default();
    terminal::note(&format!("conflict: {path}{}{id}: {reason}", conflict.kind.name()));
    let versions =
        [("base", &conflict.base), ("theirs", &conflict.theirs), ("ours", &conflict.ours)];
    for (name, markdown) in versions {
        let Some(markdown) = markdown else {
            terminal::note(&format!("  {name}: not there"));
            continue;
        };
        terminal::note(&format!("  {name}:"));
        for line in markdown.lines() {
            terminal::note(&format!("    {}", terminal::clean(line)));
        }
    }
}

fn outline(storage: &str, blocks: bool, json: bool) {
    let view = document::to_markdown(storage, &document::ViewOptions::default());
    if blocks {
        let blocks = document::list_blocks(storage, &view);
        if json {
            return terminal::json(&json!({"blocks": blocks}));
        }
        for block in blocks {
            let indent = "  ".repeat(block.depth);
            let excerpt = terminal::clean(&block.excerpt);
            terminal::line(&format!("{indent}[#{}] {excerpt}  {}", block.id, tokens(block.tokens)));
        }
        return;
    }
    let headings = document::outline(storage, &view);
    if json {
        return terminal::json(&json!({"headings": headings}));
    }
    for heading in headings {
        let marker = "#".repeat(usize::from(heading.level));
        let text = terminal::clean(&heading.text);
        terminal::line(&format!("[#{}] {marker} {text}  {}", heading.id, tokens(heading.tokens)));
    }
}

fn tokens(count: u32) -> String {
    terminal::counted(u64::from(count), "token")
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        let message = capitalised(&refusal.message);
        let failure = Self::new(Exit::Failed, refusal.code, message, refusal.hint);
        Self { conflicts: refusal.conflicts, ..failure }
    }
}

fn capitalised(message: &str) -> String {
    let mut characters = message.chars();
    let first = characters.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(characters).collect()
}

impl Refusal {
    fn to_json(&self, id: &Value) -> Value {
        let mut error = json!({"code": self.code, "message": self.message});
        if !self.conflicts.is_empty() {
            error["conflicts"] = json!(self.conflicts);
        }
        json!({"id": id, "error": error})
    }
}
