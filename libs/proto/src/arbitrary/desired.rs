//! Desired state and reports.

use std::sync::Arc;

use tributary_model::desired::{
    AwaitedTarget, CertificateSource, DesiredAction, DesiredListener, DesiredLoadBalancer,
    DesiredRule, DesiredTarget, DesiredTargetGroup, GatedPod, LoadBalancerKey, MemberListener,
    OrdMap, Patterns, RuleCondition, RuleId, RuleOrigin, RuleTransform, TargetGroupId, TargetId,
    WeightedTargetGroup,
};
use tributary_model::report::{
    ListenerReport, LoadBalancerPhase, LoadBalancerReport, ProgrammedState, QuotaUse, Quotas,
    RuleProblem, RuleState,
};

use tributary_model::desired::rules::Rules;
use tributary_model::{Precedence, PrecedenceClass};

use super::{Arbitrary, Source, fields, structs, variants};

structs! {
    LoadBalancerKey { kind, gateway }
    DesiredListener {
        port, protocol, members, ssl_policy, alpn_policy, mutual_authentication, attributes,
        default_action, rules, tags,
    }
    MemberListener { listener, precedence, hostname, revision, certificates }
    Precedence { class, owner, index }
    DesiredRule { id, listener, origin, conditions, authenticate, action, transforms, tags }
    RuleOrigin { route, rule, matched }
    WeightedTargetGroup { target_group, weight }
    DesiredTargetGroup {
        id, listeners, service, name, protocol, protocol_version, port, target_type,
        ip_address_type, health_check, attributes, tags, targets, awaited, multi_cluster,
    }
    AwaitedTarget { target, pod }
    GatedPod { key, uid }
    DesiredTarget { id, port }
    LoadBalancerReport { key, phase, arn, dns_name, listeners, rules, problems, healthy, quotas, settled }
    Quotas { listeners, rules, certificates, target_groups, targets }
    QuotaUse { used, limit }
    ListenerReport { listener, revision, state, awaits_rules, elb_listener, notes }
    RuleProblem { origin, listener, message, state }
}

variants!(CertificateSource: |source|
    fields!(source, Self::Secret { secret, fingerprint }),
    fields!(source, Self::Retained { secret }),
    Self::Arn(source.any()),
    fields!(source, Self::Discovered { hostname }));
variants!(RuleCondition: |source|
    Self::HostHeader(source.any()),
    Self::PathPattern(source.any()),
    fields!(source, Self::HttpHeader { name, patterns }),
    Self::QueryString(source.any()),
    Self::Method(source.any()),
    Self::SourceIp(source.any()));
variants!(Patterns: |source| Self::Wildcard(source.any()), Self::Regex(source.any()));
variants!(DesiredAction: |source|
    fields!(source, Self::Forward { targets, stickiness_seconds }),
    fields!(source, Self::Redirect { protocol, host, path, port, query, status_code }),
    fields!(source, Self::FixedResponse { status_code, content_type, body }));
variants!(RuleTransform: |source|
    fields!(source, Self::UrlRewrite { regex, replace }),
    fields!(source, Self::HostHeaderRewrite { regex, replace }));
variants!(TargetId: |source| Self::Ip(source.any()), Self::Instance(source.any()));
variants!(RuleId: |source| Self(source.any()));
variants!(TargetGroupId: |source| Self(source.any()));
variants!(RuleState: |_source| Self::NotServed, Self::Degraded, Self::Pending);
variants!(LoadBalancerPhase: |source|
    Self::Absent, Self::Provisioning, Self::Active, Self::Failed, Self::Deleting, Self::Deleted);
variants!(ProgrammedState: |source|
    Self::Programmed,
    Self::Pending(source.any()),
    Self::TooManyListeners(source.any()),
    Self::NoCertificate(source.any()),
    Self::Refused(source.any()),
    Self::Impossible(source.any()),
    Self::PortUnavailable(source.any()));

variants!(PrecedenceClass: |source|
    Self::Gateway, fields!(source, Self::ListenerSet { created }));

impl Arbitrary for OrdMap<Precedence, Arc<MemberListener>> {
    fn arbitrary(source: &mut Source) -> Self {
        let members: Vec<Arc<MemberListener>> = source.any();
        members
            .into_iter()
            .map(|member| (member.precedence.clone(), member))
            .collect()
    }
}

impl Arbitrary for Rules {
    fn arbitrary(source: &mut Source) -> Self {
        source.any::<Vec<_>>().into_iter().collect()
    }
}

impl Arbitrary for DesiredLoadBalancer {
    fn arbitrary(source: &mut Source) -> Self {
        let listeners: Vec<Arc<DesiredListener>> = source.any();
        let target_groups: Vec<Arc<DesiredTargetGroup>> = source.any();
        Self {
            key: source.any(),
            settings: source.any(),
            listeners: listeners
                .into_iter()
                .map(|listener| (listener.port, listener))
                .collect(),
            target_groups: target_groups
                .into_iter()
                .map(|group| (group.id.clone(), group))
                .collect(),
            unread: source.any(),
        }
    }
}
