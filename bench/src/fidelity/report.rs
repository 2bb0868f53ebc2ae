//! The tables of `docs/fidelity.md`.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::convert::Converter;
use super::patches::Patches;
use super::score::{MEASURES, Score, Share};
use super::shapes::Shape;
use crate::{Failure, workspace};

const START: &str = "<!-- measured -->";
const END: &str = "<!-- /measured -->";

/// One run.
pub(super) struct Report<'c> {
    pub(super) rows: Vec<(&'c Converter, Score)>,
    /// Peers that are not installed, with the reason.
    pub(super) absent: Vec<String>,
    pub(super) pages: usize,
    /// Those of them that are well-formed, so that their own XML says what they hold.
    pub(super) counted: usize,
    pub(super) bytes: usize,
    pub(super) size: Option<Size>,
    pub(super) patches: Vec<Patches>,
    pub(super) shapes: Vec<Shape>,
}

/// Characters of the same pages in three forms.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Size {
    pub(super) pages: usize,
    pub(super) adf: usize,
    pub(super) storage: usize,
    pub(super) view: usize,
}

impl Report<'_> {
    /// Puts the tables between the marks of the document, and answers with them.
    pub(super) fn write(&self, document: &Path) -> Result<String, Failure> {
        let tables = self.tables()?;
        let text = fs::read_to_string(document)?;
        let (before, rest) = text.split_once(START).ok_or("docs/fidelity.md has no start mark")?;
        let (_, after) = rest.split_once(END).ok_or("docs/fidelity.md has no end mark")?;
        fs::write(document, format!("{before}{START}\n{tables}\n{END}{after}"))?;
        Ok(tables)
    }

    fn tables(&self) -> Result<String, Failure> {
        let mut out = String::new();
        let Self { pages, counted, bytes, .. } = self;
        writeln!(
            out,
            "Commit {}. {pages} pages, {} KB; kept is counted on the {counted} that are \
             well-formed XML.\n",
            workspace::commit()?,
            bytes / 1000
        )?;
        self.kept(&mut out)?;
        self.speed(&mut out)?;
        self.size(&mut out)?;
        self.patches(&mut out)?;
        self.shapes(&mut out)?;
        for reason in &self.absent {
            writeln!(out, "\nNot measured: {reason}.")?;
        }
        Ok(out.trim_end().to_owned())
    }

    fn kept(&self, out: &mut String) -> Result<(), Failure> {
        let names: Vec<_> =
            self.rows.iter().map(|(converter, _)| converter.name.as_str()).collect();
        writeln!(out, "| kept, % | of | {} |", names.join(" | "))?;
        writeln!(out, "|---|---|{}", "---|".repeat(names.len()))?;
        for (at, measure) in MEASURES.iter().enumerate() {
            let shares = self.rows.iter().map(|(_, score)| score.shares[at]);
            let all = shares.clone().map(|share| share.all).max().unwrap_or(0);
            let cell = |share: Share| match share.all {
                0 => "–".to_owned(),
                _ => percent(share.percent()),
            };
            let cells: Vec<_> = shares.map(cell).collect();
            writeln!(out, "| {measure} | {all} | {} |", cells.join(" | "))?;
        }
        Ok(())
    }

    fn speed(&self, out: &mut String) -> Result<(), Failure> {
        let megabytes = self.bytes as f64 / 1e6;
        let slowest = self.rows.iter().map(|(converter, _)| converter.times.least).max();
        let slowest = slowest.unwrap_or_default().as_secs_f64();
        writeln!(
            out,
            "\n| converter | MB/s, best round | MB/s, median round | times the slowest |"
        )?;
        writeln!(out, "|---|---|---|---|")?;
        for (Converter { name, times, .. }, _) in &self.rows {
            let [least, median] = [times.least, times.median].map(|time| time.as_secs_f64());
            let [best, usual] = [least, median].map(|time| rate(megabytes / time));
            writeln!(out, "| {name} | {best} | {usual} | {:.0} |", slowest / least)?;
        }
        Ok(())
    }

    fn size(&self, out: &mut String) -> Result<(), Failure> {
        let Some(Size { pages, adf, storage, view }) = self.size else { return Ok(()) };
        writeln!(out, "\n| form of the same {pages} pages | characters | of ADF |")?;
        writeln!(out, "|---|---|---|")?;
        for (name, characters) in
            [("ADF, minified", adf), ("storage format", storage), ("Markdown", view)]
        {
            writeln!(out, "| {name} | {characters} | {:.3} |", characters as f64 / adf as f64)?;
        }
        Ok(())
    }

    fn patches(&self, out: &mut String) -> Result<(), Failure> {
        writeln!(
            out,
            "\n| one word exchanged and patched back | pages | KB | edits | accepted, % | p50, ms | p99, ms |"
        )?;
        writeln!(out, "|---|---|---|---|---|---|---|")?;
        for Patches { name, pages, bytes, tried, accepted, median, slow } in &self.patches {
            let share = percent(100.0 * *accepted as f64 / *tried as f64);
            let [median, slow] = [median, slow].map(|time| time.as_secs_f64() * 1000.0);
            writeln!(
                out,
                "| {name} | {pages} | {} | {tried} | {share} | {median:.3} | {slow:.3} |",
                bytes / 1000
            )?;
        }
        Ok(())
    }

    fn shapes(&self, out: &mut String) -> Result<(), Failure> {
        writeln!(out, "\n| shape | KB | ms | MB/s | twice as much | patch, ms | twice as much |")?;
        writeln!(out, "|---|---|---|---|---|---|---|")?;
        for Shape { name, bytes, least, growth, patch } in &self.shapes {
            let milliseconds = least.as_secs_f64() * 1000.0;
            let patch = patch.map_or_else(
                || "– | –".to_owned(),
                |(time, growth)| format!("{:.1} | {growth:.2} ×", time.as_secs_f64() * 1000.0),
            );
            let rate = rate(*bytes as f64 / 1000.0 / milliseconds);
            writeln!(
                out,
                "| {name} | {} | {milliseconds:.1} | {rate} | {growth:.2} × | {patch} |",
                bytes / 1000
            )?;
        }
        Ok(())
    }
}

/// Rounded down, so that a hundred is all.
fn percent(value: f64) -> String {
    if value >= 100.0 {
        "100".to_owned()
    } else {
        format!("{:.2}", (value * 100.0).floor() / 100.0)
    }
}

fn rate(value: f64) -> String {
    if value < 10.0 { format!("{value:.2}") } else { format!("{value:.0}") }
}
