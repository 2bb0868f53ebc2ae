use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use url::Url;

use super::endpoint::{Grant, request};
use super::{Clock, TokenSet};
use crate::{ConfigurationError, Http, Realm, Result};

/// An OAuth application as its owner registered it.
#[derive(Clone, Debug)]
pub struct OAuthApp {
    /// Where it is registered.
    pub server: AuthorizationServer,
    /// What the server calls it.
    pub client_id: String,
    /// Its proof to the server.
    pub client_secret: SecretString,
    /// Where consent leads back to, exactly as registered.
    pub redirect_uri: String,
    /// All scopes that are needed: what a new consent does not ask for is taken away from the old
    /// one. With `offline_access` among them Cloud gives a refresh token.
    pub scopes: Vec<String>,
    /// Whether to prove at the token endpoint that the code was asked for here (RFC 7636).
    pub pkce: bool,
}

/// Who gives tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuthorizationServer {
    /// Atlassian, for all sites of a realm (3LO, and service accounts).
    Cloud(Realm),
    /// A Data Center installation, by its base address (since Confluence 7.17).
    DataCenter(Url),
}

impl AuthorizationServer {
    /// Where a person consents.
    pub fn authorize_url(&self) -> Result<Url, ConfigurationError> {
        match self {
            Self::Cloud(realm) => address(&format!("{}/authorize", realm.auth())),
            Self::DataCenter(base) => below(base, "authorize"),
        }
    }

    /// Where tokens are made.
    pub fn token_url(&self) -> Result<Url, ConfigurationError> {
        match self {
            Self::Cloud(realm) => address(&format!("{}/oauth/token", realm.auth())),
            Self::DataCenter(base) => below(base, "token"),
        }
    }
}

fn address(text: &str) -> Result<Url, ConfigurationError> {
    Url::parse(text).map_err(|error| ConfigurationError::Url(error.to_string()))
}

fn below(base: &Url, name: &str) -> Result<Url, ConfigurationError> {
    let base = base.as_str().trim_end_matches('/');
    address(&format!("{base}/rest/oauth2/latest/{name}"))
}

/// A consent that was asked for and not yet given: keep it until the browser comes back.
#[derive(Clone, Debug)]
pub struct Consent {
    /// Where to send the browser.
    pub url: Url,
    state: SecretString,
    verifier: Option<SecretString>,
}

/// Why the browser came back without a code that can be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConsentError {
    /// The person pressed Cancel.
    #[error("the consent was declined")]
    Declined,
    /// The answer belongs to another consent, or to none.
    #[error("the answer does not belong to the consent that was asked for")]
    ForeignState,
    /// The server refused the request for consent.
    #[error("the authorization server refused to ask for consent: {0}")]
    Refused(String),
    /// Neither a code nor an error.
    #[error("the answer holds no code")]
    NoCode,
}

impl OAuthApp {
    /// Asks for consent. `random` fills a buffer with random bytes.
    ///
    /// # Errors
    /// When the server's address is none.
    pub fn consent(
        &self,
        random: &(dyn Fn(&mut [u8]) + Send + Sync),
    ) -> Result<Consent, ConfigurationError> {
        let state = random_text(random);
        let verifier = self.pkce.then(|| random_text(random));
        let mut url = self.server.authorize_url()?;
        {
            let mut query = url.query_pairs_mut();
            if let AuthorizationServer::Cloud(realm) = &self.server {
                query.append_pair("audience", realm.audience()).append_pair("prompt", "consent");
            }
            query
                .append_pair("response_type", "code")
                .append_pair("client_id", &self.client_id)
                .append_pair("redirect_uri", &self.redirect_uri)
                .append_pair("scope", &self.scopes.join(" "))
                .append_pair("state", &state);
            if let Some(verifier) = &verifier {
                let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
                query
                    .append_pair("code_challenge", &challenge)
                    .append_pair("code_challenge_method", "S256");
            }
        }
        Ok(Consent { url, state: state.into(), verifier: verifier.map(SecretString::from) })
    }

    /// Makes tokens of the code that a consent led to. Save them before they are used.
    ///
    /// # Errors
    /// [`ErrorKind::AppMisconfigured`](crate::ErrorKind::AppMisconfigured) for a wrong client
    /// secret or redirect address, [`ErrorKind::ReauthRequired`](crate::ErrorKind::ReauthRequired)
    /// for a code that was spent or is too old.
    pub async fn exchange(
        &self,
        http: &Http,
        clock: &Clock,
        consent: &Consent,
        code: &SecretString,
    ) -> Result<TokenSet> {
        let verifier = consent.verifier.as_ref();
        request(http, self, clock, &Grant::Code { code, verifier }).await
    }
}

impl Consent {
    /// The code in the query with which the browser came back to the redirect address.
    ///
    /// # Errors
    /// See [`ConsentError`].
    pub fn code(&self, query: &str) -> Result<SecretString, ConsentError> {
        let value = |wanted: &str| {
            let mut pairs = url::form_urlencoded::parse(query.as_bytes());
            pairs.find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned())
        };
        if value("state").as_deref() != Some(self.state.expose_secret()) {
            return Err(ConsentError::ForeignState);
        }
        match value("error").as_deref() {
            Some("access_denied") => return Err(ConsentError::Declined),
            Some(error) => {
                let named = error.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_');
                return Err(ConsentError::Refused(named.take(60).collect()));
            }
            None => {}
        }
        value("code")
            .filter(|code| !code.is_empty())
            .map_or(Err(ConsentError::NoCode), |code| Ok(SecretString::from(code)))
    }
}

fn random_text(random: &(dyn Fn(&mut [u8]) + Send + Sync)) -> String {
    let mut bytes = [0; 32];
    random(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn app(server: AuthorizationServer, pkce: bool) -> OAuthApp {
        OAuthApp {
            server,
            client_id: "c".to_owned(),
            client_secret: "hidden-secret".into(),
            redirect_uri: "http://localhost:8080/callback".to_owned(),
            scopes: vec!["read:page:confluence".to_owned(), "offline_access".to_owned()],
            pkce,
        }
    }

    fn consent(server: AuthorizationServer, pkce: bool) -> Consent {
        app(server, pkce).consent(&|bytes: &mut [u8]| bytes.fill(7)).unwrap()
    }

    #[test]
    fn consent_is_asked_for_the_full_set_of_scopes() {
        let cloud = consent(AuthorizationServer::Cloud(Realm::commercial()), false);
        assert_eq!(
            cloud.url.as_str(),
            "https://auth.atlassian.com/authorize?audience=api.atlassian.com&prompt=consent&response_type=code&client_id=c&redirect_uri=http%3A%2F%2Flocalhost%3A8080%2Fcallback&scope=read%3Apage%3Aconfluence+offline_access&state=BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc"
        );
        let base = Url::parse("https://wiki.example.com/confluence").unwrap();
        let data_center = consent(AuthorizationServer::DataCenter(base), true).url;
        let url = data_center.as_str();
        assert!(url.starts_with(
            "https://wiki.example.com/confluence/rest/oauth2/latest/authorize?response_type=code&"
        ));
        // SHA-256 of the verifier (RFC 7636, section 4.2).
        let proof = "&code_challenge=3Ev4DHdHPRMPoN6GukAY_pi7IUAF5qWJHRK6kURvnoE&code_challenge_method=S256";
        assert!(url.ends_with(proof), "{url}");
        assert!(!url.contains("audience"), "{url}");
    }

    #[test]
    fn only_the_answer_to_this_consent_is_taken() {
        let consent = consent(AuthorizationServer::Cloud(Realm::commercial()), false);
        let state = consent.state.expose_secret();
        let read = |query: &str| consent.code(query).map(|code| code.expose_secret().to_owned());
        assert_eq!(read(&format!("state={state}&code=a%2Fb")), Ok("a/b".to_owned()));
        for (query, expected) in [
            (format!("state={state}&error=access_denied"), ConsentError::Declined),
            (
                format!("state={state}&error=invalid_scope%0A"),
                ConsentError::Refused("invalid_scope".to_owned()),
            ),
            (format!("state={state}&code="), ConsentError::NoCode),
            ("state=other&code=x".to_owned(), ConsentError::ForeignState),
            ("code=x".to_owned(), ConsentError::ForeignState),
        ] {
            assert_eq!(read(&query), Err(expected), "{query}");
        }
        let shown =
            format!("{consent:?} {:?}", app(AuthorizationServer::Cloud(Realm::commercial()), true));
        assert!(!shown.contains("hidden-secret"), "{shown}");
    }
}
