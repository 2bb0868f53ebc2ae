use serde::{Deserialize, Serialize};

use crate::columns::{Time, stored_as_text};
use crate::db::{One, sql};
use crate::{
    ClientId, Db, Environment, OrganizationId, PrincipalId, Result, SiteId, StoreError, Write,
};

/// A tenant: everything belongs to one.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Organization {
    /// Its id.
    pub id: OrganizationId,
    /// Its name.
    pub name: String,
}

/// What kind of Atlassian product a site is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Product {
    /// Confluence on `*.atlassian.net`.
    ConfluenceCloud,
    /// Confluence Data Center or Server.
    ConfluenceDataCenter,
}
stored_as_text!(Product {
    ConfluenceCloud = "confluence_cloud",
    ConfluenceDataCenter = "confluence_data_center",
});

/// One Atlassian product instance.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Site {
    /// Its id.
    pub id: SiteId,
    /// Whose it is.
    #[sqlx(rename = "organization_id")]
    pub organization: OrganizationId,
    /// The operator's name for it.
    pub name: String,
    /// What it runs.
    pub product: Product,
    /// What the operator configured, without a slash at the end.
    pub base_url: String,
}

/// What kind of subject a principal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrincipalKind {
    /// A person.
    User,
    /// A group of principals.
    Group,
    /// A program.
    Service,
}
stored_as_text!(PrincipalKind { User = "user", Group = "group", Service = "service" });

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Principal {
    /// Its id.
    pub id: PrincipalId,
    /// Whose it is.
    #[sqlx(rename = "organization_id")]
    pub organization: OrganizationId,
    /// What it is.
    pub kind: PrincipalKind,
    /// A name for people.
    pub name: String,
}

/// An MCP client registration.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Client {
    /// Its id.
    pub id: ClientId,
    /// Whose it is.
    #[sqlx(rename = "organization_id")]
    pub organization: OrganizationId,
    /// A name for people.
    pub name: String,
}

/// Makes the organization `default` in a store without any. Two nodes may do so at once.
pub(crate) async fn ensure_organization(db: &Db, environment: &Environment) -> Result<()> {
    let mut write = db.write().await?;
    let (count,) = sql!(fetch_one(One<i64>), write, "SELECT COUNT(*) FROM organization")?;
    if count > 0 {
        return Ok(());
    }
    sql!(
        execute,
        write,
        "INSERT INTO organization (id, name, created_at) VALUES ($1, 'default', $2)
         ON CONFLICT DO NOTHING",
        OrganizationId::new(environment),
        Time(environment.now())
    )?;
    write.commit().await
}

/// The organization that was made when the store was first opened, named `default`.
pub async fn organization(db: &Db) -> Result<Organization> {
    let first = "SELECT id, name FROM organization ORDER BY id LIMIT 1";
    sql!(fetch_optional(Organization), db.read().await?, first)?.ok_or(StoreError::NotFound)
}

/// The sites of an organization, oldest first.
pub async fn sites(db: &Db, organization: &OrganizationId) -> Result<Vec<Site>> {
    sql!(
        fetch_all(Site),
        db.read().await?,
        "SELECT id, organization_id, name, product, base_url FROM site
         WHERE organization_id = $1 ORDER BY id",
        organization
    )
}

/// The site with this address.
pub async fn site_by_url(
    db: &Db,
    organization: &OrganizationId,
    base_url: &str,
) -> Result<Option<Site>> {
    sql!(
        fetch_optional(Site),
        db.read().await?,
        "SELECT id, organization_id, name, product, base_url FROM site
         WHERE organization_id = $1 AND base_url = $2",
        organization,
        base_url
    )
}

/// Inserts a site, or updates name, product and address of the one with this id.
pub async fn put_site(write: &mut Write<'_>, site: &Site) -> Result<()> {
    sql!(
        execute,
        write,
        "INSERT INTO site (id, organization_id, name, product, base_url)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (id) DO UPDATE SET
             name = excluded.name, product = excluded.product, base_url = excluded.base_url",
        &site.id,
        &site.organization,
        &site.name,
        site.product,
        &site.base_url
    )?;
    sql!(
        execute,
        write,
        "INSERT INTO site_counter (site_id, change_seq) VALUES ($1, 0)
         ON CONFLICT (site_id) DO NOTHING",
        &site.id
    )?;
    Ok(())
}

/// Deletes a site with all that hangs on it: credentials, links, sources, pages. Events stay. False
/// when there is no such site.
pub async fn delete_site(write: &mut Write<'_>, site: &SiteId) -> Result<bool> {
    // What refers to another goes first.
    const OF_THE_SITE: [&str; 10] = [
        "DELETE FROM run WHERE source_id IN (SELECT id FROM source WHERE site_id = $1)",
        "DELETE FROM source WHERE site_id = $1",
        "DELETE FROM page WHERE site_id = $1",
        "DELETE FROM acl_class WHERE site_id = $1",
        "DELETE FROM space WHERE site_id = $1",
        "DELETE FROM change WHERE site_id = $1",
        "DELETE FROM site_counter WHERE site_id = $1",
        "DELETE FROM account_link WHERE site_id = $1",
        "DELETE FROM connection WHERE site_id = $1",
        "DELETE FROM credential WHERE site_id = $1",
    ];
    for statement in OF_THE_SITE {
        sql!(execute, write, statement, site)?;
    }
    Ok(sql!(execute, write, "DELETE FROM site WHERE id = $1", site)? > 0)
}

/// The principal with this id.
pub async fn principal(db: &Db, id: &PrincipalId) -> Result<Option<Principal>> {
    sql!(
        fetch_optional(Principal),
        db.read().await?,
        "SELECT id, organization_id, kind, name FROM principal WHERE id = $1",
        id
    )
}

/// Whom an issuer means by a subject. The issuer of local names is `weir:local`.
pub async fn principal_by_identity(
    db: &Db,
    organization: &OrganizationId,
    issuer: &str,
    subject: &str,
) -> Result<Option<Principal>> {
    sql!(
        fetch_optional(Principal),
        db.read().await?,
        "SELECT principal.id, principal.organization_id, principal.kind, principal.name
         FROM identity JOIN principal ON principal.id = identity.principal_id
         WHERE identity.organization_id = $1 AND identity.issuer = $2 AND identity.subject = $3",
        organization,
        issuer,
        subject
    )
}

/// Inserts a principal or updates its kind and name, and gives it an identity.
///
/// # Errors
/// [`StoreError::Query`] when the identity already means somebody else.
pub async fn put_principal(
    write: &mut Write<'_>,
    principal: &Principal,
    issuer: &str,
    subject: &str,
) -> Result<()> {
    sql!(
        execute,
        write,
        "INSERT INTO principal (id, organization_id, kind, name) VALUES ($1, $2, $3, $4)
         ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, name = excluded.name",
        &principal.id,
        &principal.organization,
        principal.kind,
        &principal.name
    )?;
    let given = sql!(
        execute,
        write,
        "INSERT INTO identity (organization_id, issuer, subject, principal_id)
         VALUES ($1, $2, $3, $4)
         ON CONFLICT (organization_id, issuer, subject) DO UPDATE SET issuer = excluded.issuer
         WHERE identity.principal_id = excluded.principal_id",
        &principal.organization,
        issuer,
        subject,
        &principal.id
    )?;
    if given == 0 {
        return Err(StoreError::Query("the identity belongs to another principal".into()));
    }
    Ok(())
}

/// Inserts a client registration or updates its name.
pub async fn put_client(write: &mut Write<'_>, client: &Client) -> Result<()> {
    sql!(
        execute,
        write,
        "INSERT INTO client (id, organization_id, name) VALUES ($1, $2, $3)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name",
        &client.id,
        &client.organization,
        &client.name
    )?;
    Ok(())
}

/// The client with this id.
pub async fn client(db: &Db, id: &ClientId) -> Result<Option<Client>> {
    sql!(
        fetch_optional(Client),
        db.read().await?,
        "SELECT id, organization_id, name FROM client WHERE id = $1",
        id
    )
}
