//! The scorer sees what is lost.

use std::path::Path;

use bench::fidelity::{self, Pages};

#[test]
fn weir_keeps_all_of_the_page_with_every_construct() {
    let pages = Pages::read(Path::new("../crates/document/tests/it")).unwrap();
    assert_eq!(fidelity::shortcomings(&pages), Vec::<String>::new());
}

#[test]
fn weir_keeps_all_of_the_real_pages() {
    let folder = Path::new("../../shared/corpus/storage");
    if !folder.exists() {
        eprintln!("no collection of real pages beside the repository, not tested");
        return;
    }
    let found = fidelity::shortcomings(&Pages::read(folder).unwrap());
    assert_eq!(found, Vec::<String>::new());
}
