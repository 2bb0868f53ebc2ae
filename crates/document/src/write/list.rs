//! Lists, whose items may be points, tasks and decisions: on a page these are lists of their own.

use std::ops::Range;

use pulldown_cmark::{Event, Tag as Begin};

use super::{
    Flavour, WriteError,
    block::{Events, Frame, ItemKind, Kind, Writer},
    macros,
    token::Tag,
    xml::push_attribute,
};

impl<'s> Writer<'s, '_> {
    pub(super) fn item(
        &mut self,
        events: &Events<'s>,
        at: usize,
        start: usize,
    ) -> Result<(), WriteError> {
        let (marker, complete) = first_of_item(events, at);
        let list = self.frames.iter().rposition(|frame| matches!(frame.kind, Kind::List { .. }));
        let number = match list.and_then(|list| self.frames.get_mut(list)) {
            Some(Frame { kind: Kind::List { next: Some(next) }, .. }) => {
                *next += 1;
                Some(*next - 1)
            }
            _ => None,
        };
        let decision = self.decision(marker.clone());
        let kind = match (&decision, complete, number) {
            (Some(_), ..) => ItemKind::Decision,
            (None, Some(_), _) => ItemKind::Task,
            (None, None, Some(_)) => ItemKind::Number,
            (None, None, None) => ItemKind::Bullet,
        };
        match self.top() {
            Some(Kind::Items(open)) if open == kind => {}
            Some(Kind::Items(_)) => {
                self.close_to(self.frames.len() - 1)?;
                self.open_items(kind, number, start);
            }
            _ => self.open_items(kind, number, start),
        }
        match (kind, decision) {
            (ItemKind::Decision, Some((tag, end))) => {
                self.need_cloud("<decision/>", start)?;
                self.done = end;
                macros::push_adf_start(&mut self.out, "decision-item", &tag.attributes());
                self.open(
                    Kind::Item(kind),
                    "<ac:adf-content>",
                    "</ac:adf-content></ac:adf-node>",
                    start,
                );
            }
            (ItemKind::Task, _) => self.open_task(complete == Some(true), start),
            _ => self.open(Kind::Item(kind), "<li>", "</li>", start),
        }
        Ok(())
    }

    fn decision(&self, marker: Range<usize>) -> Option<(Tag<'s>, usize)> {
        let source = self.source;
        let text = source.original(marker.start..source.len());
        let (tag, length) = Tag::read(text.get(..text.find('\n').unwrap_or(text.len()))?)?;
        (tag.name == "decision" && tag.empty).then_some((tag, marker.start + length))
    }

    fn open_items(&mut self, kind: ItemKind, number: Option<u64>, at: usize) {
        let (open, close) = match kind {
            ItemKind::Bullet => ("<ul>", "</ul>"),
            ItemKind::Number => ("<ol", "</ol>"),
            ItemKind::Task => ("<ac:task-list>", "</ac:task-list>"),
            ItemKind::Decision => (
                "<ac:adf-extension><ac:adf-node type=\"decision-list\">",
                "</ac:adf-node></ac:adf-extension>",
            ),
        };
        self.open(Kind::Items(kind), open, close, at);
        if kind == ItemKind::Number {
            let start = number.unwrap_or(1);
            if start != 1 || self.flavour == Flavour::Cloud {
                push_attribute(&mut self.out, "start", &start.to_string());
            }
            self.out.push('>');
        }
    }

    fn open_task(&mut self, complete: bool, at: usize) {
        self.originals.next_task = self.originals.next_task.max(1);
        let id = self.originals.next_task;
        self.originals.next_task += 1;
        let status = if complete { "complete" } else { "incomplete" };
        let open = format!(
            "<ac:task><ac:task-id>{id}</ac:task-id><ac:task-status>{status}</ac:task-status><ac:task-body>"
        );
        self.open(Kind::Item(ItemKind::Task), &open, "</ac:task-body></ac:task>", at);
    }
}

/// Where the content of the item begins whose start is the event at `at`, and whether it is a
/// complete task when it is one.
fn first_of_item(events: &Events<'_>, at: usize) -> (Range<usize>, Option<bool>) {
    let mut inside = events.iter().skip(at + 1);
    let begins =
        |event: &Event<'_>| matches!(event, Event::Start(Begin::Paragraph | Begin::HtmlBlock));
    match inside.find(|(event, _)| !begins(event)) {
        Some((Event::TaskListMarker(complete), range)) => (range.clone(), Some(*complete)),
        Some((_, range)) => (range.clone(), None),
        None => (0..0, None),
    }
}
