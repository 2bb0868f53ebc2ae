//! Arguments.

use clap::{ArgMatches, Args, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::commands::{
    convert, demo, doctor, mcp, sandbox, search, serve, sign_in, site, status, sync, token,
};
use crate::failure::Failure;
use crate::leave::leave;
use crate::{runtime, settings, terminal};

/// Stands between Atlassian and AI agents: connects a Confluence site, mirrors it, and serves it
/// to agents over MCP, each call under the right person's rights.
#[derive(Debug, Parser)]
#[command(name = "weir", version = runtime::VERSION, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Demo(demo::Demo),
    Serve(serve::Serve),
    Mcp(mcp::Mcp),
    Sync(sync::Sync),
    Search(search::Search),
    Status(status::Status),
    Doctor(doctor::Doctor),
    Token(token::Token),
    Site(site::Site),
    SignIn(sign_in::SignIn),
    Convert(convert::Convert),
    Sandbox(sandbox::Sandbox),
    /// Prints completions for a shell.
    Completions {
        shell: clap_complete::Shell,
    },
    /// Prints the reference of all settings.
    Settings(Settings),
}

/// Prints docs/reference/settings.md.
#[derive(Debug, Args)]
pub(crate) struct Settings {}

/// What was asked for.
pub(crate) struct Arguments {
    pub(crate) command: Command,
    /// The subcommand's matches, from which the settings take their flags.
    pub(crate) flags: ArgMatches,
}

impl Arguments {
    /// Errors are printed as JSON.
    pub(crate) fn json(&self) -> bool {
        self.flags.try_get_one::<bool>("json").ok().flatten().copied().unwrap_or(false)
    }

    /// What is logged unless a setting says otherwise. A question's answer says itself what failed.
    pub(crate) fn log(&self) -> &'static str {
        if matches!(self.command, Command::Search(_)) { "error" } else { "warn" }
    }

    /// Commands that use a folder of their own and no credential of the user's.
    pub(crate) fn ignores_surroundings(&self) -> bool {
        matches!(
            self.command,
            Command::Demo(_)
                | Command::Sandbox(_)
                | Command::Convert(_)
                | Command::Completions { .. }
                | Command::Settings(_)
        )
    }
}

/// The parser with the flags of the settings.
pub(crate) fn command() -> clap::Command {
    settings::with_flags(Cli::command())
}

/// Parses the program's arguments; prints help or usage errors and exits when they ask for it.
pub(crate) fn parse() -> Arguments {
    let parsed = command().try_get_matches().and_then(|matches| {
        Cli::from_arg_matches_mut(&mut matches.clone()).map(|parsed| (parsed, matches))
    });
    let (parsed, mut matches) = parsed.unwrap_or_else(|error| refuse(&error));
    let flags = matches.remove_subcommand().map(|(_, flags)| deepest(flags)).unwrap_or_default();
    Arguments { command: parsed.command, flags }
}

/// What could not be parsed cannot be asked whether errors are JSON; the bare arguments are.
fn refuse(error: &clap::Error) -> ! {
    let json = std::env::args_os().take_while(|one| one != "--").any(|one| one == "--json");
    if !json || !error.use_stderr() {
        error.exit();
    }
    let said = error.render().to_string();
    let said = said.trim_start_matches("error: ");
    let message = said.split("\n\n").next().unwrap_or_default().replace("\n ", "");
    let hint = "The command with --help says what it takes.";
    let failure = Failure::usage("invalid_arguments", message, hint);
    terminal::json(&failure.to_json());
    leave(error.exit_code())
}

/// Global flags are repeated in the matches of nested subcommands; the last has them all.
fn deepest(mut flags: ArgMatches) -> ArgMatches {
    while let Some((_, inner)) = flags.remove_subcommand() {
        flags = inner;
    }
    flags
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_parser_is_consistent() {
        super::command().debug_assert();
    }
}
