//! `/api/v1`: what the command line asks of a running server. JSON in, JSON out; an error is
//! `{code, message, hint}`.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection};
use axum::extract::{FromRequest, Path, State};
use axum::response::{IntoResponse, Response};
use axum::{Extension, extract::Request};
use gateway::{AskedRun, Call, Caller, IssueToken, Outcome, Overview, RunOverview, TokenView};
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use store::{OpenSpaces, TokenKind};

use crate::failure::Failure;
use crate::server::Edge;
use crate::sign_in::SIGN_IN_MINUTES;

type Answer<T> = Result<Json<T>, Failure>;

/// Sites, their sources and last runs.
pub(crate) async fn overview(
    State(edge): State<Edge>,
    Extension(caller): Extension<Caller>,
) -> Answer<Overview> {
    Ok(Json(edge.gateway.overview(&caller).await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CallBody {
    tool: String,
    #[serde(default)]
    arguments: Map<String, Value>,
}

/// Calls a tool: the same dispatch as over MCP, its answer as data.
pub(crate) async fn call(
    State(edge): State<Edge>,
    Extension(caller): Extension<Caller>,
    Body(body): Body<CallBody>,
) -> Answer<Value> {
    let call = Call { tool: body.tool, arguments: body.arguments };
    let Outcome { event, result } = edge.gateway.dispatch(&caller, call).await;
    let output = result.map_err(Failure::Refused)?;
    Ok(Json(json!({"event": event, "output": output})))
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StartRuns {
    source: Option<String>,
}

#[derive(Serialize)]
pub(crate) struct StartedRuns {
    runs: Vec<StartedRun>,
}

/// `queued` is false when a run of the source is due or goes already.
#[derive(Serialize)]
pub(crate) struct StartedRun {
    source: String,
    queued: bool,
}

/// Starts the run of one source, or of all.
pub(crate) async fn start_runs(
    State(edge): State<Edge>,
    Extension(caller): Extension<Caller>,
    Body(body): Body<StartRuns>,
) -> Result<(StatusCode, Json<StartedRuns>), Failure> {
    let asked = edge.gateway.start_runs(&caller, body.source.as_deref()).await?;
    if asked.is_empty() && body.source.is_some() {
        return Err(Failure::UnknownRecord("source"));
    }
    let run =
        |asked: AskedRun| StartedRun { source: asked.source.to_string(), queued: asked.queued };
    let runs = asked.into_iter().map(run).collect();
    (edge.options.wake_worker)();
    Ok((StatusCode::ACCEPTED, Json(StartedRuns { runs })))
}

#[derive(Serialize)]
pub(crate) struct LastRun {
    run: Option<RunOverview>,
}

/// The last run of a source, going or ended; null before the first.
pub(crate) async fn last_run(
    State(edge): State<Edge>,
    Extension(caller): Extension<Caller>,
    source: Result<Path<String>, PathRejection>,
) -> Answer<LastRun> {
    let unknown = Failure::UnknownRecord("source");
    let Ok(Path(source)) = source else { return Err(unknown) };
    let overview = edge.gateway.overview(&caller).await?;
    let mut sources = overview.sites.into_iter().flat_map(|site| site.sources);
    match sources.find(|known| known.id == source) {
        Some(source) => Ok(Json(LastRun { run: source.last_run })),
        None => Err(unknown),
    }
}

#[derive(Serialize)]
pub(crate) struct Tokens {
    tokens: Vec<TokenView>,
}

/// The organization's tokens, without their secrets.
pub(crate) async fn list_tokens(
    State(edge): State<Edge>,
    Extension(caller): Extension<Caller>,
) -> Answer<Tokens> {
    let tokens = edge.gateway.list_tokens(&caller).await?;
    Ok(Json(Tokens { tokens: tokens.iter().map(TokenView::of).collect() }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewTokenBody {
    name: String,
    /// The name of the principal; the token's own when absent.
    principal: Option<String>,
    kind: TokenKind,
    atlassian_account: Option<String>,
    opens: OpenSpaces,
    expires_at: Option<Timestamp>,
}

#[derive(Serialize)]
pub(crate) struct NewToken {
    token: TokenView,
    /// Shown in this answer and never again.
    secret: String,
    /// Spaces that it opens and that no site mirrors yet.
    unmirrored: Vec<String>,
    /// The Atlassian accounts that its principal is.
    accounts: BTreeSet<String>,
}

/// Makes a token.
pub(crate) async fn issue_token(
    State(edge): State<Edge>,
    Extension(caller): Extension<Caller>,
    Body(body): Body<NewTokenBody>,
) -> Result<(StatusCode, Json<NewToken>), Failure> {
    let issued = edge
        .gateway
        .issue_token(
            &caller,
            IssueToken {
                principal: IssueToken::principal(body.principal, &body.name)?,
                name: body.name,
                kind: body.kind,
                atlassian_account: body.atlassian_account,
                opens: body.opens,
                expires_at: body.expires_at,
            },
        )
        .await?;
    let body = NewToken {
        token: TokenView::of(&issued.token),
        secret: issued.secret.expose_secret().to_owned(),
        unmirrored: issued.unmirrored,
        accounts: issued.accounts,
    };
    Ok((StatusCode::CREATED, Json(body)))
}

/// Revokes a token at once.
pub(crate) async fn revoke_token(
    State(edge): State<Edge>,
    Extension(caller): Extension<Caller>,
    id: Result<Path<String>, PathRejection>,
) -> Result<StatusCode, Failure> {
    let unknown = Failure::UnknownRecord("token");
    let Ok(Path(id)) = id else { return Err(unknown) };
    if edge.gateway.revoke_token(&caller, &id).await? {
        edge.options.sign_in.revoke(&id);
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(unknown)
    }
}

#[derive(Serialize)]
pub(crate) struct SignInLink {
    url: String,
    expires_at: Timestamp,
}

/// Mints a one-time link for the console.
pub(crate) async fn mint_sign_in(
    State(edge): State<Edge>,
    Extension(caller): Extension<Caller>,
) -> Result<(StatusCode, Json<SignInLink>), Failure> {
    edge.gateway.administered(&caller, "sign_in/mint", "console".to_owned(), Value::Null).await?;
    let url = edge.authorities.url(&edge.options.sign_in.mint(caller.token));
    let expires_at = edge.gateway.environment().now() + SignedDuration::from_mins(SIGN_IN_MINUTES);
    Ok((StatusCode::CREATED, Json(SignInLink { url, expires_at })))
}

/// No such route.
pub(crate) async fn unknown() -> Failure {
    Failure::UnknownRoute
}

/// A JSON body whose faults are answered in this interface's own shape.
pub(crate) struct Body<T>(T);

impl<T, S> FromRequest<S> for Body<T>
where
    T: for<'de> Deserialize<'de>,
    S: Send + Sync,
{
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        match Json::<T>::from_request(request, state).await {
            Ok(Json(body)) => Ok(Self(body)),
            Err(JsonRejection::BytesRejection(rejection)) => Err(rejection.into_response()),
            Err(rejection) => Err(Failure::InvalidBody(rejection.body_text()).into_response()),
        }
    }
}
