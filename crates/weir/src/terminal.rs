//! What is printed: text for people, JSON for scripts, progress where there is somebody to see it.

use std::io::{IsTerminal, Write};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use anstream::{AutoStream, ColorChoice};
use indicatif::{ProgressBar, ProgressStyle};

use crate::leave::leave;

/// Writes one line to standard output. A closed pipe (`weir … | head`) ends the program quietly.
pub(crate) fn line(text: &str) {
    let mut out = AutoStream::new(std::io::stdout().lock(), ColorChoice::Auto);
    if writeln!(out, "{text}").and_then(|()| out.flush()).is_err() {
        leave(0);
    }
}

/// Writes one line to standard error.
pub(crate) fn note(text: &str) {
    let mut out = AutoStream::new(std::io::stderr().lock(), ColorChoice::Auto);
    // Nowhere is left to report it.
    drop(writeln!(out, "{text}"));
}

/// Writes a JSON value on one line.
pub(crate) fn json(value: &serde_json::Value) {
    line(&value.to_string());
}

/// Bold where colours are shown; `anstream` strips it elsewhere and under `NO_COLOR`.
pub(crate) fn bold(text: &str) -> String {
    format!("\u{1b}[1m{text}\u{1b}[0m")
}

/// Removes control characters, so that a title from a site cannot move the cursor or recolour the
/// terminal.
pub(crate) fn clean(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

/// `1 page`, `2 pages`.
pub(crate) fn counted(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

/// Progress of a run: a bar on a terminal, at most one line a second elsewhere.
pub(crate) struct RunProgress {
    kind: Kind,
}

enum Kind {
    Bar(ProgressBar),
    Lines(Mutex<Option<Instant>>),
    Silent,
}

impl RunProgress {
    /// `quiet` shows nothing (`--json`).
    pub(crate) fn new(quiet: bool) -> Self {
        let kind = if quiet {
            Kind::Silent
        } else if std::io::stderr().is_terminal() {
            let bar = ProgressBar::new(0);
            if let Ok(style) =
                ProgressStyle::with_template("{spinner} {prefix:9} {wide_bar} {pos}/{len} {msg}")
            {
                bar.set_style(style);
            }
            Kind::Bar(bar)
        } else {
            Kind::Lines(Mutex::new(None))
        };
        Self { kind }
    }

    pub(crate) fn show(&self, progress: &mirror::Progress) {
        let phase = format!("{:?}", progress.phase).to_lowercase();
        match &self.kind {
            Kind::Silent => {}
            Kind::Bar(bar) => {
                bar.set_length(progress.total.unwrap_or(progress.done));
                bar.set_position(progress.done);
                bar.set_prefix(phase);
                bar.set_message(clean(progress.current.as_deref().unwrap_or_default()));
            }
            Kind::Lines(last) => {
                let Ok(mut last) = last.lock() else { return };
                if last.is_some_and(|at| at.elapsed() < Duration::from_secs(1)) {
                    return;
                }
                *last = Some(Instant::now());
                let total = progress.total.map_or_else(String::new, |total| format!(" of {total}"));
                note(&format!("{phase}: {}{total}", progress.done));
            }
        }
    }

    pub(crate) fn finish(&self) {
        if let Kind::Bar(bar) = &self.kind {
            bar.finish_and_clear();
        }
    }
}
