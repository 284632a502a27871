//! Objects as users write them, and how they are judged.

use serde_json::{Value, json};
use tributary_model::controller;
use tributary_model::judgement::{
    GatewayClassJudgement, GatewayJudgement, JudgedOutcome, Judgement, ListenerJudgement,
    ListenerSetJudgement, LoadBalancerJudgement, ParentJudgement, RouteJudgement,
};
use tributary_model::key::GATEWAY_GROUP;
use tributary_model::listener::RouteGroupKind;
use tributary_model::report::ProgrammedState;
use tributary_model::resolved::{
    ClassMark, GatewayAcceptance, ListenerSetAcceptance, RouteAcceptance,
};
use tributary_model::route::ParentRef;
use tributary_model::{Installation, Kind, ObjectKey, ObjectRef};
use tributary_tests_kubernetes::cluster::Cluster;

pub(crate) fn object(kind: Kind, namespace: &str, name: &str) -> ObjectRef {
    ObjectRef::new(kind, ObjectKey::new(namespace, name))
}

pub(crate) async fn create(cluster: &Cluster, object: &ObjectRef) {
    cluster.apply(&manifest(object)).await.unwrap();
}

pub(crate) fn manifest(object: &ObjectRef) -> Value {
    let ObjectRef { kind, key } = object;
    let listener = json!({ "name": "http", "port": 80, "protocol": "HTTP" });
    let spec = match kind {
        Kind::GatewayClass => json!({ "controllerName": controller::ALB }),
        Kind::Gateway => json!({ "gatewayClassName": "alb", "listeners": [listener] }),
        Kind::ListenerSet => json!({ "parentRef": { "name": "web" }, "listeners": [listener] }),
        Kind::TcpRoute | Kind::UdpRoute => json!({
            "parentRefs": [{ "name": "web" }],
            "rules": [{ "backendRefs": [{ "name": "app", "port": 443 }] }],
        }),
        Kind::TlsRoute => json!({
            "parentRefs": [{ "name": "web" }],
            "hostnames": ["a.example"],
            "rules": [{ "backendRefs": [{ "name": "app", "port": 443 }] }],
        }),
        _ => json!({ "parentRefs": [{ "name": "web" }] }),
    };
    let mut metadata = json!({ "name": &*key.name });
    if !kind.is_cluster_scoped() {
        metadata["namespace"] = (*key.namespace).into();
    }
    json!({
        "apiVersion": format!("{GATEWAY_GROUP}/v1"),
        "kind": kind.as_str(),
        "metadata": metadata,
        "spec": spec,
    })
}

pub(crate) fn route(object: &ObjectRef) -> Judgement {
    Judgement::Route(RouteJudgement {
        route: object.clone(),
        generation: 1,
        installation: Installation::default(),
        left_alone: Vec::new(),
        parents: vec![ParentJudgement {
            parent_ref: ParentRef {
                group: GATEWAY_GROUP.to_owned(),
                kind: "Gateway".to_owned(),
                namespace: None,
                name: "web".into(),
                section_name: None,
                port: None,
            },
            controller_name: controller::ALB.to_owned(),
            acceptance: RouteAcceptance::Accepted,
            unresolved_refs: Vec::new(),
            dropped_rules: Vec::new(),
            refused_rules: Vec::new(),
            degraded_rules: Vec::new(),
            pending_rules: Vec::new(),
            shadowed: false,
            serves_nothing: false,
        }],
    })
}

pub(crate) fn listener(name: &str, outcome: JudgedOutcome, routes: u32) -> ListenerJudgement {
    ListenerJudgement {
        name: name.into(),
        outcome,
        supported_kinds: vec![RouteGroupKind {
            group: GATEWAY_GROUP.to_owned(),
            kind: "HTTPRoute".to_owned(),
        }],
        unresolved_refs: Vec::new(),
        unusable_refs: false,
        overlapping_tls: false,
        attached_routes: routes,
        notes: Vec::new(),
        certificates: Vec::new(),
    }
}

pub(crate) fn served() -> JudgedOutcome {
    JudgedOutcome::Won(Some(ProgrammedState::Programmed))
}

pub(crate) fn gateway(object: &ObjectRef, routes: u32) -> Judgement {
    Judgement::Gateway(GatewayJudgement {
        key: object.key.clone(),
        generation: 1,
        acceptance: GatewayAcceptance::Accepted,
        load_balancer: LoadBalancerJudgement::Ready,
        unheard: false,
        problems: Vec::new(),
        addresses: vec!["web.elb.example".to_owned()],
        listeners: vec![listener("http", served(), routes)],
        attached_listener_sets: 0,
    })
}

pub(crate) fn set(object: &ObjectRef, listeners: Vec<ListenerJudgement>) -> Judgement {
    Judgement::ListenerSet(ListenerSetJudgement {
        key: object.key.clone(),
        generation: 1,
        acceptance: ListenerSetAcceptance::Admitted,
        load_balancer: LoadBalancerJudgement::Ready,
        listeners,
    })
}

pub(crate) fn class(object: &ObjectRef) -> Judgement {
    class_to_mark(object, ClassMark::Stands)
}

pub(crate) fn class_to_mark(object: &ObjectRef, mark: ClassMark) -> Judgement {
    Judgement::GatewayClass(GatewayClassJudgement {
        key: object.key.clone(),
        generation: 1,
        controller_name: controller::ALB.to_owned(),
        invalid_parameters: None,
        problems: Vec::new(),
        mark,
        left_alone: false,
    })
}

/// So many parents of another controller.
pub(crate) fn foreign_parents(count: u32) -> Value {
    let parents: Vec<Value> = (0..count)
        .map(|index| {
            json!({
                "parentRef": { "name": format!("other-{index}") },
                "controllerName": "other.dev/controller",
                "conditions": [foreign_condition()],
            })
        })
        .collect();
    json!({ "parents": parents })
}

pub(crate) fn foreign_condition() -> Value {
    json!({
        "type": "other.dev/Checked",
        "status": "True",
        "reason": "Checked",
        "message": "",
        "lastTransitionTime": "2026-01-02T03:04:05Z",
    })
}
