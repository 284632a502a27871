//! Whatever AWS refuses, what was served before is served by something, at each step.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use proptest::prelude::*;
use tributary_model::desired::{CertificateSource, DesiredRule, MemberListener};
use tributary_model::elb::Scheme;

use super::properties::{World, account, away, limits, member, shuffled, world};
use super::*;
use crate::values::limits::{BackendGroups, Context, Failure};
use crate::values::observed::ObservedListener;
use crate::values::op::{IngressTraffic, StepId};

/// How the second desired state differs from the first.
#[derive(Clone, Debug)]
struct Edits {
    /// Members that go, and that come, by place.
    without: BTreeSet<usize>,
    more: Vec<(usize, super::properties::Member)>,
    /// Ports of target groups, which cannot be changed in place.
    ports: Vec<u16>,
    /// Pods of each target group are other ones.
    rollout: Vec<bool>,
    scheme: bool,
    named: bool,
    /// Secrets that are away, as bits.
    away: u8,
}

fn edits() -> impl Strategy<Value = Edits> {
    (
        proptest::collection::btree_set(0..8_usize, 0..3),
        proptest::collection::vec((0..7_usize, member()), 0..3),
        proptest::collection::vec(80..82_u16, 4),
        proptest::collection::vec(any::<bool>(), 4),
        any::<bool>(),
        any::<bool>(),
        any::<u8>(),
    )
        .prop_map(
            |(without, more, ports, rollout, scheme, named, away)| Edits {
                without,
                more,
                ports,
                rollout,
                scheme,
                named,
                away,
            },
        )
}

fn with_name(desired: Desired, edits: &Edits) -> Desired {
    desired.settings(|settings| settings.name = edits.named.then(|| "front".to_owned()))
}

fn edited(world: &World, edits: &Edits) -> Desired {
    let mut world = world.clone();
    let mut index = 0;
    world.members.retain(|_| {
        index += 1;
        !edits.without.contains(&(index - 1))
    });
    for (index, (place, member)) in edits.more.iter().enumerate() {
        let place = place % (world.members.len() + 1);
        let named = (format!("new{index}"), member.clone());
        world.members.insert(place, named);
    }
    world.ports.clone_from(&edits.ports);
    let mut desired = with_name(world.desired(), edits);
    for (index, moved) in edits.rollout.iter().enumerate() {
        let group = format!("g{index}");
        let id = TargetGroupId(group.as_str().into());
        if *moved && desired.0.target_groups.contains_key(&id) {
            desired = desired.edit_group(&group, |it| it.targets = [target(9, 80)].into());
        }
    }
    if edits.scheme {
        desired = desired.settings(|it| it.scheme = Some(Scheme::InternetFacing));
    }
    away(&desired, edits.away)
}

/// Something that a client can be served by: a listener, with the certificates it wants and the rule, if any.
type Service<'a> = (u16, &'a MemberListener, Option<&'a DesiredRule>);

/// What both ask for.
fn common<'a>(from: &'a Desired, to: &'a Desired) -> Vec<Service<'a>> {
    let mut services = Vec::new();
    for (port, listener) in &from.0.listeners {
        let Some(next) = to.0.listeners.get(port) else {
            continue;
        };
        for member in listener.members.values() {
            let mut others = next.members.values();
            let stays = |it: &&std::sync::Arc<MemberListener>| {
                let mut sources = it.certificates.iter().zip(&member.certificates);
                it.listener == member.listener && sources.all(|(is, was)| is_still_wanted(is, was))
            };
            if next.protocol != listener.protocol || others.find(stays).is_none() {
                continue;
            }
            services.push((*port, &**member, None));
            for rule in listener
                .rules
                .iter()
                .filter(|it| it.listener == member.listener)
            {
                let same = |it: &&std::sync::Arc<DesiredRule>| {
                    it.id == rule.id && it.conditions == rule.conditions && it.action == rule.action
                };
                if next.rules.iter().find(same).is_some() {
                    services.push((*port, &**member, Some(&**rule)));
                }
            }
        }
    }
    services
}

/// One that is away is wanted as it was.
fn is_still_wanted(is: &CertificateSource, was: &CertificateSource) -> bool {
    match (is, was) {
        (
            CertificateSource::Retained { secret: is },
            CertificateSource::Secret { secret: was, .. },
        ) => is == was,
        _ => is == was,
    }
}

fn is_served(observed: &Observed, (port, member, rule): Service, opens: Opens) -> bool {
    observed.load_balancers.values().any(|it| {
        let mut listeners = it.listeners.values();
        listeners.any(|listener| {
            listener.port == port
                && has_certificate(listener, member)
                && rule.is_none_or(|rule| forwards(observed, listener, rule, opens))
        })
    })
}

fn has_certificate(listener: &ObservedListener, member: &MemberListener) -> bool {
    let is_attached = |arn: &str| {
        listener.default_certificate.as_deref() == Some(arn) || listener.certificates.contains(arn)
    };
    member.certificates.is_empty()
        || member.certificates.iter().any(|source| match source {
            CertificateSource::Arn(arn) => is_attached(arn),
            CertificateSource::Secret { secret, .. } | CertificateSource::Retained { secret } => {
                is_attached(&format!("arn:aws:acm:certificate/{secret}"))
            }
            CertificateSource::Discovered { .. } => false,
        })
}

/// Whether a rule of this identity sends requests to a target.
fn forwards(
    observed: &Observed,
    listener: &ObservedListener,
    rule: &DesiredRule,
    opens: Opens,
) -> bool {
    let identity = crate::values::tags::identity(rule);
    let mut rules = listener.rules.values();
    rules.any(|it| {
        let is_it = it.tags.get("gateway.k8s.aws.alb/resource") == Some(&identity);
        let mut groups = it.action.target_groups();
        is_it && groups.any(|arn| has_target(observed, arn, opens))
    })
}

/// Whether one is registered, and, if targets are opened, the load balancer is let in to it by the nodes' group.
fn has_target(observed: &Observed, arn: &String, opens: Opens) -> bool {
    let group = observed.target_groups.get(arn);
    let mut targets = group.into_iter().flat_map(|it| &it.targets);
    targets.any(|(target, state)| {
        let is_open = match opens {
            Opens::No => true,
            Opens::Yes => lets_in(observed, target.port),
        };
        state.is_registered() && is_open
    })
}

fn lets_in(observed: &Observed, port: u16) -> bool {
    let door = observed.backend.doors["sg-node"].known().unwrap();
    let mut rules = door.rules.keys();
    rules.any(
        |it| matches!(it.traffic, IngressTraffic::Tcp(from, to) if (from..=to).contains(&port)),
    )
}

/// Whether targets are opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Opens {
    No,
    Yes,
}

/// AWS refuses about a third of all requests, always the same.
fn is_refused(op: &crate::values::op::Op, seed: u64) -> bool {
    let mut hasher = DefaultHasher::new();
    (op.to_string(), seed).hash(&mut hasher);
    hasher.finish().is_multiple_of(3)
}

/// One turn of a programmer: the steps that are taken, in some order, until those that were refused stop it.
fn turn(plan: &Plan, seed: u64, context: &mut Context) -> Vec<Step> {
    let mut failed: BTreeSet<StepId> = BTreeSet::new();
    let mut taken = Vec::new();
    for step in shuffled(&plan.steps, seed) {
        if !step.after.is_disjoint(&failed) {
            failed.insert(step.id);
            continue;
        }
        if is_refused(&step.op, seed) {
            failed.insert(step.id);
            let refused = Failure::Refused("no".to_owned());
            context.failures.insert(step.op.key(), refused);
            continue;
        }
        taken.push(step);
    }
    taken
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_is_refused_what_was_served_is_served_by_something(
        world in world(), edits in edits(), context in limits(), seed in any::<u64>(),
    ) {
        let mut context = context;
        // Where these two are full AWS leaves no other way than to let go first (see `association`).
        context.limits.alb.target_groups = 100;
        context.limits.alb.targets = 1000;
        let from = with_name(world.desired(), &edits);
        let to = edited(&world, &edits);
        let mut observed = converge(&from, &account(), &context);
        let mut services = common(&from, &to);
        let opens = match context.backend {
            BackendGroups::Off => Opens::No,
            BackendGroups::Shared | BackendGroups::Named(_) => Opens::Yes,
        };
        services.retain(|service| is_served(&observed, *service, opens));
        let mut is_settled = false;
        for _ in 0..40 {
            let plan = to.plan(&observed, &context);
            if plan.steps.is_empty() {
                is_settled = true;
                break;
            }
            let steps = turn(&plan, seed, &mut context);
            for taken in 1..=steps.len() {
                let done = run(&observed, &steps[..taken], &alb(), &context);
                prop_assert_eq!(&done.violations, &Vec::<String>::new(), "\n{}", plan);
                for service in &services {
                    prop_assert!(
                        is_served(&done.observed, *service, opens),
                        "{:?} after {} of\n{}", service, taken, plan
                    );
                }
            }
            observed = run(&observed, &steps, &alb(), &context).observed;
        }
        prop_assert!(is_settled, "still at it:\n{}", to.plan(&observed, &context));
    }
}
