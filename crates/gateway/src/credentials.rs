//! Which credential serves whom, and how it lies in the store.

use atlassian::Session;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;
use store::{Credential, CredentialId, Product, Site, SiteId, Visibility};

use crate::{Caller, Gateway, GatewayError};

/// The credential that serves a caller.
pub(crate) struct Chosen {
    pub(crate) credential: Credential,
    /// Whose eyes it lends this caller.
    pub(crate) visibility: Visibility,
    /// It is the one that the mirror reads with, so all that is mirrored was visible to it.
    pub(crate) is_mirrors: bool,
}

/// What is sealed.
#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Secret {
    ApiToken { username: String, api_token: SecretString },
    PersonalToken { token: SecretString },
    AccessToken { token: SecretString },
    Certificate,
}

/// Whether both open the same account. Each is this process's own, so the time taken tells nobody
/// anything.
impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::ApiToken { username, api_token },
                Self::ApiToken { username: other_name, api_token: other_token },
            ) => username == other_name && api_token.expose_secret() == other_token.expose_secret(),
            (Self::PersonalToken { token }, Self::PersonalToken { token: other })
            | (Self::AccessToken { token }, Self::AccessToken { token: other }) => {
                token.expose_secret() == other.expose_secret()
            }
            (Self::Certificate, Self::Certificate) => true,
            (
                Self::ApiToken { .. }
                | Self::PersonalToken { .. }
                | Self::AccessToken { .. }
                | Self::Certificate,
                _,
            ) => false,
        }
    }
}

impl Gateway {
    /// The session that the mirror reads a site with: that of its shared credential, else of the
    /// local owner's.
    pub async fn session_for_mirror(&self, site: &SiteId) -> Result<Session, GatewayError> {
        let site = self.site(site).await?;
        let credentials = store::credentials(self.db(), &site.id).await?;
        let credential = self.mirrors_credential(&credentials).ok_or_else(|| {
            GatewayError::Other(format!(
                "the site {} has no credential to mirror with; set CONFLUENCE_URL and its credential, and start again",
                site.name
            ))
        })?;
        self.session(&site, credential)
    }

    /// The credential that serves the caller on a site: their own, else a shared one, which is the
    /// local owner's own; with none of either the caller has to connect an account.
    pub(crate) async fn credential_for(
        &self,
        caller: &Caller,
        site: &SiteId,
    ) -> Result<Option<Chosen>, GatewayError> {
        let credentials = store::credentials(self.db(), site).await?;
        if let Some(credential) = self.inner.acts_with.get() {
            let serves = credential.site == *site && self.owner_of(credential) == &caller.principal;
            let is_mirrors = match self.mirrors_credential(&credentials) {
                Some(mirrors) if serves => self.secret(mirrors)? == self.secret(credential)?,
                _ => false,
            };
            return Ok(serves.then(|| Chosen {
                credential: credential.clone(),
                visibility: Visibility::Own,
                is_mirrors,
            }));
        }
        let own = credentials.iter().find(|one| {
            one.visibility == Visibility::Own && self.owner_of(one) == &caller.principal
        });
        let Some(credential) = own.or_else(|| shared(&credentials)) else { return Ok(None) };
        let mirrors = self.mirrors_credential(&credentials);
        let is_mirrors = mirrors.is_some_and(|mirrors| mirrors.id == credential.id);
        // Who connected the site may see what the credential that they gave sees.
        let is_owners = caller.principal == self.inner.local_owner;
        let visibility = if is_owners { Visibility::Own } else { credential.visibility };
        Ok(Some(Chosen { credential: credential.clone(), visibility, is_mirrors }))
    }

    pub(crate) fn session(
        &self,
        site: &Site,
        credential: &Credential,
    ) -> Result<Session, GatewayError> {
        let credential = match self.secret(credential)? {
            Secret::ApiToken { username, api_token: token } => {
                atlassian::Credential::ApiToken { username, token }
            }
            Secret::PersonalToken { token } => atlassian::Credential::PersonalToken { token },
            Secret::AccessToken { token } => atlassian::Credential::AccessToken { token },
            Secret::Certificate => atlassian::Credential::Certificate,
        };
        Ok(Session::new(self.inner.http.clone(), deployment(site)?, credential))
    }

    fn secret(&self, credential: &Credential) -> Result<Secret, GatewayError> {
        let plain =
            self.inner.keyring.open(Credential::place(&credential.id), &credential.sealed)?;
        serde_json::from_slice(&plain)
            .map_err(|_| GatewayError::Other("a sealed credential is of no known kind".into()))
    }

    pub(crate) fn seal(
        &self,
        id: &CredentialId,
        credential: &atlassian::Credential,
    ) -> Result<String, GatewayError> {
        let secret = match credential {
            atlassian::Credential::ApiToken { username, token } => json!({
                "kind": "api_token", "username": username, "api_token": token.expose_secret(),
            }),
            atlassian::Credential::PersonalToken { token } => json!({
                "kind": "personal_token", "token": token.expose_secret(),
            }),
            atlassian::Credential::AccessToken { token } => json!({
                "kind": "access_token", "token": token.expose_secret(),
            }),
            atlassian::Credential::Certificate => json!({"kind": "certificate"}),
            // Its tokens change by themselves; whoever made the source keeps them.
            atlassian::Credential::Grant(_) => {
                return Err(GatewayError::Other(
                    "an OAuth grant is kept by its token store".into(),
                ));
            }
        };
        Ok(self.inner.keyring.seal(
            self.environment(),
            Credential::place(id),
            secret.to_string().as_bytes(),
        ))
    }

    fn mirrors_credential<'a>(&self, credentials: &'a [Credential]) -> Option<&'a Credential> {
        let local_owners =
            || credentials.iter().find(|one| self.owner_of(one) == &self.inner.local_owner);
        shared(credentials).or_else(local_owners)
    }

    /// A credential without an owner that is not shared is the local owner's.
    pub(crate) fn owner_of<'a>(&'a self, credential: &'a Credential) -> &'a store::PrincipalId {
        credential.owner.as_ref().unwrap_or(&self.inner.local_owner)
    }

    async fn site(&self, id: &SiteId) -> Result<Site, GatewayError> {
        let sites = store::sites(self.db(), &self.inner.organization.id).await?;
        let site = sites.into_iter().find(|site| site.id == *id);
        site.ok_or_else(|| GatewayError::Other("there is no such site".into()))
    }
}

fn shared(credentials: &[Credential]) -> Option<&Credential> {
    credentials.iter().find(|one| match one.visibility {
        Visibility::Own => false,
        Visibility::Mapped | Visibility::Everyone => true,
    })
}

fn deployment(site: &Site) -> Result<atlassian::Deployment, GatewayError> {
    let kind = match site.product {
        Product::ConfluenceCloud => atlassian::DeploymentKind::Cloud,
        Product::ConfluenceDataCenter => atlassian::DeploymentKind::DataCenter,
    };
    atlassian::Deployment::from_url(&site.base_url, Some(kind))
        .map_err(|error| GatewayError::Other(error.to_string()))
}
