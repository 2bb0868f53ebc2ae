//! Which scope an endpoint needs, so that its lack can be named.

/// The scopes to select for an API token or OAuth app that reads Confluence. An OAuth app asks for
/// `offline_access` beside them.
pub const CONFLUENCE_READ_SCOPES: [&str; 21] = [
    "read:analytics.content:confluence",
    "read:attachment:confluence",
    "read:comment:confluence",
    "read:content-details:confluence",
    "read:content.metadata:confluence",
    "read:content.restriction:confluence",
    "read:content:confluence",
    "read:database:confluence",
    "read:embed:confluence",
    "read:folder:confluence",
    "read:group:confluence",
    "read:hierarchical-content:confluence",
    "read:label:confluence",
    "read:page:confluence",
    "read:space.permission:confluence",
    "read:space:confluence",
    "read:task:confluence",
    "read:template:confluence",
    "read:user:confluence",
    "read:whiteboard:confluence",
    "readonly:content.attachment:confluence",
];

/// The scopes to select beside [`CONFLUENCE_READ_SCOPES`] for writing.
pub const CONFLUENCE_WRITE_SCOPES: [&str; 25] = [
    "delete:attachment:confluence",
    "delete:comment:confluence",
    "delete:content:confluence",
    "delete:database:confluence",
    "delete:embed:confluence",
    "delete:folder:confluence",
    "delete:page:confluence",
    "delete:space:confluence",
    "delete:whiteboard:confluence",
    "read:content.permission:confluence",
    "read:space-details:confluence",
    "write:attachment:confluence",
    "write:comment:confluence",
    "write:content.restriction:confluence",
    "write:content:confluence",
    "write:database:confluence",
    "write:embed:confluence",
    "write:folder:confluence",
    "write:group:confluence",
    "write:label:confluence",
    "write:page:confluence",
    "write:space.permission:confluence",
    "write:space:confluence",
    "write:task:confluence",
    "write:whiteboard:confluence",
];

/// The scopes to select for an API token or OAuth app that reads Jira: the classic ones, which
/// Atlassian recommends there.
pub const JIRA_READ_SCOPES: [&str; 2] = ["read:jira-work", "read:jira-user"];

/// The scopes to select beside [`JIRA_READ_SCOPES`] for writing.
pub const JIRA_WRITE_SCOPES: [&str; 1] = ["write:jira-work"];

/// Method, path below the product with `*` for one segment, and the granular scope that is most
/// likely the one that is missing: the one that names the object. Of several only that one is told;
/// the documentation lists them all. Source: `security` of Atlassian's `OpenAPI` documents.
const SCOPES: &[(&str, &str, &str)] = &[
    ("GET", "api/v2/spaces", "read:space:confluence"),
    ("GET", "api/v2/spaces/*", "read:space:confluence"),
    ("GET", "api/v2/spaces/*/pages", "read:page:confluence"),
    ("GET", "api/v2/spaces/*/blogposts", "read:page:confluence"),
    ("GET", "api/v2/pages", "read:page:confluence"),
    ("GET", "api/v2/pages/*", "read:page:confluence"),
    ("POST", "api/v2/pages", "write:page:confluence"),
    ("PUT", "api/v2/pages/*", "write:page:confluence"),
    ("DELETE", "api/v2/pages/*", "delete:page:confluence"),
    ("GET", "api/v2/blogposts/*", "read:page:confluence"),
    ("GET", "api/v2/pages/*/labels", "read:page:confluence"),
    ("GET", "api/v2/blogposts/*/labels", "read:page:confluence"),
    ("GET", "api/v2/pages/*/ancestors", "read:content.metadata:confluence"),
    ("GET", "api/v2/pages/*/direct-children", "read:hierarchical-content:confluence"),
    ("GET", "api/v2/folders/*/direct-children", "read:hierarchical-content:confluence"),
    ("GET", "api/v2/folders/*/ancestors", "read:content.metadata:confluence"),
    ("GET", "api/v2/folders/*", "read:folder:confluence"),
    ("GET", "api/v2/space-roles", "read:space.permission:confluence"),
    ("GET", "api/v2/spaces/*/permissions", "read:space.permission:confluence"),
    ("GET", "api/v2/spaces/*/role-assignments", "read:space.permission:confluence"),
    ("GET", "rest/api/analytics/content/*/views", "read:analytics.content:confluence"),
    ("GET", "rest/api/template/*", "read:template:confluence"),
    ("GET", "rest/api/search", "read:content-details:confluence"),
    ("GET", "rest/api/content/search", "read:content-details:confluence"),
    ("GET", "rest/api/user/current", "read:content-details:confluence"),
    ("GET", "rest/api/content/*/restriction/byOperation/*", "read:content-details:confluence"),
];

/// Of Jira the classic scope is told: there are few, and one is enough for each endpoint.
fn of_jira(method: &str, segments: &[&str]) -> &'static str {
    match (method, segments) {
        (_, ["field", _, "context", ..]) => "manage:jira-configuration",
        ("GET", ["myself" | "user" | "users" | "group" | "groups", ..]) => "read:jira-user",
        ("GET", _) | ("POST", ["search" | "jql" | "expression", ..]) => "read:jira-work",
        _ => "write:jira-work",
    }
}

/// The scope for a request by its path on the site or on the gateway.
pub(crate) fn needed(method: &str, path: &str) -> Option<&'static str> {
    let below = ["/wiki/", "/ex/jira/"].into_iter().find_map(|context| {
        let (before, rest) = path.split_once(context)?;
        match context {
            "/ex/jira/" => rest.split_once('/').map(|(_, rest)| rest),
            _ if before.is_empty() || before.starts_with("/ex/confluence/") => Some(rest),
            _ => None,
        }
    });
    let below = below.unwrap_or(path.trim_start_matches('/'));
    let segments: Vec<&str> = below.split('/').collect();
    if let ["rest", "api", "3", rest @ ..] = segments.as_slice() {
        return Some(of_jira(method, rest));
    }
    let is_it = |pattern: &str| {
        let pattern: Vec<&str> = pattern.split('/').collect();
        pattern.len() == segments.len()
            && pattern.iter().zip(&segments).all(|(one, other)| *one == "*" || one == other)
    };
    let row =
        SCOPES.iter().find(|(row_method, pattern, _)| *row_method == method && is_it(pattern));
    row.map(|(_, _, scope)| *scope)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_names_its_scope_wherever_the_site_is_reached() {
        for (method, path, expected) in [
            ("GET", "/wiki/api/v2/pages/12", Some("read:page:confluence")),
            ("GET", "/ex/confluence/1-2/wiki/api/v2/pages/12", Some("read:page:confluence")),
            ("PUT", "/ex/confluence/1-2/wiki/api/v2/pages/12", Some("write:page:confluence")),
            ("GET", "/wiki/rest/api/search", Some("read:content-details:confluence")),
            ("GET", "/ex/jira/1-2/rest/api/3/myself", Some("read:jira-user")),
            ("GET", "/rest/api/3/myself", Some("read:jira-user")),
            ("POST", "/ex/jira/1-2/rest/api/3/search/jql", Some("read:jira-work")),
            ("PUT", "/rest/api/3/issue/A-1", Some("write:jira-work")),
            ("GET", "/rest/api/3/field/x/context", Some("manage:jira-configuration")),
            ("GET", "/wiki/api/v2/unheard-of", None),
        ] {
            assert_eq!(needed(method, path), expected, "{method} {path}");
        }
    }
}
