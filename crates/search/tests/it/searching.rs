//! What a query finds, in which order, and how it is shown.

use proptest::prelude::*;
use search::{Hit, Index, Query};
use store::VisibleClasses;

use crate::wiki::{Wiki, below, page};

async fn index_of(pages: &[(&str, &str, &str)]) -> Index {
    let wiki = Wiki::new().await;
    let pages = pages.iter().map(|(id, title, body)| (page(id, title), (*body).to_owned()));
    wiki.put_all(pages).await;
    let index = Index::in_memory().unwrap();
    index.catch_up(&wiki.db, &wiki.site).await.unwrap();
    index
}

fn hits(index: &Index, query: &str) -> Vec<Hit> {
    index.search(&Query::parse(query), &VisibleClasses::All, 10).unwrap()
}

fn ids(index: &Index, query: &str) -> Vec<String> {
    hits(index, query).into_iter().map(|hit| hit.content_id).collect()
}

#[tokio::test]
async fn a_question_finds_the_page_that_answers_it_though_no_page_has_all_its_words() {
    let index = index_of(&[
        ("1", "Restarting the gateway", "<p>Drain it, then restart.</p>"),
        ("2", "Holidays", "<p>How many days of vacation do we have?</p>"),
        ("3", "Gateway design", "<p>Why there is a gateway.</p>"),
    ])
    .await;
    assert_eq!(ids(&index, "How do I restart a stuck gateway on Sundays?"), ["1", "3"]);
    assert_eq!(ids(&index, "vacations"), ["2"]);
    assert!(ids(&index, "zzz").is_empty());
}

#[tokio::test]
async fn identifiers_are_found_whole_in_parts_and_in_any_case() {
    let index = index_of(&[
        ("1", "Pool", "<p>Set <code>max_pool_size</code> in /etc/app/pool.toml, see ABC-123.</p>"),
        ("2", "Sizes", "<p>The max of all pools; size matters. ABC-124 is closed, 123 open.</p>"),
        ("3", "Code", "<p>Call getUserById of std::collections::HashMap.</p>"),
    ])
    .await;
    for query in ["max_pool_size", "ABC-123", "abc-123", "/etc/app/pool.toml", "pool.toml"] {
        assert_eq!(ids(&index, query).first().map(String::as_str), Some("1"), "{query}");
    }
    for query in ["getUserById", "getuserbyid", "user id", "std::collections::HashMap", "hashmap"] {
        assert_eq!(ids(&index, query), ["3"], "{query}");
    }
}

#[tokio::test]
async fn stop_words_alone_find_titles_first_and_texts_after() {
    let index = index_of(&[
        ("1", "Who we are", "<p>People.</p>"),
        ("2", "People", "<p>Who are we? We are who we are.</p>"),
    ])
    .await;
    assert_eq!(ids(&index, "who are we"), ["1", "2"]);
    assert_eq!(ids(&index, "\"who we are\""), ["1"]);
    assert!(ids(&index, "is it that").is_empty());
}

#[tokio::test]
async fn the_very_form_that_is_asked_for_goes_before_other_forms() {
    let often = "<p>Values, valued, value: the value of a value.</p>";
    let pages: Vec<(String, &str)> = (1..30).map(|number| (number.to_string(), often)).collect();
    let mut pages: Vec<(&str, &str, &str)> =
        pages.iter().map(|(id, body)| (id.as_str(), "Value", *body)).collect();
    let long = format!("<p>{} An invaluable valuing.</p>", "Much is said here. ".repeat(50));
    pages.push(("99", "Prices", &long));
    let index = index_of(&pages).await;
    assert_eq!(ids(&index, "valuing").first().map(String::as_str), Some("99"));
    assert_eq!(ids(&index, "value").first().map(String::as_str), Some("1"));
}

#[tokio::test]
async fn pages_in_scripts_without_spaces_and_with_accents_are_found() {
    let index = index_of(&[
        ("1", "障害対応", "<p>データベースを再起動する手順。</p>"),
        ("2", "한국어 문서", "<p>데이터베이스를 재시작합니다.</p>"),
        ("3", "Référence", "<p>La procédure de redémarrage à Orléans.</p>"),
        ("4", "Перезапуск", "<p>Как перезапустить базу.</p>"),
        ("5", "คู่มือ", "<p>วิธีรีสตาร์ทฐานข้อมูล</p>"),
        ("6", "हिन्दी", "<p>सर्वर को पुनः आरंभ करें</p>"),
    ])
    .await;
    for (query, wanted) in [
        ("再起動", "1"),
        ("データベース 手順", "1"),
        ("害", "1"),
        ("데이터베이스", "2"),
        ("reference", "3"),
        ("procedure orleans", "3"),
        ("ПЕРЕЗАПУСК", "4"),
        ("ฐานข้อมูล", "5"),
        ("सर्वर", "6"),
    ] {
        assert_eq!(ids(&index, query).first().map(String::as_str), Some(wanted), "{query}");
    }
    assert_eq!(ids(&index, "\"再起動する\""), ["1"]);
    assert!(ids(&index, "\"起再動\"").is_empty());
}

#[tokio::test]
async fn quoted_words_must_stand_in_a_row() {
    let index = index_of(&[
        ("1", "One", "<p>A rolling restart of the whole cluster.</p>"),
        ("2", "Two", "<p>Restart, then keep rolling. The cluster is whole.</p>"),
        ("3", "Rolling restart", "<h1>A</h1><p>One self-hosted runner.</p>"),
    ])
    .await;
    for query in ["\"rolling restart\"", "\"rolling restart\" cluster"] {
        let mut both = ids(&index, query);
        both.sort();
        assert_eq!(both, ["1", "3"]);
    }
    assert_eq!(ids(&index, "\"rolling restart\" \"self hosted\""), ["3"]);
    assert_eq!(ids(&index, "\"restart of the whole\""), ["1"]);
    assert!(ids(&index, "\"whole restart\"").is_empty());
}

#[tokio::test]
async fn words_next_to_each_other_rank_a_page_higher() {
    let filler = "<p>Nothing to see.</p>";
    let index = index_of(&[
        ("1", "A", "<p>review of the notes on access and on who does a yearly check</p>"),
        ("2", "B", "<p>notes on who does an access review and on the yearly check of</p>"),
        ("3", "C", filler),
        ("4", "D", filler),
    ])
    .await;
    assert_eq!(ids(&index, "access review"), ["2", "1"]);
}

#[tokio::test]
async fn filters_narrow_by_space_and_by_all_labels() {
    let wiki = Wiki::new().await;
    let mut runbook = page("1", "Restart");
    runbook.labels = vec!["runbook".to_owned(), "draft".to_owned()];
    let mut other = page("2", "Restart");
    other.labels = vec!["Runbook".to_owned()];
    other.space_key = "~ann".to_owned();
    wiki.put(runbook, "<p>pool</p>").await;
    wiki.put(other, "<p>pool</p>").await;
    wiki.put(page("3", "Restart"), "").await;
    let index = Index::in_memory().unwrap();
    index.catch_up(&wiki.db, &wiki.site).await.unwrap();
    let found = |query: &str| {
        let mut ids = ids(&index, query);
        ids.sort();
        ids.join(" ")
    };
    assert_eq!(found("restart"), "1 2 3");
    assert_eq!(found("space:eng restart"), "1 3");
    assert_eq!(found("space:ENG,~ANN restart"), "1 2 3");
    assert_eq!(found("label:runbook"), "1 2");
    assert_eq!(found("label:runbook label:draft restart"), "1");
    assert_eq!(found("label:runbook space:~ann"), "2");
    assert_eq!(found("label:runbook nothingofthis"), "");
    assert_eq!(found("space:OPS restart"), "");
    assert_eq!(found(""), "");
}

#[tokio::test]
async fn a_hit_is_the_best_section_with_its_place_and_a_plain_snippet() {
    let wiki = Wiki::new().await;
    let filler = "Words that fill the section so that it stands on its own. ".repeat(8);
    let mut manual = page("7", "Manual");
    manual.version = 12;
    manual.ancestors = below(&["Handbook", "Operations"]);
    let body = format!(
        "<p>{filler}</p><h1>Cluster</h1><p>{filler}</p><h2>Failover</h2>\
         <p>{filler}</p><p>Promote the <strong>standby</strong> &amp; move the \
         <a href=\"https://example.com/x\">address</a>.</p><h1>Backup</h1><p>{filler}</p>"
    );
    wiki.put(manual, &body).await;
    let index = Index::in_memory().unwrap();
    index.catch_up(&wiki.db, &wiki.site).await.unwrap();
    let [hit] = hits(&index, "promote standby address").try_into().unwrap();
    assert_eq!(hit.content_id, "7");
    assert_eq!(hit.version, 12);
    assert_eq!(hit.section, ["Cluster", "Failover"]);
    assert!(hit.anchor.is_some_and(|anchor| anchor.contains("Failover")));
    assert!(hit.snippet.contains("Promote the standby & move the address."), "{}", hit.snippet);
    assert!(hit.snippet.chars().count() <= 240);
    assert_eq!(hits(&index, "operations")[0].content_id, "7", "by its breadcrumb");
    assert_eq!(index.sections(), 4);
}

#[tokio::test]
async fn a_page_without_text_is_found_by_its_title() {
    let index = index_of(&[("1", "Release calendar", ""), ("2", "Other", "<p>x</p>")]).await;
    let [hit] = hits(&index, "release").try_into().unwrap();
    assert_eq!((hit.section.len(), hit.anchor, hit.snippet.as_str()), (0, None, ""));
}

#[tokio::test]
async fn no_more_pages_than_asked_for_come_back() {
    let wiki = Wiki::new().await;
    let pages = (0..30).map(|number| (page(&number.to_string(), "Pool"), String::new()));
    wiki.put_all(pages).await;
    let index = Index::in_memory().unwrap();
    index.catch_up(&wiki.db, &wiki.site).await.unwrap();
    for limit in [0, 1, 30, 1000] {
        let query = Query::parse("pool");
        let found = index.search(&query, &VisibleClasses::All, limit).unwrap();
        assert_eq!(found.len(), limit.min(30));
    }
}

#[test]
fn no_query_makes_the_search_fail() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let index = runtime.block_on(index_of(&[
        ("1", "Pool a b", "<h1>a</h1><p>b c max_pool_size 再起動</p>"),
        ("2", "OR", "<p>not and</p>"),
    ]));
    let garbage = "[-+*?~^:\\\\/()\\[\\]{}\"'“”!&|<>= \t\n0a-cé再_.]{0,40}";
    let operators = "(space:|label:|AND|OR|NOT|\"|a|b|the|max_pool_size|\\*|ENG|,| ){0,20}";
    let text = prop_oneof![garbage, operators, ".{0,60}", "(ab ?){0,400}"];
    proptest!(ProptestConfig::with_cases(200), |(text in text)| {
        let found = index.search(&Query::parse(&text), &VisibleClasses::All, 5).unwrap();
        prop_assert!(found.len() <= 2);
        Query::parse(&text).terms();
    });
}
