//! `weir sandbox`: the simulated Atlassian alone.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use crate::failure::{Exit, Failure};
use crate::{runtime, terminal};

/// Serves a simulated Confluence and Jira, Cloud and Data Center, on loopback until stopped.
///
/// Prints one JSON line with URLs and credentials, which are made anew on each start.
#[derive(Debug, Args)]
pub(crate) struct Sandbox {
    /// Loopback address; Cloud listens on this port, Data Center on a free one.
    #[arg(long, default_value = "127.0.0.1:0", value_name = "ADDRESS")]
    listen: SocketAddr,
    /// Serves every *.xhtml below DIR as a page instead of the demo site.
    #[arg(long, value_name = "DIR")]
    load: Option<PathBuf>,
    /// Milliseconds before each answer.
    #[arg(long, default_value_t = 0, value_name = "MILLISECONDS")]
    delay: u64,
    /// Every N-th request answers 429.
    #[arg(long, value_name = "N")]
    rate_limit_every: Option<u32>,
    /// Every N-th request answers 503.
    #[arg(long, value_name = "N")]
    unavailable_every: Option<u32>,
    /// Every N-th answer breaks off in the middle.
    #[arg(long, value_name = "N")]
    cut_every: Option<u32>,
    /// A refused credential is answered by an HTML login page with status 200.
    #[arg(long)]
    html_login: bool,
}

pub(crate) async fn run(arguments: &Sandbox) -> Result<(), Failure> {
    if !arguments.listen.ip().is_loopback() {
        return Err(Failure::usage(
            "listen_not_loopback",
            format!("{} is not a loopback address", arguments.listen),
            "The sandbox serves this machine only: use 127.0.0.1:PORT.",
        ));
    }
    let content = match &arguments.load {
        None => sandbox::Content::demo(),
        Some(folder) => sandbox::Content::load(folder).map_err(|error| failure(&error))?,
    };
    let sandbox = sandbox::Sandbox::start(options(arguments), content)
        .await
        .map_err(|error| failure(&error))?;
    terminal::json(&serde_json::to_value(sandbox.access()).unwrap_or_default());
    crate::signals::stopped().await;
    Ok(())
}

fn options(arguments: &Sandbox) -> sandbox::Options {
    let environment = runtime::environment();
    sandbox::Options {
        now: environment.now,
        random: environment.random,
        port: arguments.listen.port(),
        faults: sandbox::Faults {
            rate_limit_every: arguments.rate_limit_every,
            unavailable_every: arguments.unavailable_every,
            delay_ms: arguments.delay,
            cut_every: arguments.cut_every,
            html_login: arguments.html_login,
            index_lag: 0,
        },
    }
}

pub(crate) fn failure(error: &sandbox::SandboxError) -> Failure {
    Failure::new(
        Exit::Failed,
        "sandbox_failed",
        crate::failure::chain(error),
        "Check the folder given by --load and that the port is free.",
    )
}
