use std::cell::RefCell;

use bench::trial::{Trial, Unproven};
use rand::RngExt;

fn trial(count: u64) -> Trial<'static> {
    Trial { seed: 5, count, progress: &|_| {} }
}

fn breaker(result: Result<(), Unproven>) -> u64 {
    match result {
        Err(Unproven::Broken { seed, .. }) => seed,
        other => panic!("not broken: {other:?}"),
    }
}

#[test]
fn a_case_that_fails_or_panics_is_named_by_its_seed() {
    let mut cases = 0;
    let failing = |_: &mut rand::rngs::StdRng| {
        cases += 1;
        if cases == 3 { Err("no".into()) } else { Ok(()) }
    };
    assert_eq!(breaker(trial(10).each(failing)), 7);
    let panicking = |_: &mut rand::rngs::StdRng| panic!("on purpose");
    assert_eq!(breaker(trial(10).each(panicking)), 5);
}

#[test]
fn a_seed_repeats_its_case_alone() {
    let draws = |seed, count| {
        let drawn = RefCell::new(Vec::new());
        let trial = Trial { seed, count, progress: &|_| {} };
        let case = |random: &mut rand::rngs::StdRng| {
            drawn.borrow_mut().push(random.random::<u64>());
            Ok(())
        };
        trial.each(case).unwrap();
        drawn.into_inner()
    };
    assert_eq!(draws(5, 4)[3..], draws(8, 1));
}

#[test]
fn progress_is_told_at_each_tenth() {
    let told = RefCell::new(Vec::new());
    let trial = Trial { seed: 0, count: 25, progress: &|held| told.borrow_mut().push(held) };
    trial.each(|_| Ok(())).unwrap();
    assert_eq!(told.into_inner(), [3, 6, 9, 12, 15, 18, 21, 24]);
}
