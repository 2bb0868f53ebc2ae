//! The programs that are measured: Weir, and the peer that users come from.

use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use sandbox::Sandbox;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use crate::installation::Installation;
use crate::{Failure, workspace};

/// The peer's version, as `bench/peer/requirements.txt` pins it.
pub const PEER: &str = "mcp-atlassian 0.23.1";

/// The longest that a server may take to listen.
const PATIENCE: Duration = Duration::from_mins(1);

/// A program that serves MCP in front of a Confluence.
#[derive(Clone, Debug)]
pub enum Contestant {
    /// This project's program.
    Weir(PathBuf),
    /// The peer's program.
    Peer(PathBuf),
}

/// A server over HTTP; it is killed when this is dropped.
pub struct Server {
    /// Where MCP is spoken.
    pub url: String,
    /// Of its one process.
    pub pid: u32,
    _child: Child,
    /// Its folder goes with it.
    _installation: Installation,
}

impl Contestant {
    /// The peer, where `bench/peer/install.sh` puts it.
    ///
    /// # Errors
    /// It is not installed, or another version is.
    pub fn installed_peer() -> Result<Self, Failure> {
        let program = workspace::root().join("target/peer/bin/mcp-atlassian");
        if !program.exists() {
            return Err(format!(
                "{PEER} is not installed: run bench/peer/install.sh, or measure without it by --without-peer"
            )
            .into());
        }
        let said = std::process::Command::new(&program).arg("--version").output()?;
        let said = String::from_utf8_lossy(&said.stdout).into_owned();
        let wanted = PEER.rsplit(' ').next().unwrap_or_default();
        if !said.split_whitespace().any(|word| word == wanted) {
            return Err(format!(
                "target/peer holds {:?}, not {PEER}: run bench/peer/install.sh",
                said.trim()
            )
            .into());
        }
        Ok(Self::Peer(program))
    }

    /// An empty home in front of the sandbox's Data Center, as its service account. The peer reads
    /// the same variables.
    ///
    /// # Errors
    /// No folder can be made.
    pub fn installation(&self, sandbox: &Sandbox) -> Result<Installation, Failure> {
        let (Self::Weir(program) | Self::Peer(program)) = self;
        Installation::on_data_center(program, sandbox)
    }

    /// The command that serves on standard input and output.
    pub fn stdio(&self, installation: &Installation) -> Command {
        match self {
            Self::Weir(_) => installation.command(&["mcp"]),
            Self::Peer(_) => installation.command(&[]),
        }
    }

    /// Starts a server over HTTP for one local user, with the credential of the service account.
    ///
    /// # Errors
    /// It does not listen in time.
    pub async fn http(&self, sandbox: &Sandbox) -> Result<Server, Failure> {
        let installation = self.installation(sandbox)?;
        match self {
            Self::Weir(_) => weir_over_http(installation).await,
            Self::Peer(_) => peer_over_http(installation).await,
        }
    }
}

/// A server of Weir in front of a mirror that is whole before it starts. It holds all spaces: what is
/// not mirrored, a search would ask the site for.
///
/// # Errors
/// The site cannot be mirrored, or the server does not listen.
pub async fn mirrored(weir: &Path, sandbox: &Sandbox) -> Result<Server, Failure> {
    let installation = Installation::on_data_center(weir, sandbox)?;
    installation.run(&["sync", "all"]).await?;
    weir_over_http(installation).await
}

async fn weir_over_http(installation: Installation) -> Result<Server, Failure> {
    let mut command = installation.command(&["serve", "--listen", "127.0.0.1:0", "--auth", "none"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
    let pid = child.id().ok_or("weir serve has ended")?;
    let mut lines = BufReader::new(child.stderr.take().ok_or("no standard error")?).lines();
    let mut said = String::new();
    let url = loop {
        let Some(line) = lines.next_line().await? else {
            return Err(format!("weir serve does not listen: {said}").into());
        };
        if let Some(url) = line.trim().strip_prefix("MCP") {
            break url.trim().to_owned();
        }
        said.push_str(&line);
    };
    // What it says later must not block it.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    Ok(Server { url, pid, _child: child, _installation: installation })
}

async fn peer_over_http(installation: Installation) -> Result<Server, Failure> {
    let port = free_port()?;
    let arguments = ["--transport", "streamable-http", "--host", "127.0.0.1", "--port"];
    let mut child = installation
        .command(&[&arguments[..], &[&port.to_string()]].concat())
        // Over HTTP it serves with the credential of the environment only when told to.
        .env("ALLOW_GLOBAL_CRED_FALLBACK", "true")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let pid = child.id().ok_or("the peer has ended")?;
    let listening = async {
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.is_err() {
            if let Some(status) = child.try_wait()? {
                return Err(Failure::from(format!("the peer ended: {status}")));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    };
    tokio::time::timeout(PATIENCE, listening).await??;
    let url = format!("http://127.0.0.1:{port}/mcp");
    Ok(Server { url, pid, _child: child, _installation: installation })
}

fn free_port() -> Result<u16, Failure> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}
