use url::Url;

/// Where a site is reached.
///
/// The gateway (`https://api.atlassian.com/ex/confluence/{cloudId}`), which OAuth grants and scoped
/// tokens need, becomes a third variant; everything that depends on the place of a site asks
/// this type, so that nothing else changes then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deployment {
    /// A Cloud site by its own address. `base` ends in `/wiki`.
    CloudSite {
        /// `https://NAME.atlassian.net/wiki`
        base: Url,
    },
    /// A Data Center or Server installation. `base` includes the context path, if there is one.
    DataCenter {
        /// `https://HOST` or `https://HOST/CONTEXT`, without a final slash in the context path.
        base: Url,
    },
}

/// An explicit choice where the address alone does not tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeploymentKind {
    /// Confluence Cloud.
    Cloud,
    /// Confluence Data Center or Server.
    DataCenter,
}

/// Why a client could not be configured. The text is for the person who configures it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigurationError {
    /// The address of the site cannot be used.
    #[error("{0}")]
    Url(String),
    /// Not an id of Confluence.
    #[error("a content id consists of digits only, such as 123456")]
    ContentId,
    /// An additional certificate authority could not be read.
    #[error("an additional certificate authority is not a PEM or DER certificate: {0}")]
    Certificate(String),
    /// The HTTP client could not be set up.
    #[error("the HTTP client could not be set up: {0}")]
    Client(String),
}

/// Hosts of Cloud sites: commercial, then the two names of Atlassian Government Cloud.
const CLOUD_SUFFIXES: [&str; 3] =
    [".atlassian.net", ".atlassian-us-gov-mod.net", ".atlassian-us-gov.net"];

const GATEWAY_PREFIX: &str = "api.atlassian";

impl Deployment {
    /// Reads the address of a site as a person would give it, with or without `/wiki`.
    ///
    /// Without an explicit `kind`, `*.atlassian.net` is Cloud and everything else Data Center.
    ///
    /// # Errors
    /// Refuses other schemes than http and https, user info, a query or a fragment, plain http to
    /// a Cloud host, and the gateway's address.
    pub fn from_url(url: &str, kind: Option<DeploymentKind>) -> Result<Self, ConfigurationError> {
        let base = parse(url.trim())?;
        let host = base.host_str().unwrap_or_default();
        if host.starts_with(GATEWAY_PREFIX) {
            return refuse("use the site's own address, https://NAME.atlassian.net/wiki");
        }
        let cloud_host = CLOUD_SUFFIXES.iter().any(|suffix| host.ends_with(suffix));
        if cloud_host && base.scheme() != "https" {
            return refuse("a Cloud site is reached by https only");
        }
        let default = if cloud_host { DeploymentKind::Cloud } else { DeploymentKind::DataCenter };
        match kind.unwrap_or(default) {
            DeploymentKind::Cloud => cloud(base),
            DeploymentKind::DataCenter => Ok(data_center(base)),
        }
    }

    /// The address under which the REST interfaces lie.
    pub fn base(&self) -> &Url {
        match self {
            Self::CloudSite { base } | Self::DataCenter { base } => base,
        }
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

fn cloud(mut base: Url) -> Result<Deployment, ConfigurationError> {
    let first = base.path_segments().and_then(|mut segments| segments.next()).unwrap_or_default();
    if !matches!(first, "" | "wiki") {
        return refuse("a Cloud site's address is https://NAME.atlassian.net/wiki");
    }
    base.set_path("/wiki");
    Ok(Deployment::CloudSite { base })
}

fn data_center(mut base: Url) -> Deployment {
    let path = base.path().trim_end_matches('/').to_owned();
    base.set_path(&path);
    Deployment::DataCenter { base }
}

fn refuse<T>(text: &str) -> Result<T, ConfigurationError> {
    Err(ConfigurationError::Url(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_as_people_write_them_are_read() {
        use DeploymentKind::{Cloud, DataCenter};
        for (given, kind, expected_kind, expected) in [
            ("https://x.atlassian.net", None, Cloud, "https://x.atlassian.net/wiki"),
            ("https://x.atlassian.net/", None, Cloud, "https://x.atlassian.net/wiki"),
            (" https://X.atlassian.net/wiki ", None, Cloud, "https://x.atlassian.net/wiki"),
            (
                "https://x.atlassian.net/wiki/spaces/A/overview",
                None,
                Cloud,
                "https://x.atlassian.net/wiki",
            ),
            (
                "https://x.atlassian-us-gov-mod.net",
                None,
                Cloud,
                "https://x.atlassian-us-gov-mod.net/wiki",
            ),
            ("http://127.0.0.1:9/wiki", Some(Cloud), Cloud, "http://127.0.0.1:9/wiki"),
            ("https://wiki.example.com", None, DataCenter, "https://wiki.example.com/"),
            ("https://e.com/confluence/", None, DataCenter, "https://e.com/confluence"),
            ("https://e.com/wiki", None, DataCenter, "https://e.com/wiki"),
            (
                "https://atlassian.net.evil.example",
                None,
                DataCenter,
                "https://atlassian.net.evil.example/",
            ),
        ] {
            let deployment = Deployment::from_url(given, kind).unwrap();
            let actual = match deployment {
                Deployment::CloudSite { .. } => Cloud,
                Deployment::DataCenter { .. } => DataCenter,
            };
            assert_eq!((actual, deployment.base().as_str()), (expected_kind, expected), "{given}");
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
            "https://api.atlassian.com/ex/confluence/1-2-3",
        ] {
            let error = Deployment::from_url(given, None).unwrap_err();
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }
}
