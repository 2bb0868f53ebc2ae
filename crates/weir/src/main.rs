//! Weir: the program. Arguments, configuration, wiring, signals and terminal output; everything
//! else is in the crates below.

mod cli;
mod commands;
mod failure;
mod folder;
mod leave;
mod local_client;
mod runtime;
mod settings;
mod signals;
mod terminal;
mod worker;

use std::process::ExitCode;

use crate::failure::Failure;

fn main() -> ExitCode {
    let arguments = cli::parse();
    let json = arguments.json();
    match run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            report(&failure, json);
            ExitCode::from(failure.exit as u8)
        }
    }
}

fn run(arguments: cli::Arguments) -> Result<(), Failure> {
    let settings = settings::Settings::resolve(
        &arguments.flags,
        &|name| if arguments.ignores_surroundings() { None } else { runtime::variable(name) },
        if arguments.ignores_surroundings() { None } else { runtime::default_configuration_file() },
    )?;
    start_log(settings.get("log").unwrap_or(arguments.log()))?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|error| {
            Failure::new(failure::Exit::Failed, "runtime_unavailable", error.to_string(), "")
        })?;
    runtime.block_on(commands::run(arguments.command, settings))
}

fn report(failure: &Failure, json: bool) {
    if json {
        terminal::json(&failure.to_json());
    } else {
        terminal::note(&format!("{} {failure}", terminal::bold("error:")));
    }
}

/// Logs go to standard error: standard output belongs to results and, in `weir mcp`, to the protocol.
fn start_log(filter: &str) -> Result<(), Failure> {
    // It warns of what callers get wrong, with all that they sent; the gateway's events say it in brief.
    let quiet = if filter.contains("rmcp") { "" } else { "rmcp=error," };
    let filter =
        tracing_subscriber::EnvFilter::try_new(format!("{quiet}{filter}")).map_err(|error| {
            Failure::configuration(
                "log_filter_invalid",
                format!("`{filter}` is not a log filter: {error}"),
                "Give error, warn, info, debug or trace.",
            )
        })?;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
        .init();
    Ok(())
}
