//! The routes, who may come through each, and the listener.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{any, any_service, delete, get, post};
use gateway::Gateway;
use tokio::net::TcpListener;
use tower_http::compression::CompressionLayer;
use url::Url;

use crate::authority::Authorities;
use crate::connections::{self, Limits};
use crate::metrics::Metrics;
use crate::sign_in::SignIn;
use crate::{api, assets, authenticate, authority, console, observe, probes, security_headers};

/// Bodies of the JSON API and of forms. `/mcp` has its own limit of 4 MiB.
const BODY_LIMIT: usize = 1024 * 1024;

/// How callers over HTTP are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auth {
    /// By a token of Weir's, or in the console by a one-time link.
    Token,
    /// Whoever reaches the loopback address is the local owner.
    None,
}

/// What [`serve`] needs to know beside the gateway.
#[derive(Clone)]
pub struct Options {
    /// How callers are known.
    pub auth: Auth,
    /// The address that people and agents use, when it is not the listener's own.
    pub public_url: Option<Url>,
    /// Mints and redeems the console's one-time links.
    pub sign_in: SignIn,
    /// Called when a job was enqueued, so that the worker need not wait for its next look.
    pub wake_worker: Arc<dyn Fn() + Send + Sync>,
    /// What `/metrics` shows.
    pub metrics: Metrics,
    /// What clients may take of the server.
    pub limits: Limits,
    /// What the server calls itself by.
    pub version: &'static str,
}

/// Why the server did not start, or stopped by itself.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// `--auth none` on an address that other machines reach.
    #[error(
        "`--auth none` would let anybody on the network in, since {0} is not a loopback address"
    )]
    OpenToNetwork(SocketAddr),
    /// `--auth none` together with `--public-url`.
    #[error("`--auth none` cannot be published under {0}")]
    OpenToPublic(Url),
    /// `--public-url` names no host, or is neither http nor https.
    #[error("{0} is not an address that a browser can open")]
    PublicUrl(Url),
    /// The listener has no address.
    #[error("the listener failed")]
    Listener(#[source] std::io::Error),
}

impl ServeError {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::OpenToNetwork(_) => "auth_none_on_network",
            Self::OpenToPublic(_) => "auth_none_with_public_url",
            Self::PublicUrl(_) => "public_url_unusable",
            Self::Listener(_) => "listener_failed",
        }
    }
}

/// Serves console, JSON API, `/mcp` and probes on `listener` until `shutdown` is ready; then takes
/// no new connection and returns when the requests under way are answered, or [`Limits::shutdown`]
/// later.
///
/// # Errors
///
/// [`ServeError`]: refusals of unsafe options come before the first connection is taken.
pub async fn serve(
    gateway: Gateway,
    options: Options,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    let address = listener.local_addr().map_err(ServeError::Listener)?;
    let limits = options.limits;
    let edge = Edge::new(gateway, options, address)?;
    connections::serve(listener, router(edge), limits, shutdown).await;
    Ok(())
}

/// What the handlers share.
#[derive(Clone)]
pub(crate) struct Edge {
    pub(crate) gateway: Gateway,
    pub(crate) options: Arc<Options>,
    pub(crate) authorities: Arc<Authorities>,
}

impl Edge {
    fn new(gateway: Gateway, options: Options, address: SocketAddr) -> Result<Self, ServeError> {
        if options.auth == Auth::None {
            if !address.ip().to_canonical().is_loopback() {
                return Err(ServeError::OpenToNetwork(address));
            }
            if let Some(url) = options.public_url {
                return Err(ServeError::OpenToPublic(url));
            }
        }
        let authorities = Authorities::new(address, options.public_url.as_ref())?;
        Ok(Self { gateway, options: Arc::new(options), authorities: Arc::new(authorities) })
    }
}

/// Layers run from the last one added to the first.
fn router(edge: Edge) -> Router {
    let probes = Router::new()
        .route(probes::HEALTHZ, get(probes::healthz))
        .route(probes::READYZ, get(probes::readyz));

    let mcp = mcp::http_service(
        edge.gateway.clone(),
        mcp::HttpOptions {
            version: edge.options.version,
            allowed_hosts: edge.authorities.hosts(),
            allowed_origins: edge.authorities.origins(),
        },
    );
    let mcp = Router::new()
        .route("/mcp", any_service(mcp))
        .layer(from_fn_with_state(edge.clone(), authenticate::mcp_caller));

    let api = Router::new()
        .route("/api/v1/overview", get(api::overview))
        .route("/api/v1/call", post(api::call))
        .route("/api/v1/runs", post(api::start_runs))
        .route("/api/v1/runs/{source}", get(api::last_run))
        .route("/api/v1/tokens", get(api::list_tokens).post(api::issue_token))
        .route("/api/v1/tokens/{id}", delete(api::revoke_token))
        .route("/api/v1/sign-in", post(api::mint_sign_in))
        .route("/api/{*unknown}", any(api::unknown))
        .layer(from_fn_with_state(edge.clone(), authenticate::api_caller));

    let metrics = Router::new()
        .route("/metrics", get(probes::metrics))
        .layer(from_fn_with_state(edge.clone(), authenticate::api_or_console_caller));

    let signed_in = Router::new()
        .route("/", get(console::overview))
        .route("/start", get(console::start))
        .fallback(console::unknown)
        .layer(from_fn_with_state(edge.clone(), authenticate::console_caller));

    let console = Router::new()
        .route("/sign-in", get(console::sign_in))
        .route("/sign-out", post(console::sign_out))
        .route("/assets/{digest}/{name}", get(assets::asset))
        .merge(signed_in)
        .merge(metrics)
        .layer(CompressionLayer::new());

    Router::new()
        .merge(probes)
        .merge(mcp)
        .merge(api)
        .merge(console)
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(from_fn_with_state(edge.clone(), authority::admit))
        .layer(from_fn_with_state(edge.clone(), security_headers::add))
        .layer(from_fn_with_state(edge.clone(), observe::request))
        .with_state(edge)
}
