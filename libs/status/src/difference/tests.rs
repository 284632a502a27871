use tributary_model::judgement::{GatewayJudgement, Judgement};

use super::*;
use crate::testing::{EARLIER, LATER, gateway, good};
use crate::{Next, next};

fn status(judged: GatewayJudgement, current: Option<&Status>) -> Status {
    match next(&Judgement::Gateway(judged), current, LATER) {
        Next::Write(status) => status,
        other => panic!("{other:?}"),
    }
}

fn before() -> Status {
    let judged = Judgement::Gateway(gateway(vec![good("http")]));
    match next(&judged, None, EARLIER) {
        Next::Write(status) => status,
        other => panic!("{other:?}"),
    }
}

#[test]
fn another_route_is_a_count() {
    let mut listener = good("http");
    listener.attached_routes += 1;
    let after = status(gateway(vec![listener]), Some(&before()));
    assert!(only_counts_differ(&before(), &after));
}

#[test]
fn another_set_is_a_count() {
    let mut judged = gateway(vec![good("http")]);
    judged.attached_listener_sets += 1;
    let after = status(judged, Some(&before()));
    assert!(only_counts_differ(&before(), &after));
}

#[test]
fn another_address_is_more() {
    let mut judged = gateway(vec![good("http")]);
    judged.addresses = vec!["other.elb.example".to_owned()];
    judged.attached_listener_sets += 1;
    let after = status(judged, Some(&before()));
    assert!(!only_counts_differ(&before(), &after));
}

#[test]
fn another_generation_is_more() {
    let mut judged = gateway(vec![good("http")]);
    judged.generation += 1;
    let after = status(judged, Some(&before()));
    assert!(!only_counts_differ(&before(), &after));
}

#[test]
fn equal_statuses_do_not_differ() {
    assert!(!only_counts_differ(&before(), &before()));
}
