//! `weir site`: the sites that a data folder holds.

use clap::{Args, Subcommand};
use gateway::Transport;

use crate::failure::Failure;
use crate::folder::DataFolder;
use crate::runtime::{self, Runtime};
use crate::settings::Settings;
use crate::terminal;

/// Renames and removes the sites of the data folder; `weir status` lists them.
///
/// A site is added by `weir sync` or `weir serve` with its address set. Stop `weir serve` first.
#[derive(Debug, Args)]
pub(crate) struct Site {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Gives a site another name, by which agents say which they mean.
    Rename {
        /// What it is called now.
        name: String,
        /// What it shall be called.
        new_name: String,
    },
    /// Forgets a site: its credential, its scope, its pages and its index. Nothing happens to the
    /// site itself.
    Remove {
        /// What it is called.
        name: String,
    },
}

pub(crate) async fn run(site: &Site, settings: &Settings) -> Result<(), Failure> {
    let folder = DataFolder::of(settings, runtime::default_data_folder())?;
    let lock = folder.lock()?;
    let runtime = Runtime::on_folder(settings, &folder, &lock).await?;
    let caller = runtime.gateway.local_owner(Transport::CommandLine).await?;
    match &site.action {
        Action::Rename { name, new_name } => {
            runtime.gateway.rename_site(&caller, name, new_name).await?;
            terminal::note(&format!("{} is called {} now.", clean(name), clean(new_name)));
        }
        Action::Remove { name } => {
            runtime.gateway.remove_site(&caller, name).await?;
            terminal::note(&format!("{} is forgotten.", clean(name)));
        }
    }
    Ok(())
}

fn clean(name: &str) -> String {
    terminal::clean(name)
}
