//! What a merge costs: from scratch, and for one change among many objects.
//!
//! `cargo bench -p tributary-merge`. Each change is settled and what it touches is judged, as the merger
//! does. The aim: one change under 10 ms at p99 with 2,500 sets and 40,000 routes, whether they
//! are spread over 50 Gateways or all on one.

use std::hint::black_box;
use std::sync::Arc;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use tributary_merge::judge::{Reports, judge};
use tributary_merge::{Merge, Options, merge};
use tributary_model::{Change, ObjectRef, Resource, Snapshot};
use tributary_testkit::workloads::endpoints;
use tributary_testkit::worlds::{SIZES, Size, route, set, tenant, world};

fn merged_of(size: Size) -> Merge {
    merge(&Snapshot::from_iter(world(size)), Options::default()).merge
}

/// Applies, settles and judges; the number of judgements.
fn decide(merge: &mut Merge, changes: &[Change]) -> usize {
    for change in changes {
        merge.apply(change.clone());
    }
    let outcome = merge.propagate();
    let reports = Reports::default();
    outcome
        .judge
        .iter()
        .filter(|object| judge(merge, object, &reports).is_some())
        .count()
        + black_box(outcome.load_balancers.len())
}

fn apply(resource: Resource) -> Change {
    Change::Apply(Arc::new(resource))
}

fn from_scratch(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("from scratch");
    group.sample_size(10);
    for (name, size) in SIZES {
        let snapshot = Snapshot::from_iter(world(size));
        group.bench_with_input(
            BenchmarkId::from_parameter(name),
            &snapshot,
            |bench, snapshot| {
                bench.iter(|| merge(snapshot, Options::default()));
            },
        );
    }
    group.finish();
}

/// Two changes that undo each other, so that every sample starts alike; one of them is one sample.
fn one_change(
    criterion: &mut Criterion,
    name: &str,
    there_and_back: impl Fn(Size) -> [Vec<Change>; 2],
) {
    let mut group = criterion.benchmark_group(name);
    for (name, size) in SIZES {
        let mut merge = merged_of(size);
        let changes = there_and_back(size);
        let mut turn = 0;
        group.bench_function(BenchmarkId::from_parameter(name), |bench| {
            bench.iter(|| {
                turn = 1 - turn;
                decide(&mut merge, &changes[1 - turn])
            });
        });
    }
    group.finish();
}

fn one_route(criterion: &mut Criterion) {
    one_change(criterion, "one route changed", |size| {
        let (gateway, set) = (size.gateways / 2, size.sets / 2);
        [
            vec![apply(route(gateway, set, 3, "v2"))],
            vec![apply(route(gateway, set, 3, "v1"))],
        ]
    });
}

fn one_listener(criterion: &mut Criterion) {
    one_change(criterion, "one listener changed", |size| {
        let (gw, number) = (size.gateways / 2, size.sets / 2);
        [
            vec![apply(set(gw, number, "new"))],
            vec![apply(set(gw, number, "app"))],
        ]
    });
}

fn one_set(criterion: &mut Criterion) {
    one_change(criterion, "one set added", |size| {
        let (gateway, set) = (size.gateways / 2, size.sets);
        let mut objects = tenant(gateway, set);
        objects.push(route(gateway, set, 0, "v1"));
        let gone: Vec<ObjectRef> = objects.iter().map(Resource::object_ref).collect();
        [
            objects.into_iter().map(apply).collect(),
            gone.into_iter().map(Change::Delete).collect(),
        ]
    });
}

fn one_endpoint(criterion: &mut Criterion) {
    one_change(criterion, "one endpoint changed", |size| {
        let service = format!("team-{}-{}/web", size.gateways / 2, size.sets / 2);
        [
            vec![apply(endpoints(&service, 8080, &["10.0.0.1", "10.0.0.3"]))],
            vec![apply(endpoints(&service, 8080, &["10.0.0.1", "10.0.0.2"]))],
        ]
    });
}

criterion_group!(
    benches,
    from_scratch,
    one_route,
    one_listener,
    one_set,
    one_endpoint
);
criterion_main!(benches);
