use std::collections::BTreeMap;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::AssertSqlSafe;
use tokio::sync::oneshot;

use crate::columns::Json;
use crate::db::{placeholders, sql};
use crate::digest::sha256;
use crate::{
    ClientId, Db, Environment, EventId, OrganizationId, PrincipalId, Result, SiteId, StoreError,
    TokenId,
};

/// The binary logarithm of how many rows one statement inserts.
const MOST_ROWS: u32 = 6;

/// What happened, before it is part of the chain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NewEvent {
    /// In whose chain it goes.
    pub organization: OrganizationId,
    /// When.
    pub at: Timestamp,
    /// Who asked.
    pub principal: Option<PrincipalId>,
    /// Through which client.
    pub client: Option<ClientId>,
    /// With which token.
    pub token: Option<TokenId>,
    /// Over which transport.
    pub transport: String,
    /// The id of the request.
    pub request: String,
    /// What was asked for.
    pub action: String,
    /// The tool called.
    pub tool: Option<String>,
    /// The site touched.
    pub site: Option<SiteId>,
    /// The object touched.
    pub object: Option<String>,
    /// What was decided.
    pub decision: String,
    /// The stable code of the outcome.
    pub code: String,
    /// What else belongs to it. Never a secret.
    pub detail: Value,
}

/// A link of the chain. `digest` is SHA-256 over the canonical JSON (keys sorted, no spaces) of
/// body, id, `previous` and seq; `previous` is the digest of the event before, empty for the first.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Its id.
    pub id: EventId,
    /// Its number in the organization's chain, from 1 without gaps.
    pub seq: i64,
    /// What happened.
    pub body: NewEvent,
    /// The digest of the event before.
    pub previous: String,
    /// This event's digest.
    pub digest: String,
}

/// Appends an event to its organization's chain. It is durable when this returns.
///
/// Events that wait at the same time share a transaction, so that thousands a second can each
/// wait for the disk.
pub async fn append_event(db: &Db, environment: &Environment, event: NewEvent) -> Result<EventId> {
    let id = EventId::new(environment);
    let body = canonical_json(&event)?;
    let (answer, committed) = oneshot::channel();
    let waiting = Waiting { organization: event.organization, id: id.clone(), body, answer };
    db.events.push(waiting);
    // In a task of its own: a caller that gives up must not take the others' events along.
    tokio::spawn(write_waiting(db.clone()));
    let answer = committed.await.map_err(|error| StoreError::Query(error.into()))?;
    answer.map(|()| id).map_err(|error| StoreError::Query(error.into()))
}

/// Events on their way into the database.
#[derive(Default)]
pub(crate) struct EventQueue {
    waiting: Mutex<Vec<Waiting>>,
    turn: tokio::sync::Mutex<()>,
}

struct Waiting {
    organization: OrganizationId,
    id: EventId,
    body: String,
    answer: oneshot::Sender<Result<(), SharedError>>,
}

/// One failure, told to everyone whose event was in it.
type SharedError = Arc<dyn Error + Send + Sync>;

impl EventQueue {
    fn push(&self, waiting: Waiting) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push(waiting);
    }

    fn take(&self) -> Vec<Waiting> {
        std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Writes what has gathered while the one before was writing; often nothing is left.
async fn write_waiting(db: Db) {
    let _turn = db.events.turn.lock().await;
    let mut chains: BTreeMap<OrganizationId, Vec<Waiting>> = BTreeMap::new();
    for waiting in db.events.take() {
        chains.entry(waiting.organization.clone()).or_default().push(waiting);
    }
    for (organization, links) in chains {
        let written = append_links(&db, &organization, &links).await;
        let written = written.map_err(|error| match error {
            StoreError::Query(source) => SharedError::from(source),
            other => Arc::new(other),
        });
        for link in links {
            // Nobody listens when the caller gave up.
            let _ = link.answer.send(written.clone());
        }
    }
}

async fn append_links(db: &Db, organization: &OrganizationId, links: &[Waiting]) -> Result<()> {
    let mut write = db.write().await?;
    let count = i64::try_from(links.len()).unwrap_or(i64::MAX);
    // The chain's row stays locked until the commit: nobody else appends in between.
    let (last, end) = sql!(
        fetch_one(i64, String),
        write,
        "INSERT INTO event_chain (organization_id, seq, digest) VALUES ($1, $2, '')
         ON CONFLICT (organization_id) DO UPDATE SET seq = event_chain.seq + excluded.seq
         RETURNING seq, digest",
        organization,
        count
    )?;
    let mut digest = end;
    let mut seq = last - count;
    let mut rest = links;
    while !rest.is_empty() {
        // Powers of two, so that a handful of prepared statements serves every number.
        let (some, others) = rest.split_at(1 << rest.len().ilog2().min(MOST_ROWS));
        let mut values = Vec::with_capacity(4 * some.len());
        for (link, seq) in some.iter().zip(seq + 1..) {
            let next = link_digest(&link.body, &link.id, &digest, seq);
            let previous = std::mem::replace(&mut digest, next.clone());
            values.extend([link.id.to_string(), link.body.clone(), previous, next]);
        }
        sql!(
            execute,
            write,
            AssertSqlSafe(insert_statement(some.len())),
            organization,
            seq;
            each &values
        )?;
        seq += i64::try_from(some.len()).unwrap_or(i64::MAX);
        rest = others;
    }
    sql!(
        execute,
        write,
        "UPDATE event_chain SET digest = $2 WHERE organization_id = $1",
        organization,
        &digest
    )?;
    write.commit().await
}

/// `$1` is the organization, `$2` the number before the first row's; four values a row follow.
fn insert_statement(rows: usize) -> String {
    let rows: Vec<String> = (0..rows)
        .map(|row| format!("($1, $2 + {}, {})", row + 1, placeholders(3 + 4 * row, 4)))
        .collect();
    let columns = "organization_id, seq, id, body, previous, digest";
    format!("INSERT INTO event ({columns}) VALUES {}", rows.join(", "))
}

/// Up to `limit` events of an organization with a number below `before`, newest first.
pub async fn events(
    db: &Db,
    organization: &OrganizationId,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<Event>> {
    let rows = sql!(
        fetch_all(EventId, i64, Json<NewEvent>, String, String),
        db.read().await?,
        "SELECT id, seq, body, previous, digest FROM event
         WHERE organization_id = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3",
        organization,
        before.unwrap_or(i64::MAX),
        i64::from(limit)
    )?;
    let event = |(id, seq, Json(body), previous, digest)| Event { id, seq, body, previous, digest };
    Ok(rows.into_iter().map(event).collect())
}

/// Walks the chain of an organization: how many events it has, or the number of the first that
/// was altered, or is missing.
pub async fn verify_events(
    db: &Db,
    organization: &OrganizationId,
) -> Result<std::result::Result<u64, i64>> {
    let end = sql!(
        fetch_optional(i64, String),
        db.read().await?,
        "SELECT seq, digest FROM event_chain WHERE organization_id = $1",
        organization
    )?;
    let (last_seq, last_digest) = end.unwrap_or_default();
    let (mut seq, mut previous) = (0, String::new());
    loop {
        let links = sql!(
            fetch_all(EventId, i64, String, String, String),
            db.read().await?,
            "SELECT id, seq, body, previous, digest FROM event
             WHERE organization_id = $1 AND seq > $2 AND seq <= $3 ORDER BY seq LIMIT 1000",
            organization,
            seq,
            last_seq
        )?;
        if links.is_empty() {
            break;
        }
        for (id, number, body, before, digest) in links {
            seq += 1;
            let sound = number == seq
                && before == previous
                && digest == link_digest(&body, &id, &previous, seq);
            if !sound {
                return Ok(Err(seq));
            }
            previous = digest;
        }
    }
    let complete = seq == last_seq && previous == last_digest;
    Ok(if complete { Ok(seq.unsigned_abs()) } else { Err(seq + 1) })
}

/// Hashes the stored text of the body, never one parsed and printed again.
fn link_digest(body: &str, id: &EventId, previous: &str, seq: i64) -> String {
    sha256(&format!(r#"{{"body":{body},"id":"{id}","previous":"{previous}","seq":{seq}}}"#))
}

/// JSON with the keys of every object sorted and no white space.
fn canonical_json(value: &impl Serialize) -> Result<String> {
    let mut value = serde_json::to_value(value).map_err(|error| StoreError::Query(error.into()))?;
    value.sort_all_objects();
    Ok(value.to_string())
}
