//! Whatever the restrictions of a site are, a mapped caller learns nothing of a page that he may not
//! see: no item, no count, no text.

mod asking;
mod site;

use rand::RngExt;
use rand::rngs::StdRng;

use crate::Failure;
use crate::trial::{Trial, Unproven};

use asking::Asking;
use site::{Person, SimulatedSite};

/// Builds random page trees with random restrictions in the sandbox, mirrors them through its
/// HTTP interface (Cloud and Data Center by turns), changes half of them and mirrors again, and asks
/// every tool as several people. What each of them may see is said a second time by a model that
/// shares nothing with the program.
///
/// # Errors
/// [`Unproven::Broken`] when an answer tells of a page that the model hides, or lacks one that the
/// model shows; [`Unproven::Unprepared`] without an async runtime.
pub fn prove(trial: &Trial<'_>) -> Result<(), Unproven> {
    let runtime =
        tokio::runtime::Runtime::new().map_err(|error| Unproven::Unprepared(Box::new(error)))?;
    trial.each(|random| runtime.block_on(case(random)))
}

async fn case(random: &mut StdRng) -> Result<(), Failure> {
    let mut site = SimulatedSite::new(random).await?;
    let asking = Asking::new(&site, random.random_bool(0.5)).await?;
    for round in 0..2 {
        if round > 0 {
            site.shuffle(random);
        }
        asking.mirror().await?;
        for _ in 0..3 {
            let person = Person::random(random);
            asking.holds(&site, &person).await?;
        }
    }
    Ok(())
}
