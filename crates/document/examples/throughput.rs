//! Measures storage → Markdown over a folder of `*.xhtml` files, on one core:
//! `cargo run --release -p document --example throughput -- FOLDER [ROUNDS]`

use std::{env, fs, hint::black_box, io, time::Instant};

use document::{ViewOptions, to_markdown};

fn main() -> io::Result<()> {
    let mut arguments = env::args().skip(1);
    let folder = arguments.next().unwrap_or_else(|| ".".to_owned());
    let rounds: u32 = arguments.next().and_then(|rounds| rounds.parse().ok()).unwrap_or(50);
    let mut pages = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "xhtml") {
            pages.push(fs::read_to_string(path)?);
        }
    }
    let bytes: usize = pages.iter().map(String::len).sum();
    let options = ViewOptions::default();
    let mut best = f64::MAX;
    let mut shown = 0;
    for _ in 0..rounds {
        let started = Instant::now();
        shown =
            pages.iter().map(|page| black_box(to_markdown(page, &options)).markdown.len()).sum();
        best = best.min(started.elapsed().as_secs_f64());
    }
    let megabytes = f64::from(u32::try_from(bytes).unwrap_or(u32::MAX)) / 1e6;
    #[expect(clippy::print_stdout, reason = "a measurement is for reading")]
    {
        println!("{} pages, {bytes} bytes to {shown} bytes of Markdown", pages.len());
        println!("best of {rounds}: {:.0} MB/s", megabytes / best);
    }
    Ok(())
}
