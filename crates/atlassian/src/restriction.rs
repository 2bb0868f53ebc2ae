//! View restrictions, read so that whatever is not understood counts as a restriction.

use serde_json::{Map, Value};

use crate::link::Interface;
use crate::wire::OperationRestriction;
use crate::{ContentId, Restriction, RestrictionSubject, Result, Session};

/// The default of the endpoint, and its most.
const LIMIT: &str = "100";

/// No restriction names more than this many times 100 subjects and is still meant to be read.
const MAX_PAGES: usize = 50;

/// The direct restriction of `read` or `update` of a content, all its subjects.
pub(crate) async fn of_operation(
    session: &Session,
    id: &ContentId,
    operation: &str,
) -> Result<Option<Restriction>> {
    let path = ["content", id.as_str(), "restriction", "byOperation", operation];
    let mut subjects = Vec::new();
    let mut start = 0;
    for _ in 0..MAX_PAGES {
        let query = [
            ("expand", "restrictions.user,restrictions.group"),
            ("start", &start.to_string()),
            ("limit", LIMIT),
        ];
        let url = session.endpoint(Interface::V1, &path, &query);
        let answer: OperationRestriction = session.get(url).await?;
        let page = Subjects::read(answer.restrictions.as_ref());
        let before = subjects.len();
        for subject in page.named {
            if !subjects.contains(&subject) {
                subjects.push(subject);
            }
        }
        let Some(after) = page.more_after.filter(|_| page.readable) else {
            return Ok(restriction(subjects, page.readable));
        };
        if subjects.len() == before {
            break;
        }
        start += after;
    }
    Ok(restriction(subjects, false))
}

/// What one answer says of the subjects of a restriction.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Subjects {
    pub(crate) named: Vec<RestrictionSubject>,
    /// Set when a list goes on: how far the next request may skip without missing anyone.
    pub(crate) more_after: Option<usize>,
    /// Whether both lists were there and every entry could be read.
    pub(crate) readable: bool,
}

impl Subjects {
    /// Reads `restrictions`, the object with the lists `user` and `group`.
    pub(crate) fn read(restrictions: Option<&Value>) -> Self {
        let Some(lists) = restrictions.and_then(Value::as_object) else {
            return Self::default();
        };
        let mut subjects = Self { readable: true, ..Self::default() };
        subjects.add(lists.get("user"), user);
        subjects.add(lists.get("group"), group);
        for kind in lists.keys().filter(|key| !matches!(key.as_str(), "user" | "group")) {
            if !kind.starts_with('_') {
                subjects.named.push(RestrictionSubject::Unknown(kind.clone()));
            }
        }
        subjects
    }

    fn add(
        &mut self,
        list: Option<&Value>,
        subject: fn(&Map<String, Value>) -> RestrictionSubject,
    ) {
        let results = list.and_then(|list| list.get("results")).and_then(Value::as_array);
        let (Some(list), Some(results)) = (list, results) else {
            self.readable = false;
            return;
        };
        for entry in results {
            match entry.as_object() {
                Some(entry) => self.named.push(subject(entry)),
                None => self.readable = false,
            }
        }
        if goes_on(list, results.len()) {
            let shorter = self.more_after.map_or(results.len(), |after| after.min(results.len()));
            self.more_after = Some(shorter);
        }
    }

    /// The restriction, if these are all subjects there are.
    pub(crate) fn into_restriction(self) -> Option<Restriction> {
        let complete = self.readable && self.more_after.is_none();
        restriction(self.named, complete)
    }
}

/// A complete list of nobody is how Confluence says "not restricted".
pub(crate) fn restriction(
    subjects: Vec<RestrictionSubject>,
    complete: bool,
) -> Option<Restriction> {
    if subjects.is_empty() && complete { None } else { Some(Restriction { subjects, complete }) }
}

fn goes_on(list: &Value, length: usize) -> bool {
    let number = |key: &str| list.get(key).and_then(Value::as_u64);
    let length = length as u64;
    let full = number("limit").is_some_and(|limit| length >= limit);
    let total =
        number("totalSize").is_some_and(|total| number("start").unwrap_or(0) + length < total);
    let next = list.pointer("/_links/next").is_some_and(|next| !next.is_null());
    full || total || next
}

fn user(entry: &Map<String, Value>) -> RestrictionSubject {
    match first_text(entry, &["accountId", "userKey", "username"]) {
        Some(account) => RestrictionSubject::User(account),
        None => RestrictionSubject::Unknown("user".to_owned()),
    }
}

fn group(entry: &Map<String, Value>) -> RestrictionSubject {
    match first_text(entry, &["id", "name"]) {
        Some(group) => RestrictionSubject::Group(group),
        None => RestrictionSubject::Unknown("group".to_owned()),
    }
}

fn first_text(entry: &Map<String, Value>, keys: &[&str]) -> Option<String> {
    let mut texts = keys.iter().filter_map(|key| entry.get(*key)?.as_str());
    texts.find(|text| !text.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(restrictions: &Value) -> Option<Restriction> {
        Subjects::read(Some(restrictions)).into_restriction()
    }

    #[test]
    fn two_whole_empty_lists_are_no_restriction() {
        let empty = json!({"results": [], "start": 0, "limit": 100, "size": 0});
        assert_eq!(read(&json!({"user": empty, "group": empty, "_expandable": {}})), None);
    }

    #[test]
    fn subjects_are_named_by_the_texts_that_accounts_and_groups_have() {
        let restrictions = json!({
            "user": {"results": [{"accountId": "5b:1"}, {"userKey": "k", "username": "n"}]},
            "group": {"results": [{"id": "g-1", "name": "eng"}, {"name": "ops"}]},
        });
        let restriction = read(&restrictions).unwrap();
        let (user, group) = (RestrictionSubject::User, RestrictionSubject::Group);
        let expected =
            [user("5b:1".into()), user("k".into()), group("g-1".into()), group("ops".into())];
        assert_eq!(restriction, Restriction { subjects: expected.to_vec(), complete: true });
    }

    #[test]
    fn what_is_cut_missing_or_unknown_restricts() {
        let empty = json!({"results": []});
        for (restrictions, complete) in [
            (json!({}), false),
            (json!(null), false),
            (json!({"user": empty}), false),
            (json!({"user": empty, "_expandable": {"group": "/x"}}), false),
            (json!({"user": empty, "group": {"size": 0}}), false),
            (json!({"user": {"results": ["?"]}, "group": empty}), false),
            (json!({"user": {"results": [], "_links": {"next": "/x"}}, "group": empty}), false),
            (json!({"user": {"results": [], "totalSize": 3}, "group": empty}), false),
            (json!({"user": {"results": [{"accountId": "a"}], "limit": 1}, "group": empty}), false),
            (json!({"user": empty, "group": empty, "team": empty}), true),
            (json!({"user": {"results": [{"type": "unknown"}]}, "group": empty}), true),
        ] {
            let restriction = read(&restrictions).unwrap();
            assert_eq!(restriction.complete, complete, "{restrictions}");
        }
        assert!(Subjects::read(None).into_restriction().is_some_and(|found| !found.complete));
    }

    #[test]
    fn the_next_request_skips_no_list_that_goes_on() {
        let list = |length: usize, limit: usize| json!({"results": vec![json!({"id": "x", "accountId": "y"}); length], "limit": limit});
        let after =
            |user, group| Subjects::read(Some(&json!({"user": user, "group": group}))).more_after;
        assert_eq!(after(list(100, 100), list(3, 100)), Some(100));
        assert_eq!(after(list(100, 100), list(50, 50)), Some(50));
        assert_eq!(after(list(99, 100), list(0, 100)), None);
    }
}
