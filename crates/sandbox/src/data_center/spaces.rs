//! Spaces of Data Center.

use serde_json::{Map, Value, json};

use super::content;
use crate::http::{Answer, Call};
use crate::site::{Filter, Kind, Refusal, Site, Space, Status, Subject};
use crate::v1::{self, Expand, Window, shape};

const DEFAULT_LIMIT: usize = 25;
const MOST: usize = 500;

pub(super) fn list(call: &Call) -> Result<Answer, Refusal> {
    let site = call.shared.site();
    let mut keys = call.query.all("spaceKey");
    keys.extend(call.query.all("spaceKeys"));
    let kind = call.query.get("type");
    let status = call.query.get("status");
    let wanted = |space: &&Space| {
        site.may_view_space(call.person, space)
            && (keys.is_empty() || keys.iter().any(|key| key.eq_ignore_ascii_case(&space.key)))
            && kind.is_none_or(|kind| (kind == "personal") == space.key.starts_with('~'))
            && status.is_none_or(|status| status == "current")
    };
    let mut spaces: Vec<&Space> = site.spaces().filter(wanted).collect();
    spaces.sort_by(|a, b| a.key.cmp(&b.key));
    let expand = Expand::parse(call.query.all("expand"));
    let window = Window::of(call, DEFAULT_LIMIT, MOST)?;
    let (shown, more) = v1::window(spaces.into_iter(), &window);
    let results = shown.into_iter().map(|space| shape::space(call, &site, space, &expand));
    Ok(Answer::Json(v1::list(call, &window, &results.collect::<Vec<_>>(), more)))
}

pub(super) fn get(call: &Call) -> Result<Answer, Refusal> {
    let site = call.shared.site();
    let space = found(call, &site)?;
    let expand = Expand::parse(call.query.all("expand"));
    let mut value = shape::space(call, &site, space, &expand);
    value["_links"]["base"] = json!(call.base());
    value["_links"]["context"] = json!(call.context());
    value["_links"]["collection"] = json!("/rest/api/space");
    Ok(Answer::Json(value))
}

fn found<'a>(call: &Call, site: &'a Site) -> Result<&'a Space, Refusal> {
    let key = call.path("key");
    site.visible_space_key(call.person, key)
        .ok_or_else(|| Refusal::NotFound(format!("No space with key : {key}")))
}

/// Since 9.1, for administrators of the space.
pub(super) fn permissions(call: &Call) -> Result<Answer, Refusal> {
    let site = call.shared.site();
    let space = found(call, &site)?;
    if !site.may_administer(call.person, space) {
        return Err(Refusal::Forbidden("Space administrator permission is required".to_owned()));
    }
    let all = space.permissions().into_iter().map(|(subject, operation, target)| {
        let subject = match subject {
            Subject::Person(person) => shape::person(call, &site, person),
            Subject::Group(name) => v1::group_shape(call, &site, &name),
        };
        json!({
            "operation": {"targetType": target, "operationKey": operation},
            "subject": subject,
            "spaceKey": space.key,
            "spaceId": space.id,
        })
    });
    Ok(Answer::Json(all.collect()))
}

/// Pages and blog posts, each a list of its own.
pub(super) fn content(call: &Call) -> Result<Answer, Refusal> {
    let site = call.shared.site();
    let space = found(call, &site)?;
    let mut map = Map::new();
    for kind in [Kind::Page, Kind::BlogPost] {
        map.insert(kind.as_str().to_owned(), part(call, &site, space, kind)?);
    }
    map.insert("_links".to_owned(), json!({"base": call.base(), "context": call.context()}));
    Ok(Answer::Json(Value::Object(map)))
}

pub(super) fn content_of_type(call: &Call) -> Result<Answer, Refusal> {
    let site = call.shared.site();
    let space = found(call, &site)?;
    let kind = content::kind(Some(call.path("type")))?;
    Ok(Answer::Json(part(call, &site, space, kind)?))
}

fn part(call: &Call, site: &Site, space: &Space, kind: Kind) -> Result<Value, Refusal> {
    let mut filter = Filter::of(kind);
    filter.spaces = vec![space.id];
    filter.statuses = vec![Status::Current];
    filter.roots_only = call.query.get("depth") == Some("root");
    let expand = Expand::parse(call.query.all("expand"));
    content::page(call, site, &filter, &expand)
}
