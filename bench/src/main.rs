//! Measures and proves: see the crate's README.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "the terminal is its interface")]

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use bench::contestant::Contestant;
use bench::environment::now;
use bench::record::Record;
use bench::trial::{Trial, Unproven};
use bench::{
    Failure, budgets, fidelity, kill, rights, scanner, serve, serve_tables, splices, workspace,
};
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
    Serve(Serve),
    Budgets(Budgets),
    Prove(Prove),
    Fidelity(Fidelity),
}

/// Measures the server beside mcp-atlassian, in front of the same simulated site.
#[derive(Debug, Args)]
struct Serve {
    /// Measures Weir alone.
    #[arg(long)]
    without_peer: bool,
    /// Seconds that each number of clients calls.
    #[arg(long, default_value_t = 5, value_name = "SECONDS")]
    seconds: u64,
    /// Prints JSON instead of tables.
    #[arg(long)]
    json: bool,
    /// The program, instead of one that is built from this tree.
    #[arg(long, value_name = "PATH")]
    weir: Option<PathBuf>,
}

/// Measures what has a budget of its own: mirror, view, events.
#[derive(Debug, Args)]
struct Budgets {
    /// How many pages are mirrored.
    #[arg(long, default_value_t = 10_000)]
    pages: usize,
    /// A folder of *.xhtml files that are shown as Markdown; otherwise the pages of the demo.
    #[arg(long, value_name = "DIR")]
    storage: Option<PathBuf>,
    /// Prints JSON instead of a table.
    #[arg(long)]
    json: bool,
    /// The program, instead of one that is built from this tree.
    #[arg(long, value_name = "PATH")]
    weir: Option<PathBuf>,
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
    /// Of `splices`: a folder of pages (*.xhtml); otherwise those of the project.
    #[arg(long, value_name = "DIR")]
    pages: Option<PathBuf>,
    /// The program, instead of one that is built from this tree.
    #[arg(long, value_name = "PATH")]
    weir: Option<PathBuf>,
}

/// Measures what converters keep of the pages of a folder and writes docs/fidelity.md.
#[derive(Debug, Args)]
struct Fidelity {
    /// A folder of pages in storage format (*.xhtml).
    folder: PathBuf,
    /// The interpreter that has the peers written in Python.
    #[arg(long, value_name = "PATH", default_value = "python3")]
    python: PathBuf,
    /// Only list what Weir does not keep, page by page.
    #[arg(long)]
    shortcomings: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Claim {
    /// A run of the mirror that is killed and repeated ends like an undisturbed one.
    Kill,
    /// A caller learns nothing of a page that the site's restrictions hide from him.
    Rights,
    /// Whatever is done to a page, its view keeps its promises.
    Scanner,
    /// A part of a word that is exchanged in a view comes back to the page, and nothing else does.
    Splices,
}

impl Claim {
    fn usual_count(self) -> u64 {
        match self {
            Self::Kill => 200,
            Self::Rights => 500,
            Self::Scanner => 200_000,
            Self::Splices => 1_000_000,
        }
    }
}

fn main() -> ExitCode {
    let Cli { command } = Cli::parse();
    let done = match command {
        Command::Serve(serve) => serve.run(),
        Command::Budgets(budgets) => budgets.run(),
        Command::Prove(prove) => prove.run(),
        Command::Fidelity(fidelity) => fidelity.run(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", chain(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}

impl Serve {
    fn run(&self) -> Result<(), Failure> {
        let peer = if self.without_peer { None } else { Some(Contestant::installed_peer()?) };
        let options = serve::Options {
            weir: program(self.weir.as_deref())?,
            peer,
            span: Duration::from_secs(self.seconds),
            at: now(),
            commit: workspace::commit()?,
        };
        let tell = |at: &str| eprintln!("serve: {at}");
        let report = tokio::runtime::Runtime::new()?.block_on(serve::measure(&options, &tell))?;
        if self.json {
            println!("{}", serde_json::to_string_pretty(&report)?);
        } else {
            println!("{}", serve_tables::markdown(&report));
        }
        Ok(())
    }
}

impl Budgets {
    fn run(&self) -> Result<(), Failure> {
        let demo = || workspace::root().join("crates/sandbox/demo/pages");
        let options = budgets::Options {
            weir: program(self.weir.as_deref())?,
            pages: self.pages,
            storage: self.storage.clone().unwrap_or_else(demo),
            at: now(),
            commit: workspace::commit()?,
        };
        let tell = |at: &str| eprintln!("budgets: {at}");
        let report = tokio::runtime::Runtime::new()?.block_on(budgets::measure(&options, &tell))?;
        if self.json {
            println!("{}", serde_json::to_string_pretty(&report)?);
        } else {
            println!("{}", budgets::markdown(&report));
        }
        Ok(())
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
            Claim::Kill => {
                let weir = program(self.weir.as_deref()).map_err(Unproven::Unprepared)?;
                kill::prove(trial, &weir)
            }
            Claim::Rights => rights::prove(trial),
            Claim::Scanner => scanner::prove(trial),
            Claim::Splices => splices::prove(trial, self.pages.as_deref()),
        }
    }
}

impl Fidelity {
    fn run(&self) -> Result<(), Failure> {
        let pages = fidelity::Pages::read(&self.folder)?;
        if self.shortcomings {
            for line in fidelity::shortcomings(&pages) {
                println!("{line}");
            }
            return Ok(());
        }
        println!("{}", fidelity::run(&pages, &self.python)?);
        Ok(())
    }
}

fn program(given: Option<&Path>) -> Result<PathBuf, Failure> {
    given.map_or_else(workspace::build_weir, |program| Ok(std::path::absolute(program)?))
}

/// An error and what it stands on, on one line.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
