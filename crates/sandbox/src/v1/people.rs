//! Who is who, and who may what.

use serde_json::{Value, json};

use super::restriction::group as group_shape;
use super::{Window, find, is_cloud, list, shape, window};
use crate::http::{Answer, Call};
use crate::site::{Person, Refusal};

#[expect(clippy::unnecessary_wraps, reason = "every handler has this signature")]
pub(crate) fn current_user(call: &Call) -> Result<Answer, Refusal> {
    Ok(Answer::Json(described(call, call.person)))
}

pub(crate) fn user(call: &Call) -> Result<Answer, Refusal> {
    let name = ["accountId", "key", "username"].iter().find_map(|name| call.query.get(name));
    let name = name.ok_or_else(|| Refusal::Invalid("No user is named".to_owned()))?;
    let person = call
        .shared
        .site()
        .find_person(name)
        .ok_or_else(|| Refusal::NotFound(format!("No user found with key : {name}")))?;
    Ok(Answer::Json(described(call, person)))
}

fn described(call: &Call, person: Person) -> Value {
    let mut value = shape::person(call, &call.shared.site(), person);
    value["_links"]["base"] = json!(call.base());
    value["_links"]["context"] = json!(call.context());
    value
}

/// Asking about others needs an administrator; `hasPermission: false` is a 200.
pub(crate) fn permission_check(call: &Call) -> Result<Answer, Refusal> {
    let site = call.shared.site();
    let item = find(call, &site)?;
    let request = call.json()?;
    let identifier = request["subject"]["identifier"].as_str().unwrap_or_default();
    let people: Vec<Person> = match request["subject"]["type"].as_str() {
        Some("user") => site.find_person(identifier).into_iter().collect(),
        Some("group") => {
            site.group(identifier).map(|g| g.members.iter().copied().collect()).unwrap_or_default()
        }
        _ => return Err(Refusal::Invalid("subject.type must be 'user' or 'group'".to_owned())),
    };
    let may = |person: Person| match request["operation"].as_str() {
        Some("read") => Ok(site.may_view(person, item)),
        Some("update" | "delete") => Ok(site.may_edit(person, item)),
        _ => Err(Refusal::Invalid("operation must be 'read', 'update' or 'delete'".to_owned())),
    };
    let own = people == [call.person];
    if is_cloud(call) && !own && !site.account(call.person).administrator {
        return Err(Refusal::Forbidden(
            "Only an administrator may check the permissions of others".to_owned(),
        ));
    }
    let mut allowed = !people.is_empty();
    for person in people {
        allowed &= may(person)?;
    }
    let mut value = json!({
        "hasPermission": allowed,
        "errors": [],
        "_links": {"base": call.base(), "context": call.context()},
    });
    if !allowed {
        value["errors"] = json!([{
            "translation": "User does not have permission to the content",
            "args": [],
        }]);
    }
    Ok(Answer::Json(value))
}

/// `cql=user.fullname ~ "words"`: the one question that the sandbox understands here.
pub(crate) fn search_users(call: &Call) -> Result<Answer, Refusal> {
    let cql = call.query.get("cql").unwrap_or_default();
    let words = cql
        .split_once('~')
        .filter(|(field, _)| field.trim() == "user.fullname")
        .map(|(_, words)| words.trim().trim_matches('"').to_lowercase())
        .ok_or_else(|| Refusal::Invalid(format!("Could not parse cql : {cql}")))?;
    let site = call.shared.site();
    let named = site.people().filter(|(_, account)| {
        let name = account.display_name.to_lowercase();
        words.split_whitespace().all(|word| name.contains(word))
    });
    let results = named.map(|(person, account)| {
        json!({
            "user": shape::person(call, &site, person),
            "title": account.display_name,
            "excerpt": "",
            "url": format!("/people/{}", account.account_id),
            "breadcrumbs": [],
            "entityType": "user",
            "iconCssClass": "aui-icon content-type-profile",
            "lastModified": shape::time(call, call.now()),
            "score": 0.0,
        })
    });
    let cut = Window::of(call, GROUPS_LIMIT, GROUPS_LIMIT)?;
    let all: Vec<Value> = results.collect();
    let total = all.len();
    let (shown, more) = window(all.into_iter(), &cut);
    let mut body = list(call, &cut, &shown, more);
    body["totalSize"] = json!(total);
    body["cqlQuery"] = json!(cql);
    body["searchDuration"] = json!(7);
    Ok(Answer::Json(body))
}

const GROUPS_LIMIT: usize = 200;

pub(crate) fn groups(call: &Call) -> Result<Answer, Refusal> {
    let site = call.shared.site();
    let all = site.groups().map(|group| group_shape(call, &site, &group.name));
    answer(call, all)
}

/// The groups of a person; of the caller when nobody is named.
pub(crate) fn member_of(call: &Call) -> Result<Answer, Refusal> {
    let site = call.shared.site();
    let name = ["accountId", "key", "username"].iter().find_map(|name| call.query.get(name));
    let person = match name {
        None => call.person,
        Some(name) => site
            .find_person(name)
            .ok_or_else(|| Refusal::NotFound(format!("No user found with key : {name}")))?,
    };
    let own = site.groups().filter(|group| group.members.contains(&person));
    answer(call, own.map(|group| group_shape(call, &site, &group.name)))
}

pub(crate) fn group(call: &Call) -> Result<Answer, Refusal> {
    let site = call.shared.site();
    let name = call.path("group");
    let group = site
        .group(name)
        .ok_or_else(|| Refusal::NotFound(format!("No group found with name : {name}")))?;
    Ok(Answer::Json(group_shape(call, &site, &group.name)))
}

/// Cloud answers an unknown group with an empty list; Data Center asks for an administrator.
pub(crate) fn members(call: &Call) -> Result<Answer, Refusal> {
    let site = call.shared.site();
    if !is_cloud(call) && !site.account(call.person).administrator {
        return Err(Refusal::Forbidden("Administrator permission is required".to_owned()));
    }
    let name = call.path("group");
    let group = site.group(name);
    if group.is_none() && !is_cloud(call) {
        return Err(Refusal::NotFound(format!("No group found with name : {name}")));
    }
    let people = group.into_iter().flat_map(|group| &group.members);
    answer(call, people.map(|person| shape::person(call, &site, *person)))
}

fn answer(call: &Call, all: impl Iterator<Item = Value>) -> Result<Answer, Refusal> {
    let cut = Window::of(call, GROUPS_LIMIT, GROUPS_LIMIT)?;
    let (shown, more) = window(all, &cut);
    Ok(Answer::Json(list(call, &cut, &shown, more)))
}
