use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use rstest::rstest;
use serde_json::json;
use tributary_model::Timestamp;

use super::*;

fn condition() -> Condition {
    Condition {
        condition_type: "Accepted".to_owned(),
        status: ConditionStatus::False,
        reason: "Pending".to_owned(),
        message: "m".to_owned(),
        observed_generation: Some(3),
        last_transition_time: Timestamp(0),
    }
}

fn condition_json() -> Value {
    json!({
        "type": "Accepted",
        "status": "False",
        "reason": "Pending",
        "message": "m",
        "observedGeneration": 3,
        "lastTransitionTime": "1970-01-01T00:00:00Z",
    })
}

fn listener() -> ListenerStatus {
    ListenerStatus {
        name: "http".into(),
        supported_kinds: vec![RouteGroupKind {
            group: GATEWAY_GROUP.to_owned(),
            kind: "HTTPRoute".to_owned(),
        }],
        attached_routes: 2,
        conditions: vec![condition()],
    }
}

fn listener_json() -> Value {
    json!({
        "name": "http",
        "supportedKinds": [{"group": GATEWAY_GROUP, "kind": "HTTPRoute"}],
        "attachedRoutes": 2,
        "conditions": [condition_json()],
    })
}

#[rstest]
#[case::gateway_class(
    Kind::GatewayClass,
    Status::GatewayClass(GatewayClassStatus {
        conditions: vec![condition()],
        supported_features: vec!["Gateway".to_owned()],
    }),
    json!({"conditions": [condition_json()], "supportedFeatures": [{"name": "Gateway"}]})
)]
#[case::gateway(
    Kind::Gateway,
    Status::Gateway(GatewayStatus {
        conditions: vec![condition()],
        addresses: vec![StatusAddress {
            address_type: "Hostname".to_owned(),
            value: "a.elb".to_owned(),
        }],
        listeners: vec![listener()],
        attached_listener_sets: Some(1),
    }),
    json!({
        "conditions": [condition_json()],
        "addresses": [{"type": "Hostname", "value": "a.elb"}],
        "listeners": [listener_json()],
        "attachedListenerSets": 1,
    })
)]
#[case::listener_set(
    Kind::ListenerSet,
    Status::ListenerSet(ListenerSetStatus { conditions: vec![condition()], listeners: vec![listener()] }),
    json!({"conditions": [condition_json()], "listeners": [listener_json()]})
)]
#[case::no_conditions_are_no_list(
    Kind::ListenerSet,
    Status::ListenerSet(ListenerSetStatus::default()),
    json!({"listeners": []})
)]
#[case::parents_of_other_controllers_stay(
    Kind::UdpRoute,
    Status::Route(RouteStatus {
        parents: vec![RouteParentStatus {
            parent_ref: ParentRef {
                group: "x.y".to_owned(),
                kind: "Mesh".to_owned(),
                namespace: Some("n1".into()),
                name: "m".into(),
                section_name: Some("s".into()),
                port: Some(53),
            },
            controller_name: "other.dev/controller".to_owned(),
            conditions: vec![condition()],
        }],
    }),
    json!({"parents": [{
        "parentRef": {"group": "x.y", "kind": "Mesh", "namespace": "n1", "name": "m", "sectionName": "s", "port": 53},
        "controllerName": "other.dev/controller",
        "conditions": [condition_json()],
    }]})
)]
fn both_ways(#[case] kind: Kind, #[case] model: Status, #[case] json: Value) {
    assert_eq!(status_to_json(&model), json);
    assert_eq!(status(kind, &json), Ok(Some(model)));
}

#[test]
fn defaults_of_parents_and_kinds_are_filled_in() {
    let json = json!({"parents": [{"parentRef": {"name": "web"}, "controllerName": "c/d", "conditions": []}]});
    let Ok(Some(Status::Route(RouteStatus { parents }))) = status(Kind::HttpRoute, &json) else {
        panic!("not a route's status");
    };
    assert_eq!(parents[0].parent_ref.group, GATEWAY_GROUP);
    assert_eq!(parents[0].parent_ref.kind, "Gateway");
}

#[rstest]
#[case::null(Kind::Gateway, Value::Null)]
#[case::kind_without_a_status(Kind::Service, json!({"loadBalancer": {}}))]
fn no_status(#[case] kind: Kind, #[case] json: Value) {
    assert_eq!(status(kind, &json), Ok(None));
}

#[rstest]
#[case::condition_status(
    json!({"conditions": [{"type": "A", "status": "Maybe", "reason": "R", "message": "", "lastTransitionTime": "1970-01-01T00:00:00Z"}]}),
    "status.conditions[0].status"
)]
#[case::time(
    json!({"conditions": [{"type": "A", "status": "True", "reason": "R", "message": "", "lastTransitionTime": "now"}]}),
    "status.conditions[0].lastTransitionTime"
)]
#[case::time_missing(
    json!({"conditions": [{"type": "A", "status": "True", "reason": "R", "message": ""}]}),
    "status.conditions[0].lastTransitionTime"
)]
#[case::negative_count(
    json!({"listeners": [{"name": "a", "attachedRoutes": -1, "conditions": []}]}),
    "status.listeners[0].attachedRoutes"
)]
#[case::nameless_listener(
    json!({"listeners": [{"name": "", "attachedRoutes": 0, "conditions": []}]}),
    "status.listeners[0].name"
)]
fn bad_status(#[case] json: Value, #[case] field: &str) {
    assert_eq!(status(Kind::Gateway, &json).unwrap_err().field, field);
}

prop_compose! {
    fn any_condition()(
        condition_type in "[A-Z][a-z]{0,8}",
        status in prop::sample::select(vec![ConditionStatus::True, ConditionStatus::False, ConditionStatus::Unknown]),
        reason in "[A-Z][a-z]{0,8}",
        message in any::<String>(),
        observed_generation in option::of(0..i64::MAX),
        seconds in 0..253_402_300_799_i64,
    ) -> Condition {
        Condition {
            condition_type,
            status,
            reason,
            message,
            observed_generation,
            last_transition_time: Timestamp(seconds),
        }
    }
}

prop_compose! {
    fn any_listener()(
        name in "[a-z]{1,8}",
        kinds in vec(("[a-z]{0,4}", "[A-Z]{1,4}"), 0..3),
        attached_routes in any::<u32>(),
        conditions in vec(any_condition(), 0..4),
    ) -> ListenerStatus {
        ListenerStatus {
            name: name.into(),
            supported_kinds: kinds
                .into_iter()
                .map(|(group, kind)| RouteGroupKind { group, kind })
                .collect(),
            attached_routes,
            conditions,
        }
    }
}

prop_compose! {
    fn any_gateway()(
        conditions in vec(any_condition(), 0..4),
        addresses in vec(("[A-Z]{1,4}", any::<String>()), 0..3),
        listeners in vec(any_listener(), 0..3),
        attached_listener_sets in option::of(any::<u32>()),
    ) -> GatewayStatus {
        GatewayStatus {
            conditions,
            addresses: addresses
                .into_iter()
                .map(|(address_type, value)| StatusAddress { address_type, value })
                .collect(),
            listeners,
            attached_listener_sets,
        }
    }
}

proptest! {
    #[test]
    fn any_gateway_status_survives_the_way_there_and_back(gateway in any_gateway()) {
        let model = Status::Gateway(gateway);
        prop_assert_eq!(status(Kind::Gateway, &status_to_json(&model)), Ok(Some(model)));
    }
}
