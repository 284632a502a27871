//! Desired state and reports.

use std::sync::Arc;

use tributary_model::desired::{
    CertificateSource, DesiredAction, DesiredListener, DesiredLoadBalancer, DesiredTarget,
    DesiredTargetGroup, MemberListener, OrdMap, Patterns, RuleCondition, RuleId, RuleTransform,
    TargetGroupId, TargetId,
};
use tributary_model::report::ProgrammedState;

use tributary_model::desired::rules::Rules;
use tributary_model::{Precedence, PrecedenceClass};

use super::{Arbitrary, Source, fields, structs, variants};

structs! {
    Precedence { class, owner, index }
    DesiredTarget { id, port }
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
