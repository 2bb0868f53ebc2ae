use serde::{Deserialize, Serialize};

use crate::columns::{Time, stored_as_text};
use crate::db::{One, sql};
use crate::{CredentialId, Db, Environment, PrincipalId, Result, SiteId, StoreError, Write};

/// Whom a credential serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// Its owner alone; Atlassian decides what they see.
    Own,
    /// Everybody, each within the stored rights of their linked account.
    Mapped,
    /// Everybody sees what the credential sees: the operator said so.
    Everyone,
}
stored_as_text!(Visibility { Own = "own", Mapped = "mapped", Everyone = "everyone" });

/// A sealed secret for a site. What the opened secret says is the gateway's affair.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Credential {
    /// Its id.
    pub id: CredentialId,
    /// The site that it opens.
    #[sqlx(rename = "site_id")]
    pub site: SiteId,
    /// Whose it is; `None` for a shared one.
    #[sqlx(rename = "owner_id")]
    pub owner: Option<PrincipalId>,
    /// Whom it serves.
    pub visibility: Visibility,
    /// Sealed for [`Credential::place`].
    pub sealed: String,
}

impl Credential {
    /// The place that the secret of this credential is sealed for.
    pub fn place(id: &CredentialId) -> crate::Place<'_> {
        crate::Place { table: "credential", row: id.as_str(), column: "sealed" }
    }
}

/// The credentials of a site, oldest first.
pub async fn credentials(db: &Db, site: &SiteId) -> Result<Vec<Credential>> {
    sql!(
        fetch_all(Credential),
        db.read().await?,
        "SELECT id, site_id, owner_id, visibility, sealed FROM credential
         WHERE site_id = $1 ORDER BY id",
        site
    )
}

/// Inserts a credential, or updates owner, visibility and secret of the one with this id.
///
/// # Errors
/// [`StoreError::NotFound`] when its site is not stored.
pub async fn put_credential(write: &mut Write<'_>, credential: &Credential) -> Result<()> {
    let rows = sql!(
        execute,
        write,
        "INSERT INTO credential (id, organization_id, site_id, owner_id, visibility, sealed)
         SELECT $1, organization_id, id, $3, $4, $5 FROM site WHERE id = $2
         ON CONFLICT (id) DO UPDATE SET owner_id = excluded.owner_id,
             visibility = excluded.visibility, sealed = excluded.sealed",
        &credential.id,
        &credential.site,
        credential.owner.as_ref(),
        credential.visibility,
        &credential.sealed
    )?;
    found(rows)
}

/// The Atlassian account (account id or user key) of a principal on a site.
pub async fn account_link(
    db: &Db,
    principal: &PrincipalId,
    site: &SiteId,
) -> Result<Option<String>> {
    let row = sql!(
        fetch_optional(One<String>),
        db.read().await?,
        "SELECT account FROM account_link WHERE principal_id = $1 AND site_id = $2",
        principal,
        site
    )?;
    Ok(row.map(|(account,)| account))
}

/// Links a principal to an account. `proof` says by what: `operator` or `current_user`.
///
/// # Errors
/// [`StoreError::NotFound`] when the site is not stored.
pub async fn put_account_link(
    write: &mut Write<'_>,
    environment: &Environment,
    principal: &PrincipalId,
    site: &SiteId,
    account: &str,
    proof: &str,
) -> Result<()> {
    let rows = sql!(
        execute,
        write,
        "INSERT INTO account_link (organization_id, principal_id, site_id, account, proof, proved_at)
         SELECT organization_id, $1, id, $3, $4, $5 FROM site WHERE id = $2
         ON CONFLICT (principal_id, site_id) DO UPDATE SET account = excluded.account,
             proof = excluded.proof, proved_at = excluded.proved_at",
        principal,
        site,
        account,
        proof,
        Time(environment.now())
    )?;
    found(rows)
}

/// Ends what the operator said of a principal's accounts. Those that an account itself proved stay.
pub async fn delete_operators_account_links(
    write: &mut Write<'_>,
    principal: &PrincipalId,
) -> Result<()> {
    sql!(
        execute,
        write,
        "DELETE FROM account_link WHERE principal_id = $1 AND proof = 'operator'",
        principal
    )?;
    Ok(())
}

fn found(rows: u64) -> Result<()> {
    if rows == 0 { Err(StoreError::NotFound) } else { Ok(()) }
}
