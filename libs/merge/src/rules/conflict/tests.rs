//! The rule as spec/listenersets §3 words it, pair by pair, and what incremental decisions take for granted about it.

use std::collections::BTreeMap;

use proptest::prelude::*;
use tributary_model::Hostname;
use tributary_model::resolved::Conflict;
use tributary_testkit::objects::hostname;

use super::{Candidate, ConflictOutcome, Partition, WireClass, decide};

#[derive(Clone, Debug, PartialEq, Eq)]
struct Listener {
    class: WireClass,
    hostname: Option<Hostname>,
    servable: bool,
}

/// Listeners of one port by owner, the owners in order of precedence. A listener's place is its index among all.
type Port = Vec<Vec<Listener>>;
type Decided = BTreeMap<usize, ConflictOutcome<usize>>;

/// Protocols that a load balancer of one kind can serve; a port without a kind takes all of them.
const SERVED: [&[WireClass]; 3] = [
    &[WireClass::Http, WireClass::Https],
    &[
        WireClass::TlsTerminate,
        WireClass::TlsPassthrough,
        WireClass::Tcp,
        WireClass::Udp,
    ],
    &[
        WireClass::Http,
        WireClass::Https,
        WireClass::TlsTerminate,
        WireClass::TlsPassthrough,
        WireClass::Tcp,
        WireClass::Udp,
    ],
];

fn port() -> impl Strategy<Value = Port> {
    let classes = prop::sample::subsequence(SERVED[2].to_vec(), 1..=3);
    let served = prop::sample::select(SERVED.to_vec());
    (classes, served).prop_flat_map(|(classes, served)| {
        let hosts = ["a.x.com", "b.x.com", "*.x.com", "*.com"].map(hostname);
        let listener = (
            prop::sample::select(classes),
            prop::option::of(prop::sample::select(hosts.to_vec())),
        )
            .prop_map(move |(class, hostname)| Listener {
                class,
                // Validation refuses one on TCP and UDP.
                hostname: hostname.filter(|_| !matches!(class, WireClass::Tcp | WireClass::Udp)),
                servable: served.contains(&class),
            });
        prop::collection::vec(prop::collection::vec(listener, 0..5), 0..6)
    })
}

fn numbered(port: &Port) -> Vec<Vec<(usize, Listener)>> {
    let mut places = 0..;
    port.iter()
        .map(|owner| places.by_ref().zip(owner.iter().cloned()).collect())
        .collect()
}

fn decided<'a>(owners: impl IntoIterator<Item = Vec<&'a (usize, Listener)>>) -> Decided {
    let owners = owners.into_iter().map(|owner| {
        let candidate = |(place, listener): &'a (usize, Listener)| {
            let Listener {
                class,
                hostname,
                servable,
            } = listener;
            let candidate = Candidate {
                class: *class,
                hostname: hostname.as_ref(),
                servable: *servable,
            };
            (*place, candidate)
        };
        owner.into_iter().map(candidate).collect()
    });
    decide(owners).into_iter().collect()
}

fn whole(port: &[Vec<(usize, Listener)>]) -> Decided {
    decided(port.iter().map(|owner| owner.iter().collect()))
}

/// The part of one hostname.
fn part(port: &[Vec<(usize, Listener)>], hostname: Option<&Hostname>) -> Decided {
    decided(port.iter().map(|owner| {
        let listeners = owner.iter();
        listeners
            .filter(|(_, listener)| listener.hostname.as_ref() == hostname)
            .collect()
    }))
}

/// "Per port, two listeners are compatible when …": the conflict of two that are not.
fn conflict(one: &Listener, other: &Listener) -> Option<Conflict> {
    use WireClass::{Http, Https, Tcp, TlsPassthrough, TlsTerminate, Udp};
    match (one.class, other.class) {
        // Same protocol HTTP, HTTPS or TLS: their hostnames differ.
        (Http, Http)
        | (Https, Https)
        | (TlsTerminate, TlsTerminate)
        | (TlsPassthrough, TlsPassthrough) => {
            (one.hostname == other.hostname).then_some(Conflict::Hostname)
        }
        // TCP vs TCP, UDP vs UDP: never; neither has a hostname.
        (Tcp, Tcp) | (Udp, Udp) => Some(Conflict::Hostname),
        // TCP vs UDP: always.
        (Tcp, Udp) | (Udp, Tcp) => None,
        // Any other mix: never.
        (Http | Https | TlsTerminate | TlsPassthrough | Tcp | Udp, _) => Some(Conflict::Protocol),
    }
}

/// The first of `others` that a listener conflicts with; a protocol conflict beats a hostname conflict.
fn first_conflict(
    listener: &Listener,
    others: &[(usize, Listener)],
) -> Option<ConflictOutcome<usize>> {
    [Conflict::Protocol, Conflict::Hostname]
        .into_iter()
        .find_map(|wanted| {
            let mut others = others.iter();
            others
                .find(|(_, other)| conflict(listener, other) == Some(wanted))
                .map(|(rival, _)| ConflictOutcome::Lost {
                    conflict: wanted,
                    rival: *rival,
                })
        })
}

/// The algorithm of spec §3, line by line, every pair compared.
fn as_the_specification_says(port: &[Vec<(usize, Listener)>]) -> Decided {
    let mut verdicts = Decided::new();
    let mut winners: Vec<(usize, Listener)> = Vec::new();
    let mut contested: Vec<(usize, Listener)> = Vec::new();
    for owner in port {
        let mut rest = Vec::new();
        for (place, listener) in owner.iter().filter(|(_, listener)| listener.servable) {
            let taken = [winners.clone(), contested.clone()].concat();
            match first_conflict(listener, &taken) {
                Some(lost) => drop(verdicts.insert(*place, lost)),
                None => rest.push((*place, listener.clone())),
            }
        }
        for (place, listener) in &rest {
            let siblings: Vec<_> = rest.iter().filter(|(it, _)| it != place).cloned().collect();
            let outcome = first_conflict(listener, &siblings).unwrap_or(ConflictOutcome::Won);
            if outcome == ConflictOutcome::Won {
                winners.push((*place, listener.clone()));
            } else {
                contested.push((*place, listener.clone()));
            }
            verdicts.insert(*place, outcome);
        }
        for (place, listener) in owner.iter().filter(|(_, listener)| !listener.servable) {
            let lost = first_conflict(listener, &winners);
            verdicts.insert(*place, lost.unwrap_or(ConflictOutcome::Unservable));
        }
    }
    verdicts
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn a_port_is_decided_as_the_specification_says(port in port()) {
        let port = numbered(&port);
        prop_assert_eq!(whole(&port), as_the_specification_says(&port));
    }

    /// What lets one listener's change decide anew only its part.
    #[test]
    fn a_port_is_decided_as_its_parts_are(port in port()) {
        let port = numbered(&port);
        let listeners = || port.iter().flatten().map(|(_, listener)| listener);
        let mut classes: Vec<_> = listeners().map(|listener| listener.class).collect();
        classes.sort_unstable();
        classes.dedup();
        let parts = match Partition::of(classes.len()) {
            Partition::Whole => whole(&port),
            Partition::ByHostname => listeners()
                .flat_map(|listener| part(&port, listener.hostname.as_ref()))
                .collect(),
        };
        prop_assert_eq!(whole(&port), parts);
    }
}
