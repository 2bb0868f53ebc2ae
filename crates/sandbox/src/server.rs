//! Three listeners on loopback, one state.

use std::net::Ipv4Addr;
use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::serve::ListenerExt;
use axum::{Json, Router};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::access::{Access, CloudAccess, DataCenterAccess, JiraAccess, OAuthAccess, OAuthClient};
use crate::content::Content;
use crate::control::Control;
use crate::error::SandboxError;
use crate::faults::Faults;
use crate::http::{Shared, Surface, admit, identify, record};
use crate::oauth::Issuer;
use crate::people::{self, SERVICE};
use crate::site::{Person, Site};
use crate::{cloud, data_center, jira, oauth, scopes, v1};

/// Five megabytes, where the real one stops too.
const BODY_LIMIT: usize = 5 * 1024 * 1024;

/// How to start a sandbox. Time and randomness are handed in.
#[derive(Clone)]
pub struct Options {
    /// The clock of the simulated site.
    pub now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    /// Fills a buffer with random bytes: credentials and ids.
    pub random: Arc<dyn Fn(&mut [u8]) + Send + Sync>,
    /// Port of the Cloud site; Data Center takes the next one, and the gateway with the
    /// authorization server the one after. 0: three free ports.
    pub port: u16,
    /// Faults from the start on; [`Control::set_faults`] changes them later.
    pub faults: Faults,
}

/// A running sandbox; stops when dropped.
pub struct Sandbox {
    access: Access,
    control: Control,
    _stop: [oneshot::Sender<()>; 3],
}

impl Sandbox {
    /// Builds the site and listens on 127.0.0.1.
    ///
    /// # Errors
    /// [`SandboxError::Load`] when the content does not fit together, [`SandboxError::Listen`]
    /// when a port cannot be had.
    pub async fn start(options: Options, content: Content) -> Result<Self, SandboxError> {
        let mut site = Site::new(people::accounts(options.random.as_ref()), Vec::new());
        people::join_groups(&mut site);
        let jira = content.place(&mut site, (options.now)())?;

        let port = |number: u16| match options.port {
            0 => 0,
            first => first.saturating_add(number),
        };
        let (cloud_listener, cloud_origin) = listen(port(0)).await?;
        let (data_center_listener, data_center_origin) = listen(port(1)).await?;
        let (api_listener, api_origin) = listen(port(2)).await?;
        let mut id = [0; 16];
        (options.random)(&mut id);
        let shared = Arc::new(Shared::new(
            site,
            jira,
            options,
            cloud_origin,
            &data_center_origin,
            api_origin,
            crate::credentials::uuid_text(&id),
        ));
        let access = access(&shared);
        let stop = [
            serve(cloud_listener, cloud_app(&shared)),
            serve(data_center_listener, data_center_app(&shared)),
            serve(api_listener, api_app(&shared)),
        ];
        Ok(Self { access, control: Control::new(shared), _stop: stop })
    }

    /// Addresses and credentials.
    pub fn access(&self) -> &Access {
        &self.access
    }

    /// The in-process handle that tests use to change the site as an administrator and to read
    /// counters.
    pub fn control(&self) -> &Control {
        &self.control
    }
}

async fn listen(port: u16) -> Result<(TcpListener, String), SandboxError> {
    let listener =
        TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(SandboxError::Listen)?;
    let address = listener.local_addr().map_err(SandboxError::Listen)?;
    Ok((listener, format!("http://{address}")))
}

/// Serves until the sender is dropped.
fn serve(listener: TcpListener, app: Router) -> oneshot::Sender<()> {
    let (stop, stopped) = oneshot::channel::<()>();
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY was refused");
        }
    });
    tokio::spawn(async move {
        let served = axum::serve(listener, app).with_graceful_shutdown(async {
            let _ = stopped.await;
        });
        if let Err(error) = served.await {
            tracing::warn!(%error, "the sandbox stopped listening");
        }
    });
    stop
}

fn cloud_app(shared: &Arc<Shared>) -> Router {
    let guarded = cloud::router()
        .merge(jira::cloud())
        .layer(from_fn_with_state((Arc::clone(shared), Surface::CloudV2), identify));
    Router::new()
        .merge(guarded)
        .route("/_edge/tenant_info", get(tenant_info))
        .route("/_media/file/{file}/binary", get(media))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(from_fn_with_state(Arc::clone(shared), record))
        .layer(from_fn_with_state(Arc::clone(shared), admit))
        .with_state(Arc::clone(shared))
}

/// The authorization server and the gateway, behind which the site is the same.
fn api_app(shared: &Arc<Shared>) -> Router {
    oauth::cloud()
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(from_fn_with_state(Arc::clone(shared), admit))
        .with_state(Arc::clone(shared))
        .merge(oauth::gateway(Arc::clone(shared), cloud_app(shared)))
}

fn data_center_app(shared: &Arc<Shared>) -> Router {
    let guarded = data_center::router()
        .merge(jira::data_center())
        .layer(from_fn_with_state((Arc::clone(shared), Surface::DataCenter), identify));
    Router::new()
        .merge(guarded)
        .merge(oauth::data_center())
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(from_fn_with_state(Arc::clone(shared), record))
        .layer(from_fn_with_state(Arc::clone(shared), admit))
        .with_state(Arc::clone(shared))
}

/// Answers without a credential, as the real one does.
async fn tenant_info(State(shared): State<Arc<Shared>>) -> Json<Value> {
    Json(json!({"cloudId": shared.cloud_id}))
}

/// Where downloads of Cloud are redirected to. Whoever knows the id may fetch the file; a
/// credential that arrives here has followed a redirect to another host, and is refused.
async fn media(
    State(shared): State<Arc<Shared>>,
    Path(file): Path<String>,
    headers: HeaderMap,
) -> Response {
    if headers.contains_key(AUTHORIZATION) {
        return (StatusCode::BAD_REQUEST, "a credential was sent to the media host")
            .into_response();
    }
    match v1::media(&shared.site(), &file) {
        Some((media_type, bytes)) => ([(CONTENT_TYPE, media_type)], bytes).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn access(shared: &Shared) -> Access {
    let site = shared.site();
    let mut accounts = people::access(&site);
    for (number, account) in accounts.iter_mut().enumerate() {
        let (random, scopes) = (shared.random.as_ref(), scopes::reading_scopes());
        account.scoped_api_token = shared.grants().add_scoped(random, Person(number), scopes);
    }
    let service = &accounts[SERVICE.0];
    Access {
        cloud: CloudAccess {
            url: shared.cloud_base.clone(),
            username: service.email.clone(),
            api_token: service.api_token.clone(),
        },
        data_center: DataCenterAccess {
            url: shared.data_center_base.clone(),
            personal_token: service.personal_token.clone(),
        },
        jira: JiraAccess {
            cloud_url: shared.jira_cloud_base.clone(),
            data_center_url: shared.jira_data_center_base.clone(),
        },
        oauth: oauth_access(shared),
        accounts,
    }
}

fn oauth_access(shared: &Shared) -> OAuthAccess {
    let grants = shared.grants();
    let client = |issuer, service| {
        let client = grants.client(issuer, service);
        OAuthClient {
            client_id: client.map(|client| client.id.clone()).unwrap_or_default(),
            client_secret: client.map(|client| client.secret.clone()).unwrap_or_default(),
        }
    };
    OAuthAccess {
        origin: shared.api_origin.clone(),
        audience: shared.audience().to_owned(),
        cloud_id: shared.cloud_id.clone(),
        cloud: client(Issuer::Cloud, false),
        service: client(Issuer::Cloud, true),
        data_center: client(Issuer::DataCenter, false),
    }
}
