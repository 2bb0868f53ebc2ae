//! Measures and proves: see the crate's README.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "the terminal is its interface")]

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use bench::record::Record;
use bench::trial::{Trial, Unproven};
use bench::{Failure, kill, scanner, workspace};
use clap::{Args, Parser, Subcommand, ValueEnum};
use rand::RngExt;

/// Measures Weir, and proves claims about it over many random cases.
#[derive(Debug, Parser)]
#[command(name = "bench")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Prove(Prove),
}

/// Runs a claim over many random cases and records the run in docs/proofs.md.
#[derive(Debug, Args)]
struct Prove {
    claim: Claim,
    /// Seed of the first case; the next case has the next number.
    #[arg(long)]
    seed: Option<u64>,
    /// How many cases.
    #[arg(long)]
    count: Option<u64>,
    /// The program, instead of one that is built from this tree.
    #[arg(long, value_name = "PATH")]
    weir: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Claim {
    /// A run of the mirror that is killed and repeated ends like an undisturbed one.
    Kill,
    /// Whatever is done to a page, its view keeps its promises.
    Scanner,
}

impl Claim {
    fn usual_count(self) -> u64 {
        match self {
            Self::Kill => 200,
            Self::Scanner => 200_000,
        }
    }
}

fn main() -> ExitCode {
    let Cli { command } = Cli::parse();
    let done = match command {
        Command::Prove(prove) => prove.run(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", chain(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}

impl Prove {
    fn run(&self) -> Result<(), Failure> {
        let name = self
            .claim
            .to_possible_value()
            .map_or_else(String::new, |value| value.get_name().to_owned());
        let seed = self.seed.unwrap_or_else(|| rand::rng().random_range(0..1_000_000_000));
        let count = self.count.unwrap_or_else(|| self.claim.usual_count());
        let commit = workspace::commit()?;
        eprintln!("{name}: seed {seed}, {count} cases, commit {commit}");
        let progress = |held: u64| eprintln!("{name}: {held} of {count} hold");
        let trial = Trial { seed, count, progress: &progress };
        let at = now();
        let start = Instant::now();
        let result = self.prove(&trial);
        let took = start.elapsed();
        let record =
            Record { at, proof: &name, seed, count, commit: &commit, result: &result, took };
        record.append(&workspace::root().join("docs/proofs.md"))?;
        if let Err(Unproven::Broken { seed, .. }) = &result {
            eprintln!(
                "repeat: cargo run --release -p bench -- prove {name} --seed {seed} --count 1"
            );
        }
        result?;
        println!("{name} holds in {count} cases from seed {seed}, {:.1} s", took.as_secs_f64());
        Ok(())
    }

    fn prove(&self, trial: &Trial<'_>) -> Result<(), Unproven> {
        match self.claim {
            Claim::Kill => kill::prove(trial, &self.program().map_err(Unproven::Unprepared)?),
            Claim::Scanner => scanner::prove(trial),
        }
    }

    fn program(&self) -> Result<PathBuf, Failure> {
        self.weir.clone().map_or_else(workspace::build_weir, Ok)
    }
}

#[expect(clippy::disallowed_methods, reason = "a record says when it was made")]
fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

/// An error and what it stands on, on one line.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
