//! The security group in front of a load balancer: those that were named, or one of ours that lets the
//! listeners' ports in.
//!
//! Beside it the load balancer may carry a backend group, for its targets' sake: see `backend`.

use std::collections::{BTreeMap, BTreeSet};

use tributary_model::desired::DesiredLoadBalancer;
use tributary_model::elb::{ElbProtocol, IpAddressType, LoadBalancerKind};

use crate::admission::Admission;
use crate::input::PlanInput;
use crate::input::ours::load_balancers;
use crate::parts::builder::{PlanBuilder, retag};
use crate::values::limits::Failure;
use crate::values::observed::ObservedSecurityGroup;
use crate::values::op::{
    Blame, Handle, IngressRule, IngressSource, IngressTraffic, Op, SecurityGroupSpec, StepId,
    Taggable,
};
use crate::values::ports::{carries_tcp, carries_udp, ranges};
use crate::values::{names, tags};

/// What the load balancer's security groups are to be.
#[derive(Debug)]
pub(crate) enum SecurityGroups {
    /// These; the last step opens what has to be open before traffic comes through them.
    Groups(BTreeSet<Handle>, Option<StepId>),
    /// As AWS decides or as they are: nothing was asked for, or what was asked for cannot be had.
    Unmanaged,
    /// As they are, since they cannot be looked at: nothing new comes to stand behind them.
    Unseen,
}

/// Creates or adjusts our group, if one is wanted.
pub(crate) fn frontend(
    input: &PlanInput,
    admission: &Admission,
    vpc: &str,
    builder: &mut PlanBuilder,
) -> SecurityGroups {
    let settings = &input.desired.settings;
    if settings.disable_security_group == Some(true) {
        if input.key().kind == LoadBalancerKind::Alb {
            let findings =
                "disableSecurityGroup is not followed: an ALB always has security groups";
            builder.problems.push(findings.to_owned());
        } else if !settings.security_groups.is_empty() {
            let findings = "disableSecurityGroup is not followed: securityGroups are named";
            builder.problems.push(findings.to_owned());
        }
    }
    if !settings.security_groups.is_empty() {
        return named(input, builder);
    }
    if is_disabled(input.desired) || without_groups(input) {
        return SecurityGroups::Unmanaged;
    }
    managed(input, admission, vpc, builder)
}

/// Lets the listeners' ports in through the group that a load balancer on its way out has from us; others stay as they are.
pub(crate) fn of_predecessor(
    input: &PlanInput,
    admission: &Admission,
    vpc: &str,
    builder: &mut PlanBuilder,
) -> SecurityGroups {
    let groups = input.current.map(|it| &it.load_balancer.security_groups);
    let is_ours = observed_managed(input, vpc)
        .is_some_and(|(id, _)| groups.is_some_and(|groups| groups.contains(id)));
    if !is_managed(input) || !is_ours {
        return SecurityGroups::Unmanaged;
    }
    managed(input, admission, vpc, builder)
}

/// Whether the plan has a group of ours.
pub(crate) fn is_managed(input: &PlanInput) -> bool {
    input.desired.settings.security_groups.is_empty() && !is_disabled(input.desired)
}

/// Only an NLB can be without security groups (ELBv2 `CreateLoadBalancer`).
pub(crate) fn is_disabled(desired: &DesiredLoadBalancer) -> bool {
    desired.key.kind == LoadBalancerKind::Nlb
        && desired.settings.disable_security_group == Some(true)
}

/// AWS: an NLB that was created without security groups never gets any.
pub(crate) fn without_groups(input: &PlanInput) -> bool {
    let current = input.current.map(|it| it.load_balancer);
    input.key().kind == LoadBalancerKind::Nlb
        && current.is_some_and(|it| it.security_groups.is_empty())
}

/// Our group in this VPC, if it exists.
pub(crate) fn observed_managed<'a>(
    input: &PlanInput<'a>,
    vpc: &str,
) -> Option<(&'a str, &'a ObservedSecurityGroup)> {
    input
        .observed
        .security_groups
        .iter()
        .find(|(_, group)| {
            group.vpc == vpc
                && input.ownership.owns(&group.tags)
                && input.ownership.resource(&group.tags) == Some(tags::SECURITY_GROUP)
        })
        .map(|(id, group)| (id.as_str(), group))
}

fn named(input: &PlanInput, builder: &mut PlanBuilder) -> SecurityGroups {
    let known = &input.observed.security_groups;
    let unread = &input.observed.unread.security_groups;
    let mut groups = BTreeSet::new();
    for wanted in &input.desired.settings.security_groups {
        let id = known.get_key_value(wanted).or_else(|| {
            known
                .iter()
                .find(|(_, group)| group.tags.get("Name") == Some(wanted))
        });
        match id {
            Some((id, _)) => {
                groups.insert(Handle::Existing(id.clone()));
            }
            None if unread.is_some() => return SecurityGroups::Unseen,
            None => builder.problems.push(format!(
                "there is no security group with id or Name tag {wanted:?}"
            )),
        }
    }
    // With one missing the load balancer would be open to more or fewer than was meant.
    if groups.len() < input.desired.settings.security_groups.len() {
        return SecurityGroups::Unmanaged;
    }
    SecurityGroups::Groups(groups, None)
}

fn managed(
    input: &PlanInput,
    admission: &Admission,
    vpc: &str,
    builder: &mut PlanBuilder,
) -> SecurityGroups {
    let wanted = ingress(input, admission);
    let group_tags = |observed| {
        let none = BTreeMap::new();
        input.tags(tags::SECURITY_GROUP, &none, &none, observed)
    };
    let Some((id, group)) = observed_managed(input, vpc) else {
        if input.observed.unread.security_groups.is_some() {
            return SecurityGroups::Unseen;
        }
        let name = names::security_group(&input.context.cluster, input.key());
        let spec = SecurityGroupSpec {
            name: name.clone(),
            description: "Managed by Tributary for a Gateway".to_owned(),
            vpc: vpc.to_owned(),
            tags: group_tags(None),
        };
        let handle = builder.create(Op::CreateSecurityGroup(spec), name, Blame::LoadBalancer);
        let authorized = authorize(handle.clone(), wanted, builder);
        return SecurityGroups::Groups(BTreeSet::from([handle]), authorized);
    };
    let handle = Handle::Existing(id.to_owned());
    let missing: BTreeSet<IngressRule> = wanted.difference(&group.ingress).cloned().collect();
    let is_refused = |rule: &IngressRule| {
        let alone = Op::AuthorizeIngress {
            group: handle.clone(),
            rules: BTreeSet::from([rule.clone()]),
        };
        let failure = input.context.failures.get(&alone.key());
        failure.is_some_and(Failure::is_final)
    };
    // What AWS refuses is not waited for, so that one bad source leaves nobody in that the others shut out.
    let waits = missing.iter().any(|rule| !is_refused(rule));
    let is_shut = |traffic: IngressTraffic| {
        let mut of_it = wanted.iter().filter(|it| it.traffic.overlaps(traffic));
        of_it.clone().next().is_some() && !of_it.any(|it| group.ingress.contains(it))
    };
    let some_is_shut = !waits && wanted.iter().any(|rule| is_shut(rule.traffic));
    let authorized = authorize(handle.clone(), missing, builder).filter(|_| waits || some_is_shut);
    let surplus = group.ingress.difference(&wanted).cloned();
    // Ports for which nobody else can be let in stay as they are.
    let (stays, surplus): (BTreeSet<IngressRule>, BTreeSet<IngressRule>) =
        surplus.partition(|rule| !waits && is_shut(rule.traffic));
    if !stays.is_empty() {
        let stays: Vec<String> = stays.iter().map(ToString::to_string).collect();
        builder.problems.push(format!(
            "security group {id} goes on letting in {}: nobody else can be let in",
            stays.join(", ")
        ));
    }
    // While one load balancer replaces another, neither closes what the other may need.
    let is_alone = load_balancers(input.observed, input.ownership).count() < 2;
    if !surplus.is_empty() && is_alone {
        let revoke = Op::RevokeIngress {
            group: id.to_owned(),
            rules: surplus,
        };
        let revoke = builder.add(revoke, Blame::LoadBalancer);
        if let Some(authorized) = authorized.filter(|_| waits) {
            builder.after(revoke, authorized);
        }
    }
    let resource = Taggable::SecurityGroup(id.to_owned());
    retag(
        resource,
        &group_tags(Some(&group.tags)),
        &group.tags,
        &Blame::LoadBalancer,
        builder,
    );
    SecurityGroups::Groups(BTreeSet::from([handle]), authorized)
}

fn authorize(
    group: Handle,
    rules: BTreeSet<IngressRule>,
    builder: &mut PlanBuilder,
) -> Option<StepId> {
    if rules.is_empty() {
        return None;
    }
    Some(builder.add(Op::AuthorizeIngress { group, rules }, Blame::LoadBalancer))
}

fn ingress(input: &PlanInput, admission: &Admission) -> BTreeSet<IngressRule> {
    let sources = sources(input);
    let mut traffic: Vec<IngressTraffic> = Vec::new();
    let ports = |wanted: fn(ElbProtocol) -> bool| {
        admission
            .ports
            .iter()
            .filter(move |(_, port)| wanted(port.listener.protocol))
            .map(|(port, _)| *port)
    };
    traffic.extend(ranges(ports(carries_tcp)).map(|(from, to)| IngressTraffic::Tcp(from, to)));
    traffic.extend(ranges(ports(carries_udp)).map(|(from, to)| IngressTraffic::Udp(from, to)));
    let icmp = input.desired.settings.enable_icmp == Some(true);
    let mut rules = BTreeSet::new();
    for source in sources {
        let mut allowed = traffic.clone();
        if icmp {
            allowed.extend(icmp_for(&source));
        }
        rules.extend(allowed.into_iter().map(|traffic| IngressRule {
            traffic,
            source: source.clone(),
        }));
    }
    rules
}

fn icmp_for(source: &IngressSource) -> Option<IngressTraffic> {
    match source {
        IngressSource::Ipv4(_) => Some(IngressTraffic::Icmp),
        IngressSource::Ipv6(_) => Some(IngressTraffic::Icmpv6),
        IngressSource::PrefixList(_) | IngressSource::Group(_) => None,
    }
}

/// `sourceRanges`, everybody when none is given, and `securityGroupPrefixes`.
fn sources(input: &PlanInput) -> Vec<IngressSource> {
    let settings = &input.desired.settings;
    let mut sources: Vec<IngressSource> = settings
        .source_ranges
        .iter()
        .map(|range| {
            if range.contains(':') {
                IngressSource::Ipv6(range.clone())
            } else {
                IngressSource::Ipv4(range.clone())
            }
        })
        .collect();
    sources.extend(
        settings
            .security_group_prefixes
            .iter()
            .cloned()
            .map(IngressSource::PrefixList),
    );
    if !settings.source_ranges.is_empty() {
        return sources;
    }
    sources.push(IngressSource::Ipv4("0.0.0.0/0".to_owned()));
    match settings.ip_address_type.unwrap_or_default() {
        IpAddressType::Ipv4 => {}
        IpAddressType::Dualstack | IpAddressType::DualstackWithoutPublicIpv4 => {
            sources.push(IngressSource::Ipv6("::/0".to_owned()));
        }
    }
    sources
}
