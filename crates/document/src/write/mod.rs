//! Markdown to storage format: new pages, and new blocks of pages that are edited.
//!
//! `pulldown-cmark` reads the Markdown; what it says in order is written in order, with a stack of
//! the elements that are open, so that the result is well-formed whatever the input and nothing
//! recurses. The words of the dialect are those that [`crate::to_markdown`] writes: its view of the
//! result is the text that the result was made from.

mod address;
mod block;
mod error;
mod html;
mod inline;
mod line;
mod list;
mod macros;
mod originals;
mod phrase;
mod token;
mod xml;

use std::borrow::Cow;

pub(crate) use address::runs_script;
pub(crate) use block::is_left_out;
pub use error::WriteError;
pub(crate) use originals::Originals;
pub(crate) use xml::{push_attribute, push_text};

use crate::{active::all_active, scan::Tree, view::LONGEST_BODY};
use block::{Extent, Writer};
use token::{LEAD, Source};

/// Which Confluence the storage format is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Flavour {
    /// Labels of links in `ac:link-body`, numbered lists with `start`, images beside paragraphs.
    #[default]
    Cloud,
    /// Plain labels in `ac:plain-text-link-body`, images in paragraphs; no ADF nodes.
    DataCenter,
}

/// How to write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StorageOptions {
    /// Which Confluence the page is for.
    pub flavour: Flavour,
}

/// Writes Markdown as Confluence storage format: `CommonMark`, tables, strikethrough and task lists
/// of GitHub, and the tokens that the crate's documentation lists.
///
/// The result is well-formed, and its view, with comments and layouts shown, is the Markdown again
/// when that was a view. HTML that says no more than Markdown can (`<strong>`, `<br>`, `<table>`, …)
/// is carried, any other is text. Time and memory grow linearly with the text.
///
/// # Errors
/// A token that is broken or stands where a page has no place for it, an address that runs a script,
/// a character that XML does not have, a row with more cells than its table has columns: each with its line. Nothing is left out in silence.
pub fn to_storage(markdown: &str, options: &StorageOptions) -> Result<String, WriteError> {
    let mut originals = Originals::default();
    let traced =
        write_from(Cow::Borrowed(markdown), Extent::Blocks, options.flavour, &mut originals)?;
    refuse_scripts(markdown, &traced)?;
    Ok(traced.storage)
}

/// Nothing that is new to a page runs a script.
fn refuse_scripts(markdown: &str, traced: &Traced) -> Result<(), WriteError> {
    match all_active(&Tree::scan(&traced.storage)).first() {
        Some(active) => Err(WriteError::ScriptNotAllowed {
            line: traced.line(markdown, active.at as usize),
            construct: active.text.lines().next().unwrap_or_default().chars().take(60).collect(),
        }),
        None => Ok(()),
    }
}

/// [`to_storage`] for blocks of a page that holds `originals`.
pub(crate) fn write_blocks(
    markdown: &str,
    flavour: Flavour,
    originals: &mut Originals,
) -> Result<String, WriteError> {
    write(Cow::Borrowed(markdown), Extent::Blocks, flavour, originals)
}

/// Writes the content of one paragraph, heading or cell, without its element. Nothing at the start
/// of `markdown` is taken for the marker of a block.
pub(crate) fn write_inline(
    markdown: &str,
    flavour: Flavour,
    originals: &mut Originals,
) -> Result<String, WriteError> {
    write(Cow::Owned(format!("{LEAD}{markdown}")), Extent::Inline, flavour, originals)
}

/// Storage format for a reader that speaks of the Markdown that it came from.
pub(crate) struct Traced {
    pub(crate) storage: String,
    /// Where blocks begin: in the storage format, and in the Markdown.
    origins: Vec<(usize, usize)>,
}

impl Traced {
    /// The line of `markdown`, from 1, of the block that stands at `at` in the storage format.
    pub(crate) fn line(&self, markdown: &str, at: usize) -> usize {
        let after = self.origins.partition_point(|(storage, _)| *storage <= at);
        let origin = after.checked_sub(1).and_then(|last| self.origins.get(last));
        let before = markdown.as_bytes().get(..origin.map_or(0, |(_, origin)| *origin));
        memchr::memchr_iter(b'\n', before.unwrap_or_default()).count() + 1
    }
}

/// [`to_storage`] with the names of people in the bodies of their mentions.
pub(crate) fn write_traced(markdown: &str, flavour: Flavour) -> Result<Traced, WriteError> {
    let mut originals = Originals::default();
    originals.keep_names = true;
    let traced = write_from(Cow::Borrowed(markdown), Extent::Blocks, flavour, &mut originals)?;
    refuse_scripts(markdown, &traced)?;
    Ok(traced)
}

fn write(
    markdown: Cow<'_, str>,
    extent: Extent,
    flavour: Flavour,
    originals: &mut Originals,
) -> Result<String, WriteError> {
    write_from(markdown, extent, flavour, originals).map(|traced| traced.storage)
}

fn write_from(
    markdown: Cow<'_, str>,
    extent: Extent,
    flavour: Flavour,
    originals: &mut Originals,
) -> Result<Traced, WriteError> {
    if markdown.len() > LONGEST_BODY {
        return Err(WriteError::TooLarge);
    }
    let source = Source::new(markdown);
    if let Some((at, character)) = xml::forbidden(source.original(0..source.len())) {
        return Err(WriteError::CharacterNotAllowed {
            line: source.line(at),
            character: u32::from(character),
        });
    }
    let traced = Writer::new(&source, extent, flavour, originals).write()?;
    match xml::forbidden(&traced.storage) {
        // A reference of the Markdown stood for it.
        Some((_, character)) => Err(WriteError::CharacterNotAllowed {
            line: source.line_of_reference(character),
            character: u32::from(character),
        }),
        None => Ok(traced),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inline(markdown: &str, originals: &mut Originals) -> Result<String, WriteError> {
        write_inline(markdown, Flavour::Cloud, originals)
    }

    #[test]
    fn what_a_page_held_is_put_back_byte_for_byte_and_once() {
        let mut originals = Originals::default();
        for (view, storage) in [
            ("<macro:jira key=\"A-1\"/>", "<jira-1>"),
            ("<macro:jira key=\"A-1\"/>", "<jira-2>"),
            ("[@user](user:x)", "<mention>"),
            ("[P](wiki:P)", "<link>"),
            ("![](attachment:a.png)<figcaption>c *d*</figcaption>", "<image>"),
            ("<status colour=\"Green\">LIVE</status>", "<status>"),
            ("✅", "<tick>"),
        ] {
            originals.add(view, storage);
        }
        let markdown = "<macro:jira key=\"A-1\"/> a <macro:jira key=\"A-1\"/> **[@user](user:x)** [P](wiki:P)\n\n![](attachment:a.png)<figcaption>c *d*</figcaption>\n\n<status colour=\"Green\">LIVE</status> ✅ [P](wiki:P)";
        let storage = write_blocks(markdown, Flavour::Cloud, &mut originals);
        assert_eq!(
            storage.as_deref(),
            Ok(
                "<p><jira-1> a <jira-2> <strong><mention></strong> <link></p><p><image></p><p><status> <tick> <ac:link><ri:page ri:content-title=\"P\" /></ac:link></p>"
            )
        );
    }

    #[test]
    fn what_a_page_held_around_edited_text_is_put_back() {
        let mut originals = Originals::default();
        for (view, open, close) in [
            ("[!INFO title=\"x\"]", "<info>", "</info>"),
            ("python", "<code>", "</code>"),
            ("<mark comment=\"e8e647e6\">", "<marker>", "</marker>"),
            ("](wiki:P)", "<link>", "</link>"),
        ] {
            originals.add_around(view, open, close);
        }
        let markdown = "> [!INFO title=\"x\"]\n> a <mark comment=\"e8e647e6\">b</mark> [new **c**](wiki:P)\n\n```python\nd\n```";
        let storage = write_blocks(markdown, Flavour::Cloud, &mut originals);
        assert_eq!(
            storage.as_deref(),
            Ok(
                "<info><p>a <marker>b</marker> <link>new <strong>c</strong></link></p></info><code><![CDATA[d]]></code>"
            )
        );
    }

    #[test]
    fn a_part_of_a_line_begins_no_block() {
        let mut originals = Originals::default();
        for (markdown, storage) in [
            ("1. a **b**", "1. a <strong>b</strong>"),
            ("# a", "# a"),
            ("**a**\\\n*b*", "<strong>a</strong><br /><em>b</em>"),
            ("<macro:toc/>", &macros_toc()),
            ("", ""),
        ] {
            assert_eq!(inline(markdown, &mut originals).as_deref(), Ok(storage), "{markdown}");
        }
        for markdown in ["a\n\nb", "a\n- b", "a\n\n<table>"] {
            let error = inline(markdown, &mut originals);
            assert!(matches!(error, Err(WriteError::NotInline { .. })), "{markdown}: {error:?}");
        }
    }

    fn macros_toc() -> String {
        "<ac:structured-macro ac:name=\"toc\" ac:schema-version=\"1\"></ac:structured-macro>"
            .to_owned()
    }

    #[test]
    fn tasks_are_numbered_after_those_of_the_page() {
        let mut originals = Originals::default();
        originals.next_task = 7;
        let storage = write_blocks("- [ ] a", Flavour::Cloud, &mut originals);
        assert!(storage.is_ok_and(|storage| storage.contains("<ac:task-id>7</ac:task-id>")));
        assert_eq!(originals.next_task, 8);
    }
}
