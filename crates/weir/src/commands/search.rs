//! `weir search`: the engine that agents search with, from the terminal.

use clap::Args;
use gateway::{Call, Transport};
use serde_json::{Map, Value, json};

use crate::failure::Failure;
use crate::folder::DataFolder;
use crate::local_client::{LocalClient, call};
use crate::runtime::{self, Runtime};
use crate::settings::Settings;
use crate::terminal::{self, bold, clean};

/// Searches the mirror, and the site where nothing is mirrored.
#[derive(Debug, Args)]
pub(crate) struct Search {
    /// Words, a question, or CQL. `space:ENG`, `label:runbook` and "exact words" narrow it.
    #[arg(required = true)]
    query: Vec<String>,
    /// Most hits to show.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=50))]
    limit: u32,
    /// One of several sites, by its name in `weir status`.
    #[arg(long, value_name = "NAME")]
    site: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// The tool that answers.
const TOOL: &str = "confluence_search";

pub(crate) async fn run(search: &Search, settings: &Settings) -> Result<(), Failure> {
    let query = search.query.join(" ");
    if query.trim().is_empty() {
        return Err(Failure::usage(
            "query_empty",
            "There is nothing to search for",
            "Give words that the page has, `weir search roll back a deployment`.",
        ));
    }
    let mut arguments = json!({"query": query, "limit": search.limit});
    if let Some(site) = &search.site {
        arguments["site"] = json!(site);
    }
    let folder = DataFolder::existing(settings, runtime::default_data_folder())?;
    let server = folder.as_ref().map(LocalClient::of).transpose()?.flatten();
    let output = match server {
        Some(server) => {
            server.post("/api/v1/call", &call(TOOL, &arguments)).await?["output"].take()
        }
        None => here(settings, folder.as_ref(), arguments).await?,
    };
    if search.json {
        terminal::json(&output);
    } else {
        show(&output);
    }
    Ok(())
}

async fn here(
    settings: &Settings,
    folder: Option<&DataFolder>,
    arguments: Value,
) -> Result<Value, Failure> {
    let runtime = Runtime::for_owner(settings, folder).await?;
    let caller = runtime.gateway.local_owner(Transport::CommandLine).await?;
    let arguments = arguments.as_object().cloned().unwrap_or_else(Map::new);
    let outcome =
        runtime.gateway.dispatch(&caller, Call { tool: TOOL.to_owned(), arguments }).await;
    Ok(serde_json::to_value(outcome.result?).unwrap_or_default())
}

fn show(output: &Value) {
    let items = output["items"].as_array().map_or(&[][..], Vec::as_slice);
    if items.is_empty() {
        terminal::note(
            "Nothing found. Try fewer or other words; `weir status` shows what is mirrored.",
        );
    }
    for item in items {
        let text = |field: &str| clean(item["data"][field].as_str().unwrap_or_default());
        terminal::line(&format!("{}  {}", bold(&text("title")), text("url")));
        let snippet = text("snippet");
        if !snippet.is_empty() {
            terminal::line(&format!("  {snippet}"));
        }
    }
    if let Some(source) = output["facts"]["source"].as_str() {
        let age = output["facts"]["mirror_age_seconds"].as_u64();
        let age = age.map_or_else(String::new, |seconds| format!(", {} min old", seconds / 60));
        let source = match source {
            "live" => "the site",
            "mirror" => "the mirror",
            _ => "the mirror and the site",
        };
        let hits = terminal::counted(items.len() as u64, "hit");
        terminal::note(&format!("({hits} from {source}{age})"));
    }
}
