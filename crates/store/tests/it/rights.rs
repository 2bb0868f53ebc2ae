use std::collections::BTreeSet;

use proptest::collection::btree_set;
use proptest::prelude::*;
use store::{AclClass, Clause, OpenSpaces, Rights, Subject, VisibleClasses};

use crate::harness::{Store, on_each_engine};

on_each_engine! {
    equal_rights_are_one_class_and_classes_count_from_one,
    rights_come_back_as_they_were_interned;
    shared
    rights_met_by_two_writers_at_once_are_one_class,
}

async fn equal_rights_are_one_class_and_classes_count_from_one(store: Store) {
    let (north, south) = (store.site("north").await, store.site("south").await);
    let restricted = rights(&[&[user("ana"), user("bob")], &[user("ana")]]);
    let reordered = rights(&[&[user("ana")], &[user("bob"), user("ana")], &[user("ana")]]);
    assert_eq!(store.class(&north, &restricted).await, AclClass(1));
    assert_eq!(store.class(&north, &rights(&[])).await, AclClass(2));
    assert_eq!(store.class(&north, &reordered).await, AclClass(1));
    assert_eq!(store.class(&north, &Rights::nobody("ENG")).await, AclClass(3));
    assert_eq!(store.class(&south, &rights(&[])).await, AclClass(1));
}

async fn rights_come_back_as_they_were_interned(store: Store) {
    let site = store.site("north").await;
    let group = Subject::Group("jira \"users\"\n".to_owned());
    let all =
        [Rights::nobody("~5b10"), rights(&[]), rights(&[&[group, Subject::Unknown, user("ana")]])];
    for rights in &all {
        store.class(&site, rights).await;
    }
    let stored = store::all_rights(&store.db, &site).await.unwrap();
    assert!(stored.into_values().eq(all));
}

async fn rights_met_by_two_writers_at_once_are_one_class(store: Store) {
    let site = store.site("north").await;
    let other = store.open_again().await.unwrap();
    let intern = |db: store::Db| {
        let site = site.clone();
        async move {
            let mut classes = Vec::new();
            for number in 0..20 {
                let rights = rights(&[&[user(&number.to_string())]]);
                let mut write = db.write().await.unwrap();
                classes.push(store::intern_rights(&mut write, &site, &rights).await.unwrap());
                write.commit().await.unwrap();
            }
            classes
        }
    };
    let (one, two) = (tokio::spawn(intern(store.db.clone())), tokio::spawn(intern(other)));
    let expected: Vec<AclClass> = (1..=20).map(AclClass).collect();
    assert_eq!(one.await.unwrap(), expected);
    assert_eq!(two.await.unwrap(), expected);
}

#[test]
fn every_clause_must_name_the_account() {
    let restricted = rights(&[&[user("ana"), user("bob")], &[user("ana")]]);
    let all = OpenSpaces::All;
    assert!(restricted.admits(Some("ana"), &all));
    assert!(!restricted.admits(Some("bob"), &all));
    assert!(!restricted.admits(None, &all));
    assert!(rights(&[]).admits(None, &all));
    assert!(rights(&[]).admits(Some("anybody"), &all));
    assert!(!rights(&[&[]]).admits(Some("ana"), &all));
    assert!(!Rights::nobody("ENG").admits(Some("ana"), &all));
}

#[test]
fn a_group_or_an_unknown_subject_is_met_by_nobody() {
    for subject in [Subject::Group("ana".to_owned()), Subject::Unknown] {
        let restricted = rights(&[&[subject]]);
        for account in [None, Some("ana"), Some("")] {
            assert!(!restricted.admits(account, &OpenSpaces::All), "{restricted:?}");
        }
    }
}

#[test]
fn a_token_opens_the_spaces_it_names_to_the_letter() {
    let keys = |keys: &[&str]| OpenSpaces::Keys(keys.iter().map(|&key| key.to_owned()).collect());
    assert!(rights(&[]).admits(None, &keys(&["OPS", "ENG"])));
    for opens in [keys(&[]), keys(&["eng"]), keys(&["ENGINE"]), keys(&["EN"]), OpenSpaces::None] {
        assert!(!rights(&[]).admits(None, &opens), "{opens:?}");
    }
}

#[test]
fn classes_are_visible_one_by_one() {
    let some = VisibleClasses::Some(BTreeSet::from([AclClass(2)]));
    assert!(some.contains(AclClass(2)) && !some.contains(AclClass(1)));
    assert!(VisibleClasses::All.contains(AclClass(1)));
}

proptest! {
    #[test]
    fn one_more_clause_never_lets_anybody_in(
        rights in any_rights(), clause in any_clause(), account in any_account(), opens in any_opens(),
    ) {
        let mut narrower = rights.clone();
        narrower.clauses.insert(clause);
        prop_assert!(!narrower.admits(account.as_deref(), &opens) || rights.admits(account.as_deref(), &opens));
    }

    #[test]
    fn whoever_is_admitted_is_named_in_every_clause_and_has_the_space(
        rights in any_rights(), account in any_account(), opens in any_opens(),
    ) {
        let open = match &opens {
            OpenSpaces::None => false,
            OpenSpaces::Keys(keys) => keys.contains(&rights.space_key),
            OpenSpaces::All => true,
        };
        let named = rights.clauses.iter().all(|clause| {
            account.as_ref().is_some_and(|account| clause.contains(&Subject::User(account.clone())))
        });
        prop_assert_eq!(rights.admits(account.as_deref(), &opens), open && named);
    }
}

fn any_account() -> impl Strategy<Value = Option<String>> {
    proptest::option::of("[abc]")
}

fn any_clause() -> impl Strategy<Value = Clause> {
    let subject = prop_oneof![
        4 => "[abc]".prop_map(Subject::User),
        1 => "[abc]".prop_map(Subject::Group),
        1 => Just(Subject::Unknown),
    ];
    btree_set(subject, 0..4)
}

fn any_rights() -> impl Strategy<Value = Rights> {
    ("[XYZ]", btree_set(any_clause(), 0..3))
        .prop_map(|(space_key, clauses)| Rights { space_key, clauses })
}

fn any_opens() -> impl Strategy<Value = OpenSpaces> {
    prop_oneof![
        Just(OpenSpaces::None),
        Just(OpenSpaces::All),
        btree_set("[XYZ]", 0..3).prop_map(OpenSpaces::Keys),
    ]
}

fn user(account: &str) -> Subject {
    Subject::User(account.to_owned())
}

fn rights(clauses: &[&[Subject]]) -> Rights {
    Rights {
        space_key: "ENG".to_owned(),
        clauses: clauses.iter().map(|clause| clause.iter().cloned().collect()).collect(),
    }
}
