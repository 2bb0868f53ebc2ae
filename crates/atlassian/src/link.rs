//! Addresses: how they are built, and how links in answers become addresses of the same site.

use url::Url;

use crate::{ContentId, Deployment, DeploymentKind};

/// The REST interfaces. Confluence Cloud has the first two, Confluence Data Center the first, Jira
/// the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Interface {
    V1,
    V2,
    /// The platform of Jira: version 3 on Cloud, version 2 on Data Center.
    Jira,
}

impl Interface {
    fn root(self, kind: DeploymentKind) -> &'static [&'static str] {
        match (self, kind) {
            (Self::V1, _) => &["rest", "api"],
            (Self::V2, _) => &["api", "v2"],
            (Self::Jira, DeploymentKind::Cloud) => &["rest", "api", "3"],
            (Self::Jira, DeploymentKind::DataCenter) => &["rest", "api", "2"],
        }
    }
}

/// The address of an endpoint; segments and values are encoded as needed.
pub(crate) fn endpoint(
    deployment: &Deployment,
    interface: Interface,
    segments: &[&str],
    query: &[(&str, &str)],
) -> Url {
    let mut url = deployment.base().clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(interface.root(deployment.kind())).extend(segments);
    }
    if !query.is_empty() {
        url.query_pairs_mut().extend_pairs(query);
    }
    url
}

/// Makes a `_links.next` an address of the deployment, or refuses it.
///
/// The link means different things: on v2 it is relative to the host (`/wiki/api/v2/…`), on v1
/// and Data Center relative to the context path (`/rest/api/…`), and now and then it is absolute.
/// Through the gateway each of them names the site, and leads to the gateway again. Accepted is what
/// leads to a REST interface of the same scheme, host and port, or of the site behind the gateway.
pub(crate) fn reroot(deployment: &Deployment, link: &str) -> Option<Url> {
    let base = deployment.base();
    let target = base.join(link).ok()?;
    if !deployment.owns(&target) {
        return None;
    }
    let context = base.path().trim_end_matches('/');
    let contexts = [context, site_context(deployment)];
    let below =
        |context: &&str| target.path().strip_prefix(*context).filter(|rest| rest.starts_with('/'));
    let path = contexts.iter().find_map(below).unwrap_or(target.path());
    if !path.starts_with("/rest/api/") && !path.starts_with("/api/v2/") {
        return None;
    }
    let mut url = base.clone();
    url.set_path(&format!("{context}{path}"));
    url.set_query(target.query());
    Some(url)
}

/// The path under which the product lies on the site itself, as answers write it.
fn site_context(deployment: &Deployment) -> &str {
    match deployment.kind() {
        DeploymentKind::Cloud => deployment.product().cloud_context(),
        DeploymentKind::DataCenter => deployment.base().path().trim_end_matches('/'),
    }
}

/// The address of a content or space for a browser: `webui` under the site's own name for itself.
///
/// `named` is `_links.base` of the answer, which behind a proxy or a custom domain differs from
/// the address that this program uses.
pub(crate) fn for_browser(
    deployment: &Deployment,
    named: Option<&str>,
    webui: Option<&str>,
    fallback: &str,
) -> String {
    let named = named.and_then(|named| Url::parse(named).ok());
    let base = named.filter(|url| matches!(url.scheme(), "http" | "https"));
    let own = deployment.site().unwrap_or(deployment.base());
    let base = base.as_ref().unwrap_or(own).as_str().trim_end_matches('/');
    match webui {
        Some(path) if path.starts_with('/') && !path.starts_with("//") => format!("{base}{path}"),
        _ => format!("{base}{fallback}"),
    }
}

/// The address of a content for a browser; by its id, which both products understand, when the
/// answer names no better one.
pub(crate) fn content_for_browser(
    deployment: &Deployment,
    named: Option<&str>,
    webui: Option<&str>,
    id: &ContentId,
) -> String {
    let fallback = format!("/pages/viewpage.action?pageId={id}");
    for_browser(deployment, named, webui, &fallback)
}

/// The key in a browser path of a space: `/spaces/ENG/…` on Cloud, `/display/ENG/…` on Data
/// Center.
pub(crate) fn space_key(path: &str) -> Option<String> {
    let rest = path.split_once("/spaces/").or_else(|| path.split_once("/display/"))?.1;
    let key = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if key.is_empty() { None } else { Some(key.to_owned()) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Product;

    fn cloud() -> Deployment {
        Deployment::from_url("https://x.atlassian.net", None).unwrap()
    }

    fn data_center(url: &str) -> Deployment {
        Deployment::from_url(url, None).unwrap()
    }

    const GATEWAY: &str = "https://api.atlassian.com/ex/confluence/1-2/wiki";

    /// The site's address is known through the gateway when it led there, or unknown.
    fn through_gateway() -> [Deployment; 2] {
        let alone = Deployment::from_url(GATEWAY, None).unwrap();
        [cloud().through_gateway("1-2").unwrap(), alone]
    }

    fn jira(url: &str) -> Deployment {
        Deployment::new(Product::Jira, url, None).unwrap()
    }

    #[test]
    fn endpoints_lie_below_the_base_of_each_deployment() {
        use Interface::{Jira, V1, V2};
        let gateway = || Deployment::from_url(GATEWAY, None).unwrap();
        for (deployment, interface, expected) in [
            (cloud(), V2, "https://x.atlassian.net/wiki/api/v2/a/~b%2Fc%3Fd%23e?q=%22f%26g%22+h"),
            (cloud(), V1, "https://x.atlassian.net/wiki/rest/api/a/~b%2Fc%3Fd%23e?q=%22f%26g%22+h"),
            (
                gateway(),
                V2,
                "https://api.atlassian.com/ex/confluence/1-2/wiki/api/v2/a/~b%2Fc%3Fd%23e?q=%22f%26g%22+h",
            ),
            (
                gateway(),
                V1,
                "https://api.atlassian.com/ex/confluence/1-2/wiki/rest/api/a/~b%2Fc%3Fd%23e?q=%22f%26g%22+h",
            ),
            (
                data_center("https://w.example.com"),
                V1,
                "https://w.example.com/rest/api/a/~b%2Fc%3Fd%23e?q=%22f%26g%22+h",
            ),
            (
                data_center("https://w.example.com/c/"),
                V1,
                "https://w.example.com/c/rest/api/a/~b%2Fc%3Fd%23e?q=%22f%26g%22+h",
            ),
            (
                jira("https://x.atlassian.net"),
                Jira,
                "https://x.atlassian.net/rest/api/3/a/~b%2Fc%3Fd%23e?q=%22f%26g%22+h",
            ),
            (
                jira("https://api.atlassian.com/ex/jira/1-2"),
                Jira,
                "https://api.atlassian.com/ex/jira/1-2/rest/api/3/a/~b%2Fc%3Fd%23e?q=%22f%26g%22+h",
            ),
            (
                jira("https://jira.example.com/j"),
                Jira,
                "https://jira.example.com/j/rest/api/2/a/~b%2Fc%3Fd%23e?q=%22f%26g%22+h",
            ),
        ] {
            let query = [("q", "\"f&g\" h")];
            let url = endpoint(&deployment, interface, &["a", "~b/c?d#e"], &query);
            assert_eq!(url.as_str(), expected);
        }
        let bare = endpoint(&cloud(), V2, &["spaces"], &[]);
        assert_eq!(bare.as_str(), "https://x.atlassian.net/wiki/api/v2/spaces");
    }

    /// Each of the three forms in which a site writes its links, on each deployment.
    #[test]
    fn every_form_of_next_link_stays_on_the_site() {
        for (link, path) in [
            (
                "/wiki/api/v2/spaces?limit=250&cursor=eyJpZCI6IjEifQ==",
                "/api/v2/spaces?limit=250&cursor=eyJpZCI6IjEifQ==",
            ),
            (
                "/rest/api/search?next=true&cursor=a%2Fb&limit=5&start=5&cql=type%3Dpage",
                "/rest/api/search?next=true&cursor=a%2Fb&limit=5&start=5&cql=type%3Dpage",
            ),
            ("https://x.atlassian.net/wiki/api/v2/pages?cursor=1", "/api/v2/pages?cursor=1"),
            ("https://x.atlassian.net/wiki/rest/api/search?cursor=1", "/rest/api/search?cursor=1"),
        ] {
            let site = reroot(&cloud(), link);
            let expected = format!("https://x.atlassian.net/wiki{path}");
            assert_eq!(site.as_ref().map(Url::as_str), Some(&*expected), "{link}");
            for deployment in through_gateway() {
                let url = reroot(&deployment, link);
                let expected = format!("{GATEWAY}{path}");
                assert_eq!(url.as_ref().map(Url::as_str), Some(&*expected), "{link}");
            }
        }
        for link in
            ["/ex/confluence/1-2/wiki/api/v2/pages?cursor=1", &format!("{GATEWAY}/api/v2/p")]
        {
            for deployment in through_gateway() {
                let url = reroot(&deployment, link);
                assert!(url.is_some_and(|url| url.as_str().starts_with(GATEWAY)), "{link}");
            }
        }
        let root = data_center("https://w.example.com");
        let context = data_center("https://w.example.com:8443/confluence");
        for (deployment, link, expected) in [
            (
                &root,
                "/rest/api/content?limit=200&start=200",
                "https://w.example.com/rest/api/content?limit=200&start=200",
            ),
            (
                &context,
                "/rest/api/content?start=200",
                "https://w.example.com:8443/confluence/rest/api/content?start=200",
            ),
            (
                &context,
                "/confluence/rest/api/content?start=200",
                "https://w.example.com:8443/confluence/rest/api/content?start=200",
            ),
            (
                &context,
                "https://w.example.com:8443/confluence/rest/api/latest/../paginate?start=50",
                "https://w.example.com:8443/confluence/rest/api/paginate?start=50",
            ),
        ] {
            let url = reroot(deployment, link);
            assert_eq!(url.as_ref().map(Url::as_str), Some(expected), "{link}");
        }
    }

    #[test]
    fn links_of_jira_stay_on_its_site_and_product() {
        let link = "https://x.atlassian.net/rest/api/3/project/search?startAt=50";
        for (base, expected) in [
            ("https://x.atlassian.net", Some(link)),
            (
                "https://api.atlassian.com/ex/jira/1-2",
                Some("https://api.atlassian.com/ex/jira/1-2/rest/api/3/project/search?startAt=50"),
            ),
            ("https://jira.example.com", None),
        ] {
            let url = reroot(&jira(base), link);
            assert_eq!(url.as_ref().map(Url::as_str), expected, "{base}");
        }
    }

    #[test]
    fn links_through_the_gateway_lead_to_no_other_site() {
        let [known, unknown] = through_gateway();
        for link in [
            "https://evil.example/wiki/api/v2/pages",
            "//evil.example/wiki/api/v2/pages",
            "https://api.atlassian.com/ex/confluence/9-9/wiki/api/v2/pages",
            "/ex/confluence/9-9/wiki/api/v2/pages",
            "/ex/jira/1-2/rest/api/3/myself",
            "/oauth/token/accessible-resources",
            "http://x.atlassian.net/wiki/api/v2/pages",
            "https://x.atlassian.net:8443/wiki/api/v2/pages",
            "https://me:pw@x.atlassian.net/wiki/api/v2/pages",
            "https://x.atlassian-us-gov-mod.net/wiki/api/v2/pages",
            "?cursor=1",
        ] {
            assert_eq!(reroot(&known, link), None, "{link}");
            assert_eq!(reroot(&unknown, link), None, "{link}");
        }
        let other = "https://other.atlassian.net/wiki/api/v2/pages";
        assert_eq!(reroot(&known, other), None);
    }

    #[test]
    fn links_away_from_the_site_or_its_interface_are_refused() {
        for link in [
            "https://evil.example/wiki/api/v2/pages",
            "//evil.example/wiki/api/v2/pages",
            r"\\evil.example\wiki\api\v2\pages",
            "http://x.atlassian.net/wiki/api/v2/pages",
            "https://x.atlassian.net:8443/wiki/api/v2/pages",
            "https://x.atlassian.net.evil.example/wiki/api/v2/pages",
            "https://x.atlassian.net@evil.example/wiki/api/v2/pages",
            "https://me:pw@x.atlassian.net/wiki/api/v2/pages",
            "file:///wiki/api/v2/pages",
            "javascript:alert(1)",
            "/wiki/admin/users",
            "/wiki/api/v2/../../logout",
            "/wiki/api/v2/%2e%2e/%2e%2e/logout",
            "/wikiapi/v2/pages",
            "?cursor=1",
            "",
            "http://[",
        ] {
            assert_eq!(reroot(&cloud(), link), None, "{link}");
        }
    }

    #[test]
    fn the_key_of_a_space_is_read_from_its_path() {
        for (path, expected) in [
            ("/spaces/ENG", Some("ENG")),
            ("/spaces/~712020/overview", Some("~712020")),
            ("/wiki/spaces/ENG?x=y", Some("ENG")),
            ("/display/ENG/Title", Some("ENG")),
            ("/spaces/", None),
            ("/pages/1", None),
        ] {
            assert_eq!(space_key(path).as_deref(), expected, "{path}");
        }
    }

    #[test]
    fn addresses_for_browsers_follow_the_sites_own_name() {
        let site = cloud();
        let own = "https://x.atlassian.net/wiki";
        for (named, webui, expected) in [
            (None, Some("/spaces/A/pages/1/T"), format!("{own}/spaces/A/pages/1/T")),
            (
                Some("https://wiki.example.com/wiki"),
                Some("/s"),
                "https://wiki.example.com/wiki/s".into(),
            ),
            (Some("javascript:alert(1)"), Some("/s"), format!("{own}/s")),
            (Some("nonsense"), Some("/s"), format!("{own}/s")),
            (None, Some("//evil.example"), format!("{own}/f")),
            (None, Some("https://evil.example"), format!("{own}/f")),
            (None, None, format!("{own}/f")),
        ] {
            assert_eq!(for_browser(&site, named, webui, "/f"), expected);
            let through = site.through_gateway("1-2").unwrap();
            assert_eq!(for_browser(&through, named, webui, "/f"), expected);
        }
    }

    proptest! {
        #[test]
        fn whatever_a_link_says_it_stays_in_the_interface(
            link in r"(https?:)?[/\\]{0,3}(x\.atlassian\.net|evil\.example)?(:\d{1,5})?(/|\.\.|%2e|wiki|rest|api|v2|@|\?|#|;|\PC){0,12}",
        ) {
            if let Some(url) = reroot(&cloud(), &link) {
                prop_assert!(
                    url.as_str().starts_with("https://x.atlassian.net/wiki/rest/api/")
                        || url.as_str().starts_with("https://x.atlassian.net/wiki/api/v2/"),
                    "{link} led to {url}"
                );
            }
        }
    }
}
