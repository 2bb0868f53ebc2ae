//! Copying and archiving pages, which v2 does not do.

use serde_json::Value;

use super::long_task::begun;
use super::{Expand, find, shape};
use crate::http::{Answer, Call, parse_id};
use crate::site::{CopyTo, Copying, Refusal, Titles};

pub(crate) fn copy(call: &Call) -> Result<Answer, Refusal> {
    let request = call.json()?;
    let destination = &request["destination"];
    let value = destination["value"].as_str().unwrap_or_default();
    let (id, to) = {
        let site = call.shared.site();
        let source = find(call, &site)?;
        let (space, parent) = match destination["type"].as_str() {
            Some("space") => {
                let space = site.visible_space_key(call.person, value);
                let missing = || Refusal::NotFound(format!("No space with key : {value}"));
                (space.ok_or_else(missing)?.id, None)
            }
            Some("parent_page" | "parent_content") => {
                let parent = parse_id(value).and_then(|id| site.visible(call.person, id));
                let parent = parent.ok_or_else(|| super::no_content(value))?;
                (parent.space, Some(parent.id))
            }
            _ => {
                return Err(Refusal::Invalid(
                    "destination.type must be 'space', 'parent_page' or 'parent_content'"
                        .to_owned(),
                ));
            }
        };
        let title = request["pageTitle"].as_str().map(str::to_owned);
        let title = title.unwrap_or_else(|| format!("Copy of {}", source.title()));
        (source.id, CopyTo { space, parent, title })
    };
    let parts = parts(&request);
    let copy = call.change(|site| site.copy(call.person, id, to, parts, call.now()))?;
    let site = call.shared.site();
    let item = site.item(copy).ok_or_else(|| super::no_content(call.path("id")))?;
    Ok(Answer::Json(shape::content(call, &site, item, &Expand::parse(["space", "version"]))))
}

pub(crate) fn copy_hierarchy(call: &Call) -> Result<Answer, Refusal> {
    let request = call.json()?;
    let id = {
        let site = call.shared.site();
        find(call, &site)?.id
    };
    let below = request["destinationPageId"].as_str().unwrap_or_default();
    let below = parse_id(below).ok_or_else(|| super::no_content(below))?;
    let text = |name: &str| request["titleOptions"][name].as_str().unwrap_or_default().to_owned();
    let titles =
        Titles { prefix: text("prefix"), search: text("search"), replace: text("replace") };
    let parts = parts(&request);
    let task = call.change(|site| {
        site.copy_tree(call.person, id, below, &titles, parts, call.now())?;
        Ok(site.begin_long_task("copypagetree.longtask.name"))
    })?;
    Ok(begun(call, task))
}

fn parts(request: &Value) -> Copying {
    let flag = |name: &str| request[name].as_bool().unwrap_or(false);
    Copying {
        attachments: flag("copyAttachments"),
        restrictions: flag("copyPermissions"),
        properties: flag("copyProperties"),
        labels: flag("copyLabels"),
    }
}

/// An id that is not there makes the real service fall over, so this one answers 500 too.
pub(crate) fn archive(call: &Call) -> Result<Answer, Refusal> {
    let request = call.json()?;
    let pages = request["pages"]
        .as_array()
        .filter(|pages| !pages.is_empty())
        .ok_or_else(|| Refusal::Invalid("pages must name at least one page".to_owned()))?;
    let ids: Vec<u64> = pages.iter().filter_map(|page| page["id"].as_u64()).collect();
    let task = call.change(|site| {
        let known = |id: &u64| site.visible(call.person, *id).is_some();
        if ids.len() != pages.len() || !ids.iter().all(known) {
            return Err(Refusal::Broken);
        }
        for id in ids {
            site.archive(call.person, id)?;
        }
        Ok(site.begin_long_task("com.atlassian.confluence.pages.archive"))
    })?;
    Ok(begun(call, task))
}
