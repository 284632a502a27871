//! What a call that AWS took does to what is known. Written once: for the programmer, which knows AWS's answer, and for
//! [`simulate`](crate::simulate), which makes one up.

use std::collections::{BTreeMap, BTreeSet};

use tributary_model::Timestamp;
use tributary_model::config::HealthCheckSettings;
use tributary_model::desired::DesiredTarget;
use tributary_model::elb::{ElbProtocol, IpAddressType};

use crate::values::observed::{
    BackendGroup, CertificateStatus, Health, Observed, ObservedCertificate, ObservedListener,
    ObservedLoadBalancer, ObservedRule, ObservedSecurityGroup, ObservedTargetGroup, Opening, Seen,
    TargetState,
};
use crate::values::op::{IngressRule, SubnetMapping, Taggable};
use crate::values::tags::Tags;

#[cfg(test)]
mod tests;

/// One change of what is known, with every handle resolved. Of what is not known it changes nothing.
///
/// Which load balancer uses what is not in it: [`Observed::relate`] says that of everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// By its id.
    CreatedSecurityGroup(String, ObservedSecurityGroup),
    /// By its id. It may be there already.
    CreatedBackendGroup(String, BackendGroup),
    /// By its ARN.
    CreatedCertificate(String, ObservedCertificate),
    /// By its ARN.
    CreatedTargetGroup(String, Box<ObservedTargetGroup>),
    /// By its ARN.
    CreatedLoadBalancer(String, Box<ObservedLoadBalancer>),
    /// By its ARN.
    CreatedListener {
        /// ARN.
        load_balancer: String,
        /// ARN.
        arn: String,
        /// What it is.
        listener: Box<ObservedListener>,
    },
    /// By its ARN.
    CreatedRule {
        /// ARN.
        listener: String,
        /// ARN.
        arn: String,
        /// What it is.
        rule: Box<ObservedRule>,
    },
    /// ARN or id of what is there no more, with all that is in it.
    Removed(String),
    /// Of a security group.
    AuthorizedIngress(String, BTreeSet<IngressRule>),
    /// Of a security group.
    RevokedIngress(String, BTreeSet<IngressRule>),
    /// A backend group that others still use.
    LeftBackendGroup {
        /// Id.
        group: String,
        /// Key of our claim.
        claim: String,
    },
    /// A rule of a security group of targets.
    Door {
        /// Id.
        group: String,
        /// Which rule.
        opening: Opening,
        /// Its tags; none: it is not there.
        tags: Option<Tags>,
    },
    /// A certificate by ARN has another content since then.
    Reimported(String, Timestamp),
    /// Of a target group.
    HealthCheck(String, Box<HealthCheckSettings>),
    /// Of a target group, those that were set.
    TargetGroupAttributes(String, BTreeMap<String, String>),
    /// Of a target group.
    RegisteredTargets(String, BTreeSet<DesiredTarget>),
    /// Of a target group. AWS shows them as draining for a while, which is the same to a plan.
    DeregisteredTargets(String, BTreeSet<DesiredTarget>),
    /// Of a load balancer, all of them.
    Subnets(String, Vec<SubnetMapping>),
    /// Of a load balancer, all of them by id.
    SecurityGroups(String, BTreeSet<String>),
    /// Of a load balancer.
    IpAddressType(String, IpAddressType),
    /// Of a load balancer, those that were set.
    LoadBalancerAttributes(String, BTreeMap<String, String>),
    /// By its ARN, as AWS answered: port, tags, rules and further certificates stay.
    ModifiedListener(String, Box<ObservedListener>),
    /// Of a listener, those that were set.
    ListenerAttributes(String, BTreeMap<String, String>),
    /// Of a listener, besides its default one.
    AddedCertificate {
        /// ARN.
        listener: String,
        /// ARN.
        certificate: String,
    },
    /// Of a listener, besides its default one.
    RemovedCertificate {
        /// ARN.
        listener: String,
        /// ARN.
        certificate: String,
    },
    /// By its ARN, as AWS answered: priority and tags stay.
    ModifiedRule(String, Box<ObservedRule>),
    /// Rules by ARN.
    Priorities(BTreeMap<String, u32>),
    /// Those that were set.
    Tagged(Taggable, Tags),
    /// Those that were taken away.
    Untagged(Taggable, Tags),
}

impl Effect {
    /// ARN or id of what is there because of it.
    pub fn created(&self) -> Option<&str> {
        match self {
            Self::CreatedSecurityGroup(id, _)
            | Self::CreatedBackendGroup(id, _)
            | Self::CreatedCertificate(id, _)
            | Self::CreatedTargetGroup(id, _)
            | Self::CreatedLoadBalancer(id, _)
            | Self::CreatedListener { arn: id, .. }
            | Self::CreatedRule { arn: id, .. } => Some(id),
            _ => None,
        }
    }

    /// ARN or id of what is there no more.
    pub fn removed(&self) -> Option<&str> {
        match self {
            Self::Removed(id) => Some(id),
            _ => None,
        }
    }
}

impl Observed {
    /// Changes what is known.
    pub fn take(&mut self, effect: Effect) {
        match effect {
            Effect::CreatedSecurityGroup(id, group) => {
                self.security_groups.insert(id, group);
            }
            Effect::CreatedBackendGroup(id, group) => match &mut self.backend.groups {
                Seen::Known(groups) => {
                    groups.insert(id, group);
                }
                unknown @ Seen::Unknown(_) => {
                    *unknown = Seen::Known(BTreeMap::from([(id, group)]));
                }
            },
            Effect::CreatedCertificate(arn, certificate) => {
                self.certificates.insert(arn, certificate);
            }
            Effect::CreatedTargetGroup(arn, group) => {
                self.target_groups.insert(arn, *group);
            }
            Effect::CreatedLoadBalancer(arn, load_balancer) => {
                self.load_balancers.insert(arn, *load_balancer);
            }
            Effect::CreatedListener {
                load_balancer,
                arn,
                listener,
            } => {
                if let Some(load_balancer) = self.load_balancers.get_mut(&load_balancer) {
                    load_balancer.listeners.insert(arn, *listener);
                }
            }
            Effect::CreatedRule {
                listener,
                arn,
                rule,
            } => {
                if let Some(listener) = self.listener_mut(&listener) {
                    listener.rules.insert(arn, *rule);
                }
            }
            Effect::Removed(id) => self.remove(&id),
            Effect::AuthorizedIngress(group, rules) => {
                if let Some(group) = self.security_groups.get_mut(&group) {
                    group.ingress.extend(rules);
                }
            }
            Effect::RevokedIngress(group, rules) => {
                if let Some(group) = self.security_groups.get_mut(&group) {
                    group.ingress.retain(|rule| !rules.contains(rule));
                }
            }
            Effect::LeftBackendGroup { group, claim } => {
                let groups = self.backend.groups.known_mut();
                if let Some(group) = groups.and_then(|groups| groups.get_mut(&group)) {
                    group.tags.remove(&claim);
                }
            }
            Effect::Door {
                group,
                opening,
                tags,
            } => {
                let door = self.backend.doors.get_mut(&group);
                if let Some(door) = door.and_then(Seen::known_mut) {
                    match tags {
                        Some(tags) => door.rules.insert(opening, tags),
                        None => door.rules.remove(&opening),
                    };
                }
            }
            Effect::Reimported(arn, at) => {
                if let Some(certificate) = self.certificates.get_mut(&arn) {
                    certificate.issued = at;
                    certificate.status = CertificateStatus::Issued;
                }
            }
            Effect::HealthCheck(arn, health_check) => {
                if let Some(group) = self.target_groups.get_mut(&arn) {
                    group.health_check = *health_check;
                }
            }
            Effect::TargetGroupAttributes(arn, attributes) => {
                if let Some(group) = self.target_groups.get_mut(&arn) {
                    group.attributes.extend(attributes);
                }
            }
            Effect::RegisteredTargets(arn, targets) => {
                if let Some(group) = self.target_groups.get_mut(&arn) {
                    let targets = targets.into_iter();
                    let state = TargetState::Registered(Health::Initial);
                    group
                        .targets
                        .extend(targets.map(|target| (target, state.clone())));
                }
            }
            Effect::DeregisteredTargets(arn, targets) => {
                if let Some(group) = self.target_groups.get_mut(&arn) {
                    group.targets.retain(|target, _| !targets.contains(target));
                }
            }
            Effect::Subnets(arn, subnets) => {
                if let Some(load_balancer) = self.load_balancers.get_mut(&arn) {
                    let by_id = subnets.into_iter().map(|it| (it.subnet.clone(), it));
                    load_balancer.subnets = by_id.collect();
                }
            }
            Effect::SecurityGroups(arn, groups) => {
                if let Some(load_balancer) = self.load_balancers.get_mut(&arn) {
                    load_balancer.security_groups = groups;
                }
            }
            Effect::IpAddressType(arn, to) => {
                if let Some(load_balancer) = self.load_balancers.get_mut(&arn) {
                    load_balancer.ip_address_type = to;
                }
            }
            Effect::LoadBalancerAttributes(arn, attributes) => {
                if let Some(load_balancer) = self.load_balancers.get_mut(&arn) {
                    load_balancer.attributes.extend(attributes);
                }
            }
            Effect::ModifiedListener(arn, modified) => {
                if let Some(listener) = self.listener_mut(&arn) {
                    modify_listener(listener, *modified);
                }
            }
            Effect::ListenerAttributes(arn, attributes) => {
                if let Some(listener) = self.listener_mut(&arn) {
                    listener.attributes.extend(attributes);
                }
            }
            Effect::AddedCertificate {
                listener,
                certificate,
            } => {
                if let Some(listener) = self.listener_mut(&listener) {
                    listener.certificates.insert(certificate);
                }
            }
            Effect::RemovedCertificate {
                listener,
                certificate,
            } => {
                if let Some(listener) = self.listener_mut(&listener) {
                    listener.certificates.remove(&certificate);
                }
            }
            Effect::ModifiedRule(arn, modified) => {
                if let Some(rule) = self.rule_mut(&arn) {
                    *rule = ObservedRule {
                        priority: rule.priority,
                        tags: std::mem::take(&mut rule.tags),
                        ..*modified
                    };
                }
            }
            Effect::Priorities(priorities) => {
                for (arn, priority) in priorities {
                    if let Some(rule) = self.rule_mut(&arn) {
                        rule.priority = priority;
                    }
                }
            }
            Effect::Tagged(resource, tags) => {
                if let Some(known) = self.tags_mut(&resource) {
                    known.extend(tags);
                }
            }
            Effect::Untagged(resource, tags) => {
                if let Some(known) = self.tags_mut(&resource) {
                    known.retain(|key, _| !tags.contains_key(key));
                }
            }
        }
    }

    /// Forgets what has this ARN or id.
    pub fn remove(&mut self, id: &str) {
        self.load_balancers.remove(id);
        self.target_groups.remove(id);
        self.security_groups.remove(id);
        self.certificates.remove(id);
        if let Some(groups) = self.backend.groups.known_mut() {
            groups.remove(id);
        }
        for load_balancer in self.load_balancers.values_mut() {
            load_balancer.listeners.remove(id);
            for listener in load_balancer.listeners.values_mut() {
                listener.rules.remove(id);
            }
        }
    }

    fn listener_mut(&mut self, arn: &str) -> Option<&mut ObservedListener> {
        let mut load_balancers = self.load_balancers.values_mut();
        load_balancers.find_map(|it| it.listeners.get_mut(arn))
    }

    fn rule_mut(&mut self, arn: &str) -> Option<&mut ObservedRule> {
        let load_balancers = self.load_balancers.values_mut();
        let mut listeners = load_balancers.flat_map(|it| it.listeners.values_mut());
        listeners.find_map(|it| it.rules.get_mut(arn))
    }

    fn tags_mut(&mut self, resource: &Taggable) -> Option<&mut Tags> {
        match resource {
            Taggable::SecurityGroup(id) => {
                let shared = self.backend.groups.known_mut();
                let shared = shared.and_then(|groups| groups.get_mut(id));
                let ours = self.security_groups.get_mut(id);
                ours.map(|it| &mut it.tags)
                    .or(shared.map(|it| &mut it.tags))
            }
            Taggable::Certificate(arn) => self.certificates.get_mut(arn).map(|it| &mut it.tags),
            Taggable::Elb(arn) => self.elb_tags_mut(arn),
        }
    }

    fn elb_tags_mut(&mut self, arn: &str) -> Option<&mut Tags> {
        if let Some(group) = self.target_groups.get_mut(arn) {
            return Some(&mut group.tags);
        }
        for (load_balancer_arn, load_balancer) in &mut self.load_balancers {
            if load_balancer_arn == arn {
                return Some(&mut load_balancer.tags);
            }
            for (listener_arn, listener) in &mut load_balancer.listeners {
                if listener_arn == arn {
                    return Some(&mut listener.tags);
                }
                if let Some(rule) = listener.rules.get_mut(arn) {
                    return Some(&mut rule.tags);
                }
            }
        }
        None
    }
}

fn modify_listener(listener: &mut ObservedListener, modified: ObservedListener) {
    listener.protocol = modified.protocol;
    listener.default_action = modified.default_action;
    listener.default_certificate = modified.default_certificate;
    listener.ssl_policy = modified.ssl_policy;
    listener.alpn_policy = modified.alpn_policy;
    listener.mutual_authentication = modified.mutual_authentication;
    match listener.protocol {
        Some(ElbProtocol::Https | ElbProtocol::Tls) | None => {}
        // AWS drops what a listener without TLS cannot have.
        Some(ElbProtocol::Http | ElbProtocol::Tcp | ElbProtocol::Udp | ElbProtocol::TcpUdp) => {
            listener.certificates.clear();
        }
    }
}
