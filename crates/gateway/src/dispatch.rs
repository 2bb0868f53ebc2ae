//! The door: every call of every interface, stage by stage.

use std::collections::HashSet;

use serde_json::{Map, Value, json};
use store::{EventId, Site};
use tokio::sync::oneshot;
use tools::{
    CATALOGUE, Class, Coverage, Definition, InvalidArguments, Objects, Origin, Output, Prepared,
    Reach, Resource, Shape, SiteHandle, SiteParts,
};
use tracing::Instrument as _;

use crate::credentials::Chosen;
use crate::eyes::Eyes;
use crate::record::Record;
use crate::refusal::{Refusal, Stopped};
use crate::{Caller, Gateway, GatewayError, everywhere};

/// What a caller asks for.
#[derive(Clone, Debug)]
pub struct Call {
    /// The tool's name.
    pub tool: String,
    /// As the caller sent them.
    pub arguments: Map<String, Value>,
}

/// What came of a call.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The event that says so; `None` only where it could not be written, and then nothing is
    /// answered.
    pub event: Option<EventId>,
    /// The answer, still as objects.
    pub result: Result<Output, Refusal>,
}

/// A tool as it is listed to a caller.
#[derive(Clone, Debug)]
pub struct ToolDescription {
    /// What a caller calls it by.
    pub name: String,
    /// For people.
    pub title: String,
    /// One paragraph for the model.
    pub description: String,
    /// What it does to the objects that it names.
    pub class: Class,
    /// JSON Schema of the arguments (2020-12).
    pub input_schema: Map<String, Value>,
    /// JSON Schema of the answer, for the shapes whose JSON is exact.
    pub output_schema: Option<Map<String, Value>>,
    /// Whether a client that loads tools on demand should hold this one from the start.
    pub always_load: bool,
}

/// The argument by which a caller picks one of several sites. It belongs to the door, not to a
/// tool: a tool knows one site.
const SITE: &str = "site";

/// The tools that answer out of the index.
const SEARCHES: [&str; 2] = ["search", "confluence_search"];

impl Gateway {
    /// The tools that `caller` may call, in the order of the catalogue.
    pub async fn list_tools(&self, caller: &Caller) -> Result<Vec<ToolDescription>, GatewayError> {
        let sites = self.sites_for(caller).await?;
        Ok(CATALOGUE.iter().map(|tool| described(tool, &sites)).collect())
    }

    /// Every call of every interface. One event precedes each answer.
    ///
    /// The call is a task of its own, so whoever drops this future (a client that hung up, or that
    /// cancelled) leaves an event all the same: a read is broken off as `cancelled`, and anything
    /// else goes on to its end, since the site may have done it already.
    pub async fn dispatch(&self, caller: &Caller, call: Call) -> Outcome {
        let (answer, listener) = oneshot::channel();
        let carried = self.clone().carry(caller.clone(), call, answer);
        self.inner.calls.spawn(carried.in_current_span());
        listener.await.unwrap_or_else(|_| {
            tracing::error!(request = caller.request, "the call broke off without an event");
            Outcome { event: None, result: Err(Refusal::internal()) }
        })
    }

    /// Waits until each call under way has left its event. For the end of the process.
    pub async fn settle(&self) {
        self.inner.calls.close();
        self.inner.calls.wait().await;
    }

    async fn carry(self, caller: Caller, call: Call, mut answer: oneshot::Sender<Outcome>) {
        let mut record = Record::new(&self, &caller);
        let searches = SEARCHES.contains(&call.tool.as_str());
        let may_break_off =
            tools::definition(&call.tool).is_none_or(|tool| tool.class == Class::Read);
        let result = tokio::select! {
            biased;
            result = self.pass(&caller, call, &mut record) => {
                result.map(|output| self.with_state_of_index(searches, output))
            }
            () = answer.closed(), if may_break_off => Err(Refusal::cancelled().into()),
        };
        let outcome = self.leave_event(&caller, record, result).await;
        // Whoever hung up gets none.
        drop(answer.send(outcome));
    }

    fn with_state_of_index(&self, searches: bool, mut output: Output) -> Output {
        let source = output.facts.get("source").and_then(Value::as_str).unwrap_or_default();
        if searches && source.contains(Origin::Mirror.as_str()) && !self.indexes_are_current() {
            let state = "is being brought up to date: pages may be missing";
            output.facts.insert("search_index".to_owned(), state.into());
        }
        output
    }

    async fn leave_event(
        &self,
        caller: &Caller,
        record: Record,
        result: Result<Output, Stopped>,
    ) -> Outcome {
        if let Err(Stopped { refusal, inside: Some(inside), .. }) = &result {
            tracing::warn!(request = caller.request, code = refusal.code, inside, "call failed");
        }
        let event = record.finish(&result);
        match store::append_event(self.db(), self.environment(), event).await {
            Ok(event) => {
                Outcome { event: Some(event), result: result.map_err(|stopped| stopped.refusal) }
            }
            Err(error) => {
                let error = crate::refusal::chain(&error);
                tracing::error!(request = caller.request, error, "event not written");
                Outcome { event: None, result: Err(Refusal::internal()) }
            }
        }
    }

    /// The stages up to the event, in their order. The first that fails answers.
    async fn pass(
        &self,
        caller: &Caller,
        mut call: Call,
        record: &mut Record,
    ) -> Result<Output, Stopped> {
        let tool = tools::definition(&call.tool).ok_or_else(Refusal::unknown_tool)?;
        record.knows_tool(tool, &call);

        let sites = self.sites_for(caller).await?;
        let names_sites = sites.len() > 1 && everywhere::names_sites(tool);
        let mut site_name = call.arguments.remove(SITE);
        if names_sites && site_name.is_none() {
            site_name = everywhere::take_site(&mut call.arguments, &sites);
        }
        if names_sites && site_name.is_none() && everywhere::means_every_site(tool) {
            return self.ask_everywhere(caller, tool, call.arguments, sites, record).await;
        }
        let prepared =
            tool.prepare(call.arguments).map_err(|error| Refusal::invalid_arguments(&error))?;
        record.knows_objects(prepared.objects());

        let (site, chosen) = resolve_site(sites, site_name.as_ref(), prepared.objects())?;
        record.knows_site(&site.id);
        let name = site.name.clone();
        let output = self.ask(caller, site, chosen, prepared, record).await?;
        Ok(if names_sites { everywhere::named(output, &name) } else { output })
    }

    /// The stages that concern one site.
    pub(crate) async fn ask(
        &self,
        caller: &Caller,
        site: Site,
        chosen: Chosen,
        prepared: Prepared,
        record: &mut Record,
    ) -> Result<Output, Stopped> {
        let eyes = self.eyes(caller, site, chosen).await?;
        record.knows_eyes(&eyes);

        self.decide(&eyes, prepared.objects()).await?;

        let live = if eyes.may_ask_atlassian() {
            Some(self.session(&eyes.site, &eyes.chosen.credential)?)
        } else {
            None
        };

        let output = self.handle(&eyes, live, prepared, record).await?;

        self.filter(&eyes, output, record).await
    }

    /// A read is decided on what its arguments name, and again on what came back. What is named
    /// by id alone can only be decided then.
    async fn decide(&self, eyes: &Eyes, objects: &Objects) -> Result<(), Stopped> {
        if !objects.space_keys().all(|key| eyes.sight.opened(key).is_some()) {
            return Err(Refusal::space_not_open().into());
        }
        if eyes.may_ask_atlassian() {
            return Ok(());
        }
        if objects.reach == Reach::Live {
            return Err(Refusal::connect_account().into());
        }
        if eyes.rights_age.forbids(objects.space_keys()) {
            return Err(Refusal::rights_stale().into());
        }
        let mut keys = objects.space_keys().peekable();
        if keys.peek().is_some() {
            let spaces = store::spaces(self.db(), &eyes.site.id).await?;
            let is_mirrored =
                |key: &str| spaces.iter().any(|space| space.key.eq_ignore_ascii_case(key));
            if !keys.all(is_mirrored) {
                return Err(Refusal::connect_account().into());
            }
        }
        Ok(())
    }

    async fn handle(
        &self,
        eyes: &Eyes,
        live: Option<atlassian::Session>,
        prepared: Prepared,
        record: &mut Record,
    ) -> Result<Output, Stopped> {
        let index =
            if eyes.is_mirrored { self.inner.indexes.of(&eyes.site.id).await? } else { None };
        // What cannot be searched is not known to be held.
        let unsearchable = eyes.is_mirrored && index.is_none();
        let coverage = if unsearchable { Coverage::default() } else { eyes.coverage.clone() };
        let handle = SiteHandle::new(SiteParts {
            db: self.db().clone(),
            site: eyes.site.id.clone(),
            sight: eyes.sight.clone(),
            coverage,
            index,
            live: live.clone(),
            now: self.environment().now(),
        });
        let answer = prepared.run(&handle).await;
        record.requests(live.map_or(0, |session| session.requests()));
        Ok(answer?)
    }

    /// The rule once more, on what came back: a mirrored page by its class as it is now, anything
    /// live by its space.
    async fn filter(
        &self,
        eyes: &Eyes,
        mut output: Output,
        record: &mut Record,
    ) -> Result<Output, Stopped> {
        let mirrored: Vec<String> = output
            .items
            .iter()
            .filter(|item| item.origin == Origin::Mirror)
            .filter_map(|item| match &item.resource {
                Resource::Page { id } => Some(id.clone()),
                Resource::Space { .. } | Resource::Site => None,
            })
            .collect();
        let visible = &eyes.sight.visible;
        let readable: HashSet<String> = match mirrored.as_slice() {
            [] => HashSet::new(),
            ids => store::page_headers(self.db(), &eyes.site.id, visible, ids)
                .await?
                .into_iter()
                .filter(|header| visible.contains(header.acl_class))
                .filter(|header| eyes.sight.admits_space(Some(&header.space_key)))
                .map(|header| header.content_id)
                .collect(),
        };
        let before = output.items.len();
        output.items.retain(|item| match (&item.resource, item.origin) {
            (Resource::Site, _) => true,
            (Resource::Space { key }, _) => eyes.sight.admits_space(Some(key)),
            (Resource::Page { id }, Origin::Mirror) => readable.contains(id),
            (Resource::Page { .. }, Origin::Live) => {
                eyes.may_ask_atlassian() && eyes.sight.admits_space(item.space_key.as_deref())
            }
        });
        record.dropped(before - output.items.len());
        if eyes.rights_age.is_stale_in_part() {
            output.facts.insert("rights_stale".to_owned(), true.into());
        }
        match output.shape {
            Shape::Page | Shape::OpenAiFetch if output.items.is_empty() => {
                Err(Refusal::not_found().into())
            }
            _ => Ok(output),
        }
    }
}

/// The site that is named, else the one that an address means, else the only one.
fn resolve_site(
    sites: Vec<(Site, Chosen)>,
    name: Option<&Value>,
    objects: &Objects,
) -> Result<(Site, Chosen), Refusal> {
    let refused =
        |message: String| Err(Refusal::invalid_arguments(&InvalidArguments::new(message)));
    if sites.is_empty() {
        return Err(Refusal::no_site());
    }
    let names: Vec<_> = sites.iter().map(|(site, _)| format!("`{}`", site.name)).collect();
    let names = names.join(", ");
    let is_meant = |site: &Site| match name {
        None | Some(Value::Null) => true,
        Some(name) => name.as_str() == Some(site.name.as_str()),
    };
    let mut candidates: Vec<_> = sites.into_iter().filter(|(site, _)| is_meant(site)).collect();
    if candidates.is_empty() {
        return refused(format!("`site` must be one of {names}"));
    }
    candidates.retain(|(site, _)| objects.pages().all(|page| page.may_belong_to(&site.base_url)));
    if objects.pages().any(tools::PageReference::is_address) {
        candidates.sort_by_key(|(site, _)| std::cmp::Reverse(site.base_url.len()));
        candidates.truncate(1);
    }
    match (candidates.pop(), candidates.is_empty()) {
        (Some(only), true) => Ok(only),
        (Some(_), false) => refused(format!("say which `site` you mean: one of {names}")),
        (None, _) => refused("the address is not one of this site; give the page's id".to_owned()),
    }
}

fn described(tool: &Definition, sites: &[(Site, Chosen)]) -> ToolDescription {
    ToolDescription {
        name: tool.name.to_owned(),
        title: tool.title.to_owned(),
        description: tool.description.to_owned(),
        class: tool.class,
        input_schema: with_site(tool.input_schema.clone(), sites),
        output_schema: tool.output_schema.clone(),
        always_load: tool.always_load,
    }
}

/// Where there are several sites, the tools take the name of one.
fn with_site(mut schema: Map<String, Value>, sites: &[(Site, Chosen)]) -> Map<String, Value> {
    let names: Vec<_> = sites.iter().map(|(site, _)| site.name.clone()).collect();
    if names.len() > 1 {
        let properties = schema.entry("properties").or_insert_with(|| json!({}));
        if let Some(properties) = properties.as_object_mut() {
            let site = json!({
                "description": "Which site; may be left out with a page's address.",
                "type": "string",
                "enum": names,
            });
            properties.insert(SITE.to_owned(), site);
        }
    }
    schema
}
