//! Who may view and edit a content, and how that is changed.

use std::collections::HashSet;

use reqwest::Method;
use serde_json::{Value, json};

use super::unreadable;
use crate::fields::Fields;
use crate::link::Interface;
use crate::listing::START_LIMIT;
use crate::restriction::{self, Subjects};
use crate::{ContentId, Restriction, RestrictionSubject, Result, Session};

/// What a restriction is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestrictedOperation {
    /// To view, which what is below inherits.
    Read,
    /// To edit.
    Update,
}

/// The restrictions set on one content itself; `None` = not restricted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restrictions {
    /// Who may view.
    pub read: Option<Restriction>,
    /// Who may edit.
    pub update: Option<Restriction>,
}

/// A view restriction, and the content that it is set on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InheritedRestriction {
    /// An ancestor, or the content itself.
    pub content_id: String,
    /// Who may view it and what is below it.
    pub restriction: Restriction,
}

/// More levels than any tree has.
const MAX_PAGES: usize = 50;

impl Session {
    /// The direct restrictions of a content of any kind.
    pub async fn restrictions(&self, id: &ContentId) -> Result<Restrictions> {
        Ok(Restrictions {
            read: restriction::of_operation(self, id, RestrictedOperation::Read.word()).await?,
            update: restriction::of_operation(self, id, RestrictedOperation::Update.word()).await?,
        })
    }

    /// Every view restriction between the root and the content, from the root down: whoever views
    /// the content must be named by each. On Cloud one request a level.
    ///
    /// What cannot be read whole fails the call, or is a restriction that is not complete.
    pub async fn inherited_restrictions(
        &self,
        id: &ContentId,
    ) -> Result<Vec<InheritedRestriction>> {
        if !self.is_cloud() {
            return self.relevant_restrictions(id).await;
        }
        let mut levels: Vec<ContentId> = Vec::new();
        for ancestor in self.ancestors(id).await? {
            let base = self.deployment().base();
            let ancestor = ancestor.id.parse();
            levels.push(ancestor.map_err(|_| unreadable(base, "an ancestor without an id"))?);
        }
        levels.push(id.clone());
        let mut found = Vec::new();
        for level in levels {
            if let Some(restriction) = self.read_restriction(&level).await? {
                found.push(InheritedRestriction { content_id: level.to_string(), restriction });
            }
        }
        Ok(found)
    }

    /// Replaces both restrictions of a content; an empty list takes the restriction away. Who does
    /// not name himself is refused. Never sent twice.
    pub async fn set_restrictions(
        &self,
        id: &ContentId,
        read: &[RestrictionSubject],
        update: &[RestrictionSubject],
    ) -> Result<()> {
        let operation = |operation: RestrictedOperation, subjects| {
            let lists = self.subject_lists(subjects);
            json!({"operation": operation.word(), "restrictions": lists})
        };
        let body = json!([
            operation(RestrictedOperation::Read, read),
            operation(RestrictedOperation::Update, update),
        ]);
        let url = self.endpoint(Interface::V1, &["content", id.as_str(), "restriction"], &[]);
        self.order(Method::PUT, url, Some(body)).await
    }

    /// Adds a user or group to those who may do it; the first one restricts the content. On Data
    /// Center the whole list is read and written, so of two additions at once one may be lost.
    pub async fn add_restriction(
        &self,
        id: &ContentId,
        operation: RestrictedOperation,
        subject: &RestrictionSubject,
    ) -> Result<()> {
        if self.is_cloud() {
            return self.change_restriction(Method::PUT, id, operation, subject).await;
        }
        self.rewrite_restriction(id, operation, |subjects| {
            if !subjects.contains(subject) {
                subjects.push(subject.clone());
            }
        })
        .await
    }

    /// Takes a user or group off the list; without anyone left the content is not restricted.
    pub async fn remove_restriction(
        &self,
        id: &ContentId,
        operation: RestrictedOperation,
        subject: &RestrictionSubject,
    ) -> Result<()> {
        if self.is_cloud() {
            return self.change_restriction(Method::DELETE, id, operation, subject).await;
        }
        self.rewrite_restriction(id, operation, |subjects| subjects.retain(|one| one != subject))
            .await
    }
}

impl Session {
    async fn relevant_restrictions(&self, id: &ContentId) -> Result<Vec<InheritedRestriction>> {
        let path = ["content", id.as_str(), "restriction", "relevantViewRestrictions"];
        let expand = "restrictions.user,restrictions.group,content";
        let mut found = Vec::new();
        let mut seen = HashSet::new();
        for _ in 0..MAX_PAGES {
            let start = found.len().to_string();
            let query = [("expand", expand), ("start", &start), ("limit", START_LIMIT)];
            let url = self.endpoint(Interface::V1, &path, &query);
            let answer: Value = self.get(url.clone()).await?;
            let listing = Fields(&answer);
            if listing.at("/results").and_then(Value::as_array).is_none() {
                return Err(unreadable(&url, "restrictions without a list"));
            }
            let before = found.len();
            for level in listing.list("/results") {
                let content_id = level.text("/content/id");
                let content_id =
                    content_id.ok_or_else(|| unreadable(&url, "a restriction of no content"))?;
                let subjects = Subjects::read(level.at("/restrictions"));
                let restriction = subjects.into_restriction();
                if let Some(restriction) = restriction.filter(|_| seen.insert(content_id.clone())) {
                    found.push(InheritedRestriction { content_id, restriction });
                }
            }
            if listing.at("/_links/next").is_none() || found.len() == before {
                break;
            }
        }
        // Data Center begins with the content itself.
        found.reverse();
        Ok(found)
    }

    async fn change_restriction(
        &self,
        method: Method,
        id: &ContentId,
        operation: RestrictedOperation,
        subject: &RestrictionSubject,
    ) -> Result<()> {
        let path = ["content", id.as_str(), "restriction", "byOperation", operation.word()];
        let url = match subject {
            RestrictionSubject::User(account) => {
                let path = [&path[..], &["user"]].concat();
                self.endpoint(Interface::V1, &path, &[("accountId", account)])
            }
            RestrictionSubject::Group(group) => {
                let path = [&path[..], &["byGroupId", group]].concat();
                self.endpoint(Interface::V1, &path, &[])
            }
            RestrictionSubject::Unknown(_) => {
                return Err(self.not_offered("neither a user nor a group"));
            }
        };
        self.order(method, url, None).await
    }

    async fn rewrite_restriction(
        &self,
        id: &ContentId,
        operation: RestrictedOperation,
        change: impl FnOnce(&mut Vec<RestrictionSubject>),
    ) -> Result<()> {
        let now = restriction::of_operation(self, id, operation.word()).await?;
        let now = now.unwrap_or(Restriction { subjects: Vec::new(), complete: true });
        let whole = now.complete
            && !now.subjects.iter().any(|one| matches!(one, RestrictionSubject::Unknown(_)));
        if !whole {
            let base = self.deployment().base();
            return Err(unreadable(base, "a restriction that cannot be written back whole"));
        }
        let mut subjects = now.subjects;
        change(&mut subjects);
        let lists = self.subject_lists(&subjects);
        let body = json!([{"operation": operation.word(), "restrictions": lists}]);
        let url = self.endpoint(Interface::V1, &["content", id.as_str(), "restriction"], &[]);
        self.order(Method::PUT, url, Some(body)).await
    }

    fn subject_lists(&self, subjects: &[RestrictionSubject]) -> Value {
        let cloud = self.is_cloud();
        let (mut users, mut groups) = (Vec::new(), Vec::new());
        for subject in subjects {
            match subject {
                RestrictionSubject::User(account) if cloud => {
                    users.push(json!({"type": "known", "accountId": account}));
                }
                RestrictionSubject::User(key) => {
                    users.push(json!({"type": "known", "userKey": key}));
                }
                RestrictionSubject::Group(id) if cloud => {
                    groups.push(json!({"type": "group", "id": id}));
                }
                RestrictionSubject::Group(name) => {
                    groups.push(json!({"type": "group", "name": name}));
                }
                RestrictionSubject::Unknown(_) => {}
            }
        }
        json!({"user": users, "group": groups})
    }
}

impl RestrictedOperation {
    fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Update => "update",
        }
    }
}
