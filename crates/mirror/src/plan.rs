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
    /// Listed here, but stored in another space: refreshed likewise, and so moved.
    pub(crate) moved: Vec<Known>,
    /// Bodies to fetch: of pages that are new, and of those whose version changed.
    pub(crate) fetch: Vec<String>,
    /// Stored in this space, but not listed.
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
    /// What becomes of a page that is stored and listed.
    fn refresh(&mut self, stored: PageHeader, listed: &Listed) -> Known {
        // Deleting a version on Confluence renumbers the later ones, so that the number alone may
        // come back with other bytes.
        let same = (stored.version, stored.version_at) == (listed.version, listed.version_at);
        if !same {
            self.fetch.push(stored.content_id.clone());
        }
        Known {
            id: stored.content_id,
            outdated: (!same).then_some(Version {
                number: stored.version,
                at: stored.version_at,
                by: stored.version_by,
            }),
            labels: listed.labels.is_none().then_some(stored.labels),
        }
    }
}

/// Reads the store's headers of the space window by window, then of what is listed besides: a page
/// that moved here from another space is the same page, with the same bytes.
pub(crate) async fn compare(
    context: &Context<'_>,
    ledger: &mut Ledger,
    space: &Space,
    observation: &Observation,
) -> Result<Plan, MirrorError> {
    let (db, site) = (context.db, &context.site.id);
    let pages = observation.tree.listed();
    let total = pages.len() as u64;
    let mut new: BTreeSet<&str> = pages.iter().map(|(id, ..)| *id).collect();
    let listed = |id: &str| observation.tree.get(id).and_then(|node| node.listed.as_ref());
    let mut plan = Plan::default();
    let mut after: Option<String> = None;
    loop {
        let window = store::headers_after(db, site, &space.key, after.as_deref(), WINDOW).await?;
        let Some(last) = window.last() else { break };
        after = Some(last.content_id.clone());
        for stored in window {
            new.remove(stored.content_id.as_str());
            if let Some(listed) = listed(&stored.content_id) {
                let known = plan.refresh(stored, listed);
                plan.known.push(known);
            } else {
                plan.absent.push(stored.content_id);
            }
        }
        context.report(ledger, space, Phase::Plan, plan.known.len() as u64, Some(total));
    }
    let new: Vec<String> = new.into_iter().map(str::to_owned).collect();
    for window in new.chunks(WINDOW as usize) {
        let mut new: BTreeSet<&String> = window.iter().collect();
        for stored in store::stored_headers(db, site, window).await? {
            new.remove(&stored.content_id);
            if let Some(listed) = listed(&stored.content_id) {
                let moved = plan.refresh(stored, listed);
                plan.moved.push(moved);
            }
        }
        plan.fetch.extend(new.into_iter().cloned());
    }
    context.report(ledger, space, Phase::Plan, total, Some(total));
    Ok(plan)
}
