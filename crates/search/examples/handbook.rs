//! Measures the ranking on the handbook corpus: `cargo run --release -p search --example handbook`.
//!
//! Reads `../shared/retrieval/handbook` beside the workspace: pages, questions (the anchor texts of
//! links between pages) and the page that each question wants. The pages go the whole way: storage
//! format, store, change log, index. Pages that hold the link itself are left out of the answers.
//! `--ancestors` adds the index pages of the folders above a page as its ancestors.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement stops where it fails")]

#[path = "../tests/it/wiki.rs"]
#[expect(dead_code, reason = "the tests use the rest of it")]
mod wiki;

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use search::{Index, Query};
use serde_json::Value;
use store::{PageHeader, VisibleClasses};

use crate::wiki::Wiki;

const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/retrieval/handbook");

#[tokio::main]
async fn main() {
    let corpus = PathBuf::from(CORPUS);
    if !corpus.exists() {
        println!("no corpus at {}", corpus.display());
        return;
    }
    let with_ancestors = std::env::args().any(|argument| argument == "--ancestors");
    let wiki = Wiki::new().await;
    wiki.put_all(pages(&corpus, with_ancestors)).await;
    let index = Index::in_memory().unwrap();
    let started = Instant::now();
    let changes = index.catch_up(&wiki.db, &wiki.site).await.unwrap();
    println!("{changes} pages, {} sections, indexed in {:?}", index.sections(), started.elapsed());
    println!("{}", measure(&index, &questions(&corpus)));
}

struct Question {
    text: String,
    excluded: HashSet<String>,
    wanted: HashMap<String, f64>,
}

struct Measures {
    questions: usize,
    ndcg_at_10: f64,
    recall_at_20: f64,
    without_results: usize,
    median: Duration,
    worst_of_100: Duration,
}

impl std::fmt::Display for Measures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} questions: nDCG@10 {:.4}, recall@20 {:.4}, without results {}, p50 {:?}, p99 {:?}",
            self.questions,
            self.ndcg_at_10,
            self.recall_at_20,
            self.without_results,
            self.median,
            self.worst_of_100
        )
    }
}

fn measure(index: &Index, questions: &[Question]) -> Measures {
    let (mut gain, mut recall, mut without_results) = (0.0, 0.0, 0);
    let mut times = Vec::new();
    for question in questions {
        let started = Instant::now();
        let query = Query::parse(&question.text);
        let limit = 20 + question.excluded.len();
        let hits = index.search(&query, &VisibleClasses::All, limit).unwrap();
        times.push(started.elapsed());
        without_results += usize::from(hits.is_empty());
        let grades: Vec<f64> = hits
            .iter()
            .filter(|hit| !question.excluded.contains(&hit.content_id))
            .map(|hit| question.wanted.get(&hit.content_id).copied().unwrap_or_default())
            .take(20)
            .collect();
        let mut ideal: Vec<f64> = question.wanted.values().copied().collect();
        ideal.sort_by(|one, other| other.total_cmp(one));
        gain += discounted_gain(&grades) / discounted_gain(&ideal);
        let found = grades.iter().filter(|grade| **grade > 0.0).count();
        recall += found as f64 / ideal.len() as f64;
    }
    times.sort();
    Measures {
        questions: questions.len(),
        ndcg_at_10: gain / questions.len() as f64,
        recall_at_20: recall / questions.len() as f64,
        without_results,
        median: times[times.len() / 2],
        worst_of_100: times[times.len() * 99 / 100],
    }
}

fn discounted_gain(grades: &[f64]) -> f64 {
    (2_u32..).zip(grades.iter().take(10)).map(|(rank, grade)| grade / f64::from(rank).log2()).sum()
}

fn lines(path: &Path) -> impl Iterator<Item = Value> {
    let text = std::fs::read_to_string(path).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    lines.into_iter()
}

fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_default().to_owned()
}

fn pages(corpus: &Path, with_ancestors: bool) -> Vec<(PageHeader, String)> {
    let sources: Vec<Value> = lines(&corpus.join("corpus.jsonl")).collect();
    let titles: HashMap<String, String> =
        sources.iter().map(|source| (text(source, "_id"), text(source, "title"))).collect();
    let page = |source: &Value| {
        let mut header = wiki::page(&text(source, "_id"), &text(source, "title"));
        header.space_key = text(source, "space");
        if with_ancestors {
            header.ancestors = wiki::below(&folders(&header.content_id, &titles));
        }
        (header, storage(&text(source, "text")))
    };
    sources.iter().map(page).collect()
}

/// Titles of the index pages of the folders above the file that `id` names.
fn folders<'a>(id: &str, titles: &'a HashMap<String, String>) -> Vec<&'a str> {
    let above = id.match_indices('/').map(|(at, _)| &id[..at]);
    above
        .flat_map(|folder| [format!("{folder}/index.md"), format!("{folder}/README.md")])
        .filter(|index| index != id)
        .filter_map(|index| titles.get(&index).map(String::as_str))
        .collect()
}

fn questions(corpus: &Path) -> Vec<Question> {
    let mut wanted: HashMap<String, HashMap<String, f64>> = HashMap::new();
    for line in std::fs::read_to_string(corpus.join("qrels.tsv")).unwrap().lines().skip(1) {
        let [question, page, grade] = line.split('\t').collect::<Vec<_>>().try_into().unwrap();
        let pages = wanted.entry(question.to_owned()).or_default();
        pages.insert(page.to_owned(), grade.parse().unwrap());
    }
    let question = |line: Value| Question {
        text: text(&line, "text"),
        excluded: line["exclude"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|id| id.as_str().map(str::to_owned))
            .collect(),
        wanted: wanted.remove(&text(&line, "_id")).unwrap_or_default(),
    };
    lines(&corpus.join("queries.jsonl")).map(question).collect()
}

/// Markdown as storage format: headings, code and lines; marks inside lines stay as they are.
fn storage(markdown: &str) -> String {
    let mut storage = String::new();
    let mut code: Option<String> = None;
    for line in markdown.lines() {
        if line.trim_start().starts_with("```") {
            code = match code {
                None => Some(String::new()),
                Some(lines) => {
                    storage +=
                        "<ac:structured-macro ac:name=\"code\"><ac:plain-text-body><![CDATA[";
                    storage += &lines.replace("]]>", "");
                    storage += "]]></ac:plain-text-body></ac:structured-macro>";
                    None
                }
            };
        } else if let Some(lines) = &mut code {
            lines.push_str(line);
            lines.push('\n');
        } else if !line.trim().is_empty() {
            let level = line.len() - line.trim_start_matches('#').len();
            let heading = (1..=6).contains(&level) && line[level..].starts_with(' ');
            let tag = if heading { format!("h{level}") } else { "p".to_owned() };
            let text = if heading { &line[level..] } else { line };
            let text = text.trim().replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            for part in ["<", &tag, ">", &text, "</", &tag, ">"] {
                storage.push_str(part);
            }
        }
    }
    storage
}
