//! Edits by quotation: this text becomes that text.

use std::borrow::Cow;

use super::{EditError, PatchError, PatchOptions, Patched, patch_view, well_formed};
use crate::{render::render, view::LONGEST_BODY};

/// One text of the view that becomes another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StringEdit {
    /// As the view has it, character by character.
    pub old_string: String,
    /// What stands there instead.
    pub new_string: String,
    /// Wherever it stands; otherwise it must stand in one place alone.
    pub replace_all: bool,
}

/// How many places an error shows.
const MOST_CANDIDATES: usize = 4;

/// How many characters of each.
const LONGEST_CANDIDATE: usize = 120;

/// Makes `edits` one after the other in the view of `original`, and carries the result back as
/// [`patch`](crate::patch()) does.
///
/// # Errors
/// [`EditError::NoMatch`] and [`EditError::SeveralMatches`] show the lines that could be meant, and
/// nothing is changed then; for the rest see [`super::PatchError`].
pub fn edit_strings(
    original: &str,
    edits: &[StringEdit],
    options: &PatchOptions,
) -> Result<Patched, EditError> {
    let tree = well_formed(original)?;
    let view = render(&tree, options.view);
    let mut markdown = Cow::Borrowed(view.markdown.as_str());
    for (index, edit) in edits.iter().enumerate() {
        markdown = Cow::Owned(replaced(&markdown, index, edit)?);
        if markdown.len() > LONGEST_BODY {
            return Err(PatchError::TooLarge.into());
        }
    }
    Ok(patch_view(&tree, &view, &markdown, options)?)
}

fn replaced(markdown: &str, index: usize, edit: &StringEdit) -> Result<String, EditError> {
    if edit.old_string.is_empty() {
        return Err(EditError::EmptyString { index });
    }
    let matches = markdown.match_indices(&edit.old_string);
    let places: Vec<usize> = matches.map(|(at, _)| at).take(2).collect();
    match places[..] {
        [] => Err(EditError::NoMatch { index, candidates: alike(markdown, &edit.old_string) }),
        [_, _] if !edit.replace_all => {
            let lines = LinesOf { markdown, at: 0, line: 1 };
            let all = markdown.match_indices(&edit.old_string);
            Err(EditError::SeveralMatches {
                index,
                count: markdown.matches(&edit.old_string).count(),
                candidates: lines.at(all.map(|(at, _)| at).take(MOST_CANDIDATES)),
            })
        }
        _ => Ok(markdown.replace(&edit.old_string, &edit.new_string)),
    }
}

/// The lines that places are on.
struct LinesOf<'m> {
    markdown: &'m str,
    at: usize,
    line: usize,
}

impl LinesOf<'_> {
    fn at(mut self, places: impl Iterator<Item = usize>) -> Vec<String> {
        let mut lines = Vec::new();
        for place in places {
            let before = self.markdown.get(self.at..place).unwrap_or_default();
            self.line += before.matches('\n').count();
            self.at = place;
            let whole = self.markdown.get(..place).unwrap_or_default();
            let start = whole.rfind('\n').map_or(0, |newline| newline + 1);
            let text = self.markdown.get(start..).unwrap_or_default().lines().next();
            lines.push(candidate(self.line, text.unwrap_or_default()));
        }
        lines
    }
}

fn candidate(line: usize, text: &str) -> String {
    let start: String = text.trim().chars().take(LONGEST_CANDIDATE).collect();
    format!("line {line}: {start}")
}

/// The lines that share most words with what was looked for.
fn alike(markdown: &str, wanted: &str) -> Vec<String> {
    let words: std::collections::HashSet<&str> = wanted.split_whitespace().collect();
    let mut found: Vec<(usize, usize, &str)> = markdown
        .lines()
        .enumerate()
        .map(|(at, line)| {
            let shared: std::collections::HashSet<&str> =
                line.split_whitespace().filter(|word| words.contains(word)).collect();
            (shared.len(), at, line)
        })
        .filter(|(shared, ..)| shared * 2 >= words.len() && *shared > 0)
        .collect();
    found.sort_by_key(|(shared, at, _)| (std::cmp::Reverse(*shared), *at));
    found.into_iter().take(MOST_CANDIDATES).map(|(_, at, line)| candidate(at + 1, line)).collect()
}
