//! Whose eyes: what a caller may see of a site.

use std::collections::{BTreeMap, BTreeSet};

use store::{AclClass, OpenSpaces, Rights, Run, RunState, Scope, Site, Visibility, VisibleClasses};
use tools::{Coverage, Sight};

use crate::credentials::Chosen;
use crate::{Caller, Gateway, GatewayError};

/// A site as a caller sees it, before any secret is opened.
pub(crate) struct Eyes {
    pub(crate) site: Site,
    pub(crate) chosen: Chosen,
    pub(crate) sight: Sight,
    pub(crate) coverage: Coverage,
    /// Something of the site is in the store.
    pub(crate) is_mirrored: bool,
}

impl Eyes {
    pub(crate) fn visibility(&self) -> Visibility {
        self.chosen.credential.visibility
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
        let visible = self.visible(caller, &site, &chosen, last_change).await?;
        let coverage = self.coverage(&site, &chosen).await?;
        let sight = Sight { visible, opens: caller.opens.clone() };
        Ok(Eyes { site, chosen, sight, coverage, is_mirrored: last_change > 0 })
    }

    /// The classes that the caller may read. What the mirror's own credential may see, all of the
    /// mirror may; everybody else needs stored rights that name the linked account.
    async fn visible(
        &self,
        caller: &Caller,
        site: &Site,
        chosen: &Chosen,
        last_change: i64,
    ) -> Result<VisibleClasses, GatewayError> {
        let sees_as_mirror = match chosen.credential.visibility {
            Visibility::Own => chosen.is_mirrors,
            Visibility::Everyone => true,
            Visibility::Mapped => false,
        };
        if sees_as_mirror && caller.opens == OpenSpaces::All {
            return Ok(VisibleClasses::All);
        }
        let rights = self.inner.rights.of(self.db(), &site.id, last_change).await?;
        if sees_as_mirror {
            let opens = Sight { visible: VisibleClasses::All, opens: caller.opens.clone() };
            return Ok(classes(&rights, |rights| opens.admits_space(Some(&rights.space_key))));
        }
        let account = store::account_link(self.db(), &caller.principal, &site.id).await?;
        // Under `own` Atlassian decides; without an account that stored rights could name, it is
        // asked for everything.
        if chosen.credential.visibility == Visibility::Own && account.is_none() {
            return Ok(VisibleClasses::Some(BTreeSet::new()));
        }
        Ok(classes(&rights, |rights| rights.admits(account.as_deref(), &caller.opens)))
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
