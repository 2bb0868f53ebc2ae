//! Sites, and how one is connected.

use atlassian::{Deployment, DeploymentKind};
use serde_json::json;
use store::{Credential, CredentialId, PrincipalId, Product, Site, SiteId, Visibility};

use crate::{AdministrationError, Caller, Gateway, GatewayError};

/// A site with the credential that it is reached by.
pub struct NewSite {
    /// What callers call it by when there are several. A site that is known already keeps its name,
    /// and a new one whose name is taken is called by its address.
    pub name: String,
    /// Where it is.
    pub deployment: Deployment,
    /// How it is reached.
    pub credential: atlassian::Credential,
    /// Whose eyes the credential lends.
    pub visibility: Visibility,
    /// Whose it is, under `own`; `None` is the local owner. A shared credential has no owner.
    pub owner: Option<PrincipalId>,
}

impl Gateway {
    /// Makes or updates the site and seals its credential. Idempotent by base URL and owner; the
    /// local owner's credential and the shared one are the same slot, so that a change of
    /// visibility leaves no wider credential behind.
    pub async fn connect_site(&self, new: NewSite) -> Result<Site, GatewayError> {
        let site = self.site_to_connect(&new).await?;
        let existing = store::credentials(self.db(), &site.id).await?;
        let owner = match new.visibility {
            Visibility::Own => new.owner.unwrap_or_else(|| self.inner.local_owner.clone()),
            Visibility::Mapped | Visibility::Everyone => self.inner.local_owner.clone(),
        };
        let existing = existing.into_iter().find(|one| *self.owner_of(one) == owner);
        let id = existing.map_or_else(|| CredentialId::new(self.environment()), |one| one.id);
        let credential = Credential {
            sealed: self.seal(&id, &new.credential)?,
            id,
            site: site.id.clone(),
            owner: (new.visibility == Visibility::Own).then_some(owner),
            visibility: new.visibility,
        };
        let mut write = self.db().write().await?;
        store::put_site(&mut write, &site).await?;
        store::put_credential(&mut write, &credential).await?;
        write.commit().await?;
        Ok(site)
    }

    /// Lets the shared credentials lend these eyes: of the site that was just connected, or of all
    /// sites when none was. Those of other sites are only ever narrowed: nobody said `everyone` of
    /// them. Answers the names of the sites that changed. Only the local owner may.
    ///
    /// # Errors
    /// [`AdministrationError::OwnerOnly`]; nothing changes.
    pub async fn share(
        &self,
        caller: &Caller,
        visibility: Visibility,
        connected: Option<&SiteId>,
    ) -> Result<Vec<String>, GatewayError> {
        self.administers(caller)?;
        let mut changed = Vec::new();
        for site in store::sites(self.db(), &caller.organization).await? {
            let is_meant = connected.is_none_or(|connected| *connected == site.id);
            for credential in store::credentials(self.db(), &site.id).await? {
                let shared =
                    matches!(credential.visibility, Visibility::Mapped | Visibility::Everyone);
                let narrows = visibility == Visibility::Mapped;
                if !shared || credential.visibility == visibility || !(is_meant || narrows) {
                    continue;
                }
                let object = format!("site:{}", site.id);
                let detail = json!({"visibility": visibility});
                self.administered(caller, "sites/share", object, detail).await?;
                let mut write = self.db().write().await?;
                store::put_credential(&mut write, &Credential { visibility, ..credential }).await?;
                write.commit().await?;
                changed.push(site.name.clone());
            }
        }
        Ok(changed)
    }

    /// From now on this process asks the site with this credential for the local owner, and no other
    /// site. Nothing is stored: the site stays connected as it is. False, and nothing changes, when
    /// the store does not hold the site, or this was called before.
    pub async fn act_with(
        &self,
        deployment: &Deployment,
        credential: &atlassian::Credential,
    ) -> Result<bool, GatewayError> {
        let (_, base_url) = product_and_address(deployment);
        let organization = &self.inner.organization.id;
        let Some(site) = store::site_by_url(self.db(), organization, &base_url).await? else {
            return Ok(false);
        };
        let id = CredentialId::new(self.environment());
        let credential = Credential {
            sealed: self.seal(&id, credential)?,
            id,
            site: site.id,
            owner: Some(self.inner.local_owner.clone()),
            visibility: Visibility::Own,
        };
        Ok(self.inner.acts_with.set(credential).is_ok())
    }

    /// Gives a site another name. Only the local owner may.
    ///
    /// # Errors
    /// [`AdministrationError::SiteUnknown`], [`AdministrationError::SiteNameTaken`]; nothing changes.
    pub async fn rename_site(
        &self,
        caller: &Caller,
        name: &str,
        new_name: &str,
    ) -> Result<(), GatewayError> {
        self.administers(caller)?;
        if new_name.trim().is_empty() {
            return Err(AdministrationError::Empty("the site's name").into());
        }
        let sites = store::sites(self.db(), &caller.organization).await?;
        if name != new_name && sites.iter().any(|site| site.name == new_name) {
            return Err(AdministrationError::SiteNameTaken(new_name.to_owned()).into());
        }
        let site = called(sites, name)?;
        let object = format!("site:{}", site.id);
        self.administered(caller, "sites/rename", object, json!({"name": new_name})).await?;
        let mut write = self.db().write().await?;
        store::put_site(&mut write, &Site { name: new_name.to_owned(), ..site }).await?;
        Ok(write.commit().await?)
    }

    /// Forgets a site: its credentials and account links, its sources, its pages and its index.
    /// Events stay. Only the local owner may.
    ///
    /// # Errors
    /// [`AdministrationError::SiteUnknown`]; nothing changes.
    pub async fn remove_site(&self, caller: &Caller, name: &str) -> Result<(), GatewayError> {
        self.administers(caller)?;
        let site = called(store::sites(self.db(), &caller.organization).await?, name)?;
        let object = format!("site:{}", site.id);
        let detail = json!({"name": site.name, "base_url": site.base_url});
        self.administered(caller, "sites/remove", object, detail).await?;
        let mut write = self.db().write().await?;
        store::delete_site(&mut write, &site.id).await?;
        write.commit().await?;
        self.inner.indexes.remove(&site.id).await;
        Ok(())
    }

    async fn site_to_connect(&self, new: &NewSite) -> Result<Site, GatewayError> {
        let (product, base_url) = product_and_address(&new.deployment);
        let organization = self.inner.organization.id.clone();
        let sites = store::sites(self.db(), &organization).await?;
        if let Some(known) = sites.iter().find(|site| site.base_url == base_url) {
            return Ok(Site { product, ..known.clone() });
        }
        let id = SiteId::new(self.environment());
        let name = free_name(&sites, &new.name, &base_url).to_owned();
        Ok(Site { id, organization, name, product, base_url })
    }
}

fn called(sites: Vec<Site>, name: &str) -> Result<Site, AdministrationError> {
    let site = sites.into_iter().find(|site| site.name == name);
    site.ok_or_else(|| AdministrationError::SiteUnknown(name.to_owned()))
}

/// No two sites share an address.
fn free_name<'a>(sites: &[Site], wanted: &'a str, base_url: &'a str) -> &'a str {
    let address = base_url.split_once("://").map_or(base_url, |(_, address)| address);
    let is_free = |name: &&str| sites.iter().all(|site| site.name != *name);
    [wanted, address].into_iter().find(is_free).unwrap_or(base_url)
}

/// As a site's row says them.
fn product_and_address(deployment: &Deployment) -> (Product, String) {
    let product = match deployment.kind() {
        DeploymentKind::Cloud => Product::ConfluenceCloud,
        DeploymentKind::DataCenter => Product::ConfluenceDataCenter,
    };
    (product, deployment.base().as_str().trim_end_matches('/').to_owned())
}
