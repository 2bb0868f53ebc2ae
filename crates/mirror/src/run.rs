//! The run: from the source's scope to spaces, each observed, planned, guarded, applied, confirmed.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::pin::pin;

use atlassian::{ErrorKind, Session, Space};
use futures_util::StreamExt;
use store::{
    Db, Environment, Hold, Run, RunCounts, RunId, RunState, Scope, Site, Source, SpaceRecord, Write,
};

use crate::apply::apply;
use crate::confirm::confirm;
use crate::forget::forget_space;
use crate::guard;
use crate::observe::observe;
use crate::plan::compare;
use crate::withhold::withhold_space;
use crate::{MirrorError, Phase, Progress};

/// Brings the store to what the site shows in the source's scope.
///
/// Reads the site, writes only the store. All state is in the store, so a run that was killed at
/// any point, or whose future was dropped, is made good by the next one. One run a site at a time:
/// the caller holds the data folder's lock.
///
/// `Ok` is a run that went to its end. It is `held` when something was left as it was: a page or a
/// space that could not be read, or deletions that the guard does not believe. Each hold says why
/// and what to do; the rest of the scope is up to date, and what is held is tried again by the next
/// run. It is `failed` when the list of spaces broke off, so that nobody knows what the rest is.
///
/// A stored page that the site does not show any more is withheld at once, whatever becomes of its
/// bytes: see [`store::withhold_page`].
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
    let (spaces, whole) = match &context.source.scope {
        Scope::Spaces(keys) => named_spaces(context, ledger, keys).await?,
        Scope::AllSpaces => listed_spaces(context, ledger).await?,
    };
    let mut shrunk = Vec::new();
    for space in &spaces {
        shrunk.extend(reconcile_space(context, ledger, space).await?);
        ledger.run.counts.spaces += 1;
    }
    for shrunk in shrunk {
        settle(context, ledger, &spaces, shrunk).await?;
    }
    match context.source.scope {
        _ if !whole => Ok(()),
        Scope::Spaces(_) => forget_what_left_the_scope(context, ledger).await,
        Scope::AllSpaces => hold_vanished_spaces(context, ledger, &spaces).await,
    }
}

/// And whether each of them was found.
async fn named_spaces(
    context: &Context<'_>,
    ledger: &mut Ledger,
    keys: &BTreeSet<String>,
) -> Result<(Vec<Space>, bool), MirrorError> {
    let mut spaces: Vec<Space> = Vec::with_capacity(keys.len());
    let mut unknown = Vec::new();
    for key in keys {
        match context.session.space(key).await {
            // Data Center finds a space by its key in any case.
            Ok(space) if spaces.iter().any(|known| known.id == space.id) => {}
            Ok(space) => spaces.push(space),
            Err(error) if error.kind == ErrorKind::NotVisible => unknown.push(key.clone()),
            Err(error) => return Err(error.into()),
        }
    }
    let stored = store::spaces(context.db, &context.site.id).await?;
    let is_stored = |key: &String| stored.iter().any(|space| space.key.eq_ignore_ascii_case(key));
    if let Some(key) = unknown.first().filter(|_| spaces.is_empty())
        && !unknown.iter().any(is_stored)
    {
        return Err(MirrorError::UnknownSpace { key: key.clone() });
    }
    let whole = unknown.is_empty();
    for key in unknown {
        for space in stored.iter().filter(|space| space.key.eq_ignore_ascii_case(&key)) {
            withhold_space(context, &space.key).await?;
        }
        ledger.hold_unknown_space(&key);
    }
    Ok((spaces, whole))
}

/// The spaces that no source of the site covers any more leave the mirror: a change of the scope is
/// the operator's word, and needs no proof that the pages are gone.
async fn forget_what_left_the_scope(
    context: &Context<'_>,
    ledger: &mut Ledger,
) -> Result<(), MirrorError> {
    let mut sources = store::sources(context.db, &context.site.id).await?;
    sources.retain(|source| source.id != context.source.id);
    let covers = |key: &str| {
        sources.iter().chain([context.source]).any(|source| match &source.scope {
            Scope::AllSpaces => true,
            Scope::Spaces(keys) => keys.iter().any(|known| known.eq_ignore_ascii_case(key)),
        })
    };
    for SpaceRecord { key, .. } in store::spaces(context.db, &context.site.id).await? {
        if !covers(&key) {
            tracing::info!(run = %ledger.run.id, space = key, "left the scope");
            let gone = forget_space(context.environment, context.db, context.site, &key).await?;
            ledger.run.counts.deleted += gone;
        }
    }
    Ok(())
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
                ledger.fail("list of spaces", &context.concerns_one(error).await?);
                return Ok((spaces, false));
            }
        }
    }
    Ok((spaces, true))
}

/// A space whose complete listing lacks pages that are stored of it.
struct Shrunk<'a> {
    space: &'a Space,
    listed: u64,
    /// Pages that are stored and listed.
    known: usize,
    /// Pages that are stored and not listed.
    absent: Vec<String>,
}

async fn reconcile_space<'a>(
    context: &Context<'_>,
    ledger: &mut Ledger,
    space: &'a Space,
) -> Result<Option<Shrunk<'a>>, MirrorError> {
    let observation = observe(context, ledger, space).await?;
    let plan = compare(context, ledger, space, &observation).await?;
    apply(context, ledger, space, &observation, &plan).await?;
    let listed = observation.tree.count_listed();
    let shrunk = Shrunk { space, listed, known: plan.known.len(), absent: plan.absent };
    Ok(Some(shrunk).filter(|shrunk| observation.complete && !shrunk.absent.is_empty()))
}

/// Decides on absent pages once every space of the run was read: those that another space listed
/// are in it by now, and never were at risk.
async fn settle(
    context: &Context<'_>,
    ledger: &mut Ledger,
    spaces: &[Space],
    shrunk: Shrunk<'_>,
) -> Result<(), MirrorError> {
    let Shrunk { space, listed, known, absent } = shrunk;
    let mut absent = store::stored_headers(context.db, &context.site.id, &absent).await?;
    absent.retain(|header| header.space_key == space.key);
    let absent: Vec<String> = absent.into_iter().map(|header| header.content_id).collect();
    context.report(ledger, space, Phase::Guard, 0, Some(absent.len() as u64));
    if let Some(reason) = guard::hold(&space.key, known + absent.len(), listed, absent.len()) {
        ledger.hold_space(&space.key, reason, FORGET);
        return Ok(());
    }
    confirm(context, ledger, spaces, space, &absent).await
}

/// A space that a complete list lacks is an empty listing: the guard holds its pages. Without
/// pages its record goes.
async fn hold_vanished_spaces(
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
            withhold_space(context, &key).await?;
            let reason = format!(
                "space {key} is not listed any more; its pages are kept, and shown to nobody"
            );
            ledger.hold_space(&key, reason, FORGET);
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
            | ErrorKind::ScopeMissing { .. }
            | ErrorKind::TokenExpired
            | ErrorKind::ReauthRequired
            | ErrorKind::AppMisconfigured
            | ErrorKind::TokensUnsaved
            | ErrorKind::NotCloud
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
            | ErrorKind::NotOffered
            | ErrorKind::BadRequest { .. }
            | ErrorKind::TooLarge
            | ErrorKind::Unreadable
            | ErrorKind::ForeignLink => true,
        };
        if concerns_one { Ok(error) } else { Err(error.into()) }
    }
}

/// What to do about a space whose pages look gone.
const FORGET: &str = "Give the credential's account its permission back, if that is what changed. If the pages are gone on purpose, `weir sync --forget KEY` drops the local copy of the space; what is still there is read anew.";

/// So many pages are named one by one; `counts.failed` counts them all.
const NAMED_PAGES: usize = 20;

/// What a run has done and met so far.
pub(crate) struct Ledger {
    pub(crate) run: Run,
    requests_before: u64,
    /// Pages that were left as they were. A page that fails twice is one failed page.
    failed: BTreeSet<String>,
    failure: Option<String>,
    spaces: Vec<Hold>,
    pages: Vec<Hold>,
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
            held: Vec::new(),
        };
        Self {
            run,
            requests_before: context.session.requests(),
            failed: BTreeSet::new(),
            failure: None,
            spaces: Vec::new(),
            pages: Vec::new(),
        }
    }

    /// Remembers what keeps the run from knowing its own scope.
    fn fail(&mut self, what: &str, why: &atlassian::Error) {
        tracing::warn!(run = %self.run.id, what, %why, "the run does not cover its scope");
        self.failure = Some(format!("{what}: {why}"));
    }

    /// The space is left as it was. All texts are safe to show.
    pub(crate) fn hold_space(&mut self, key: &str, reason: String, next: &str) {
        tracing::warn!(run = %self.run.id, space = key, reason, "held");
        let (space, next) = (key.to_owned(), next.replace("KEY", key));
        self.spaces.push(Hold { space, page: None, reason, next });
    }

    fn hold_unknown_space(&mut self, key: &str) {
        let reason = format!(
            "space {key} does not exist, or this credential may not see it; \
             what is stored of it is shown to nobody"
        );
        let next = "Give the credential's account its permission back, or take KEY out of the scope: its pages leave the mirror then.";
        self.hold_space(key, reason, next);
    }

    /// What may not be seen is decided by that: nobody passes it. Anything else is held.
    pub(crate) fn hold_ancestor(&mut self, space: &Space, id: &str, error: &atlassian::Error) {
        match error.kind {
            ErrorKind::NotVisible | ErrorKind::Forbidden => {
                tracing::warn!(run = %self.run.id, id, %error, "an ancestor that nobody passes");
            }
            _ => self.hold_page(space, id, format!("ancestor {id}: {error}"), error.kind.hint()),
        }
    }

    /// Counts a page that is left as it was.
    pub(crate) fn fail_page(&mut self, space: &Space, id: &str, why: &impl Display, next: &str) {
        if self.failed.insert(id.to_owned()) {
            self.run.counts.failed = self.failed.len() as u64;
            self.hold_page(space, id, format!("page {id}: {why}"), next);
        }
    }

    fn hold_page(&mut self, space: &Space, id: &str, reason: String, next: &str) {
        tracing::warn!(run = %self.run.id, space = space.key, id, reason, "held");
        if self.pages.len() < NAMED_PAGES {
            let (space, page) = (space.key.clone(), Some(id.to_owned()));
            self.pages.push(Hold { space, page, reason, next: next.to_owned() });
        }
    }

    pub(crate) async fn save(&self, write: &mut Write<'_>) -> Result<(), MirrorError> {
        Ok(store::put_run(write, &self.run).await?)
    }

    fn close(&mut self, context: &Context<'_>, end: Option<&MirrorError>) {
        let end = end.map(|error| match error {
            MirrorError::Atlassian(source) => format!("{error}: {source}"),
            MirrorError::UnknownSpace { .. } | MirrorError::Store(_) => error.to_string(),
        });
        let counts = &mut self.run.counts;
        counts.requests = context.session.requests().saturating_sub(self.requests_before);
        self.run.error = end.or(self.failure.take());
        self.run.held = self.spaces.drain(..).chain(self.pages.drain(..)).collect();
        self.run.state = match (&self.run.error, self.run.held.is_empty()) {
            (Some(_), _) => RunState::Failed,
            (None, false) => RunState::Held,
            (None, true) => RunState::Succeeded,
        };
        self.run.ended_at = Some(context.environment.now());
    }
}
