//! How long single decisions take, and how much longer the slow ones: percentiles over many objects.
//!
//! `cargo bench -p tributary-merge --bench latency`. Criterion's benchmark changes one object again and again,
//! which the caches soon hold; here each change is to another object, as in life. The first round is not counted.

#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a benchmark looks at the clock and prints; the merge may do neither"
)]

use std::time::{Duration, Instant};

use tributary_merge::judge::{Reports, judge};
use tributary_merge::{Merge, Options, merge};
use tributary_model::{Change, Resource, Snapshot};
use tributary_testkit::worlds::{SIZES, one_listener, route, route_of_one_listener, set, world};

/// Changes measured.
const CHANGES: usize = 5_000;
/// Prime to every number of sets and routes: neighbours in time are no neighbours in memory.
const STRIDE: usize = 7_919;

fn main() {
    // As criterion: words that are no flags choose benchmarks.
    let mut words = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'));
    if words.next().is_some_and(|word| !"latency".contains(&word)) {
        return;
    }
    println!(
        "{:<10} {:<9} {:>9} {:>9} {:>9} {:>9}",
        "size", "change", "p50 µs", "p90 µs", "p99 µs", "max µs"
    );
    for (name, size) in SIZES {
        let mut merge = merge(&Snapshot::from_iter(world(size)), Options::default()).merge;
        let sets = size.gateways * size.sets;
        let place = |number: usize| (number / size.sets, number % size.sets);
        let routes = measure(&mut merge, |turn, number| {
            let (set, one) = (number / size.routes % sets, number % size.routes);
            let (gw, set) = place(set);
            route(gw, set, one, &format!("v{}", turn + 2))
        });
        report(name, "route", &routes);
        let listeners = measure(&mut merge, |turn, number| {
            let (gw, number) = place(number % sets);
            set(gw, number, &format!("app{turn}"))
        });
        report(name, "listener", &listeners);
        let added = measure(&mut merge, |turn, number| {
            let (gw, set) = place(number % sets);
            route(gw, set, size.routes + turn, "v1")
        });
        report(name, "one more", &added);
    }
    for routes in [1_000, 10_000] {
        let objects = one_listener(routes);
        let mut merge = merge(&Snapshot::from_iter(objects), Options::default()).merge;
        let times = measure(&mut merge, |turn, number| {
            route_of_one_listener(number % routes, &format!("v{}", turn + 2))
        });
        report(&format!("one-{routes}"), "route", &times);
        let added = measure(&mut merge, |turn, _| {
            route_of_one_listener(routes + turn, "v1")
        });
        report(&format!("one-{routes}"), "one more", &added);
    }
}

/// The times of single changes, sorted.
fn measure(merge: &mut Merge, object: impl Fn(usize, usize) -> Resource) -> Vec<Duration> {
    let mut times: Vec<Duration> = Vec::with_capacity(CHANGES);
    for step in 0..CHANGES + CHANGES / 10 {
        // Each time around the same object looks different.
        let change = Change::Apply(std::sync::Arc::new(object(step, step * STRIDE)));
        let started = Instant::now();
        decide(merge, change);
        let took = started.elapsed();
        if step >= CHANGES / 10 {
            times.push(took);
        }
    }
    times.sort_unstable();
    times
}

fn decide(merge: &mut Merge, change: Change) {
    merge.apply(change);
    let outcome = merge.propagate();
    let reports = Reports::default();
    let judged = outcome
        .judge
        .iter()
        .filter_map(|object| judge(merge, object, &reports))
        .count();
    assert!(judged > 0, "every change is judged");
    std::hint::black_box(outcome);
}

fn report(size: &str, change: &str, times: &[Duration]) {
    let at = |share: f64| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "thousands of samples"
        )]
        let index = ((times.len() - 1) as f64 * share) as usize;
        times[index].as_secs_f64() * 1e6
    };
    println!(
        "{size:<10} {change:<9} {:>9.1} {:>9.1} {:>9.1} {:>9.1}",
        at(0.5),
        at(0.9),
        at(0.99),
        at(1.0)
    );
}
