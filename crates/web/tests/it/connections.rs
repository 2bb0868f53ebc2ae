//! A client that does not go on, does not go away, or comes too often.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use web::Limits;

use crate::world::serve_limited;

const NEVER: Duration = Duration::from_hours(1);

/// Each limit so far away that a test which needs it to act would not end.
fn no_limits() -> Limits {
    Limits {
        connections: 16,
        request_head: NEVER,
        request_body: NEVER,
        answer: NEVER,
        shutdown: NEVER,
    }
}

async fn connect(address: SocketAddr, beginning: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(beginning.as_bytes()).await.unwrap();
    stream
}

async fn everything(mut stream: TcpStream) -> String {
    let mut answer = Vec::new();
    // A reset ends an answer as well as an end does.
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}

const HALF_A_HEAD: &str = "GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\nx-half: ";

#[tokio::test]
async fn half_a_request_does_not_keep_the_server_from_stopping() {
    let limits = Limits { shutdown: Duration::ZERO, ..no_limits() };
    let (address, stop, server) = serve_limited(limits).await;
    let client = connect(address, HALF_A_HEAD).await;
    stop.send(()).unwrap();
    server.await.unwrap().unwrap();
    assert_eq!(everything(client).await, "");
}

#[tokio::test]
async fn a_request_whose_head_does_not_end_is_dropped() {
    let limits = Limits { request_head: Duration::from_millis(1), ..no_limits() };
    let (address, _stop, _server) = serve_limited(limits).await;
    let answer = everything(connect(address, HALF_A_HEAD).await).await;
    assert!(!answer.contains("200 OK"), "{answer}");
}

#[tokio::test]
async fn a_request_whose_body_takes_too_long_is_dropped() {
    let limits = Limits { request_body: Duration::from_millis(1), ..no_limits() };
    let (address, _stop, _server) = serve_limited(limits).await;
    let head = format!(
        "POST /sign-out HTTP/1.1\r\nhost: {address}\r\norigin: http://{address}\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: 10\r\n\r\na"
    );
    let answer = everything(connect(address, &head).await).await;
    assert!(!answer.contains("200 OK"), "{answer}");
}

#[tokio::test]
async fn a_client_that_takes_nothing_of_its_answers_is_dropped() {
    let limits = Limits { answer: Duration::from_millis(1), ..no_limits() };
    let (address, _stop, _server) = serve_limited(limits).await;
    let whole = format!("GET /healthz HTTP/1.1\r\nhost: {address}\r\n\r\n");
    let mut stream = connect(address, &whole).await;
    while stream.write_all(whole.repeat(100).as_bytes()).await.is_ok() {}
}

#[tokio::test]
async fn a_body_that_comes_by_single_bytes_is_dropped() {
    let limits = Limits { request_body: Duration::from_millis(50), ..no_limits() };
    let (address, _stop, _server) = serve_limited(limits).await;
    let head = format!(
        "POST /sign-out HTTP/1.1\r\nhost: {address}\r\norigin: http://{address}\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: 1000000\r\n\r\n"
    );
    let mut stream = connect(address, &head).await;
    while stream.write_all(b"a").await.is_ok() {}
}

#[tokio::test]
async fn a_connection_too_many_waits_for_another_to_end() {
    let limits = Limits { connections: 1, ..no_limits() };
    let (address, _stop, _server) = serve_limited(limits).await;
    let first = connect(address, HALF_A_HEAD).await;
    let whole = format!("GET /healthz HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    let second = tokio::spawn(everything(connect(address, &whole).await));
    drop(first);
    let answer = second.await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
}
