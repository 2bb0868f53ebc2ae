//! Lists, whose items may be points, tasks and decisions: on a page these are lists of their own.

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
        let marker = self.marker(events, at);
        let list = self.frames.iter().rposition(|frame| matches!(frame.kind, Kind::List { .. }));
        let number = match list.and_then(|list| self.frames.get_mut(list)) {
            Some(Frame { kind: Kind::List { next: Some(next) }, .. }) => {
                *next += 1;
                Some(*next - 1)
            }
            _ => None,
        };
        let kind = match (marker, number) {
            (Marker::Decision(_), _) => ItemKind::Decision,
            (Marker::Task(_), _) => ItemKind::Task,
            (Marker::Point, Some(_)) => ItemKind::Number,
            (Marker::Point, None) => ItemKind::Bullet,
        };
        match self.top() {
            Some(Kind::Items(open)) if open == kind => {}
            Some(Kind::Items(_)) => {
                self.close_to(self.frames.len() - 1)?;
                self.open_items(kind, number, start);
            }
            _ => self.open_items(kind, number, start),
        }
        match marker {
            Marker::Decision(tag) => {
                self.need_cloud("<decision/>", start)?;
                macros::push_adf_start(&mut self.out, "decision-item", &tag.attributes());
                let close = "</ac:adf-content></ac:adf-node>";
                self.open(Kind::Item(kind), "<ac:adf-content>", close, start);
            }
            Marker::Task(complete) => self.open_task(complete, start),
            Marker::Point => self.open(Kind::Item(kind), "<li>", "</li>", start),
        }
        Ok(())
    }

    /// What the item is whose start is the event at `at`. Markdown says it at the start of the first
    /// paragraph.
    fn marker(&self, events: &Events<'s>, at: usize) -> Marker<'s> {
        let begins = |event: &Event<'_>| matches!(event, Event::Start(Begin::Paragraph));
        let first = events.iter().skip(at + 1).find(|(event, _)| !begins(event));
        let Some((Event::TaskListMarker(complete), range)) = first else { return Marker::Point };
        let decision = self.source.token(range.start).and_then(Tag::read);
        decision.map_or(Marker::Task(*complete), |(tag, _)| Marker::Decision(tag))
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

/// What stands at the start of an item.
#[derive(Clone, Copy, Debug)]
enum Marker<'s> {
    Point,
    Task(bool),
    Decision(Tag<'s>),
}
