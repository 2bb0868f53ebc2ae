//! Which names this server answers to. A page on a foreign site can make a browser send requests
//! here, even to a loopback address (DNS rebinding), but it cannot choose `Host` and `Origin`.

use std::net::SocketAddr;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::header::{HOST, ORIGIN};
use http::uri::Authority;
use http::{HeaderMap, Uri};
use url::{Host, Url};

use crate::denial::Denial;
use crate::failure::{Failure, Surface};
use crate::probes;
use crate::server::{Edge, ServeError};

const LOOPBACK_NAMES: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// The hosts and origins of requests that are let in.
#[derive(Debug)]
pub(crate) struct Authorities {
    /// As written in a URL: lower case, IPv6 in brackets.
    hosts: Vec<String>,
    /// Scheme and host; a port of `None` stands for any.
    origins: Vec<(String, String, Option<u16>)>,
    base_url: Url,
    /// Whether other machines reach the listener.
    is_open: bool,
}

impl Authorities {
    pub(crate) fn new(address: SocketAddr, public_url: Option<&Url>) -> Result<Self, ServeError> {
        let ip = address.ip().to_canonical();
        let mut hosts = Vec::new();
        let mut origins = Vec::new();
        // Browsers resolve these names themselves: no foreign name server can point them here.
        if ip.is_loopback() || ip.is_unspecified() {
            for name in LOOPBACK_NAMES {
                hosts.push(name.to_owned());
                origins.push(("http".to_owned(), name.to_owned(), None));
            }
        }
        let own = if ip.is_unspecified() {
            "127.0.0.1".to_owned()
        } else {
            SocketAddr::new(ip, 0).to_string().trim_end_matches(":0").to_owned()
        };
        if !hosts.contains(&own) {
            hosts.push(own.clone());
            origins.push(("http".to_owned(), own.clone(), Some(address.port())));
        }
        let base_url = match public_url {
            Some(url) => {
                let host = published_host(url).ok_or_else(|| ServeError::PublicUrl(url.clone()))?;
                origins.push((url.scheme().to_owned(), host.clone(), url.port_or_known_default()));
                hosts.push(host);
                url.clone()
            }
            None => own_url(&own, address.port())?,
        };
        Ok(Self { hosts, origins, base_url, is_open: !ip.is_loopback() })
    }

    /// For a second check inside the MCP transport: `host`.
    pub(crate) fn hosts(&self) -> Vec<String> {
        self.hosts.clone()
    }

    /// For a second check inside the MCP transport: `scheme://host:port`, or `:*` for any port.
    pub(crate) fn origins(&self) -> Vec<String> {
        self.origins
            .iter()
            .map(|(scheme, host, port)| match port {
                Some(port) => format!("{scheme}://{host}:{port}"),
                None => format!("{scheme}://{host}:*"),
            })
            .collect()
    }

    /// Where people and agents reach this server.
    pub(crate) fn url(&self, path_and_query: &str) -> String {
        format!("{}{path_and_query}", self.base_url.as_str().trim_end_matches('/'))
    }

    pub(crate) fn is_https(&self) -> bool {
        self.base_url.scheme() == "https"
    }

    /// Tells the cookies of two servers on one machine apart: browsers ignore ports there.
    pub(crate) fn port(&self) -> u16 {
        self.base_url.port_or_known_default().unwrap_or_default()
    }

    fn admits_host(&self, host: &Authority) -> bool {
        self.hosts.iter().any(|known| known.eq_ignore_ascii_case(host.host()))
    }

    fn admits_origin(&self, origin: &str) -> bool {
        let Ok(origin) = Url::parse(origin) else { return false };
        let Some(host) = published_host(&origin) else { return false };
        self.origins.iter().any(|(scheme, known, port)| {
            scheme == origin.scheme()
                && *known == host
                && port.is_none_or(|port| origin.port_or_known_default() == Some(port))
        })
    }
}

fn published_host(url: &Url) -> Option<String> {
    if !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    url.host().map(|host| match host {
        Host::Domain(name) => name.to_ascii_lowercase(),
        Host::Ipv4(ip) => ip.to_string(),
        Host::Ipv6(ip) => format!("[{ip}]"),
    })
}

fn own_url(host: &str, port: u16) -> Result<Url, ServeError> {
    Url::parse(&format!("http://{host}:{port}")).map_err(|error| {
        ServeError::Listener(std::io::Error::new(std::io::ErrorKind::InvalidInput, error))
    })
}

/// Refuses requests for another host or from another origin, on every route. One exception: where
/// other machines reach the listener, the probes answer by any name, since a load balancer or a
/// kubelet asks by an address that nobody configured; they say nothing but that they answer.
pub(crate) async fn admit(State(edge): State<Edge>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let surface = Surface::of(path);
    let any_name = edge.authorities.is_open && [probes::HEALTHZ, probes::READYZ].contains(&path);
    let host = host_of(request.uri(), request.headers());
    if !any_name && !host.is_some_and(|host| edge.authorities.admits_host(&host)) {
        return Failure::Denied(Denial::HostNotServed).respond(surface);
    }
    let foreign =
        request.headers().get_all(ORIGIN).iter().any(|origin| {
            !origin.to_str().is_ok_and(|origin| edge.authorities.admits_origin(origin))
        });
    if foreign {
        return Failure::Denied(Denial::OriginNotServed).respond(surface);
    }
    next.run(request).await
}

/// None when missing, malformed, or given twice.
fn host_of(uri: &Uri, headers: &HeaderMap) -> Option<Authority> {
    let mut hosts = headers.get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (Some(host), None) => Authority::try_from(host.as_bytes()).ok(),
        (None, _) => uri.authority().cloned(),
        (Some(_), Some(_)) => None,
    }
}

impl Authorities {
    /// Whether a form was sent by a page of this very server: of the host and port that the request
    /// names, or of the address that people use. A proxy may put its own name for this server into
    /// `Host`; the browser's `Origin` it passes on.
    pub(crate) fn is_own_form(&self, uri: &Uri, headers: &HeaderMap) -> bool {
        let Some(origin) = headers.get(ORIGIN) else {
            return headers.get("sec-fetch-site").is_some_and(|site| site == "same-origin");
        };
        let Some((origin, authority)) = origin
            .to_str()
            .ok()
            .and_then(|origin| Some((Url::parse(origin).ok()?, origin.split_once("://")?.1)))
        else {
            return false;
        };
        origin.origin() == self.base_url.origin()
            || host_of(uri, headers)
                .is_some_and(|host| host.as_str().eq_ignore_ascii_case(authority))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn authorities(address: &str, public_url: Option<&str>) -> Authorities {
        let public_url = public_url.map(|url| Url::parse(url).unwrap());
        Authorities::new(address.parse().unwrap(), public_url.as_ref()).unwrap()
    }

    fn admits(authorities: &Authorities, host: &str) -> bool {
        authorities.admits_host(&Authority::try_from(host).unwrap())
    }

    #[test]
    fn a_loopback_listener_answers_to_loopback_names_at_any_port() {
        let local = authorities("127.0.0.1:8420", None);
        for host in ["127.0.0.1:8420", "localhost:8420", "LOCALHOST", "[::1]:8420"] {
            assert!(admits(&local, host), "{host}");
        }
        for host in ["evil.example", "127.0.0.1.evil.example", "192.168.1.5:8420"] {
            assert!(!admits(&local, host), "{host}");
        }
        assert!(local.admits_origin("http://localhost:3000"));
        assert!(!local.admits_origin("https://evil.example"));
        assert!(!local.admits_origin("null"));
        assert_eq!(local.url("/mcp"), "http://127.0.0.1:8420/mcp");
    }

    #[test]
    fn a_public_url_admits_its_host_and_its_exact_origin() {
        let public = authorities("10.0.0.5:8420", Some("https://weir.example"));
        assert!(admits(&public, "weir.example") && admits(&public, "10.0.0.5:8420"));
        assert!(!admits(&public, "localhost:8420"));
        assert!(public.admits_origin("https://weir.example"));
        assert!(public.admits_origin("https://weir.example:443"));
        assert!(!public.admits_origin("http://weir.example"));
        assert!(!public.admits_origin("https://weir.example:8443"));
        assert_eq!(public.url("/mcp"), "https://weir.example/mcp");
        assert!(public.is_https());
    }

    #[test]
    fn an_unspecified_address_answers_to_loopback_names_and_the_public_name_only() {
        let open = authorities("0.0.0.0:8420", Some("https://weir.example/"));
        assert!(admits(&open, "127.0.0.1:8420") && admits(&open, "weir.example"));
        assert!(!admits(&open, "192.168.1.5:8420"));
    }

    #[test]
    fn a_public_url_that_no_browser_opens_is_refused() {
        let url = Url::parse("ftp://weir.example").unwrap();
        let refused = Authorities::new("127.0.0.1:1".parse().unwrap(), Some(&url)).unwrap_err();
        assert_eq!(refused.code(), "public_url_unusable");
    }

    #[test]
    fn behind_a_proxy_that_changes_the_host_a_form_is_known_by_its_public_origin() {
        let public = authorities("127.0.0.1:8420", Some("https://weir.example"));
        let uri = Uri::from_static("/sign-out");
        for (origin, is_own) in [
            ("https://weir.example", true),
            ("http://weir.example", false),
            ("https://weir.example:8443", false),
            ("https://evil.example", false),
        ] {
            let headers = HeaderMap::from_iter([
                (HOST, "127.0.0.1:8420".parse().unwrap()),
                (ORIGIN, origin.parse().unwrap()),
            ]);
            assert_eq!(public.is_own_form(&uri, &headers), is_own, "{origin}");
        }
    }

    #[test]
    fn a_form_from_another_port_of_this_machine_is_not_of_the_same_origin() {
        let uri = Uri::from_static("/sign-out");
        let headers = |origin: &str| {
            HeaderMap::from_iter([
                (HOST, "127.0.0.1:8420".parse().unwrap()),
                (ORIGIN, origin.parse().unwrap()),
            ])
        };
        let local = authorities("127.0.0.1:8420", None);
        assert!(local.is_own_form(&uri, &headers("http://127.0.0.1:8420")));
        assert!(!local.is_own_form(&uri, &headers("http://127.0.0.1:3000")));
        assert!(!local.is_own_form(&uri, &headers("null")));
        assert!(!local.is_own_form(&uri, &HeaderMap::new()));
    }
}
