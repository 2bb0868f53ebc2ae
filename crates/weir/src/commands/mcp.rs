//! `weir mcp`: an MCP server on standard input and output, for one local person.

use clap::Args;
use gateway::Transport;
use store::Visibility;

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
    let Some((deployment, credential)) = runtime::configured_site(settings)? else {
        return Err(Failure::configuration(
            "site_missing",
            "No site is configured",
            "Set CONFLUENCE_URL with CONFLUENCE_USERNAME and CONFLUENCE_API_TOKEN (Cloud), or with CONFLUENCE_PERSONAL_TOKEN (Data Center).",
        ));
    };
    let (runtime, _lock) = if settings.get("data").is_none() {
        (Runtime::in_memory(runtime::environment()).await?, None)
    } else {
        let folder = DataFolder::of(settings, None)?;
        // Without the lock another process keeps the index fresh; reading it is enough.
        let lock = folder.try_lock()?;
        let runtime = Runtime::on_folder(settings, &folder).await?;
        if lock.is_some() {
            runtime.gateway.catch_up_indexes().await?;
        }
        (runtime, lock)
    };
    runtime.connect(deployment, credential, Visibility::Own).await?;
    let caller = runtime.gateway.local_owner(Transport::Stdio).await?;
    mcp::serve_stdio(runtime.gateway, caller, runtime::VERSION).await.map_err(|error| {
        Failure::new(
            Exit::Failed,
            "mcp_failed",
            chain(&error),
            "The agent ended the conversation early; its log says why.",
        )
    })
}
