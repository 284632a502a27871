//! Judgements.

use tributary_model::ObjectRef;
use tributary_model::judgement::{
    GatewayClassJudgement, GatewayJudgement, JudgedOutcome, Judgement, ListenerSetJudgement,
    LoadBalancerJudgement, PodJudgement, RouteJudgement,
};
use tributary_model::key::RouteKind;
use tributary_model::resolved::{
    ClassMark, GatewayAcceptance, ListenerSetAcceptance, NotAllowedCause,
};

use super::{Arbitrary, Source, fields, structs, variants};

structs! {
    GatewayClassJudgement { key, generation, controller_name, invalid_parameters, problems, mark, left_alone }
    GatewayJudgement {
        key, generation, acceptance, load_balancer, unheard, problems, addresses, listeners,
        attached_listener_sets,
    }
    PodJudgement { key, generation, uid, gates }
    ListenerSetJudgement { key, generation, acceptance, load_balancer, listeners }
}

variants!(Judgement: |source|
    Self::GatewayClass(source.any()),
    Self::Gateway(source.any()),
    Self::ListenerSet(source.any()),
    Self::Route(source.any()),
    Self::Pod(source.any()));
variants!(LoadBalancerJudgement: |source|
    Self::Unknown,
    Self::Ready,
    Self::Pending(source.any()),
    Self::Failed(source.any()),
    Self::Leaving(source.any()));
variants!(JudgedOutcome: |source|
    Self::Won(source.any()),
    Self::Conflicted(source.any(), source.any()),
    Self::UnsupportedProtocol,
    fields!(source, Self::Invalid { field, reason }));
variants!(GatewayAcceptance: |source|
    Self::Accepted,
    Self::InvalidParameters(source.any()),
    Self::UnsupportedAddress,
    Self::LeftAlone(source.any()),
    Self::ClassMissing(source.any()),
    Self::ClassServed(source.any()));
variants!(ListenerSetAcceptance: |source|
    Self::Admitted, Self::NotAllowed(source.any()), Self::ParentNotAccepted, Self::ParentGone, Self::LeftAlone);
variants!(NotAllowedCause: |source|
    Self::NoneAllowed, Self::OtherNamespace, Self::SelectorMiss, Self::SelectorMissing);
variants!(ClassMark: |source| Self::Stands, Self::Missing, Self::Obsolete);

impl Arbitrary for RouteJudgement {
    fn arbitrary(source: &mut Source) -> Self {
        let kind: RouteKind = source.any();
        Self {
            route: ObjectRef::new(kind.kind(), source.any()),
            generation: source.any(),
            installation: source.any(),
            parents: source.any(),
            left_alone: source.any(),
        }
    }
}
