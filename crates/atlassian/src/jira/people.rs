use serde_json::{Value, json};

use super::Session;
use crate::Result;
use crate::fields::Fields;

/// An account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// By which requests name it: the account id on Cloud, the user name on Data Center.
    pub account: String,
    /// The key, which stays when a user is renamed (Data Center).
    pub key: Option<String>,
    /// The name to show.
    pub display_name: String,
    /// The e-mail, when the account lets it be seen.
    pub email: Option<String>,
    /// Whether it can sign in, when the answer says so.
    pub active: Option<bool>,
    /// A name of the time zone database.
    pub time_zone: Option<String>,
    /// An open set: `atlassian`, `app`, `customer` (Cloud).
    pub kind: Option<String>,
}

/// Where somebody is to be assigned.
#[derive(Clone, Copy, Debug)]
pub enum Assignable<'a> {
    /// To new issues of the project of this key.
    Project(&'a str),
    /// To the issue of this key.
    Issue(&'a str),
}

impl User {
    /// `None` when the answer names no account.
    pub(super) fn read(fields: Fields<'_>) -> Option<Self> {
        let account = fields.first_text(&["/accountId", "/name", "/key"])?;
        let display_name = fields.first_text(&["/displayName", "/name"]);
        Some(Self {
            display_name: display_name.unwrap_or_else(|| account.clone()),
            account,
            key: fields.first_text(&["/key"]),
            email: fields.first_text(&["/emailAddress"]),
            active: fields.at("/active").and_then(Value::as_bool),
            time_zone: fields.first_text(&["/timeZone"]),
            kind: fields.first_text(&["/accountType"]),
        })
    }

    /// The account at a place of an answer.
    pub(super) fn at(fields: Fields<'_>, pointer: &str) -> Option<Self> {
        Self::read(Fields(fields.at(pointer)?))
    }
}

impl Session {
    /// The account of the credential.
    pub async fn current_user(&self) -> Result<User> {
        let user = self.read(&["myself"], &[]).await?;
        User::read(Fields(&user)).ok_or_else(|| self.unreadable("a user without an id"))
    }

    /// An account by its id on Cloud, by its name or key on Data Center.
    pub async fn user(&self, account: &str) -> Result<User> {
        let by = |name| self.endpoint(&["user"], &[(name, account)]);
        let addresses = if self.is_cloud() {
            vec![by("accountId")?]
        } else {
            vec![by("username")?, by("key")?]
        };
        let (user, _): (Value, _) = self.0.get_first_visible(addresses).await?;
        User::read(Fields(&user)).ok_or_else(|| self.unreadable("a user without an id"))
    }

    /// Accounts whose name or e-mail begins with these words, at most `limit`.
    pub async fn find_users(&self, words: &str, limit: u32) -> Result<Vec<User>> {
        let limit = limit.to_string();
        let query = [(self.words(), words), ("maxResults", &limit)];
        let users = self.read(&["user", "search"], &query).await?;
        self.each(&users, "", User::read)
    }

    /// Accounts, found in the same way, to whom an issue may be assigned.
    pub async fn assignable_users(
        &self,
        words: &str,
        to: Assignable<'_>,
        limit: u32,
    ) -> Result<Vec<User>> {
        let limit = limit.to_string();
        let to = match to {
            Assignable::Project(key) => ("project", key),
            Assignable::Issue(key) => ("issueKey", key),
        };
        let query = [(self.words(), words), to, ("maxResults", &limit)];
        let users = self.read(&["user", "assignable", "search"], &query).await?;
        self.each(&users, "", User::read)
    }

    /// An account as the fields of requests name it; `None` for nobody.
    pub fn user_field(&self, account: Option<&str>) -> Value {
        let name = if self.is_cloud() { "accountId" } else { "name" };
        json!({ name: account })
    }

    fn words(&self) -> &'static str {
        if self.is_cloud() { "query" } else { "username" }
    }
}
