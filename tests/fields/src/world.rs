//! One object of each kind, and what each is told: normalize, merge, plan, simulated AWS, status.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tributary_merge::judge::{Reports, judge};
use tributary_merge::{Merged, Options, merge};
use tributary_model::desired::DesiredLoadBalancer;
use tributary_model::report::LoadBalancerReport;
use tributary_model::resource::Refused;
use tributary_model::status::{Condition, Status};
use tributary_model::{FieldFault, Resource, Snapshot, Timestamp};
use tributary_normalize::{Defaults, Normalized, normalize};
use tributary_plan::limits::Context;
use tributary_plan::observed::{
    CertificateStatus, Network, Observed, ObservedCertificate, ObservedSubnet,
};
use tributary_plan::tags::Tags;
use tributary_plan::{plan, simulate};
use tributary_status::{Next, next};

use crate::{text, yaml};

/// Conditions by object, `Gateway infra/web`: its own, its listeners' and its parents'.
pub type ConditionsByObject = BTreeMap<String, Vec<Condition>>;

/// The certificate of the world's HTTPS port.
const CERTIFICATE: &str = "arn:aws:acm:eu-west-1:1:certificate/c";

/// Looks that a new load balancer takes to be as it is wanted.
const LOOKS: usize = 6;

/// The objects, each by its kind's name.
pub fn objects() -> Vec<Value> {
    text("cases/world.yaml")
        .split("\n---\n")
        .map(yaml)
        .collect()
}

/// What everybody is told.
pub fn told(objects: &[Value]) -> ConditionsByObject {
    let snapshot: Snapshot = objects.iter().filter_map(resource).collect();
    let Merged { merge, outcome: _ } = merge(&snapshot, Options::default());
    let mut reports = Reports::default();
    for desired in merge.load_balancers().values() {
        reports.insert(&merge, report(desired));
    }
    let mut told = ConditionsByObject::new();
    for resource in snapshot.iter() {
        let object = resource.object_ref();
        let judged = judge(&merge, &object, &reports);
        if let Some(Next::Write(status)) = judged.map(|judged| next(&judged, None, Timestamp(0))) {
            told.insert(object.to_string(), conditions(status));
        }
    }
    told
}

/// As a watcher publishes it.
fn resource(object: &Value) -> Option<Resource> {
    let defaults = Defaults {
        namespace: "infra".into(),
        created: Timestamp(0),
        generation: 1,
    };
    match normalize(object, &defaults) {
        Ok(Normalized::Ours { object, .. }) => Some(Resource::clone(&object.resource)),
        Ok(Normalized::Foreign(_)) => None,
        Err(rejected) => {
            let fault = FieldFault {
                field: rejected.field,
                reason: rejected.reason,
            };
            Refused::of(&rejected.object_ref?, fault).map(Resource::Refused)
        }
    }
}

/// What a programmer says once nothing is left to do.
fn report(desired: &DesiredLoadBalancer) -> LoadBalancerReport {
    let context = Context {
        cluster: "test".to_owned(),
        installation: "tributary".to_owned(),
        ..Context::default()
    };
    let mut observed = account();
    for _ in 0..LOOKS {
        let planned = plan(Some(desired), &desired.key, &observed, &context);
        if planned.steps.is_empty() {
            return planned.report;
        }
        observed = simulate::apply(&observed, &planned.steps, &desired.key, &context).observed;
    }
    plan(Some(desired), &desired.key, &observed, &context).report
}

/// Three zones and a certificate.
fn account() -> Observed {
    let mut observed = Observed {
        network: Network {
            vpc: Some("vpc-1".to_owned()),
            subnets: BTreeMap::new(),
        },
        ..Observed::default()
    };
    for zone in ["a", "b", "c"] {
        let mut subnet = ObservedSubnet {
            zone: zone.to_owned(),
            vpc: "vpc-1".to_owned(),
            available_addresses: 100,
            tags: Tags::new(),
        };
        let role = "kubernetes.io/role/internal-elb";
        subnet.tags.insert(role.to_owned(), "1".to_owned());
        observed
            .network
            .subnets
            .insert(format!("subnet-{zone}"), subnet);
    }
    let certificate = ObservedCertificate {
        names: ["*.example.com".to_owned()].into(),
        status: CertificateStatus::Issued,
        issued: Timestamp(0),
        tags: Tags::new(),
        in_use_by: BTreeSet::new(),
    };
    observed
        .certificates
        .insert(CERTIFICATE.to_owned(), certificate);
    observed
}

fn conditions(status: Status) -> Vec<Condition> {
    match status {
        Status::GatewayClass(class) => class.conditions,
        Status::Gateway(gateway) => {
            let listeners = gateway.listeners.into_iter();
            let of_listeners = listeners.flat_map(|listener| listener.conditions);
            gateway.conditions.into_iter().chain(of_listeners).collect()
        }
        Status::ListenerSet(set) => {
            let listeners = set.listeners.into_iter();
            let of_listeners = listeners.flat_map(|listener| listener.conditions);
            set.conditions.into_iter().chain(of_listeners).collect()
        }
        Status::Route(route) => {
            let parents = route.parents.into_iter();
            parents.flat_map(|parent| parent.conditions).collect()
        }
    }
}
