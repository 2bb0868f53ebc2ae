//! Who may do what: permissions and roles of spaces, operations of content.

use serde_json::{Value, json};

use super::page::{self, DEFAULT_LIMIT};
use super::{comments, pages};
use crate::http::{Answer, Call};
use crate::site::{Key, Refusal, Site, Space, Subject};

/// The two roles that every space has here: who reads it, and who administers it.
const ROLES: [(&str, &str, &[&str]); 2] = [
    ("b1d4e6a0-0000-4000-8000-000000000001", "Collaborator", &["read/space", "create/page"]),
    ("b1d4e6a0-0000-4000-8000-000000000002", "Admin", &["read/space", "administer/space"]),
];

pub(super) fn of_space(call: &Call) -> Result<Answer, Refusal> {
    let site = call.shared.site();
    let space = space(call, &site)?;
    let cut = page::cut(call, DEFAULT_LIMIT)?;
    let all = space.permissions().into_iter();
    let keyed = (0_i64..).zip(all).map(|(number, (subject, operation, target))| {
        let (kind, id) = principal(&site, &subject);
        let value = json!({
            "id": (space.id * 100 + number.unsigned_abs()).to_string(),
            "principal": {"type": kind, "id": id},
            "operation": {"key": operation, "targetType": target},
        });
        (Key { number, text: String::new(), id: 0 }, value)
    });
    Ok(page::take(call, &cut, keyed))
}

pub(super) fn role_assignments(call: &Call) -> Result<Answer, Refusal> {
    let site = call.shared.site();
    let space = space(call, &site)?;
    let cut = page::cut(call, DEFAULT_LIMIT)?;
    let readers = space.permissions().into_iter();
    let assigned = readers.filter_map(|(subject, operation, target)| {
        let role = match (operation, target) {
            ("read", "space") => ROLES[0].0,
            ("administer", "space") => ROLES[1].0,
            _ => return None,
        };
        let (kind, id) = principal(&site, &subject);
        let principal = json!({"principalType": kind.to_uppercase(), "principalId": id});
        Some(json!({"principal": principal, "roleId": role}))
    });
    Ok(page::take(call, &cut, numbered(assigned)))
}

pub(super) fn roles(call: &Call) -> Result<Answer, Refusal> {
    let cut = page::cut(call, DEFAULT_LIMIT)?;
    let all = ROLES.iter().map(|(id, name, permissions)| {
        json!({
            "id": id,
            "type": "SYSTEM",
            "name": name,
            "description": "",
            "spacePermissions": permissions,
        })
    });
    Ok(page::take(call, &cut, numbered(all)))
}

/// What the caller may do with a page or blog post.
pub(super) fn operations(call: &Call) -> Result<Answer, Refusal> {
    let site = call.shared.site();
    let item = comments::carrier(call, &site)?;
    let may_edit = site.may_edit(call.person, item);
    let words = ["read"].into_iter().chain(["update", "delete"].into_iter().filter(|_| may_edit));
    let all = words.map(|word| json!({"operation": word, "targetType": item.kind.as_str()}));
    Ok(Answer::Json(json!({"operations": all.collect::<Vec<Value>>()})))
}

/// Who is not there is left out.
pub(super) fn users(call: &Call) -> Result<Answer, Refusal> {
    let request = call.json()?;
    let accounts = request["accountIds"].as_array();
    let accounts = accounts.ok_or_else(|| Refusal::Invalid("accountIds is required".to_owned()))?;
    let site = call.shared.site();
    let named = accounts.iter().filter_map(|account| site.find_person(account.as_str()?));
    let results: Vec<Value> = named
        .map(|person| {
            let account = site.account(person);
            json!({
                "accountId": account.account_id,
                "accountType": "atlassian",
                "accountStatus": "active",
                "email": account.email,
                "publicName": account.display_name,
                "displayName": account.display_name,
                "timeZone": account.time_zone,
                "isExternalCollaborator": false,
                "profilePicture": {
                    "path": "/wiki/images/icons/profilepics/default.svg",
                    "isDefault": true,
                },
            })
        })
        .collect();
    Ok(page::list(call, &results, None))
}

fn numbered(values: impl Iterator<Item = Value>) -> impl Iterator<Item = (Key, Value)> {
    (0_i64..).zip(values).map(|(number, value)| (Key { number, text: String::new(), id: 0 }, value))
}

fn space<'a>(call: &Call, site: &'a Site) -> Result<&'a Space, Refusal> {
    site.visible_space(call.person, call.id("id")?).ok_or_else(|| pages::not_found("space"))
}

fn principal(site: &Site, subject: &Subject) -> (&'static str, String) {
    match subject {
        Subject::Person(person) => ("user", site.account(*person).account_id.clone()),
        Subject::Group(name) => {
            ("group", site.group(name).map_or_else(String::new, |group| group.id.clone()))
        }
    }
}
