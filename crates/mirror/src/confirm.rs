//! Confirm: a page that a complete listing lacks is asked for once more before it is deleted.

use atlassian::{BodyFormat, ContentId, ErrorKind, PageMeta, Session, Space};
use futures_util::{StreamExt, stream};

use crate::observe::{CONCURRENCY, may_be_in};
use crate::run::{Context, Ledger};
use crate::{MirrorError, Phase};

/// Deletions in one transaction.
const BATCH: usize = 64;

/// `absent` are stored pages of `space` that its complete listing lacks, as do those of all `spaces`
/// of the run. One that moved to a space outside of them is deleted: the rights that are stored here
/// are not those that it has there.
pub(crate) async fn confirm(
    context: &Context<'_>,
    ledger: &mut Ledger,
    spaces: &[Space],
    space: &Space,
    absent: &[String],
) -> Result<(), MirrorError> {
    let total = absent.len() as u64;
    let mut done = 0;
    let mut answers = stream::iter(absent.to_vec())
        .map(|id| {
            let session = context.session.clone();
            async move {
                let answer = look(&session, &id).await;
                (id, answer)
            }
        })
        .buffer_unordered(CONCURRENCY)
        .ready_chunks(BATCH);
    while let Some(chunk) = answers.next().await {
        done += chunk.len() as u64;
        let mut gone = Vec::new();
        for (id, answer) in chunk {
            match verdict(answer, spaces, space) {
                Verdict::Gone => gone.push(id),
                Verdict::StillThere => {
                    let why = "the listing lacks it, but it is still there";
                    ledger.fail_page(space, &id, &why, "Look at its status in Confluence.");
                }
                Verdict::Moved => {
                    let why = "it moved to another space while the run was reading";
                    ledger.fail_page(space, &id, &why, "Run again: it is read where it is now.");
                }
                Verdict::Unclear(error) => {
                    let error = context.concerns_one(error).await?;
                    ledger.fail_page(space, &id, &error, error.kind.hint());
                }
            }
        }
        delete(context, ledger, &gone).await?;
        context.report(ledger, space, Phase::Confirm, done, Some(total));
    }
    Ok(())
}

/// `None`: there is no such page, for this credential.
async fn look(session: &Session, id: &str) -> atlassian::Result<Option<PageMeta>> {
    let Ok(id) = id.parse::<ContentId>() else { return Ok(None) };
    match session.page(&id, BodyFormat::None).await {
        Ok(page) => Ok(Some(page.meta)),
        Err(error) if error.kind == ErrorKind::NotVisible => Ok(None),
        Err(error) => Err(error),
    }
}

enum Verdict {
    Gone,
    StillThere,
    /// To another space of the run, after that one was listed.
    Moved,
    Unclear(atlassian::Error),
}

fn verdict(
    answer: atlassian::Result<Option<PageMeta>>,
    spaces: &[Space],
    space: &Space,
) -> Verdict {
    let page = match answer {
        Err(error) => return Verdict::Unclear(error),
        Ok(page) => page.filter(is_kept),
    };
    match page {
        Some(page) if may_be_in(&page, space) => Verdict::StillThere,
        Some(page) if spaces.iter().any(|space| may_be_in(&page, space)) => Verdict::Moved,
        _ => Verdict::Gone,
    }
}

/// A trashed page is answered as if it were there (Cloud).
fn is_kept(page: &PageMeta) -> bool {
    !matches!(page.status.as_str(), "trashed" | "deleted")
}

async fn delete(
    context: &Context<'_>,
    ledger: &mut Ledger,
    gone: &[String],
) -> Result<(), MirrorError> {
    if gone.is_empty() {
        return Ok(());
    }
    let mut write = context.db.write().await?;
    for id in gone {
        if store::delete_page(&mut write, context.environment, &context.site.id, id).await? {
            ledger.run.counts.deleted += 1;
        }
    }
    ledger.save(&mut write).await?;
    Ok(write.commit().await?)
}
