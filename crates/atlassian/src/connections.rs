//! Pools of connections: which of them a request goes out by, and what they trust and show.

use std::error::Error as _;

use reqwest::header::{ACCEPT, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Certificate, Client, Identity, NoProxy, Proxy, redirect};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::ConfigurationError;
use crate::options::{HttpOptions, NamedProxies, Proxies};
use crate::realm::is_loopback;

/// Set by this crate; another value of theirs would break or redirect a request.
const OWN_HEADERS: [&str; 5] =
    ["authorization", "host", "content-length", "transfer-encoding", "x-atlassian-token"];

/// Whether a request goes to the site (or its gateway) or to a host that the site named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Towards {
    /// Gets the client certificate and the custom headers.
    Site,
    /// Gets neither.
    Elsewhere,
}

/// None of them follows a redirect: a credential never leaves the host that it was given for.
pub(crate) struct Connections {
    site: Ways,
    /// Its own pools only where the site gets a certificate that others must not.
    elsewhere: Option<Ways>,
    headers: HeaderMap,
}

struct Ways {
    routed: Client,
    /// For loopback hosts.
    direct: Client,
}

impl Connections {
    pub(crate) fn new(options: &HttpOptions) -> Result<Self, ConfigurationError> {
        if options.accept_invalid_certificates {
            tracing::warn!(
                "certificates of the site are not checked; whoever stands between can read its credential. Trust its certificate authority instead"
            );
        }
        let identity = options.client_identity.as_ref().map(identity).transpose()?;
        let elsewhere = match &identity {
            Some(_) => Some(Ways::new(options, None)?),
            None => None,
        };
        let headers = custom_headers(&options.headers)?;
        Ok(Self { site: Ways::new(options, identity)?, elsewhere, headers })
    }

    pub(crate) fn request(
        &self,
        towards: Towards,
        method: reqwest::Method,
        url: &Url,
    ) -> reqwest::RequestBuilder {
        let ways = match towards {
            Towards::Site => &self.site,
            Towards::Elsewhere => self.elsewhere.as_ref().unwrap_or(&self.site),
        };
        let client = if is_loopback(url) { &ways.direct } else { &ways.routed };
        let request = client.request(method, url.clone());
        match towards {
            Towards::Site => request.headers(self.headers.clone()),
            Towards::Elsewhere => request,
        }
    }
}

impl Ways {
    fn new(options: &HttpOptions, identity: Option<Identity>) -> Result<Self, ConfigurationError> {
        let routed = match &options.proxies {
            Proxies::System => client(options, identity.clone(), |builder| builder)?,
            Proxies::Named(named) => {
                let proxies = proxies(named)?;
                // Without this the environment's proxies would be added to the named ones.
                let builder = |builder: reqwest::ClientBuilder| {
                    proxies.into_iter().fold(builder.no_proxy(), reqwest::ClientBuilder::proxy)
                };
                client(options, identity.clone(), builder)?
            }
        };
        let direct = client(options, identity, reqwest::ClientBuilder::no_proxy)?;
        Ok(Self { routed, direct })
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place where HTTP clients are made")]
fn client(
    options: &HttpOptions,
    identity: Option<Identity>,
    route: impl FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder,
) -> Result<Client, ConfigurationError> {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    // Without it Confluence takes a write for a forged one.
    let xsrf = HeaderName::from_static("x-atlassian-token");
    headers.insert(xsrf, HeaderValue::from_static("no-check"));
    let mut builder = route(Client::builder())
        .user_agent(&options.user_agent)
        .default_headers(headers)
        .redirect(redirect::Policy::none())
        .connect_timeout(options.connect_timeout)
        .timeout(options.request_timeout)
        .pool_max_idle_per_host(options.concurrency.max(1))
        .tcp_nodelay(true)
        .tls_certs_merge(certificates(&options.extra_ca)?)
        .tls_danger_accept_invalid_certs(options.accept_invalid_certificates);
    if let Some(identity) = identity {
        builder = builder.identity(identity);
    }
    builder.build().map_err(|error| ConfigurationError::Client(root_cause(&error)))
}

fn certificates(given: &[Vec<u8>]) -> Result<Vec<Certificate>, ConfigurationError> {
    let mut certificates = Vec::new();
    for bytes in given {
        let read = if bytes.trim_ascii_start().starts_with(b"-----BEGIN") {
            Certificate::from_pem_bundle(bytes)
        } else {
            Certificate::from_der(bytes).map(|certificate| vec![certificate])
        };
        let read = read.map_err(|error| ConfigurationError::Certificate(root_cause(&error)))?;
        if read.is_empty() {
            return Err(ConfigurationError::Certificate("it holds no certificate".to_owned()));
        }
        certificates.extend(read);
    }
    Ok(certificates)
}

fn identity(pem: &SecretString) -> Result<Identity, ConfigurationError> {
    let pem = pem.expose_secret();
    if pem.contains("ENCRYPTED") {
        return Err(ConfigurationError::ClientIdentity(
            "the private key is encrypted; store it decrypted in a file that only this program can read",
        ));
    }
    // The parser's text could quote the key.
    Identity::from_pem(pem.as_bytes()).map_err(|_| {
        ConfigurationError::ClientIdentity("it needs a certificate and its private key, both PEM")
    })
}

fn custom_headers(given: &[(String, SecretString)]) -> Result<HeaderMap, ConfigurationError> {
    let mut headers = HeaderMap::new();
    for (name, value) in given {
        let refused = || ConfigurationError::Header(name.clone());
        let name = HeaderName::try_from(name.as_str()).map_err(|_| refused())?;
        if OWN_HEADERS.contains(&name.as_str()) {
            return Err(refused());
        }
        let mut value = HeaderValue::try_from(value.expose_secret()).map_err(|_| refused())?;
        value.set_sensitive(true);
        headers.append(name, value);
    }
    Ok(headers)
}

fn proxies(named: &NamedProxies) -> Result<Vec<Proxy>, ConfigurationError> {
    let kinds: [(&Option<SecretString>, fn(&str) -> reqwest::Result<Proxy>); 3] = [
        (&named.http, |address| Proxy::http(address)),
        (&named.https, |address| Proxy::https(address)),
        (&named.socks, |address| Proxy::all(address)),
    ];
    let mut proxies = Vec::new();
    for (address, proxy) in kinds {
        let Some(address) = address else { continue };
        // The address may hold a password, so it is not quoted.
        let proxy = proxy(address.expose_secret()).map_err(|_| ConfigurationError::Proxy)?;
        let except = named.no_proxy.as_deref().and_then(NoProxy::from_string);
        proxies.push(proxy.no_proxy(except));
    }
    Ok(proxies)
}

/// The innermost cause says what happened; the ones around it only say where.
pub(crate) fn root_cause(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = cause.to_string();
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn refusal(change: impl FnOnce(&mut HttpOptions)) -> ConfigurationError {
        let mut options = HttpOptions::new(Arc::new(|| 0.5));
        change(&mut options);
        Connections::new(&options).map(|_| ()).unwrap_err()
    }

    #[test]
    fn what_cannot_be_used_is_refused_without_being_quoted() {
        let header = |name: &str, value: &str| {
            let header = (name.to_owned(), SecretString::from(value));
            refusal(|options| options.headers = vec![header])
        };
        assert_eq!(
            header("Authorization", "x"),
            ConfigurationError::Header("Authorization".to_owned())
        );
        assert_eq!(header("Host", "evil.example"), ConfigurationError::Header("Host".to_owned()));
        assert_eq!(header("a b", "x"), ConfigurationError::Header("a b".to_owned()));
        assert_eq!(header("X-Gate", "hidden\n"), ConfigurationError::Header("X-Gate".to_owned()));
        let proxy = refusal(|options| {
            let http = Some("http://me:hidden@[".into());
            options.proxies = Proxies::Named(NamedProxies { http, ..NamedProxies::default() });
        });
        assert_eq!(proxy, ConfigurationError::Proxy);
        for pem in ["hidden", "-----BEGIN ENCRYPTED PRIVATE KEY-----\nhidden"] {
            let error = refusal(|options| options.client_identity = Some(pem.into()));
            assert!(!format!("{error:?} {error}").contains("hidden"), "{error}");
        }
    }
}
