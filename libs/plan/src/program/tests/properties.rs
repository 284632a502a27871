use std::sync::Arc;

use proptest::prelude::*;
use tributary_model::desired::{CertificateSource, DesiredTarget, MemberListener};
use tributary_model::{Kind, ListenerRef, Precedence};

use super::*;
use crate::fixtures::with_nodes;
use crate::values::limits::{BackendGroups, Context, LoadBalancerLimits};
use crate::values::observed::{BackendGroup, Opening, Seen};
use crate::values::op::{IngressTraffic, Op, Step};
use crate::values::tags;

/// One member: its port (odd ones are HTTPS), certificate, and rules as path and target group.
#[derive(Clone, Debug)]
pub(super) struct Member {
    port: u16,
    certificate: u8,
    rules: BTreeMap<u8, u8>,
}

pub(super) fn member() -> impl Strategy<Value = Member> {
    let rules = proptest::collection::btree_map(0..4_u8, 0..4_u8, 0..4);
    (80..84_u16, 0..5_u8, rules).prop_map(|(port, certificate, rules)| Member {
        port,
        certificate,
        rules,
    })
}

/// Members in their order of precedence, and what their target groups are like.
#[derive(Clone, Debug)]
pub(super) struct World {
    pub(super) members: Vec<(String, Member)>,
    turn: usize,
    pub(super) ports: Vec<u16>,
}

impl World {
    pub(super) fn desired(&self) -> Desired {
        let mut desired = Desired::new();
        for (name, member) in &self.members {
            desired = with_member(desired, name, member, self.turn);
        }
        for (index, port) in self.ports.iter().enumerate() {
            let group = format!("g{index}");
            let id = TargetGroupId(group.as_str().into());
            if desired.0.target_groups.contains_key(&id) {
                desired = desired.edit_group(&group, |it| {
                    it.port = *port;
                    it.targets = it.targets.iter().map(|at| moved(at, *port)).collect();
                });
            }
        }
        desired
    }
}

fn moved(target: &DesiredTarget, port: u16) -> DesiredTarget {
    DesiredTarget {
        port,
        ..target.clone()
    }
}

pub(super) fn world() -> impl Strategy<Value = World> {
    let members = proptest::collection::btree_map(0..6_u8, member(), 0..6);
    let ports = proptest::collection::vec(80..82_u16, 4);
    (members, 0..6_usize, ports).prop_map(|(members, turn, ports)| {
        let members = members.into_iter();
        let mut members: Vec<_> = members
            .map(|(name, member)| (format!("m{name}"), member))
            .collect();
        let turn = turn % members.len().max(1);
        members.rotate_left(turn);
        World {
            members,
            turn,
            ports,
        }
    })
}

fn desired() -> impl Strategy<Value = Desired> {
    world().prop_map(|world| world.desired())
}

/// Whatever was served and is no longer, or otherwise: ELB listeners, certificates, rules, targets.
fn lost(before: &Observed, after: &Observed) -> Vec<String> {
    let mut lost = Vec::new();
    let nothing = BTreeMap::new();
    for (arn, was) in &before.load_balancers {
        let is = after.load_balancers.get(arn);
        let listeners = is.map_or(&nothing, |it| &it.listeners);
        for (arn, was) in &was.listeners {
            let Some(is) = listeners.get(arn) else {
                lost.push(arn.clone());
                continue;
            };
            let certificates =
                |it: &crate::values::observed::ObservedListener| -> BTreeSet<String> {
                    let default = it.default_certificate.iter();
                    default.chain(&it.certificates).cloned().collect()
                };
            let gone = certificates(was).into_iter();
            lost.extend(gone.filter(|it| !certificates(is).contains(it)));
            let gone = was.rules.iter().filter(|(arn, was)| {
                is.rules
                    .get(*arn)
                    .is_none_or(|is| (&is.conditions, &is.action) != (&was.conditions, &was.action))
            });
            lost.extend(gone.map(|(arn, _)| arn.clone()));
        }
    }
    for (arn, was) in &before.target_groups {
        let is = after.target_groups.get(arn);
        let gone = was.targets.keys();
        let gone = gone.filter(|target| is.is_none_or(|is| !is.targets.contains_key(*target)));
        lost.extend(gone.map(|target| format!("{arn} {target}")));
    }
    lost.extend(closed(before, after));
    lost
}

fn with_member(desired: Desired, name: &str, member: &Member, turn: usize) -> Desired {
    let port = member.port;
    let mut desired = match (port % 2, member.certificate) {
        (0, _) => desired.http(port, name),
        (_, 0) => desired.https(port, name, arn("arn:missing")),
        (_, 1) => desired.https(port, name, arn("arn:shared")),
        (_, 2) => desired.https(port, name, retained(name)),
        (_, _) => desired.https(port, name, secret(name, &turn.to_string())),
    };
    for (path, group) in &member.rules {
        desired = desired.rule(port, name, &format!("/{path}"), &format!("g{group}"));
    }
    desired
}

pub(super) fn limits() -> impl Strategy<Value = Context> {
    (
        (1..4_u32, 1..8_u32, 0..3_u32, 1..4_u32, 1..4_u32),
        any::<bool>(),
    )
        .prop_map(
            |((listeners, rules, certificates, target_groups, targets), opens)| {
                let mut context = context();
                if opens {
                    context.backend = BackendGroups::Shared;
                }
                context.limits.alb = LoadBalancerLimits {
                    listeners,
                    rules,
                    certificates,
                    target_groups,
                    targets,
                };
                context
            },
        )
}

pub(super) fn account() -> Observed {
    let mut observed = empty();
    observed
        .missing_certificates
        .insert("arn:missing".to_owned());
    with_others(with_nodes(observed))
}

/// The shared group, which another load balancer carries; for it port 80 is open, and 81 by another controller.
fn with_others(mut observed: Observed) -> Observed {
    let mut key = alb();
    key.gateway.name = "other".into();
    let mut tags = tags::backend_group("test");
    tags.extend(tags::shared_rule("test", "here"));
    tags.extend([tags::claim("here", &key)]);
    let source = "sg-shared".to_owned();
    let group = BackendGroup {
        vpc: "vpc-1".to_owned(),
        tags: tags.clone(),
    };
    observed.backend.groups = Seen::Known(BTreeMap::from([(source.clone(), group)]));
    let rule = |port, tags| {
        let opening = Opening {
            source: source.clone(),
            traffic: IngressTraffic::Tcp(port, port),
        };
        (opening, tags)
    };
    for door in observed.backend.doors.values_mut() {
        let door = door.known_mut().unwrap();
        let foreign = rule(81, crate::values::tags::Tags::new());
        door.rules.extend([rule(80, tags.clone()), foreign]);
    }
    observed
}

/// Ports that are let in no longer, by the group and the source.
pub(super) fn closed(before: &Observed, after: &Observed) -> Vec<String> {
    let mut closed = Vec::new();
    for (group, door) in &before.backend.doors {
        let is = after.backend.doors.get(group).and_then(Seen::known);
        for opening in door.known().unwrap().rules.keys() {
            let IngressTraffic::Tcp(from, to) = opening.traffic else {
                continue;
            };
            let is_open = |port: u16| {
                let mut rules = is.into_iter().flat_map(|door| door.rules.keys());
                rules.any(|it| {
                    let lets_in = |from, to| (from..=to).contains(&port);
                    it.source == opening.source
                        && matches!(it.traffic, IngressTraffic::Tcp(from, to) if lets_in(from, to))
                })
            };
            let gone = (from..=to).filter(|port| !is_open(*port));
            closed.extend(gone.map(|port| format!("{group} {port} from {}", opening.source)));
        }
    }
    closed
}

/// Another order that the steps allow, chosen by the seed.
pub(super) fn shuffled(steps: &[Step], mut seed: u64) -> Vec<Step> {
    let mut done: BTreeSet<StepId> = BTreeSet::new();
    let mut rest: Vec<Step> = steps.to_vec();
    let mut order = Vec::new();
    while !rest.is_empty() {
        let may_run = |step: &Step| step.after.is_subset(&done) && step.following.is_subset(&done);
        let ready: Vec<usize> = (0..rest.len()).filter(|at| may_run(&rest[*at])).collect();
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let choice = usize::try_from(seed >> 33).unwrap() % ready.len();
        let step = rest.remove(ready[choice]);
        done.insert(step.id);
        order.push(step);
    }
    order
}

fn is_loser(plan: &Plan, listener: &ListenerRef) -> bool {
    plan.report.listeners.iter().any(|it| {
        it.listener == *listener && matches!(it.state, ProgrammedState::TooManyListeners(_))
    })
}

/// The same, but for the Secrets that these bits take away, by port and place.
pub(super) fn away(desired: &Desired, mut which: u8) -> Desired {
    let mut desired = desired.clone();
    for port in desired.0.listeners.values_mut() {
        let port = Arc::make_mut(port);
        let members = port.members.iter().map(|(place, member)| {
            let mut member = MemberListener::clone(member);
            for source in &mut member.certificates {
                which = which.rotate_left(1);
                if let CertificateSource::Secret { secret, .. } = source
                    && which & 1 == 1
                {
                    let secret = secret.clone();
                    *source = CertificateSource::Retained { secret };
                }
            }
            (place.clone(), Arc::new(member))
        });
        port.members = members.collect();
    }
    desired
}

/// Without the members of lower precedence than this one.
fn down_to(desired: &Desired, last: &Precedence) -> Desired {
    let mut fewer = desired.clone();
    for port in fewer.0.listeners.values_mut() {
        let port = Arc::make_mut(port);
        let kept = port.members.iter().filter(|(place, _)| *place <= last);
        port.members = kept
            .map(|(place, member)| (place.clone(), Arc::clone(member)))
            .collect();
    }
    fewer.0.listeners.retain(|_, port| !port.members.is_empty());
    fewer
}

/// What is gone, or other than it was but for what was added to it.
fn changed(before: &Observed, after: &Observed) -> Vec<String> {
    let mut rest = after.clone();
    for (arn, load_balancer) in &mut rest.load_balancers {
        let Some(was) = before.load_balancers.get(arn) else {
            continue;
        };
        load_balancer
            .listeners
            .retain(|arn, _| was.listeners.contains_key(arn));
        for (arn, listener) in &mut load_balancer.listeners {
            let was = &was.listeners[arn];
            listener.rules.retain(|arn, _| was.rules.contains_key(arn));
            listener
                .certificates
                .retain(|arn| was.certificates.contains(arn));
        }
    }
    for (arn, group) in &mut rest.target_groups {
        if let Some(was) = before.target_groups.get(arn) {
            group
                .targets
                .retain(|target, _| was.targets.contains_key(target));
            group.load_balancers.clone_from(&was.load_balancers);
        }
    }
    for (id, group) in &mut rest.security_groups {
        if let Some(was) = before.security_groups.get(id) {
            group.ingress.retain(|rule| was.ingress.contains(rule));
        }
    }
    for (arn, certificate) in &mut rest.certificates {
        if let Some(was) = before.certificates.get(arn) {
            certificate.in_use_by.clone_from(&was.in_use_by);
        }
    }
    let differ = [
        of(&before.load_balancers, &rest.load_balancers),
        of(&before.target_groups, &rest.target_groups),
        of(&before.security_groups, &rest.security_groups),
        of(&before.certificates, &rest.certificates),
    ];
    let mut differ = differ.concat();
    differ.extend(closed(before, after));
    differ
}

fn of<V: PartialEq>(before: &BTreeMap<String, V>, after: &BTreeMap<String, V>) -> Vec<String> {
    before
        .iter()
        .filter(|(arn, was)| after.get(*arn) != Some(was))
        .map(|(arn, _)| arn.clone())
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_change_in_any_order_is_legal_and_leaves_nothing_to_do(
        from in desired(), to in desired(), context in limits(), seed in any::<u64>(),
    ) {
        let before = converge(&from, &account(), &context);
        let plan = to.plan(&before, &context);
        let done = run(&before, &shuffled(&plan.steps, seed), &alb(), &context);
        prop_assert_eq!(&done.violations, &Vec::<String>::new(), "\n{}", plan);
        let again = to.plan(&done.observed, &context);
        prop_assert!(again.steps.is_empty(), "first\n{}then\n{}", plan, again);
        prop_assert!(again.report.settled);
    }

    #[test]
    fn a_raised_or_lowered_quota_settles(
        from in desired(), to in desired(), before in limits(), after in limits(), seed in any::<u64>(),
    ) {
        let observed = converge(&from, &account(), &before);
        let plan = to.plan(&observed, &after);
        let done = run(&observed, &shuffled(&plan.steps, seed), &alb(), &after);
        prop_assert_eq!(&done.violations, &Vec::<String>::new(), "\n{}", plan);
        prop_assert!(to.plan(&done.observed, &after).steps.is_empty());
    }

    #[test]
    fn what_one_owner_adds_takes_nothing_from_others(
        world in world(), added in proptest::collection::vec((0..7_usize, member()), 1..4),
        context in limits(), seed in any::<u64>(),
    ) {
        let before = converge(&world.desired(), &account(), &context);
        let mut grown = world;
        for (index, (place, member)) in added.into_iter().enumerate() {
            let place = place % (grown.members.len() + 1);
            grown.members.insert(place, (format!("new{index}"), member));
        }
        let plan = grown.desired().plan(&before, &context);
        let steps = shuffled(&plan.steps, seed);
        for taken in 0..=steps.len() {
            let done = run(&before, &steps[..taken], &alb(), &context);
            prop_assert_eq!(lost(&before, &done.observed), Vec::<String>::new(), "\n{}", plan);
        }
    }

    #[test]
    fn losers_are_of_lowest_precedence(to in desired(), context in limits()) {
        let plan = to.plan(&account(), &context);
        for member in to.0.listeners.values().flat_map(|it| it.members.values()) {
            // Whoever comes after it makes no difference.
            let alone = down_to(&to, &member.precedence).plan(&account(), &context);
            prop_assert_eq!(is_loser(&plan, &member.listener), is_loser(&alone, &member.listener));
        }
    }

    #[test]
    fn a_partial_observation_never_deletes_or_creates(
        from in desired(), to in desired(), context in limits(),
    ) {
        let mut before = converge(&from, &account(), &context);
        before.completeness = Completeness::Partial(vec!["tags".to_owned()]);
        for plan in [to.plan(&before, &context), plan(None, &alb(), &before, &context)] {
            prop_assert!(plan.steps.iter().all(|it| !it.op.removes() && !it.op.creates()));
            prop_assert!(!plan.report.settled);
        }
    }

    #[test]
    fn while_a_kind_cannot_be_read_all_that_was_there_stays_as_it_was(
        from in desired(), to in desired(), context in limits(), seed in any::<u64>(),
    ) {
        let before = converge(&from, &account(), &context);
        let to = to.unread(&[Kind::HttpRoute]);
        let plan = to.plan(&before, &context);
        let done = run(&before, &shuffled(&plan.steps, seed), &alb(), &context);
        prop_assert_eq!(&done.violations, &Vec::<String>::new(), "\n{}", plan);
        prop_assert_eq!(changed(&before, &done.observed), Vec::<String>::new(), "\n{}", plan);
        let again = to.plan(&done.observed, &context);
        prop_assert!(again.steps.is_empty(), "first\n{}then\n{}", plan, again);
        prop_assert!(again.report.settled);
    }

    #[test]
    fn secrets_that_are_away_change_nothing(from in desired(), context in limits(), which in any::<u8>()) {
        let before = converge(&from, &account(), &context);
        let plan = away(&from, which).plan(&before, &context);
        prop_assert!(plan.steps.is_empty() && plan.report.settled, "\n{}", plan);
        let served = |plan: &Plan| -> Vec<ListenerRef> {
            let reports = plan.report.listeners.iter();
            let served = reports.filter(|it| it.state == ProgrammedState::Programmed);
            served.map(|it| it.listener.clone()).collect()
        };
        prop_assert_eq!(served(&plan), served(&from.plan(&before, &context)));
    }

    #[test]
    fn removal_leaves_nothing(from in desired(), context in limits(), seed in any::<u64>()) {
        let before = converge(&from, &account(), &context);
        let plan = plan(None, &alb(), &before, &context);
        let done = run(&before, &shuffled(&plan.steps, seed), &alb(), &context);
        prop_assert_eq!(&done.violations, &Vec::<String>::new());
        prop_assert_eq!(done.observed, account());
    }

    #[test]
    fn a_crash_anywhere_is_taken_up(
        from in desired(), to in desired(), context in limits(), cut in any::<prop::sample::Index>(),
    ) {
        let before = converge(&from, &account(), &context);
        let plan = to.plan(&before, &context);
        let made = cut.index(plan.steps.len() + 1);
        let done = run(&before, &plan.steps[..made], &alb(), &context);
        let straight = converge(&to, &before, &context);
        let resumed = converge(&to, &done.observed, &context);
        prop_assert_eq!(straight.target_groups.len(), resumed.target_groups.len());
        prop_assert_eq!(straight.certificates.len(), resumed.certificates.len());
    }

    #[test]
    fn steps_only_name_steps_before_them(from in desired(), to in desired(), context in limits()) {
        let before = converge(&from, &account(), &context);
        let plan = to.plan(&before, &context);
        for (index, step) in plan.steps.iter().enumerate() {
            prop_assert_eq!(step.id.0 as usize, index);
            prop_assert!(step.after.iter().chain(&step.following).all(|it| *it < step.id));
            let is_new = matches!(step.op, Op::CreateLoadBalancer(_));
            prop_assert!(!is_new || before.load_balancers.is_empty());
        }
    }
}
