//! `weir serve`: the gateway over HTTP, with the mirror in the background.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use atlassian::{Credential, Deployment, ErrorKind, Session};
use clap::Args;
use gateway::{IssueToken, Transport};
use secrecy::ExposeSecret;
use store::{OpenSpaces, Site, TokenKind, Visibility};
use tokio::net::TcpListener;
use tokio::sync::{Notify, oneshot};
use url::Url;

use crate::commands::token::parse_duration;
use crate::failure::{Exit, Failure, chain};
use crate::folder::{DataFolder, RunningServer};
use crate::runtime::{self, Runtime};
use crate::settings::Settings;
use crate::signals::stopped;
use crate::{terminal, worker};

/// Serves agents over MCP, the console and the JSON API, and keeps the mirror fresh.
#[derive(Debug, Args)]
pub(crate) struct Serve {}

/// Half the age at which rights are stale, so that one run may fail.
const LONGEST_INTERVAL: Duration = Duration::from_mins(30);

/// The name of the token by which this machine's command line signs in.
const COMMAND_LINE: &str = "command line";

pub(crate) async fn run(_: &Serve, settings: &Settings) -> Result<(), Failure> {
    let options = ServeOptions::of(settings)?;
    let folder = DataFolder::of(settings, runtime::default_data_folder())?;
    let lock = folder.lock()?;
    let runtime = Arc::new(Runtime::on_folder(settings, &folder, &lock).await?);
    if settings.get("database").is_none() {
        release_jobs(&runtime).await?;
    }
    connect(&runtime, settings, options.visibility).await?;
    let listener = listen(options.listen).await?;
    let served = Served::start(&runtime, &options, listener).await?;
    folder.publish_server(&RunningServer {
        url: served.url.clone(),
        token: served.api_token.expose_secret().to_owned(),
        pid: std::process::id(),
    })?;
    served.announce();
    let result = served.until(stopped()).await;
    if let Err(error) = folder.withdraw_server() {
        tracing::warn!(%error, "server.json stays; the next process that takes the folder removes it");
    }
    result
}

/// What a process left half done that was killed. The lock proves that nobody else works on the
/// folder's own database; another may have nodes in other folders.
async fn release_jobs(runtime: &Runtime) -> Result<(), Failure> {
    let mut write = runtime.db.write().await?;
    store::release_jobs(&mut write).await?;
    Ok(write.commit().await?)
}

/// Settings of the server, checked against each other before anything is opened.
pub(crate) struct ServeOptions {
    pub(crate) listen: SocketAddr,
    pub(crate) public_url: Option<Url>,
    pub(crate) auth: web::Auth,
    /// Of the configured credential.
    pub(crate) visibility: Visibility,
    pub(crate) interval: Duration,
}

impl ServeOptions {
    /// # Errors
    /// A value that makes no sense, alone or beside another.
    pub(crate) fn of(settings: &Settings) -> Result<Self, Failure> {
        let listen = settings.get("listen").unwrap_or_default();
        let listen =
            listen.replace("localhost:", "127.0.0.1:").parse::<SocketAddr>().map_err(|_| {
                Failure::configuration(
                    "listen_invalid",
                    format!("`{listen}` is not an address with a port"),
                    "Write 127.0.0.1:8420.",
                )
            })?;
        let public_url = settings.get("public_url").map(parse_public_url).transpose()?;
        let auth = parse_auth(settings.get("auth").unwrap_or_default())?;
        refuse_exposed(auth, listen, public_url.as_ref())?;
        let visibility = parse_visibility(settings.get("confluence.visibility"))?;
        settings.get("mirror.spaces").map(runtime::parse_scope).transpose()?;
        let interval = parse_duration(settings.get("mirror.interval").unwrap_or("5m"))?;
        let interval = interval.unsigned_abs();
        if interval > LONGEST_INTERVAL {
            return Err(Failure::configuration(
                "mirror_interval_too_long",
                "Between runs of the mirror go 30 minutes at most",
                "Rights that no run has checked for an hour admit nobody; set mirror.interval to 30m or less.",
            ));
        }
        Ok(Self { listen, public_url, auth, visibility, interval })
    }
}

/// `--auth none` makes every caller the owner, so it must not be reachable by others. The edge
/// refuses it too; here nothing has been opened yet.
fn refuse_exposed(
    auth: web::Auth,
    listen: SocketAddr,
    public_url: Option<&Url>,
) -> Result<(), Failure> {
    let code = match (auth, public_url) {
        (web::Auth::None, Some(_)) => "auth_none_with_public_url",
        (web::Auth::None, None) if !listen.ip().is_loopback() => "auth_none_on_network",
        (web::Auth::None, None) | (web::Auth::Token, _) => return Ok(()),
    };
    Err(Failure::configuration(
        code,
        "`--auth none` lets every caller act as you; it works on a loopback address and without --public-url only",
        "Use `--auth token` and make tokens with `weir token create`.",
    ))
}

fn parse_public_url(text: &str) -> Result<Url, Failure> {
    let url = Url::parse(text).ok().filter(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.query().is_none()
            && url.fragment().is_none()
    });
    url.ok_or_else(|| {
        Failure::configuration(
            "public_url_unusable",
            format!("`{text}` is not a URL that others could open"),
            "Write https://weir.example.com.",
        )
    })
}

fn parse_auth(text: &str) -> Result<web::Auth, Failure> {
    match text {
        "token" => Ok(web::Auth::Token),
        "none" => Ok(web::Auth::None),
        other => Err(Failure::configuration(
            "auth_invalid",
            format!("`{other}` is not a way to sign in"),
            "Use `token` or `none`.",
        )),
    }
}

fn parse_visibility(text: Option<&str>) -> Result<Visibility, Failure> {
    match text {
        Some("everyone") => Ok(Visibility::Everyone),
        Some("mapped") | None => Ok(Visibility::Mapped),
        Some(other) => Err(Failure::configuration(
            "visibility_invalid",
            format!("`{other}` is not a visibility"),
            "Use `mapped` or `everyone`.",
        )),
    }
}

/// What this start says of sites holds, whether it names one or goes on with those of the folder.
async fn connect(
    runtime: &Runtime,
    settings: &Settings,
    visibility: Visibility,
) -> Result<(), Failure> {
    let site = match runtime::configured_site(settings)? {
        Some((deployment, credential)) => {
            Some(connect_configured(runtime, deployment, credential, visibility).await?)
        }
        None => None,
    };
    let owner = runtime.gateway.local_owner(Transport::CommandLine).await?;
    let connected = site.as_ref().map(|site| &site.id);
    for name in runtime.gateway.share(&owner, visibility, connected).await? {
        let name = terminal::clean(&name);
        terminal::note(&format!("  {name} is served as --visibility says from now on"));
    }
    if let Some(spaces) = settings.get("mirror.spaces") {
        let site = match site {
            Some(site) => site,
            None => runtime.only_site().await?,
        };
        runtime.source(&site, runtime::parse_scope(spaces)?).await?;
    }
    Ok(())
}

async fn connect_configured(
    runtime: &Runtime,
    deployment: Deployment,
    credential: Credential,
    visibility: Visibility,
) -> Result<Site, Failure> {
    let session = Session::new(runtime::http()?, deployment.clone(), credential.clone());
    if let Err(error) = runtime::verify(&session).await {
        let is_silent = matches!(
            error.kind,
            ErrorKind::Unreachable { .. } | ErrorKind::TimedOut | ErrorKind::Transient
        );
        let is_known = runtime.knows(&deployment).await?;
        if !(is_silent && is_known) {
            return Err(error.into());
        }
        // What is mirrored is served on.
        tracing::warn!(%error, "the site does not answer; its credential is not verified");
    }
    runtime.connect(deployment, credential, visibility).await
}

/// A configuration file that lies where no command looks for it is a likely slip.
fn no_site() -> String {
    let place = runtime::default_configuration_file()
        .map_or_else(String::new, |path| format!(", or write them to {}", path.display()));
    let unread = if Path::new("weir.toml").exists() {
        "\n           ./weir.toml is read with `--config weir.toml`"
    } else {
        ""
    };
    format!("  site     none yet: set CONFLUENCE_URL and its credential{place}{unread}")
}

/// Binds the address.
///
/// # Errors
/// The address is taken or not this machine's.
pub(crate) async fn listen(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| {
        Failure::new(
            Exit::Failed,
            "address_unavailable",
            format!("{address} cannot be listened on: {error}"),
            "Stop what uses it, or choose another with --listen.",
        )
    })
}

/// A server that runs.
pub(crate) struct Served {
    pub(crate) url: String,
    pub(crate) api_token: secrecy::SecretString,
    pub(crate) sign_in: web::SignIn,
    runtime: Arc<Runtime>,
    listener: TcpListener,
    options: web::Options,
    wake: Arc<Notify>,
    interval: Duration,
    has_site: bool,
    /// Whether there is a source.
    mirrors: bool,
}

impl Served {
    /// Prepares the server: its sources wait in the queue, the command line has a token.
    pub(crate) async fn start(
        runtime: &Arc<Runtime>,
        options: &ServeOptions,
        listener: TcpListener,
    ) -> Result<Self, Failure> {
        let address = listener.local_addr().map_err(|error| {
            Failure::new(Exit::Failed, "address_unavailable", error.to_string(), "")
        })?;
        let url = format!("http://{}", reachable(address));
        let api_token = command_line_token(runtime).await?;
        let organization = store::organization(&runtime.db).await?;
        let has_site = !store::sites(&runtime.db, &organization.id).await?.is_empty();
        let mirrors = enqueue_all(runtime).await?;
        let wake = Arc::new(Notify::new());
        let sign_in = web::SignIn::new(runtime.environment.clone());
        let ring = Arc::clone(&wake);
        let metrics = web::Metrics::install().map_err(|error| {
            Failure::new(Exit::Failed, "metrics_unavailable", chain(&error), "")
        })?;
        let options_of_web = web::Options {
            auth: options.auth,
            public_url: options.public_url.clone(),
            version: runtime::VERSION,
            sign_in: sign_in.clone(),
            wake_worker: Arc::new(move || ring.notify_one()),
            metrics,
            limits: web::Limits::default(),
        };
        Ok(Self {
            url,
            api_token,
            sign_in,
            runtime: Arc::clone(runtime),
            listener,
            options: options_of_web,
            wake,
            interval: options.interval,
            has_site,
            mirrors,
        })
    }

    /// Where the console opens, once.
    pub(crate) fn sign_in_url(&self) -> String {
        let base = self
            .options
            .public_url
            .as_ref()
            .map_or_else(|| self.url.clone(), |url| url.as_str().trim_end_matches('/').to_owned());
        format!("{base}{}", self.sign_in.mint(None))
    }

    fn announce(&self) {
        terminal::note(&format!("weir {} serves at {}", runtime::VERSION, self.url));
        terminal::note(&format!("  MCP      {}/mcp", self.url));
        match self.options.auth {
            web::Auth::Token => {
                terminal::note(&format!(
                    "  console  {}  (works once, for ten minutes; `weir sign-in` prints another)",
                    self.sign_in_url()
                ));
                terminal::note("  agents   weir token create claude-code --all-spaces");
            }
            web::Auth::None => terminal::note(&format!(
                "  console  {}/  (no sign-in: every caller on this machine is you)",
                self.url
            )),
        }
        if !self.has_site {
            terminal::note(&no_site());
        } else if !self.mirrors {
            terminal::note("  mirror   nothing yet: --mirror ENG,OPS, or --mirror all");
        }
    }

    /// Serves and works until `stop` resolves.
    pub(crate) async fn until(
        self,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), Failure> {
        let (working, worker_ended) = oneshot::channel::<()>();
        let work = worker::work(Arc::clone(&self.runtime), self.interval, Arc::clone(&self.wake));
        let worker = tokio::spawn(async move {
            // Dropped with the task, whichever way it ends.
            let _working = working;
            work.await;
        });
        let stop = async {
            tokio::select! {
                () = stop => {}
                _ = worker_ended => {}
            }
        };
        let result =
            web::serve(self.runtime.gateway.clone(), self.options, self.listener, stop).await;
        // Calls whose connections were cut leave their events yet.
        self.runtime.gateway.settle().await;
        if worker.is_finished() {
            return Err(Failure::new(
                Exit::Failed,
                "worker_stopped",
                "The worker that keeps the mirror fresh has stopped by itself",
                "The log says why. Start the server again; it goes on where it was.",
            ));
        }
        // A run that is cut here goes on at the next start: its state is in the store alone.
        worker.abort();
        result.map_err(|error| {
            Failure::new(
                Exit::Failed,
                error.code(),
                chain(&error),
                "The log says more with --log info.",
            )
        })
    }
}

/// A server on all addresses is reached here by loopback.
fn reachable(address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => {
            SocketAddr::new(std::net::Ipv4Addr::LOCALHOST.into(), address.port())
        }
        IpAddr::V6(ip) if ip.is_unspecified() => {
            SocketAddr::new(std::net::Ipv6Addr::LOCALHOST.into(), address.port())
        }
        _ => address,
    }
}

/// A fresh `api` token for this machine's command line; those of earlier starts end.
async fn command_line_token(runtime: &Runtime) -> Result<secrecy::SecretString, Failure> {
    let caller = runtime.gateway.local_owner(Transport::CommandLine).await?;
    for token in runtime.gateway.list_tokens(&caller).await? {
        if token.name == COMMAND_LINE
            && token.principal == caller.principal
            && token.revoked_at.is_none()
        {
            runtime.gateway.revoke_token(&caller, token.id.as_str()).await?;
        }
    }
    let new = IssueToken {
        name: COMMAND_LINE.to_owned(),
        principal: gateway::LOCAL_OWNER.to_owned(),
        kind: TokenKind::Api,
        atlassian_account: None,
        opens: OpenSpaces::All,
        expires_at: None,
    };
    Ok(runtime.gateway.issue_token(&caller, new).await?.secret)
}

/// Every source runs at once; false when there is none.
async fn enqueue_all(runtime: &Runtime) -> Result<bool, Failure> {
    let organization = store::organization(&runtime.db).await?;
    worker::enqueue_deletion(&runtime.environment, &runtime.db, &organization.id).await?;
    let mut mirrors = false;
    for site in store::sites(&runtime.db, &organization.id).await? {
        for source in store::sources(&runtime.db, &site.id).await? {
            worker::enqueue_run(
                &runtime.environment,
                &runtime.db,
                &organization.id,
                &source.id,
                None,
            )
            .await?;
            mirrors = true;
        }
    }
    Ok(mirrors)
}
