//! One file a command.

pub(crate) mod convert;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod mcp;
pub(crate) mod sandbox;
pub(crate) mod search;
pub(crate) mod serve;
pub(crate) mod sign_in;
pub(crate) mod site;
pub(crate) mod status;
pub(crate) mod sync;
pub(crate) mod token;

use crate::cli::{self, Command};
use crate::failure::Failure;
use crate::settings::{self, Settings};
use crate::terminal;

pub(crate) async fn run(command: Command, settings: Settings) -> Result<(), Failure> {
    match command {
        Command::Demo(demo) => demo::run(&demo).await,
        Command::Serve(serve) => serve::run(&serve, &settings).await,
        Command::Mcp(mcp) => mcp::run(&mcp, &settings).await,
        Command::Sync(sync) => sync::run(&sync, &settings).await,
        Command::Search(search) => search::run(&search, &settings).await,
        Command::Status(status) => status::run(&status, &settings).await,
        Command::Doctor(doctor) => doctor::run(&doctor, &settings).await,
        Command::Token(token) => token::run(&token, &settings).await,
        Command::Site(site) => site::run(&site, &settings).await,
        Command::SignIn(sign_in) => sign_in::run(&sign_in, &settings).await,
        Command::Convert(convert) => convert::run(&convert),
        Command::Sandbox(sandbox) => sandbox::run(&sandbox).await,
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut cli::command(), "weir", &mut script);
            terminal::line(String::from_utf8_lossy(&script).trim_end());
            Ok(())
        }
        Command::Settings(_) => {
            terminal::line(settings::reference().trim_end());
            Ok(())
        }
    }
}
