//! Asks the server that holds the data folder, over its API on this machine.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use crate::failure::{Exit, Failure};
use crate::folder::{DataFolder, FolderLock, RunningServer};
use crate::runtime::USER_AGENT;

/// Who answers a command: the running server, or this process with the lock in hand.
pub(crate) enum Holder {
    Server(LocalClient),
    This(FolderLock),
}

impl Holder {
    /// Takes the folder's lock; where another process has it, finds that process's API.
    ///
    /// # Errors
    /// The folder is held by a process that serves no API (`weir sync`).
    pub(crate) fn of(folder: &DataFolder) -> Result<Self, Failure> {
        match LocalClient::of(folder)? {
            Some(server) => Ok(Self::Server(server)),
            None => folder.lock().map(Self::This),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "asks this machine's own server, never a site")]
fn http() -> Result<reqwest::Client, Failure> {
    reqwest::Client::builder()
        .user_agent(USER_AGENT)
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(5))
        .build()
        .map_err(|error| Failure::configuration("http_unusable", error.to_string(), ""))
}

/// The smallest MCP client: stateless tool calls of revision 2026-07-28 over HTTP.
pub(crate) struct McpClient {
    http: reqwest::Client,
    url: String,
    token: SecretString,
}

impl McpClient {
    /// A client of the server at `base`.
    pub(crate) fn new(base: &str, token: &SecretString) -> Result<Self, Failure> {
        Ok(Self { http: http()?, url: format!("{base}/mcp"), token: token.clone() })
    }

    /// Calls a tool; answers the result object, also when it is an error of the tool.
    pub(crate) async fn call(&self, tool: &str, arguments: Value) -> Result<Value, Failure> {
        const REVISION: &str = "2026-07-28";
        let body = json!({
            "jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": {
                "name": tool, "arguments": arguments,
                "_meta": {
                    "io.modelcontextprotocol/protocolVersion": REVISION,
                    "io.modelcontextprotocol/clientCapabilities": {},
                    "io.modelcontextprotocol/clientInfo": {"name": "weir", "version": env!("CARGO_PKG_VERSION")},
                },
            },
        });
        let request = self
            .http
            .post(&self.url)
            .bearer_auth(self.token.expose_secret())
            .header("Accept", "application/json, text/event-stream")
            .header("MCP-Protocol-Version", REVISION)
            .header("Mcp-Method", "tools/call")
            .header("Mcp-Name", tool)
            .json(&body);
        let answer: Value = async { request.send().await?.json().await }.await.map_err(
            |error: reqwest::Error| {
                Failure::new(
                    Exit::Failed,
                    "mcp_failed",
                    format!("the call of {tool} failed: {error}"),
                    "",
                )
            },
        )?;
        match answer.get("result") {
            Some(result) => Ok(result.clone()),
            None => Err(Failure::new(
                Exit::Failed,
                "mcp_failed",
                format!("the call of {tool} answered {}", answer["error"]),
                "",
            )),
        }
    }
}

/// A client of this machine's own server.
pub(crate) struct LocalClient {
    http: reqwest::Client,
    server: RunningServer,
}

impl LocalClient {
    /// A client of the server that holds the folder; `None` when no server does.
    ///
    /// # Errors
    /// The folder's lock cannot be looked at.
    pub(crate) fn of(folder: &DataFolder) -> Result<Option<Self>, Failure> {
        if !folder.is_held()? {
            return Ok(None);
        }
        let server = folder.running_server();
        server.map(|server| Ok(Self { http: http()?, server })).transpose()
    }

    pub(crate) async fn get(&self, path: &str) -> Result<Value, Failure> {
        self.send(self.http.get(self.url(path))).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        self.send(self.http.post(self.url(path)).json(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Result<Value, Failure> {
        self.send(self.http.delete(self.url(path))).await
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.server.url)
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Result<Value, Failure> {
        let response = request
            .bearer_auth(&self.server.token)
            .send()
            .await
            .map_err(|error| self.silent(&error))?;
        let status = response.status();
        let bytes = response.bytes().await.map_err(|error| self.silent(&error))?;
        let body: Value = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        if status.is_success() {
            return Ok(body);
        }
        let text =
            |field: &str| body.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
        let code = text("code");
        if code.is_empty() {
            return Err(Failure::new(
                Exit::Refused,
                "server_failed",
                format!("the server answered {status}"),
                "Its log says why.",
            ));
        }
        Err(Failure::new(Exit::of_refusal(&code), &code, text("message"), text("hint")))
    }

    fn silent(&self, error: &reqwest::Error) -> Failure {
        Failure::new(
            Exit::Busy,
            "server_silent",
            format!(
                "`weir serve` (process {}) holds the data folder but does not answer at {}: {error}",
                self.server.pid, self.server.url
            ),
            "Wait until it has started, or stop it.",
        )
    }
}

/// Arguments of a tool call by name.
pub(crate) fn call(tool: &str, arguments: &Value) -> Value {
    json!({"tool": tool, "arguments": arguments})
}
