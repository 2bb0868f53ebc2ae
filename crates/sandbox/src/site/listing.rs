//! Lists of content in a fixed order, cut by a key and not by a count: what is created or
//! trashed while somebody pages through a list does not shift the rest of it.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use super::{Item, Kind, Person, Site, Status};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum SortField {
    Id,
    Created,
    Modified,
    Title,
    Position,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Order {
    pub field: SortField,
    pub descending: bool,
}

impl Order {
    pub(crate) const BY_ID: Self = Self { field: SortField::Id, descending: false };

    /// `created-date`, `-modified-date`, `title`, …
    pub(crate) fn parse(word: &str) -> Option<Self> {
        let (name, descending) = match word.strip_prefix('-') {
            Some(name) => (name, true),
            None => (word, false),
        };
        let field = match name {
            "id" => SortField::Id,
            "created-date" => SortField::Created,
            "modified-date" => SortField::Modified,
            "title" => SortField::Title,
            "child-position" => SortField::Position,
            _ => return None,
        };
        Some(Self { field, descending })
    }
}

/// Where an item stands in an order. The id makes it unique.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub number: i64,
    pub text: String,
    pub id: u64,
}

impl Key {
    fn of(item: &Item, field: SortField) -> Self {
        let number = match field {
            SortField::Id | SortField::Title => 0,
            SortField::Created => item.first().at.as_millisecond(),
            SortField::Modified => item.latest().at.as_millisecond(),
            SortField::Position => item.position,
        };
        let text = match field {
            SortField::Title => item.title().to_lowercase(),
            SortField::Id | SortField::Created | SortField::Modified | SortField::Position => {
                String::new()
            }
        };
        Self { number, text, id: item.id }
    }
}

/// Which content a list holds; rights come on top.
#[derive(Clone, Debug)]
pub(crate) struct Filter {
    pub kind: Kind,
    /// Empty: all spaces.
    pub spaces: Vec<u64>,
    /// When given, only these.
    pub ids: Option<BTreeSet<u64>>,
    pub title: Option<String>,
    pub label: Option<String>,
    pub statuses: Vec<Status>,
    /// Only what has no parent.
    pub roots_only: bool,
}

/// One page of a list. `next` is the key to continue after, when there is more.
pub(crate) struct Listed {
    pub ids: Vec<u64>,
    pub next: Option<Key>,
}

type Sorted = Arc<Vec<Key>>;

/// Sorted lists, kept until something changes.
#[derive(Default)]
pub(super) struct Orders(Mutex<HashMap<(Option<u64>, Kind, SortField), Sorted>>);

impl Orders {
    pub(super) fn clear(&mut self) {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl Site {
    /// At most `limit` visible items after `after`.
    pub(crate) fn list(
        &self,
        person: Person,
        filter: &Filter,
        order: Order,
        after: Option<&Key>,
        limit: usize,
    ) -> Listed {
        let sorted = self.candidates(filter, order.field);
        self.cut(&sorted, order.descending, after, limit, |item| {
            filter.accepts(item) && self.may_view(person, item)
        })
    }

    /// The same over ids that the caller has chosen (children of a page, say).
    pub(crate) fn list_of(
        &self,
        person: Person,
        ids: &[u64],
        order: Order,
        after: Option<&Key>,
        limit: usize,
    ) -> Listed {
        let sorted = self.sort(ids.iter().copied(), order.field);
        self.cut(&sorted, order.descending, after, limit, |item| self.may_view(person, item))
    }

    fn cut(
        &self,
        sorted: &[Key],
        descending: bool,
        after: Option<&Key>,
        limit: usize,
        keep: impl Fn(&Item) -> bool,
    ) -> Listed {
        let rest: &mut dyn Iterator<Item = &Key> = match (descending, after) {
            (false, None) => &mut sorted.iter(),
            (false, Some(key)) => &mut sorted[sorted.partition_point(|k| k <= key)..].iter(),
            (true, None) => &mut sorted.iter().rev(),
            (true, Some(key)) => &mut sorted[..sorted.partition_point(|k| k < key)].iter().rev(),
        };
        let mut found = rest.filter(|key| self.item(key.id).is_some_and(&keep));
        let taken: Vec<&Key> = found.by_ref().take(limit).collect();
        let more = found.next().is_some();
        Listed {
            ids: taken.iter().map(|key| key.id).collect(),
            next: taken.last().filter(|_| more).map(|key| (*key).clone()),
        }
    }

    fn candidates(&self, filter: &Filter, field: SortField) -> Sorted {
        if let Some(ids) = &filter.ids {
            return self.sort(ids.iter().copied(), field);
        }
        if let Some(label) = &filter.label {
            let entry = self.labels.get(label);
            return self.sort(entry.into_iter().flat_map(|e| e.items.iter().copied()), field);
        }
        if let Some(title) = &filter.title {
            let spaces: Vec<u64> = match filter.spaces.as_slice() {
                [] => self.spaces.keys().copied().collect(),
                some => some.to_vec(),
            };
            let ids = spaces.into_iter().flat_map(|space| self.titled(space, title));
            return self.sort(ids.copied(), field);
        }
        match filter.spaces.as_slice() {
            [space] => self.sorted(Some(*space), filter.kind, field),
            _ => self.sorted(None, filter.kind, field),
        }
    }

    fn sorted(&self, space: Option<u64>, kind: Kind, field: SortField) -> Sorted {
        let mut orders = self.orders.0.lock().unwrap_or_else(PoisonError::into_inner);
        let sorted = orders.entry((space, kind, field)).or_insert_with(|| {
            let items = self.items.values();
            let chosen =
                items.filter(|i| i.kind == kind && space.is_none_or(|space| i.space == space));
            self.sort(chosen.map(|item| item.id), field)
        });
        Arc::clone(sorted)
    }

    fn sort(&self, ids: impl Iterator<Item = u64>, field: SortField) -> Sorted {
        let mut keys: Vec<Key> =
            ids.filter_map(|id| self.item(id)).map(|item| Key::of(item, field)).collect();
        keys.sort_unstable();
        Arc::new(keys)
    }
}

impl Filter {
    pub(crate) fn of(kind: Kind) -> Self {
        Self {
            kind,
            spaces: Vec::new(),
            ids: None,
            title: None,
            label: None,
            statuses: vec![Status::Current, Status::Archived],
            roots_only: false,
        }
    }

    fn accepts(&self, item: &Item) -> bool {
        item.kind == self.kind
            && self.statuses.contains(&item.status)
            && (self.spaces.is_empty() || self.spaces.contains(&item.space))
            && (!self.roots_only || item.parent.is_none())
            && self.label.as_ref().is_none_or(|label| item.labels.contains(label))
            && self
                .title
                .as_ref()
                .is_none_or(|title| item.title().to_lowercase() == title.to_lowercase())
    }
}
