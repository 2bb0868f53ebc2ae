//! The event of a call: who asked what of which objects, and what came of it. Ids, keys and sizes;
//! never the text of a page or of a question, never a secret.

use std::time::Instant;

use serde_json::{Map, Value, json};
use store::{NewEvent, SiteId};
use tools::{Definition, Objects, Output, PageReference, PageTarget};

use crate::eyes::Eyes;
use crate::refusal::{Decision, Stopped};
use crate::{Call, Caller, Gateway};

/// Longer inside texts are cut in events; the log has them whole.
const INSIDE: usize = 500;

/// Confluence's own limit.
const LONGEST_KEY: usize = 255;

pub(crate) struct Record {
    event: NewEvent,
    detail: Map<String, Value>,
    started: Instant,
}

impl Record {
    /// Before the tool is known, nothing of the call is.
    pub(crate) fn new(gateway: &Gateway, caller: &Caller) -> Self {
        let event = NewEvent {
            organization: caller.organization.clone(),
            at: gateway.environment().now(),
            principal: Some(caller.principal.clone()),
            client: caller.client.clone(),
            token: caller.token.clone(),
            transport: caller.transport.as_str().to_owned(),
            request: caller.request.clone(),
            action: "tools/call".to_owned(),
            tool: None,
            site: None,
            object: None,
            decision: Decision::Deny.as_str().to_owned(),
            code: String::new(),
            detail: Value::Null,
        };
        Self { event, detail: Map::new(), started: Instant::now() }
    }

    pub(crate) fn knows_tool(&mut self, tool: &Definition, call: &Call) {
        self.event.tool = Some(tool.name.to_owned());
        let known = |name: &str| tool.input_schema.get("properties")?.get(name);
        let sizes: Map<String, Value> = call
            .arguments
            .iter()
            .filter(|(name, _)| known(name).is_some())
            .map(|(name, value)| (name.clone(), size(value)))
            .collect();
        self.detail.insert("arguments".to_owned(), sizes.into());
    }

    pub(crate) fn knows_objects(&mut self, objects: &Objects) {
        let spaces = objects.space_keys().map(space);
        let pages = objects.pages().filter_map(page);
        let named: Vec<_> = spaces.chain(pages).collect();
        self.event.object = (!named.is_empty()).then(|| named.join(" "));
    }

    pub(crate) fn knows_site(&mut self, site: &SiteId) {
        self.event.site = Some(site.clone());
    }

    pub(crate) fn knows_eyes(&mut self, eyes: &Eyes) {
        self.detail.insert("visibility".to_owned(), json!(eyes.visibility()));
    }

    /// One of several sites was asked.
    pub(crate) fn asked(&mut self, site: &SiteId, code: &str) {
        let visibility = self.detail.remove("visibility");
        let asked = json!({"site": site.as_str(), "visibility": visibility, "code": code});
        let sites = self.detail.entry("sites").or_insert_with(|| Value::Array(Vec::new()));
        if let Some(sites) = sites.as_array_mut() {
            sites.push(asked);
        }
    }

    pub(crate) fn dropped(&mut self, items: usize) {
        self.add("dropped", items as u64);
    }

    pub(crate) fn requests(&mut self, requests: u64) {
        self.add("requests", requests);
    }

    fn add(&mut self, name: &str, count: u64) {
        let before = self.detail.get(name).and_then(Value::as_u64).unwrap_or_default();
        self.detail.insert(name.to_owned(), (before + count).into());
    }

    pub(crate) fn finish(mut self, result: &Result<Output, Stopped>) -> NewEvent {
        let (decision, code) = match result {
            Ok(output) => {
                self.detail.insert("items".to_owned(), output.items.len().into());
                self.detail.extend(
                    output.facts.get("source").map(|source| ("source".to_owned(), source.clone())),
                );
                (Decision::Allow, "ok")
            }
            Err(stopped) => {
                self.detail.extend(stopped.inside.as_ref().map(|inside| {
                    let inside: String = inside.chars().take(INSIDE).collect();
                    ("inside".to_owned(), inside.into())
                }));
                (stopped.decision, stopped.refusal.code)
            }
        };
        let micros = u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.detail.insert("micros".to_owned(), micros.into());
        NewEvent {
            decision: decision.as_str().to_owned(),
            code: code.to_owned(),
            detail: Value::Object(self.detail),
            ..self.event
        }
    }
}

/// What is no key may be the text of a question (`space:"…"`), and names no space.
fn space(key: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "~_.-".contains(letter);
    let key = if !key.is_empty() && key.len() <= LONGEST_KEY && key.chars().all(plain) {
        key
    } else {
        "?"
    };
    format!("space:{key}")
}

fn page(reference: &PageReference) -> Option<String> {
    match &reference.target {
        PageTarget::Id(id) => Some(format!("page:{}", id.as_str())),
        PageTarget::Title { .. } => None,
    }
}

fn size(value: &Value) -> Value {
    match value {
        Value::Number(_) | Value::Bool(_) | Value::Null => value.clone(),
        Value::String(text) => json!({"characters": text.chars().count()}),
        Value::Array(items) => json!({"items": items.len()}),
        Value::Object(fields) => json!({"fields": fields.len()}),
    }
}
