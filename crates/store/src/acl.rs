use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::changes::lock_site;
use crate::columns::Json;
use crate::db::{One, sql};
use crate::digest::sha256;
use crate::{Db, OpenSpaces, Result, SiteId, StoreError, Write};

/// Whom a view restriction names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// An Atlassian account: account id on Cloud, user key on Data Center.
    User(String),
    /// A group. Kept, but met by nobody: who is in it is not known yet.
    Group(String),
    /// What could not be read or understood. Met by nobody.
    Unknown,
}

/// One level, page or ancestor: any of these may view it. Empty means nobody.
pub type Clause = BTreeSet<Subject>;

/// Who may view a page: the space, and every one of the clauses. The sets are the canonical form,
/// so equal rights are one ACL class.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Rights {
    /// The space that a token must open.
    pub space_key: String,
    /// One clause per restricted level.
    pub clauses: BTreeSet<Clause>,
}

impl Rights {
    /// Rights that admit nobody: for what could not be read.
    pub fn nobody(space_key: &str) -> Self {
        Self { space_key: space_key.to_owned(), clauses: BTreeSet::from([Clause::new()]) }
    }

    /// Whether a caller with this linked account and these open spaces may view the page.
    pub fn admits(&self, account: Option<&str>, opens: &OpenSpaces) -> bool {
        let named = |clause: &Clause| {
            clause.iter().any(|subject| match subject {
                Subject::User(user) => Some(user.as_str()) == account,
                Subject::Group(_) | Subject::Unknown => false,
            })
        };
        opens.contains(&self.space_key) && self.clauses.iter().all(named)
    }
}

/// The number of a site's [`Rights`], from 1. Pages and index documents carry it.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, sqlx::Type,
)]
#[sqlx(transparent)]
pub struct AclClass(pub i64);

impl AclClass {
    /// Of pages that are kept and shown to nobody, whoever asks: see
    /// [`withhold_page`](crate::withhold_page).
    pub const WITHHELD: Self = Self(0);
}

/// The classes of one site that a caller may read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VisibleClasses {
    /// Every class but [`AclClass::WITHHELD`]: for credentials of visibility `own` and `everyone`
    /// only.
    All,
    /// These.
    Some(BTreeSet<AclClass>),
}

impl VisibleClasses {
    /// Whether a page of this class may be read.
    pub fn contains(&self, class: AclClass) -> bool {
        class != AclClass::WITHHELD
            && match self {
                Self::All => true,
                Self::Some(classes) => classes.contains(&class),
            }
    }
}

/// The class of these rights on a site, a new one when they are met for the first time.
///
/// # Errors
/// [`StoreError::NotFound`] when the site is not stored.
pub async fn intern_rights(
    write: &mut Write<'_>,
    site: &SiteId,
    rights: &Rights,
) -> Result<AclClass> {
    let text = serde_json::to_string(rights).map_err(|error| StoreError::Query(error.into()))?;
    let digest = sha256(&text);
    if let Some(class) = class_by_digest(write, site, &digest).await? {
        return Ok(class);
    }
    lock_site(write, site).await?;
    // Under the lock nobody else counts. Another may have interned the same rights just before.
    sql!(
        execute,
        write,
        "INSERT INTO acl_class (site_id, class, digest, rights)
         SELECT CAST($1 AS TEXT), COALESCE(MAX(class), 0) + 1, CAST($2 AS TEXT), CAST($3 AS TEXT)
         FROM acl_class WHERE site_id = $1
         ON CONFLICT (site_id, digest) DO NOTHING",
        site,
        &digest,
        text
    )?;
    class_by_digest(write, site, &digest).await?.ok_or(StoreError::NotFound)
}

/// Stores [`AclClass::WITHHELD`], whose rights admit nobody.
pub(crate) async fn intern_withheld(write: &mut Write<'_>, site: &SiteId) -> Result<()> {
    let text = serde_json::to_string(&Rights::nobody(""))
        .map_err(|error| StoreError::Query(error.into()))?;
    sql!(
        execute,
        write,
        "INSERT INTO acl_class (site_id, class, digest, rights) VALUES ($1, $2, $3, $4)
         ON CONFLICT DO NOTHING",
        site,
        AclClass::WITHHELD,
        sha256(&text),
        text
    )?;
    Ok(())
}

async fn class_by_digest(
    write: &mut Write<'_>,
    site: &SiteId,
    digest: &str,
) -> Result<Option<AclClass>> {
    let row = sql!(
        fetch_optional(One<AclClass>),
        write,
        "SELECT class FROM acl_class WHERE site_id = $1 AND digest = $2",
        site,
        digest
    )?;
    Ok(row.map(|(class,)| class))
}

/// All classes of a site and what they mean.
pub async fn all_rights(db: &Db, site: &SiteId) -> Result<BTreeMap<AclClass, Rights>> {
    let rows = sql!(
        fetch_all(AclClass, Json<Rights>),
        db.read().await?,
        "SELECT class, rights FROM acl_class WHERE site_id = $1",
        site
    )?;
    Ok(rows.into_iter().map(|(class, Json(rights))| (class, rights)).collect())
}
