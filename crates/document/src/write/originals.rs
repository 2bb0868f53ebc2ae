//! What a page held before it was edited.

use std::collections::{HashMap, VecDeque};

/// The storage bytes of what an edited text still shows, by how it shows it. They are put back as
/// they were, with all ids and attributes that the view does not show; each is used once, in the
/// order in which they were added.
#[derive(Debug, Default)]
pub(crate) struct Originals {
    whole: HashMap<String, VecDeque<String>>,
    around: HashMap<String, VecDeque<(String, String)>>,
    /// Emoji by their first character, as nothing else says where one begins.
    emoji: HashMap<char, Vec<String>>,
    /// Mentions keep the names that the Markdown has for people, which are not in storage format.
    pub(super) keep_names: bool,
    /// The task ids of the page end below this.
    pub(crate) next_task: u32,
}

impl Originals {
    /// `view` is all of a token: `<macro:jira key="A-1"/>`, `[@user](user:7)`, `[label](wiki:Page)`,
    /// `![](attachment:a.png)` with its `<figcaption>…</figcaption>`, `<status>…</status>`,
    /// `<time>…</time>`, `<at:var name="x"/>`, an emoji.
    pub(crate) fn add(&mut self, view: &str, storage: &str) {
        let first = view.chars().next().filter(|first| !matches!(first, '<' | '[' | '!'));
        if let Some(first) = first {
            let known = self.emoji.entry(first).or_default();
            if !known.iter().any(|emoji| emoji == view) {
                known.push(view.to_owned());
                known.sort_by_key(|emoji| std::cmp::Reverse(emoji.len()));
            }
        }
        self.whole.entry(view.to_owned()).or_default().push_back(storage.to_owned());
    }

    /// `view` is what begins a token whose content is edited, `open` and `close` the storage before
    /// and after the content: `[!INFO title="x"]`, `<macro:tooltip text="x">`,
    /// `<mark comment="e8e647e6">`, the information of a fence after its backticks, and for a link
    /// what follows its label, `](wiki:Page)`, whose storage body must then be a rich one.
    pub(crate) fn add_around(&mut self, view: &str, open: &str, close: &str) {
        let pair = (open.to_owned(), close.to_owned());
        self.around.entry(view.to_owned()).or_default().push_back(pair);
    }

    pub(super) fn take(&mut self, view: &str) -> Option<String> {
        self.whole.get_mut(view)?.pop_front()
    }

    pub(super) fn take_around(&mut self, view: &str) -> Option<(String, String)> {
        self.around.get_mut(view)?.pop_front()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.whole.is_empty()
    }

    /// The emoji that `text` begins with, if it has an original left.
    pub(super) fn take_emoji(&mut self, text: &str) -> Option<(usize, String)> {
        let known = self.emoji.get(&text.chars().next()?)?;
        let emoji = known.iter().find(|emoji| text.starts_with(emoji.as_str()))?;
        let length = emoji.len();
        let storage = self.whole.get_mut(emoji)?.pop_front()?;
        Some((length, storage))
    }
}
