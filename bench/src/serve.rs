//! Weir beside its peer, in front of the same site and in one run.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use sandbox::{Faults, Sandbox};
use serde::Serialize;
use serde_json::{Value, json};

use crate::contestant::{self, Contestant, Server};
use crate::load::{self, Call, Load, milliseconds};
use crate::machine::Machine;
use crate::mcp_client::{HttpClient, StdioClient};
use crate::pages::{self, MARK, SPACE};
use crate::{Failure, process};

const PAGES: usize = 240;
const STARTS: usize = 5;
const CALLS: usize = 1000;
const SESSIONS: usize = 1000;
const CLIENTS: [usize; 3] = [1, 8, 64];
const DELAYS_MS: [u64; 2] = [0, 50];

/// What to measure.
pub struct Options {
    /// This project's program.
    pub weir: PathBuf,
    /// The peer's, when it takes part.
    pub peer: Option<Contestant>,
    /// How long each number of clients calls.
    pub span: Duration,
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
    /// Weir at rest.
    pub weir: Standing,
    /// The peer at rest.
    pub peer: Option<Standing>,
    /// Calls that go to the site.
    pub live: Vec<Cell>,
    /// Calls that Weir answers from its mirror.
    pub mirrored: Vec<Cell>,
}

/// What a server costs before anybody calls it often.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Standing {
    /// From the start of the process to the answer of the first `tools/list`, median of five.
    pub start_to_tools_list_ms: f64,
    /// Of Confluence; no Jira is configured.
    pub tools: usize,
    /// About how many tokens `tools/list` costs a model.
    pub tools_list_tokens: u32,
    /// Resident memory over stdio, after the first `tools/list`.
    pub stdio_idle_kib: u64,
    /// Resident memory over HTTP, after the first handshake.
    pub http_idle_kib: u64,
    /// The same after a thousand calls.
    pub after_1000_calls_kib: u64,
    /// What each of a thousand sessions leaves that are begun and never ended.
    pub per_abandoned_session_bytes: u64,
    /// Requests to Confluence for one page.
    pub upstream_calls_per_page: f64,
}

/// One number of clients that make one call.
#[derive(Clone, Debug, Serialize)]
pub struct Cell {
    /// What is called.
    pub call: &'static str,
    /// How long the site waits before each answer.
    pub upstream_delay_ms: u64,
    /// How many call at once.
    pub clients: usize,
    /// Weir.
    pub weir: Load,
    /// The peer.
    pub peer: Option<Load>,
}

struct Sides<T> {
    weir: T,
    peer: Option<T>,
}

/// Measures everything, and tells what it is at.
///
/// # Errors
/// A server does not start, or one answer is wrong.
pub async fn measure(options: &Options, tell: &dyn Fn(&str)) -> Result<Report, Failure> {
    let machine = Machine::this();
    let sandbox = pages::sandbox(pages::content(PAGES)).await?;
    let calls = calls(&sandbox)?;
    let weir = Contestant::Weir(options.weir.clone());

    tell("at rest");
    let (weir_server, weir_standing) = stand(&weir, &sandbox, &calls).await?;
    let peer = match &options.peer {
        None => None,
        Some(peer) => Some(stand(peer, &sandbox, &calls).await?),
    };
    let (peer_server, peer_standing) = peer.unzip();
    let clients = Sides {
        weir: client(&weir_server).await?,
        peer: match &peer_server {
            None => None,
            Some(server) => Some(client(server).await?),
        },
    };

    let mut live = Vec::new();
    for delay in DELAYS_MS {
        sandbox.control().set_faults(Faults { delay_ms: delay, ..Faults::default() });
        for (name, call) in &calls {
            live.extend(cells(name, call, delay, &clients, options.span, tell).await?);
        }
    }
    sandbox.control().set_faults(Faults::default());
    drop(clients);
    drop((weir_server, peer_server));
    let mirrored = from_the_mirror(options, &sandbox, tell).await?;
    Ok(Report {
        at: options.at,
        commit: options.commit.clone(),
        machine,
        weir: weir_standing,
        peer: peer_standing,
        live,
        mirrored,
    })
}

/// Each call by its name in the tables.
fn calls(sandbox: &Sandbox) -> Result<Vec<(&'static str, Call)>, Failure> {
    let page = |number: usize| -> Result<Call, Failure> {
        let title = pages::title(number);
        let id = sandbox.control().page_id(SPACE, &title).ok_or("a page is missing")?;
        let arguments = json!({"page_id": id});
        Ok(Call { tool: "confluence_get_page", arguments, expects: MARK.to_owned() })
    };
    let search = Call {
        tool: "confluence_search",
        arguments: json!({"query": format!("type = page AND space = {SPACE}"), "limit": 10}),
        expects: "Service".to_owned(),
    };
    Ok(vec![
        ("`confluence_get_page`, 2 KB", page(11)?),
        ("`confluence_get_page`, 20 KB", page(20)?),
        ("`confluence_search`, 10 results", search),
    ])
}

type Running = (HttpClient, u32);

async fn client(server: &Server) -> Result<Running, Failure> {
    Ok((HttpClient::connect(&server.url).await?, server.pid))
}

async fn stand(
    contestant: &Contestant,
    sandbox: &Sandbox,
    calls: &[(&str, Call)],
) -> Result<(Server, Standing), Failure> {
    let mut starts = Vec::new();
    let mut tools = Value::Null;
    let mut stdio_idle_kib = 0;
    for _ in 0..STARTS {
        let installation = contestant.installation(sandbox)?;
        let start = Instant::now();
        let mut client = StdioClient::start(contestant.stdio(&installation)).await?;
        tools = client.request("tools/list", &json!({})).await?["tools"].take();
        starts.push(start.elapsed());
        tokio::time::sleep(Duration::from_secs(1)).await;
        stdio_idle_kib = process::resident_kib(client.pid()?)?;
    }
    starts.sort();

    let server = contestant.http(sandbox).await?;
    let client = HttpClient::connect(&server.url).await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let http_idle_kib = process::resident_kib(server.pid)?;
    let upstream_calls_per_page = upstream_calls(sandbox, &client, &calls[0].1).await?;
    for (_, call) in calls.iter().cycle().take(CALLS) {
        call.once(&client).await?;
    }
    let after_1000_calls_kib = process::resident_kib(server.pid)?;
    for _ in 0..SESSIONS {
        client.another_session().await?;
    }
    let grown = process::resident_kib(server.pid)?.saturating_sub(after_1000_calls_kib);
    let standing = Standing {
        start_to_tools_list_ms: milliseconds(load::percentile(&starts, 50)),
        tools: tools.as_array().map_or(0, Vec::len),
        tools_list_tokens: document::estimate_tokens(&tools.to_string()),
        stdio_idle_kib,
        http_idle_kib,
        after_1000_calls_kib,
        per_abandoned_session_bytes: grown * 1024 / SESSIONS as u64,
        upstream_calls_per_page,
    };
    Ok((server, standing))
}

/// What one read costs the site, once the server knows the site.
async fn upstream_calls(
    sandbox: &Sandbox,
    client: &HttpClient,
    call: &Call,
) -> Result<f64, Failure> {
    const READS: u32 = 10;
    call.once(client).await?;
    let before = requests(sandbox);
    for _ in 0..READS {
        call.once(client).await?;
    }
    Ok((requests(sandbox) - before) as f64 / f64::from(READS))
}

fn requests(sandbox: &Sandbox) -> u64 {
    sandbox.control().requests().values().sum()
}

async fn cells(
    name: &'static str,
    call: &Call,
    delay: u64,
    sides: &Sides<Running>,
    span: Duration,
    tell: &dyn Fn(&str),
) -> Result<Vec<Cell>, Failure> {
    let mut cells = Vec::new();
    for clients in CLIENTS {
        tell(&format!("{name}, {delay} ms upstream, {clients} clients"));
        let (client, pid) = &sides.weir;
        let weir = load::run(client, *pid, call, clients, span).await?;
        let peer = match &sides.peer {
            None => None,
            Some((client, pid)) => Some(load::run(client, *pid, call, clients, span).await?),
        };
        cells.push(Cell { call: name, upstream_delay_ms: delay, clients, weir, peer });
    }
    Ok(cells)
}

/// The peer has no mirror; its figures for the same calls are those of the site without delay.
async fn from_the_mirror(
    options: &Options,
    sandbox: &Sandbox,
    tell: &dyn Fn(&str),
) -> Result<Vec<Cell>, Failure> {
    let server = contestant::mirrored(&options.weir, sandbox).await?;
    settled(sandbox).await;
    let sides = Sides { weir: client(&server).await?, peer: None };
    let before = requests(sandbox);
    let mut measured = Vec::new();
    for (name, call) in calls(sandbox)? {
        let (name, call) = match call.tool {
            "confluence_search" => (
                "`confluence_search`, words",
                Call {
                    arguments: json!({"query": "how is a service deployed", "limit": 10}),
                    ..call
                },
            ),
            _ => (name, call),
        };
        measured.extend(cells(name, &call, 0, &sides, options.span, tell).await?);
    }
    match requests(sandbox) - before {
        0 => Ok(measured),
        asked => Err(format!("the mirror asked the site {asked} times").into()),
    }
}

/// Until the site has not been asked for a second: the run at the server's start is over.
async fn settled(sandbox: &Sandbox) {
    let mut before = None;
    while before != Some(requests(sandbox)) {
        before = Some(requests(sandbox));
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}
