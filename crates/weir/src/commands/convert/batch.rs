//! Many conversions in one process.

use std::io::{BufRead, Write};
use std::time::Instant;

use document::ViewOptions;
use serde::Deserialize;
use serde_json::{Value, json};

use super::operation::{self, Flavour, Format, Refusal, Target, Wanted};
use crate::failure::{Exit, Failure};

#[derive(Deserialize)]
struct Request {
    #[serde(default)]
    id: Value,
    op: String,
    source: Option<String>,
    original: Option<String>,
    before: Option<String>,
    after: Option<String>,
    base: Option<String>,
    theirs: Option<String>,
    ours: Option<String>,
    markdown: Option<String>,
    #[serde(default)]
    from: Format,
    #[serde(default)]
    flavour: Flavour,
    #[serde(default)]
    target: Target,
    #[serde(default)]
    comments: bool,
    #[serde(default)]
    layouts: bool,
    section: Option<String>,
    max_characters: Option<u32>,
    start: Option<u32>,
    #[serde(default)]
    allow_remove: Vec<String>,
    #[serde(default)]
    allow_copy: Vec<String>,
}

impl Request {
    fn view(&self) -> ViewOptions {
        ViewOptions { comments: self.comments, layouts: self.layouts }
    }

    fn wanted(&self) -> Wanted {
        let section = self.section.clone();
        Wanted { section, max_characters: self.max_characters, start: self.start }
    }
}

pub(super) fn run() -> Result<(), Failure> {
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
            return malformed(error.to_string()).to_json(&id.unwrap_or(Value::Null));
        }
    };
    let start = Instant::now();
    match output(&request) {
        Ok(output) => {
            let micros = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
            json!({"id": request.id, "output": output, "micros": micros})
        }
        Err(refusal) => refusal.to_json(&request.id),
    }
}

fn output(request: &Request) -> Result<Value, Refusal> {
    match request.op.as_str() {
        "to_markdown" => {
            let source = field("source", request.source.as_deref())?;
            let (view, wanted) = (request.view(), request.wanted());
            let shown = operation::to_markdown(source, request.from, view, &wanted)?;
            Ok(if wanted.is_all() { json!(shown.markdown) } else { json!(shown) })
        }
        "to_adf" => {
            let source = field("source", request.source.as_deref())?;
            operation::to_adf(source, request.target)
        }
        "to_storage" => {
            let source = field("source", request.source.as_deref())?;
            Ok(json!(operation::to_storage(source, request.flavour)?))
        }
        "to_wiki" => {
            let source = field("source", request.source.as_deref())?;
            Ok(json!(operation::to_wiki(source)?))
        }
        "diff" => {
            let before = field("before", request.before.as_deref())?;
            let after = field("after", request.after.as_deref())?;
            let diff = operation::diff(before, after, request.view());
            Ok(json!(diff))
        }
        "merge" => {
            let base = field("base", request.base.as_deref())?;
            let theirs = field("theirs", request.theirs.as_deref())?;
            let ours = field("ours", request.ours.as_deref())?;
            Ok(json!(operation::merge(base, theirs, ours)?.storage))
        }
        "patch" => {
            let original = field("original", request.original.as_deref())?;
            let markdown = field("markdown", request.markdown.as_deref())?;
            let options = document::PatchOptions {
                view: request.view(),
                allow_remove: request.allow_remove.clone(),
                allow_copy: request.allow_copy.clone(),
                flavour: request.flavour.into(),
            };
            Ok(json!(operation::patch(original, markdown, &options)?.storage))
        }
        unknown => {
            let message = format!(
                "`{unknown}` is not an operation; use `to_markdown`, `to_storage`, `to_adf`, \
                 `to_wiki`, `patch`, `diff` or `merge`"
            );
            Err(Refusal { code: "operation_unknown", message, hint: "", conflicts: Vec::new() })
        }
    }
}

fn field<'r>(name: &str, value: Option<&'r str>) -> Result<&'r str, Refusal> {
    value.ok_or_else(|| malformed(format!("missing field `{name}`")))
}

fn malformed(message: String) -> Refusal {
    Refusal { code: "request_malformed", message, hint: "", conflicts: Vec::new() }
}
