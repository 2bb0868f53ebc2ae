//! `weir sync`: one run of the mirror, without a server.

use atlassian::{ErrorKind, Session};
use clap::Args;
use mirror::MirrorError;
use serde_json::{Value, json};
use store::{Run, RunState, Scope, Site, Visibility};

use crate::failure::{Exit, Failure};
use crate::folder::{DataFolder, FolderLock};
use crate::local_client::{Holder, LocalClient};
use crate::runtime::{self, Runtime};
use crate::settings::Settings;
use crate::terminal::{self, RunProgress};

/// Brings the mirror of the configured site up to date, once.
#[derive(Debug, Args)]
pub(crate) struct Sync {
    /// Space keys with commas between, or `all`; otherwise the scope of the last time.
    scope: Option<String>,
    /// Drops the local copy of a space before the run, which reads anew what is still there. Ends a
    /// hold on a space whose pages are gone on purpose; may be repeated.
    #[arg(long, value_name = "KEY")]
    forget: Vec<String>,
    /// Print the run as JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(arguments: &Sync, settings: &Settings) -> Result<(), Failure> {
    let folder = DataFolder::of(settings, runtime::default_data_folder())?;
    match Holder::of(&folder)? {
        Holder::Server(server) => through_server(&server, arguments).await,
        Holder::This(lock) => here(arguments, settings, &folder, &lock).await,
    }
}

async fn here(
    arguments: &Sync,
    settings: &Settings,
    folder: &DataFolder,
    lock: &FolderLock,
) -> Result<(), Failure> {
    let asked = arguments.scope.as_deref().map(runtime::parse_scope).transpose()?;
    let (runtime, site) = match runtime::configured_site(settings)? {
        Some((deployment, credential)) => {
            let session = Session::new(runtime::http()?, deployment.clone(), credential.clone());
            runtime::verify(&session).await?;
            find_spaces(&session, asked.as_ref()).await?;
            let runtime = Runtime::on_folder(settings, folder, lock).await?;
            let site = runtime.connect(deployment, credential, Visibility::Mapped).await?;
            (runtime, site)
        }
        None => {
            if !folder.holds_store(settings).await? {
                return Err(runtime::site_missing());
            }
            let runtime = Runtime::on_folder(settings, folder, lock).await?;
            let site = runtime.only_site().await?;
            let session = runtime.gateway.session_for_mirror(&site.id).await?;
            find_spaces(&session, asked.as_ref()).await?;
            (runtime, site)
        }
    };
    let scope = match asked {
        Some(scope) => scope,
        None => match store::sources(&runtime.db, &site.id).await?.into_iter().next() {
            Some(source) => source.scope,
            None => {
                return Err(Failure::usage(
                    "scope_missing",
                    "This site has no scope yet",
                    "Name spaces, `weir sync ENG,OPS`, or `weir sync all`.",
                ));
            }
        },
    };
    let source = runtime.source(&site, scope).await?;
    runtime.administered("runs/start", format!("source:{}", source.id), Value::Null).await?;
    forget(&runtime, &site, &arguments.forget).await?;
    let progress = RunProgress::new(arguments.json);
    let start = std::time::Instant::now();
    let run = runtime.mirror(&site, &source, &|at| progress.show(&at)).await;
    progress.finish();
    let run = run?;
    let report = report(&run, start.elapsed());
    if !arguments.json {
        show(&run, start.elapsed());
    }
    outcome(&run)
        .map_err(|failure| Failure { report: Some(Box::new(report.clone())), ..failure })?;
    if arguments.json {
        terminal::json(&report);
    }
    Ok(())
}

/// All keys are looked up before anything is dropped.
async fn forget(runtime: &Runtime, site: &Site, keys: &[String]) -> Result<(), Failure> {
    let spaces = store::spaces(&runtime.db, &site.id).await?;
    let mut stored = Vec::new();
    for key in keys {
        let space = spaces.iter().find(|space| space.key.eq_ignore_ascii_case(key));
        let space = space.ok_or_else(|| {
            Failure::usage(
                "space_not_mirrored",
                format!("no space {} is mirrored", terminal::clean(key)),
                "`weir status` shows what is; nothing was forgotten.",
            )
        })?;
        stored.push(space.key.as_str());
    }
    for key in stored {
        let pages = mirror::forget_space(&runtime.environment, &runtime.db, site, key).await?;
        terminal::note(&format!("{} of space {key} forgotten", terminal::counted(pages, "page")));
    }
    Ok(())
}

/// Before anything is stored: a slip in a key must not replace the scope of the last time.
async fn find_spaces(session: &Session, scope: Option<&Scope>) -> Result<(), Failure> {
    let Some(Scope::Spaces(keys)) = scope else { return Ok(()) };
    for key in keys {
        session.space(key).await.map_err(|error| match error.kind {
            ErrorKind::NotVisible => MirrorError::UnknownSpace { key: key.clone() }.into(),
            _ => Failure::from(error),
        })?;
    }
    Ok(())
}

async fn through_server(server: &LocalClient, arguments: &Sync) -> Result<(), Failure> {
    if !arguments.forget.is_empty() {
        return Err(Failure::new(
            Exit::Busy,
            "data_folder_busy",
            "`weir serve` holds the data folder, and nothing is forgotten while it runs",
            "Stop it, run this again, and start it.",
        ));
    }
    if arguments.scope.is_some() {
        return Err(Failure::new(
            Exit::Busy,
            "data_folder_busy",
            "`weir serve` holds the data folder, and its scope is in its own settings",
            "Change `mirror.spaces` and restart it, or run `weir sync` without a scope to start a run now.",
        ));
    }
    let answer = server.post("/api/v1/runs", &json!({})).await?;
    let runs = answer["runs"].as_array().map_or(&[][..], Vec::as_slice);
    if runs.is_empty() {
        return Err(Failure::usage(
            "scope_missing",
            "The running server mirrors nothing yet",
            "Set `mirror.spaces` (`weir serve --mirror ENG,OPS`, or `all`) and restart it.",
        ));
    }
    if arguments.json {
        terminal::json(&answer);
    } else if runs.iter().any(|run| run["queued"] == true) {
        terminal::note("The running server starts a run now; `weir status` shows how it goes.");
    } else {
        terminal::note("A run goes already; `weir status` shows how it goes.");
    }
    Ok(())
}

fn report(run: &Run, took: std::time::Duration) -> Value {
    let mut value: Value = serde_json::to_value(&run.counts).unwrap_or_default();
    value["state"] = serde_json::to_value(run.state).unwrap_or_default();
    value["held"] = json!(run.held);
    value["milliseconds"] = json!(u64::try_from(took.as_millis()).unwrap_or(u64::MAX));
    value
}

fn show(run: &Run, took: std::time::Duration) {
    let counts = &run.counts;
    terminal::line(&format!(
        "{} in {}: {} new, {} changed, {} as before, {} deleted, {} failed; bodies fetched: {}, in {:.1} s",
        terminal::counted(counts.listed, "page"),
        terminal::counted(counts.spaces, "space"),
        counts.inserted,
        counts.updated,
        counts.unchanged,
        counts.deleted,
        counts.failed,
        counts.bodies_fetched,
        took.as_secs_f64(),
    ));
    for hold in &run.held {
        terminal::line(&format!("held: {}", terminal::clean(&hold.reason)));
        terminal::line(&format!("  {}", terminal::clean(&hold.next)));
    }
}

fn outcome(run: &Run) -> Result<(), Failure> {
    if run.state == RunState::Succeeded {
        return Ok(());
    }
    if run.state == RunState::Held {
        return Err(Failure::new(
            Exit::Failed,
            "run_held",
            format!("The run left {} as before", terminal::counted(run.held.len() as u64, "thing")),
            "The rest of the scope is up to date. Each says above, or under `held`, why and what to do.",
        ));
    }
    Err(Failure::new(
        Exit::Failed,
        "run_incomplete",
        run.error.clone().unwrap_or_else(|| "the run did not complete".to_owned()),
        "What was read is kept; run it again to go on.",
    ))
}
