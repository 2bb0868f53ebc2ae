//! The handle of whoever started the sandbox.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::content::everybody;
use crate::faults::Faults;
use crate::http::{Exchange, Shared, parse_id};
use crate::people::ADMINISTRATOR;
use crate::site::{Detail, Edit, Kind, NewItem, Position, Refusal, Site, Status, Subjects};

/// Acts as the administrator, in process and without a request. Ids are strings of digits.
///
/// What cannot be done (an unknown id, say) is not done, and said in the log at `warn`: tests
/// see it by what they read back.
#[derive(Clone)]
pub struct Control {
    shared: Arc<Shared>,
}

impl Control {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// Shows `recorder` every request from now on with its answer, without credentials. What a fault
    /// answers instead of the site is not shown.
    pub fn record(&self, recorder: Arc<dyn Fn(&Exchange) + Send + Sync>) {
        self.shared.set_recorder(recorder);
    }

    /// The id of a current or archived page, blog post or folder by the key of its space and
    /// its title.
    pub fn page_id(&self, space: &str, title: &str) -> Option<String> {
        let site = self.shared.site();
        let space = site.space_by_key(space)?.id;
        let mut live = site.titled(space, title).iter().filter_map(|id| site.item(*id));
        live.find(|item| matches!(item.status, Status::Current | Status::Archived))
            .map(|item| item.id.to_string())
    }

    /// Makes a page and answers its id; the space is made too when it is new. `parent` is an id.
    /// Empty when it was refused.
    pub fn create(&self, space: &str, parent: Option<&str>, title: &str, storage: &str) -> String {
        let at = (self.shared.now)();
        let id = self.act("create", |site| {
            let space = match site.space_by_key(space) {
                Some(space) => space.id,
                None => site.add_space(space, space, "", at, everybody()),
            };
            let new = NewItem {
                kind: Kind::Page,
                space,
                parent: parent.map(number).transpose()?,
                title: title.to_owned(),
                body: Arc::from(storage),
                status: Status::Current,
                at,
                detail: Detail::None,
            };
            site.create(ADMINISTRATOR, new)
        });
        id.map(|id| id.to_string()).unwrap_or_default()
    }

    /// A new version with another title or body, or both.
    pub fn update(&self, id: &str, title: Option<&str>, storage: Option<&str>) {
        let edit = Edit {
            number: None,
            title: title.map(str::to_owned),
            body: storage.map(Arc::from),
            message: String::new(),
            minor: false,
            at: (self.shared.now)(),
        };
        self.act("update", |site| site.update(ADMINISTRATOR, number(id)?, edit));
    }

    /// Below another page or folder, as its last child. The version does not change.
    pub fn move_to(&self, id: &str, parent: &str) {
        self.act("move", |site| {
            site.move_to(ADMINISTRATOR, number(id)?, Position::Append, number(parent)?)
        });
    }

    /// Into the trash; what is below the page moves up.
    pub fn trash(&self, id: &str) {
        self.act("trash", |site| site.trash(ADMINISTRATOR, number(id)?));
    }

    /// Out of the trash for good.
    pub fn purge(&self, id: &str) {
        self.act("purge", |site| site.purge(ADMINISTRATOR, number(id)?));
    }

    /// Out of the trash, below its old parent when that is still there.
    pub fn restore(&self, id: &str) {
        self.act("restore", |site| site.restore(ADMINISTRATOR, number(id)?));
    }

    /// Makes a page archived: listed, but not found by search.
    pub fn archive(&self, id: &str) {
        self.act("archive", |site| site.archive(ADMINISTRATOR, number(id)?));
    }

    /// Only these account ids and groups (and administrators) may view the page and what is
    /// below it; both empty = unrestricted. The service account too must be named to see it.
    pub fn restrict(&self, id: &str, accounts: &[&str], groups: &[&str]) {
        self.act("restrict", |site| {
            let mut view = Subjects::default();
            for account in accounts {
                let person = site.find_person(account);
                view.people.insert(person.ok_or_else(|| unknown("account", account))?);
            }
            for group in groups {
                let group = site.group(group).ok_or_else(|| unknown("group", group))?;
                view.groups.insert(group.name.clone());
            }
            site.restrict(ADMINISTRATOR, number(id)?, Some(view), None)
        });
    }

    /// Puts an account into a group, which is made when it is new.
    pub fn join(&self, account: &str, group: &str) {
        self.act("join", |site| {
            let person = site.find_person(account).ok_or_else(|| unknown("account", account))?;
            site.add_to_group(group, person);
            Ok(())
        });
    }

    /// Adds a label.
    pub fn label(&self, id: &str, label: &str) {
        self.act("label", |site| site.add_label(ADMINISTRATOR, number(id)?, label));
    }

    /// Takes a label away. Not to carry it is no refusal.
    pub fn unlabel(&self, id: &str, label: &str) {
        self.act("unlabel", |site| site.remove_label(ADMINISTRATOR, number(id)?, label));
    }

    /// An account likes a content.
    pub fn like(&self, id: &str, account: &str) {
        self.act("like", |site| {
            let person = site.find_person(account).ok_or_else(|| unknown("account", account))?;
            site.revise(number(id)?, |item| {
                item.likes.insert(person);
            });
            Ok(())
        });
    }

    /// An account views a content once more.
    pub fn view(&self, id: &str, account: &str) {
        self.act("view", |site| {
            let person = site.find_person(account).ok_or_else(|| unknown("account", account))?;
            site.revise(number(id)?, |item| *item.views.entry(person).or_default() += 1);
            Ok(())
        });
    }

    /// Makes a template of a space, or with none of the whole site, and answers its id.
    pub fn template(&self, space: Option<&str>, name: &str, storage: &str) -> String {
        let id = self.act("template", |site| Ok(site.add_template(space, name, storage)));
        id.map(|id| id.to_string()).unwrap_or_default()
    }

    /// Sets the time zone (a name of the tz database) in which an account's queries are read.
    pub fn set_time_zone(&self, account: &str, name: &str) {
        self.act("set_time_zone", |site| {
            let person = site.find_person(account).ok_or_else(|| unknown("account", account))?;
            site.set_time_zone(person, name);
            Ok(())
        });
    }

    /// Makes an API token of these scopes for an account of Cloud. Empty when there is no such
    /// account.
    pub fn scoped_token(&self, account: &str, scopes: &[&str]) -> String {
        let Some(person) = self.shared.site().find_person(account) else { return String::new() };
        let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        self.shared.grants().add_scoped(self.shared.random.as_ref(), person, scopes)
    }

    /// What the service account's own OAuth credential may do from now on; at first all that reading
    /// Confluence needs.
    pub fn set_service_scopes(&self, scopes: &[&str]) {
        let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        self.shared.grants().set_service_scopes(scopes);
    }

    /// Ends every OAuth grant, as when each person changed their password.
    pub fn revoke_grants(&self) {
        self.shared.grants().revoke_all();
    }

    /// Requests served so far on both products, by `METHOD path-template`, for example
    /// `GET /wiki/api/v2/pages/{id}`.
    pub fn requests(&self) -> BTreeMap<String, u64> {
        self.shared.requests()
    }

    /// Replaces all faults.
    pub fn set_faults(&self, faults: Faults) {
        self.shared.set_faults(faults);
    }

    fn act<T>(&self, what: &str, act: impl FnOnce(&mut Site) -> Result<T, Refusal>) -> Option<T> {
        let done = act(&mut self.shared.site_mut());
        self.shared.note_changes();
        done.inspect_err(|refusal| tracing::warn!(?refusal, "the sandbox refused to {what}")).ok()
    }
}

fn number(id: &str) -> Result<u64, Refusal> {
    parse_id(id).ok_or_else(|| unknown("content", id))
}

fn unknown(what: &str, name: &str) -> Refusal {
    Refusal::NotFound(format!("no {what} {name}"))
}
