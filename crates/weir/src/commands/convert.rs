//! `weir convert`: the document engine on files, without a site.

use std::io::{BufRead, Write};
use std::path::PathBuf;
use std::time::Instant;

use clap::{Args, Subcommand};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::failure::{Exit, Failure};
use crate::folder::read_input;
use crate::terminal;

/// Converts storage format without a site.
#[derive(Debug, Args)]
pub(crate) struct Convert {
    #[command(subcommand)]
    operation: Operation,
}

#[derive(Debug, Subcommand)]
enum Operation {
    /// Storage format to Markdown.
    ToMarkdown {
        /// File to read; `-` or nothing reads standard input.
        file: Option<PathBuf>,
        /// Show the anchors of inline comments.
        #[arg(long)]
        comments: bool,
        /// Show where layout sections and cells begin.
        #[arg(long)]
        layouts: bool,
        /// One JSON object: markdown and warnings.
        #[arg(long)]
        json: bool,
    },
    /// Many conversions: JSON lines in, JSON lines out, in order.
    ///
    /// In: `{"id", "op": "to_markdown", "source": "…"}`.
    /// Out: `{"id", "output", "micros"}` or `{"id", "error": {"code", "message"}}`.
    Batch,
}

pub(crate) fn run(convert: &Convert) -> Result<(), Failure> {
    match &convert.operation {
        Operation::ToMarkdown { file, comments, layouts, json } => {
            let file = file.as_deref().filter(|path| path.as_os_str() != "-");
            let bytes = read_input(file)?;
            let options = document::ViewOptions { comments: *comments, layouts: *layouts };
            to_markdown(bytes, options, *json)
        }
        Operation::Batch => batch(),
    }
}

fn to_markdown(bytes: Vec<u8>, options: document::ViewOptions, json: bool) -> Result<(), Failure> {
    let storage = String::from_utf8(bytes).map_err(|error| {
        Failure::new(
            Exit::Failed,
            "input_not_utf8",
            format!("The input is not UTF-8: byte {}", error.utf8_error().valid_up_to()),
            "Storage format is UTF-8; convert the file first.",
        )
    })?;
    let view = document::to_markdown(&storage, &options);
    if json {
        let warnings: Vec<Value> = view
            .warnings
            .iter()
            .map(|warning| json!({"code": warning.code, "at": warning.at, "message": warning.message}))
            .collect();
        terminal::json(&json!({"markdown": view.markdown, "warnings": warnings}));
        return Ok(());
    }
    for warning in &view.warnings {
        terminal::note(&format!(
            "warning: {} at byte {} ({})",
            warning.message, warning.at, warning.code
        ));
    }
    terminal::line(view.markdown.trim_end_matches('\n'));
    Ok(())
}

#[derive(Deserialize)]
struct Request {
    #[serde(default)]
    id: Value,
    op: String,
    source: String,
}

fn batch() -> Result<(), Failure> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for line in std::io::stdin().lock().split(b'\n') {
        let line = line.map_err(|error| {
            Failure::new(
                Exit::Failed,
                "input_unreadable",
                format!("Standard input cannot be read: {error}"),
                "",
            )
        })?;
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        // An answer leaves at once: the other side may wait for it before it asks again.
        if writeln!(out, "{}", answer(&line)).and_then(|()| out.flush()).is_err() {
            return Ok(());
        }
    }
    Ok(())
}

fn answer(line: &[u8]) -> Value {
    let request: Request = match serde_json::from_slice(line) {
        Ok(request) => request,
        Err(error) => {
            // A line that is no UTF-8 can still say whose it is.
            let id = serde_json::from_str::<Value>(&String::from_utf8_lossy(line))
                .ok()
                .and_then(|value| value.get("id").cloned());
            return refusal(&id.unwrap_or(Value::Null), "request_malformed", &error.to_string());
        }
    };
    if request.op != "to_markdown" {
        let message = format!("`{}` is not an operation; use `to_markdown`", request.op);
        return refusal(&request.id, "operation_unknown", &message);
    }
    let start = Instant::now();
    let view = document::to_markdown(&request.source, &document::ViewOptions::default());
    let micros = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
    json!({"id": request.id, "output": view.markdown, "micros": micros})
}

fn refusal(id: &Value, code: &str, message: &str) -> Value {
    json!({"id": id, "error": {"code": code, "message": message}})
}
