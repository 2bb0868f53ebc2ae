//! Which scopes each endpoint of Cloud needs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use axum::http::Method;

/// From `security` of Atlassian's `OpenAPI` documents (Confluence v1 and v2, Jira v3): method, path
/// with `*` for a parameter, classic scopes, granular scopes. v2 lists no classic one.
const TABLE: &str = include_str!("../data/scopes.tsv");

struct Row {
    path: Vec<&'static str>,
    classic: Vec<&'static str>,
    granular: Vec<&'static str>,
}

/// By method and number of segments.
static ROWS: LazyLock<BTreeMap<(&str, usize), Vec<Row>>> = LazyLock::new(|| {
    let mut rows: BTreeMap<_, Vec<Row>> = BTreeMap::new();
    for line in TABLE.lines().skip(1) {
        let mut cells = line.split('\t');
        let mut cell = || cells.next().unwrap_or_default();
        let (method, path, classic, granular) = (cell(), cell(), cell(), cell());
        let path: Vec<_> = path.split('/').skip(1).collect();
        let row = Row {
            classic: classic.split_whitespace().collect(),
            granular: granular.split_whitespace().collect(),
            path,
        };
        rows.entry((method, row.path.len())).or_default().push(row);
    }
    rows
});

/// Whether a token of these scopes may send the request: all granular scopes of the endpoint, or all
/// its classic ones. What stands in no document needs none, unless it is no interface at all.
pub(crate) fn allow(granted: &BTreeSet<String>, method: &Method, path: &str) -> bool {
    if !["/wiki/api/v2/", "/wiki/rest/", "/rest/"].iter().any(|root| path.starts_with(root)) {
        return false;
    }
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    let Some(rows) = ROWS.get(&(method.as_str(), segments.len())) else { return true };
    let is_it = |row: &&Row| {
        row.path
            .iter()
            .zip(&segments)
            .all(|(pattern, segment)| *pattern == "*" || pattern == segment)
    };
    // Of `/a/*` and `/a/b` the one that says more.
    let literal = |row: &&Row| row.path.iter().filter(|pattern| **pattern != "*").count();
    let Some(row) = rows.iter().filter(is_it).max_by_key(literal) else { return true };
    let all =
        |needed: &[&str]| !needed.is_empty() && needed.iter().all(|scope| granted.contains(*scope));
    all(&row.granular) || all(&row.classic)
}

/// All granular scopes that reading Confluence needs.
pub(crate) fn reading_scopes() -> BTreeSet<String> {
    let rows = ROWS.iter().filter(|((method, _), _)| *method == "GET").flat_map(|(_, rows)| rows);
    let scopes = rows.flat_map(|row| &row.granular).copied();
    let reads = |scope: &&str| scope.starts_with("read") && scope.ends_with(":confluence");
    scopes.filter(reads).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn granular_scopes_open_both_versions_and_classic_ones_only_the_first() {
        let granted = |scopes: &[&str]| scopes.iter().map(|scope| (*scope).to_owned()).collect();
        let classic: BTreeSet<String> =
            granted(&["read:confluence-content.all", "search:confluence"]);
        let granular = granted(&["read:page:confluence", "read:content-details:confluence"]);
        for (scopes, method, path, expected) in [
            (&classic, Method::GET, "/wiki/api/v2/pages/1", false),
            (&granular, Method::GET, "/wiki/api/v2/pages/1", true),
            (&granular, Method::PUT, "/wiki/api/v2/pages/1", false),
            (&classic, Method::GET, "/wiki/rest/api/search", true),
            (&granular, Method::GET, "/wiki/rest/api/search", true),
            (&granular, Method::GET, "/wiki/download/attachments/1/a.png", false),
            (&granular, Method::GET, "/rest/api/3/serverInfo", true),
        ] {
            assert_eq!(allow(scopes, &method, path), expected, "{method} {path}");
        }
    }
}
