use bench::scanner;
use bench::trial::Trial;

#[test]
fn damaged_pages_keep_the_promises_of_a_view() {
    scanner::prove(&Trial { seed: 20_261_120, count: 2000, progress: &|_| {} }).unwrap();
}
