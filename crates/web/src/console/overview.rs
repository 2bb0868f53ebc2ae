//! The first page's facts in words.

use gateway::{Overview, RunOverview, SiteOverview, SourceOverview};
use jiff::Timestamp;
use url::Url;

use super::times::{self, Moment};
use crate::words::{Word, words};

/// What the first page says.
pub(crate) struct View {
    pub(crate) summary: String,
    pub(crate) pages: String,
    pub(crate) spaces: String,
    pub(crate) sources: String,
    pub(crate) last_run: Option<Moment>,
    pub(crate) sites: Vec<Site>,
    /// Whether a run is going.
    pub(crate) runs: bool,
}

pub(crate) struct Site {
    pub(crate) name: String,
    pub(crate) product: &'static str,
    pub(crate) address: String,
    pub(crate) status: Status,
    pub(crate) credential: Credential,
    pub(crate) pages: String,
    pub(crate) spaces: String,
    pub(crate) sources: Vec<Source>,
}

pub(crate) struct Source {
    pub(crate) name: String,
    pub(crate) scope: String,
    pub(crate) status: Status,
    pub(crate) run: Option<Run>,
}

pub(crate) struct Run {
    pub(crate) started: Moment,
    /// None while it goes.
    pub(crate) took: Option<String>,
    pub(crate) seen: String,
    pub(crate) changed: String,
    pub(crate) error: Option<String>,
    /// Reason and next step of what it left as it was.
    pub(crate) held: Vec<(String, String)>,
}

/// A word, a colour and a shape: the class chooses the last two.
pub(crate) struct Status {
    pub(crate) class: &'static str,
    pub(crate) word: &'static str,
}

/// Whose eyes a site is seen with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Credential {
    Missing,
    Own,
    Mapped,
    Everyone,
}

impl View {
    pub(crate) fn of(overview: Overview, now: Timestamp) -> Self {
        let pages = overview.sites.iter().map(|site| site.pages).sum();
        let spaces = overview.sites.iter().map(|site| site.spaces).sum();
        let sources = overview.sites.iter().map(|site| site.sources.len() as u64).sum();
        let last_run = runs(&overview).map(|run| run.started_at).max();
        let going = runs(&overview).any(is_going);
        Self {
            summary: format!(
                "{}, {}.",
                counted(overview.sites.len() as u64, "site", "sites"),
                counted(sources, "source", "sources")
            ),
            pages: grouped(pages),
            spaces: grouped(spaces),
            sources: grouped(sources),
            last_run: last_run.map(|at| Moment::of(at, now)),
            runs: going,
            sites: overview.sites.into_iter().map(|site| Site::of(site, now)).collect(),
        }
    }
}

fn runs(overview: &Overview) -> impl Iterator<Item = &RunOverview> {
    overview
        .sites
        .iter()
        .flat_map(|site| &site.sources)
        .filter_map(|source| source.last_run.as_ref())
}

fn is_going(run: &RunOverview) -> bool {
    run.state == "running"
}

impl Site {
    fn of(site: SiteOverview, now: Timestamp) -> Self {
        let credential = match site.visibility.as_deref() {
            Some("own") => Credential::Own,
            Some("mapped") => Credential::Mapped,
            Some("everyone") => Credential::Everyone,
            _ => Credential::Missing,
        };
        let sources: Vec<Source> =
            site.sources.into_iter().map(|source| Source::of(source, now)).collect();
        Self {
            name: site.name,
            product: product(&site.product),
            address: address(&site.base_url),
            status: site_status(credential, &sources),
            credential,
            pages: counted(site.pages, "page mirrored", "pages mirrored"),
            spaces: counted(site.spaces, "space", "spaces"),
            sources,
        }
    }

    pub(crate) fn is_without_credential(&self) -> bool {
        self.credential == Credential::Missing
    }

    pub(crate) fn is_own(&self) -> bool {
        self.credential == Credential::Own
    }

    pub(crate) fn is_for_everyone(&self) -> bool {
        self.credential == Credential::Everyone
    }

    /// The sources that cannot be understood by their status alone.
    pub(crate) fn errors(&self) -> Vec<(&str, Vec<Word<'_>>)> {
        self.sources
            .iter()
            .filter_map(|source| {
                let error = source.run.as_ref()?.error.as_deref()?;
                Some((source.name.as_str(), words(error)))
            })
            .collect()
    }

    /// What runs left as it was: source, reason and next step.
    pub(crate) fn holds(&self) -> Vec<(&str, &str, Vec<Word<'_>>)> {
        self.sources
            .iter()
            .filter_map(|source| Some((source.name.as_str(), source.run.as_ref()?)))
            .flat_map(|(name, run)| {
                run.held.iter().map(move |(reason, next)| (name, reason.as_str(), words(next)))
            })
            .collect()
    }
}

fn product(product: &str) -> &'static str {
    match product {
        "confluence_cloud" => "Confluence Cloud",
        "confluence_data_center" => "Confluence Data Center",
        _ => "Confluence",
    }
}

/// The address without what goes without saying.
fn address(base_url: &str) -> String {
    match Url::parse(base_url) {
        Ok(url) => {
            let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
            format!(
                "{}{port}{}",
                url.host_str().unwrap_or_default(),
                url.path().trim_end_matches('/')
            )
        }
        Err(_) => base_url.to_owned(),
    }
}

fn site_status(credential: Credential, sources: &[Source]) -> Status {
    let any = |class: &str| sources.iter().any(|source| source.status.class == class);
    if credential == Credential::Missing {
        Status { class: "waiting", word: "Credential needed" }
    } else if any("denied") {
        Status { class: "denied", word: "Last run failed" }
    } else if any("run") {
        Status { class: "run", word: "Running" }
    } else if sources.iter().any(Source::holds) {
        Status { class: "waiting", word: "Last run held" }
    } else {
        Status { class: "ok", word: "Connected" }
    }
}

impl Source {
    fn of(source: SourceOverview, now: Timestamp) -> Self {
        Self {
            name: source.name,
            scope: source.scope,
            status: source_status(source.last_run.as_ref()),
            run: source.last_run.map(|run| Run::of(run, now)),
        }
    }
}

impl Source {
    fn holds(&self) -> bool {
        self.run.as_ref().is_some_and(|run| !run.held.is_empty())
    }
}

fn source_status(last_run: Option<&RunOverview>) -> Status {
    match last_run.map(|run| run.state.as_str()) {
        None => Status { class: "off", word: "Not run yet" },
        Some("running") => Status { class: "run", word: "Running" },
        Some("succeeded") => Status { class: "ok", word: "Live" },
        Some("held") => Status { class: "waiting", word: "Held" },
        Some("interrupted") => Status { class: "waiting", word: "Interrupted" },
        Some(_) => Status { class: "denied", word: "Failed" },
    }
}

impl Run {
    fn of(run: RunOverview, now: Timestamp) -> Self {
        let counts = &run.counts;
        Self {
            started: Moment::of(run.started_at, now),
            took: run.ended_at.map(|ended| times::duration(run.started_at, ended)),
            seen: grouped(counts.listed),
            changed: grouped(counts.inserted + counts.updated + counts.deleted),
            error: run.error,
            held: run.held.into_iter().map(|hold| (hold.reason, hold.next)).collect(),
        }
    }
}

fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(count), if count == 1 { one } else { many })
}

/// `12345` as `12,345`.
fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_grouped_and_counted() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_000), "1,000");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(counted(1, "site", "sites"), "1 site");
    }

    #[test]
    fn an_address_leaves_out_scheme_and_slash() {
        assert_eq!(address("https://team.atlassian.example/wiki/"), "team.atlassian.example/wiki");
        assert_eq!(address("http://127.0.0.1:4000"), "127.0.0.1:4000");
        assert_eq!(address("no url"), "no url");
    }
}
