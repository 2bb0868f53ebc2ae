//! The run: from the source's scope to spaces, each observed, planned, guarded, applied, confirmed.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::pin::pin;

use atlassian::{ErrorKind, Session, Space};
use futures_util::StreamExt;
use store::{
    Db, Environment, Run, RunCounts, RunId, RunState, Scope, Site, Source, SpaceRecord, Write,
};

use crate::apply::apply;
use crate::confirm::confirm;
use crate::guard;
use crate::observe::{Observation, observe};
use crate::plan::{Plan, compare};
use crate::{MirrorError, Phase, Progress};

/// Brings the store to what the site shows in the source's scope.
///
/// Reads the site, writes only the store. All state is in the store, so a run that was killed at
/// any point, or whose future was dropped, is made good by the next one. One run a site at a time:
/// the caller holds the data folder's lock.
///
/// `Ok` is a run that went to its end. Its state is `failed`, and its error names the first reason,
/// when something was left as it was: a page or a listing that could not be read, or deletions that
/// the guard holds. Whatever was left is tried again by the next run.
///
/// # Errors
///
/// [`MirrorError`] when the run could not go on; what was committed until then stays.
pub async fn run(
    environment: &Environment,
    db: &Db,
    site: &Site,
    source: &Source,
    session: &Session,
    progress: &(dyn Fn(Progress) + Send + Sync),
) -> Result<Run, MirrorError> {
    let context = Context { environment, db, site, source, session, progress };
    let mut ledger = begin(&context).await?;
    let outcome = reconcile(&context, &mut ledger).await;
    end(&context, ledger, outcome).await
}

async fn begin(context: &Context<'_>) -> Result<Ledger, MirrorError> {
    let last = store::last_run(context.db, &context.source.id).await?;
    let ledger = Ledger::new(context);
    let mut write = context.db.write().await?;
    if let Some(last) = last.filter(|run| run.state == RunState::Running) {
        let ended_at = Some(ledger.run.started_at);
        let interrupted = Run { state: RunState::Interrupted, ended_at, ..last };
        store::put_run(&mut write, &interrupted).await?;
    }
    ledger.save(&mut write).await?;
    write.commit().await?;
    tracing::info!(run = %ledger.run.id, source = %context.source.name, "mirror run started");
    Ok(ledger)
}

async fn reconcile(context: &Context<'_>, ledger: &mut Ledger) -> Result<(), MirrorError> {
    let (spaces, every_space) = match &context.source.scope {
        Scope::Spaces(keys) => (named_spaces(context, keys).await?, false),
        Scope::AllSpaces => listed_spaces(context, ledger).await?,
    };
    for space in &spaces {
        reconcile_space(context, ledger, space).await?;
        ledger.run.counts.spaces += 1;
    }
    if every_space {
        release_vanished_spaces(context, ledger, &spaces).await?;
    }
    Ok(())
}

async fn named_spaces(
    context: &Context<'_>,
    keys: &BTreeSet<String>,
) -> Result<Vec<Space>, MirrorError> {
    let mut spaces: Vec<Space> = Vec::with_capacity(keys.len());
    for key in keys {
        let space = context.session.space(key).await.map_err(|error| match error.kind {
            ErrorKind::NotVisible => MirrorError::UnknownSpace { key: key.clone() },
            _ => MirrorError::Atlassian(error),
        })?;
        // Data Center finds a space by its key in any case.
        if spaces.iter().all(|known| known.id != space.id) {
            spaces.push(space);
        }
    }
    Ok(spaces)
}

/// And whether the list is complete.
async fn listed_spaces(
    context: &Context<'_>,
    ledger: &mut Ledger,
) -> Result<(Vec<Space>, bool), MirrorError> {
    let mut spaces = Vec::new();
    let mut listing = pin!(context.session.spaces());
    while let Some(next) = listing.next().await {
        match next {
            Ok(space) => spaces.push(space),
            Err(error) if spaces.is_empty() => return Err(error.into()),
            Err(error) => {
                ledger.note("list of spaces", &context.concerns_one(error).await?);
                return Ok((spaces, false));
            }
        }
    }
    Ok((spaces, true))
}

async fn reconcile_space(
    context: &Context<'_>,
    ledger: &mut Ledger,
    space: &Space,
) -> Result<(), MirrorError> {
    let observation = observe(context, ledger, space).await?;
    let plan = compare(context, ledger, space, &observation).await?;
    let absent = believed_absent(context, ledger, space, &observation, &plan);
    apply(context, ledger, space, &observation, &plan).await?;
    confirm(context, ledger, space, absent).await
}

/// The stored pages that may be gone: none, unless the listing is complete and the guard lets it
/// pass.
fn believed_absent<'a>(
    context: &Context<'_>,
    ledger: &mut Ledger,
    space: &Space,
    observation: &Observation,
    plan: &'a Plan,
) -> &'a [String] {
    context.report(ledger, space, Phase::Guard, 0, Some(plan.absent.len() as u64));
    if !observation.complete {
        return &[];
    }
    let listed = observation.tree.count_listed();
    match guard::hold(&space.key, plan.stored(), listed, plan.absent.len()) {
        None => &plan.absent,
        Some(reason) => {
            ledger.hold(reason);
            &[]
        }
    }
}

/// A space that a complete list lacks is an empty listing: the guard holds its pages. Without
/// pages its record goes.
async fn release_vanished_spaces(
    context: &Context<'_>,
    ledger: &mut Ledger,
    listed: &[Space],
) -> Result<(), MirrorError> {
    for SpaceRecord { key, .. } in store::spaces(context.db, &context.site.id).await? {
        if listed.iter().any(|space| space.key == key) {
            continue;
        }
        if store::headers_after(context.db, &context.site.id, &key, None, 1).await?.is_empty() {
            let mut write = context.db.write().await?;
            store::delete_space(&mut write, &context.site.id, &key).await?;
            write.commit().await?;
        } else {
            ledger.hold(format!("space {key} is not listed any more; its pages are kept"));
        }
    }
    Ok(())
}

async fn end(
    context: &Context<'_>,
    mut ledger: Ledger,
    outcome: Result<(), MirrorError>,
) -> Result<Run, MirrorError> {
    ledger.close(context, outcome.as_ref().err());
    let saved = save(context, &ledger).await;
    let Ledger { run, .. } = ledger;
    tracing::info!(run = %run.id, state = ?run.state, counts = ?run.counts, "mirror run ended");
    // The first thing that went wrong is what the caller hears.
    outcome?;
    saved?;
    Ok(run)
}

async fn save(context: &Context<'_>, ledger: &Ledger) -> Result<(), MirrorError> {
    let mut write = context.db.write().await?;
    ledger.save(&mut write).await?;
    Ok(write.commit().await?)
}

/// What a run works with.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) environment: &'a Environment,
    pub(crate) db: &'a Db,
    pub(crate) site: &'a Site,
    pub(crate) source: &'a Source,
    pub(crate) session: &'a Session,
    progress: &'a (dyn Fn(Progress) + Send + Sync),
}

impl Context<'_> {
    pub(crate) fn report(
        &self,
        ledger: &mut Ledger,
        space: &Space,
        phase: Phase,
        done: u64,
        total: Option<u64>,
    ) {
        ledger.run.counts.requests = self.session.requests().saturating_sub(ledger.requests_before);
        let counts = ledger.run.counts.clone();
        (self.progress)(Progress { phase, done, total, counts, current: Some(space.key.clone()) });
    }

    /// Hands the error back when it concerns the one thing that was asked for; ends the run when
    /// every further request would meet it too.
    pub(crate) async fn concerns_one(
        &self,
        error: atlassian::Error,
    ) -> Result<atlassian::Error, MirrorError> {
        let concerns_one = match error.kind {
            ErrorKind::Unauthorized
            | ErrorKind::ScopeMissing
            | ErrorKind::HtmlLogin
            | ErrorKind::Redirected { .. }
            | ErrorKind::NotConfluence
            | ErrorKind::XsrfCheckFailed
            | ErrorKind::RateLimited { .. } => false,
            // One address that fails, or the whole site? The cheapest request tells.
            ErrorKind::Unreachable { .. } | ErrorKind::TimedOut | ErrorKind::Transient => {
                self.session.current_user().await.is_ok()
            }
            ErrorKind::NotVisible
            | ErrorKind::Forbidden
            | ErrorKind::Conflict { .. }
            | ErrorKind::Gone
            | ErrorKind::BadRequest { .. }
            | ErrorKind::TooLarge
            | ErrorKind::Unreadable
            | ErrorKind::ForeignLink => true,
        };
        if concerns_one { Ok(error) } else { Err(error.into()) }
    }
}

/// What a run has done and met so far.
pub(crate) struct Ledger {
    pub(crate) run: Run,
    requests_before: u64,
    /// Pages that were left as they were. A page that fails twice is one failed page.
    failed: BTreeSet<String>,
    first_failure: Option<String>,
    held: Vec<String>,
}

impl Ledger {
    fn new(context: &Context<'_>) -> Self {
        let run = Run {
            id: RunId::new(context.environment),
            source: context.source.id.clone(),
            state: RunState::Running,
            started_at: context.environment.now(),
            ended_at: None,
            counts: RunCounts::default(),
            error: None,
        };
        let requests_before = context.session.requests();
        Self { run, requests_before, failed: BTreeSet::new(), first_failure: None, held: vec![] }
    }

    /// Remembers the first thing that went wrong without ending the run. `what` is safe to show.
    pub(crate) fn note(&mut self, what: impl Display, why: &impl Display) {
        tracing::warn!(run = %self.run.id, %what, %why, "left for the next run");
        if self.first_failure.is_none() {
            self.first_failure = Some(format!("{what}: {why}"));
        }
    }

    /// What may not be seen is decided by that: nobody passes it. Anything else is a failure.
    pub(crate) fn note_ancestor(&mut self, id: &str, error: &atlassian::Error) {
        match error.kind {
            ErrorKind::NotVisible | ErrorKind::Forbidden => {
                tracing::warn!(run = %self.run.id, id, %error, "an ancestor that nobody passes");
            }
            _ => self.note(format_args!("ancestor {id}"), error),
        }
    }

    /// Counts a page that is left as it was.
    pub(crate) fn fail_page(&mut self, id: &str, why: &impl Display) {
        self.note(format_args!("page {id}"), why);
        self.failed.insert(id.to_owned());
        self.run.counts.failed = self.failed.len() as u64;
    }

    fn hold(&mut self, reason: String) {
        tracing::warn!(run = %self.run.id, %reason, "guard holds deletions");
        self.held.push(reason);
    }

    pub(crate) async fn save(&self, write: &mut Write<'_>) -> Result<(), MirrorError> {
        Ok(store::put_run(write, &self.run).await?)
    }

    fn close(&mut self, context: &Context<'_>, end: Option<&MirrorError>) {
        let end = end.map(|error| match error {
            MirrorError::Atlassian(source) => format!("{error}: {source}"),
            MirrorError::UnknownSpace { .. } | MirrorError::Store(_) => error.to_string(),
        });
        let reasons: Vec<_> =
            end.into_iter().chain(self.first_failure.take()).chain(self.held.drain(..)).collect();
        let counts = &mut self.run.counts;
        counts.requests = context.session.requests().saturating_sub(self.requests_before);
        self.run.state = if reasons.is_empty() { RunState::Succeeded } else { RunState::Failed };
        self.run.error = (!reasons.is_empty()).then(|| reasons.join("; "));
        self.run.ended_at = Some(context.environment.now());
    }
}
