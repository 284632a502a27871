//! Targets let the load balancer in: the backend group that it carries, and the rules of the targets' own security groups.
//!
//! ```text
//! load balancer ── carries ──> backend group (one per cluster and VPC) <── is the source of ── rule ── of ──> door
//!                                   one claim a load balancer, as a tag ──┴──────────────┘                     ^
//! target ── network interface ── its one security group, or the one with the cluster's tag ────────────────────┘
//! ```
//!
//! Group and rules are shared, and nobody knows all who share them. So each load balancer puts a claim of its own on what it
//! needs, as a tag, and whoever takes the last one off removes the thing. Of what this installation did not make, the AWS Load
//! Balancer Controller's rules above all, nothing is changed: a rule that is there already is used as it is.

use std::collections::{BTreeMap, BTreeSet};

use tributary_model::desired::DesiredLoadBalancer;

use crate::admission::Admission;
use crate::input::PlanInput;
use crate::input::ours::{load_balancers, target_groups};
use crate::parts::builder::PlanBuilder;
use crate::parts::findings::Findings;
use crate::parts::security_group::{is_disabled, without_groups};
use crate::parts::target_groups::TargetGroups;
use crate::values::defaults::Defaults;
use crate::values::limits::{BackendGroups, Context, Failure};
use crate::values::names;
use crate::values::observed::{BackendGroup, Observed, Opening, Seen};
use crate::values::op::{Blame, Handle, IngressTraffic, Op, SecurityGroupSpec, StepId, Taggable};
use crate::values::tags::{self, Ownership, Tags};

mod close;
mod needs;
mod shapes;
mod traffic;
mod way;

pub(crate) use traffic::lets_in;

pub(crate) use close::{close, holds_any, remove};
use needs::Needs;
pub use way::unopened;

/// Claims that a rule or group takes: AWS allows 50 tags, and the rest is for ours and others'. Load balancers beyond it are
/// spoken for by those that have one, and put theirs on when they find room.
const MOST_CLAIMS: usize = 40;
/// Tags of anything, by AWS.
const MOST_TAGS: usize = 50;

/// The backend group of a load balancer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Carried {
    /// It is to carry none.
    Nothing,
    /// It keeps what it carries: what it should carry is not known.
    Unknown,
    /// This one.
    Group(Handle),
}

/// What is to be let in, and the steps that see to it.
#[derive(Debug, Default)]
pub(crate) struct Opened {
    needs: Needs,
    vpc: Option<String>,
    /// Rules that this load balancer relies on, by the group that has them.
    wanted: BTreeSet<(String, Opening)>,
    /// By the group that they change.
    steps: BTreeMap<String, Vec<(IngressTraffic, StepId)>>,
}

/// What the parts of this module look at.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) observed: &'a Observed,
    pub(crate) ownership: Ownership<'a>,
    pub(crate) context: &'a Context,
}

/// Whether a load balancer is to be let in by its targets' groups: where its own groups are not named,
/// unless it is to have none, or where that is asked for.
pub fn is_wanted(desired: &DesiredLoadBalancer) -> bool {
    let settings = &desired.settings;
    if settings.security_groups.is_empty() {
        !is_disabled(desired)
    } else {
        settings.manage_backend_security_group_rules == Some(true)
    }
}

/// The group that the load balancer is to carry; it is created, or claimed, where it has to be.
pub(crate) fn carried(input: &PlanInput, vpc: &str, builder: &mut PlanBuilder) -> Carried {
    let settings = &input.desired.settings;
    if input.context.backend == BackendGroups::Off {
        if settings.manage_backend_security_group_rules == Some(true) {
            builder.problems.push(
                "manageBackendSecurityGroupRules is not done: backend security groups are switched off for all load balancers"
                    .to_owned(),
            );
        }
        return Carried::Nothing;
    }
    let is_bare =
        settings.security_groups.is_empty() && is_disabled(input.desired) || without_groups(input);
    if is_bare {
        builder.problems.push(
            "the load balancer has no security group that its targets' groups could let in: they must let in its addresses, or its clients' where it keeps them"
                .to_owned(),
        );
        return Carried::Nothing;
    }
    if !is_wanted(input.desired) {
        return Carried::Nothing;
    }
    let groups = match &input.observed.backend.groups {
        Seen::Known(groups) => groups,
        Seen::Unknown(why) => {
            let problem = format!("the backend security group could not be looked for: {why}");
            builder.problems.push(problem);
            return Carried::Unknown;
        }
    };
    match &input.context.backend {
        BackendGroups::Off => Carried::Nothing,
        BackendGroups::Named(id) => {
            if groups.get(id).is_some_and(|group| group.vpc == vpc) {
                return Carried::Group(Handle::Existing(id.clone()));
            }
            let problem = format!("there is no backend security group {id} in {vpc}");
            builder.problems.push(problem);
            Carried::Unknown
        }
        BackendGroups::Shared => shared(input, vpc, groups, builder),
    }
}

/// The group that a load balancer on its way out carries.
pub(crate) fn of_predecessor(input: &PlanInput) -> Carried {
    let carried = input.current.map(|it| &it.load_balancer.security_groups);
    let mut groups = input.observed.backend.groups.known().into_iter().flatten();
    let group = groups.find(|(id, _)| carried.is_some_and(|carried| carried.contains(*id)));
    group.map_or(Carried::Nothing, |(id, _)| {
        Carried::Group(Handle::Existing(id.clone()))
    })
}

fn shared(
    input: &PlanInput,
    vpc: &str,
    groups: &BTreeMap<String, BackendGroup>,
    builder: &mut PlanBuilder,
) -> Carried {
    let installation = &input.context.installation;
    let claim = tags::claim(installation, input.key());
    let is_carried = |id: &String| {
        let current = input.current.map(|it| it.load_balancer);
        current.is_some_and(|it| it.security_groups.contains(id))
    };
    let of_vpc = groups.iter().filter(|(_, group)| group.vpc == vpc);
    // With several, the one that it has; each is let in only where its own rules are.
    let Some((id, group)) = of_vpc.min_by_key(|(id, _)| (!is_carried(id), *id)) else {
        return create(input, vpc, claim, builder);
    };
    if tags::is_shared_of(installation, &group.tags) && takes_claim(&group.tags, &claim.0) {
        let op = Op::AddTags {
            resource: Taggable::SecurityGroup(id.clone()),
            tags: Tags::from_iter([claim]),
        };
        builder.add(op, Blame::LoadBalancer);
    }
    Carried::Group(Handle::Existing(id.clone()))
}

fn create(
    input: &PlanInput,
    vpc: &str,
    claim: (String, String),
    builder: &mut PlanBuilder,
) -> Carried {
    let Context {
        cluster,
        installation,
        failures,
        ..
    } = input.context;
    let name = names::backend_group(cluster);
    let mut tags = tags::backend_group(cluster);
    tags.extend(tags::shared_rule(cluster, installation));
    tags.extend([claim]);
    let tags = with_defaults(tags, input.context);
    let op = Op::CreateBackendGroup(SecurityGroupSpec {
        name: name.clone(),
        description: "Shared by load balancers so that their targets let them in (Tributary)"
            .to_owned(),
        vpc: vpc.to_owned(),
        tags,
    });
    if let Some(Failure::Refused(why)) = failures.get(&op.key()) {
        // The load balancer comes without it: targets may be open already.
        let problem = format!("the backend security group {name} cannot be had: {why}");
        builder.problems.push(problem);
        return Carried::Unknown;
    }
    Carried::Group(builder.create(op, name, Blame::LoadBalancer))
}

/// With the platform's tags, which a policy may ask of whatever is made. Those of one load balancer (`spec.tags`) are not for what
/// it shares with others.
fn with_defaults(mut tags: Tags, context: &Context) -> Tags {
    let Defaults {
        tags: platforms,
        external_tags,
        ..
    } = &context.defaults;
    for (key, value) in platforms {
        if !external_tags.contains(key) && !tags.contains_key(key) {
            tags.insert(key.clone(), value.clone());
        }
    }
    tags
}

/// Whether a claim is missing that there is room for.
fn takes_claim(tags: &Tags, claim: &str) -> bool {
    !tags.contains_key(claim) && tags::claims(tags).count() < MOST_CLAIMS && tags.len() < MOST_TAGS
}

/// Lets the load balancer in to every target that it has or gets, before it gets it.
pub(crate) fn open(
    input: &PlanInput,
    admission: &Admission,
    groups: &TargetGroups,
    (carried, vpc): (&Carried, &str),
    builder: &mut PlanBuilder,
) -> (Opened, Findings) {
    let Carried::Group(source) = carried else {
        return (Opened::default(), Findings::default());
    };
    if let Some(why) = &input.observed.backend.unread_rules {
        let problem = format!("rules of the targets' security groups could not be read: {why}");
        builder.problems.push(problem);
    }
    let view = View::of(input);
    let (mut needs, findings) = needs::of_fit(view, admission, vpc);
    needs.add_observed(view, groups, builder);
    let mut opened = Opened {
        vpc: Some(vpc.to_owned()),
        ..Opened::default()
    };
    let (claim, value) = tags::claim(&input.context.installation, input.key());
    let mut rule_tags = tags::shared_rule(&input.context.cluster, &input.context.installation);
    rule_tags.insert(claim.clone(), value);
    let rule_tags = with_defaults(rule_tags, input.context);
    for (group, users) in &needs.by_group {
        let Some(door) = view.door(group) else {
            continue;
        };
        let open = |traffic, spare| Op::OpenTargets {
            group: group.clone(),
            source: source.clone(),
            traffic,
            tags: rule_tags.clone(),
            claim: claim.clone(),
            spare,
        };
        let is_refused = |traffic| {
            let op = open(traffic, shapes::SPARE);
            let failure = input.context.failures.get(&op.key());
            failure.is_some_and(shapes::is_for_want_of_room)
        };
        let door_of = shapes::Claimed {
            door,
            source,
            claim: &claim,
        };
        for (traffic, spare) in shapes::choose(door_of, &users.ports(), view, is_refused) {
            if let Handle::Existing(source) = source {
                let opening = Opening {
                    source: source.clone(),
                    traffic,
                };
                let is_there = door.rules.get(&opening).is_some_and(|tags| {
                    let is_ours = tags::is_shared_of(&input.context.installation, tags);
                    !is_ours || !takes_claim(tags, &claim)
                });
                opened.wanted.insert((group.clone(), opening));
                if is_there {
                    continue;
                }
            }
            let step = builder.add(open(traffic, spare), users.blame(traffic));
            let steps = opened.steps.entry(group.clone()).or_default();
            steps.push((traffic, step));
        }
    }
    opened.needs = needs;
    traffic::wait(input, admission, groups, &opened, builder);
    (opened, findings)
}

/// A load balancer that gives up another backend group keeps it until its new one is let in.
pub(crate) fn swap_after(
    input: &PlanInput,
    carried: &Carried,
    regrouped: Option<StepId>,
    opened: &Opened,
    builder: &mut PlanBuilder,
) {
    let (Carried::Group(new), Some(regrouped), Some(current)) = (carried, regrouped, input.current)
    else {
        return;
    };
    let groups = input.observed.backend.groups.known();
    let mut carried = current.load_balancer.security_groups.iter();
    let gives_up = carried.any(|id| {
        groups.is_some_and(|groups| groups.contains_key(id)) && *new != Handle::Existing(id.clone())
    });
    if gives_up {
        for (_, step) in opened.steps.values().flatten() {
            builder.after(regrouped, *step);
        }
    }
}

impl<'a> View<'a> {
    pub(crate) fn of(input: &PlanInput<'a>) -> Self {
        Self {
            observed: input.observed,
            ownership: input.ownership,
            context: input.context,
        }
    }

    fn way(self) -> way::Way<'a> {
        way::Way {
            backend: &self.observed.backend,
            cluster: &self.context.cluster,
        }
    }

    fn door(self, group: &str) -> Option<&'a crate::values::observed::Door> {
        self.observed.backend.doors.get(group)?.known()
    }
}

/// Whether a load balancer of ours that is not among the deleted ones carries the group.
fn is_carried_on(view: View, group: &str, deleted: &crate::parts::cleanup::Deleted) -> bool {
    load_balancers(view.observed, view.ownership)
        .filter(|it| !deleted.contains_key(it.arn))
        .any(|it| it.load_balancer.security_groups.contains(group))
}

/// Whether every target group of ours is deleted by a step.
fn all_target_groups_go(view: View, builder: &PlanBuilder) -> bool {
    let deleted: BTreeSet<&str> = builder
        .steps()
        .iter()
        .filter_map(|step| match &step.op {
            Op::DeleteTargetGroup { target_group } => Some(target_group.as_str()),
            _ => None,
        })
        .collect();
    target_groups(view.observed, view.ownership).all(|(arn, _)| deleted.contains(arn))
}
