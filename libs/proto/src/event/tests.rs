use proptest::prelude::*;
use tributary_model::ObjectKey;
use tributary_model::desired::LoadBalancerKey;
use tributary_model::elb::LoadBalancerKind;
use tributary_model::key::{Kind, ObjectRef};

use super::*;
use crate::arbitrary::{Arbitrary, from_seed};
use crate::desired::WatchLoadBalancersResponse;
use crate::desired::watch_load_balancers_response::Event as DesiredEvent;
use crate::judgement::WatchJudgementsResponse;
use crate::listeners::WatchListenersResponse;
use crate::report::PublishReportsRequest;
use crate::snapshot::WatchSnapshotResponse;
use crate::snapshot::watch_snapshot_response::Event as SnapshotEvent;
use crate::types;

/// What is written is what is read, through bytes.
fn check_same<M>(seed: u64)
where
    M: EventMessage,
    M::Key: Arbitrary,
    M::Item: Arbitrary,
{
    let event: DecodedEvent<M> = from_seed(seed);
    let bytes = M::encode_event::<M::Item, _>(&event).encode_to_vec();
    let read = M::decode(bytes.as_slice()).unwrap().decode_event();
    assert_eq!(read, Ok(event));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn snapshot_events_survive_the_wire(seed: u64) {
        check_same::<WatchSnapshotResponse>(seed);
    }

    #[test]
    fn desired_events_survive_the_wire(seed: u64) {
        check_same::<WatchLoadBalancersResponse>(seed);
    }

    #[test]
    fn report_events_survive_the_wire(seed: u64) {
        check_same::<PublishReportsRequest>(seed);
    }

    #[test]
    fn judgement_events_survive_the_wire(seed: u64) {
        check_same::<WatchJudgementsResponse>(seed);
    }

    #[test]
    fn listener_events_survive_the_wire(seed: u64) {
        check_same::<WatchListenersResponse>(seed);
    }

    /// Bytes that somebody has tampered with are read or refused, whatever they are.
    #[test]
    fn a_broken_message_never_panics(seed: u64, place: prop::sample::Index, byte: u8) {
        fn check<M>(seed: u64, place: prop::sample::Index, byte: u8)
        where
            M: EventMessage,
            M::Key: Arbitrary,
            M::Item: Arbitrary,
        {
            let event: DecodedEvent<M> = from_seed(seed);
            let mut bytes = M::encode_event::<M::Item, _>(&event).encode_to_vec();
            *place.get_mut(&mut bytes) = byte;
            if let Ok(message) = M::decode(bytes.as_slice()) {
                drop(message.decode_event());
            }
        }
        check::<WatchSnapshotResponse>(seed, place, byte);
        check::<WatchLoadBalancersResponse>(seed, place, byte);
        check::<PublishReportsRequest>(seed, place, byte);
        check::<WatchJudgementsResponse>(seed, place, byte);
        check::<WatchListenersResponse>(seed, place, byte);
    }
}

fn check_refused<M: EventMessage>(message: M, key: Option<&M::Key>, said: &str) {
    let refused = message.decode_event().unwrap_err();
    assert_eq!(refused.key.as_ref(), key);
    assert_eq!(refused.error.to_string(), said);
}

fn snapshot_message(event: Option<SnapshotEvent>) -> WatchSnapshotResponse {
    WatchSnapshotResponse {
        position: Some(types::Position::default()),
        traceparent: String::new(),
        event,
    }
}

fn gateway_key(kind: types::Kind) -> types::ObjectRef {
    types::ObjectRef {
        kind: kind.into(),
        key: Some(types::ObjectKey {
            namespace: "infra".to_owned(),
            name: "shared".to_owned(),
        }),
    }
}

fn gateway() -> ObjectRef {
    ObjectRef::new(Kind::Gateway, ObjectKey::new("infra", "shared"))
}

#[test]
fn an_unreadable_item_is_refused_by_name() {
    let object = types::SourceObject {
        object: Some(gateway_key(types::Kind::Gateway)),
        ..types::SourceObject::default()
    };
    check_refused(
        snapshot_message(Some(SnapshotEvent::InitApply(object))),
        Some(&gateway()),
        "init_apply.created: is required",
    );
}

#[test]
fn an_item_of_a_kind_from_the_future_is_refused_without_a_name() {
    let mut object = gateway_key(types::Kind::Gateway);
    object.kind = 99;
    check_refused(
        snapshot_message(Some(SnapshotEvent::Delete(object))),
        None,
        "delete.kind: has the unknown value 99",
    );
}

#[test]
fn an_item_of_no_kind_is_refused() {
    let object = gateway_key(types::Kind::Unspecified);
    check_refused(
        snapshot_message(Some(SnapshotEvent::Delete(object))),
        None,
        "delete.kind: is required",
    );
}

#[test]
fn an_event_from_the_future_is_refused() {
    check_refused(snapshot_message(None), None, "event: is required");
}

#[test]
fn a_good_item_without_a_position_is_refused_by_name() {
    let message = WatchSnapshotResponse {
        position: None,
        ..snapshot_message(Some(SnapshotEvent::Delete(gateway_key(
            types::Kind::Gateway,
        ))))
    };
    check_refused(message, Some(&gateway()), "position: is required");
}

#[test]
fn a_refused_item_keeps_its_position() {
    let message = WatchSnapshotResponse {
        position: Some(types::Position {
            epoch: 3,
            generation: 7,
        }),
        ..WatchSnapshotResponse::default()
    };
    let position = Position {
        epoch: 3,
        generation: 7,
    };
    assert_eq!(message.decode_event().unwrap_err().position, Some(position));
}

#[test]
fn an_unreadable_load_balancer_is_refused_by_name() {
    let key = LoadBalancerKey {
        kind: LoadBalancerKind::Nlb,
        gateway: ObjectKey::new("infra", "shared"),
    };
    let desired = types::DesiredLoadBalancer {
        key: Some((&key).into()),
        settings: None,
        listeners: Vec::new(),
        target_groups: Vec::new(),
        unread: Vec::new(),
    };
    let message = WatchLoadBalancersResponse {
        position: Some(types::Position::default()),
        traceparent: String::new(),
        event: Some(DesiredEvent::Apply(desired)),
    };
    check_refused(message, Some(&key), "apply.settings: is required");
}

#[test]
fn a_later_epoch_outranks_every_generation_of_an_earlier_one() {
    let old = Position {
        epoch: 1,
        generation: u64::MAX,
    };
    let new = Position {
        epoch: 2,
        generation: 0,
    };
    assert!(old < new);
}

#[test]
fn a_refusal_says_what_and_where() {
    let refused = Refused {
        key: Some(gateway()),
        position: None,
        error: ConvertError::at("apply.gateway.class_name", "is required"),
    };
    assert_eq!(
        refused.to_string(),
        "Gateway infra/shared is refused: apply.gateway.class_name: is required"
    );
}

fn report_of(gateway: &str, traceparent: String) -> PublishReportsRequest {
    let key = types::LoadBalancerKey {
        kind: types::LoadBalancerKind::Alb.into(),
        gateway: Some(types::ObjectKey {
            namespace: "infra".to_owned(),
            name: gateway.to_owned(),
        }),
    };
    PublishReportsRequest {
        position: Some(types::Position::default()),
        traceparent,
        event: Some(crate::report::publish_reports_request::Event::Delete(key)),
        publisher: None,
    }
}

#[test]
fn a_load_balancer_s_name_is_no_longer_than_an_object_s() {
    check_refused(
        report_of(&"x".repeat(254), String::new()),
        None,
        "delete.gateway.name: has 254 bytes, and the most is 253",
    );
}

#[test]
fn a_trace_context_that_is_none_is_not_kept() {
    let decoded = report_of("shared", "0".repeat(60 << 20)).decode_event();
    assert_eq!(decoded.unwrap().traceparent, "");
}

#[test]
fn what_is_said_of_a_message_quotes_little_of_it() {
    let error = crate::convert::ConvertError::at("field", "ü".repeat(1 << 20));
    assert!(
        error.reason.len() <= 1024 + "…".len(),
        "{}",
        error.reason.len()
    );
    assert!(error.reason.ends_with("ü…"), "cut between characters");
}
