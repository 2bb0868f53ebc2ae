//! A site in a store, filled page by page.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;
use store::{
    AclClass, Ancestor, ContentKind, ContentStatus, Db, Environment, PageHeader, Product, Rights,
    Site, SiteId,
};

pub(crate) struct Wiki {
    pub(crate) db: Db,
    pub(crate) site: SiteId,
    environment: Environment,
}

impl Wiki {
    /// A store in memory with one site.
    pub(crate) async fn new() -> Self {
        let environment = environment();
        let db = Db::in_memory(&environment).await.unwrap();
        let site = add_site(&db, &environment, "one").await;
        Self { db, site, environment }
    }

    /// Another site in the same store.
    pub(crate) async fn other_site(&self) -> Self {
        let site = add_site(&self.db, &self.environment, "two").await;
        Self { db: self.db.clone(), site, environment: self.environment.clone() }
    }

    /// `count` different classes, numbered from 1.
    pub(crate) async fn classes(&self, count: usize) -> Vec<AclClass> {
        let mut write = self.db.write().await.unwrap();
        let mut classes = Vec::new();
        for number in 0..count {
            let rights =
                Rights { space_key: format!("SPACE{number}"), clauses: BTreeSet::default() };
            classes.push(store::intern_rights(&mut write, &self.site, &rights).await.unwrap());
        }
        write.commit().await.unwrap();
        classes
    }

    pub(crate) async fn put(&self, page: PageHeader, body: &str) {
        self.put_all([(page, body.to_owned())]).await;
    }

    pub(crate) async fn put_all(&self, pages: impl IntoIterator<Item = (PageHeader, String)>) {
        self.classes(1).await;
        let mut write = self.db.write().await.unwrap();
        for (page, body) in pages {
            let body = Some(body.as_bytes());
            store::put_page(&mut write, &self.environment, &self.site, &page, body).await.unwrap();
        }
        write.commit().await.unwrap();
    }

    pub(crate) async fn delete(&self, content_id: &str) {
        let mut write = self.db.write().await.unwrap();
        store::delete_page(&mut write, &self.environment, &self.site, content_id).await.unwrap();
        write.commit().await.unwrap();
    }
}

/// A page of class 1 in the space `ENG`.
pub(crate) fn page(content_id: &str, title: &str) -> PageHeader {
    PageHeader {
        content_id: content_id.to_owned(),
        kind: ContentKind::Page,
        space_key: "ENG".to_owned(),
        parent_id: None,
        title: title.to_owned(),
        status: ContentStatus::Current,
        version: 1,
        version_at: Timestamp::UNIX_EPOCH,
        version_by: None,
        url: format!("https://example.com/{content_id}"),
        labels: Vec::new(),
        ancestors: Vec::new(),
        acl_class: AclClass(1),
        checked_at: Timestamp::UNIX_EPOCH,
    }
}

/// Ancestors with these titles.
pub(crate) fn below(titles: &[&str]) -> Vec<Ancestor> {
    let ancestor = |title: &&str| Ancestor { id: format!("id of {title}"), title: (*title).into() };
    titles.iter().map(ancestor).collect()
}

fn environment() -> Environment {
    let counter = AtomicU64::new(0);
    Environment {
        now: Arc::new(|| Timestamp::UNIX_EPOCH),
        random: Arc::new(move |bytes| {
            let number = counter.fetch_add(1, Ordering::Relaxed).to_be_bytes();
            for (byte, from) in bytes.iter_mut().zip(number.into_iter().rev().cycle()) {
                *byte = from;
            }
        }),
    }
}

async fn add_site(db: &Db, environment: &Environment, name: &str) -> SiteId {
    let organization = store::organization(db).await.unwrap().id;
    let site = Site {
        id: SiteId::new(environment),
        organization,
        name: name.to_owned(),
        product: Product::ConfluenceCloud,
        base_url: format!("https://{name}.example.com/wiki"),
    };
    let mut write = db.write().await.unwrap();
    store::put_site(&mut write, &site).await.unwrap();
    write.commit().await.unwrap();
    site.id
}
