use std::borrow::Cow;

use url::{Host, Url};

use crate::ConfigurationError;

/// One Atlassian cloud: where people consent and tokens are made, where the gateway is, whom a
/// grant is for, and how sites are called.
///
/// Commercial and government clouds are separate: apps, accounts and tokens of one mean nothing to
/// the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Realm {
    auth: Cow<'static, str>,
    api: Cow<'static, str>,
    audience: Cow<'static, str>,
    site_suffixes: Cow<'static, [Cow<'static, str>]>,
}

const COMMERCIAL: Realm = Realm {
    auth: Cow::Borrowed("https://auth.atlassian.com"),
    api: Cow::Borrowed("https://api.atlassian.com"),
    audience: Cow::Borrowed("api.atlassian.com"),
    site_suffixes: Cow::Borrowed(&[Cow::Borrowed(".atlassian.net")]),
};

const US_GOVERNMENT: Realm = Realm {
    auth: Cow::Borrowed("https://auth.atlassian-us-gov-mod.com"),
    api: Cow::Borrowed("https://api.atlassian-us-gov-mod.com"),
    audience: Cow::Borrowed("api.atlassian-us-gov-mod.com"),
    site_suffixes: Cow::Borrowed(&[
        Cow::Borrowed(".atlassian-us-gov-mod.net"),
        Cow::Borrowed(".atlassian-us-gov.net"),
    ]),
};

impl Realm {
    /// `*.atlassian.net`.
    pub fn commercial() -> Self {
        COMMERCIAL
    }

    /// Atlassian Government Cloud: `*.atlassian-us-gov-mod.net`. Apps are made in its own developer
    /// console.
    pub fn us_government() -> Self {
        US_GOVERNMENT
    }

    /// Another cloud, by the origins of its authorization server and its gateway, the audience that
    /// grants are for, and the end of its sites' host names, such as `.example.net`.
    ///
    /// # Errors
    /// Refuses origins that are not https (http is for loopback alone) or that have a path.
    pub fn custom(
        auth: &str,
        api: &str,
        audience: &str,
        site_suffix: &str,
    ) -> Result<Self, ConfigurationError> {
        Ok(Self {
            auth: origin(auth)?.into(),
            api: origin(api)?.into(),
            audience: audience.to_owned().into(),
            site_suffixes: vec![site_suffix.to_ascii_lowercase().into()].into(),
        })
    }

    /// The realm that a site or gateway of this host belongs to, if the host tells.
    pub fn of_host(host: &str) -> Option<Self> {
        [COMMERCIAL, US_GOVERNMENT]
            .into_iter()
            .find(|realm| realm.has_site(host) || realm.is_gateway(host))
    }

    /// Whether a site of this host is one of the realm by its name. Custom domains are not.
    pub fn has_site(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        self.site_suffixes.iter().any(|suffix| !suffix.is_empty() && host.ends_with(&**suffix))
    }

    /// Origin of the authorization server, such as `https://auth.atlassian.com`.
    pub fn auth(&self) -> &str {
        &self.auth
    }

    /// Origin of the gateway, such as `https://api.atlassian.com`.
    pub fn api(&self) -> &str {
        &self.api
    }

    /// Whom a grant is for, such as `api.atlassian.com`.
    pub fn audience(&self) -> &str {
        &self.audience
    }

    pub(crate) fn is_gateway(&self, host: &str) -> bool {
        let gateway = Url::parse(&self.api).ok();
        gateway.as_ref().and_then(Url::host_str) == Some(host)
    }
}

/// `https://HOST` without a final slash.
fn origin(text: &str) -> Result<String, ConfigurationError> {
    let url = Url::parse(text).ok().filter(|url| {
        let secure = url.scheme() == "https" || (url.scheme() == "http" && is_loopback(url));
        secure && url.path() == "/" && url.query().is_none() && url.fragment().is_none()
    });
    url.map(|url| url.origin().ascii_serialization()).ok_or_else(|| {
        ConfigurationError::Url(
            "the hosts of a realm are origins such as https://api.atlassian.com".to_owned(),
        )
    })
}

/// Whether the address is one of this very machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_tell_their_realm() {
        for (host, expected) in [
            ("x.atlassian.net", Some(Realm::commercial())),
            ("X.Atlassian.Net", Some(Realm::commercial())),
            ("api.atlassian.com", Some(Realm::commercial())),
            ("x.atlassian-us-gov-mod.net", Some(Realm::us_government())),
            ("x.atlassian-us-gov.net", Some(Realm::us_government())),
            ("api.atlassian-us-gov-mod.com", Some(Realm::us_government())),
            ("atlassian.net", None),
            ("xatlassian.net", None),
            ("x.atlassian.net.evil.example", None),
            ("api.atlassian.com.evil.example", None),
            ("wiki.example.com", None),
        ] {
            assert_eq!(Realm::of_host(host), expected, "{host}");
        }
    }

    #[test]
    fn a_custom_realm_is_reached_safely_or_on_this_machine() {
        let realm = Realm::custom("http://127.0.0.1:9", "https://api.example.com/", "a", ".X.test");
        let realm = realm.unwrap();
        assert_eq!(
            (realm.auth(), realm.api(), realm.audience()),
            ("http://127.0.0.1:9", "https://api.example.com", "a")
        );
        assert!(realm.has_site("site.x.test"));
        for api in ["http://api.example.com", "https://a.example/b", "https://a.example?x", "a"] {
            assert!(Realm::custom("https://auth.example", api, "a", ".x").is_err(), "{api}");
        }
    }
}
