//! The token endpoint and what its refusals mean.

use jiff::SignedDuration;
use reqwest::StatusCode;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::{AuthorizationServer, Clock, OAuthApp, TokenSet};
use crate::answer::{Answer, Failure};
use crate::retry::Retry;
use crate::{Error, ErrorKind, Http, Result};

/// Where none is named, as OAuth recommends to say (RFC 6749, section 5.1), an hour as Atlassian's.
const DEFAULT_LIFE: i64 = 3_600;

/// What tokens are made of.
pub(crate) enum Grant<'a> {
    Code { code: &'a SecretString, verifier: Option<&'a SecretString> },
    Refresh { token: &'a SecretString },
    ClientCredentials,
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: SecretString,
    refresh_token: Option<SecretString>,
    expires_in: Option<i64>,
    scope: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Refusal {
    error: String,
    error_description: String,
}

/// Asks for tokens. Sent again after a failure that may pass: a code or refresh token that was
/// spent in an answer that never arrived still works for minutes.
pub(crate) async fn request(
    http: &Http,
    app: &OAuthApp,
    clock: &Clock,
    grant: &Grant<'_>,
) -> Result<TokenSet> {
    let url = app.server.token_url().map_err(|error| Error {
        kind: ErrorKind::AppMisconfigured,
        status: None,
        method: "POST",
        path: String::new(),
        detail: error.to_string(),
    })?;
    let scopes = app.scopes.join(" ");
    let mut form = vec![
        ("client_id", app.client_id.as_str()),
        ("client_secret", app.client_secret.expose_secret()),
    ];
    match grant {
        Grant::Code { code, verifier } => {
            form.push(("grant_type", "authorization_code"));
            form.push(("code", code.expose_secret()));
            form.push(("redirect_uri", &app.redirect_uri));
            if let Some(verifier) = verifier {
                form.push(("code_verifier", verifier.expose_secret()));
            }
        }
        Grant::Refresh { token } => {
            form.push(("grant_type", "refresh_token"));
            form.push(("refresh_token", token.expose_secret()));
            // Data Center compares it here too, and answers a bare `invalid_grant` without it.
            form.push(("redirect_uri", &app.redirect_uri));
        }
        Grant::ClientCredentials => {
            form.push(("grant_type", "client_credentials"));
            match &app.server {
                AuthorizationServer::Cloud(realm) => form.push(("audience", realm.audience())),
                AuthorizationServer::DataCenter(_) => form.push(("scope", &scopes)),
            }
        }
    }
    let received_after = clock();
    let answer = http.post_form(&url, &form, |answer| read(answer, grant)).await?;
    let life = SignedDuration::from_secs(answer.expires_in.unwrap_or(DEFAULT_LIFE).max(0));
    let expires_at = received_after.checked_add(life).unwrap_or(received_after);
    let scopes = match answer.scope {
        Some(scopes) => scopes.split_whitespace().map(str::to_owned).collect(),
        None => app.scopes.clone(),
    };
    let refresh_token = answer.refresh_token.or_else(|| match grant {
        Grant::Refresh { token } => Some((*token).clone()),
        Grant::Code { .. } | Grant::ClientCredentials => None,
    });
    Ok(TokenSet { access_token: answer.access_token, refresh_token, expires_at, scopes })
}

fn read(answer: &Answer, grant: &Grant<'_>) -> Result<TokenAnswer, Failure> {
    let failure = match answer.read() {
        Ok(tokens) => return Ok(tokens),
        Err(failure) => failure,
    };
    let refusal: Refusal = serde_json::from_slice(&answer.body).unwrap_or_default();
    Err(match decided(answer.status, &refusal.error, grant) {
        Some(kind) => Failure {
            kind,
            detail: crate::answer::shorten(&format!(
                "{} {}",
                refusal.error, refusal.error_description
            )),
            retry: Retry::Never,
            ..failure
        },
        None => failure,
    })
}

/// What a refusal means for the person who has to act. `None`: as anywhere else.
///
/// `access_denied` is the application's own secret, never the person's consent: whoever consents
/// again because of it changes nothing.
fn decided(status: StatusCode, error: &str, grant: &Grant<'_>) -> Option<ErrorKind> {
    let spent = match grant {
        Grant::Code { .. } | Grant::Refresh { .. } => ErrorKind::ReauthRequired,
        Grant::ClientCredentials => ErrorKind::AppMisconfigured,
    };
    match error {
        "invalid_grant" | "unauthorized_client" => Some(spent),
        "access_denied"
        | "invalid_client"
        | "invalid_scope"
        | "unsupported_grant_type"
        | "invalid_request" => Some(ErrorKind::AppMisconfigured),
        _ if status == StatusCode::UNAUTHORIZED => Some(ErrorKind::AppMisconfigured),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use reqwest::header::HeaderMap;
    use url::Url;

    use super::*;

    #[test]
    fn refusals_say_who_has_to_act() {
        use ErrorKind::{AppMisconfigured, ReauthRequired, Transient};
        let token = SecretString::from("t");
        let refresh = Grant::Refresh { token: &token };
        for (status, error, grant, expected) in [
            (403, "unauthorized_client", &refresh, ReauthRequired),
            (403, "invalid_grant", &refresh, ReauthRequired),
            (400, "invalid_grant", &refresh, ReauthRequired),
            (401, "access_denied", &refresh, AppMisconfigured),
            (401, "", &refresh, AppMisconfigured),
            (400, "invalid_scope", &refresh, AppMisconfigured),
            (401, "access_denied", &Grant::ClientCredentials, AppMisconfigured),
            (403, "unauthorized_client", &Grant::ClientCredentials, AppMisconfigured),
            (503, "", &refresh, Transient),
        ] {
            let answer = Answer {
                url: Url::parse("https://auth.atlassian.com/oauth/token").unwrap(),
                status: StatusCode::from_u16(status).unwrap(),
                headers: HeaderMap::new(),
                body: Bytes::from(format!(r#"{{"error":"{error}","error_description":"x"}}"#)),
            };
            let failure = read(&answer, grant).map(|_| ()).unwrap_err();
            assert_eq!(failure.kind, expected, "{status} {error}");
        }
    }
}
