//! The ways out: proxies, certificates, and what leaves by which.

use std::sync::{Arc, Mutex};

use atlassian::{
    Credential, Deployment, DeploymentKind, ErrorKind, Http, HttpOptions, NamedProxies, Proxies,
    Session,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

use crate::server::{Server, options, user};

/// Made for these tests; nothing else trusts or shows them.
const CA: &[u8] = include_bytes!("tls/ca.pem");
const SERVER: &[u8] = include_bytes!("tls/server.pem");
const SERVER_KEY: &[u8] = include_bytes!("tls/server.key");
const CLIENT: &str = include_str!("tls/client.pem");
const CLIENT_KEY: &str = include_str!("tls/client.key");

fn session(url: &str, change: impl FnOnce(&mut HttpOptions)) -> Session {
    let mut options = options();
    change(&mut options);
    let deployment = Deployment::from_url(url, Some(DeploymentKind::DataCenter)).unwrap();
    let credential = Credential::PersonalToken { token: "s3cret".into() };
    Session::new(Http::new(options).unwrap(), deployment, credential)
}

fn named(proxies: NamedProxies) -> impl FnOnce(&mut HttpOptions) {
    move |options| options.proxies = Proxies::Named(proxies)
}

async fn kind(session: &Session) -> Result<(), ErrorKind> {
    session.current_user().await.map(|_| ()).map_err(|error| error.kind)
}

/// A site that no name server knows: only a proxy reaches it.
const SITE: &str = "http://wiki.weir-test.invalid";

#[tokio::test]
async fn a_proxy_gets_what_is_for_its_scheme_and_not_excepted() {
    let proxy = Server::start(|_, _| user()).await;
    let through = |no_proxy: Option<&str>| NamedProxies {
        http: Some(proxy.origin().into()),
        no_proxy: no_proxy.map(str::to_owned),
        ..NamedProxies::default()
    };
    kind(&session(SITE, named(through(None)))).await.unwrap();
    kind(&session(SITE, named(through(Some("example.com, .other.invalid"))))).await.unwrap();
    let target = format!("{SITE}/rest/api/user/current");
    assert_eq!(proxy.targets(), [target.clone(), target]);
    for no_proxy in ["wiki.weir-test.invalid", ".weir-test.invalid", "*"] {
        let direct = session(SITE, named(through(Some(no_proxy))));
        let error = kind(&direct).await.unwrap_err();
        assert!(matches!(error, ErrorKind::Unreachable { .. }), "{no_proxy}: {error:?}");
    }
    assert_eq!(proxy.seen().len(), 2);
}

#[tokio::test]
async fn each_product_has_its_own_proxy_and_this_machine_none() {
    let (one, other) = (Server::start(|_, _| user()).await, Server::start(|_, _| user()).await);
    let by = |server: &Server| NamedProxies {
        http: Some(server.origin().into()),
        ..NamedProxies::default()
    };
    kind(&session(SITE, named(by(&one)))).await.unwrap();
    kind(&session(SITE, named(by(&other)))).await.unwrap();
    assert_eq!((one.seen().len(), other.seen().len()), (1, 1));
    let site = Server::start(|_, _| user()).await;
    kind(&session(site.origin(), named(by(&one)))).await.unwrap();
    assert_eq!((one.seen().len(), site.seen().len()), (1, 1));
}

#[tokio::test]
async fn an_https_site_is_reached_by_a_tunnel_that_sees_no_credential() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let proxy = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let request = head(&mut stream).await;
        stream.write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n").await.unwrap();
        request
    });
    let https = Some(format!("http://me:pass@{address}").into());
    let session = session(
        "https://wiki.weir-test.invalid",
        named(NamedProxies { https, ..NamedProxies::default() }),
    );
    let error = kind(&session).await.unwrap_err();
    assert!(matches!(error, ErrorKind::Unreachable { .. }), "{error:?}");
    let request = proxy.await.unwrap();
    assert!(request.starts_with("CONNECT wiki.weir-test.invalid:443 HTTP/1.1"), "{request}");
    assert!(request.to_ascii_lowercase().contains("proxy-authorization: basic bwu6cgfzcw=="));
    assert!(!request.contains("s3cret"), "{request}");
    assert!(!format!("{error:?}").contains("pass"), "{error:?}");
}

#[tokio::test]
async fn a_socks_proxy_looks_names_up_itself() {
    let site = Server::start(|_, _| user()).await;
    let origin = site.origin().trim_start_matches("http://").to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let proxy = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        // RFC 1928: greeting, choice of no authentication, request by name, success.
        let mut greeting = [0; 2];
        stream.read_exact(&mut greeting).await.unwrap();
        let mut methods = vec![0; usize::from(greeting[1])];
        stream.read_exact(&mut methods).await.unwrap();
        stream.write_all(&[5, 0]).await.unwrap();
        let mut request = [0; 5];
        stream.read_exact(&mut request).await.unwrap();
        assert_eq!(request[..4], [5, 1, 0, 3]);
        let mut name = vec![0; usize::from(request[4]) + 2];
        stream.read_exact(&mut name).await.unwrap();
        stream.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await.unwrap();
        let mut site = TcpStream::connect(origin).await.unwrap();
        let name = String::from_utf8(name[..name.len() - 2].to_vec()).unwrap();
        tokio::spawn(async move { copy_bidirectional(&mut stream, &mut site).await });
        name
    });
    let socks = Some(format!("socks5h://{address}").into());
    let session = session(SITE, named(NamedProxies { socks, ..NamedProxies::default() }));
    kind(&session).await.unwrap();
    assert_eq!(proxy.await.unwrap(), "wiki.weir-test.invalid");
    assert_eq!(site.seen()[0].headers["host"], "wiki.weir-test.invalid");
}

/// A site over TLS, which may ask for the client's certificate. Answers who it was, by the number
/// of certificates shown.
async fn tls_site(asks: bool) -> String {
    let certificates = CertificateDer::pem_slice_iter(SERVER).map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_slice(SERVER_KEY).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(CA).unwrap()).unwrap();
    let provider = Arc::new(default_provider());
    let builder = ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .unwrap();
    let builder = if asks {
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
        builder.with_client_cert_verifier(verifier.build().unwrap())
    } else {
        builder.with_no_client_auth()
    };
    let config = builder.with_single_cert(certificates, key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            head(&mut stream).await;
            let body = r#"{"accountId":"5b:1","displayName":"Ada"}"#;
            let length = body.len();
            let answer = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
            );
            stream.write_all(answer.as_bytes()).await.unwrap();
            let _ = stream.shutdown().await;
        }
    });
    format!("https://{address}")
}

async fn head(stream: &mut (impl AsyncReadExt + Unpin)) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8(head).unwrap()
}

#[tokio::test]
async fn a_certificate_of_an_unknown_authority_is_refused_until_it_is_trusted() {
    let site = tls_site(false).await;
    let error = kind(&session(&site, |_| {})).await.unwrap_err();
    assert!(matches!(error, ErrorKind::Unreachable { .. }), "{error:?}");
    kind(&session(&site, |options| options.extra_ca = vec![CA.to_vec()])).await.unwrap();
}

#[tokio::test]
async fn unchecked_certificates_are_warned_of() {
    let site = tls_site(false).await;
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_writer(log.clone()).with_ansi(false).finish();
    let session = tracing::subscriber::with_default(subscriber, || {
        session(&site, |options| options.accept_invalid_certificates = true)
    });
    kind(&session).await.unwrap();
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(
        log.contains("WARN") && log.contains("certificates of the site are not checked"),
        "{log}"
    );
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> tracing_subscriber::fmt::MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn a_client_certificate_is_shown_to_a_site_that_asks_for_it() {
    let site = tls_site(true).await;
    let trusting = |options: &mut HttpOptions| options.extra_ca = vec![CA.to_vec()];
    let error = kind(&session(&site, trusting)).await.unwrap_err();
    assert!(matches!(error, ErrorKind::Unreachable { .. }), "{error:?}");
    let session = session(&site, |options| {
        trusting(options);
        options.client_identity = Some(format!("{CLIENT}{CLIENT_KEY}").into());
    });
    kind(&session).await.unwrap();
}
