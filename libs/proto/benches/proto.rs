//! What one desired load balancer costs on its way from the merger to a programmer.
//!
//! `cargo bench -p tributary-proto`. A load balancer of each size of the testkit's worlds.

#![expect(
    clippy::expect_used,
    reason = "a benchmark ends where its world is not what it should be"
)]

use std::sync::Arc;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use prost::Message;
use tributary_merge::{Options, merge};
use tributary_model::Snapshot;
use tributary_model::desired::DesiredLoadBalancer;
use tributary_proto::types;
use tributary_testkit::worlds::{M, S, Size, XL_SINGLE, XL_SPREAD, world};

/// Of M and L one load balancer is the same.
const SIZES: [(&str, Size); 4] = [
    ("S", S),
    ("M", M),
    ("XL-spread", XL_SPREAD),
    ("XL-single", XL_SINGLE),
];

fn desired(size: Size) -> Arc<DesiredLoadBalancer> {
    let objects = world(Size {
        gateways: 1,
        ..size
    });
    let merged = merge(&Snapshot::from_iter(objects), Options::default()).merge;
    let mut all = merged.load_balancers().values();
    Arc::clone(all.next().expect("the Gateway's load balancer"))
}

fn encode(desired: &DesiredLoadBalancer) -> Vec<u8> {
    types::DesiredLoadBalancer::from(desired).encode_to_vec()
}

fn decode(bytes: &[u8]) -> DesiredLoadBalancer {
    let message = types::DesiredLoadBalancer::decode(bytes).expect("what was encoded");
    DesiredLoadBalancer::try_from(message).expect("what was encoded")
}

fn there_and_back(criterion: &mut Criterion) {
    let worlds = SIZES.map(|(name, size)| (name, desired(size)));
    let mut group = criterion.benchmark_group("encode a load balancer");
    group.sample_size(10);
    for (name, desired) in &worlds {
        group.bench_function(BenchmarkId::from_parameter(name), |bench| {
            bench.iter(|| encode(desired));
        });
    }
    group.finish();
    let mut group = criterion.benchmark_group("decode a load balancer");
    group.sample_size(10);
    for (name, desired) in &worlds {
        let bytes = encode(desired);
        eprintln!("{name}: {} bytes", bytes.len());
        assert_eq!(decode(&bytes), **desired);
        group.bench_function(BenchmarkId::from_parameter(name), |bench| {
            bench.iter(|| decode(&bytes));
        });
    }
    group.finish();
}

criterion_group!(benches, there_and_back);
criterion_main!(benches);
