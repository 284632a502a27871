//! Views in a short notation, for tests.

pub(crate) mod server;

use tributary_model::desired::LoadBalancerKey;
use tributary_model::elb::LoadBalancerKind;
use tributary_model::judgement::{
    GatewayJudgement, JudgedOutcome, Judgement, ListenerJudgement, ListenerSetJudgement,
    LoadBalancerJudgement, ParentJudgement, RouteJudgement,
};
use tributary_model::key::{GATEWAY_GROUP, ListenerOwner, ListenerRef};
use tributary_model::listener::Protocol;
use tributary_model::report::{LoadBalancerPhase, LoadBalancerReport, ProgrammedState};
use tributary_model::resolved::{
    Conflict, GatewayAcceptance, ListenerOutcome, ListenerSetAcceptance, NotAllowedCause,
    ResolvedListener, RivalClass, RouteAcceptance,
};
use tributary_model::route::ParentRef;
use tributary_model::view::{
    DesiredCounts, Explanation, ListenerView, LoadBalancerView, ObjectView,
};
use tributary_model::{
    AttachedRoutes, Hostname, Installation, Kind, Labels, ObjectKey, ObjectRef, Precedence,
    PrecedenceClass, Rule, Timestamp,
};

/// Address of the only load balancer.
pub(crate) const ADDRESS: &str = "k8s-infra-edge-1.eu-central-1.elb.amazonaws.com";
const ARN: &str = "arn:aws:elasticloadbalancing:eu-central-1:1:loadbalancer/app/edge/1";
/// The only ELB listener.
pub(crate) const ELB_LISTENER: &str =
    "arn:aws:elasticloadbalancing:eu-central-1:1:listener/app/edge/1/443";

/// The only Gateway.
pub(crate) fn edge() -> ObjectKey {
    ObjectKey::new("infra", "edge")
}

/// A listener of the Gateway.
pub(crate) fn own(name: &str) -> ListenerRef {
    ListenerOwner::gateway(edge()).listener(name)
}

/// A listener of the set `app` in a team's namespace.
pub(crate) fn of(team: &str, name: &str) -> ListenerRef {
    ListenerOwner::listener_set(ObjectKey::new(team, "app")).listener(name)
}

/// A winner on `443 HTTPS app.example.com`, served.
pub(crate) fn served(listener: ListenerRef, index: u32) -> ListenerView {
    let precedence = Precedence {
        class: match listener.owner.kind {
            tributary_model::OwnerKind::Gateway => PrecedenceClass::Gateway,
            tributary_model::OwnerKind::ListenerSet => PrecedenceClass::ListenerSet {
                created: Timestamp(1_772_355_600),
            },
        },
        owner: listener.owner.key.clone(),
        index,
    };
    ListenerView {
        explanation: Explanation {
            subject: listener.to_string(),
            decision: "holds its port and hostname".to_owned(),
            rule: Rule::DistinctListeners.to_string(),
            rival: None,
            because: vec!["1 accepted routes reach it".to_owned()],
            would_change: Vec::new(),
        },
        resolved: ResolvedListener {
            listener,
            gateway: edge(),
            precedence,
            port: 443,
            protocol: Protocol::Https,
            hostname: Hostname::parse("app.example.com").ok(),
            outcome: ListenerOutcome::Won,
            supported_kinds: Vec::new(),
            unresolved_refs: Vec::new(),
            unusable_refs: false,
            overlapping_tls: None,
            notes: Vec::new(),
            certificates: Vec::new(),
            attached_routes: AttachedRoutes::from_iter([route_ref()]),
        },
        load_balancer: alb(),
        dns_name: Some(ADDRESS.to_owned()),
        elb_listener: Some(ELB_LISTENER.to_owned()),
        programmed: Some(ProgrammedState::Programmed),
        withheld_routes: 0,
        labels: Labels::default(),
    }
}

/// The same, in another state.
pub(crate) fn in_state(view: ListenerView, state: Option<ProgrammedState>) -> ListenerView {
    ListenerView {
        programmed: state,
        elb_listener: None,
        ..view
    }
}

/// A listener that lost its hostname.
pub(crate) fn lost(listener: ListenerRef, index: u32, rival: ListenerRef) -> ListenerView {
    let mut view = in_state(served(listener, index), None);
    view.resolved.attached_routes = AttachedRoutes::default();
    view.resolved.outcome = ListenerOutcome::Conflicted {
        conflict: Conflict::Hostname,
        rival: Some(rival.clone()),
        rival_class: RivalClass::OlderListenerSet,
    };
    view.explanation = Explanation {
        subject: view.resolved.listener.to_string(),
        decision: format!("not served: hostname conflict with {rival}"),
        rule: Rule::DistinctHostnames.to_string(),
        because: vec![format!("{} is older", rival.owner)],
        would_change: vec![
            "another port or hostname".to_owned(),
            format!("the removal of {rival}"),
        ],
        rival: Some(rival),
    };
    view
}

/// The Gateway with one listener, served.
pub(crate) fn gateway() -> ObjectView {
    ObjectView {
        judgement: Judgement::Gateway(GatewayJudgement {
            key: edge(),
            generation: 2,
            acceptance: GatewayAcceptance::Accepted,
            load_balancer: LoadBalancerJudgement::Ready,
            unheard: false,
            problems: Vec::new(),
            addresses: vec![ADDRESS.to_owned()],
            listeners: vec![judged("http")],
            attached_listener_sets: 1,
        }),
        gateways: vec![edge()],
        labels: Labels::default(),
    }
}

/// An admitted set with one listener, served.
pub(crate) fn listener_set(team: &str) -> ObjectView {
    ObjectView {
        judgement: Judgement::ListenerSet(ListenerSetJudgement {
            key: ObjectKey::new(team, "app"),
            generation: 1,
            acceptance: ListenerSetAcceptance::Admitted,
            load_balancer: LoadBalancerJudgement::Ready,
            listeners: vec![judged("https")],
        }),
        gateways: vec![edge()],
        labels: Labels::default(),
    }
}

/// A set that the Gateway does not let in.
pub(crate) fn stranger(team: &str) -> ObjectView {
    ObjectView {
        judgement: Judgement::ListenerSet(ListenerSetJudgement {
            key: ObjectKey::new(team, "app"),
            generation: 1,
            acceptance: ListenerSetAcceptance::NotAllowed(NotAllowedCause::NoneAllowed),
            load_balancer: LoadBalancerJudgement::Ready,
            listeners: Vec::new(),
        }),
        gateways: vec![edge()],
        labels: Labels::default(),
    }
}

/// A route with one parent.
pub(crate) fn route(acceptance: RouteAcceptance) -> ObjectView {
    ObjectView {
        judgement: Judgement::Route(RouteJudgement {
            route: route_ref(),
            generation: 1,
            installation: Installation::default(),
            left_alone: Vec::new(),
            parents: vec![ParentJudgement {
                parent_ref: ParentRef {
                    group: GATEWAY_GROUP.to_owned(),
                    kind: "ListenerSet".to_owned(),
                    namespace: None,
                    name: "app".into(),
                    section_name: None,
                    port: None,
                },
                controller_name: tributary_model::controller::ALB.to_owned(),
                acceptance,
                unresolved_refs: Vec::new(),
                dropped_rules: Vec::new(),
                refused_rules: Vec::new(),
                degraded_rules: Vec::new(),
                pending_rules: Vec::new(),
                shadowed: false,
                serves_nothing: false,
            }],
        }),
        gateways: vec![edge()],
        labels: Labels::default(),
    }
}

/// The only load balancer, serving.
pub(crate) fn load_balancer() -> LoadBalancerView {
    LoadBalancerView {
        key: alb(),
        desired_generation: 7,
        reported_generation: 7,
        desired_counts: DesiredCounts {
            listeners: 2,
            rules: 3,
            certificates: 1,
            target_groups: 2,
            targets: 4,
        },
        phase: LoadBalancerPhase::Active,
        report: Some(LoadBalancerReport {
            key: alb(),
            phase: LoadBalancerPhase::Active,
            arn: Some(ARN.to_owned()),
            dns_name: Some(ADDRESS.to_owned()),
            listeners: Vec::new(),
            rules: Vec::new(),
            problems: Vec::new(),
            blocked: false,
            healthy: [].into(),
            quotas: None,
            settled: true,
        }),
    }
}

fn alb() -> LoadBalancerKey {
    LoadBalancerKey {
        kind: LoadBalancerKind::Alb,
        gateway: edge(),
    }
}

fn route_ref() -> ObjectRef {
    ObjectRef::new(Kind::HttpRoute, ObjectKey::new("team-a", "shop"))
}

fn judged(name: &str) -> ListenerJudgement {
    ListenerJudgement {
        name: name.into(),
        outcome: JudgedOutcome::Won(Some(ProgrammedState::Programmed)),
        supported_kinds: Vec::new(),
        unresolved_refs: Vec::new(),
        unusable_refs: false,
        overlapping_tls: false,
        notes: Vec::new(),
        certificates: Vec::new(),
        attached_routes: 1,
    }
}

/// `key=value` pairs.
pub(crate) fn labels(labels: &[(&str, &str)]) -> Labels {
    let labels = labels.iter();
    let labels = labels.map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    Labels::of(&labels.collect()).unwrap()
}

/// Text without its colours.
pub(crate) fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}
