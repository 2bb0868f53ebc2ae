//! Any JSON is refused or shown; any Markdown is refused or becomes a document that is shown without a
//! warning, and whose view can be written again.
#![no_main]

use document::{
    ViewOptions,
    adf::{self, AdfOptions, Target},
};
use libfuzzer_sys::fuzz_target;

const EVERYTHING: ViewOptions = ViewOptions { comments: true, layouts: true };

fuzz_target!(|text: &str| {
    match adf::parse(text) {
        Ok(document) => {
            let Ok(view) = adf::to_markdown(&document, &EVERYTHING) else { return };
            let _ = adf::from_markdown(&view.markdown, &AdfOptions { target: Target::Confluence });
        }
        Err(_) => {
            for target in [Target::Jira, Target::Confluence] {
                write(text, &AdfOptions { target });
            }
        }
    }
});

fn write(markdown: &str, options: &AdfOptions) {
    let Ok(document) = adf::from_markdown(markdown, options) else { return };
    let view = adf::to_markdown(&document, &EVERYTHING).expect("it is a document");
    assert_eq!(view.warnings, [], "{document}");
    if let Err(error) = adf::from_markdown(&view.markdown, options) {
        panic!("{error}\n{}\n{document}", view.markdown);
    }
}
