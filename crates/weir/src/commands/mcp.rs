//! `weir mcp`: an MCP server on standard input and output, for one local person.

use clap::Args;
use gateway::Transport;

use crate::failure::{Exit, Failure, chain};
use crate::folder::DataFolder;
use crate::runtime::{self, Runtime};
use crate::settings::Settings;

/// Serves one agent over standard input and output, with the credential of the environment.
///
/// Without --data everything stays in memory and nothing is mirrored: searches ask the site.
#[derive(Debug, Args)]
pub(crate) struct Mcp {}

pub(crate) async fn run(_: &Mcp, settings: &Settings) -> Result<(), Failure> {
    if runtime::configured_site(settings)?.is_none() {
        return Err(runtime::site_missing());
    }
    let folder = match settings.get("data") {
        None => None,
        Some(_) => DataFolder::existing(settings, None)?,
    };
    // The folder is somebody else's while the agent is open: this process holds no lock on it.
    let runtime = Runtime::for_owner(settings, folder.as_ref()).await?;
    let caller = runtime.gateway.local_owner(Transport::Stdio).await?;
    let served = mcp::serve_stdio(runtime.gateway.clone(), caller, runtime::VERSION).await;
    runtime.gateway.settle().await;
    served.map_err(|error| {
        Failure::new(
            Exit::Failed,
            "mcp_failed",
            chain(&error),
            "The agent ended the conversation early; its log says why.",
        )
    })
}
