use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Session, User};
use crate::Result;
use crate::fields::Fields;

/// Issues in one request of Cloud.
const MOST_AT_ONCE: usize = 1_000;

/// Pages after which the histories are taken for ones without an end.
const MOST_PAGES: usize = 4_000;

/// The history of one issue, oldest first.
#[derive(Clone, Debug, PartialEq)]
pub struct IssueChanges {
    /// The id of the issue.
    pub issue_id: String,
    /// What happened.
    pub changes: Vec<Change>,
}

/// One act that changed an issue.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Its id.
    pub id: String,
    /// Who did it; none for an account that is gone.
    pub author: Option<User>,
    /// When.
    pub created: Option<Timestamp>,
    /// What it changed.
    pub items: Vec<ChangeItem>,
}

/// One field that an act changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeItem {
    /// The name of the field.
    pub field: String,
    /// Its id (Cloud).
    pub field_id: Option<String>,
    /// The id of what it held before, where it has one.
    pub from: Option<String>,
    /// What it held before, for people.
    pub from_text: Option<String>,
    /// The id of what it held then.
    pub to: Option<String>,
    /// What it held then, for people.
    pub to_text: Option<String>,
}

impl Change {
    pub(super) fn read(fields: Fields<'_>) -> Option<Self> {
        Some(Self {
            id: fields.first_text(&["/id"])?,
            author: User::at(fields, "/author"),
            created: instant(fields, "/created"),
            items: fields.list("/items").filter_map(ChangeItem::read).collect(),
        })
    }
}

/// Text, or a number where histories are read in bulk: milliseconds since 1970, though the
/// documentation's own example has seconds.
fn instant(fields: Fields<'_>, pointer: &str) -> Option<Timestamp> {
    const SECONDS_UP_TO: i64 = 100_000_000_000;
    match fields.at(pointer)? {
        Value::Number(number) => match number.as_i64()? {
            seconds if seconds < SECONDS_UP_TO => Timestamp::from_second(seconds).ok(),
            milliseconds => Timestamp::from_millisecond(milliseconds).ok(),
        },
        _ => fields.time(pointer),
    }
}

impl ChangeItem {
    fn read(fields: Fields<'_>) -> Option<Self> {
        Some(Self {
            field: fields.first_text(&["/field", "/fieldId"])?,
            field_id: fields.first_text(&["/fieldId"]),
            from: fields.text("/from"),
            from_text: fields.text("/fromString"),
            to: fields.text("/to"),
            to_text: fields.text("/toString"),
        })
    }
}

impl Session {
    /// The whole histories of these issues, those of `fields` alone when some are named. Issues that
    /// may not be seen are left out, as are those without any change.
    ///
    /// One request for many issues on Cloud; on Data Center one for each, and fields are known by
    /// name there.
    pub async fn changelogs(&self, issues: &[&str], fields: &[&str]) -> Result<Vec<IssueChanges>> {
        let mut all = Vec::new();
        if self.is_cloud() {
            for part in issues.chunks(MOST_AT_ONCE) {
                self.cloud_changelogs(part, fields, &mut all).await?;
            }
        } else {
            for issue in issues {
                all.extend(self.data_center_changelog(issue, fields).await?);
            }
        }
        for history in &mut all {
            history.changes.sort_by_key(|change| change.created);
        }
        Ok(all)
    }

    /// A history may go on over pages.
    async fn cloud_changelogs(
        &self,
        issues: &[&str],
        fields: &[&str],
        all: &mut Vec<IssueChanges>,
    ) -> Result<()> {
        let mut body = json!({"issueIdsOrKeys": issues, "maxResults": 1000});
        if !fields.is_empty() {
            body["fieldIds"] = json!(fields);
        }
        for _ in 0..MOST_PAGES {
            let path = ["changelog", "bulkfetch"];
            let page = self.send(Method::POST, &path, body.clone()).await?;
            let read = self.each(&page, "/issueChangeLogs", |log| {
                let changes = log.list("/changeHistories").filter_map(Change::read).collect();
                Some(IssueChanges { issue_id: log.first_text(&["/issueId"])?, changes })
            })?;
            for log in read {
                match all.iter_mut().find(|known| known.issue_id == log.issue_id) {
                    Some(known) => known.changes.extend(log.changes),
                    None => all.push(log),
                }
            }
            match Fields(&page).first_text(&["/nextPageToken"]) {
                None => return Ok(()),
                Some(token) if body["nextPageToken"] == token.as_str() => {
                    return Err(self.unreadable("a page of histories that leads to itself"));
                }
                Some(token) => body["nextPageToken"] = json!(token),
            }
        }
        Err(self.unreadable("histories without an end"))
    }

    async fn data_center_changelog(
        &self,
        issue: &str,
        fields: &[&str],
    ) -> Result<Option<IssueChanges>> {
        let read = match self.issue(issue, &["id"], &["changelog"]).await {
            Ok(issue) => issue,
            Err(error) if error.kind == crate::ErrorKind::NotVisible => return Ok(None),
            Err(error) => return Err(error),
        };
        let named =
            |item: &ChangeItem| fields.iter().any(|field| field.eq_ignore_ascii_case(&item.field));
        let mut changes = read.changes.unwrap_or_default();
        changes.retain(|change| fields.is_empty() || change.items.iter().any(named));
        let log = IssueChanges { issue_id: read.id, changes };
        Ok(Some(log).filter(|log| !log.changes.is_empty()))
    }
}
