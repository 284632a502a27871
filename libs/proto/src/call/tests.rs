use proptest::prelude::*;
use prost::Message;
use tributary_model::desired::DesiredLoadBalancer;
use tributary_model::health::Health;
use tributary_model::key::ListenerRef;
use tributary_model::view::{Explanation, ListenerView};

use super::*;
use crate::arbitrary::{Arbitrary, from_seed};
use crate::{desired, installation, judgement, listeners, report, snapshot, types};

fn check_same<T, M>(seed: u64)
where
    T: Arbitrary + TryFrom<M> + PartialEq + std::fmt::Debug,
    T::Error: std::fmt::Debug,
    M: Message + Default + for<'a> From<&'a T>,
{
    let value: T = from_seed(seed);
    let bytes = M::from(&value).encode_to_vec();
    let read = T::try_from(M::decode(bytes.as_slice()).unwrap()).unwrap();
    assert_eq!(read, value);
}

proptest! {
    #[test]
    fn requests_and_answers_survive_the_wire(seed: u64) {
        check_same::<LoadBalancerShard, desired::WatchLoadBalancersRequest>(seed);
        check_same::<Publisher, report::Publisher>(seed);
        check_same::<ReportsTaken, report::PublishReportsResponse>(seed);
        check_same::<Acknowledgement, judgement::AcknowledgeJudgementsRequest>(seed);
        check_same::<ListenerListing, listeners::ListListenersRequest>(seed);
        check_same::<ListenerWatch, listeners::WatchListenersRequest>(seed);
        check_same::<ObjectFilter, listeners::ListObjectsRequest>(seed);
        check_same::<ExplainQuery, listeners::ExplainRequest>(seed);
        check_same::<ListenerRef, listeners::GetListenerRequest>(seed);
        check_same::<LoadBalancerKey, desired::GetLoadBalancerRequest>(seed);
        check_same::<Position, snapshot::SyncResponse>(seed);
        check_same::<Answer<ListenerView>, listeners::GetListenerResponse>(seed);
        check_same::<Health, installation::GetHealthResponse>(seed);
        check_same::<Answer<DesiredLoadBalancer>, desired::GetLoadBalancerResponse>(seed);
        check_same::<Answer<Vec<Explanation>>, listeners::ExplainResponse>(seed);
        check_same::<WaitTimeout, listeners::WaitSettledRequest>(seed);
        check_same::<WaitOutcome, listeners::WaitSettledResponse>(seed);
    }
}

#[test]
fn no_filter_lets_everything_pass() {
    let listing = ListenerListing::try_from(listeners::ListListenersRequest::default());
    assert_eq!(listing, Ok(ListenerListing::default()));
    let watch = ListenerWatch::try_from(listeners::WatchListenersRequest::default());
    assert_eq!(watch, Ok(ListenerWatch::default()));
}

fn check_refused<T: TryFrom<M, Error = ConvertError> + std::fmt::Debug, M>(message: M, said: &str) {
    assert_eq!(T::try_from(message).unwrap_err().to_string(), said);
}

#[test]
fn a_shard_is_below_its_count() {
    check_refused::<Shard, _>(
        types::Shard { index: 2, count: 2 },
        "index: 2 is not below 2",
    );
}

#[test]
fn there_is_no_share_of_nothing() {
    check_refused::<Shard, _>(types::Shard::default(), "index: 0 is not below 0");
}

#[test]
fn there_are_not_endlessly_many_shares() {
    check_refused::<Shard, _>(
        types::Shard {
            index: 0,
            count: 257,
        },
        "count: is 257, and the most is 256",
    );
}

fn check_overlap(one: (u32, u32), other: (u32, u32), expected: bool) {
    let share = |(index, count)| LoadBalancerShard {
        kind: LoadBalancerKind::Alb,
        shard: Shard::new(index, count).unwrap(),
    };
    let (one, other) = (share(one), share(other));
    assert_eq!(one.overlaps(&other), expected);
    assert_eq!(other.overlaps(&one), expected);
    let nlbs = LoadBalancerShard {
        kind: LoadBalancerKind::Nlb,
        ..other
    };
    assert!(!one.overlaps(&nlbs));
}

#[test]
fn shares_of_one_count_do_not_overlap() {
    check_overlap((1, 8), (1, 8), true);
    check_overlap((1, 8), (2, 8), false);
}

#[test]
fn shares_of_unlike_counts_overlap_where_something_may_be_in_both() {
    check_overlap((0, 1), (5, 8), true);
    check_overlap((3, 8), (11, 16), true);
    check_overlap((3, 8), (12, 16), false);
    check_overlap((1, 2), (2, 3), true);
    check_overlap((1, 4), (2, 6), false);
}

fn check_instance(instance: &str, said: &str) {
    let publisher = report::Publisher {
        instance: instance.to_owned(),
        kind: types::LoadBalancerKind::Alb.into(),
        shard: Some((&Shard::WHOLE).into()),
        shard_epoch: 0,
    };
    check_refused::<Publisher, _>(publisher, said);
}

#[test]
fn an_instance_has_a_short_name() {
    check_instance(
        &"x".repeat(254),
        "instance: has 254 bytes, and the most is 253",
    );
    check_instance(
        &"x".repeat(60 << 20),
        "instance: has 62914560 bytes, and the most is 253",
    );
}

#[test]
fn an_instance_s_name_cannot_write_lines_of_the_log() {
    let said = "instance: has other characters than letters, digits, \"-\" and \".\"";
    check_instance("pod\n2026-01-01 INFO all is well", said);
    check_instance("ünï", said);
}

#[test]
fn a_watch_of_load_balancers_names_their_kind() {
    check_refused::<LoadBalancerShard, _>(
        desired::WatchLoadBalancersRequest::default(),
        "kind: is required",
    );
}

#[test]
fn an_acknowledgement_names_its_position() {
    check_refused::<Acknowledgement, _>(
        judgement::AcknowledgeJudgementsRequest::default(),
        "position: is required",
    );
}

#[test]
fn nobody_waits_for_a_negative_time() {
    let timeout = prost_types::Duration {
        seconds: -1,
        nanos: 0,
    };
    check_refused::<WaitTimeout, _>(
        listeners::WaitSettledRequest {
            timeout: Some(timeout),
        },
        "timeout: must not be negative",
    );
}

#[test]
fn a_wait_without_a_time_is_refused() {
    check_refused::<WaitTimeout, _>(
        listeners::WaitSettledRequest::default(),
        "timeout: is required",
    );
}

#[test]
fn a_route_owns_no_listeners() {
    let owner = types::ObjectRef {
        kind: types::Kind::HttpRoute.into(),
        key: Some((&ObjectKey::new("a", "b")).into()),
    };
    let filter = listeners::ListenerFilter {
        owner: Some(owner),
        ..listeners::ListenerFilter::default()
    };
    check_refused::<ListenerListing, _>(
        listeners::ListListenersRequest {
            filter: Some(filter),
            ..listeners::ListListenersRequest::default()
        },
        "filter.owner.kind: HTTPRoute has no listeners",
    );
}
