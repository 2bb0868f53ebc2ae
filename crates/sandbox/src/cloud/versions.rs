//! Versions of a page or blog post.

use serde_json::json;

use super::page::{self, DEFAULT_LIMIT};
use super::pages;
use super::shape::{self, BodyFormat};
use crate::http::{Answer, Call};
use crate::site::{Item, Key, Kind, Refusal, Site};

/// With a body in the answer no more than 50 at once (since 2026-06-01).
const MOST_WITH_BODY: usize = 50;

pub(super) fn list(call: &Call) -> Result<Answer, Refusal> {
    let site = call.shared.site();
    let item = subject(call, &site)?;
    let mut cut = page::cut(call, DEFAULT_LIMIT)?;
    let format = shape::body_format(call)?;
    if format != BodyFormat::None {
        cut.limit = cut.limit.min(MOST_WITH_BODY);
    }
    let ascending = call.query.get("sort") == Some("modified-date");
    let versions: Vec<_> = if ascending {
        item.versions.iter().collect()
    } else {
        item.versions.iter().rev().collect()
    };
    let keyed = (0_i64..).zip(versions).map(|(number, version)| {
        let mut value = shape::version(&site, version);
        value[item.kind.as_str()] = json!({
            "id": item.id.to_string(),
            "title": version.title,
            "body": shape::body(format, &version.body),
        });
        (Key { number, text: String::new(), id: 0 }, value)
    });
    Ok(page::take(call, &cut, keyed))
}

pub(super) fn get(call: &Call) -> Result<Answer, Refusal> {
    let site = call.shared.site();
    let item = subject(call, &site)?;
    let numbered = item.versions.iter().enumerate();
    let (at, version) = numbered
        .filter(|(_, version)| version.number.to_string() == call.path("number"))
        .last()
        .ok_or_else(|| pages::not_found("version"))?;
    let near = |at: Option<usize>| at.and_then(|at| item.versions.get(at)).map(|v| v.number);
    let mut value = shape::version(&site, version);
    value["contentTypeModified"] = json!(false);
    value["collaborators"] = json!([site.account(version.by).account_id]);
    value["prevVersion"] = json!(near(at.checked_sub(1)));
    value["nextVersion"] = json!(near(Some(at + 1)));
    Ok(Answer::Json(value))
}

fn subject<'a>(call: &Call, site: &'a Site) -> Result<&'a Item, Refusal> {
    let kind = if call.uri.path().contains("/blogposts/") { Kind::BlogPost } else { Kind::Page };
    pages::find(call, site, kind)
}
