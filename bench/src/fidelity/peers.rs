//! Converters in Python, in a process of their own.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use super::Pages;
use super::convert::{Converter, Times};
use crate::Failure;

const PROGRAM: &str = include_str!("peers.py");

/// Converts all pages with each peer that `python` can import. The second part names those that it
/// cannot, with the reason.
///
/// # Errors
/// The program ran and gave no answer that can be read.
pub(super) fn convert(
    pages: &Pages,
    python: &Path,
) -> Result<(Vec<Converter>, Vec<String>), Failure> {
    let spawned = Command::new(python)
        .args(["-c", PROGRAM])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let mut process = match spawned {
        Ok(process) => process,
        Err(error) => {
            let reason = format!("peers in Python: {} cannot be run: {error}", python.display());
            return Ok((Vec::new(), vec![reason]));
        }
    };
    let storage: Vec<&str> = pages.pages.iter().map(|page| page.storage.as_str()).collect();
    if let Some(mut input) = process.stdin.take() {
        input.write_all(json!(storage).to_string().as_bytes())?;
    }
    let answer: Value = serde_json::from_slice(&process.wait_with_output()?.stdout)?;
    let mut converters = Vec::new();
    let mut absent = Vec::new();
    for peer in answer.as_array().into_iter().flatten() {
        let name = peer["name"].as_str().unwrap_or_default().to_owned();
        match peer["missing"].as_str() {
            Some(reason) => absent.push(format!("{name}: {reason}")),
            None => converters.push(converter(name, peer)),
        }
    }
    Ok((converters, absent))
}

fn converter(name: String, peer: &Value) -> Converter {
    let list = |field: &str| peer[field].as_array().into_iter().flatten();
    let markdown = list("markdown").map(|text| text.as_str().unwrap_or_default().to_owned());
    let times = list("seconds").filter_map(Value::as_f64).map(Duration::from_secs_f64);
    Converter {
        name,
        markdown: markdown.collect(),
        with_comments: None,
        times: Times::of(times.collect()),
    }
}
