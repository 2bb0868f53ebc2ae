use std::collections::HashMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::AssertSqlSafe;

use crate::acl::intern_withheld;
use crate::changes::{append_change, lock_site};
use crate::columns::{Json, Time, stored_as_text};
use crate::db::{One, placeholders, sql};
use crate::{AclClass, Db, Environment, Result, SiteId, VisibleClasses, Write};

/// How many ids one statement looks up.
const LOOKUP: usize = 200;

/// What a piece of content is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContentKind {
    /// A page.
    Page,
    /// A blog post.
    BlogPost,
    /// A folder of pages (Cloud).
    Folder,
}
stored_as_text!(ContentKind { Page = "page", BlogPost = "blog_post", Folder = "folder" });

/// Where content is in its life. What is in the bin is deleted here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContentStatus {
    /// In use.
    Current,
    /// Archived.
    Archived,
}
stored_as_text!(ContentStatus { Current = "current", Archived = "archived" });

/// One step of the way from the root to a page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ancestor {
    /// Its content id.
    pub id: String,
    /// Its title.
    pub title: String,
}

/// All about a page but its body. Times are kept to the millisecond.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageHeader {
    /// Atlassian's id, unique within the site.
    pub content_id: String,
    /// What it is.
    pub kind: ContentKind,
    /// The key of its space.
    pub space_key: String,
    /// The content above it; `None` at the root.
    pub parent_id: Option<String>,
    /// Its title.
    pub title: String,
    /// Where it is in its life.
    pub status: ContentStatus,
    /// Atlassian's version number.
    pub version: i64,
    /// When that version was made.
    pub version_at: Timestamp,
    /// Who made it: account id or user key.
    pub version_by: Option<String>,
    /// Its address for people.
    pub url: String,
    /// Its labels.
    pub labels: Vec<String>,
    /// The way from the root to it, itself left out.
    pub ancestors: Vec<Ancestor>,
    /// Who may view it.
    pub acl_class: AclClass,
    /// When the mirror last compared it with Atlassian.
    pub checked_at: Timestamp,
}

/// A page with its original bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// All but the body.
    pub header: PageHeader,
    /// The storage format as Atlassian sent it.
    pub body: Vec<u8>,
}

/// What [`put_page`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PutPage {
    /// The page is new.
    Inserted,
    /// Something that a reader can see changed.
    Updated,
    /// Only `checked_at` was written.
    Unchanged,
}

/// Inserts or updates a page, and appends to the change log when something that a reader can see
/// changed. `body: None` keeps the stored bytes (none, for a new page).
///
/// # Errors
/// [`StoreError::NotFound`](crate::StoreError::NotFound) when the site is not stored,
/// [`StoreError::Query`](crate::StoreError::Query) when its ACL class is not.
pub async fn put_page(
    write: &mut Write<'_>,
    environment: &Environment,
    site: &SiteId,
    header: &PageHeader,
    body: Option<&[u8]>,
) -> Result<PutPage> {
    lock_site(write, site).await?;
    let Some(stored) = stored_header(write, site, &header.content_id).await? else {
        append_change(write, environment, site, &header.content_id, false).await?;
        write_page(write, site, header, body.or(Some(&[]))).await?;
        return Ok(PutPage::Inserted);
    };
    if !differs(&stored, header) && !body_differs(write, site, &header.content_id, body).await? {
        note_check(write, site, header).await?;
        return Ok(PutPage::Unchanged);
    }
    append_change(write, environment, site, &header.content_id, false).await?;
    write_page(write, site, header, body).await?;
    Ok(PutPage::Updated)
}

/// Deletes a page and appends that to the change log. False when there was none.
pub async fn delete_page(
    write: &mut Write<'_>,
    environment: &Environment,
    site: &SiteId,
    content_id: &str,
) -> Result<bool> {
    lock_site(write, site).await?;
    let delete = "DELETE FROM page WHERE site_id = $1 AND content_id = $2";
    if sql!(execute, write, delete, site, content_id)? == 0 {
        return Ok(false);
    }
    append_change(write, environment, site, content_id, true).await?;
    Ok(true)
}

/// Takes a page out of everybody's sight and keeps its bytes: for one that the site does not show
/// any more and that is not proven to be gone. The next [`put_page`] gives it rights again. False
/// when it is not stored, or withheld already.
///
/// # Errors
/// [`StoreError::NotFound`](crate::StoreError::NotFound) when the site is not stored.
pub async fn withhold_page(
    write: &mut Write<'_>,
    environment: &Environment,
    site: &SiteId,
    content_id: &str,
) -> Result<bool> {
    lock_site(write, site).await?;
    intern_withheld(write, site).await?;
    let pages = sql!(
        execute,
        write,
        "UPDATE page SET acl_class = $3 WHERE site_id = $1 AND content_id = $2 AND acl_class <> $3",
        site,
        content_id,
        AclClass::WITHHELD
    )?;
    if pages == 0 {
        return Ok(false);
    }
    append_change(write, environment, site, content_id, false).await?;
    Ok(true)
}

/// The columns of a [`HeaderRow`].
macro_rules! header_columns {
    () => {
        "content_id, kind, space_key, parent_id, title, status, version, version_at, version_by, \
         url, labels, ancestors, acl_class, checked_at"
    };
}

/// A page with its body. One that the caller may not see is `None`, like one that does not exist.
pub async fn page(
    db: &Db,
    site: &SiteId,
    visible: &VisibleClasses,
    content_id: &str,
) -> Result<Option<Page>> {
    // The class first: a page that may not be seen costs as little as one that does not exist, or the
    // time that its body takes would tell of it.
    let class = sql!(
        fetch_optional(One<AclClass>),
        db.read().await?,
        "SELECT acl_class FROM page WHERE site_id = $1 AND content_id = $2",
        site,
        content_id
    )?;
    if !class.is_some_and(|(class,)| visible.contains(class)) {
        return Ok(None);
    }
    let row = sql!(
        fetch_optional(PageRow),
        db.read().await?,
        concat!(
            "SELECT ",
            header_columns!(),
            ", body FROM page
             WHERE site_id = $1 AND content_id = $2"
        ),
        site,
        content_id
    )?;
    Ok(row.map(Page::from).filter(|page| visible.contains(page.header.acl_class)))
}

/// The visible page with exactly this title in a space. Where a page, a blog post and archived
/// content share it, the current goes before the archived and the page before the rest.
pub async fn page_by_title(
    db: &Db,
    site: &SiteId,
    visible: &VisibleClasses,
    space_key: &str,
    title: &str,
) -> Result<Option<Page>> {
    let namesakes = headers(sql!(
        fetch_all(HeaderRow),
        db.read().await?,
        concat!(
            "SELECT ",
            header_columns!(),
            " FROM page
             WHERE site_id = $1 AND space_key = $2 AND title = $3"
        ),
        site,
        space_key,
        title
    )?);
    let first = namesakes
        .into_iter()
        .filter(|header| visible.contains(header.acl_class))
        .min_by_key(|header| {
            let archived = header.status == ContentStatus::Archived;
            let not_a_page = header.kind != ContentKind::Page;
            (archived, not_a_page, header.content_id.clone())
        });
    match first {
        Some(header) => page(db, site, visible, &header.content_id).await,
        None => Ok(None),
    }
}

/// The visible ones among these pages, in the order of the ids.
pub async fn page_headers(
    db: &Db,
    site: &SiteId,
    visible: &VisibleClasses,
    content_ids: &[String],
) -> Result<Vec<PageHeader>> {
    let mut headers = stored_headers(db, site, content_ids).await?;
    headers.retain(|header| visible.contains(header.acl_class));
    Ok(headers)
}

/// The stored ones among these pages, in the order of the ids: for the mirror, which is no reader
/// and sees all.
pub async fn stored_headers(
    db: &Db,
    site: &SiteId,
    content_ids: &[String],
) -> Result<Vec<PageHeader>> {
    let mut found = HashMap::with_capacity(content_ids.len());
    for some_ids in content_ids.chunks(LOOKUP) {
        let statement = format!(
            concat!(
                "SELECT ",
                header_columns!(),
                " FROM page WHERE site_id = $1 AND content_id IN ({})"
            ),
            placeholders(2, some_ids.len())
        );
        let rows = sql!(
            fetch_all(HeaderRow),
            db.read().await?,
            AssertSqlSafe(statement),
            site;
            each some_ids
        )?;
        found.extend(headers(rows).into_iter().map(|header| (header.content_id.clone(), header)));
    }
    Ok(content_ids.iter().filter_map(|id| found.remove(id)).collect())
}

/// Up to `limit` visible children of a page or folder with an id after `after`, by id.
pub async fn children(
    db: &Db,
    site: &SiteId,
    visible: &VisibleClasses,
    parent_id: &str,
    after: Option<&str>,
    limit: u32,
) -> Result<Vec<PageHeader>> {
    let limit = limit as usize;
    let mut children = Vec::new();
    let mut after = after.unwrap_or_default().to_owned();
    while children.len() < limit {
        let some = headers(sql!(
            fetch_all(HeaderRow),
            db.read().await?,
            concat!(
                "SELECT ",
                header_columns!(),
                " FROM page
                 WHERE site_id = $1 AND parent_id = $2 AND content_id > $3
                 ORDER BY content_id LIMIT 200"
            ),
            site,
            parent_id,
            &after
        )?);
        let Some(last) = some.last() else { break };
        after.clone_from(&last.content_id);
        children.extend(some.into_iter().filter(|header| visible.contains(header.acl_class)));
    }
    children.truncate(limit);
    Ok(children)
}

/// Up to `limit` pages of a space with an id after `after`, by id: for the mirror, which is no
/// reader and sees all.
pub async fn headers_after(
    db: &Db,
    site: &SiteId,
    space_key: &str,
    after: Option<&str>,
    limit: u32,
) -> Result<Vec<PageHeader>> {
    let rows = sql!(
        fetch_all(HeaderRow),
        db.read().await?,
        concat!(
            "SELECT ",
            header_columns!(),
            " FROM page
             WHERE site_id = $1 AND space_key = $2 AND content_id > $3
             ORDER BY content_id LIMIT $4"
        ),
        site,
        space_key,
        after.unwrap_or_default(),
        i64::from(limit)
    )?;
    Ok(headers(rows))
}

/// How many pages of a site the caller may see.
pub async fn count_pages(db: &Db, site: &SiteId, visible: &VisibleClasses) -> Result<u64> {
    let counts = sql!(
        fetch_all(AclClass, i64),
        db.read().await?,
        "SELECT acl_class, COUNT(*) FROM page WHERE site_id = $1 GROUP BY acl_class",
        site
    )?;
    let seen = counts.into_iter().filter(|(class, _)| visible.contains(*class));
    Ok(seen.map(|(_, count)| count.unsigned_abs()).sum())
}

async fn stored_header(
    write: &mut Write<'_>,
    site: &SiteId,
    content_id: &str,
) -> Result<Option<PageHeader>> {
    let row = sql!(
        fetch_optional(HeaderRow),
        write,
        concat!("SELECT ", header_columns!(), " FROM page WHERE site_id = $1 AND content_id = $2"),
        site,
        content_id
    )?;
    Ok(row.map(PageHeader::from))
}

/// Whether a reader can see a difference. Stored times have lost what is below a millisecond.
fn differs(stored: &PageHeader, new: &PageHeader) -> bool {
    let version_at = if stored.version_at.as_millisecond() == new.version_at.as_millisecond() {
        stored.version_at
    } else {
        new.version_at
    };
    *stored != PageHeader { version_at, checked_at: stored.checked_at, ..new.clone() }
}

async fn body_differs(
    write: &mut Write<'_>,
    site: &SiteId,
    content_id: &str,
    body: Option<&[u8]>,
) -> Result<bool> {
    let Some(body) = body else { return Ok(false) };
    let select = "SELECT body FROM page WHERE site_id = $1 AND content_id = $2";
    let (stored,) = sql!(fetch_one(One<Vec<u8>>), write, select, site, content_id)?;
    Ok(stored != body)
}

async fn note_check(write: &mut Write<'_>, site: &SiteId, header: &PageHeader) -> Result<()> {
    sql!(
        execute,
        write,
        "UPDATE page SET checked_at = $3 WHERE site_id = $1 AND content_id = $2",
        site,
        &header.content_id,
        Time(header.checked_at)
    )?;
    Ok(())
}

async fn write_page(
    write: &mut Write<'_>,
    site: &SiteId,
    header: &PageHeader,
    body: Option<&[u8]>,
) -> Result<()> {
    sql!(
        execute,
        write,
        "INSERT INTO page (site_id, content_id, kind, space_key, parent_id, title, status, version,
             version_at, version_by, url, labels, ancestors, acl_class, checked_at, body)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15,
             COALESCE($16, (SELECT body FROM page WHERE site_id = $1 AND content_id = $2)))
         ON CONFLICT (site_id, content_id) DO UPDATE SET kind = excluded.kind,
             space_key = excluded.space_key, parent_id = excluded.parent_id,
             title = excluded.title, status = excluded.status, version = excluded.version,
             version_at = excluded.version_at, version_by = excluded.version_by,
             url = excluded.url, labels = excluded.labels, ancestors = excluded.ancestors,
             acl_class = excluded.acl_class, checked_at = excluded.checked_at,
             body = excluded.body",
        site,
        &header.content_id,
        header.kind,
        &header.space_key,
        header.parent_id.as_deref(),
        &header.title,
        header.status,
        header.version,
        Time(header.version_at),
        header.version_by.as_deref(),
        &header.url,
        Json(&header.labels),
        Json(&header.ancestors),
        header.acl_class,
        Time(header.checked_at),
        body
    )?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct HeaderRow {
    content_id: String,
    kind: ContentKind,
    space_key: String,
    parent_id: Option<String>,
    title: String,
    status: ContentStatus,
    version: i64,
    version_at: Time,
    version_by: Option<String>,
    url: String,
    labels: Json<Vec<String>>,
    ancestors: Json<Vec<Ancestor>>,
    acl_class: AclClass,
    checked_at: Time,
}

#[derive(sqlx::FromRow)]
struct PageRow {
    #[sqlx(flatten)]
    header: HeaderRow,
    body: Vec<u8>,
}

impl From<HeaderRow> for PageHeader {
    fn from(row: HeaderRow) -> Self {
        Self {
            content_id: row.content_id,
            kind: row.kind,
            space_key: row.space_key,
            parent_id: row.parent_id,
            title: row.title,
            status: row.status,
            version: row.version,
            version_at: row.version_at.0,
            version_by: row.version_by,
            url: row.url,
            labels: row.labels.0,
            ancestors: row.ancestors.0,
            acl_class: row.acl_class,
            checked_at: row.checked_at.0,
        }
    }
}

impl From<PageRow> for Page {
    fn from(row: PageRow) -> Self {
        Self { header: row.header.into(), body: row.body }
    }
}

fn headers(rows: Vec<HeaderRow>) -> Vec<PageHeader> {
    rows.into_iter().map(PageHeader::from).collect()
}
