//! `weir demo`: the main job on a simulated site, each step a check.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use atlassian::{Credential, Deployment, DeploymentKind};
use clap::Args;
use gateway::{IssueToken, Transport};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use store::{OpenSpaces, RunState, Scope, Site, TokenKind, Visibility};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::commands::sandbox::failure as sandbox_failure;
use crate::commands::serve::{ServeOptions, Served, listen};
use crate::failure::{Exit, Failure};
use crate::folder::{DataFolder, FolderLock};
use crate::leave;
use crate::local_client::McpClient;
use crate::runtime::{self, Runtime};
use crate::settings::Settings;
use crate::signals::stopped;
use crate::terminal::{self, RunProgress, bold};

/// Shows the main job on a simulated Confluence: mirrored, searched, served to an agent.
///
/// Needs no account and no configuration, touches no data of yours, and leaves nothing behind.
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Ends after the tour instead of serving on.
    #[arg(long)]
    once: bool,
}

/// The question that the tour asks.
const QUESTION: &str = "how do we roll back a failed deployment?";

/// A page of the demo site that only some may view, and a word of its text.
const RESTRICTED: (&str, &str) = ("OPS", "Security incident response");

/// A space of the demo site that the tour's agent is not given.
const CLOSED_SPACE: &str = "PEOPLE";

/// The spaces that it is given.
const OPEN_SPACES: [&str; 2] = ["ENG", "OPS"];

/// A page of the demo site that is made of macros, a sentence of it, and what the tour makes of that.
const EDITED: (&str, &str) = ("OPS", "Roll back a deployment");
const SENTENCE: (&str, &str) =
    ("It takes about 40 seconds; sessions survive.", "It takes 20 seconds; sessions survive.");

/// The port that a real server would use, for as long as it is free.
const PORT: u16 = 8420;

pub(crate) async fn run(demo: &Demo) -> Result<(), Failure> {
    let temporary = tempfile::Builder::new().prefix("weir-demo-").tempdir().map_err(|error| {
        Failure::new(
            Exit::Failed,
            "temporary_folder_unavailable",
            error.to_string(),
            "Check the platform's temporary folder.",
        )
    })?;
    leave::removes(temporary.path().to_owned());
    let stopped = stopped();
    tokio::pin!(stopped);
    let show = show(demo.once, temporary.path());
    let shown = tokio::select! {
        shown = show => shown?,
        // The folder is removed on the way out.
        () = &mut stopped => return Err(interrupted()),
    };
    shown.until(stopped).await
}

fn interrupted() -> Failure {
    Failure::new(
        Exit::Failed,
        "interrupted",
        "The demo was stopped before it had shown everything",
        "Nothing of it is left; run `weir demo` again.",
    )
}

/// The demo after its tour.
struct Shown {
    once: bool,
    server: JoinHandle<Result<(), Failure>>,
    finish: oneshot::Sender<()>,
    _sandbox: sandbox::Sandbox,
    _lock: FolderLock,
}

impl Shown {
    /// Serves on until `stopped`, or ends at once.
    async fn until(mut self, stopped: impl Future<Output = ()>) -> Result<(), Failure> {
        if !self.once {
            tokio::select! {
                () = stopped => {}
                ended = &mut self.server => return ended.unwrap_or(Ok(())),
            }
        }
        // The server may have ended by itself.
        drop(self.finish);
        self.server.await.unwrap_or(Ok(()))
    }
}

async fn show(once: bool, temporary: &Path) -> Result<Shown, Failure> {
    let sandbox = start_sandbox().await?;
    let folder = DataFolder::at(temporary.join("data"))?;
    let lock = folder.lock()?;
    let runtime = Arc::new(Runtime::on_folder(&Settings::none(), &folder, &lock).await?);

    let site = mirror_it(&runtime, &sandbox).await?;
    let reader = token(
        &runtime,
        &sandbox,
        "reader",
        OpenSpaces::Keys(OPEN_SPACES.map(str::to_owned).into()),
    )
    .await?;
    let outsider = token(&runtime, &sandbox, "outsider", OpenSpaces::All).await?;

    let options = ServeOptions {
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, PORT)),
        public_url: None,
        auth: web::Auth::Token,
        visibility: Visibility::Mapped,
        interval: Duration::from_secs(30),
    };
    let served = Served::start(&runtime, &options, free_listener().await?).await?;
    let url = served.url.clone();
    let console = served.sign_in_url();
    let (finish, finished) = oneshot::channel::<()>();
    // Whatever drops the sender ends the server.
    let server = tokio::spawn(served.until(async { drop(finished.await) }));

    let tour = Tour { runtime: &runtime, sandbox: &sandbox, site: &site, url: &url };
    if let Err(failure) = tour.walk(&reader, &outsider).await {
        drop(finish);
        server.await.unwrap_or(Ok(()))?;
        return Err(failure);
    }
    paste_lines(&url, &reader);
    if !once {
        terminal::line(&format!("\n{}  {console}", bold("Console")));
        terminal::line("         (the link works once; Ctrl-C ends the demo and removes its data)");
    }
    Ok(Shown { once, server, finish, _sandbox: sandbox, _lock: lock })
}

async fn start_sandbox() -> Result<sandbox::Sandbox, Failure> {
    let environment = runtime::environment();
    let options = sandbox::Options {
        now: environment.now,
        random: environment.random,
        port: 0,
        faults: sandbox::Faults::default(),
    };
    sandbox::Sandbox::start(options, sandbox::Content::demo())
        .await
        .map_err(|error| sandbox_failure(&error))
}

/// The port of a real server when it is free, any other when it is not.
async fn free_listener() -> Result<TcpListener, Failure> {
    match listen(SocketAddr::from((Ipv4Addr::LOCALHOST, PORT))).await {
        Ok(listener) => Ok(listener),
        Err(_) => listen(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await,
    }
}

async fn mirror_it(runtime: &Runtime, sandbox: &sandbox::Sandbox) -> Result<Site, Failure> {
    let cloud = &sandbox.access().cloud;
    let deployment = Deployment::from_url(&cloud.url, Some(DeploymentKind::Cloud))
        .map_err(|error| check_failed("connect", error.to_string()))?;
    let credential = Credential::ApiToken {
        username: cloud.username.clone(),
        token: SecretString::from(cloud.api_token.clone()),
    };
    let site = runtime.connect(deployment, credential, Visibility::Mapped).await?;
    let source = runtime.source(&site, Scope::AllSpaces).await?;
    let progress = RunProgress::new(false);
    let start = Instant::now();
    let run = runtime.mirror(&site, &source, &|at| progress.show(&at)).await;
    progress.finish();
    let run = run?;
    let took = start.elapsed();
    if run.state != RunState::Succeeded || run.counts.inserted == 0 {
        return Err(check_failed(
            "mirror",
            format!("the run ended {:?} with {} pages", run.state, run.counts.inserted),
        ));
    }
    terminal::line(&format!(
        "{}   {} pages of {} spaces in {:.2} s, {} requests, and indexed",
        bold("Mirror"),
        run.counts.inserted,
        run.counts.spaces,
        took.as_secs_f64(),
        run.counts.requests,
    ));
    Ok(site)
}

/// An MCP token for one of the site's people, linked to that person's account.
async fn token(
    runtime: &Runtime,
    sandbox: &sandbox::Sandbox,
    role: &str,
    opens: OpenSpaces,
) -> Result<SecretString, Failure> {
    let caller = runtime.gateway.local_owner(Transport::CommandLine).await?;
    let account = sandbox.access().accounts.iter().find(|account| account.role == role);
    let account =
        account.ok_or_else(|| check_failed("people", format!("the sandbox has no {role}")))?;
    let new = IssueToken {
        name: format!("demo-{role}"),
        principal: account.display_name.clone(),
        kind: TokenKind::Mcp,
        atlassian_account: Some(account.account_id.clone()),
        opens,
        expires_at: None,
    };
    Ok(runtime.gateway.issue_token(&caller, new).await?.secret)
}

/// What the tour needs.
struct Tour<'a> {
    runtime: &'a Runtime,
    sandbox: &'a sandbox::Sandbox,
    site: &'a Site,
    url: &'a str,
}

impl Tour<'_> {
    async fn walk(&self, reader: &SecretString, outsider: &SecretString) -> Result<(), Failure> {
        let reader = McpClient::new(self.url, reader)?;
        let outsider = McpClient::new(self.url, outsider)?;
        let page = self.search(&reader).await?;
        self.read(&reader, &page).await?;
        self.closed_space(&reader).await?;
        self.restricted_page(&reader, &outsider).await?;
        self.edit().await
    }

    /// A question finds pages; answers the id of the best.
    async fn search(&self, reader: &McpClient) -> Result<String, Failure> {
        let answer = reader.call("search", json!({"query": QUESTION})).await?;
        let hits = results(&answer);
        let Some(best) = hits.first().and_then(|hit| hit["id"].as_str()) else {
            return Err(check_failed("search", "the question found nothing"));
        };
        terminal::line(&format!("\n{}   “{QUESTION}”", bold("Search")));
        for hit in hits.iter().take(3) {
            terminal::line(&format!(
                "         {}",
                terminal::clean(hit["title"].as_str().unwrap_or_default())
            ));
        }
        Ok(best.to_owned())
    }

    async fn read(&self, reader: &McpClient, page: &str) -> Result<(), Failure> {
        let answer = reader.call("confluence_get_page", json!({"page_id": page})).await?;
        if answer["isError"] == json!(true) {
            return Err(check_failed("read", text(&answer)));
        }
        terminal::line(&format!(
            "\n{}     confluence_get_page over MCP at {}/mcp: {} characters of Markdown",
            bold("Call"),
            self.url,
            text(&answer).chars().count()
        ));
        self.decision("allow").await
    }

    async fn closed_space(&self, reader: &McpClient) -> Result<(), Failure> {
        let answer = reader
            .call("confluence_get_page", json!({"space_key": CLOSED_SPACE, "title": "Home"}))
            .await?;
        if answer["isError"] != json!(true) || !text(&answer).contains("space_not_open") {
            return Err(check_failed(
                "refusal",
                format!("a space that the token does not open was answered: {}", text(&answer)),
            ));
        }
        terminal::line(&format!(
            "\n{}  the same agent asks for a page of {CLOSED_SPACE}, a space that its token does not open",
            bold("Refused")
        ));
        terminal::line(&format!(
            "         {}",
            terminal::clean(text(&answer).lines().next().unwrap_or_default())
        ));
        self.decision("deny").await
    }

    /// Who is named by a restriction sees the page; for anybody else it does not exist.
    async fn restricted_page(
        &self,
        reader: &McpClient,
        outsider: &McpClient,
    ) -> Result<(), Failure> {
        let (space, title) = RESTRICTED;
        let id = self
            .sandbox
            .control()
            .page_id(space, title)
            .ok_or_else(|| check_failed("rights", "the restricted page is missing"))?;
        let allowed = reader.call("fetch", json!({"id": id})).await?;
        if allowed["isError"] == json!(true) {
            return Err(check_failed(
                "rights",
                format!("who may read the page was refused: {}", text(&allowed)),
            ));
        }
        let hits = outsider.call("search", json!({"query": title})).await?;
        if results(&hits)
            .iter()
            .any(|hit| hit["id"].as_str().is_some_and(|found| found.starts_with(&id)))
        {
            return Err(check_failed(
                "rights",
                "the restricted page was found by somebody who may not view it",
            ));
        }
        let known = outsider.call("fetch", json!({"id": id})).await?;
        let unknown = outsider.call("fetch", json!({"id": "987654321"})).await?;
        if known != unknown || known["isError"] != json!(true) {
            return Err(check_failed(
                "rights",
                format!(
                    "a page that may not be viewed answers otherwise than an unknown one: {}",
                    text(&known)
                ),
            ));
        }
        terminal::line(&format!(
            "\n{}   “{title}” is restricted: its reader gets it; another person finds no hit,",
            bold("Rights")
        ));
        terminal::line("         and for its id the answer of an id that was never given:");
        terminal::line(&format!(
            "         {}",
            terminal::clean(text(&known).lines().next().unwrap_or_default())
        ));
        Ok(())
    }

    /// One sentence of the Markdown changes, and in the page nothing else does.
    async fn edit(&self) -> Result<(), Failure> {
        let (space, title) = EDITED;
        let all = store::VisibleClasses::All;
        let page =
            store::page_by_title(&self.runtime.db, &self.site.id, &all, space, title).await?;
        let page = page.ok_or_else(|| check_failed("edit", "the page is not in the mirror"))?;
        let storage = String::from_utf8_lossy(&page.body);
        let edited = edited(&storage).map_err(|message| check_failed("edit", message))?;
        terminal::line(&format!(
            "\n{}     one sentence of “{title}”: {} macros in {} bytes of storage format",
            bold("Edit"),
            storage.matches("<ac:structured-macro").count(),
            storage.len(),
        ));
        let diff = document::diff(&storage, &edited, &document::ViewOptions::default());
        for line in diff.to_text(document::Colour::Always).lines() {
            terminal::line(&format!("         {line}"));
        }
        let outside = changed_outside(&storage, &edited);
        terminal::line(&format!("         {outside} bytes changed outside of it"));
        if outside > 0 || diff.blocks.len() != 1 {
            return Err(check_failed("edit", "the edit changed more of the page than a sentence"));
        }
        Ok(())
    }

    /// Prints the newest event, which each answer is preceded by.
    async fn decision(&self, expected: &str) -> Result<(), Failure> {
        let events = store::events(&self.runtime.db, &self.site.organization, None, 1).await?;
        let event =
            events.first().ok_or_else(|| check_failed("event", "the call left no event"))?;
        if event.body.decision != expected {
            return Err(check_failed(
                "event",
                format!("the event says {}, not {expected}", event.body.decision),
            ));
        }
        terminal::line(&format!(
            "         event {}: {} {} ({})",
            event.seq,
            event.body.decision,
            event.body.tool.as_deref().unwrap_or_default(),
            event.body.code,
        ));
        Ok(())
    }
}

/// The page with the sentence changed in its Markdown and carried back.
fn edited(storage: &str) -> Result<String, String> {
    let view = document::to_markdown(storage, &document::ViewOptions::default());
    let (before, after) = SENTENCE;
    if view.markdown.matches(before).count() != 1 {
        return Err(format!("“{before}” is not in the page once"));
    }
    let markdown = view.markdown.replacen(before, after, 1);
    let patched = document::patch(storage, &markdown, &document::PatchOptions::default());
    Ok(patched.map_err(|error| error.to_string())?.storage)
}

/// How many bytes before and behind the sentence are others than they were, counted from the start
/// and from the end.
fn changed_outside(storage: &str, edited: &str) -> usize {
    let Some((before, after)) = storage.split_once(SENTENCE.0) else { return storage.len() };
    let differing = |left: &mut dyn Iterator<Item = u8>, right: &mut dyn Iterator<Item = u8>| {
        left.map(|byte| right.next() != Some(byte)).filter(|differs| *differs).count()
    };
    differing(&mut before.bytes(), &mut edited.bytes())
        + differing(&mut after.bytes().rev(), &mut edited.bytes().rev())
}

/// The hits in an answer of `search`.
fn results(answer: &Value) -> Vec<Value> {
    answer["structuredContent"]["results"].as_array().cloned().unwrap_or_default()
}

/// The text of an answer.
fn text(answer: &Value) -> &str {
    answer["content"][0]["text"].as_str().unwrap_or_default()
}

fn check_failed(step: &str, message: impl Into<String>) -> Failure {
    Failure::new(
        Exit::Failed,
        &format!("demo_{step}_failed"),
        message,
        "This is a defect of Weir: please report it with the output above.",
    )
}

/// The variable that the paste lines read the token from.
const TOKEN_VARIABLE: &str = "WEIR_TOKEN";

fn paste_lines(url: &str, token: &SecretString) {
    terminal::line(&format!(
        "\n{}   export {TOKEN_VARIABLE}={}",
        bold("Agents"),
        token.expose_secret()
    ));
    for line in web::paste_lines(&format!("{url}/mcp"), web::Secret::Variable(TOKEN_VARIABLE)) {
        let place = line.file.map_or_else(String::new, |file| format!(" ({file})"));
        terminal::line(&format!("         {}{place}", line.client));
        terminal::line(&format!("           {}", line.line));
    }
}
