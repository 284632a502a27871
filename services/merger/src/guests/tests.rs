use futures::stream;
use tonic::metadata::{BinaryMetadataValue, MetadataValue};
use tributary_proto::call::Shard;
use tributary_proto::judgement::WatchJudgementsResponse;

use super::*;

fn caller(agent: &'static str) -> Caller {
    let mut request = Request::new(());
    let agent = MetadataValue::from_static(agent);
    request.metadata_mut().insert("user-agent", agent);
    Caller::of(&request)
}

fn share(index: u32) -> LoadBalancerShard {
    LoadBalancerShard {
        kind: LoadBalancerKind::Alb,
        shard: Shard::new(index, 8).unwrap(),
    }
}

fn lines(guests: &Guests) -> Vec<String> {
    let seen = guests.seen().into_iter();
    let lines = seen.map(|seen| {
        let shards = seen.shards.iter();
        let shards: Vec<String> = shards
            .map(|it| format!("{}/{}", it.index, it.count))
            .collect();
        format!("{} {} {}", seen.service, seen.version, shards.join(","))
    });
    lines.collect()
}

#[test]
fn a_caller_says_its_version_before_those_of_its_libraries() {
    assert_eq!(caller("tributary/0.2.0 tonic/0.14.2").version, "0.2.0");
    assert_eq!(caller("grpc-go/1.76").version, "");
}

#[test]
fn a_process_is_seen_once_with_all_of_its_shards_while_its_streams_are_open() {
    let guests = Guests::default();
    let agent = "tributary/0.2.0 tonic/0.14.2";
    let held = [3, 1].map(|index| guests.programmer(caller(agent), &share(index), Vec::new()));
    let other = guests.programmer(caller("tributary/0.1.0"), &share(2), Vec::new());
    let writer = guests.status_writer(caller(agent), "a".to_owned());
    assert_eq!(
        lines(&guests),
        [
            "alb-programmer 0.1.0 2/8",
            "alb-programmer 0.2.0 1/8,3/8",
            "status-writer 0.2.0 ",
        ]
    );
    drop(held);
    drop(other);
    let events: EventStream<WatchJudgementsResponse> = stream::pending().boxed();
    let events = writer.stays_with(events);
    assert_eq!(lines(&guests), ["status-writer 0.2.0 "]);
    drop(events);
    assert!(guests.seen().is_empty());
}

/// By its instance: a call may go by another connection than the stream.
#[test]
fn the_status_writer_that_acknowledges_leads_and_tells_its_concerns() {
    let guests = Guests::default();
    let writer =
        |version, instance: &str| guests.status_writer(caller(version), instance.to_owned());
    let _writers = [
        writer("tributary/0.1.0", "a"),
        writer("tributary/0.2.0", "b"),
        // Of a release that says no instance.
        writer("tributary/0.0.1", ""),
    ];
    let _programmer = guests.programmer(caller("tributary/0.3.0"), &share(0), Vec::new());
    for leader in ["nobody", "a", "b"] {
        guests.writes(leader.to_owned(), vec!["statuses: why".to_owned()]);
        let seen = guests.seen().into_iter();
        let seen = seen.map(|it| (it.version, it.leads, it.concerns.concat()));
        let row = |version: &str, leads: Option<bool>| {
            let concerns = if leads == Some(true) {
                "statuses: why"
            } else {
                ""
            };
            (version.to_owned(), leads, concerns.to_owned())
        };
        let expected = [
            row("0.3.0", None),
            row("0.0.1", None),
            row("0.1.0", Some(leader == "a")),
            row("0.2.0", Some(leader == "b")),
        ];
        assert_eq!(seen.collect::<Vec<_>>(), expected, "{leader}");
    }
}

#[test]
fn the_watcher_is_seen_while_it_serves_its_stream() {
    let guests = Guests::default();
    let host = Host::new(&guests);
    let mut metadata = MetadataMap::new();
    metadata.insert(HEADER_VERSION, MetadataValue::from_static("0.2.0"));
    host.answers(&metadata);
    host.answers(&metadata);
    assert_eq!(lines(&guests), ["watcher 0.2.0 "]);
    host.is_gone();
    assert!(guests.seen().is_empty());
}

#[test]
fn what_is_of_concern_to_a_process_is_told_once_and_within_bounds() {
    let guests = Guests::default();
    let concerns = || vec!["aws: no credentials".to_owned()];
    let _held =
        [3, 1].map(|index| guests.programmer(caller("tributary/1.0.0"), &share(index), concerns()));
    let many = (0..100).map(|index| format!("{index:05}").repeat(100));
    let _other = guests.programmer(caller("tributary/2.0.0"), &share(2), many.collect());
    let host = Host::new(&guests);
    let mut metadata = MetadataMap::new();
    for concern in ["kinds: not served: Gateway", "pods"] {
        let value = BinaryMetadataValue::from_bytes(concern.as_bytes());
        metadata.append_bin(HEADER_CONCERNS, value);
    }
    host.answers(&metadata);
    let seen = guests.seen();
    let of = |service: &str| {
        let seen = seen.iter().filter(|it| it.service == service);
        seen.map(|it| it.concerns.clone()).collect::<Vec<_>>()
    };
    let of_programmers = of("alb-programmer");
    assert_eq!(of_programmers.len(), 2);
    assert!(of_programmers.contains(&concerns()));
    let bounded = of_programmers.iter().find(|it| it.len() == 16).unwrap();
    assert!(bounded.iter().all(|it| it.len() == 300));
    assert_eq!(of("watcher"), [["kinds: not served: Gateway", "pods"]]);
}
