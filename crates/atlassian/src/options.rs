use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

/// Where the random part of a wait comes from: a number from 0 to 1 at each call.
pub(crate) type Jitter = Arc<dyn Fn() -> f64 + Send + Sync>;

/// How a client behaves towards servers. Products with different networks get one client each.
#[derive(Clone)]
pub struct HttpOptions {
    /// The `User-Agent` of every request.
    pub user_agent: String,
    /// Limit for connecting, TLS included.
    pub connect_timeout: Duration,
    /// Limit for one request from connecting to the last byte of the answer.
    pub request_timeout: Duration,
    /// Limit for one answer in bytes, after decompression.
    pub max_body: u64,
    /// How often one request is sent at most. Only requests that read are sent again.
    pub max_attempts: u32,
    /// The wait after the first failed attempt; doubled after each further one.
    pub base_delay: Duration,
    /// Ceiling of a wait. A server that asks for more gets no further attempt: the error says how
    /// long it asked for.
    pub max_wait: Duration,
    /// How long a request waits while the hourly quota of points of an OAuth application is spent;
    /// at least [`HttpOptions::max_wait`]. Meanwhile nothing is sent for that application. Who
    /// crawls gives an hour, so that a listing goes on where it was.
    pub max_quota_wait: Duration,
    /// How many requests are under way at once at most; half as many after each refusal for too
    /// many calls, and step by step more again.
    pub concurrency: usize,
    /// A random number from 0 to 1 at each call; spreads the waits.
    pub jitter: Arc<dyn Fn() -> f64 + Send + Sync>,
    /// Accepts any certificate: whoever stands between may read the credential. A warning in the
    /// log says so at each start.
    pub accept_invalid_certificates: bool,
    /// Certificate authorities to trust beside the operating system's, each PEM (also bundles) or
    /// DER.
    pub extra_ca: Vec<Vec<u8>>,
    /// Certificate chain and unencrypted private key as PEM, shown to the site when it asks for
    /// one (mTLS), and to no other host.
    pub client_identity: Option<SecretString>,
    /// Headers on every request to the site, for a proxy in front of it. They count as secret and
    /// go to no other host.
    pub headers: Vec<(String, SecretString)>,
    /// The way out. Requests to this very machine are always direct: a proxy would look for the
    /// host at its own.
    pub proxies: Proxies,
}

/// The way out to other machines.
#[derive(Clone, Debug, Default)]
pub enum Proxies {
    /// As the environment and the operating system name them.
    #[default]
    System,
    /// These, whatever the environment says.
    Named(NamedProxies),
}

/// Proxies by the scheme of what is asked for. Addresses may hold user and password.
#[derive(Clone, Debug, Default)]
pub struct NamedProxies {
    /// For http addresses, such as `http://proxy.example.com:3128`.
    pub http: Option<SecretString>,
    /// For https addresses.
    pub https: Option<SecretString>,
    /// For whatever has none of the two: `socks5://`, or `socks5h://` to let the proxy look names
    /// up.
    pub socks: Option<SecretString>,
    /// Hosts, domains and networks that are reached directly, by commas; `*` means all.
    pub no_proxy: Option<String>,
}

impl HttpOptions {
    /// 10 s to connect, 60 s a request, 32 MiB an answer, 4 attempts that wait 2 s, 4 s, 8 s (at
    /// most 30 s), 64 requests at once: enough for a thousand reads a second from a site that takes
    /// 50 ms for each. Who crawls limits himself further.
    pub fn new(jitter: Arc<dyn Fn() -> f64 + Send + Sync>) -> Self {
        Self {
            user_agent: concat!("weir/", env!("CARGO_PKG_VERSION")).to_owned(),
            connect_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_mins(1),
            max_body: 32 * 1024 * 1024,
            max_attempts: 4,
            base_delay: Duration::from_secs(2),
            max_wait: Duration::from_secs(30),
            max_quota_wait: Duration::from_secs(30),
            concurrency: 64,
            jitter,
            accept_invalid_certificates: false,
            extra_ca: Vec::new(),
            client_identity: None,
            headers: Vec::new(),
            proxies: Proxies::System,
        }
    }
}
