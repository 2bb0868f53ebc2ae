//! The table of proofs that were run.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;

use crate::Failure;
use crate::trial::Unproven;

/// One run of a proof.
pub struct Record<'a> {
    /// When it began.
    pub at: Timestamp,
    /// Its name.
    pub proof: &'a str,
    /// Of its first case.
    pub seed: u64,
    /// How many cases.
    pub count: u64,
    /// The commit that was checked out.
    pub commit: &'a str,
    /// What came of it.
    pub result: &'a Result<(), Unproven>,
    /// How long it took.
    pub took: Duration,
}

const HEAD: &str = "# Proofs

One row for each run of `cargo run --release -p bench -- prove NAME`; `--seed` and `--count` repeat it.
A `+` after the commit: the tree held more than the commit. [bench](../bench/README.md) says what each
claim is.

| date (UTC) | proof | seed | count | commit | result | took |
|---|---|---|---|---|---|---|
";

impl Record<'_> {
    /// Adds the row to the file, which is made when it is missing.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn append(&self, file: &Path) -> Result<(), Failure> {
        if !file.exists() {
            fs::write(file, HEAD)?;
        }
        let mut file = OpenOptions::new().append(true).open(file)?;
        file.write_all(self.row().as_bytes())?;
        Ok(())
    }

    fn row(&self) -> String {
        let result = match self.result {
            Ok(()) => "holds".to_owned(),
            Err(Unproven::Broken { seed, .. }) => format!("**broken** by seed {seed}"),
            Err(Unproven::Unprepared(_)) => "could not be run".to_owned(),
        };
        format!(
            "| {} | {} | {} | {} | {} | {result} | {:.1} s |\n",
            self.at.strftime("%Y-%m-%d %H:%M"),
            self.proof,
            self.seed,
            self.count,
            self.commit,
            self.took.as_secs_f64(),
        )
    }
}
