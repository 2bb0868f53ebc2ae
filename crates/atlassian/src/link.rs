//! Addresses: how they are built, and how links in answers become addresses of the same site.

use url::Url;

use crate::{ContentId, Deployment};

/// The REST interfaces. Cloud has both; Data Center has the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Interface {
    V1,
    V2,
}

impl Interface {
    fn root(self) -> [&'static str; 2] {
        match self {
            Self::V1 => ["rest", "api"],
            Self::V2 => ["api", "v2"],
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
        path.pop_if_empty().extend(interface.root()).extend(segments);
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
/// Accepted is what leads to a REST interface of the same scheme, host and port.
pub(crate) fn reroot(deployment: &Deployment, link: &str) -> Option<Url> {
    let base = deployment.base();
    let target = base.join(link).ok()?;
    let own = target.origin() == base.origin()
        && target.username().is_empty()
        && target.password().is_none();
    if !own {
        return None;
    }
    let context = base.path().trim_end_matches('/');
    let path = match target.path().strip_prefix(context) {
        Some(rest) if rest.starts_with('/') => rest,
        _ => target.path(),
    };
    if !path.starts_with("/rest/api/") && !path.starts_with("/api/v2/") {
        return None;
    }
    let mut url = base.clone();
    url.set_path(&format!("{context}{path}"));
    url.set_query(target.query());
    Some(url)
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
    let base = base.as_ref().unwrap_or(deployment.base()).as_str().trim_end_matches('/');
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

    fn cloud() -> Deployment {
        Deployment::from_url("https://x.atlassian.net", None).unwrap()
    }

    fn data_center(url: &str) -> Deployment {
        Deployment::from_url(url, None).unwrap()
    }

    #[test]
    fn endpoints_lie_below_the_base_of_each_deployment() {
        let v2 = endpoint(&cloud(), Interface::V2, &["spaces", "1", "pages"], &[("limit", "250")]);
        assert_eq!(v2.as_str(), "https://x.atlassian.net/wiki/api/v2/spaces/1/pages?limit=250");
        let v1 = endpoint(&cloud(), Interface::V1, &["search"], &[("cql", "a = \"b&c\"")]);
        assert_eq!(
            v1.as_str(),
            "https://x.atlassian.net/wiki/rest/api/search?cql=a+%3D+%22b%26c%22"
        );
        let key = ["space", "~a/b?c#d"];
        for (base, expected) in [
            ("https://w.example.com", "https://w.example.com/rest/api/space/~a%2Fb%3Fc%23d"),
            ("https://w.example.com/c/", "https://w.example.com/c/rest/api/space/~a%2Fb%3Fc%23d"),
        ] {
            let url = endpoint(&data_center(base), Interface::V1, &key, &[]);
            assert_eq!(url.as_str(), expected);
        }
    }

    #[test]
    fn every_form_of_next_link_stays_on_the_site() {
        let root = data_center("https://w.example.com");
        let context = data_center("https://w.example.com:8443/confluence");
        for (deployment, link, expected) in [
            (
                cloud(),
                "/wiki/api/v2/spaces?limit=250&cursor=eyJpZCI6IjEifQ==",
                "https://x.atlassian.net/wiki/api/v2/spaces?limit=250&cursor=eyJpZCI6IjEifQ==",
            ),
            (
                cloud(),
                "/rest/api/search?next=true&cursor=a%2Fb&limit=5&start=5&cql=type%3Dpage",
                "https://x.atlassian.net/wiki/rest/api/search?next=true&cursor=a%2Fb&limit=5&start=5&cql=type%3Dpage",
            ),
            (
                cloud(),
                "https://x.atlassian.net/wiki/api/v2/pages?cursor=1",
                "https://x.atlassian.net/wiki/api/v2/pages?cursor=1",
            ),
            (
                root,
                "/rest/api/content?limit=200&start=200",
                "https://w.example.com/rest/api/content?limit=200&start=200",
            ),
            (
                context.clone(),
                "/rest/api/content?start=200",
                "https://w.example.com:8443/confluence/rest/api/content?start=200",
            ),
            (
                context.clone(),
                "/confluence/rest/api/content?start=200",
                "https://w.example.com:8443/confluence/rest/api/content?start=200",
            ),
            (
                context,
                "https://w.example.com:8443/confluence/rest/api/latest/../paginate?start=50",
                "https://w.example.com:8443/confluence/rest/api/paginate?start=50",
            ),
        ] {
            let url = reroot(&deployment, link);
            assert_eq!(url.as_ref().map(Url::as_str), Some(expected), "{link}");
        }
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
