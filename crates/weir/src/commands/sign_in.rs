//! `weir sign-in`: a link that opens the console, once.

use clap::Args;
use serde_json::json;

use crate::failure::{Exit, Failure};
use crate::folder::DataFolder;
use crate::local_client::Holder;
use crate::runtime;
use crate::settings::Settings;
use crate::terminal;

/// Prints a link that opens the console of the running server; it works once, for ten minutes.
#[derive(Debug, Args)]
pub(crate) struct SignIn {
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(arguments: &SignIn, settings: &Settings) -> Result<(), Failure> {
    let folder = DataFolder::of(settings, runtime::default_data_folder())?;
    let Holder::Server(server) = Holder::of(&folder)? else {
        return Err(Failure::new(
            Exit::Failed,
            "server_not_running",
            "No server runs on this data folder",
            "Start one with `weir serve`.",
        ));
    };
    let answer = server.post("/api/v1/sign-in", &json!({})).await?;
    if arguments.json {
        terminal::json(&answer);
    } else {
        terminal::line(answer["url"].as_str().unwrap_or_default());
    }
    Ok(())
}
