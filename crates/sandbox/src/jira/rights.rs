//! Who may see and change what: the project, and the security level of the issue.

use super::state::{Comment, Issue, Jira, Project};
use crate::site::{Person, Site};

pub(super) fn may_browse(site: &Site, person: Person, project: &Project) -> bool {
    site.account(person).administrator || site.names(&project.readers, person)
}

/// Create, edit, comment, and move along.
pub(super) fn may_write(site: &Site, person: Person, project: &Project) -> bool {
    may_browse(site, person, project)
        && (site.account(person).administrator || site.names(&project.writers, person))
}

impl Jira {
    pub(crate) fn may_view(&self, site: &Site, person: Person, issue: &Issue) -> bool {
        let Some(project) = self.project(issue.project) else { return false };
        if !may_browse(site, person, project) {
            return false;
        }
        let Some(level) = issue.id_of("security") else { return true };
        let named = self.security_levels.iter().find(|known| known.id == level);
        site.account(person).administrator
            || issue.person("reporter") == Some(person)
            || named.is_some_and(|level| site.names(&level.members, person))
    }

    /// The issue, when it exists and the person may see it: the two are not told apart.
    pub(crate) fn visible_issue(&self, site: &Site, person: Person, word: &str) -> Option<&Issue> {
        self.find_issue(word).filter(|issue| self.may_view(site, person, issue))
    }

    /// The project, when it exists and the person may browse it.
    pub(crate) fn visible_project(
        &self,
        site: &Site,
        person: Person,
        word: &str,
    ) -> Option<&Project> {
        self.find_project(word).filter(|project| may_browse(site, person, project))
    }
}

/// A comment may be for one group alone.
pub(crate) fn may_read(site: &Site, person: Person, comment: &Comment) -> bool {
    let Some(group) = &comment.group else { return true };
    site.account(person).administrator
        || site.group(group).is_some_and(|group| group.members.contains(&person))
}
