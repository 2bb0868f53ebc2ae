//! Runs of the mirror, as the jobs that ask for them.

use jiff::Timestamp;
use serde_json::{Value, json};
use store::{Environment, OrganizationId, SourceId, Write};

use crate::{Caller, Gateway, GatewayError};

/// The kind of the durable job that runs one source; its payload is `{"source": ID}`.
pub const MIRROR_RUN: &str = "mirror_run";

/// Puts a run of `source` into the queue with the caller's transaction, or brings the one that waits
/// there forward. False when one is due or goes already.
///
/// # Errors
/// The store failed.
pub async fn enqueue_run(
    write: &mut Write<'_>,
    environment: &Environment,
    organization: &OrganizationId,
    source: &SourceId,
    not_before: Option<Timestamp>,
) -> store::Result<bool> {
    let dedupe = format!("{MIRROR_RUN}:{source}");
    let payload = json!({"source": source.as_str()});
    let at = not_before.unwrap_or_else(|| environment.now());
    let (kind, key) = (MIRROR_RUN, Some(dedupe.as_str()));
    let job =
        store::enqueue(write, environment, organization, kind, key, &payload, Some(at)).await?;
    Ok(job.is_some() || store::hasten_job(write, organization, kind, &dedupe, at).await?)
}

/// A run that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskedRun {
    /// Of which source.
    pub source: SourceId,
    /// False when one is due or goes already.
    pub queued: bool,
}

impl Gateway {
    /// Asks for a run of the source of that id, or of every source; none when no source has that id.
    /// Only the local owner may.
    ///
    /// # Errors
    /// [`crate::AdministrationError::OwnerOnly`]; the store failed: then nothing is asked for.
    pub async fn start_runs(
        &self,
        caller: &Caller,
        source: Option<&str>,
    ) -> Result<Vec<AskedRun>, GatewayError> {
        self.administers(caller)?;
        let organization = &caller.organization;
        let mut sources = Vec::new();
        for site in store::sites(self.db(), organization).await? {
            sources.extend(store::sources(self.db(), &site.id).await?);
        }
        sources.retain(|one| source.is_none_or(|id| one.id.as_str() == id));
        if sources.is_empty() {
            return Ok(Vec::new());
        }
        let object =
            sources.iter().map(|source| format!("source:{}", source.id)).collect::<Vec<_>>();
        self.administered(caller, "runs/start", object.join(" "), Value::Null).await?;
        let mut write = self.db().write().await?;
        let mut runs = Vec::with_capacity(sources.len());
        for source in sources {
            let environment = self.environment();
            let queued =
                enqueue_run(&mut write, environment, organization, &source.id, None).await?;
            runs.push(AskedRun { source: source.id, queued });
        }
        write.commit().await?;
        Ok(runs)
    }
}
