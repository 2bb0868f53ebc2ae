//! Plan: what was observed of a space, compared with what the store holds of it.

use std::collections::BTreeSet;

use atlassian::Space;
use jiff::Timestamp;
use store::PageHeader;

use crate::observe::Observation;
use crate::run::{Context, Ledger};
use crate::tree::Listed;
use crate::{MirrorError, Phase};

/// Headers read from the store at once.
const WINDOW: u32 = 500;

#[derive(Default)]
pub(crate) struct Plan {
    /// Stored and listed: the header is brought up to date at once, whatever becomes of the body.
    pub(crate) known: Vec<Known>,
    /// Bodies to fetch: of pages that are new, and of those whose version changed.
    pub(crate) fetch: Vec<String>,
    /// Stored, but not listed.
    pub(crate) absent: Vec<String>,
}

/// What a header keeps from the store.
pub(crate) struct Known {
    pub(crate) id: String,
    /// The version whose bytes are stored, when the site has another one by now.
    pub(crate) outdated: Option<Version>,
    /// The stored labels, when the site's could not be read.
    pub(crate) labels: Option<Vec<String>>,
}

pub(crate) struct Version {
    pub(crate) number: i64,
    pub(crate) at: Timestamp,
    pub(crate) by: Option<String>,
}

impl Plan {
    /// Pages of this space in the store.
    pub(crate) fn stored(&self) -> usize {
        self.known.len() + self.absent.len()
    }

    fn compare(&mut self, stored: PageHeader, listed: Option<&Listed>) {
        let Some(listed) = listed else {
            self.absent.push(stored.content_id);
            return;
        };
        // Deleting a version on Confluence renumbers the later ones, so that the number alone may
        // come back with other bytes.
        let same = (stored.version, stored.version_at) == (listed.version, listed.version_at);
        if !same {
            self.fetch.push(stored.content_id.clone());
        }
        self.known.push(Known {
            id: stored.content_id,
            outdated: (!same).then_some(Version {
                number: stored.version,
                at: stored.version_at,
                by: stored.version_by,
            }),
            labels: listed.labels.is_none().then_some(stored.labels),
        });
    }
}

/// Reads the store's headers of the space window by window.
pub(crate) async fn compare(
    context: &Context<'_>,
    ledger: &mut Ledger,
    space: &Space,
    observation: &Observation,
) -> Result<Plan, MirrorError> {
    let listed = observation.tree.listed();
    let total = Some(listed.len() as u64);
    let mut new: BTreeSet<&str> = listed.iter().map(|(id, ..)| *id).collect();
    let mut plan = Plan::default();
    let mut after: Option<String> = None;
    loop {
        let window = store::headers_after(
            context.db,
            &context.site.id,
            &space.key,
            after.as_deref(),
            WINDOW,
        )
        .await?;
        let Some(last) = window.last() else { break };
        after = Some(last.content_id.clone());
        for stored in window {
            new.remove(stored.content_id.as_str());
            let node = observation.tree.get(&stored.content_id);
            plan.compare(stored, node.and_then(|node| node.listed.as_ref()));
        }
        context.report(ledger, space, Phase::Plan, plan.known.len() as u64, total);
    }
    plan.fetch.extend(new.into_iter().map(str::to_owned));
    Ok(plan)
}
