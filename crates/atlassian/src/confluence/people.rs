//! Users and groups.

use futures_util::Stream;
use futures_util::stream::StreamExt;
use reqwest::Method;
use serde_json::{Value, json};
use url::Url;

use super::unreadable;
use crate::fields::Fields;
use crate::link::Interface;
use crate::listing::{Incomplete, by_start, entries};
use crate::{ErrorKind, Result, Session, User};

/// A group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its id on Cloud, its name on Data Center: what restrictions name it by.
    pub id: String,
    /// The name to show.
    pub name: String,
}

/// The most accounts that one request may ask for.
const BULK: usize = 100;

impl Session {
    /// One account; [`ErrorKind::NotVisible`] when there is none. Data Center is asked by key, and
    /// then by name.
    pub async fn user(&self, account: &str) -> Result<User> {
        let names: &[&str] = if self.is_cloud() { &["accountId"] } else { &["key", "username"] };
        let address = |name: &&str| self.endpoint(Interface::V1, &["user"], &[(name, account)]);
        let addresses = names.iter().map(address).collect();
        let (answer, url): (Value, Url) = self.get_first_visible(addresses).await?;
        read_user(Fields(&answer)).ok_or_else(|| unreadable(&url, "a user without an id"))
    }

    /// Several accounts; those that are not there are left out.
    pub async fn users(&self, accounts: &[&str]) -> Result<Vec<User>> {
        let mut found = Vec::new();
        if !self.is_cloud() {
            for account in accounts {
                match self.user(account).await {
                    Err(error) if error.kind == ErrorKind::NotVisible => {}
                    user => found.push(user?),
                }
            }
            return Ok(found);
        }
        let url = self.endpoint(Interface::V2, &["users-bulk"], &[]);
        for accounts in accounts.chunks(BULK) {
            let body = json!({"accountIds": accounts});
            let answer: Value = self.send(Method::POST, url.clone(), body).await?;
            let users = Fields(&answer).list("/results").map(read_user);
            let users: Option<Vec<User>> = users.collect();
            found.extend(users.ok_or_else(|| unreadable(&url, "a user without an id"))?);
        }
        Ok(found)
    }

    /// Accounts whose name holds these words, at most `limit`. Cloud only: Data Center's query
    /// language knows no names.
    pub async fn search_users(&self, words: &str, limit: u32) -> Result<Vec<User>> {
        if !self.is_cloud() {
            return Err(self.not_offered("users cannot be searched by name"));
        }
        let words = words.replace('\\', r"\\").replace('"', "\\\"");
        let cql = format!("user.fullname ~ \"{words}\"");
        let limit = limit.clamp(1, 200).to_string();
        let query = [("cql", cql.as_str()), ("limit", &limit)];
        let url = self.endpoint(Interface::V1, &["search", "user"], &query);
        let answer: Value = self.get(url.clone()).await?;
        if answer["results"].as_array().is_none() {
            return Err(unreadable(&url, "a search without results"));
        }
        let users = Fields(&answer).list("/results");
        Ok(users.filter_map(|result| read_user(Fields(result.at("/user")?))).collect())
    }

    /// All groups that the credential may see.
    pub fn groups(&self) -> impl Stream<Item = Result<Group>> + Send + use<> {
        self.listed_groups(&["group"], &[])
    }

    /// The groups of an account; on Data Center by its key.
    pub fn groups_of(&self, account: &str) -> impl Stream<Item = Result<Group>> + Send + use<> {
        let name = if self.is_cloud() { "accountId" } else { "key" };
        self.listed_groups(&["user", "memberof"], &[(name, account)])
    }

    /// The members of a group, named by [`Group::id`]. Cloud has no members of a group that is
    /// not there; Data Center says [`ErrorKind::NotVisible`], and needs an administrator.
    pub fn group_members(&self, group: &str) -> impl Stream<Item = Result<User>> + Send + use<> {
        let path = if self.is_cloud() {
            ["group", group, "membersByGroupId"]
        } else {
            ["group", group, "member"]
        };
        let url = self.endpoint(Interface::V1, &path, &[]);
        let read =
            |value: Value, _: Option<&str>| read_user(Fields(&value)).map(Some).ok_or(Incomplete);
        entries(by_start(self, url, member_id), read)
    }
}

impl Session {
    fn listed_groups(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> impl Stream<Item = Result<Group>> + Send + use<> {
        let url = self.endpoint(Interface::V1, path, query);
        let by_id = self.is_cloud();
        let read = move |value: Value, _: Option<&str>| {
            let fields = Fields(&value);
            let name = fields.text("/name").ok_or(Incomplete)?;
            let id = if by_id { fields.text("/id").ok_or(Incomplete)? } else { name.clone() };
            Ok(Some(Group { id, name }))
        };
        entries(by_start(self, url, |group: &Value| group["name"].as_str()), read).boxed()
    }
}

fn member_id(user: &Value) -> Option<&str> {
    user["accountId"].as_str().or_else(|| user["userKey"].as_str())
}

fn read_user(fields: Fields<'_>) -> Option<User> {
    let account = fields.account("")?;
    let name = fields.first_text(&["/displayName", "/publicName"]);
    let email = fields.first_text(&["/email"]);
    Some(User { display_name: name.unwrap_or_else(|| account.clone()), account, email })
}
