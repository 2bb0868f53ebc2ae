//! `weir status`: what is mirrored, and how the last run went.

use clap::Args;
use gateway::Transport;
use serde_json::Value;

use crate::failure::Failure;
use crate::folder::DataFolder;
use crate::local_client::Holder;
use crate::runtime::{self, Runtime};
use crate::settings::Settings;
use crate::terminal;

/// Shows sites, sources and their last runs.
#[derive(Debug, Args)]
pub(crate) struct Status {
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(arguments: &Status, settings: &Settings) -> Result<(), Failure> {
    let folder = DataFolder::of(settings, runtime::default_data_folder())?;
    let overview = match Holder::of(&folder)? {
        Holder::Server(server) => server.get("/api/v1/overview").await?,
        Holder::This(lock) => {
            let runtime = Runtime::on_folder(settings, &folder, &lock).await?;
            let caller = runtime.gateway.local_owner(Transport::CommandLine).await?;
            serde_json::to_value(runtime.gateway.overview(&caller).await?).unwrap_or_default()
        }
    };
    if arguments.json {
        terminal::json(&overview);
    } else {
        show(&overview);
    }
    Ok(())
}

fn show(overview: &Value) {
    let sites = overview["sites"].as_array().map_or(&[][..], Vec::as_slice);
    if sites.is_empty() {
        terminal::line(
            "No site yet. Set CONFLUENCE_URL and its credential, then run `weir sync all`.",
        );
    }
    for site in sites {
        let text = |field: &str| terminal::clean(site[field].as_str().unwrap_or_default());
        terminal::line(&format!("{}  {}", terminal::bold(&text("name")), text("base_url")));
        let number = |field: &str| site[field].as_u64().unwrap_or_default();
        terminal::line(&format!(
            "  {} in {}",
            terminal::counted(number("pages"), "page"),
            terminal::counted(number("spaces"), "space")
        ));
        for source in site["sources"].as_array().map_or(&[][..], Vec::as_slice) {
            let run = &source["last_run"];
            let state = run["state"].as_str().unwrap_or("no run yet");
            let ended = run["ended_at"].as_str().unwrap_or("");
            terminal::line(&format!(
                "  scope {}: {state} {ended}",
                source["scope"].as_str().unwrap_or_default()
            ));
            if let Some(error) = run["error"].as_str() {
                terminal::line(&format!("    {}", terminal::clean(error)));
            }
            for hold in run["held"].as_array().map_or(&[][..], Vec::as_slice) {
                let text = |field: &str| terminal::clean(hold[field].as_str().unwrap_or_default());
                terminal::line(&format!("    held: {}", text("reason")));
                terminal::line(&format!("      {}", text("next")));
            }
        }
    }
}
