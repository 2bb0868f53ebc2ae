use std::collections::HashSet;

use futures_util::Stream;
use futures_util::stream::{self, TryStreamExt};
use reqwest::Method;
use serde_json::{Value, json};

use super::{Issue, Session};
use crate::fields::Fields;
use crate::session::answered;
use crate::{Error, ErrorKind, Result};

/// What a page holds at most: Cloud gives no more issues with fields at once.
const LIMIT: u32 = 100;

/// Longer queries are sent as a body: proxies and servers refuse long addresses.
const LONGEST_IN_ADDRESS: usize = 2_000;

/// Pages after which a search is taken for one without an end.
const MOST_PAGES: usize = 4_000;

/// A search by JQL.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IssueSearch {
    /// The query. Cloud refuses one that restricts nothing.
    pub jql: String,
    /// The fields to come with each issue: `*navigable`, `*all`, names. None: keys and ids alone.
    pub fields: Vec<String>,
    /// What is to come beside them: `names`, `changelog`, `renderedFields`, `transitions`.
    pub expand: Vec<String>,
}

/// One page of a search.
#[derive(Clone, Debug, PartialEq)]
pub struct IssuePage {
    /// The issues.
    pub issues: Vec<Issue>,
    /// Where the next page begins, when there is one. A token on Cloud, good for the same query
    /// for seven days; a number on Data Center.
    pub next: Option<String>,
    /// How many issues there are in all (Data Center; Cloud does not count).
    pub total: Option<u64>,
}

impl Session {
    /// One page of a search: from the beginning, or from [`IssuePage::next`]; on Data Center any
    /// number of issues to pass over will do. The site may give fewer than `limit`.
    pub async fn search_page(
        &self,
        search: &IssueSearch,
        limit: u32,
        from: Option<&str>,
    ) -> Result<IssuePage> {
        if self.is_cloud() {
            self.cloud_page(search, limit, from).await
        } else {
            self.data_center_page(search, limit, from).await
        }
    }

    /// All issues that a search finds, each once. What changes while the pages are read may be
    /// missed.
    pub fn search(&self, search: IssueSearch) -> impl Stream<Item = Result<Issue>> + Send + use<> {
        let state = Course { session: self.clone(), search, seen: HashSet::new(), pages: 0 };
        let pages = stream::try_unfold(Some((None, state)), |place| async move {
            let Some((from, mut course)) = place else { return Ok(None) };
            let page = course.page(from).await?;
            let (issues, next) = page;
            let place = next.map(|next| (Some(next), course));
            Ok(Some((stream::iter(issues.into_iter().map(Ok)), place)))
        });
        pages.try_flatten()
    }

    async fn cloud_page(
        &self,
        search: &IssueSearch,
        limit: u32,
        from: Option<&str>,
    ) -> Result<IssuePage> {
        let limit = limit.to_string();
        let fields = search.fields.join(",");
        // Without any, only ids come.
        let fields = if fields.is_empty() { "id,key" } else { &fields };
        let expand = search.expand.join(",");
        let mut query = vec![("maxResults", limit.as_str()), ("fields", fields)];
        query.extend((!expand.is_empty()).then_some(("expand", expand.as_str())));
        query.extend(from.map(|token| ("nextPageToken", token)));
        let page = self.found(&["search", "jql"], &search.jql, &query).await?;
        let answer = Fields(&page);
        let last = answer.at("/isLast").and_then(Value::as_bool) == Some(true);
        let next = answer.first_text(&["/nextPageToken"]).filter(|_| !last);
        if from.is_some() && next.as_deref() == from {
            return Err(self.unreadable("a page of a search that leads to itself"));
        }
        Ok(IssuePage { issues: self.issues(&page)?, next, total: None })
    }

    async fn data_center_page(
        &self,
        search: &IssueSearch,
        limit: u32,
        from: Option<&str>,
    ) -> Result<IssuePage> {
        let start: u64 = match from {
            None => 0,
            Some(from) => from.parse().map_err(|_| {
                let message = "a page of Data Center begins at a number";
                let base = self.deployment().base();
                let error = answered(base, ErrorKind::bad_request(message), message);
                Error { status: None, ..error }
            })?,
        };
        let (limit, place) = (limit.to_string(), start.to_string());
        let fields = search.fields.join(",");
        // Without any, all that are navigable come.
        let fields = if fields.is_empty() { "id,key" } else { &fields };
        let expand = search.expand.join(",");
        let mut query =
            vec![("maxResults", limit.as_str()), ("fields", fields), ("startAt", place.as_str())];
        query.extend((!expand.is_empty()).then_some(("expand", expand.as_str())));
        let page = self.found(&["search"], &search.jql, &query).await?;
        let issues = self.issues(&page)?;
        let total = Fields(&page).number("/total").and_then(|total| u64::try_from(total).ok());
        // Counted here: the site may lower the limit.
        let end = start + issues.len() as u64;
        let more = !issues.is_empty() && total.is_some_and(|total| end < total);
        Ok(IssuePage { issues, next: more.then(|| end.to_string()), total })
    }

    fn issues(&self, page: &Value) -> Result<Vec<Issue>> {
        // The names of fields stand beside the issues, once.
        let names = page.get("names").and_then(Value::as_object);
        let mut issues = self.each(page, "/issues", Issue::read)?;
        for issue in &mut issues {
            let known = names.into_iter().flatten();
            let of_issue = known.filter(|(id, _)| issue.fields.contains_key(*id));
            issue.names = of_issue
                .filter_map(|(id, name)| Some((id.clone(), name.as_str()?.to_owned())))
                .collect();
        }
        Ok(issues)
    }

    /// By GET, which is asked again after a failure; a long query by POST.
    async fn found(&self, path: &[&str], jql: &str, query: &[(&str, &str)]) -> Result<Value> {
        if jql.len() <= LONGEST_IN_ADDRESS {
            return self.read(path, &[query, &[("jql", jql)]].concat()).await;
        }
        let mut body = json!({"jql": jql});
        for (name, value) in query {
            body[*name] = match *name {
                "maxResults" | "startAt" => json!(value.parse::<u64>().unwrap_or(0)),
                "nextPageToken" => json!(value),
                // A list on Data Center, a text with commas on Cloud.
                "expand" if self.is_cloud() => json!(value),
                _ => value.split(',').collect(),
            };
        }
        self.send(Method::POST, path, body).await
    }
}

/// How far a search has come.
struct Course {
    session: Session,
    search: IssueSearch,
    /// Ids: pages overlap when issues change their places meanwhile.
    seen: HashSet<String>,
    pages: usize,
}

impl Course {
    async fn page(&mut self, from: Option<String>) -> Result<(Vec<Issue>, Option<String>)> {
        self.pages += 1;
        if self.pages > MOST_PAGES {
            return Err(self.session.unreadable("a search without an end"));
        }
        let page = self.session.search_page(&self.search, LIMIT, from.as_deref()).await?;
        let mut issues = page.issues;
        issues.retain(|issue| self.seen.insert(issue.id.clone()));
        Ok((issues, page.next))
    }
}
