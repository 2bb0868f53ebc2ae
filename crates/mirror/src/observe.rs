//! Observe: what the site shows of one space, without bodies.

use std::collections::BTreeSet;
use std::pin::pin;

use atlassian::{AncestorRef, BodyFormat, ContentId, PageMeta, PageRights, Session, Space};
use futures_util::{Stream, StreamExt, stream};
use jiff::Timestamp;
use store::{Clause, ContentKind, ContentStatus};

use crate::run::{Context, Ledger};
use crate::tree::{Listed, Missing, Node, Parent, ParentKind, Tree, ViewRestriction};
use crate::{MirrorError, Phase};

/// Requests in flight where the site is asked one by one. Atlassian's own advice is 5 to 10.
pub(crate) const CONCURRENCY: usize = 8;

pub(crate) struct Observation {
    pub(crate) tree: Tree,
    /// True when every page and blog post of the space was listed: the only authority for
    /// deletions.
    pub(crate) complete: bool,
    /// When the observation began: rights are at least this fresh.
    pub(crate) at: Timestamp,
}

/// Rights are read after the listing, and hence after the content that they are to protect.
pub(crate) async fn observe(
    context: &Context<'_>,
    ledger: &mut Ledger,
    space: &Space,
) -> Result<Observation, MirrorError> {
    let at = context.environment.now();
    let mut tree = Tree::default();
    let pages = context.session.pages_in_space(space);
    let all_pages = list(context, ledger, space, &mut tree, pages).await?;
    let blog_posts = context.session.blog_posts_in_space(space);
    let all_blog_posts = list(context, ledger, space, &mut tree, blog_posts).await?;
    add_ancestors(context, ledger, space, &mut tree).await?;
    read_rights_in_bulk(context, space, &mut tree).await?;
    read_rights_one_by_one(context, ledger, space, &mut tree).await?;
    Ok(Observation { tree, complete: all_pages && all_blog_posts, at })
}

/// False when the listing broke off.
async fn list(
    context: &Context<'_>,
    ledger: &mut Ledger,
    space: &Space,
    tree: &mut Tree,
    listing: impl Stream<Item = atlassian::Result<PageMeta>>,
) -> Result<bool, MirrorError> {
    let mut listing = pin!(listing);
    let mut done = tree.count_listed();
    while let Some(next) = listing.next().await {
        match next {
            Ok(meta) => {
                if !tree.contains(meta.id.as_str()) {
                    ledger.run.counts.listed += 1;
                    done += 1;
                }
                tree.insert(meta.id.as_str().to_owned(), node(meta));
                context.report(ledger, space, Phase::Observe, done, None);
            }
            Err(error) => {
                let error = context.concerns_one(error).await?;
                let reason = format!("listing of space {}: {error}", space.key);
                ledger.hold_space(&space.key, reason, error.kind.hint());
                return Ok(false);
            }
        }
    }
    Ok(true)
}

fn node(meta: PageMeta) -> Node {
    let version_at = version_at(&meta);
    let kind = match meta.kind {
        atlassian::ContentKind::Page => Some(ContentKind::Page),
        atlassian::ContentKind::BlogPost => Some(ContentKind::BlogPost),
        atlassian::ContentKind::Folder => None,
    };
    let status = match meta.status.as_str() {
        "current" => Some(ContentStatus::Current),
        "archived" => Some(ContentStatus::Archived),
        _ => None,
    };
    let listed = kind.zip(status).map(|(kind, status)| Listed {
        kind,
        status,
        version: meta.version,
        version_at,
        version_by: meta.version_by,
        url: meta.url,
        labels: None,
    });
    let kind = ParentKind::of(meta.parent_kind.as_deref());
    let parent = meta.parent_id.map(|id| Parent { id, kind });
    Node { parent, title: meta.title, view: ViewRestriction::Unknown, listed }
}

/// As the store keeps it: in milliseconds, so that what was stored compares equal. 1970 where the
/// site does not tell.
pub(crate) fn version_at(meta: &PageMeta) -> Timestamp {
    let milliseconds = meta.version_at.map_or(0, Timestamp::as_millisecond);
    Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// False when the answer says that the page is in another space.
pub(crate) fn may_be_in(meta: &PageMeta, space: &Space) -> bool {
    match (meta.space_id.as_str(), &meta.space_key) {
        ("", None) => true,
        ("", Some(key)) => *key == space.key,
        (id, _) => id == space.id,
    }
}

/// What is above the listed pages without being listed itself. What cannot be found makes the
/// rights of everything below it nobody's.
async fn add_ancestors(
    context: &Context<'_>,
    ledger: &mut Ledger,
    space: &Space,
    tree: &mut Tree,
) -> Result<(), MirrorError> {
    let mut tried = BTreeSet::new();
    loop {
        let mut missing = tree.missing_ancestors();
        missing.retain(|ancestor, _| tried.insert(ancestor.clone()));
        if missing.is_empty() {
            return Ok(());
        }
        let mut answers = stream::iter(missing)
            .map(|(ancestor, missing)| {
                let session = context.session.clone();
                async move {
                    let answer = look_up(&session, &ancestor, &missing).await;
                    (ancestor, answer)
                }
            })
            .buffer_unordered(CONCURRENCY);
        while let Some((ancestor, answer)) = answers.next().await {
            match answer {
                Ok(levels) => levels.into_iter().for_each(|(id, node)| tree.insert(id, node)),
                Err(error) => {
                    let error = context.concerns_one(error).await?;
                    ledger.hold_ancestor(space, &ancestor, &error);
                }
            }
        }
    }
}

/// What could be learnt about an ancestor and those above it.
async fn look_up(
    session: &Session,
    id: &str,
    missing: &Missing,
) -> atlassian::Result<Vec<(String, Node)>> {
    let (Ok(id), Ok(page)) = (id.parse::<ContentId>(), missing.page.parse::<ContentId>()) else {
        return Ok(Vec::new());
    };
    let meta = match missing.kind {
        ParentKind::Page => session.page(&id, BodyFormat::None).await?.meta,
        ParentKind::Folder => session.folder(&id).await?,
        ParentKind::Other => return Ok(levels(session.ancestors(&page).await?)),
    };
    Ok(vec![(id.to_string(), Node { listed: None, ..node(meta) })])
}

/// Pages and folders are left to the next round, which asks for them by id: a chain need not hold
/// titles.
fn levels(chain: Vec<AncestorRef>) -> Vec<(String, Node)> {
    let mut levels = Vec::new();
    let mut above = None;
    for AncestorRef { id, kind, title } in chain {
        let parent_kind = ParentKind::of(Some(&kind));
        let parent = above.replace(Parent { id: id.clone(), kind: parent_kind });
        if parent_kind == ParentKind::Other {
            let view = if carries_view_restrictions(&kind) {
                ViewRestriction::Unknown
            } else {
                ViewRestriction::Only(Clause::new())
            };
            let title = title.unwrap_or_default();
            levels.push((id, Node { parent, title, view, listed: None }));
        }
    }
    levels
}

/// A bulk answer that breaks off is no failure: the rest is asked one by one.
async fn read_rights_in_bulk(
    context: &Context<'_>,
    space: &Space,
    tree: &mut Tree,
) -> Result<(), MirrorError> {
    let mut answers = pin!(context.session.rights_in_space(space));
    while let Some(next) = answers.next().await {
        match next {
            Ok(PageRights { id, labels, restriction }) => {
                if let Some(node) = tree.get_mut(id.as_str()) {
                    learn(node, ViewRestriction::of(restriction.as_ref()), Some(labels));
                }
            }
            Err(error) => {
                let error = context.concerns_one(error).await?;
                tracing::debug!(space = %space.key, %error, "asking for rights one by one");
                break;
            }
        }
    }
    Ok(())
}

fn learn(node: &mut Node, view: ViewRestriction, labels: Option<Vec<String>>) {
    node.view = view;
    if let (Some(listed), Some(mut labels)) = (node.listed.as_mut(), labels) {
        labels.sort_unstable();
        labels.dedup();
        listed.labels = Some(labels);
    }
}

async fn read_rights_one_by_one(
    context: &Context<'_>,
    ledger: &mut Ledger,
    space: &Space,
    tree: &mut Tree,
) -> Result<(), MirrorError> {
    let mut answers = stream::iter(tree.unread())
        .map(|(id, wants_labels)| {
            let session = context.session.clone();
            async move {
                let answer = rights_of_one(&session, &id, wants_labels).await;
                (id, answer)
            }
        })
        .buffer_unordered(CONCURRENCY);
    while let Some((id, answer)) = answers.next().await {
        let Some(node) = tree.get_mut(&id) else { continue };
        match answer {
            Ok((view, labels)) => learn(node, view, labels),
            Err(error) => {
                let error = context.concerns_one(error).await?;
                if node.listed.is_some() {
                    ledger.fail_page(space, &id, &error, error.kind.hint());
                } else {
                    ledger.hold_ancestor(space, &id, &error);
                }
            }
        }
    }
    Ok(())
}

type Rights = (ViewRestriction, Option<Vec<String>>);

async fn rights_of_one(
    session: &Session,
    id: &str,
    wants_labels: bool,
) -> atlassian::Result<Rights> {
    let view = view_restriction(session, id).await?;
    let labels = match id.parse::<ContentId>() {
        Ok(id) if wants_labels => Some(session.labels(&id).await?),
        _ => None,
    };
    Ok((view, labels))
}

/// The view restriction of one level alone.
pub(crate) async fn view_restriction(
    session: &Session,
    id: &str,
) -> atlassian::Result<ViewRestriction> {
    let Ok(id) = id.parse::<ContentId>() else { return Ok(ViewRestriction::Unknown) };
    Ok(ViewRestriction::of(session.read_restriction(&id).await?.as_ref()))
}

/// The types whose view restrictions Atlassian answers for. Anything else is a level that nobody
/// passes, until its rules are known.
pub(crate) fn carries_view_restrictions(kind: &str) -> bool {
    matches!(kind, "page" | "folder" | "whiteboard" | "database" | "embed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_tells_about_what_has_no_address_of_its_own() {
        let chain = [("1", "page"), ("2", "folder"), ("3", "whiteboard"), ("4", "hologram")];
        let chain = chain.map(|(id, kind)| AncestorRef {
            id: id.to_owned(),
            kind: kind.to_owned(),
            title: None,
        });

        let levels = levels(chain.to_vec());

        let [(whiteboard_id, whiteboard), (hologram_id, hologram)] = &levels[..] else {
            panic!("{levels:?}");
        };
        assert_eq!((whiteboard_id.as_str(), hologram_id.as_str()), ("3", "4"));
        let above = |node: &Node| node.parent.clone().map(|parent| (parent.id, parent.kind));
        assert_eq!(above(whiteboard), Some(("2".to_owned(), ParentKind::Folder)));
        assert_eq!(above(hologram), Some(("3".to_owned(), ParentKind::Other)));
        // Its restriction is read; nobody passes a level of a kind that is not known.
        assert_eq!(whiteboard.view, ViewRestriction::Unknown);
        assert_eq!(hologram.view, ViewRestriction::Only(Clause::new()));
    }
}
