//! Several sites for a client that knows of none: `ChatGPT` calls `search` and `fetch` with one
//! string each, so `search` asks every site, and what it finds is named by site and id.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use store::Site;
use tools::{Definition, Item, Output, SEARCH_RESULTS, Shape};

use crate::credentials::Chosen;
use crate::record::Record;
use crate::refusal::{Refusal, Stopped};
use crate::{Caller, Gateway};

/// Whether a call that names no site means all of them.
pub(crate) fn means_every_site(tool: &Definition) -> bool {
    tool.shape == Shape::OpenAiSearch
}

/// Whether what the tool answers and takes is named by site and id, where there are several sites.
pub(crate) fn names_sites(tool: &Definition) -> bool {
    matches!(tool.shape, Shape::OpenAiSearch | Shape::OpenAiFetch)
}

/// Takes the site's name off an id that `search` gave: `NAME/ID`.
pub(crate) fn take_site(
    arguments: &mut Map<String, Value>,
    sites: &[(Site, Chosen)],
) -> Option<Value> {
    let id = arguments.get("id")?.as_str()?.trim();
    let (name, rest) = sites
        .iter()
        .filter_map(|(site, _)| Some((&site.name, id.strip_prefix(&site.name)?.strip_prefix('/')?)))
        .max_by_key(|(name, _)| name.len())?;
    let (name, rest) = (Value::from(name.clone()), Value::from(rest));
    arguments.insert("id".to_owned(), rest);
    Some(name)
}

/// The answer with the site in the name of each object.
pub(crate) fn named(mut output: Output, site: &str) -> Output {
    for item in &mut output.items {
        let Some(data) = item.data.as_object_mut() else { continue };
        prefix(data, "id", site);
        let place = match output.shape {
            Shape::OpenAiFetch => data.get_mut("metadata").and_then(Value::as_object_mut),
            Shape::OpenAiSearch | Shape::Page | Shape::List => Some(data),
        };
        if let Some(place) = place {
            prefix(place, "next", site);
            place.insert("site".to_owned(), site.into());
        }
    }
    output.next = output.next.map(|next| format!("{site}/{next}"));
    output
}

fn prefix(fields: &mut Map<String, Value>, name: &str, site: &str) {
    if let Some(Value::String(id)) = fields.get_mut(name) {
        *id = format!("{site}/{id}");
    }
}

impl Gateway {
    /// Asks each site in turn. A site that refuses is left out, unless all do: the first refusal
    /// answers then. What fails inside fails the call.
    pub(crate) async fn ask_everywhere(
        &self,
        caller: &Caller,
        tool: &Definition,
        arguments: Map<String, Value>,
        sites: Vec<(Site, Chosen)>,
        record: &mut Record,
    ) -> Result<Output, Stopped> {
        let mut answers = Vec::new();
        let mut first_refusal = None;
        for (site, chosen) in sites {
            let prepared = tool
                .prepare(arguments.clone())
                .map_err(|error| Refusal::invalid_arguments(&error))?;
            record.knows_objects(prepared.objects());
            let (id, name) = (site.id.clone(), site.name.clone());
            match self.ask(caller, site, chosen, prepared, record).await {
                Ok(output) => {
                    record.asked(&id, "ok");
                    answers.push(named(output, &name));
                }
                Err(stopped) if stopped.refusal == Refusal::internal() => return Err(stopped),
                Err(stopped) => {
                    record.asked(&id, stopped.refusal.code);
                    first_refusal.get_or_insert(stopped);
                }
            }
        }
        match (answers.is_empty(), first_refusal) {
            (true, Some(stopped)) => Err(stopped),
            _ => Ok(merged(answers, tool.shape)),
        }
    }
}

/// In turns, since scores of two sites do not compare.
fn merged(answers: Vec<Output>, shape: Shape) -> Output {
    let sources: BTreeSet<String> = answers
        .iter()
        .filter_map(|answer| answer.facts.get("source")?.as_str())
        .flat_map(|source| source.split('+').map(str::to_owned))
        .collect();
    let oldest =
        answers.iter().filter_map(|answer| answer.facts.get("mirror_age_seconds")?.as_i64()).max();
    let facts = [
        ("source", Some(json!(Vec::from_iter(sources).join("+")))),
        ("mirror_age_seconds", oldest.map(Value::from)),
    ];
    let said = |name| answers.iter().find_map(|answer| answer.facts.get(name).cloned());
    let warnings = ["rights_stale", "search_index"].map(|name| (name, said(name)));
    let facts = facts.into_iter().chain(warnings);
    let facts = facts.filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
    let mut turns: Vec<_> = answers.into_iter().map(|answer| answer.items.into_iter()).collect();
    let mut items: Vec<Item> = Vec::new();
    while items.len() < SEARCH_RESULTS {
        let before = items.len();
        items.extend(turns.iter_mut().filter_map(Iterator::next));
        if items.len() == before {
            break;
        }
    }
    items.truncate(SEARCH_RESULTS);
    Output { items, shape, facts, next: None }
}
