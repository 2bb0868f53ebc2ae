//! Whose eyes: what a caller may see of a site.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use store::{AclClass, OpenSpaces, Rights, Run, RunState, Scope, Site, Visibility, VisibleClasses};
use tools::{Coverage, Sight};

use crate::credentials::Chosen;
use crate::{Caller, Gateway, GatewayError};

/// How long stored rights decide. Older than this, nobody knows who may read a page, and it is
/// served to nobody whom stored rights would have to admit.
const MAX_RIGHTS_AGE: SignedDuration = SignedDuration::from_mins(60);

/// A site as a caller sees it, before any secret is opened.
pub(crate) struct Eyes {
    pub(crate) site: Site,
    pub(crate) chosen: Chosen,
    pub(crate) sight: Sight,
    pub(crate) coverage: Coverage,
    /// Something of the site is in the store.
    pub(crate) is_mirrored: bool,
    pub(crate) rights_age: RightsAge,
}

/// The open spaces of the mirror where stored rights decide, by the age of these rights. Empty
/// where they do not decide.
#[derive(Debug, Default)]
pub(crate) struct RightsAge {
    fresh: BTreeSet<String>,
    /// Not served.
    stale: BTreeSet<String>,
}

impl RightsAge {
    /// Whether nothing can be answered about these spaces; no key means all that is open.
    pub(crate) fn forbids<'a>(&self, mut keys: impl Iterator<Item = &'a str>) -> bool {
        match keys.next() {
            None => self.fresh.is_empty() && self.is_stale_in_part(),
            Some(first) => std::iter::once(first)
                .chain(keys)
                .any(|key| self.stale.iter().any(|stale| stale.eq_ignore_ascii_case(key))),
        }
    }

    /// Whether anything that is open is left out.
    pub(crate) fn is_stale_in_part(&self) -> bool {
        !self.stale.is_empty()
    }
}

impl Eyes {
    pub(crate) fn visibility(&self) -> Visibility {
        self.chosen.visibility
    }

    /// Whether Atlassian may be asked with this credential for this caller.
    pub(crate) fn may_ask_atlassian(&self) -> bool {
        match self.visibility() {
            Visibility::Own | Visibility::Everyone => true,
            Visibility::Mapped => false,
        }
    }
}

impl Gateway {
    /// The sites that serve the caller by a credential, in order of their names.
    pub(crate) async fn sites_for(
        &self,
        caller: &Caller,
    ) -> Result<Vec<(Site, Chosen)>, GatewayError> {
        let mut serving = Vec::new();
        for site in store::sites(self.db(), &caller.organization).await? {
            let chosen = self.credential_for(caller, &site.id).await?;
            serving.extend(chosen.map(|chosen| (site, chosen)));
        }
        serving.sort_by(|(one, _), (other, _)| one.name.cmp(&other.name));
        Ok(serving)
    }

    pub(crate) async fn eyes(
        &self,
        caller: &Caller,
        site: Site,
        chosen: Chosen,
    ) -> Result<Eyes, GatewayError> {
        let last_change = store::last_change(self.db(), &site.id).await?;
        let opens = self.opens(caller, &site).await?;
        let (visible, rights_age) =
            self.visible(caller, &opens, &site, &chosen, last_change).await?;
        let coverage = self.coverage(&site, &chosen).await?;
        let sight = Sight { visible, opens };
        Ok(Eyes { site, chosen, sight, coverage, is_mirrored: last_change > 0, rights_age })
    }

    /// The spaces of this site that are open to the caller. Keys are those of the sites that were
    /// connected when the token was made: a site that came later may have a space of the same key,
    /// which nobody opened. Before any site they are those of the first.
    async fn opens(&self, caller: &Caller, site: &Site) -> Result<OpenSpaces, GatewayError> {
        let was_there = || caller.opened_at.is_none_or(|at| site.id.made_at() <= at);
        if !matches!(caller.opens, OpenSpaces::Keys(_)) || was_there() {
            return Ok(caller.opens.clone());
        }
        let sites = store::sites(self.db(), &caller.organization).await?;
        let is_first = sites.iter().all(|other| site.id <= other.id);
        Ok(if is_first { caller.opens.clone() } else { OpenSpaces::None })
    }

    /// The classes that the caller may read. What the mirror's own credential may see, all of the
    /// mirror may; everybody else needs stored rights that name the linked account and are not
    /// stale.
    async fn visible(
        &self,
        caller: &Caller,
        opens: &OpenSpaces,
        site: &Site,
        chosen: &Chosen,
        last_change: i64,
    ) -> Result<(VisibleClasses, RightsAge), GatewayError> {
        let all_ages = RightsAge::default;
        let sees_as_mirror = match chosen.visibility {
            Visibility::Own => chosen.is_mirrors,
            Visibility::Everyone => true,
            Visibility::Mapped => false,
        };
        if sees_as_mirror && *opens == OpenSpaces::All {
            return Ok((VisibleClasses::All, all_ages()));
        }
        let rights = self.inner.rights.of(self.db(), &site.id, last_change).await?;
        if sees_as_mirror {
            let visible = classes(&rights, |rights| opens.contains(&rights.space_key));
            return Ok((visible, all_ages()));
        }
        let account = store::account_link(self.db(), &caller.principal, &site.id).await?;
        // Under `own` Atlassian decides; without an account that stored rights could name, it is
        // asked for everything.
        if chosen.visibility == Visibility::Own && account.is_none() {
            return Ok((VisibleClasses::Some(BTreeSet::new()), all_ages()));
        }
        let rights_age = self.rights_age(opens, site).await?;
        let visible = classes(&rights, |rights| {
            rights_age.fresh.contains(&rights.space_key) && rights.admits(account.as_deref(), opens)
        });
        Ok((visible, rights_age))
    }

    async fn rights_age(&self, opens: &OpenSpaces, site: &Site) -> Result<RightsAge, GatewayError> {
        let now = self.environment().now();
        // A clock that was set back makes rights from the future: just as little is known of them.
        let is_fresh = |at: Timestamp| now.duration_since(at).abs() <= MAX_RIGHTS_AGE;
        let mut age = RightsAge::default();
        for (key, at) in store::rights_at(self.db(), &site.id).await? {
            if !opens.contains(&key) {
                continue;
            }
            if at.is_some_and(is_fresh) {
                age.fresh.insert(key)
            } else {
                age.stale.insert(key)
            };
        }
        Ok(age)
    }

    /// A credential that is not the mirror's may see pages that the mirror does not hold, so for
    /// it no space is whole.
    async fn coverage(&self, site: &Site, chosen: &Chosen) -> Result<Coverage, GatewayError> {
        let mirrored_at = store::last_success(self.db(), &site.id).await?;
        let mut coverage = Coverage { mirrored_at, ..Coverage::default() };
        if !chosen.is_mirrors || mirrored_at.is_none() {
            return Ok(coverage);
        }
        for source in store::sources(self.db(), &site.id).await? {
            let Some(run) = store::last_run(self.db(), &source.id).await? else { continue };
            if !matches!(run.state, RunState::Succeeded | RunState::Held) {
                continue;
            }
            let held = held_spaces(&run);
            match source.scope {
                Scope::AllSpaces if held.is_empty() => coverage.everything = true,
                Scope::AllSpaces => {
                    let spaces = store::spaces(self.db(), &site.id).await?;
                    let keys = spaces.into_iter().map(|space| space.key);
                    coverage.spaces.extend(keys.filter(|key| !is_among(&held, key)));
                }
                Scope::Spaces(keys) => {
                    coverage.spaces.extend(keys.into_iter().filter(|key| !is_among(&held, key)));
                }
            }
        }
        Ok(coverage)
    }
}

/// Spaces that the run left as they were. A page that it left does not make its space less whole:
/// Atlassian could not give it either.
fn held_spaces(run: &Run) -> Vec<&str> {
    let spaces = run.held.iter().filter(|hold| hold.page.is_none());
    spaces.map(|hold| hold.space.as_str()).collect()
}

fn is_among(keys: &[&str], key: &str) -> bool {
    keys.iter().any(|one| one.eq_ignore_ascii_case(key))
}

fn classes(
    rights: &BTreeMap<AclClass, Rights>,
    admits: impl Fn(&Rights) -> bool,
) -> VisibleClasses {
    let admitted: BTreeSet<AclClass> =
        rights.iter().filter(|(_, rights)| admits(rights)).map(|(class, _)| *class).collect();
    VisibleClasses::Some(admitted)
}
