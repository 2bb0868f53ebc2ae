//! The figures that have a budget of their own: mirror, view, events.

use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use document::{ViewOptions, to_markdown};
use jiff::Timestamp;
use sandbox::Sandbox;
use serde::Serialize;
use serde_json::{Value, json};
use store::{Db, NewEvent};
use tokio::io::AsyncReadExt;
use tokio::task::JoinSet;

use crate::installation::Installation;
use crate::load::{milliseconds, percentile};
use crate::machine::Machine;
use crate::pages::{self, SPACE};
use crate::table::{Table, number};
use crate::{Failure, environment, process, workspace};

/// What to measure.
pub struct Options {
    /// This project's program.
    pub weir: PathBuf,
    /// How many pages are mirrored.
    pub pages: usize,
    /// The `*.xhtml` files that are shown as Markdown.
    pub storage: PathBuf,
    /// When the run begins.
    pub at: Timestamp,
    /// What is checked out.
    pub commit: String,
}

/// All figures of a run.
#[derive(Debug, Serialize)]
pub struct Report {
    /// When it began.
    pub at: Timestamp,
    /// What was checked out.
    pub commit: String,
    /// Where it ran.
    pub machine: Machine,
    /// Storage format to Markdown.
    pub view: View,
    /// The events that precede answers.
    pub events: Events,
    /// `weir sync` of an empty data folder.
    pub first_run: Run,
    /// The same, when nothing has changed.
    pub second_run: Run,
}

/// Storage format to Markdown, on one core.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct View {
    /// How many files.
    pub files: usize,
    /// Bytes of them all.
    pub bytes: usize,
    /// The best of the rounds, in millions of bytes of storage format.
    pub megabytes_per_second: f64,
}

/// Waiting for an event to be durable, in SQLite on this machine's disk.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Events {
    /// How many were asked for each second.
    pub asked_per_second: u32,
    /// How many were written each second.
    pub written_per_second: f64,
    /// Half of the waits are no longer than this.
    pub p50_ms: f64,
    /// 99 of 100 waits are no longer than this.
    pub p99_ms: f64,
}

/// One `weir sync`: store and index.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Run {
    /// Pages of the site.
    pub listed: u64,
    /// Bodies that were fetched.
    pub bodies_fetched: u64,
    /// From the start of the process to its end.
    pub seconds: f64,
    /// Processor time of the process.
    pub cpu_seconds: f64,
    /// The most resident memory.
    pub most_memory_mib: f64,
    /// Requests to the site.
    pub requests: u64,
}

/// Measures everything, and tells what it is at.
///
/// # Errors
/// A run fails, fetches what it should not, or a folder cannot be read.
pub async fn measure(options: &Options, tell: &dyn Fn(&str)) -> Result<Report, Failure> {
    let machine = Machine::this();
    tell("storage format to Markdown");
    let view = view(&options.storage)?;
    tell("events");
    let events = events().await?;
    tell(&format!("mirror of {} pages", options.pages));
    let sandbox = pages::sandbox(pages::content(options.pages)).await?;
    let installation = Installation::on_data_center(&options.weir, &sandbox)?;
    let first_run = sync(&installation, &sandbox).await?;
    tell("the same, unchanged");
    let second_run = sync(&installation, &sandbox).await?;
    if second_run.bodies_fetched != 0 {
        return Err(format!("an unchanged run fetched bodies: {second_run:?}").into());
    }
    Ok(Report {
        at: options.at,
        commit: options.commit.clone(),
        machine,
        view,
        events,
        first_run,
        second_run,
    })
}

fn view(folder: &Path) -> Result<View, Failure> {
    const ROUNDS: u32 = 30;
    let pages = workspace::pages_below(folder)?;
    if pages.is_empty() {
        return Err(format!("{} holds no *.xhtml", folder.display()).into());
    }
    let pages: Vec<String> = pages.iter().map(fs::read_to_string).collect::<Result<_, _>>()?;
    let bytes: usize = pages.iter().map(String::len).sum();
    let options = ViewOptions::default();
    let mut best = Duration::MAX;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        for page in &pages {
            black_box(to_markdown(page, &options));
        }
        best = best.min(start.elapsed());
    }
    let megabytes_per_second = bytes as f64 / 1e6 / best.as_secs_f64();
    Ok(View { files: pages.len(), bytes, megabytes_per_second })
}

/// Asks for events at a steady rate, however long each one takes.
async fn events() -> Result<Events, Failure> {
    const A_MILLISECOND: u32 = 3;
    const SECONDS: u32 = 10;
    let environment = environment::real();
    // Not in the folder for temporary files, which may be in memory.
    let folder = tempfile::tempdir_in(workspace::root().join("target"))?;
    let url = format!("sqlite:{}", folder.path().join("weir.db").display());
    let db = Db::open(&environment, &url).await?;
    let organization = store::organization(&db).await?.id;
    let mut ticks = tokio::time::interval(Duration::from_millis(1));
    let mut tasks = JoinSet::new();
    let start = Instant::now();
    for _ in 0..SECONDS * 1000 {
        ticks.tick().await;
        for _ in 0..A_MILLISECOND {
            let event = event(organization.clone(), environment.now());
            let (db, environment) = (db.clone(), environment.clone());
            tasks.spawn(async move {
                let asked = Instant::now();
                store::append_event(&db, &environment, event).await?;
                Ok::<_, Failure>(asked.elapsed())
            });
        }
    }
    let mut waits = Vec::new();
    while let Some(done) = tasks.join_next().await {
        waits.push(done??);
    }
    let took = start.elapsed();
    waits.sort();
    Ok(Events {
        asked_per_second: A_MILLISECOND * 1000,
        written_per_second: waits.len() as f64 / took.as_secs_f64(),
        p50_ms: milliseconds(percentile(&waits, 50)),
        p99_ms: milliseconds(percentile(&waits, 99)),
    })
}

fn event(organization: store::OrganizationId, at: Timestamp) -> NewEvent {
    NewEvent {
        organization,
        at,
        principal: None,
        client: None,
        token: None,
        transport: "http".to_owned(),
        request: "0".to_owned(),
        action: "tools/call".to_owned(),
        tool: Some("confluence_get_page".to_owned()),
        site: None,
        object: Some("page 98310".to_owned()),
        decision: "allow".to_owned(),
        code: "ok".to_owned(),
        detail: json!({}),
    }
}

async fn sync(installation: &Installation, sandbox: &Sandbox) -> Result<Run, Failure> {
    let requests_before: u64 = sandbox.control().requests().values().sum();
    let start = Instant::now();
    let mut command = installation.command(&["sync", SPACE, "--json"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let pid = child.id().ok_or("weir sync has ended")?;
    let mut output = child.stdout.take().ok_or("no standard output")?;
    let (mut kib, mut cpu) = (0, Duration::ZERO);
    let mut ticks = tokio::time::interval(Duration::from_millis(10));
    let status = loop {
        tokio::select! {
            status = child.wait() => break status?,
            _ = ticks.tick() => {
                // The process may have ended since; the last reading holds.
                kib = process::most_resident_kib(pid).unwrap_or(kib);
                cpu = process::processor_time(pid).unwrap_or(cpu);
            }
        }
    };
    let took = start.elapsed();
    let mut said = String::new();
    output.read_to_string(&mut said).await?;
    if !status.success() {
        return Err(format!("weir sync: {status}: {said}").into());
    }
    let said: Value = serde_json::from_str(&said)?;
    let count = |name: &str| said[name].as_u64().ok_or_else(|| format!("no {name} in {said}"));
    let requests: u64 = sandbox.control().requests().values().sum();
    Ok(Run {
        listed: count("listed")?,
        bodies_fetched: count("bodies_fetched")?,
        seconds: took.as_secs_f64(),
        cpu_seconds: cpu.as_secs_f64(),
        most_memory_mib: kib as f64 / 1024.0,
        requests: requests - requests_before,
    })
}

/// The report with the budget beside each figure.
pub fn markdown(report: &Report) -> String {
    let Report { view, events, first_run, second_run, .. } = report;
    let mut table = Table::new(["what", "figure", "budget"]);
    let mut row = |what: String, figure: String, budget: &str| {
        table.row([what, figure, budget.to_owned()]);
    };
    row(
        format!("storage format → Markdown, one core, {} files", view.files),
        format!("{} MB/s", number(view.megabytes_per_second)),
        "≥ 200 MB/s",
    );
    row(
        format!("an event's commit at {} a second, SQLite", events.asked_per_second),
        format!(
            "p50 {} ms, p99 {} ms, {}/s written",
            number(events.p50_ms),
            number(events.p99_ms),
            number(events.written_per_second)
        ),
        "p99 ≤ 10 ms",
    );
    row(
        format!("mirror of {} pages into store and index", first_run.listed),
        run(first_run),
        "≤ 30 s, ≤ 200 MiB",
    );
    row("the same run when nothing has changed".to_owned(), run(second_run), "no body fetched");
    format!("{}\n{table}", report.machine.heading(report.at, &report.commit))
}

fn run(run: &Run) -> String {
    format!(
        "{} s ({} s of CPU), {} MiB, {} requests, {} bodies",
        number(run.seconds),
        number(run.cpu_seconds),
        number(run.most_memory_mib),
        run.requests,
        run.bodies_fetched
    )
}
