//! Confirm: a page that a complete listing lacks is asked for once more before it is deleted.

use atlassian::{BodyFormat, ContentId, ErrorKind, PageMeta, Session, Space};
use futures_util::{StreamExt, stream};

use crate::observe::{CONCURRENCY, may_be_in};
use crate::run::{Context, Ledger};
use crate::{MirrorError, Phase};

/// Deletions in one transaction.
const BATCH: usize = 64;

/// `absent` are stored pages of the space that its complete listing lacks. One that moved to
/// another space is deleted as well: should that space be in the scope, it lists the page, and the
/// rights that are stored here are not those that the page has there.
pub(crate) async fn confirm(
    context: &Context<'_>,
    ledger: &mut Ledger,
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
            match verdict(answer, space) {
                Verdict::Gone => gone.push(id),
                Verdict::StillThere => {
                    let why = "the listing lacks it, but it is still there";
                    ledger.fail_page(space, &id, &why, "Look at its status in Confluence.");
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
    Unclear(atlassian::Error),
}

fn verdict(answer: atlassian::Result<Option<PageMeta>>, space: &Space) -> Verdict {
    match answer {
        Err(error) => Verdict::Unclear(error),
        Ok(Some(page)) if is_kept(&page) && may_be_in(&page, space) => Verdict::StillThere,
        Ok(_) => Verdict::Gone,
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
