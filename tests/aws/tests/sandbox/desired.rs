//! Desired states, put together piece by piece. What is added later has lower precedence.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use tributary_model::config::{HealthCheckSettings, LoadBalancerSettings};
use tributary_model::desired::rules::Rules;
use tributary_model::desired::{
    CertificateSource, DesiredAction, DesiredListener, DesiredLoadBalancer, DesiredRule,
    DesiredTarget, DesiredTargetGroup, LoadBalancerKey, MemberListener, OrdMap, Patterns,
    RuleCondition, RuleId, RuleOrigin, TargetGroupId, TargetId, WeightedTargetGroup,
};
use tributary_model::elb::{
    ElbProtocol, LoadBalancerKind, ProtocolVersion, TargetIpAddressType, TargetProtocol, TargetType,
};
use tributary_model::{
    Hostname, Kind, ListenerOwner, ListenerRef, ObjectKey, ObjectRef, Precedence, PrecedenceClass,
    Revision,
};

/// A desired state, or that there should be none.
#[derive(Clone, Debug)]
pub(crate) struct Desired(pub(crate) DesiredLoadBalancer, Wish);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wish {
    There,
    Gone,
}

pub(crate) fn alb() -> Desired {
    Desired::of(LoadBalancerKind::Alb)
}

pub(crate) fn nlb() -> Desired {
    Desired::of(LoadBalancerKind::Nlb)
}

/// The ALB with two HTTP listeners on one port, each with a rule and a target group of its own.
pub(crate) fn two_teams() -> Desired {
    alb()
        .http(80, "one")
        .rule(80, "one", "/", "one")
        .http(80, "two")
        .rule(80, "two", "/", "two")
}

/// One team with two rules that the same request may match.
pub(crate) fn two_paths() -> Desired {
    let one = alb().http(80, "one").rule(80, "one", "/", "one");
    one.rule(80, "one", "/*", "two")
}

/// A listener of ListenerSet `team/<name>`.
pub(crate) fn listener(name: &str) -> ListenerRef {
    ListenerOwner::listener_set(ObjectKey::new("team", name)).listener("web")
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

pub(crate) fn discovered(host: &str) -> CertificateSource {
    CertificateSource::Discovered {
        hostname: Hostname::parse(host).unwrap(),
    }
}

pub(crate) fn forward(groups: &[(&str, u32)]) -> DesiredAction {
    let targets = groups.iter().map(|(group, weight)| WeightedTargetGroup {
        target_group: TargetGroupId((*group).into()),
        weight: *weight,
    });
    DesiredAction::Forward {
        targets: targets.collect(),
        stickiness_seconds: None,
    }
}

pub(crate) fn strings(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

pub(crate) fn target(number: u8) -> DesiredTarget {
    DesiredTarget {
        id: TargetId::Ip(IpAddr::V4(Ipv4Addr::new(172, 31, 0, number))),
        port: 8080,
    }
}

impl Desired {
    fn of(kind: LoadBalancerKind) -> Self {
        let load_balancer = DesiredLoadBalancer {
            key: LoadBalancerKey {
                kind,
                gateway: ObjectKey::new("infra", "gw"),
            },
            settings: LoadBalancerSettings::default(),
            listeners: BTreeMap::new(),
            target_groups: OrdMap::default(),
            unread: BTreeSet::new(),
        };
        Self(load_balancer, Wish::There)
    }

    pub(crate) fn gone(mut self) -> Self {
        self.1 = Wish::Gone;
        self
    }

    pub(crate) fn wanted(&self) -> Option<&DesiredLoadBalancer> {
        (self.1 == Wish::There).then_some(&self.0)
    }

    pub(crate) fn settings(mut self, change: impl FnOnce(&mut LoadBalancerSettings)) -> Self {
        change(&mut self.0.settings);
        self
    }

    /// One more member on a port.
    pub(crate) fn member(self, port: u16, protocol: ElbProtocol, name: &str) -> Self {
        self.certified(port, protocol, name, Vec::new())
    }

    fn certified(
        self,
        port: u16,
        protocol: ElbProtocol,
        name: &str,
        certificates: Vec<CertificateSource>,
    ) -> Self {
        let before = self.0.listeners.values().map(|it| it.members.size());
        let place = Precedence {
            class: PrecedenceClass::Gateway,
            owner: ObjectKey::new("infra", "gw"),
            index: u32::try_from(before.sum::<usize>()).unwrap(),
        };
        let member = MemberListener {
            listener: listener(name),
            precedence: place.clone(),
            hostname: Some(Hostname::parse(&format!("{name}.example.com")).unwrap()),
            revision: Revision(1),
            certificates,
        };
        self.port(port, protocol)
            .edit(port, |it| it.members.insert_mut(place, Arc::new(member)))
    }

    pub(crate) fn http(self, port: u16, name: &str) -> Self {
        self.member(port, ElbProtocol::Http, name)
    }

    /// A member with a certificate.
    pub(crate) fn tls(
        self,
        port: u16,
        protocol: ElbProtocol,
        name: &str,
        source: CertificateSource,
    ) -> Self {
        self.certified(port, protocol, name, vec![source])
    }

    pub(crate) fn https(self, port: u16, name: &str, source: CertificateSource) -> Self {
        self.tls(port, ElbProtocol::Https, name, source)
    }

    /// An NLB member whose traffic goes to a target group of its own.
    pub(crate) fn l4(self, port: u16, protocol: ElbProtocol, name: &str) -> Self {
        self.member(port, protocol, name).served(port, name)
    }

    /// The default action forwards to a target group of the same protocol.
    pub(crate) fn served(self, port: u16, name: &str) -> Self {
        let protocol = match self.0.listeners[&port].protocol {
            ElbProtocol::Http => TargetProtocol::Http,
            ElbProtocol::Https => TargetProtocol::Https,
            ElbProtocol::Tcp | ElbProtocol::Tls => TargetProtocol::Tcp,
            ElbProtocol::Udp => TargetProtocol::Udp,
            ElbProtocol::TcpUdp => TargetProtocol::TcpUdp,
        };
        self.group(name, name)
            .edit_group(name, |it| it.protocol = protocol)
            .edit(port, |it| it.default_action = forward(&[(name, 1)]))
    }

    /// A rule of a member, forwarding a path to a target group.
    pub(crate) fn rule(self, port: u16, name: &str, path: &str, group: &str) -> Self {
        let rule = DesiredRule {
            id: RuleId(format!("{name}{path}").into()),
            listener: listener(name),
            origin: Some(RuleOrigin {
                route: ObjectRef::new(Kind::HttpRoute, ObjectKey::new("team", name)),
                rule: 0,
                matched: 0,
            }),
            conditions: vec![
                RuleCondition::HostHeader(Patterns::Wildcard(vec![format!("{name}.example.com")])),
                RuleCondition::PathPattern(Patterns::Wildcard(vec![format!("{path}*")])),
            ],
            authenticate: None,
            action: forward(&[(group, 1)]),
            transforms: Vec::new(),
            tags: BTreeMap::new(),
        };
        self.group(group, name)
            .edit_rules(port, |rules| rules.push(Arc::new(rule)))
    }

    /// A target group with two targets.
    pub(crate) fn group(mut self, group: &str, user: &str) -> Self {
        let (protocol, protocol_version) = match self.0.key.kind {
            LoadBalancerKind::Alb => (TargetProtocol::Http, Some(ProtocolVersion::Http1)),
            LoadBalancerKind::Nlb => (TargetProtocol::Tcp, None),
        };
        let id = TargetGroupId(group.into());
        let known = self.0.target_groups.get(&id).cloned();
        let mut known = known.unwrap_or_else(|| {
            Arc::new(DesiredTargetGroup {
                id: id.clone(),
                listeners: BTreeSet::new(),
                service: Some(ObjectKey::new("team", group)),
                name: None,
                protocol,
                protocol_version,
                port: 80,
                target_type: TargetType::Ip,
                ip_address_type: TargetIpAddressType::Ipv4,
                health_check: HealthCheckSettings::default(),
                attributes: BTreeMap::new(),
                tags: BTreeMap::new(),
                targets: BTreeSet::from([target(1), target(2)]),
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
        self.edit(port, |it| {
            let mut rules: Vec<_> = it.rules.iter().cloned().collect();
            change(&mut rules);
            it.rules = rules.into_iter().collect();
        })
    }

    pub(crate) fn edit(mut self, port: u16, change: impl FnOnce(&mut DesiredListener)) -> Self {
        change(Arc::make_mut(self.0.listeners.get_mut(&port).unwrap()));
        self
    }

    pub(crate) fn port(mut self, port: u16, protocol: ElbProtocol) -> Self {
        self.0.listeners.entry(port).or_insert_with(|| {
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
        self
    }
}
