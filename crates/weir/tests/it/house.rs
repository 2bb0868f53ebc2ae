//! A program under test: its own data folder, no settings of the machine's.

use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;

use jiff::Timestamp;
use sandbox::{Content, Faults, Options, Sandbox};
use serde_json::Value;
use store::Environment;
use tempfile::TempDir;

/// A data folder and the environment that leads to it.
pub(crate) struct House {
    folder: TempDir,
    variables: Vec<(String, String)>,
}

impl House {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), variables: Vec::new() }
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The sandbox's Cloud site, as its service account.
    pub(crate) fn on_cloud(self, sandbox: &Sandbox) -> Self {
        let cloud = &sandbox.access().cloud;
        self.with("CONFLUENCE_URL", &cloud.url)
            .with("CONFLUENCE_USERNAME", &cloud.username)
            .with("CONFLUENCE_API_TOKEN", &cloud.api_token)
    }

    /// The sandbox's Data Center, as its service account.
    pub(crate) fn on_data_center(self, sandbox: &Sandbox) -> Self {
        let data_center = &sandbox.access().data_center;
        self.with("CONFLUENCE_URL", &data_center.url)
            .with("CONFLUENCE_PERSONAL_TOKEN", &data_center.personal_token)
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn data(&self) -> std::path::PathBuf {
        self.path().join("data")
    }

    /// The program with arguments, ready to run, far from the machine's own settings.
    pub(crate) fn weir(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_weir"));
        command
            .args(arguments)
            .env_clear()
            .env("HOME", self.path())
            .env("WEIR_DATA", self.data())
            .current_dir("/");
        for (name, value) in &self.variables {
            command.env(name, value);
        }
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(&self.weir(arguments).output().unwrap())
    }
}

/// What came of a run.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) status: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    pub(crate) fn of(output: &Output) -> Self {
        Self {
            status: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Fails the test unless the program succeeded.
    pub(crate) fn ok(self) -> Self {
        assert_eq!(self.status, Some(0), "{self:#?}");
        self
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }
}

/// A sandbox with these pages and no faults.
pub(crate) async fn sandbox(content: Content) -> Sandbox {
    sandbox_with(content, Faults::default()).await
}

/// A clock that stands still and the system's randomness.
pub(crate) fn environment() -> Environment {
    at("2026-11-20T12:00:00Z".parse().unwrap())
}

fn at(time: Timestamp) -> Environment {
    use rand::RngExt;
    Environment { now: Arc::new(move || time), random: Arc::new(|bytes| rand::rng().fill(bytes)) }
}

pub(crate) async fn sandbox_with(content: Content, faults: Faults) -> Sandbox {
    start(content, faults, environment()).await
}

/// A sandbox whose clock stands still at this time.
pub(crate) async fn sandbox_at(content: Content, time: Timestamp) -> Sandbox {
    start(content, Faults::default(), at(time)).await
}

async fn start(content: Content, faults: Faults, environment: Environment) -> Sandbox {
    let Environment { now, random } = environment;
    Sandbox::start(Options { now, random, port: 0, faults }, content).await.unwrap()
}

/// Runs the program off the async threads, so that an in-process sandbox can answer it.
pub(crate) async fn run(house: &Arc<House>, arguments: &[&str]) -> Ran {
    let house = Arc::clone(house);
    let arguments: Vec<String> = arguments.iter().map(|&argument| argument.to_owned()).collect();
    tokio::task::spawn_blocking(move || {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        house.run(&arguments)
    })
    .await
    .unwrap()
}
