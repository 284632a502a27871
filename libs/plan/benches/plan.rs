//! What a plan costs for one load balancer: from nothing, and for one path changed or nothing at all.
//!
//! `cargo bench -p tributary-plan`. A load balancer of each size of the testkit's worlds: of S 100 rules, of M and L
//! 500, of XL spread over 50 Gateways 800, of all on one Gateway 40,000, which AWS would never hold (its quota is
//! 100, and can be raised some); that one is planned from nothing only.

#![expect(
    clippy::expect_used,
    reason = "a benchmark ends where its world is not what it should be"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use tributary_merge::{Options, merge};
use tributary_model::desired::DesiredLoadBalancer;
use tributary_model::{Snapshot, Timestamp};
use tributary_plan::limits::Context;
use tributary_plan::observed::{
    CertificateStatus, Network, Observed, ObservedCertificate, ObservedSubnet,
};
use tributary_plan::simulate::apply;
use tributary_plan::tags::Tags;
use tributary_plan::{Plan, plan};
use tributary_testkit::worlds::{SIZES, Size, route, world};

/// The first Gateway's load balancer; one path of it is that of `version`.
fn desired(size: Size, version: &str) -> Arc<DesiredLoadBalancer> {
    let objects = world(Size {
        gateways: 1,
        ..size
    });
    let changed = route(0, size.sets / 2, 3, version);
    let snapshot: Snapshot = objects.into_iter().chain([changed]).collect();
    let merged = merge(&snapshot, Options::default()).merge;
    let mut all = merged.load_balancers().values();
    Arc::clone(all.next().expect("the Gateway's load balancer"))
}

/// An account with subnets, and a certificate for every host.
fn account() -> Observed {
    let subnets = ["a", "b"].map(|zone| {
        let subnet = ObservedSubnet {
            zone: zone.to_owned(),
            vpc: "vpc-1".to_owned(),
            available_addresses: 100,
            tags: Tags::from_iter([("kubernetes.io/role/internal-elb".to_owned(), "1".to_owned())]),
        };
        (format!("subnet-{zone}"), subnet)
    });
    let certificate = ObservedCertificate {
        names: BTreeSet::from(["*.example.com".to_owned()]),
        status: CertificateStatus::Issued,
        issued: Timestamp(0),
        tags: Tags::new(),
        in_use_by: BTreeSet::new(),
    };
    Observed {
        network: Network {
            vpc: Some("vpc-1".to_owned()),
            subnets: BTreeMap::from(subnets),
        },
        certificates: BTreeMap::from([("arn:certificate".to_owned(), certificate)]),
        ..Observed::default()
    }
}

fn context() -> Context {
    let mut context = Context::default();
    let limits = &mut context.limits.alb;
    for limit in [
        &mut limits.rules,
        &mut limits.target_groups,
        &mut limits.targets,
    ] {
        *limit = 100_000;
    }
    context
}

fn planned(desired: &DesiredLoadBalancer, observed: &Observed) -> Plan {
    plan(Some(desired), &desired.key, observed, &context())
}

fn from_nothing(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("plan from nothing");
    group.sample_size(10);
    for (name, size) in SIZES {
        let (desired, observed) = (desired(size, "v1"), account());
        let rules = size.sets * size.routes;
        let steps = planned(&desired, &observed).steps.len();
        assert!(steps > rules, "{steps} steps for {rules} rules");
        group.bench_function(BenchmarkId::from_parameter(name), |bench| {
            bench.iter(|| planned(&desired, &observed));
        });
    }
    group.finish();
}

fn one_change(criterion: &mut Criterion) {
    for (title, version, steps) in [
        ("plan one changed path", "v2", 1),
        ("plan nothing", "v1", 0),
    ] {
        let mut group = criterion.benchmark_group(title);
        group.sample_size(20);
        for (name, size) in &SIZES[..4] {
            let first = desired(*size, "v1");
            let plan = planned(&first, &account());
            let observed = apply(&account(), &plan.steps, &first.key, &context()).observed;
            let then = desired(*size, version);
            assert_eq!(planned(&then, &observed).steps.len(), steps);
            group.bench_function(BenchmarkId::from_parameter(name), |bench| {
                bench.iter(|| planned(&then, &observed));
            });
        }
        group.finish();
    }
}

criterion_group!(benches, from_nothing, one_change);
criterion_main!(benches);
