//! Consent and tokens over HTTP.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use url::{Host, Url};

use super::grants::{Denied, Issuer, Tokens, Wish};
use crate::http::Shared;
use crate::people::ROLES;
use crate::site::Person;

/// A site that a grant opens beside this one, with fewer scopes. Nothing answers there.
const OTHER_ID: &str = "0d3f1a52-6f1c-4c5a-9a0e-2b7c6f1e8d90";

/// `auth.atlassian.com` and what `api.atlassian.com` has beside the gateway, on one host.
pub(crate) fn cloud() -> Router<Arc<Shared>> {
    Router::new()
        .route("/authorize", get(ask_cloud).post(decide))
        .route("/oauth/token", post(token_of_cloud))
        .route("/oauth/token/accessible-resources", get(accessible_resources))
}

/// The authorization server that is part of Data Center.
pub(crate) fn data_center() -> Router<Arc<Shared>> {
    Router::new()
        .route("/confluence/rest/oauth2/latest/authorize", get(ask_data_center).post(decide))
        .route("/confluence/rest/oauth2/latest/token", post(token_of_data_center))
}

async fn ask_cloud(State(shared): State<Arc<Shared>>, RawQuery(query): RawQuery) -> Response {
    ask(&shared, Issuer::Cloud, &query.unwrap_or_default())
}

async fn ask_data_center(State(shared): State<Arc<Shared>>, RawQuery(query): RawQuery) -> Response {
    ask(&shared, Issuer::DataCenter, &query.unwrap_or_default())
}

/// A page with an account to choose and two buttons. What cannot be asked for is told here and
/// never at the redirect address, which is not to be trusted then.
fn ask(shared: &Shared, issuer: Issuer, query: &str) -> Response {
    let fields = form(query.as_bytes());
    let field = |name: &str| fields.get(name).map(String::as_str).unwrap_or_default();
    let refuse = |what: &str| {
        let page = format!("<!DOCTYPE html><title>Error</title><p>{}</p>", escaped(what));
        (StatusCode::BAD_REQUEST, Html(page)).into_response()
    };
    let mut grants = shared.grants();
    if grants.client(issuer, false).is_none_or(|client| client.id != field("client_id")) {
        return refuse("unknown client_id");
    }
    if !is_loopback(field("redirect_uri")) {
        return refuse("the redirect_uri is not registered");
    }
    if issuer == Issuer::Cloud && field("audience") != shared.audience() {
        return refuse("unknown audience");
    }
    if field("response_type") != "code" || field("scope").is_empty() {
        return refuse("response_type must be code, and scope must not be empty");
    }
    let challenge = fields.get("code_challenge").cloned();
    if challenge.is_some() && field("code_challenge_method") != "S256" {
        return refuse("code_challenge_method must be S256");
    }
    let wish = Wish {
        issuer,
        redirect_uri: field("redirect_uri").to_owned(),
        state: field("state").to_owned(),
        scopes: field("scope").split_whitespace().map(str::to_owned).collect(),
        challenge,
    };
    let asked = escaped(field("scope"));
    let request = grants.wish(shared.random.as_ref(), wish);
    let accounts = ROLES.map(|role| format!("<option value=\"{role}\">{role}</option>")).concat();
    Html(format!(
        "<!DOCTYPE html><html><head><title>Authorize</title></head><body><form method=\"post\">\
         <p>The application asks for: {asked}</p>\
         <input type=\"hidden\" name=\"request\" value=\"{request}\">\
         <select name=\"account\">{accounts}</select>\
         <button name=\"decision\" value=\"accept\">Accept</button>\
         <button name=\"decision\" value=\"cancel\">Cancel</button></form></body></html>"
    ))
    .into_response()
}

async fn decide(State(shared): State<Arc<Shared>>, body: Bytes) -> Response {
    let fields = form(&body);
    let field = |name: &str| fields.get(name).map(String::as_str).unwrap_or_default();
    let mut grants = shared.grants();
    let wish = grants.take_wish(field("request"));
    let account = ROLES.iter().position(|role| *role == field("account")).unwrap_or(0);
    let Some((wish, Ok(mut back))) = wish.map(|wish| {
        let back = Url::parse(&wish.redirect_uri);
        (wish, back)
    }) else {
        return (StatusCode::BAD_REQUEST, "there is no such request").into_response();
    };
    let state = wish.state.clone();
    let (name, value) = if field("decision") == "accept" {
        let random = shared.random.as_ref();
        ("code", grants.consent(random, wish, Person(account), (shared.now)()))
    } else {
        ("error", "access_denied".to_owned())
    };
    back.query_pairs_mut().append_pair(name, &value).append_pair("state", &state);
    Redirect::to(back.as_str()).into_response()
}

async fn token_of_cloud(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match token(&shared, Issuer::Cloud, &fields(&headers, &body)) {
        Some(Ok(tokens)) => given(&tokens, true),
        Some(Err(denied)) => {
            let (status, error, description) = match denied {
                Denied::Client => (StatusCode::UNAUTHORIZED, "access_denied", "Unauthorized"),
                Denied::Spent => {
                    (StatusCode::FORBIDDEN, "unauthorized_client", "refresh_token is invalid")
                }
                Denied::Old => {
                    let description = "Unknown or invalid refresh token.";
                    (StatusCode::FORBIDDEN, "invalid_grant", description)
                }
                Denied::Code => {
                    (StatusCode::FORBIDDEN, "invalid_grant", "Invalid authorization code")
                }
            };
            let body = json!({"error": error, "error_description": description});
            (status, Json(body)).into_response()
        }
        None => unsupported(),
    }
}

async fn token_of_data_center(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match token(&shared, Issuer::DataCenter, &fields(&headers, &body)) {
        Some(Ok(tokens)) => given(&tokens, false),
        Some(Err(Denied::Client)) => {
            (StatusCode::UNAUTHORIZED, Json(json!({"error": "invalid_client"}))).into_response()
        }
        Some(Err(Denied::Spent | Denied::Old | Denied::Code)) => {
            (StatusCode::BAD_REQUEST, Json(json!({"error": "invalid_grant"}))).into_response()
        }
        None => unsupported(),
    }
}

fn unsupported() -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({"error": "unsupported_grant_type"}))).into_response()
}

/// `None`: no grant of that type.
fn token(
    shared: &Shared,
    issuer: Issuer,
    fields: &BTreeMap<String, String>,
) -> Option<Result<Tokens, Denied>> {
    let field = |name: &str| fields.get(name).map(String::as_str).unwrap_or_default();
    let (random, now) = (shared.random.as_ref(), (shared.now)());
    let mut grants = shared.grants();
    let service = field("grant_type") == "client_credentials";
    if let Err(denied) = grants.known(issuer, service, field("client_id"), field("client_secret")) {
        return Some(Err(denied));
    }
    match field("grant_type") {
        "authorization_code" => {
            let proof = fields
                .get("code_verifier")
                .map(|verifier| URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes())));
            let (code, back) = (field("code"), field("redirect_uri"));
            Some(grants.redeem(random, issuer, code, back, proof.as_deref(), now))
        }
        "refresh_token" => {
            let back = fields.get("redirect_uri").map(String::as_str);
            Some(grants.rotate(random, issuer, field("refresh_token"), back, now))
        }
        "client_credentials" => Some(Ok(grants.serve(random, issuer, now))),
        _ => None,
    }
}

fn given(tokens: &Tokens, says_scopes: bool) -> Response {
    let mut body = json!({
        "access_token": tokens.access,
        "expires_in": 3600,
        "token_type": "Bearer",
    });
    if says_scopes {
        body["scope"] = tokens.scopes.iter().cloned().collect::<Vec<_>>().join(" ").into();
    }
    if let Some(refresh) = &tokens.refresh {
        body["refresh_token"] = refresh.as_str().into();
    }
    Json(body).into_response()
}

/// One entry for each product of this site, both of the same id, and one of another site.
async fn accessible_resources(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    let value = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let bearer = value.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
    let Some(opened) = shared.grants().opened(Issuer::Cloud, bearer, (shared.now)()) else {
        let body = json!({"code": 401, "message": "Unauthorized"});
        return (StatusCode::UNAUTHORIZED, Json(body)).into_response();
    };
    let of = |word: &str| -> BTreeSet<&str> {
        opened.scopes.iter().map(String::as_str).filter(|scope| scope.contains(word)).collect()
    };
    let entry = |id: &str, url: &str, name: &str, scopes: &BTreeSet<&str>| {
        json!({"id": id, "url": url, "name": name, "scopes": scopes,
            "avatarUrl": format!("{url}/avatar.png")})
    };
    let (confluence, jira) = (of("confluence"), of("jira"));
    let origin = shared.cloud_base.trim_end_matches("/wiki");
    let first = confluence.first().copied().into_iter().collect();
    let mut sites = vec![entry(OTHER_ID, "https://other.atlassian.net", "other", &first)];
    for scopes in [&jira, &confluence] {
        if !scopes.is_empty() {
            sites.push(entry(&shared.cloud_id, origin, "sandbox", scopes));
        }
    }
    Json(Value::from(sites)).into_response()
}

/// JSON, or a form: Atlassian takes both.
fn fields(headers: &HeaderMap, body: &Bytes) -> BTreeMap<String, String> {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if kind.starts_with("application/json") {
        return serde_json::from_slice(body).unwrap_or_default();
    }
    form(body)
}

fn form(text: &[u8]) -> BTreeMap<String, String> {
    url::form_urlencoded::parse(text).into_owned().collect()
}

/// The callbacks that are registered: all of this machine.
fn is_loopback(address: &str) -> bool {
    let Ok(url) = Url::parse(address) else { return false };
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
