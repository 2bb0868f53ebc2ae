//! The connections: how many, how long one may take, and how they end.
//!
//! `axum::serve` bounds none of the three: a client that sends half a request, or reads no answer,
//! would hold its connection for ever, and with it the end of the server.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use futures_util::{StreamExt as _, stream};
use http::Request;
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};
use tokio_io_timeout::TimeoutWriter;
use tower::ServiceExt as _;

/// What one client, or all together, may take of the server.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections open at once; the next ones wait.
    pub connections: usize,
    /// How long the head of a request may take, and how long a connection may idle before it.
    pub request_head: Duration,
    /// How long a request's body may take, from its head on.
    pub request_body: Duration,
    /// How long a client may take nothing of an answer.
    pub answer: Duration,
    /// How long requests under way may take to end once the server is to stop.
    pub shutdown: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 1024,
            request_head: Duration::from_secs(30),
            request_body: Duration::from_mins(1),
            answer: Duration::from_mins(1),
            shutdown: Duration::from_secs(10),
        }
    }
}

/// Serves `router` on `listener` until `shutdown` is ready; then takes no new connection, lets the
/// requests under way end within [`Limits::shutdown`] and closes what is left.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    shutdown: impl Future<Output = ()>,
) {
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    tokio::select! {
        () = accept(&listener, &router, limits, &graceful, &mut connections) => {}
        () = shutdown => {}
    }
    drop(listener);
    if tokio::time::timeout(limits.shutdown, graceful.shutdown()).await.is_err() {
        tracing::warn!("requests still under way were cut off");
    }
    connections.shutdown().await;
}

async fn accept(
    listener: &TcpListener,
    router: &Router,
    limits: Limits,
    graceful: &GracefulShutdown,
    connections: &mut JoinSet<()>,
) {
    let places = Arc::new(Semaphore::new(limits.connections));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        while connections.try_join_next().is_some() {}
        match accept_one(listener).await {
            Ok((stream, peer)) => {
                let connection =
                    connection(stream, peer, router.clone(), limits, graceful.watcher());
                connections.spawn(async move {
                    connection.await;
                    drop(place);
                });
            }
            Err(error) => {
                // Of one connection, or of too many open files: the next try may do better.
                tracing::warn!(error = &error as &dyn std::error::Error, "no connection accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn accept_one(listener: &TcpListener) -> io::Result<(TcpStream, SocketAddr)> {
    let (stream, peer) = listener.accept().await?;
    // Without it an answer in two writes waits 40 ms for the client's acknowledgement.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::warn!(error = &error as &dyn std::error::Error, "TCP_NODELAY was refused");
    }
    Ok((stream, peer))
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    limits: Limits,
    watcher: Watcher,
) {
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        let router = router.clone();
        async move {
            let request = request.map(|body| body_within(limits.request_body, body));
            let answer: Result<_, Infallible> = router.oneshot(request).await;
            answer
        }
    });
    let mut stream = TimeoutWriter::new(stream);
    stream.set_timeout(Some(limits.answer));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.request_head)
        .serve_connection(TokioIo::new(Box::pin(stream)), service);
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(error = &error as &dyn std::error::Error, "a connection broke off");
    }
}

/// The body, which fails once it has taken longer than `limit`: by single bytes it could be sent for
/// ever.
fn body_within(limit: Duration, body: Incoming) -> Body {
    if body.is_end_stream() {
        return Body::empty();
    }
    let deadline = Instant::now() + limit;
    let chunks = Body::new(body).into_data_stream();
    Body::from_stream(stream::try_unfold(chunks, move |mut chunks| async move {
        match timeout_at(deadline, chunks.next()).await {
            Ok(Some(chunk)) => Ok(Some((chunk.map_err(io::Error::other)?, chunks))),
            Ok(None) => Ok(None),
            Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, "the body takes too long")),
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn accepted_connections_send_without_delay() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (client, accepted) = tokio::join!(TcpStream::connect(address), accept_one(&listener));
        assert!(client.is_ok());
        assert!(accepted.unwrap().0.nodelay().unwrap());
    }
}
