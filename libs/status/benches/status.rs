//! What one object's status costs: the first one, and the look that finds nothing to write.
//!
//! `cargo bench -p tributary-status`.

#![expect(
    clippy::expect_used,
    reason = "a benchmark ends where its world is not what it should be"
)]

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use tributary_merge::judge::{Reports, judge};
use tributary_merge::{Options, merge};
use tributary_model::judgement::Judgement;
use tributary_model::{Kind, ObjectKey, ObjectRef, Snapshot, Timestamp};
use tributary_status::{Next, next};
use tributary_testkit::worlds::{M, world};

const NOW: Timestamp = Timestamp(1_800_000_000);

fn judgements() -> Vec<(&'static str, Judgement)> {
    let merged = merge(&Snapshot::from_iter(world(M)), Options::default()).merge;
    let judged = |kind, namespace: &str, name: &str| {
        let object = ObjectRef::new(kind, ObjectKey::new(namespace, name));
        judge(&merged, &object, &Reports::default()).expect("an object of the world")
    };
    vec![
        ("Gateway", judged(Kind::Gateway, "infra", "gw-0")),
        ("ListenerSet", judged(Kind::ListenerSet, "team-0-7", "app")),
        ("HTTPRoute", judged(Kind::HttpRoute, "team-0-7", "route-3")),
    ]
}

fn first(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("first status");
    for (kind, judgement) in judgements() {
        group.bench_function(BenchmarkId::from_parameter(kind), |bench| {
            bench.iter(|| next(&judgement, None, NOW));
        });
    }
    group.finish();
}

fn unchanged(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("status unchanged");
    for (kind, judgement) in judgements() {
        let Next::Write(current) = next(&judgement, None, NOW) else {
            unreachable!("a first status is written")
        };
        assert_eq!(next(&judgement, Some(&current), NOW), Next::Unchanged);
        group.bench_function(BenchmarkId::from_parameter(kind), |bench| {
            bench.iter(|| next(&judgement, Some(&current), NOW));
        });
    }
    group.finish();
}

criterion_group!(benches, first, unchanged);
criterion_main!(benches);
