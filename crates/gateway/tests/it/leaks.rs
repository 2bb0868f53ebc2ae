//! Whatever the rights are, nothing of a page that a caller may not see comes out of any tool.

use std::collections::BTreeSet;

use gateway::{Caller, Outcome};
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};
use store::{Ancestor, Clause, OpenSpaces, Subject, Visibility};

use crate::world::{Mirrored, World, column};

const SPACES: [&str; 3] = ["ENG", "OPS", "HR"];
const ACCOUNTS: [&str; 3] = ["ann", "ben", "cat"];

/// A page below an earlier one of its space, perhaps restricted.
#[derive(Clone, Debug)]
struct Planned {
    space: usize,
    below: Option<prop::sample::Index>,
    restriction: Option<Clause>,
}

fn subject() -> impl Strategy<Value = Subject> {
    prop_oneof![
        4 => prop::sample::select(&ACCOUNTS[..]).prop_map(|name| Subject::User(name.to_owned())),
        1 => Just(Subject::Group("ann".to_owned())),
        1 => Just(Subject::Unknown),
    ]
}

fn planned() -> impl Strategy<Value = Planned> {
    let restriction = prop::option::weighted(0.4, prop::collection::btree_set(subject(), 0..3));
    let below = prop::option::weighted(0.7, any::<prop::sample::Index>());
    (0..SPACES.len(), below, restriction).prop_map(|(space, below, restriction)| Planned {
        space,
        below,
        restriction,
    })
}

fn opens() -> impl Strategy<Value = OpenSpaces> {
    let keys = prop::sample::subsequence(&SPACES[..], 0..=SPACES.len())
        .prop_map(|keys| OpenSpaces::Keys(keys.into_iter().map(str::to_owned).collect()));
    prop_oneof![1 => Just(OpenSpaces::All), 1 => Just(OpenSpaces::None), 4 => keys]
}

#[derive(Clone, Debug)]
struct Case {
    pages: Vec<Planned>,
    account: Option<&'static str>,
    opens: OpenSpaces,
}

fn case() -> impl Strategy<Value = Case> {
    let account = prop::option::weighted(0.8, prop::sample::select(&ACCOUNTS[..]));
    (prop::collection::vec(planned(), 1..14), account, opens())
        .prop_map(|(pages, account, opens)| Case { pages, account, opens })
}

/// A word that only this page has.
fn mark(number: usize) -> String {
    format!("mark{}x", ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m"][number])
}

fn id(number: usize) -> String {
    (1000 + number).to_string()
}

fn mirrored(plan: &[Planned]) -> Vec<Mirrored> {
    let mut pages: Vec<Mirrored> = Vec::new();
    for (number, planned) in plan.iter().enumerate() {
        let space = SPACES[planned.space];
        let siblings: Vec<_> = pages.iter().filter(|page| page.space == space).collect();
        let parent = planned
            .below
            .filter(|_| !siblings.is_empty())
            .map(|below| siblings[below.index(siblings.len())].clone());
        let mut clauses: BTreeSet<Clause> =
            parent.iter().flat_map(|parent| parent.clauses.clone()).collect();
        clauses.extend(planned.restriction.clone());
        let ancestors = parent.iter().flat_map(|parent| {
            let own = Ancestor { id: parent.id.clone(), title: parent.title.clone() };
            parent.ancestors.iter().cloned().chain([own])
        });
        pages.push(Mirrored {
            id: id(number),
            space: space.to_owned(),
            title: format!("Title {}", mark(number)),
            body: format!("<h1>Common</h1><p>Common words and {}.</p>", mark(number)),
            ancestors: ancestors.collect(),
            parent: parent.map(|parent| parent.id),
            clauses,
        });
    }
    pages
}

/// The rule, said again without the code that is tested.
fn may_see(page: &Mirrored, case: &Case) -> bool {
    let open = match &case.opens {
        OpenSpaces::All => true,
        OpenSpaces::None => false,
        OpenSpaces::Keys(keys) => keys.contains(&page.space),
    };
    let named = |clause: &Clause| {
        clause.iter().any(|subject| match (subject, case.account) {
            (Subject::User(user), Some(account)) => user == account,
            _ => false,
        })
    };
    open && page.clauses.iter().all(named)
}

/// All of an answer but the event's id.
fn said(outcome: &Outcome) -> String {
    match &outcome.result {
        Ok(output) => serde_json::to_string(output).unwrap(),
        Err(refusal) => format!("{refusal:?}"),
    }
}

struct Asked<'a> {
    world: &'a World,
    caller: &'a Caller,
    hidden: Vec<String>,
    calls: usize,
}

impl Asked<'_> {
    /// Asks, and holds the answer to the one law.
    async fn ask(&mut self, tool: &str, arguments: Value) -> Outcome {
        self.calls += 1;
        let outcome = self.world.call(self.caller, tool, arguments.clone()).await;
        let said = said(&outcome);
        for mark in &self.hidden {
            assert!(!said.contains(mark), "{tool} {arguments} tells of {mark}: {said}");
        }
        outcome
    }

    async fn told_alike(&mut self, tool: &str, one: Value, other: Value) {
        let one = self.ask(tool, one).await;
        let other = self.ask(tool, other).await;
        assert_eq!(said(&one), said(&other), "{tool}");
        assert!(one.event.is_some() && other.event.is_some());
    }
}

async fn holds(case: &Case) {
    let world = World::new().await;
    let site = world.silent_site("wiki", Visibility::Mapped).await;
    let pages = mirrored(&case.pages);
    world.put(&site.id, &SPACES, &pages).await;
    let caller = world.caller("robin", case.account, case.opens.clone()).await;
    let (seen, unseen): (Vec<_>, Vec<_>) =
        pages.iter().enumerate().partition(|(_, page)| may_see(page, case));
    let hidden = unseen.iter().map(|(number, _)| mark(*number)).collect();
    let mut asked = Asked { world: &world, caller: &caller, hidden, calls: 0 };

    for (number, page) in &unseen {
        for (tool, argument) in [
            ("fetch", "id"),
            ("confluence_get_page", "page_id"),
            ("confluence_get_page_children", "parent_id"),
        ] {
            asked.told_alike(tool, json!({argument: page.id}), json!({argument: "424242"})).await;
        }
        let titled = |title: &str| json!({"title": title, "space_key": page.space});
        asked.told_alike("confluence_get_page", titled(&page.title), titled("Nothing")).await;
        for tool in ["search", "confluence_search"] {
            let of = |word: &str| json!({"query": word});
            asked.told_alike(tool, of(&mark(*number)), of("markzzz")).await;
        }
    }
    for (_, page) in &seen {
        let read = asked.ask("confluence_get_page", json!({"page_id": page.id})).await;
        assert_eq!(column(&read.result.unwrap(), "id"), [page.id.as_str()]);
        let titled = json!({"title": page.title, "space_key": page.space});
        let read = asked.ask("confluence_get_page", titled).await;
        assert_eq!(column(&read.result.unwrap(), "id"), [page.id.as_str()]);
        let fetched = asked.ask("fetch", json!({"id": page.id})).await.result.unwrap();
        assert_eq!(column(&fetched, "id"), [page.id.as_str()]);
        children_are_those_seen(&mut asked, page, &seen).await;
    }

    let expected: BTreeSet<String> = seen.iter().map(|(_, page)| page.id.clone()).collect();
    let found = asked.ask("confluence_search", json!({"query": "common words", "limit": 50})).await;
    let found: BTreeSet<String> = column(&found.result.unwrap(), "id").into_iter().collect();
    assert_eq!(found, expected);
    let spaces = asked.ask("confluence_list_spaces", json!({})).await.result.unwrap();
    let open: Vec<String> = match &case.opens {
        OpenSpaces::All => SPACES.iter().map(|key| (*key).to_owned()).collect(),
        OpenSpaces::None => Vec::new(),
        OpenSpaces::Keys(keys) => keys.iter().cloned().collect(),
    };
    assert_eq!(
        column(&spaces, "key").into_iter().collect::<BTreeSet<_>>(),
        open.into_iter().collect()
    );
    let overview = world.gateway.overview(&caller).await.unwrap();
    assert_eq!(overview.sites[0].pages, u64::try_from(expected.len()).unwrap());
    assert_eq!(world.events().await.len(), asked.calls, "one event for each answer");
}

/// In portions of two, by the cursor.
async fn children_are_those_seen(
    asked: &mut Asked<'_>,
    parent: &Mirrored,
    seen: &[(usize, &Mirrored)],
) {
    let expected: BTreeSet<&str> = seen
        .iter()
        .filter(|(_, page)| page.parent.as_deref() == Some(parent.id.as_str()))
        .map(|(_, page)| page.id.as_str())
        .collect();
    let mut children = Vec::new();
    let mut arguments = json!({"parent_id": parent.id, "limit": 2});
    loop {
        let outcome = asked.ask("confluence_get_page_children", arguments.clone()).await;
        let output = outcome.result.unwrap();
        children.extend(column(&output, "id"));
        let Some(next) = output.next else { break };
        assert!(children.len() < expected.len(), "a cursor that leads to nothing");
        arguments["cursor"] = next.into();
    }
    assert_eq!(children, expected.into_iter().map(str::to_owned).collect::<Vec<_>>());
}

#[test]
fn no_tool_tells_of_a_page_that_the_caller_may_not_see() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let config = ProptestConfig { cases: 24, failure_persistence: None, ..Default::default() };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    TestRunner::new_with_rng(config, rng)
        .run(&case(), |case| {
            runtime.block_on(holds(&case));
            Ok(())
        })
        .unwrap();
}
