//! A site whose restrictions are known twice: to the sandbox, and to a model of a few lines.

use std::collections::BTreeSet;

use rand::RngExt;
use rand::rngs::StdRng;
use sandbox::{AccountAccess, Content, Faults, Options, Sandbox};
use store::{Environment, OpenSpaces};

use crate::{Failure, environment};

pub(super) const SPACES: [&str; 3] = ["ENG", "OPS", "HR"];
const ROLES: [&str; 4] = ["service", "reader", "outsider", "administrator"];
/// The groups that the service account is in.
const GROUPS: [&str; 2] = ["confluence-users", "weir-service"];

pub(super) struct SimulatedSite {
    pub(super) sandbox: Sandbox,
    /// A parent comes before its children.
    pub(super) pages: Vec<Page>,
}

pub(super) struct Page {
    pub(super) id: String,
    pub(super) space: &'static str,
    pub(super) parent: Option<usize>,
    pub(super) title: String,
    /// A word that only this page has, in title and text.
    pub(super) mark: String,
    restriction: Option<Restriction>,
}

/// Whom a page names as its viewers.
struct Restriction {
    roles: BTreeSet<&'static str>,
    groups: BTreeSet<&'static str>,
}

/// Somebody with a token.
#[derive(Debug)]
pub(super) struct Person {
    /// Whose Atlassian account is linked.
    pub(super) role: Option<&'static str>,
    pub(super) opens: OpenSpaces,
}

impl Person {
    pub(super) fn random(random: &mut StdRng) -> Self {
        let role = random.random_bool(0.8).then(|| ROLES[random.random_range(0..ROLES.len())]);
        let opens = match random.random_range(0..6) {
            0 => OpenSpaces::All,
            1 => OpenSpaces::None,
            _ => OpenSpaces::Keys(
                SPACES
                    .iter()
                    .filter(|_| random.random_bool(0.6))
                    .map(|key| (*key).to_owned())
                    .collect(),
            ),
        };
        Self { role, opens }
    }
}

impl SimulatedSite {
    pub(super) async fn new(random: &mut StdRng) -> Result<Self, Failure> {
        let Environment { now, random: bytes } = environment::standing();
        let options = Options { now, random: bytes, port: 0, faults: Faults::default() };
        let content = SPACES.iter().fold(Content::empty(), |content, space| {
            content.page(space, None, "Home", "<p>Everybody's words.</p>")
        });
        let sandbox = Sandbox::start(options, content).await?;
        let mut site = Self { sandbox, pages: Vec::new() };
        for _ in 0..random.random_range(3..16) {
            site.add_page(random)?;
        }
        Ok(site)
    }

    fn add_page(&mut self, random: &mut StdRng) -> Result<(), Failure> {
        let number = self.pages.len();
        let space = SPACES[random.random_range(0..SPACES.len())];
        let control = self.sandbox.control();
        // A space that lists nothing keeps what it had (the mirror's guard), so each has a home
        // that stays; it stands outside the model.
        let home = control.page_id(space, "Home").ok_or("a space without its home")?;
        let parent = self.place(space, number, random);
        let above = parent.map_or(home, |parent| self.pages[parent].id.clone());
        let mark = mark(number);
        let title = format!("Title {mark}");
        let body = format!("<h1>Everybody's words</h1><p>Everybody's words and {mark}.</p>");
        let id = control.create(space, Some(&above), &title, &body);
        self.pages.push(Page { id, space, parent, title, mark, restriction: None });
        self.restrict(number, random);
        Ok(())
    }

    /// A page of the space before `number`, to be above it.
    fn place(&self, space: &str, number: usize, random: &mut StdRng) -> Option<usize> {
        let above: Vec<usize> =
            (0..number).filter(|above| self.pages[*above].space == space).collect();
        let wanted = !above.is_empty() && random.random_bool(0.7);
        wanted.then(|| above[random.random_range(0..above.len())])
    }

    fn restrict(&mut self, number: usize, random: &mut StdRng) {
        let restriction = random.random_bool(0.5).then(|| Restriction {
            roles: ROLES.into_iter().filter(|role| drawn(role, random)).collect(),
            groups: GROUPS.into_iter().filter(|_| random.random_bool(0.15)).collect(),
        });
        // Confluence knows no restriction that names nobody.
        let restriction = restriction.filter(|one| !one.roles.is_empty() || !one.groups.is_empty());
        let named: Vec<String> = restriction
            .iter()
            .flat_map(|one| &one.roles)
            .filter_map(|role| self.account(role))
            .map(|account| account.account_id.clone())
            .collect();
        let named: Vec<&str> = named.iter().map(String::as_str).collect();
        let groups: Vec<&str> = restriction.iter().flat_map(|one| &one.groups).copied().collect();
        let page = &mut self.pages[number];
        self.sandbox.control().restrict(&page.id, &named, &groups);
        page.restriction = restriction;
    }

    /// Moves and restricts about half of the pages.
    pub(super) fn shuffle(&mut self, random: &mut StdRng) {
        for number in 0..self.pages.len() {
            if random.random_bool(0.3) {
                self.restrict(number, random);
            }
            let space = self.pages[number].space;
            if random.random_bool(0.3)
                && let Some(parent) = self.place(space, number, random)
            {
                let control = self.sandbox.control();
                control.move_to(&self.pages[number].id, &self.pages[parent].id);
                self.pages[number].parent = Some(parent);
            }
        }
    }

    pub(super) fn account(&self, role: &str) -> Option<&AccountAccess> {
        self.sandbox.access().accounts.iter().find(|account| account.role == role)
    }

    /// The rule, said without the code that is tested: the token opens the space; the mirror's own
    /// account may see every level; and every restricted level names the person's account itself.
    pub(super) fn may_see(&self, person: &Person, number: usize) -> bool {
        let opened = match &person.opens {
            OpenSpaces::All => true,
            OpenSpaces::None => false,
            OpenSpaces::Keys(keys) => keys.contains(self.pages[number].space),
        };
        let mut levels = std::iter::successors(Some(number), |level| self.pages[*level].parent);
        opened
            && levels.all(|level| {
                self.pages[level].restriction.as_ref().is_none_or(|one| {
                    let mirrored = one.roles.contains("service") || !one.groups.is_empty();
                    mirrored && person.role.is_some_and(|role| one.roles.contains(role))
                })
            })
    }
}

/// The service account is named often, or else nothing is mirrored.
fn drawn(role: &str, random: &mut StdRng) -> bool {
    random.random_bool(if role == "service" { 0.8 } else { 0.4 })
}

fn mark(number: usize) -> String {
    let letter = |at: usize| char::from(b"abcdefghijklmnopqrstuvwxyz"[at % 26]);
    format!("mark{}{}x", letter(number / 26), letter(number))
}
