//! Facts for the console and the doctor.

use serde::Serialize;
use serde_json::json;
use store::{Hold, Run, RunCounts, Scope, Source, VisibleClasses};

use crate::eyes::Eyes;
use crate::{Caller, Gateway, GatewayError};

/// The sites that serve a caller.
#[derive(Clone, Debug, Serialize)]
pub struct Overview {
    /// In order of their names.
    pub sites: Vec<SiteOverview>,
}

/// One site.
#[derive(Clone, Debug, Serialize)]
pub struct SiteOverview {
    /// Its id.
    pub site: String,
    /// What the operator calls it.
    pub name: String,
    /// `confluence_cloud` or `confluence_data_center`.
    pub product: String,
    /// Where it is.
    pub base_url: String,
    /// The visibility of the credential that serves the caller.
    pub visibility: Option<String>,
    /// Mirrored pages.
    pub pages: u64,
    /// Mirrored spaces.
    pub spaces: u64,
    /// What is mirrored. Its counts tell of pages that the caller may not see, so only the local
    /// owner gets them.
    pub sources: Vec<SourceOverview>,
}

/// A part of a site that is mirrored.
#[derive(Clone, Debug, Serialize)]
pub struct SourceOverview {
    /// Its id.
    pub id: String,
    /// What the operator calls it.
    pub name: String,
    /// For people: `All spaces`, `Spaces ENG, OPS`.
    pub scope: String,
    /// The state of the last run, or `never`.
    pub state: String,
    /// The last run.
    pub last_run: Option<RunOverview>,
}

/// One reconcile of a source.
#[derive(Clone, Debug, Serialize)]
pub struct RunOverview {
    /// Its id.
    pub id: String,
    /// `running`, `succeeded`, `held`, `failed`, `interrupted`.
    pub state: String,
    /// When it began.
    pub started_at: jiff::Timestamp,
    /// When it ended.
    pub ended_at: Option<jiff::Timestamp>,
    /// What it did.
    pub counts: RunCounts,
    /// Why it failed.
    pub error: Option<String>,
    /// What it left as it was until somebody does something about it, spaces first.
    pub held: Vec<Hold>,
}

impl Gateway {
    /// What the caller may know of each site. The local owner, who runs the mirror, is told of all
    /// of it; anybody else, and a token of the owner's that opens a part, what the tools would show.
    pub async fn overview(&self, caller: &Caller) -> Result<Overview, GatewayError> {
        let mut sites = Vec::new();
        for (site, chosen) in self.sites_for(caller).await? {
            let eyes = self.eyes(caller, site, chosen).await?;
            sites.push(self.site_overview(caller, &eyes).await?);
        }
        Ok(Overview { sites })
    }

    /// Each site's name, and how many seconds ago a run last covered its scope; sites without such
    /// a run are left out.
    pub async fn mirror_ages(&self) -> Result<Vec<(String, i64)>, GatewayError> {
        let now = self.environment().now();
        let mut ages = Vec::new();
        for site in store::sites(self.db(), &self.inner.organization.id).await? {
            let ended_at = store::last_success(self.db(), &site.id).await?;
            ages.extend(ended_at.map(|at| (site.name, now.duration_since(at).as_secs())));
        }
        Ok(ages)
    }

    async fn site_overview(
        &self,
        caller: &Caller,
        eyes: &Eyes,
    ) -> Result<SiteOverview, GatewayError> {
        let site = &eyes.site;
        let is_owner = self.administers(caller).is_ok();
        let visible = if is_owner { &VisibleClasses::All } else { &eyes.sight.visible };
        let spaces = store::spaces(self.db(), &site.id).await?;
        let admitted = |key: &str| is_owner || eyes.sight.admits_space(Some(key));
        let spaces = spaces.iter().filter(|space| admitted(&space.key)).count();
        let mut sources = Vec::new();
        if is_owner {
            for source in store::sources(self.db(), &site.id).await? {
                let run = store::last_run(self.db(), &source.id).await?;
                sources.push(source_overview(source, run));
            }
            sources.sort_by(|one, other| one.name.cmp(&other.name));
        }
        Ok(SiteOverview {
            site: site.id.to_string(),
            name: site.name.clone(),
            product: word(&site.product),
            base_url: site.base_url.clone(),
            // What others see by it; the owner who asks sees as the credential does.
            visibility: Some(word(&eyes.chosen.credential.visibility)),
            pages: store::count_pages(self.db(), &site.id, visible).await?,
            spaces: u64::try_from(spaces).unwrap_or(u64::MAX),
            sources,
        })
    }
}

fn source_overview(source: Source, run: Option<Run>) -> SourceOverview {
    SourceOverview {
        id: source.id.to_string(),
        name: source.name,
        scope: match source.scope {
            Scope::AllSpaces => "All spaces".to_owned(),
            Scope::Spaces(keys) => {
                format!("Spaces {}", keys.into_iter().collect::<Vec<_>>().join(", "))
            }
        },
        state: run.as_ref().map_or("never".to_owned(), |run| word(&run.state)),
        last_run: run.map(|run| RunOverview {
            id: run.id.to_string(),
            state: word(&run.state),
            started_at: run.started_at,
            ended_at: run.ended_at,
            counts: run.counts,
            error: run.error,
            held: run.held,
        }),
    }
}

/// The name that serde gives a plain enum value.
fn word(value: &impl Serialize) -> String {
    json!(value).as_str().unwrap_or_default().to_owned()
}
