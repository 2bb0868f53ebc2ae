//! Sites, and how one is connected.

use atlassian::Deployment;
use store::{Credential, CredentialId, PrincipalId, Product, Site, SiteId, Visibility};

use crate::{Gateway, GatewayError};

/// A site with the credential that it is reached by.
pub struct NewSite {
    /// What callers call it by when there are several.
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
            sealed: self.seal(&id, &new.credential),
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
            sealed: self.seal(&id, credential),
            id,
            site: site.id,
            owner: Some(self.inner.local_owner.clone()),
            visibility: Visibility::Own,
        };
        Ok(self.inner.acts_with.set(credential).is_ok())
    }

    async fn site_to_connect(&self, new: &NewSite) -> Result<Site, GatewayError> {
        let (product, base_url) = product_and_address(&new.deployment);
        let organization = self.inner.organization.id.clone();
        let sites = store::sites(self.db(), &organization).await?;
        if sites.iter().any(|site| site.name == new.name && site.base_url != base_url) {
            return Err(GatewayError::Other(format!(
                "there is another site called {}; give this one a name of its own",
                new.name
            )));
        }
        let existing = sites.into_iter().find(|site| site.base_url == base_url);
        let id = existing.map_or_else(|| SiteId::new(self.environment()), |site| site.id);
        Ok(Site { id, organization, name: new.name.clone(), product, base_url })
    }
}

/// As a site's row says them.
fn product_and_address(deployment: &Deployment) -> (Product, String) {
    let (product, base) = match deployment {
        Deployment::CloudSite { base } => (Product::ConfluenceCloud, base),
        Deployment::DataCenter { base } => (Product::ConfluenceDataCenter, base),
    };
    (product, base.as_str().trim_end_matches('/').to_owned())
}
