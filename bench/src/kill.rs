//! A run of the mirror that is killed at any point and repeated ends like an undisturbed one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use rand::RngExt;
use rand::rngs::StdRng;
use sandbox::{Content, Faults, Options, Sandbox};
use serde_json::Value;
use store::{Db, Environment, VisibleClasses};

use crate::installation::Installation;
use crate::trial::{Trial, Unproven};
use crate::{Failure, environment};

/// Kills `weir sync` (SIGKILL) up to three times at random points, lets the next one end, and
/// compares store and index with those of a run that nothing disturbed.
///
/// # Errors
/// [`Unproven::Broken`] for a difference or a run that fails, [`Unproven::Unprepared`] when the
/// undisturbed run fails already.
pub fn prove(trial: &Trial<'_>, weir: &Path) -> Result<(), Unproven> {
    let runtime =
        tokio::runtime::Runtime::new().map_err(|error| Unproven::Unprepared(Box::new(error)))?;
    let bed = runtime.block_on(TestBed::new(weir)).map_err(Unproven::Unprepared)?;
    trial.each(|random| runtime.block_on(bed.case(random)))
}

struct TestBed {
    weir: PathBuf,
    sandbox: Sandbox,
    /// How many requests a run makes.
    requests: u64,
    undisturbed: Outcome,
}

#[derive(PartialEq)]
struct Outcome {
    pages: BTreeMap<String, String>,
    found: Vec<String>,
}

impl TestBed {
    async fn new(weir: &Path) -> Result<Self, Failure> {
        let Environment { now, random } = environment::standing();
        // Time to strike between two requests.
        let faults = Faults { delay_ms: 2, ..Faults::default() };
        let options = Options { now, random, port: 0, faults };
        let sandbox = Sandbox::start(options, tree()).await?;
        let installation = Installation::on_cloud(weir, &sandbox)?;
        installation.run(&["sync", "ENG"]).await?;
        let requests = served(&sandbox);
        let undisturbed = outcome(&installation).await?;
        Ok(Self { weir: weir.to_owned(), sandbox, requests, undisturbed })
    }

    async fn case(&self, random: &mut StdRng) -> Result<(), Failure> {
        let installation = Installation::on_cloud(&self.weir, &self.sandbox)?;
        let mut points = Vec::new();
        for _ in 0..random.random_range(1..=3) {
            let point = random.random_range(0..=self.requests);
            let delay = Duration::from_micros(random.random_range(0..4000));
            self.killed_sync(&installation, point, delay).await?;
            points.push((point, delay));
        }
        installation.run(&["sync", "ENG"]).await?;
        let outcome = outcome(&installation).await?;
        if outcome != self.undisturbed {
            return Err(
                format!("killed at {points:?}, {}", self.undisturbed.differs(&outcome)).into()
            );
        }
        Ok(())
    }

    /// Kills a run when the sandbox has served this many more requests and a while has passed.
    async fn killed_sync(
        &self,
        installation: &Installation,
        point: u64,
        delay: Duration,
    ) -> Result<(), Failure> {
        let goal = served(&self.sandbox) + point;
        let mut child = installation
            .command(&["sync", "ENG"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        while served(&self.sandbox) < goal && child.try_wait()?.is_none() {
            tokio::time::sleep(Duration::from_micros(500)).await;
        }
        tokio::time::sleep(delay).await;
        // It may have ended by itself.
        drop(child.start_kill());
        child.wait().await?;
        Ok(())
    }
}

impl Outcome {
    fn differs(&self, other: &Self) -> String {
        let mut ids = self.pages.keys().chain(other.pages.keys());
        match ids.find(|id| self.pages.get(*id) != other.pages.get(*id)) {
            None => format!("{:?} were found and are {:?}", self.found, other.found),
            Some(id) => {
                format!("page {id} was {:?} and is {:?}", self.pages.get(id), other.pages.get(id))
            }
        }
    }
}

fn served(sandbox: &Sandbox) -> u64 {
    sandbox.control().requests().values().sum()
}

/// A home page and 40 pages on two levels, in the space ENG.
pub fn tree() -> Content {
    let mut content = Content::empty().page("ENG", None, "Home", "<p>home</p>");
    for number in 0..40 {
        let parent = if number % 5 == 0 {
            "Home".to_owned()
        } else {
            format!("Page {}", number - number % 5)
        };
        content = content.page(
            "ENG",
            Some(&parent),
            &format!("Page {number}"),
            &format!("<p>text {number}</p>"),
        );
    }
    content
}

async fn outcome(installation: &Installation) -> Result<Outcome, Failure> {
    let pages = mirrored(&installation.data()).await?;
    let answer = installation.run(&["search", "--json", "--limit", "50", "text"]).await?;
    let answer: Value = serde_json::from_str(&answer)?;
    let mut found: Vec<String> = answer["items"]
        .as_array()
        .ok_or("`weir search --json` answers no items")?
        .iter()
        .map(|item| item["data"]["title"].to_string())
        .collect();
    found.sort();
    Ok(Outcome { pages, found })
}

/// Every page of the store in a data folder, with all that a reader could see of it, by content id.
///
/// # Errors
/// There is no readable store in the folder.
pub async fn mirrored(data: &Path) -> Result<BTreeMap<String, String>, Failure> {
    let url = format!("sqlite:{}", data.join("weir.db").display());
    let db = Db::open(&environment::standing(), &url).await?;
    let organization = store::organization(&db).await?;
    let mut pages = BTreeMap::new();
    for site in store::sites(&db, &organization.id).await? {
        let rights = store::all_rights(&db, &site.id).await?;
        for space in store::spaces(&db, &site.id).await? {
            for header in store::headers_after(&db, &site.id, &space.key, None, 10_000).await? {
                let page = store::page(&db, &site.id, &VisibleClasses::All, &header.content_id)
                    .await?
                    .ok_or("a header without a page")?;
                // A class is a number given in the order of first sight; what it means is compared.
                let text = format!(
                    "{:?} {:?} {:?} v{} {:?} {:?} {:?} {}",
                    header.title,
                    header.parent_id,
                    header.status,
                    header.version,
                    header.labels,
                    header.ancestors,
                    rights.get(&header.acl_class),
                    String::from_utf8_lossy(&page.body),
                );
                pages.insert(header.content_id, text);
            }
        }
    }
    Ok(pages)
}
