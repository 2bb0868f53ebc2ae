//! The storage bytes of one line as a sequence of items in their elements.

use std::ops::Range;

use super::{atom::MarkKind, page::Page};
use crate::{
    ViewOptions,
    element::Element,
    scan::{Node, Tree},
};

/// How many elements of one line may lie in one another; people get to a handful.
const DEEPEST: usize = 64;

/// An element around items.
#[derive(Clone, Debug)]
pub(super) struct Wrapper {
    pub(super) place: u32,
    pub(super) node: Node,
    pub(super) parent: Option<usize>,
    /// What the view shows of it.
    pub(super) mark: Option<MarkKind>,
    /// Neither closed and opened again nor left out while text of it stays.
    pub(super) rigid: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) source: Range<usize>,
    pub(super) wrapper: Option<usize>,
    /// The atoms that it shows; none for what the view does not show.
    pub(super) atoms: Range<usize>,
}

#[derive(Debug)]
pub(super) struct Script {
    /// The bytes of all items and of the tags around them.
    pub(super) source: Range<usize>,
    pub(super) items: Vec<Item>,
    /// Outer ones first.
    pub(super) wrappers: Vec<Wrapper>,
}

impl Script {
    /// From the outer to the inner.
    pub(super) fn stack(&self, wrapper: Option<usize>) -> Vec<usize> {
        let mut stack = Vec::new();
        let mut next = wrapper;
        while let Some(at) = next {
            stack.push(at);
            next = self.wrappers.get(at).and_then(|wrapper| wrapper.parent);
        }
        stack.reverse();
        stack
    }
}

/// The script of a line whose atoms come from `sources`; `None` when these do not ascend or when
/// nothing of the line has bytes of its own.
pub(super) fn script(
    page: &Page<'_>,
    view: &Range<usize>,
    sources: &[Option<Range<usize>>],
    options: ViewOptions,
) -> Option<Script> {
    let groups = groups(sources)?;
    let (first, last) = (groups.first()?, groups.last()?);
    let whole = first.source.start..last.source.end;
    let container = container(page, view, &whole);
    let to = match container {
        Some(place) => page.node(place)?.next,
        None => u32::try_from(page.tree.nodes.len()).ok()?,
    };
    let first = page.node_at(whole.start)?;
    let child = page.ancestors(first).find(|(place, _)| page.parent(*place) == container);
    let (from, _) = child?;
    let mut builder = Builder {
        page,
        options,
        groups: &groups,
        next: 0,
        open: Vec::new(),
        script: Script { source: whole.clone(), items: Vec::new(), wrappers: Vec::new() },
        cursor: None,
    };
    let mut at = from;
    while at < to {
        let node = page.node(at)?;
        builder.leave(at);
        if builder.open.is_empty() && node.start as usize >= whole.end {
            break;
        }
        at = builder.enter(at, node)?;
    }
    builder.leave(u32::MAX);
    let Builder { next, mut script, cursor, .. } = builder;
    let start = script.items.first().map(|item| script.start_of(item))?;
    script.source = start..cursor?;
    (next == groups.len()).then_some(script)
}

impl Script {
    /// Where an item begins with the tags around it.
    fn start_of(&self, item: &Item) -> usize {
        let outermost = self.stack(item.wrapper).first().and_then(|at| self.wrappers.get(*at));
        outermost.map_or(item.source.start, |wrapper| wrapper.node.start as usize)
    }
}

/// Atoms that the same bytes stand for.
struct Group {
    source: Range<usize>,
    atoms: Range<usize>,
}

fn groups(sources: &[Option<Range<usize>>]) -> Option<Vec<Group>> {
    let mut groups: Vec<Group> = Vec::with_capacity(sources.len());
    for (at, source) in sources.iter().enumerate() {
        let Some(source) = source else { continue };
        match groups.last_mut() {
            Some(last) if last.source == *source => last.atoms.end = at + 1,
            Some(last) if last.source.end > source.start => return None,
            _ => groups.push(Group { source: source.clone(), atoms: at..at + 1 }),
        }
    }
    Some(groups)
}

/// The block whose direct content the line is.
fn container(page: &Page<'_>, view: &Range<usize>, whole: &Range<usize>) -> Option<u32> {
    let block = page.block_around(view);
    let outermost = block.and_then(|block| page.element_starting(block.source.start));
    let inner = page.node_at(whole.start)?;
    let mut chain: Vec<(u32, Node)> = Vec::new();
    for (place, node) in page.ancestors(inner) {
        chain.push((place, node));
        if Some(place) == outermost {
            break;
        }
    }
    let mut container = None;
    for (place, node) in chain.into_iter().rev() {
        let holds =
            node.inner_start as usize <= whole.start && whole.end <= node.inner_end as usize;
        if !holds || !(node.element.is_block() || Some(place) == outermost) {
            break;
        }
        container = Some(place);
    }
    container
}

struct Builder<'b> {
    page: &'b Page<'b>,
    options: ViewOptions,
    groups: &'b [Group],
    /// The next group that has not been met.
    next: usize,
    /// Wrappers around, with the first node after each.
    open: Vec<(usize, u32)>,
    script: Script,
    /// The first byte that no item or tag has taken.
    cursor: Option<usize>,
}

impl Builder<'_> {
    fn wrapper(&self) -> Option<usize> {
        self.open.last().map(|(wrapper, _)| *wrapper)
    }

    /// Takes the bytes up to `start` that no node stands for: comments of the storage.
    fn reach(&mut self, start: usize) {
        if let Some(cursor) = self.cursor.filter(|cursor| *cursor < start) {
            self.push(cursor..start, 0..0);
        }
        self.cursor = Some(start);
    }

    fn push(&mut self, source: Range<usize>, atoms: Range<usize>) {
        self.cursor = Some(source.end);
        let wrapper = self.wrapper();
        self.script.items.push(Item { source, wrapper, atoms });
    }

    fn leave(&mut self, at: u32) {
        while let Some((wrapper, _)) = self.open.pop_if(|(_, next)| *next <= at) {
            if let Some(node) = self.script.wrappers.get(wrapper).map(|wrapper| wrapper.node) {
                self.open.push((wrapper, 0));
                self.reach(node.inner_end as usize);
                self.open.pop();
                self.cursor = Some(node.end as usize);
            }
        }
    }

    /// Takes the node at `at`; answers with the node to go on with.
    fn enter(&mut self, at: u32, node: Node) -> Option<u32> {
        self.reach(node.start as usize);
        let group = self.groups.get(self.next);
        let next = group.map(|group| group.source.clone()).unwrap_or(usize::MAX..usize::MAX);
        if next.start >= node.end as usize {
            self.push(node.outer(), 0..0);
            return Some(node.next);
        }
        if next.start <= node.start as usize && next.end >= node.end as usize {
            if next != node.outer() {
                return None;
            }
            self.push(next, group?.atoms.clone());
            self.next += 1;
            return Some(node.next);
        }
        match node.element {
            Element::Text => self.text(node.inner()),
            _ if next.start < node.inner_start as usize
                && node.element != Element::CharacterData =>
            {
                // It is an attribute that is shown, so that the element is one thing.
                let within = |end: usize| move |group: &&Group| group.source.start < end;
                let rest = self.groups.get(self.next..)?;
                let shown = rest.iter().take_while(within(node.inner_start as usize)).count();
                let last = rest.get(shown.checked_sub(1)?)?;
                let inside = rest.iter().take_while(within(node.end as usize)).count();
                if last.source.end > node.inner_start as usize || inside > shown {
                    return None;
                }
                self.push(node.outer(), group?.atoms.start..last.atoms.end);
                self.next += shown;
                return Some(node.next);
            }
            _ if self.open.len() >= DEEPEST => return None,
            element => {
                let parent = self.wrapper();
                let (mark, rigid) = look(self.page.tree, &node, self.options);
                let wrapper = self.script.wrappers.len();
                self.script.wrappers.push(Wrapper { place: at, node, parent, mark, rigid });
                self.open.push((wrapper, node.next));
                self.cursor = Some(node.inner_start as usize);
                if element == Element::CharacterData {
                    self.text(node.inner());
                }
            }
        }
        Some(at + 1)
    }

    fn text(&mut self, inner: Range<usize>) {
        while let Some(group) = self.groups.get(self.next).filter(|it| it.source.end <= inner.end) {
            let (source, atoms) = (group.source.clone(), group.atoms.clone());
            self.reach(source.start);
            self.push(source, atoms);
            self.next += 1;
        }
        self.reach(inner.end);
    }
}

/// What the view shows of an element around text, and whether the element must stay in one piece.
fn look(tree: &Tree<'_>, node: &Node, options: ViewOptions) -> (Option<MarkKind>, bool) {
    match node.element {
        Element::Strong => (Some(MarkKind::Strong), false),
        Element::Emphasis => (Some(MarkKind::Emphasis), false),
        Element::Strike => (Some(MarkKind::Strike), false),
        Element::Underline => (Some(MarkKind::Underline), false),
        Element::Subscript => (Some(MarkKind::Subscript), false),
        Element::Superscript => (Some(MarkKind::Superscript), false),
        Element::Code => (Some(MarkKind::Code), false),
        Element::Anchor => (Some(MarkKind::Link), false),
        Element::Transparent => (None, false),
        Element::CommentMarker => (options.comments.then_some(MarkKind::Comment), false),
        Element::Link => (Some(MarkKind::Link), true),
        Element::Placeholder => (Some(MarkKind::Placeholder), true),
        Element::Caption => (Some(MarkKind::Caption), true),
        Element::Macro if tree.attribute_text(node, "ac:name") == Some("status") => {
            (Some(MarkKind::Status), true)
        }
        Element::Macro => (Some(MarkKind::Macro), true),
        _ => (None, true),
    }
}
