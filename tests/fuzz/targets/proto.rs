//! Any message is read or refused; what was read is read again, and equal, from what is written of it.
#![no_main]

use std::fmt::Debug;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use prost::Message;
use tributary_model::ListenerRef;
use tributary_model::desired::{DesiredLoadBalancer, LoadBalancerKey};
use tributary_model::health::Health;
use tributary_model::view::{Explanation, ListenerView};
use tributary_proto::call::{
    Acknowledgement, Answer, ListenerListing, ListenerWatch, LoadBalancerShard, ObjectFilter,
    WaitTimeout, Publisher, ExplainQuery, ReportsTaken, WaitOutcome,
};
use tributary_proto::event::{EventMessage, Position};
use tributary_proto::part::{PartMessage, parts};
use tributary_proto::{desired, installation, judgement, listeners, report, snapshot};
use tributary_tests_fuzz::messages::Contracts;
use tributary_tests_fuzz::tally::Tally;
use tributary_tests_fuzz::{seeds, tokens};

static TALLY: Tally<2> = Tally::new(["decoded", "read, written and read again"]);

static DESCRIPTORS: LazyLock<Contracts> = LazyLock::new(Contracts::ours);

/// How far an input got.
struct Reached {
    decoded: bool,
    read: bool,
}

/// A message of the contracts, and what is done with it.
struct Contract {
    name: &'static str,
    check: fn(&[u8]) -> Reached,
}

/// Each message that one service reads of another, streams first.
const CONTRACTS: [Contract; 27] = [
    event::<snapshot::WatchSnapshotResponse>("snapshot.v1.WatchSnapshotResponse"),
    event::<desired::WatchLoadBalancersResponse>("desired.v1.WatchLoadBalancersResponse"),
    event::<judgement::WatchJudgementsResponse>("judgement.v1.WatchJudgementsResponse"),
    event::<report::PublishReportsRequest>("report.v1.PublishReportsRequest"),
    event::<listeners::WatchListenersResponse>("listeners.v1.WatchListenersResponse"),
    part::<snapshot::GetSnapshotResponse>("snapshot.v1.GetSnapshotResponse"),
    part::<snapshot::ListRejectionsResponse>("snapshot.v1.ListRejectionsResponse"),
    part::<listeners::ListListenersResponse>("listeners.v1.ListListenersResponse"),
    part::<listeners::ListObjectsResponse>("listeners.v1.ListObjectsResponse"),
    part::<listeners::ListLoadBalancersResponse>("listeners.v1.ListLoadBalancersResponse"),
    call::<LoadBalancerShard, desired::WatchLoadBalancersRequest>(
        "desired.v1.WatchLoadBalancersRequest",
    ),
    call::<Publisher, report::Publisher>("report.v1.Publisher"),
    call::<ReportsTaken, report::PublishReportsResponse>("report.v1.PublishReportsResponse"),
    call::<Acknowledgement, judgement::AcknowledgeJudgementsRequest>(
        "judgement.v1.AcknowledgeJudgementsRequest",
    ),
    call::<ListenerListing, listeners::ListListenersRequest>("listeners.v1.ListListenersRequest"),
    call::<ListenerWatch, listeners::WatchListenersRequest>("listeners.v1.WatchListenersRequest"),
    call::<ObjectFilter, listeners::ListObjectsRequest>("listeners.v1.ListObjectsRequest"),
    call::<ExplainQuery, listeners::ExplainRequest>("listeners.v1.ExplainRequest"),
    call::<ListenerRef, listeners::GetListenerRequest>("listeners.v1.GetListenerRequest"),
    call::<LoadBalancerKey, desired::GetLoadBalancerRequest>("desired.v1.GetLoadBalancerRequest"),
    call::<Position, snapshot::SyncResponse>("snapshot.v1.SyncResponse"),
    call::<Answer<ListenerView>, listeners::GetListenerResponse>(
        "listeners.v1.GetListenerResponse",
    ),
    call::<Health, installation::GetHealthResponse>("installation.v1.GetHealthResponse"),
    call::<Answer<DesiredLoadBalancer>, desired::GetLoadBalancerResponse>(
        "desired.v1.GetLoadBalancerResponse",
    ),
    call::<Answer<Vec<Explanation>>, listeners::ExplainResponse>("listeners.v1.ExplainResponse"),
    call::<WaitTimeout, listeners::WaitSettledRequest>("listeners.v1.WaitSettledRequest"),
    call::<WaitOutcome, listeners::WaitSettledResponse>("listeners.v1.WaitSettledResponse"),
];

/// Of the first byte: the rest is the message itself, not tokens.
const AS_IT_IS: u8 = 0x80;

fuzz_target!(init: seeds::write("proto", inputs(), seeds::NO_WORDS), |bytes: &[u8]| answer(bytes));

fn answer(bytes: &[u8]) {
    let Some((&which, rest)) = bytes.split_first() else {
        return;
    };
    let contract = &CONTRACTS[usize::from(which & !AS_IT_IS) % CONTRACTS.len()];
    let Reached { decoded, read } = if which & AS_IT_IS == 0 {
        let name = format!(".tributary.{}", contract.name);
        (contract.check)(&tokens::message(&DESCRIPTORS, &name, rest))
    } else {
        (contract.check)(rest)
    };
    TALLY.note([decoded, read]);
}

/// Every message filled in by its descriptor, and the streams of what the goldens come to.
fn inputs() -> Vec<Vec<u8>> {
    let mut inputs = Vec::new();
    for (place, contract) in CONTRACTS.iter().enumerate() {
        for choice in 0..24 {
            let name = format!(".tributary.{}", contract.name);
            input(place, &DESCRIPTORS.filled(&name, choice), &mut inputs);
        }
    }
    let merged = seeds::merged();
    for (place, items) in [merged.objects, merged.load_balancers, merged.judged]
        .into_iter()
        .enumerate()
    {
        for item in items {
            // position and init_apply, as all streams number them.
            let mut message = vec![0x0a, 0x02, 0x08, 0x01, 0x22];
            prost::encoding::encode_varint(item.len() as u64, &mut message);
            message.extend(item);
            input(place, &message, &mut inputs);
        }
    }
    inputs.sort();
    inputs.dedup();
    inputs
}

fn input(place: usize, message: &[u8], inputs: &mut Vec<Vec<u8>>) {
    let (which, rest) = match tokens::tokens(
        &DESCRIPTORS,
        &format!(".tributary.{}", CONTRACTS[place].name),
        message,
    ) {
        Some(tokens) => (place as u8, tokens),
        None => (place as u8 | AS_IT_IS, message.to_vec()),
    };
    inputs.push([&[which], &*rest].concat());
}

const fn event<M: EventMessage>(name: &'static str) -> Contract {
    Contract {
        name,
        check: check_event::<M>,
    }
}

const fn part<M: PartMessage>(name: &'static str) -> Contract
where
    M::Item: PartialEq + Debug,
{
    Contract {
        name,
        check: check_part::<M>,
    }
}

const fn call<T, M>(name: &'static str) -> Contract
where
    T: TryFrom<M> + PartialEq + Debug,
    T::Error: Debug,
    M: Message + Default + for<'a> From<&'a T>,
{
    Contract {
        name,
        check: check_call::<T, M>,
    }
}

fn check_event<M: EventMessage>(bytes: &[u8]) -> Reached {
    let Ok(message) = M::decode(bytes) else {
        return Reached {
            decoded: false,
            read: false,
        };
    };
    let Ok(event) = message.decode_event() else {
        return Reached {
            decoded: true,
            read: false,
        };
    };
    let written = M::encode_event::<M::Item, _>(&event).encode_to_vec();
    let again = M::decode(&*written)
        .expect("was written here")
        .decode_event();
    assert_eq!(again, Ok(event));
    Reached {
        decoded: true,
        read: true,
    }
}

fn check_part<M: PartMessage>(bytes: &[u8]) -> Reached
where
    M::Item: PartialEq + Debug,
{
    let Ok(message) = M::decode(bytes) else {
        return Reached {
            decoded: false,
            read: false,
        };
    };
    let Ok(part) = message.decode_part() else {
        return Reached {
            decoded: true,
            read: false,
        };
    };
    let read = !part.items.is_empty();
    let mut items = Vec::new();
    for written in parts::<M, _>(part.position, &part.items) {
        let written = written.encode_to_vec();
        let message = M::decode(&*written).expect("was written here");
        let again = message.decode_part().expect("was read before");
        assert_eq!(again.position, part.position);
        assert_eq!(again.refused, []);
        items.extend(again.items);
    }
    assert_eq!(items, part.items);
    Reached {
        decoded: true,
        read,
    }
}

fn check_call<T, M>(bytes: &[u8]) -> Reached
where
    T: TryFrom<M> + PartialEq + Debug,
    T::Error: Debug,
    M: Message + Default + for<'a> From<&'a T>,
{
    let Ok(message) = M::decode(bytes) else {
        return Reached {
            decoded: false,
            read: false,
        };
    };
    let Ok(value) = T::try_from(message) else {
        return Reached {
            decoded: true,
            read: false,
        };
    };
    let written = M::from(&value).encode_to_vec();
    let again = T::try_from(M::decode(&*written).expect("was written here"));
    assert_eq!(again.expect("was read before"), value);
    Reached {
        decoded: true,
        read: true,
    }
}
