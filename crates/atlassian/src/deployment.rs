use url::Url;

use crate::Realm;
use crate::realm::is_loopback;

/// The product whose site is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Product {
    /// Spaces and pages.
    Confluence,
    /// Projects and issues.
    Jira,
}

/// A site of one product and where it is reached: a Cloud site by its own address, a Cloud site
/// through Atlassian's gateway, or a Data Center installation.
///
/// Operations ask for [`Deployment::kind`] alone; whether Cloud is reached directly or through the
/// gateway shows only in addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployment {
    product: Product,
    base: Url,
    place: Place,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Site { realm: Realm },
    Gateway { realm: Realm, cloud_id: String, site: Option<Url> },
    DataCenter,
}

/// Which of the two products that bear the same name: they differ in interfaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeploymentKind {
    /// Atlassian's own servers.
    Cloud,
    /// Data Center or Server, on the customer's.
    DataCenter,
}

/// Why a client could not be configured. The text is for the person who configures it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigurationError {
    /// The address of the site cannot be used.
    #[error("{0}")]
    Url(String),
    /// Not an id of a Cloud site.
    #[error("a cloud id consists of letters, digits and hyphens")]
    CloudId,
    /// A Data Center where only a Cloud site has what is asked for.
    #[error("a Data Center is reached by its own address only, not through Atlassian's gateway")]
    NoGateway,
    /// Not an id of Confluence.
    #[error("a content id consists of digits only, such as 123456")]
    ContentId,
    /// An additional certificate authority could not be read.
    #[error("an additional certificate authority is not a PEM or DER certificate: {0}")]
    Certificate(String),
    /// A client certificate that cannot be used.
    #[error("the client certificate cannot be used: {0}")]
    ClientIdentity(&'static str),
    /// A custom header that is none, or that the client sets itself.
    #[error("the custom header {0} cannot be set")]
    Header(String),
    /// A proxy's address that is none.
    #[error(
        "a proxy's address must be a URL such as http://proxy.example.com:3128 or socks5://proxy.example.com:1080"
    )]
    Proxy,
    /// The HTTP client could not be set up.
    #[error("the HTTP client could not be set up: {0}")]
    Client(String),
}

impl Product {
    /// What the gateway calls it.
    fn name(self) -> &'static str {
        match self {
            Self::Confluence => "confluence",
            Self::Jira => "jira",
        }
    }

    /// The path on a Cloud site under which the product lies.
    pub(crate) fn cloud_context(self) -> &'static str {
        match self {
            Self::Confluence => "/wiki",
            Self::Jira => "",
        }
    }
}

impl Deployment {
    /// The site of Confluence at an address as a person would give it; see [`Deployment::new`].
    ///
    /// # Errors
    /// As [`Deployment::new`].
    pub fn from_url(url: &str, kind: Option<DeploymentKind>) -> Result<Self, ConfigurationError> {
        Self::new(Product::Confluence, url, kind)
    }

    /// The site of a product at an address as a person would give it: with or without `/wiki`, or
    /// the gateway's own (`https://api.atlassian.com/ex/confluence/{cloudId}`).
    ///
    /// Without an explicit `kind`, what lies on a host of a known [`Realm`] is Cloud and everything
    /// else Data Center. A custom domain of Cloud therefore needs the kind.
    ///
    /// # Errors
    /// Refuses other schemes than http and https, user info, a query or a fragment, plain http to
    /// a Cloud host, and paths that belong to another product.
    pub fn new(
        product: Product,
        url: &str,
        kind: Option<DeploymentKind>,
    ) -> Result<Self, ConfigurationError> {
        let base = parse(url.trim())?;
        match Realm::of_host(base.host_str().unwrap_or_default()) {
            Some(realm) => Self::in_realm_by(product, base, kind, realm),
            None if kind == Some(DeploymentKind::Cloud) => {
                Self::in_realm_by(product, base, kind, Realm::commercial())
            }
            None => Ok(Self::data_center(product, base)),
        }
    }

    /// The Cloud site at an address, in a realm that its host need not tell.
    ///
    /// # Errors
    /// As [`Deployment::new`].
    pub fn in_realm(product: Product, url: &str, realm: Realm) -> Result<Self, ConfigurationError> {
        Self::in_realm_by(product, parse(url.trim())?, Some(DeploymentKind::Cloud), realm)
    }

    fn in_realm_by(
        product: Product,
        base: Url,
        kind: Option<DeploymentKind>,
        realm: Realm,
    ) -> Result<Self, ConfigurationError> {
        let host = base.host_str().unwrap_or_default();
        let known = realm.has_site(host) || realm.is_gateway(host);
        // A gateway on this very machine is a simulated one.
        if known && base.scheme() != "https" && !is_loopback(&base) {
            return refuse("a Cloud site is reached by https only");
        }
        if let Some(cloud_id) = on_gateway(product, &base, &realm)? {
            return Self::gateway(product, realm, &cloud_id);
        }
        match kind {
            Some(DeploymentKind::DataCenter) => Ok(Self::data_center(product, base)),
            Some(DeploymentKind::Cloud) | None => Self::cloud_site(product, base, realm),
        }
    }

    /// A Cloud site by its cloud id alone, through the gateway.
    ///
    /// # Errors
    /// [`ConfigurationError::CloudId`].
    pub fn gateway(
        product: Product,
        realm: Realm,
        cloud_id: &str,
    ) -> Result<Self, ConfigurationError> {
        let written = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        if cloud_id.is_empty() || cloud_id.len() > 64 || !cloud_id.bytes().all(written) {
            return Err(ConfigurationError::CloudId);
        }
        let (name, context) = (product.name(), product.cloud_context());
        let base = format!("{}/ex/{name}/{cloud_id}{context}", realm.api());
        let place = Place::Gateway { realm, cloud_id: cloud_id.to_owned(), site: None };
        Ok(Self { product, base: parse(&base)?, place })
    }

    /// The same site through the gateway, which scoped tokens and OAuth grants need.
    ///
    /// # Errors
    /// [`ConfigurationError::CloudId`], or [`ConfigurationError::NoGateway`] for a Data Center.
    pub fn through_gateway(&self, cloud_id: &str) -> Result<Self, ConfigurationError> {
        let (realm, address) = match &self.place {
            Place::Site { realm } => (realm, Some(self.base.clone())),
            Place::Gateway { realm, site, .. } => (realm, site.clone()),
            Place::DataCenter => return Err(ConfigurationError::NoGateway),
        };
        let mut through = Self::gateway(self.product, realm.clone(), cloud_id)?;
        if let Place::Gateway { site, .. } = &mut through.place {
            *site = address;
        }
        Ok(through)
    }

    fn cloud_site(
        product: Product,
        mut base: Url,
        realm: Realm,
    ) -> Result<Self, ConfigurationError> {
        let mut segments = base.path_segments().into_iter().flatten();
        let first = segments.next().unwrap_or_default();
        match (product, first) {
            (_, "") | (Product::Confluence, "wiki") | (Product::Jira, "jira" | "browse") => {}
            (Product::Confluence, _) => {
                return refuse("a Cloud site's address is https://NAME.atlassian.net/wiki");
            }
            (Product::Jira, _) => {
                return refuse("the address of Jira Cloud is https://NAME.atlassian.net");
            }
        }
        base.set_path(product.cloud_context());
        Ok(Self { product, base, place: Place::Site { realm } })
    }

    fn data_center(product: Product, mut base: Url) -> Self {
        let path = base.path().trim_end_matches('/').to_owned();
        base.set_path(&path);
        Self { product, base, place: Place::DataCenter }
    }

    /// The product.
    pub fn product(&self) -> Product {
        self.product
    }

    /// Whether it is Cloud, however reached, or Data Center.
    pub fn kind(&self) -> DeploymentKind {
        match self.place {
            Place::Site { .. } | Place::Gateway { .. } => DeploymentKind::Cloud,
            Place::DataCenter => DeploymentKind::DataCenter,
        }
    }

    /// The address under which the REST interfaces lie, without a slash at the end unless the path
    /// is empty: `https://NAME.atlassian.net/wiki`,
    /// `https://api.atlassian.com/ex/confluence/{cloudId}/wiki`, `https://HOST/CONTEXT`; for Jira
    /// without `/wiki`.
    pub fn base(&self) -> &Url {
        &self.base
    }

    /// The realm of a Cloud site.
    pub fn realm(&self) -> Option<&Realm> {
        match &self.place {
            Place::Site { realm } | Place::Gateway { realm, .. } => Some(realm),
            Place::DataCenter => None,
        }
    }

    /// The id of the site, when it is reached through the gateway.
    pub fn cloud_id(&self) -> Option<&str> {
        match &self.place {
            Place::Gateway { cloud_id, .. } => Some(cloud_id),
            Place::Site { .. } | Place::DataCenter => None,
        }
    }

    /// The address for browsers: [`Deployment::base`] except through the gateway, where it is the
    /// site's own, if that is known.
    pub fn site(&self) -> Option<&Url> {
        match &self.place {
            Place::Site { .. } | Place::DataCenter => Some(&self.base),
            Place::Gateway { site, .. } => site.as_ref(),
        }
    }

    /// Whether an absolute address in an answer is this deployment's own, by scheme, host and port.
    /// Through the gateway, answers name the site itself.
    pub(crate) fn owns(&self, url: &Url) -> bool {
        if !url.username().is_empty() || url.password().is_some() {
            return false;
        }
        let at = |own: &Url| url.origin() == own.origin();
        match &self.place {
            Place::Site { .. } | Place::DataCenter => at(&self.base),
            Place::Gateway { realm, site, .. } => {
                let named = || {
                    let standard = url.scheme() == "https" && url.port().is_none();
                    standard && url.host_str().is_some_and(|host| realm.has_site(host))
                };
                at(&self.base) || site.as_ref().map_or_else(named, at)
            }
        }
    }
}

/// The cloud id, when the address is one of the realm's gateway.
fn on_gateway(
    product: Product,
    base: &Url,
    realm: &Realm,
) -> Result<Option<String>, ConfigurationError> {
    if base.origin().ascii_serialization() != realm.api() {
        return Ok(None);
    }
    let segments: Vec<&str> = base.path_segments().into_iter().flatten().collect();
    match segments.as_slice() {
        ["ex", name, cloud_id, ..] if *name == product.name() => Ok(Some((*cloud_id).to_owned())),
        _ => refuse(
            "use the site's own address, https://NAME.atlassian.net, or the gateway's with product and cloud id, https://api.atlassian.com/ex/confluence/CLOUD-ID",
        ),
    }
}

fn parse(url: &str) -> Result<Url, ConfigurationError> {
    let Ok(base) = Url::parse(url) else {
        return refuse("the site's address must be a URL such as https://NAME.atlassian.net/wiki");
    };
    if !matches!(base.scheme(), "http" | "https") || !base.has_host() {
        return refuse("the site's address must begin with https:// or http://");
    }
    if !base.username().is_empty() || base.password().is_some() {
        return refuse("the site's address must not hold a user name or password");
    }
    if base.query().is_some() || base.fragment().is_some() {
        return refuse("the site's address must end before any ? or #");
    }
    Ok(base)
}

fn refuse<T>(text: &str) -> Result<T, ConfigurationError> {
    Err(ConfigurationError::Url(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::DeploymentKind::{Cloud, DataCenter};
    use super::Product::{Confluence, Jira};
    use super::*;

    const ID: &str = "1324a887-45db-1bf4-1e99-ef0ff456d421";

    #[test]
    fn addresses_as_people_write_them_are_read() {
        let gateway = "https://api.atlassian.com/ex/confluence/1-2/wiki";
        for (product, given, kind, expected_kind, expected) in [
            (Confluence, "https://x.atlassian.net", None, Cloud, "https://x.atlassian.net/wiki"),
            (Confluence, "https://x.atlassian.net/", None, Cloud, "https://x.atlassian.net/wiki"),
            (
                Confluence,
                " https://X.atlassian.net/wiki ",
                None,
                Cloud,
                "https://x.atlassian.net/wiki",
            ),
            (
                Confluence,
                "https://x.atlassian.net/wiki/spaces/A/overview",
                None,
                Cloud,
                "https://x.atlassian.net/wiki",
            ),
            (
                Confluence,
                "https://x.atlassian-us-gov-mod.net",
                None,
                Cloud,
                "https://x.atlassian-us-gov-mod.net/wiki",
            ),
            (Confluence, "http://127.0.0.1:9/wiki", Some(Cloud), Cloud, "http://127.0.0.1:9/wiki"),
            (
                Confluence,
                "https://wiki.example.com",
                Some(Cloud),
                Cloud,
                "https://wiki.example.com/wiki",
            ),
            (Confluence, "https://api.atlassian.com/ex/confluence/1-2", None, Cloud, gateway),
            (Confluence, gateway, Some(Cloud), Cloud, gateway),
            (Confluence, "https://wiki.example.com", None, DataCenter, "https://wiki.example.com/"),
            (Confluence, "https://e.com/confluence/", None, DataCenter, "https://e.com/confluence"),
            (Confluence, "https://e.com/wiki", None, DataCenter, "https://e.com/wiki"),
            (
                Confluence,
                "https://atlassian.net.evil.example",
                None,
                DataCenter,
                "https://atlassian.net.evil.example/",
            ),
            (Jira, "https://x.atlassian.net", None, Cloud, "https://x.atlassian.net/"),
            (
                Jira,
                "https://x.atlassian.net/jira/your-work",
                None,
                Cloud,
                "https://x.atlassian.net/",
            ),
            (Jira, "https://x.atlassian.net/browse/A-1", None, Cloud, "https://x.atlassian.net/"),
            (
                Jira,
                "https://api.atlassian.com/ex/jira/1-2/",
                None,
                Cloud,
                "https://api.atlassian.com/ex/jira/1-2",
            ),
            (Jira, "https://e.com/jira", None, DataCenter, "https://e.com/jira"),
        ] {
            let deployment = Deployment::new(product, given, kind).unwrap();
            let actual = (deployment.kind(), deployment.base().as_str());
            assert_eq!(actual, (expected_kind, expected), "{given}");
            let again = Deployment::new(product, expected, Some(expected_kind)).unwrap();
            assert_eq!(again, deployment, "{given}");
        }
    }

    #[test]
    fn addresses_that_would_leak_or_mislead_are_refused() {
        for given in [
            "",
            "x.atlassian.net",
            "ftp://x.example.com",
            "file:///etc/passwd",
            "https://me:secret@x.atlassian.net",
            "https://me@x.example.com",
            "https://x.example.com/?a=b",
            "https://x.example.com/#top",
            "http://x.atlassian.net/wiki",
            "https://x.atlassian.net/jira/your-work",
            "https://api.atlassian.com",
            "https://api.atlassian.com/ex/jira/1-2-3",
            "https://api.atlassian.com/ex/confluence/",
            "https://api.atlassian.com/ex/confluence/%2e%2e/x",
            "http://api.atlassian.com/ex/confluence/1-2-3",
        ] {
            let error = Deployment::from_url(given, None).unwrap_err();
            assert!(!error.to_string().contains("secret"), "{error}");
        }
        assert!(Deployment::new(Jira, "https://x.atlassian.net/wiki", None).is_err());
    }

    #[test]
    fn a_site_keeps_its_own_address_and_realm_through_the_gateway() {
        let site = Deployment::from_url("https://x.atlassian-us-gov-mod.net", None).unwrap();
        let through = site.through_gateway(ID).unwrap();
        assert_eq!(
            through.base().as_str(),
            format!("https://api.atlassian-us-gov-mod.com/ex/confluence/{ID}/wiki")
        );
        assert_eq!((through.site(), through.cloud_id()), (site.site(), Some(ID)));
        assert_eq!((through.realm(), through.kind()), (site.realm(), Cloud));
        let data_center = Deployment::from_url("https://wiki.example.com", None).unwrap();
        assert_eq!(data_center.through_gateway(ID), Err(ConfigurationError::NoGateway));
        for id in ["", "../..", "a/b", "a?b", "ü", &"a".repeat(65)] {
            assert_eq!(site.through_gateway(id), Err(ConfigurationError::CloudId), "{id}");
        }
    }

    #[test]
    fn a_site_of_this_machine_lies_in_the_realm_that_it_is_given() {
        let realm =
            Realm::custom("http://127.0.0.1:8", "http://127.0.0.1:8", "a", ".test").unwrap();
        let at = |url: &str| Deployment::in_realm(Confluence, url, realm.clone()).unwrap();
        let site = at("http://127.0.0.1:7/wiki");
        assert_eq!(site.base().as_str(), "http://127.0.0.1:7/wiki");
        let through = site.through_gateway(ID).unwrap();
        let address = format!("http://127.0.0.1:8/ex/confluence/{ID}/wiki");
        assert_eq!(through.base().as_str(), address);
        assert_eq!(at(&address).cloud_id(), Some(ID));
    }
}
