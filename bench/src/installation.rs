//! A program with a data folder of its own, far from the machine's settings.

use std::path::{Path, PathBuf};
use std::process::Output;

use sandbox::Sandbox;
use tempfile::TempDir;
use tokio::process::Command;

use crate::Failure;

/// The program, an empty data folder, and the site to talk to.
pub struct Installation {
    program: PathBuf,
    folder: TempDir,
    variables: Vec<(&'static str, String)>,
}

impl Installation {
    /// On the sandbox's Cloud site, as its service account.
    pub fn on_cloud(program: &Path, sandbox: &Sandbox) -> Result<Self, Failure> {
        let cloud = &sandbox.access().cloud;
        let variables = vec![
            ("CONFLUENCE_URL", cloud.url.clone()),
            ("CONFLUENCE_USERNAME", cloud.username.clone()),
            ("CONFLUENCE_API_TOKEN", cloud.api_token.clone()),
        ];
        Ok(Self { program: program.to_owned(), folder: tempfile::tempdir()?, variables })
    }

    /// On the sandbox's Data Center, as its service account.
    pub fn on_data_center(program: &Path, sandbox: &Sandbox) -> Result<Self, Failure> {
        let data_center = &sandbox.access().data_center;
        let variables = vec![
            ("CONFLUENCE_URL", data_center.url.clone()),
            ("CONFLUENCE_PERSONAL_TOKEN", data_center.personal_token.clone()),
        ];
        Ok(Self { program: program.to_owned(), folder: tempfile::tempdir()?, variables })
    }

    /// The data folder, made by the program's first command.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The program with these arguments, ready to run; killed when its handle is dropped.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(arguments)
            .env_clear()
            .env("HOME", self.folder.path())
            .env("WEIR_DATA", self.data())
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .current_dir(self.folder.path())
            .kill_on_drop(true);
        command
    }

    /// Runs it to its end and answers what it printed.
    ///
    /// # Errors
    /// It does not start, or does not exit 0.
    pub async fn run(&self, arguments: &[&str]) -> Result<String, Failure> {
        let Output { status, stdout, stderr } = self.command(arguments).output().await?;
        if !status.success() {
            let said = String::from_utf8_lossy(&stderr);
            return Err(format!("weir {}: {status}: {said}", arguments.join(" ")).into());
        }
        Ok(String::from_utf8(stdout)?)
    }
}
