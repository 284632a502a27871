//! Small desired and observed states for tests.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use tributary_model::config::LoadBalancerSettings;
use tributary_model::desired::rules::Rules;
use tributary_model::desired::{
    CertificateSource, DesiredAction, DesiredListener, DesiredLoadBalancer, DesiredRule,
    DesiredTarget, DesiredTargetGroup, LoadBalancerKey, MemberListener, OrdMap, Patterns,
    RuleCondition, RuleId, RuleOrigin, TargetGroupId, TargetId, WeightedTargetGroup,
};
use tributary_model::elb::{
    ElbProtocol, LoadBalancerKind, ProtocolVersion, TargetIpAddressType, TargetProtocol, TargetType,
};
use tributary_model::report::ProgrammedState;
use tributary_model::{
    Hostname, Kind, ListenerOwner, ListenerRef, ObjectKey, ObjectRef, Precedence, PrecedenceClass,
    Revision, Timestamp,
};

use crate::plan;
use crate::simulate::{Simulated, apply};
use crate::values::limits::{BackendGroups, Context};
use crate::values::observed::{
    CertificateStatus, Door, Network, Observed, ObservedCertificate, ObservedInterface,
    ObservedSubnet, Seen,
};
use crate::values::op::Step;
use crate::values::plan::Plan;
use crate::values::tags::Tags;

/// The ALB of Gateway `infra/gw`.
pub(crate) fn alb() -> LoadBalancerKey {
    key(LoadBalancerKind::Alb)
}

pub(crate) fn key(kind: LoadBalancerKind) -> LoadBalancerKey {
    LoadBalancerKey {
        kind,
        gateway: ObjectKey::new("infra", "gw"),
    }
}

pub(crate) fn context() -> Context {
    Context {
        cluster: "test".to_owned(),
        installation: "here".to_owned(),
        ..Context::default()
    }
}

/// Nothing but a VPC with a subnet for every role in each of three zones.
pub(crate) fn empty() -> Observed {
    let tags: Tags = strings(&[
        ("kubernetes.io/role/elb", "1"),
        ("kubernetes.io/role/internal-elb", "1"),
    ]);
    let subnets = ["a", "b", "c"].map(|zone| {
        let subnet = ObservedSubnet {
            zone: zone.to_owned(),
            vpc: "vpc-1".to_owned(),
            available_addresses: 100,
            tags: tags.clone(),
        };
        (format!("subnet-{zone}"), subnet)
    });
    Observed {
        network: Network {
            vpc: Some("vpc-1".to_owned()),
            subnets: BTreeMap::from(subnets),
        },
        ..Observed::default()
    }
}

/// Load balancers are let in by their targets' groups.
pub(crate) fn opening() -> Context {
    Context {
        backend: BackendGroups::Shared,
        ..context()
    }
}

/// The same account with the nodes' security group and network interfaces for the targets 10.0.0.0 to 10.0.0.19.
pub(crate) fn with_nodes(mut observed: Observed) -> Observed {
    observed = with_door(observed, "sg-node");
    for number in 0..20 {
        observed = with_interface(observed, number, &["sg-node"]);
    }
    observed
}

/// With a security group that has the cluster's tag.
pub(crate) fn with_door(mut observed: Observed, id: &str) -> Observed {
    let door = Door {
        tags: strings(&[("kubernetes.io/cluster/test", "owned")]),
        rules: BTreeMap::new(),
    };
    let doors = &mut observed.backend.doors;
    doors.insert(id.to_owned(), Seen::Known(door));
    observed
}

/// The interface of target `10.0.0.number`.
pub(crate) fn with_interface(mut observed: Observed, number: u8, groups: &[&str]) -> Observed {
    let interface = ObservedInterface {
        id: format!("eni-{number}"),
        vpc: "vpc-1".to_owned(),
        groups: groups.iter().map(|it| (*it).to_owned()).collect(),
    };
    let interfaces = &mut observed.backend.interfaces;
    interfaces.insert(target(number, 0).id, Seen::Known(vec![interface]));
    observed
}

pub(crate) fn strings<M: FromIterator<(String, String)>>(pairs: &[(&str, &str)]) -> M {
    pairs
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

/// A listener of ListenerSet `team/<name>`.
pub(crate) fn listener(name: &str) -> ListenerRef {
    ListenerOwner::listener_set(ObjectKey::new("team", name)).listener("web")
}

/// A desired state, put together piece by piece; what is added later has lower precedence.
#[derive(Clone, Debug)]
pub(crate) struct Desired(pub(crate) DesiredLoadBalancer);

impl Desired {
    pub(crate) fn new() -> Self {
        Self::of(LoadBalancerKind::Alb)
    }

    pub(crate) fn of(kind: LoadBalancerKind) -> Self {
        Self(DesiredLoadBalancer {
            key: key(kind),
            settings: LoadBalancerSettings::default(),
            listeners: BTreeMap::new(),
            target_groups: OrdMap::default(),
            unread: BTreeSet::new(),
        })
    }

    pub(crate) fn unread(mut self, kinds: &[Kind]) -> Self {
        self.0.unread.extend(kinds);
        self
    }

    pub(crate) fn settings(mut self, change: impl FnOnce(&mut LoadBalancerSettings)) -> Self {
        change(&mut self.0.settings);
        self
    }

    /// One more member on a port.
    pub(crate) fn member(self, port: u16, protocol: ElbProtocol, name: &str) -> Self {
        let before = self.0.listeners.values().map(|it| it.members.size());
        let member = MemberListener {
            listener: listener(name),
            precedence: place(before.sum()),
            hostname: Some(Hostname::parse(&format!("{name}.example.com")).unwrap()),
            revision: Revision(1),
            certificates: Vec::new(),
        };
        self.edit(port, protocol, |it| {
            it.members
                .insert_mut(member.precedence.clone(), Arc::new(member));
        })
    }

    pub(crate) fn http(self, port: u16, name: &str) -> Self {
        self.member(port, ElbProtocol::Http, name)
    }

    /// An HTTPS member with one certificate.
    pub(crate) fn https(self, port: u16, name: &str, source: CertificateSource) -> Self {
        self.member(port, ElbProtocol::Https, name)
            .certificate(port, name, source)
    }

    pub(crate) fn certificate(self, port: u16, name: &str, source: CertificateSource) -> Self {
        self.edit(port, ElbProtocol::Https, |it| {
            let wants = listener(name);
            let mut members = it.members.values();
            let member = members.find(|it| it.listener == wants).unwrap();
            let mut member = MemberListener::clone(member);
            member.certificates.push(source);
            it.members
                .insert_mut(member.precedence.clone(), Arc::new(member));
        })
    }

    /// A rule of a member, forwarding a path to a target group of the same name as `group`.
    pub(crate) fn rule(self, port: u16, name: &str, path: &str, group: &str) -> Self {
        let id = format!("{name}/{path}");
        let rule = DesiredRule {
            id: RuleId(id.as_str().into()),
            listener: listener(name),
            origin: Some(origin(name)),
            conditions: vec![
                RuleCondition::HostHeader(Patterns::Wildcard(vec![format!("{name}.example.com")])),
                RuleCondition::PathPattern(Patterns::Wildcard(vec![path.to_owned()])),
            ],
            authenticate: None,
            action: forward(group),
            transforms: Vec::new(),
            tags: BTreeMap::new(),
        };
        self.group(group, name, 1)
            .edit_rules(port, |rules| rules.push(Arc::new(rule)))
    }

    /// A target group with so many targets.
    pub(crate) fn group(mut self, group: &str, user: &str, targets: u8) -> Self {
        let is_alb = self.0.key.kind == LoadBalancerKind::Alb;
        let id = TargetGroupId(group.into());
        let known = self.0.target_groups.get(&id).cloned();
        let mut known = known.unwrap_or_else(|| {
            Arc::new(DesiredTargetGroup {
                id: id.clone(),
                listeners: BTreeSet::new(),
                service: Some(ObjectKey::new("team", group)),
                name: None,
                protocol: if is_alb {
                    TargetProtocol::Http
                } else {
                    TargetProtocol::Tcp
                },
                protocol_version: is_alb.then_some(ProtocolVersion::Http1),
                port: 80,
                target_type: TargetType::Ip,
                ip_address_type: TargetIpAddressType::Ipv4,
                health_check: tributary_model::config::HealthCheckSettings::default(),
                attributes: BTreeMap::new(),
                tags: BTreeMap::new(),
                targets: (0..targets).map(|n| target(n, 80)).collect(),
                awaited: BTreeSet::new(),
                multi_cluster: false,
            })
        });
        Arc::make_mut(&mut known).listeners.insert(listener(user));
        self.0.target_groups.insert_mut(id, known);
        self
    }

    pub(crate) fn edit_group(
        mut self,
        group: &str,
        change: impl FnOnce(&mut DesiredTargetGroup),
    ) -> Self {
        let id = TargetGroupId(group.into());
        change(Arc::make_mut(self.0.target_groups.get_mut(&id).unwrap()));
        self
    }

    pub(crate) fn edit_rule(
        self,
        port: u16,
        index: usize,
        change: impl FnOnce(&mut DesiredRule),
    ) -> Self {
        self.edit_rules(port, |rules| change(Arc::make_mut(&mut rules[index])))
    }

    pub(crate) fn edit_rules(
        self,
        port: u16,
        change: impl FnOnce(&mut Vec<Arc<DesiredRule>>),
    ) -> Self {
        self.edit(port, ElbProtocol::Http, |it| {
            let mut rules: Vec<_> = it.rules.iter().cloned().collect();
            change(&mut rules);
            it.rules = rules.into_iter().collect();
        })
    }

    pub(crate) fn edit(
        mut self,
        port: u16,
        protocol: ElbProtocol,
        change: impl FnOnce(&mut DesiredListener),
    ) -> Self {
        let listener = self.0.listeners.entry(port).or_insert_with(|| {
            Arc::new(DesiredListener {
                port,
                protocol,
                members: OrdMap::default(),
                ssl_policy: None,
                alpn_policy: None,
                mutual_authentication: None,
                attributes: BTreeMap::new(),
                default_action: DesiredAction::FixedResponse {
                    status_code: 404,
                    content_type: None,
                    body: None,
                },
                routes: BTreeSet::new(),
                rules: Rules::default(),
                tags: BTreeMap::new(),
            })
        });
        change(Arc::make_mut(listener));
        self
    }

    pub(crate) fn plan(&self, observed: &Observed, context: &Context) -> Plan {
        plan(Some(&self.0), &self.0.key, observed, context)
    }

    /// What there is once this is programmed from scratch.
    pub(crate) fn programmed(&self) -> Observed {
        converge(self, &empty(), &context())
    }
}

/// The place of the `n`th member.
fn place(n: usize) -> Precedence {
    Precedence {
        class: PrecedenceClass::Gateway,
        owner: ObjectKey::new("infra", "gw"),
        index: u32::try_from(n).unwrap(),
    }
}

pub(crate) fn forward(group: &str) -> DesiredAction {
    DesiredAction::Forward {
        targets: vec![WeightedTargetGroup {
            target_group: TargetGroupId(group.into()),
            weight: 1,
        }],
        stickiness_seconds: None,
    }
}

pub(crate) fn target(number: u8, port: u16) -> DesiredTarget {
    DesiredTarget {
        id: TargetId::Ip(IpAddr::V4(Ipv4Addr::new(10, 0, 0, number))),
        port,
    }
}

pub(crate) fn origin(name: &str) -> RuleOrigin {
    RuleOrigin {
        route: ObjectRef::new(Kind::HttpRoute, ObjectKey::new("team", name)),
        rule: 0,
        matched: 0,
    }
}

pub(crate) fn secret(name: &str, fingerprint: &str) -> CertificateSource {
    CertificateSource::Secret {
        secret: ObjectKey::new("team", name),
        fingerprint: fingerprint.to_owned(),
    }
}

pub(crate) fn retained(name: &str) -> CertificateSource {
    CertificateSource::Retained {
        secret: ObjectKey::new("team", name),
    }
}

pub(crate) fn arn(name: &str) -> CertificateSource {
    CertificateSource::Arn(name.to_owned())
}

pub(crate) fn issued(names: &[&str], at: i64) -> ObservedCertificate {
    ObservedCertificate {
        names: names.iter().map(|name| (*name).to_owned()).collect(),
        status: CertificateStatus::Issued,
        issued: Timestamp(at),
        tags: Tags::new(),
        in_use_by: BTreeSet::new(),
    }
}

pub(crate) fn run(
    observed: &Observed,
    steps: &[Step],
    key: &LoadBalancerKey,
    context: &Context,
) -> Simulated {
    apply(observed, steps, key, context)
}

/// Plans and applies until nothing is left, six times at most: a replacement takes a second look, and one under a name that
/// was asked for is two.
#[track_caller]
pub(crate) fn converge(desired: &Desired, observed: &Observed, context: &Context) -> Observed {
    let mut observed = observed.clone();
    for _ in 0..6 {
        let plan = desired.plan(&observed, context);
        if plan.steps.is_empty() {
            return observed;
        }
        let done = run(&observed, &plan.steps, &desired.0.key, context);
        assert_eq!(done.violations, Vec::<String>::new(), "\n{plan}");
        observed = done.observed;
    }
    let plan = desired.plan(&observed, context);
    assert!(plan.steps.is_empty(), "never settles:\n{plan}");
    observed
}

/// The text of every operation.
pub(crate) fn ops(plan: &Plan) -> Vec<String> {
    plan.steps.iter().map(|step| step.op.to_string()).collect()
}

pub(crate) fn state(plan: &Plan, name: &str) -> ProgrammedState {
    let report = plan
        .report
        .listeners
        .iter()
        .find(|it| it.listener == listener(name));
    report.unwrap().state.clone()
}

/// The first step whose operation's text begins so.
#[track_caller]
pub(crate) fn find<'p>(plan: &'p Plan, start: &str) -> &'p Step {
    let found = plan
        .steps
        .iter()
        .find(|step| step.op.to_string().starts_with(start));
    found.unwrap_or_else(|| panic!("no step {start:?} in\n{plan}"))
}
