//! `weir mcp`: an MCP server on standard input and output, for one local person.

use clap::Args;
use gateway::Transport;

use crate::failure::{Exit, Failure, chain};
use crate::folder::DataFolder;
use crate::runtime::{self, Runtime};
use crate::settings::Settings;

/// Serves one agent over standard input and output, with the credential of the environment.
///
/// Without --data everything stays in memory and nothing is mirrored: searches ask the site. With
/// neither --data nor a credential it serves what `weir sync` mirrored.
#[derive(Debug, Args)]
pub(crate) struct Mcp {}

pub(crate) async fn run(_: &Mcp, settings: &Settings) -> Result<(), Failure> {
    let folder = match (settings.get("data"), runtime::configured_site(settings)?) {
        (Some(_), _) => DataFolder::existing(settings, None)?,
        // Nothing says which site: the one that is mirrored.
        (None, None) => DataFolder::existing(settings, runtime::default_data_folder())?,
        (None, Some(_)) => None,
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
