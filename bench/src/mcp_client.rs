//! MCP as a load generator speaks it: no more than is needed, so that the client costs little.

use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::Failure;

/// Spoken by both servers.
const REVISION: &str = "2025-06-18";
const SESSION: &str = "mcp-session-id";

fn initialize() -> Value {
    json!({
        "jsonrpc": "2.0", "id": 0, "method": "initialize",
        "params": {
            "protocolVersion": REVISION,
            "capabilities": {},
            "clientInfo": {"name": "bench", "version": "0"},
        },
    })
}

fn initialized() -> Value {
    json!({"jsonrpc": "2.0", "method": "notifications/initialized"})
}

fn request(id: u64, method: &str, params: &Value) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})
}

/// A server on standard input and output; it is killed when this is dropped.
pub struct StdioClient {
    child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl StdioClient {
    /// Starts the server and shakes hands.
    ///
    /// # Errors
    /// It does not start, or does not answer.
    pub async fn start(mut command: Command) -> Result<Self, Failure> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let input = child.stdin.take().ok_or("no standard input")?;
        let output = child.stdout.take().ok_or("no standard output")?;
        let mut client = Self { child, input, output: BufReader::new(output).lines() };
        client.send(&initialize()).await?;
        client.answer(0).await?;
        client.send(&initialized()).await?;
        Ok(client)
    }

    /// The process, while it runs.
    ///
    /// # Errors
    /// It has ended.
    pub fn pid(&self) -> Result<u32, Failure> {
        self.child.id().ok_or_else(|| "the server has ended".into())
    }

    /// Sends a request and answers its result.
    ///
    /// # Errors
    /// The server ends or answers an error.
    pub async fn request(&mut self, method: &str, params: &Value) -> Result<Value, Failure> {
        self.send(&request(1, method, params)).await?;
        self.answer(1).await
    }

    async fn send(&mut self, message: &Value) -> Result<(), Failure> {
        self.input.write_all(format!("{message}\n").as_bytes()).await?;
        Ok(self.input.flush().await?)
    }

    async fn answer(&mut self, id: u64) -> Result<Value, Failure> {
        while let Some(line) = self.output.next_line().await? {
            // What else is written there is not the protocol's.
            let Ok(message) = serde_json::from_str::<Value>(&line) else { continue };
            if message["id"] == id && message.get("method").is_none() {
                return result(message);
            }
        }
        Err("the server closed its output".into())
    }
}

/// A server over streamable HTTP; clones share a pool of connections that are kept open.
#[derive(Clone)]
pub struct HttpClient {
    http: reqwest::Client,
    url: String,
    session: Option<String>,
    /// Of the last request. A server that keeps sessions tells calls under way apart by their ids.
    last_id: Arc<AtomicU64>,
}

impl HttpClient {
    /// Shakes hands over a connection of its own.
    ///
    /// # Errors
    /// The server is not there or answers an error.
    pub async fn connect(url: &str) -> Result<Self, Failure> {
        #[expect(clippy::disallowed_methods, reason = "asks servers under test on this machine")]
        let http = reqwest::Client::builder()
            .no_proxy()
            .tcp_nodelay(true)
            .pool_max_idle_per_host(usize::MAX)
            .build()?;
        let last_id = Arc::new(AtomicU64::new(1));
        let mut client = Self { http, url: url.to_owned(), session: None, last_id };
        client.shake_hands().await?;
        Ok(client)
    }

    /// Begins another session over the same connections.
    ///
    /// # Errors
    /// As [`HttpClient::connect`].
    pub async fn another_session(&self) -> Result<Self, Failure> {
        let mut client = Self { session: None, ..self.clone() };
        client.shake_hands().await?;
        Ok(client)
    }

    async fn shake_hands(&mut self) -> Result<(), Failure> {
        let answer = self.post(&initialize()).await?;
        let session = answer.headers().get(SESSION).map(|session| session.to_str());
        self.session = session.transpose()?.map(str::to_owned);
        result(message(&answer.text().await?)?)?;
        self.post(&initialized()).await?.bytes().await?;
        Ok(())
    }

    /// Calls a tool and answers all bytes of the answer as text, which the caller looks into.
    ///
    /// # Errors
    /// The server is gone or refuses the request.
    pub async fn call(&self, tool: &str, arguments: &Value) -> Result<String, Failure> {
        let id = self.last_id.fetch_add(1, Ordering::Relaxed) + 1;
        let call = request(id, "tools/call", &json!({"name": tool, "arguments": arguments}));
        Ok(self.post(&call).await?.text().await?)
    }

    async fn post(&self, body: &Value) -> Result<reqwest::Response, Failure> {
        let mut request = self
            .http
            .post(&self.url)
            .header("Accept", "application/json, text/event-stream")
            .header("MCP-Protocol-Version", REVISION)
            .json(body);
        if let Some(session) = &self.session {
            request = request.header(SESSION, session);
        }
        Ok(request.send().await?.error_for_status()?)
    }
}

/// The message in a body that is JSON or a stream of events.
fn message(body: &str) -> Result<Value, Failure> {
    let mut data = body.lines().filter_map(|line| line.strip_prefix("data:")).map(str::trim);
    let json = data.rfind(|data| !data.is_empty()).unwrap_or(body);
    Ok(serde_json::from_str(json)?)
}

fn result(mut message: Value) -> Result<Value, Failure> {
    match message.get("error") {
        None => Ok(message["result"].take()),
        Some(error) => Err(format!("the server answered {error}").into()),
    }
}
