//! What AWS is asked for: the plan from nothing, and the plan of a change, in rounds until nothing is left to do.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::Arc;

use tributary_model::Timestamp;
use tributary_model::desired::{CertificateSource, DesiredLoadBalancer, LoadBalancerKey};
use tributary_plan::limits::Context;
use tributary_plan::observed::{
    CertificateStatus, Network, Observed, ObservedCertificate, ObservedSubnet,
};
use tributary_plan::op::Step;
use tributary_plan::tags::Tags;
use tributary_plan::{Plan, plan, simulate};

/// Desired states of all load balancers.
pub(crate) type Desired = BTreeMap<LoadBalancerKey, Arc<DesiredLoadBalancer>>;

/// A plan that goes on for longer is a fault of the plan.
const MOST_ROUNDS: usize = 8;

/// The operations that make every load balancer in an empty account, as text.
pub(crate) fn from_nothing(desired: &Desired) -> String {
    let mut text = String::new();
    for (key, desired) in desired {
        let observed = account([desired.as_ref()]);
        let _ = writeln!(text, "{key}");
        rounds(key, Some(desired), observed, &mut text);
    }
    text
}

/// The operations that make of the load balancers before those after, as text.
pub(crate) fn of_change(before: &Desired, after: &Desired) -> String {
    let mut text = String::new();
    let keys: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    for key in keys {
        let (old, new) = (before.get(key), after.get(key));
        let mut observed = account(old.into_iter().chain(new).map(Arc::as_ref));
        if let Some(old) = old {
            observed = rounds(key, Some(old), observed, &mut String::new());
        }
        let _ = writeln!(text, "{key}");
        rounds(key, new.map(Arc::as_ref), observed, &mut text);
    }
    text
}

/// Plans and applies until nothing is left to do; returns what is there then.
fn rounds(
    key: &LoadBalancerKey,
    desired: Option<&DesiredLoadBalancer>,
    mut observed: Observed,
    text: &mut String,
) -> Observed {
    let context = Context {
        cluster: "test".to_owned(),
        installation: "here".to_owned(),
        ..Context::default()
    };
    for round in 1..=MOST_ROUNDS {
        let plan = plan(desired, key, &observed, &context);
        if round > 1 && plan.steps.is_empty() {
            break;
        }
        if round > 1 {
            let _ = writeln!(text, "  then");
        }
        write_plan(&plan, text);
        let simulated = simulate::apply(&observed, &plan.steps, key, &context);
        for violation in &simulated.violations {
            let _ = writeln!(text, "  violation: {violation}");
        }
        observed = simulated.observed;
    }
    observed
}

fn write_plan(plan: &Plan, text: &mut String) {
    for step in &plan.steps {
        let Step {
            id,
            op,
            after,
            following,
            blame: _,
        } = step;
        let _ = write!(text, "  {} {op}", id.0);
        for (word, steps) in [("after", after), ("following", following)] {
            if !steps.is_empty() {
                let steps: Vec<String> = steps.iter().map(|step| step.0.to_string()).collect();
                let _ = write!(text, " ({word} {})", steps.join(", "));
            }
        }
        text.push('\n');
    }
    for waiting in &plan.waiting {
        let _ = writeln!(text, "  waiting: {waiting}");
    }
    for problem in &plan.report.problems {
        let _ = writeln!(text, "  problem: {problem}");
    }
}

/// An account with a VPC, a subnet for every role in each of two zones, and a certificate in ACM for every hostname that
/// one is looked for by.
fn account<'a>(desired: impl IntoIterator<Item = &'a DesiredLoadBalancer>) -> Observed {
    let roles = ["kubernetes.io/role/elb", "kubernetes.io/role/internal-elb"];
    let subnet = |zone: &str| ObservedSubnet {
        zone: zone.to_owned(),
        vpc: "vpc-1".to_owned(),
        available_addresses: 100,
        tags: roles
            .map(|role| (role.to_owned(), "1".to_owned()))
            .into_iter()
            .collect(),
    };
    let listeners = desired.into_iter().flat_map(|it| it.listeners.values());
    let sources = listeners.flat_map(|it| it.certificates().map(|(_, source)| source));
    let hostnames = sources.filter_map(|source| match source {
        CertificateSource::Discovered { hostname } => Some(hostname.to_string()),
        CertificateSource::Secret { .. }
        | CertificateSource::Retained { .. }
        | CertificateSource::Arn(_) => None,
    });
    let certificates = hostnames.map(|hostname| {
        let certificate = ObservedCertificate {
            names: BTreeSet::from([hostname.clone()]),
            status: CertificateStatus::Issued,
            issued: Timestamp(0),
            tags: Tags::default(),
            in_use_by: BTreeSet::new(),
        };
        (format!("arn:certificate/{hostname}"), certificate)
    });
    Observed {
        network: Network {
            vpc: Some("vpc-1".to_owned()),
            subnets: ["a", "b"]
                .map(|zone| (format!("subnet-{zone}"), subnet(zone)))
                .into(),
        },
        certificates: certificates.collect(),
        ..Observed::default()
    }
}
