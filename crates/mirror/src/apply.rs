//! Apply: headers first, since rights never wait for a body; then bodies, as they come in.

use std::collections::{BTreeMap, BTreeSet};

use atlassian::{AncestorRef, BodyFormat, ContentId, PageMeta, Session, Space};
use futures_util::{StreamExt, stream};
use store::{AclClass, Ancestor, PageHeader, PutPage, Rights, SpaceRecord, Write};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::observe::{
    CONCURRENCY, Observation, carries_view_restrictions, may_be_in, version_at, view_restriction,
};
use crate::plan::{Known, Plan};
use crate::run::{Context, Ledger};
use crate::tree::{Tree, ViewRestriction, rights_of};
use crate::withhold::withhold;
use crate::{MirrorError, Phase};

/// Headers in one transaction: short, because everybody else's writes wait for it.
const HEADERS: usize = 64;
/// Bodies in one transaction, and bodies that may wait for it.
const BODIES: usize = 32;

pub(crate) async fn apply(
    context: &Context<'_>,
    ledger: &mut Ledger,
    space: &Space,
    observation: &Observation,
    plan: &Plan,
) -> Result<(), MirrorError> {
    let classes = intern(context, space, &observation.tree).await?;
    let mut apply = Apply { context, ledger, space, observation, classes, done: 0 };
    apply.headers(&plan.known).await?;
    apply.headers(&plan.moved).await?;
    if observation.complete {
        withhold(context, &plan.absent).await?;
        apply.note_rights().await?;
    }
    let wanted = plan.fetch.iter().filter_map(|id| wanted(&observation.tree, id)).collect();
    let (sender, receiver) = channel(BODIES);
    // In one task: dropping the run drops the requests as well.
    tokio::try_join!(fetch(context, space, wanted, sender), apply.bodies(receiver))?;
    Ok(())
}

/// Writes the space and each distinct right in it, and answers the classes.
async fn intern(
    context: &Context<'_>,
    space: &Space,
    tree: &Tree,
) -> Result<BTreeMap<Rights, AclClass>, MirrorError> {
    let distinct: BTreeSet<Rights> =
        tree.listed().into_iter().map(|(id, ..)| tree.rights(&space.key, id)).collect();
    let mut classes = BTreeMap::new();
    let mut write = context.db.write().await?;
    store::put_space(&mut write, &context.site.id, &record(space)).await?;
    for rights in distinct {
        let class = store::intern_rights(&mut write, &context.site.id, &rights).await?;
        classes.insert(rights, class);
    }
    write.commit().await?;
    Ok(classes)
}

fn record(space: &Space) -> SpaceRecord {
    SpaceRecord {
        space_id: space.id.clone(),
        key: space.key.clone(),
        name: space.name.clone(),
        kind: space.kind.clone(),
        url: space.url.clone(),
        homepage_id: space.homepage_id.clone(),
    }
}

struct Apply<'a> {
    context: &'a Context<'a>,
    ledger: &'a mut Ledger,
    space: &'a Space,
    observation: &'a Observation,
    /// Interned and committed.
    classes: BTreeMap<Rights, AclClass>,
    done: u64,
}

impl Apply<'_> {
    async fn headers(&mut self, known: &[Known]) -> Result<(), MirrorError> {
        for chunk in known.chunks(HEADERS) {
            let mut write = self.context.db.write().await?;
            for known in chunk {
                self.header(&mut write, known).await?;
            }
            self.commit(write).await?;
        }
        Ok(())
    }

    /// From here on each page of the space that is served has rights of this observation.
    async fn note_rights(&self) -> Result<(), MirrorError> {
        let Context { db, site, .. } = self.context;
        let mut write = db.write().await?;
        store::note_rights(&mut write, &site.id, &self.space.key, self.observation.at).await?;
        Ok(write.commit().await?)
    }

    async fn header(&mut self, write: &mut Write<'_>, known: &Known) -> Result<(), MirrorError> {
        let rights = self.observation.tree.rights(&self.space.key, &known.id);
        let class = self.class(write, &rights).await?;
        let Some(mut header) = self.listed_header(&known.id, class) else { return Ok(()) };
        if let Some(labels) = &known.labels {
            header.labels.clone_from(labels);
        }
        let Some(outdated) = &known.outdated else {
            return self.put(write, &header, None).await;
        };
        header.version = outdated.number;
        header.version_at = outdated.at;
        header.version_by.clone_from(&outdated.by);
        // Counted once, when its body is there.
        let Context { environment, site, .. } = self.context;
        store::put_page(write, environment, &site.id, &header, None).await?;
        Ok(())
    }

    async fn bodies(mut self, mut bodies: Receiver<Fetched>) -> Result<(), MirrorError> {
        let mut batch = Vec::with_capacity(BODIES);
        while bodies.recv_many(&mut batch, BODIES).await > 0 {
            let mut write = self.context.db.write().await?;
            for fetched in batch.drain(..) {
                self.body(&mut write, fetched).await?;
            }
            self.commit(write).await?;
        }
        Ok(())
    }

    async fn body(&mut self, write: &mut Write<'_>, fetched: Fetched) -> Result<(), MirrorError> {
        let Fetched { id, outcome } = fetched;
        let body = match outcome {
            Ok(body) => body,
            Err(failure) => {
                self.done += 1;
                self.ledger.fail_page(self.space, &id, &failure, failure.next());
                return Ok(());
            }
        };
        self.ledger.run.counts.bodies_fetched += 1;
        let header = match body.newer {
            None => {
                let rights = self.observation.tree.rights(&self.space.key, &id);
                let class = self.class(write, &rights).await?;
                self.listed_header(&id, class)
            }
            Some(newer) => {
                let class = self.class(write, &newer.rights).await?;
                self.newer_header(&id, newer, class)
            }
        };
        let Some(header) = header else { return Ok(()) };
        self.put(write, &header, Some(body.storage.as_bytes())).await
    }

    async fn class(&self, write: &mut Write<'_>, rights: &Rights) -> Result<AclClass, MirrorError> {
        match self.classes.get(rights) {
            Some(class) => Ok(*class),
            None => Ok(store::intern_rights(write, &self.context.site.id, rights).await?),
        }
    }

    fn listed_header(&self, id: &str, acl_class: AclClass) -> Option<PageHeader> {
        let Observation { tree, at, .. } = self.observation;
        let node = tree.get(id)?;
        let listed = node.listed.as_ref()?;
        Some(PageHeader {
            content_id: id.to_owned(),
            kind: listed.kind,
            space_key: self.space.key.clone(),
            parent_id: node.parent.as_ref().map(|parent| parent.id.clone()),
            title: node.title.clone(),
            status: listed.status,
            version: listed.version,
            version_at: listed.version_at,
            version_by: listed.version_by.clone(),
            url: listed.url.clone(),
            labels: listed.labels.clone().unwrap_or_default(),
            ancestors: tree.ancestors(id),
            acl_class,
            checked_at: *at,
        })
    }

    fn newer_header(&self, id: &str, newer: Newer, acl_class: AclClass) -> Option<PageHeader> {
        let Newer { meta, labels, ancestors, .. } = newer;
        let version_at = version_at(&meta);
        let tree = &self.observation.tree;
        let ancestors = ancestors.into_iter().map(|AncestorRef { id, title, .. }| Ancestor {
            title: title.or_else(|| Some(tree.get(&id)?.title.clone())).unwrap_or_default(),
            id,
        });
        Some(PageHeader {
            parent_id: meta.parent_id,
            title: meta.title,
            version: meta.version,
            version_at,
            version_by: meta.version_by,
            url: meta.url,
            labels,
            ancestors: ancestors.collect(),
            ..self.listed_header(id, acl_class)?
        })
    }

    async fn put(
        &mut self,
        write: &mut Write<'_>,
        header: &PageHeader,
        body: Option<&[u8]>,
    ) -> Result<(), MirrorError> {
        let Context { environment, site, .. } = self.context;
        let counts = &mut self.ledger.run.counts;
        match store::put_page(write, environment, &site.id, header, body).await? {
            PutPage::Inserted => counts.inserted += 1,
            PutPage::Updated => counts.updated += 1,
            PutPage::Unchanged => counts.unchanged += 1,
        }
        self.done += 1;
        Ok(())
    }

    async fn commit(&mut self, mut write: Write<'_>) -> Result<(), MirrorError> {
        self.ledger.save(&mut write).await?;
        write.commit().await?;
        let total = Some(self.observation.tree.count_listed());
        self.context.report(self.ledger, self.space, Phase::Apply, self.done, total);
        Ok(())
    }
}

struct Wanted {
    id: ContentId,
    listed_version: i64,
}

fn wanted(tree: &Tree, id: &str) -> Option<Wanted> {
    let listed = tree.get(id)?.listed.as_ref()?;
    Some(Wanted { id: id.parse().ok()?, listed_version: listed.version })
}

struct Fetched {
    id: String,
    outcome: Result<Body, Failure>,
}

struct Body {
    storage: String,
    newer: Option<Newer>,
}

/// What is to be stored of a page that was edited after it was listed. Its rights are read after
/// its body: those of the listing were never promised to these bytes.
struct Newer {
    meta: PageMeta,
    labels: Vec<String>,
    ancestors: Vec<AncestorRef>,
    rights: Rights,
}

/// Why the body of one page is left for the next run.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Atlassian(#[from] atlassian::Error),
    #[error("it left the space while the run was reading")]
    Left,
    #[error("the answer holds no body")]
    NoBody,
}

impl Failure {
    fn next(&self) -> &'static str {
        match self {
            Self::Atlassian(error) => error.kind.hint(),
            Self::Left => "Run again: it is read where it is now.",
            Self::NoBody => "Open it in Confluence: it may be of a kind that has no text.",
        }
    }
}

/// Decides on each failure before it is handed over: deciding may ask the site, and nothing waits
/// for the site inside a transaction.
async fn fetch(
    context: &Context<'_>,
    space: &Space,
    wanted: Vec<Wanted>,
    sender: Sender<Fetched>,
) -> Result<(), MirrorError> {
    let mut bodies = stream::iter(wanted)
        .map(|wanted| {
            let (session, space) = (context.session.clone(), space.clone());
            async move {
                let outcome = fetch_one(&session, &space, &wanted).await;
                Fetched { id: wanted.id.as_str().to_owned(), outcome }
            }
        })
        .buffer_unordered(CONCURRENCY);
    while let Some(mut fetched) = bodies.next().await {
        if let Err(Failure::Atlassian(error)) = fetched.outcome {
            let error = context.concerns_one(error).await?;
            fetched.outcome = Err(Failure::Atlassian(error));
        }
        if sender.send(fetched).await.is_err() {
            break;
        }
    }
    Ok(())
}

async fn fetch_one(session: &Session, space: &Space, wanted: &Wanted) -> Result<Body, Failure> {
    let page = session.page(&wanted.id, BodyFormat::Storage).await?;
    let readable = matches!(page.meta.status.as_str(), "current" | "archived");
    if !readable || !may_be_in(&page.meta, space) {
        return Err(Failure::Left);
    }
    let storage = page.storage.ok_or(Failure::NoBody)?;
    let newer = if page.meta.version == wanted.listed_version {
        None
    } else {
        Some(newer(session, &space.key, page.meta).await?)
    };
    Ok(Body { storage, newer })
}

async fn newer(session: &Session, space_key: &str, meta: PageMeta) -> atlassian::Result<Newer> {
    let ancestors = session.ancestors(&meta.id).await?;
    let mut levels = vec![view_restriction(session, meta.id.as_str()).await?];
    for AncestorRef { id, kind, .. } in &ancestors {
        levels.push(if carries_view_restrictions(kind) {
            view_restriction(session, id).await?
        } else {
            ViewRestriction::Unknown
        });
    }
    if ancestors.last().map(|ancestor| &ancestor.id) != meta.parent_id.as_ref() {
        levels.push(ViewRestriction::Unknown);
    }
    let labels = session.labels(&meta.id).await?;
    Ok(Newer { rights: rights_of(space_key, &levels), meta, labels, ancestors })
}
