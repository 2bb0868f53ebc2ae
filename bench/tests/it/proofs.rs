use bench::trial::Trial;
use bench::{rights, scanner, splices};

#[test]
fn damaged_pages_keep_the_promises_of_a_view() {
    scanner::prove(&Trial { seed: 20_261_120, count: 2000, progress: &|_| {} }).unwrap();
}

#[test]
fn nothing_is_told_of_a_page_that_restrictions_hide() {
    rights::prove(&Trial { seed: 20_261_120, count: 6, progress: &|_| {} }).unwrap();
}

#[test]
fn words_that_are_exchanged_in_a_view_change_nothing_else() {
    splices::prove(&Trial { seed: 20_261_120, count: 2000, progress: &|_| {} }, None).unwrap();
}
