//! Nobody finds what is not theirs, and nobody misses what is.

use std::collections::BTreeSet;

use proptest::prelude::*;
use search::{Hit, Index, Query};
use store::{AclClass, VisibleClasses};

use crate::wiki::{Wiki, page};

const CLASSES: usize = 6;
const QUERIES: [&str; 6] =
    ["red", "red green blue", "\"red green\"", "space:ENG blue", "label:odd", "what is this"];

/// One page: its class, and words for its sections.
#[derive(Clone, Debug)]
struct Draft {
    class: usize,
    sections: Vec<Vec<&'static str>>,
}

fn drafts() -> impl Strategy<Value = Vec<Draft>> {
    let word = prop::sample::select(vec!["red", "green", "blue", "grey", "the"]);
    let sections = prop::collection::vec(prop::collection::vec(word, 0..6), 0..4);
    let draft = (0..CLASSES, sections).prop_map(|(class, sections)| Draft { class, sections });
    prop::collection::vec(draft, 0..40)
}

async fn index_of(drafts: &[Draft]) -> Index {
    let wiki = Wiki::new().await;
    let classes = wiki.classes(CLASSES).await;
    let pages = drafts.iter().enumerate().map(|(number, draft)| {
        let mut header = page(&number.to_string(), "What is this");
        header.acl_class = classes[draft.class];
        header.labels = if number % 2 == 1 { vec!["odd".to_owned()] } else { Vec::new() };
        header.space_key = if number % 3 == 0 { "OPS".to_owned() } else { "ENG".to_owned() };
        let sections = draft.sections.iter();
        let body = sections.map(|words| format!("<h1>H</h1><p>{}</p>", words.join(" ")));
        (header, body.collect::<String>())
    });
    // Two rounds, so that there are several segments and deleted documents.
    let pages: Vec<_> = pages.collect();
    let index = Index::in_memory().unwrap();
    for _ in 0..2 {
        wiki.put_all(pages.iter().cloned().map(|(header, body)| (header, format!("{body}<p/>"))))
            .await;
        index.catch_up(&wiki.db, &wiki.site).await.unwrap();
        wiki.put_all(pages.iter().step_by(2).cloned()).await;
        index.catch_up(&wiki.db, &wiki.site).await.unwrap();
    }
    index
}

fn set(classes: &BTreeSet<i64>) -> VisibleClasses {
    VisibleClasses::Some(classes.iter().copied().map(AclClass).collect())
}

#[test]
fn a_filtered_search_is_the_unfiltered_search_without_what_is_hidden() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let classes = prop::collection::btree_set(0..=i64::try_from(CLASSES).unwrap() + 1, 0..5);
    proptest!(ProptestConfig::with_cases(24), |(drafts in drafts(), classes in classes)| {
        let index = runtime.block_on(index_of(&drafts));
        let visible = set(&classes);
        for query in QUERIES {
            let query = Query::parse(query);
            let all = index.search(&query, &VisibleClasses::All, drafts.len()).unwrap();
            let expected: Vec<Hit> =
                all.into_iter().filter(|hit| visible.contains(hit.class)).collect();
            for hit in &expected {
                let draft = &drafts[hit.content_id.parse::<usize>().unwrap()];
                prop_assert_eq!(hit.class.0, i64::try_from(draft.class).unwrap() + 1);
            }
            let found = index.search(&query, &visible, drafts.len()).unwrap();
            prop_assert_eq!(&found, &expected);
            let few = index.search(&query, &visible, 3).unwrap();
            prop_assert_eq!(&few[..], &expected[..expected.len().min(3)]);
        }
    });
}

#[tokio::test]
async fn no_class_means_no_hit_and_the_hidden_do_not_crowd_out_the_visible() {
    let wiki = Wiki::new().await;
    let classes = wiki.classes(2).await;
    let pages = (0..600).map(|number| {
        let mut header = page(&number.to_string(), "Pool");
        header.acl_class = classes[usize::from(number == 599)];
        // The one that may be seen is the worst match.
        let body = if number == 599 { "<p>many other words stand here</p>" } else { "<p>pool</p>" };
        (header, body.to_owned())
    });
    wiki.put_all(pages).await;
    let index = Index::in_memory().unwrap();
    index.catch_up(&wiki.db, &wiki.site).await.unwrap();
    let search = |visible| index.search(&Query::parse("pool"), &visible, 10).unwrap();
    assert!(search(VisibleClasses::Some(BTreeSet::new())).is_empty());
    assert!(search(set(&BTreeSet::from([-1, 0, 3, i64::MAX]))).is_empty());
    let [only] = search(set(&BTreeSet::from([classes[1].0]))).try_into().unwrap();
    assert_eq!(only.content_id, "599");
}
