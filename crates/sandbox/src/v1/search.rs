//! Search by CQL: `/search` answers envelopes, `/content/search` the content itself.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use url::form_urlencoded;

use super::{Expand, Window, is_cloud, list, shape, window};
use crate::cloud::web_link;
use crate::cql;
use crate::http::{Answer, Call};
use crate::index::{Index, Words};
use crate::site::{Item, Refusal, Site};

const DEFAULT_LIMIT: usize = 25;

pub(crate) fn search(call: &Call) -> Result<Answer, Refusal> {
    let index = call.shared.index();
    let site = call.shared.site();
    let expand = Expand::parse(call.query.all("expand"));
    let content = expand.get("content").cloned().unwrap_or_default();
    let found = Found::of(call, &site, &index, &content)?;
    let highlight = call.query.get("excerpt") != Some("none");
    let results: Vec<_> = found
        .shown
        .iter()
        .filter_map(|id| site.item(*id))
        .map(|item| envelope(call, &site, &index, item, &content, &found.words, highlight))
        .collect();
    let mut body = found.body(call, &results);
    body["totalSize"] = json!(found.total);
    body["cqlQuery"] = json!(found.cql);
    body["searchDuration"] = json!(7);
    if is_cloud(call) {
        body["archivedResultCount"] = json!(0);
    }
    Ok(Answer::Json(body))
}

pub(crate) fn content_search(call: &Call) -> Result<Answer, Refusal> {
    let index = call.shared.index();
    let site = call.shared.site();
    let expand = Expand::parse(call.query.all("expand"));
    let found = Found::of(call, &site, &index, &expand)?;
    let results: Vec<_> = found
        .shown
        .iter()
        .filter_map(|id| site.item(*id))
        .map(|item| shape::content(call, &site, item, &expand))
        .collect();
    let mut body = found.body(call, &results);
    if !is_cloud(call) {
        body["totalSize"] = json!(found.total);
        body["cqlQuery"] = json!(found.cql);
        body["searchDuration"] = json!(7);
    }
    Ok(Answer::Json(body))
}

/// One page of hits.
struct Found {
    cql: String,
    words: Words,
    total: usize,
    shown: Vec<u64>,
    start: usize,
    limit: usize,
    more: bool,
}

impl Found {
    fn of(call: &Call, site: &Site, index: &Index, expand: &Expand) -> Result<Self, Refusal> {
        let cql = call.query.get("cql").unwrap_or_default().to_owned();
        let refuse = |error: cql::CqlError| {
            Refusal::Invalid(format!("Could not parse cql : {cql} : {}", error.0))
        };
        let statement = cql::parse(&cql).map_err(refuse)?;
        let zone = TimeZone::get(&site.account(call.person).time_zone).unwrap_or(TimeZone::UTC);
        let query =
            cql::Query { statement: &statement, person: call.person, now: call.now(), zone };
        let all = cql::search(site, index, &query).map_err(refuse)?;
        let ids = all.into_iter().filter(|id| {
            is_cloud(call) || site.item(*id).is_some_and(|item| !item.kind.is_cloud_only())
        });
        let ids: Vec<u64> = ids.collect();
        let asked = call.query.number("limit")?.unwrap_or(DEFAULT_LIMIT);
        let start = match call.query.get("cursor").filter(|_| is_cloud(call)) {
            Some(cursor) => decode(cursor)
                .ok_or_else(|| Refusal::Invalid("The cursor is not valid".to_owned()))?,
            None => call.query.number("start")?.unwrap_or(0),
        };
        let limit = asked.min(cap(expand));
        let cut = Window { start, limit };
        let total = ids.len();
        let (shown, more) = window(ids.into_iter(), &cut);
        let words = Words::parse(&statement.words());
        Ok(Self { cql, words, total, shown, start, limit, more })
    }

    /// Cloud goes on by a cursor in a link that is relative to the context path; Data Center
    /// by `start`.
    fn body(&self, call: &Call, results: &[Value]) -> Value {
        let cut = Window { start: self.start, limit: self.limit };
        let mut body = list(call, &cut, results, self.more && !is_cloud(call));
        if self.more && is_cloud(call) {
            let next = self.start + self.limit;
            let path = call.uri.path().strip_prefix("/wiki").unwrap_or_default();
            let mut query = form_urlencoded::Serializer::new(String::from("next=true"));
            query.append_pair("cursor", &encode(next));
            if let Some(expand) = call.query.get("expand") {
                query.append_pair("expand", expand);
            }
            query.append_pair("limit", &self.limit.to_string());
            query.append_pair("start", &next.to_string());
            query.append_pair("cql", &self.cql);
            body["_links"]["next"] = json!(format!("{path}?{}", query.finish()));
        }
        body
    }
}

/// How many results one answer may hold (vendor documents): fewer when bodies come along.
pub(crate) fn cap(expand: &Expand) -> usize {
    let body = expand.get("body");
    if body.is_some_and(|body| body.has("export_view") || body.has("styled_view")) {
        25
    } else if body.is_some() {
        50
    } else if expand.is_empty() {
        1000
    } else {
        200
    }
}

fn encode(start: usize) -> String {
    format!("_f_{}", URL_SAFE_NO_PAD.encode(format!("{start}")))
}

fn decode(cursor: &str) -> Option<usize> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor.strip_prefix("_f_")?).ok()?;
    std::str::from_utf8(&bytes).ok()?.parse().ok()
}

fn envelope(
    call: &Call,
    site: &Site,
    index: &Index,
    item: &Item,
    expand: &Expand,
    words: &Words,
    highlight: bool,
) -> Value {
    let mark = |text: &str| if highlight { mark(text, words) } else { text.to_owned() };
    let text = index.entry(item.id).map_or("", |entry| entry.text.as_str());
    let space = site.space(item.space);
    let breadcrumbs: Vec<Value> = shape::visible_ancestors(call, site, item)
        .into_iter()
        .map(|above| json!({"label": above.title(), "url": web_link(site, above), "separator": ""}))
        .collect();
    json!({
        "content": shape::content(call, site, item, expand),
        "title": mark(item.title()),
        "excerpt": mark(&excerpt(text, words)),
        "url": web_link(site, item),
        "resultGlobalContainer": {
            "title": space.map(|space| space.name.as_str()),
            "displayUrl": space.map(|space| shape::web_space(call, &space.key)),
        },
        "breadcrumbs": breadcrumbs,
        "entityType": "content",
        "iconCssClass": format!("aui-icon content-type-{}", item.kind.as_str()),
        "lastModified": shape::time(call, item.latest().at),
        "friendlyLastModified": item.latest().at.strftime("%b %d, %Y").to_string(),
        "timestamp": item.latest().at.as_millisecond(),
        "score": 0.0,
    })
}

/// About 300 characters around the first word that was asked for.
fn excerpt(text: &str, words: &Words) -> String {
    const LENGTH: usize = 300;
    const BEFORE: usize = 60;
    let pieces: Vec<&str> = text.split_whitespace().collect();
    let hit =
        pieces.iter().position(|piece| crate::index::split(piece).any(|word| words.names(&word)));
    let mut start = hit.unwrap_or(0);
    let mut before = 0;
    while start > 0 && before < BEFORE {
        start -= 1;
        before += pieces[start].chars().count() + 1;
    }
    let mut shown = String::new();
    for piece in &pieces[start..] {
        if shown.chars().count() + piece.chars().count() > LENGTH {
            break;
        }
        if !shown.is_empty() {
            shown.push(' ');
        }
        shown.push_str(piece);
    }
    shown
}

/// The marks that the real search puts around hits.
fn mark(text: &str, words: &Words) -> String {
    let mut shown = String::new();
    let mut word = String::new();
    for c in text.chars().map(Some).chain([None]) {
        match c {
            Some(c) if c.is_alphanumeric() => word.push(c),
            other => {
                if !word.is_empty() && words.names(&word) {
                    shown.push_str("@@@hl@@@");
                    shown.push_str(&word);
                    shown.push_str("@@@endhl@@@");
                } else {
                    shown.push_str(&word);
                }
                word.clear();
                shown.extend(other);
            }
        }
    }
    shown
}
