//! Distinctness and conflict: spec/listenersets §3, the algorithm as it stands there.
//!
//! The rules only ever compare listeners of one port, so everything is looked up by port; and instead of
//! comparing a listener with every winner, the first holder of each protocol class and of each
//! (class, hostname) is remembered. So a Gateway with 2,500 sets costs one lookup a listener.

use std::collections::BTreeMap;

use tributary_model::Hostname;
use tributary_model::resolved::Conflict;

/// What a listener is on the wire: two classes share a port only as TCP and UDP do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum WireClass {
    Http,
    Https,
    TlsTerminate,
    TlsPassthrough,
    Tcp,
    Udp,
}

/// A listener that passed its own validation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Contender<'a> {
    pub(crate) port: u16,
    pub(crate) class: WireClass,
    pub(crate) hostname: Option<&'a Hostname>,
    /// Whether this kind of load balancer can serve its protocol at all.
    pub(crate) servable: bool,
}

/// A listener's place: owner by precedence, then spec order. Lower is stronger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) owner: usize,
    pub(crate) listener: usize,
}

/// The outcome of one contender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Won,
    Lost {
        conflict: Conflict,
        rival: Place,
    },
    /// It conflicts with nobody, but this kind of load balancer cannot serve it.
    Unservable,
}

/// The contenders of every owner, highest precedence first; `None` takes no part.
pub(crate) type Owners<'a> = [Vec<Option<Contender<'a>>>];

/// Who holds what on one port.
#[derive(Default)]
struct Holders<'a> {
    by_class: BTreeMap<WireClass, Place>,
    by_hostname: BTreeMap<(WireClass, Option<&'a Hostname>), Place>,
}

#[derive(Default)]
struct Port<'a> {
    winners: Holders<'a>,
    contested: Holders<'a>,
}

impl WireClass {
    /// Whether both can be served on one port (spec §3: TCP vs UDP always, any other mix never).
    fn shares_port_with(self, other: Self) -> bool {
        self == other
            || matches!(
                (self, other),
                (Self::Tcp, Self::Udp) | (Self::Udp, Self::Tcp)
            )
    }
}

impl<'a> Holders<'a> {
    fn hold(&mut self, contender: &Contender<'a>, place: Place) {
        self.by_class.entry(contender.class).or_insert(place);
        self.by_hostname
            .entry((contender.class, contender.hostname))
            .or_insert(place);
    }

    fn protocol_conflict(&self, class: WireClass) -> Option<Place> {
        self.by_class
            .iter()
            .filter(|(holder, _)| !holder.shares_port_with(class))
            .map(|(_, place)| *place)
            .min()
    }

    fn hostname_conflict(&self, contender: &Contender<'a>) -> Option<Place> {
        self.by_hostname
            .get(&(contender.class, contender.hostname))
            .copied()
    }
}

impl<'a> Port<'a> {
    /// The first conflict with winners, then with contested; a protocol conflict beats a hostname conflict.
    fn conflict(&self, contender: &Contender<'a>) -> Option<(Conflict, Place)> {
        let Self { winners, contested } = self;
        let protocol = winners
            .protocol_conflict(contender.class)
            .or_else(|| contested.protocol_conflict(contender.class));
        if let Some(rival) = protocol {
            return Some((Conflict::Protocol, rival));
        }
        winners
            .hostname_conflict(contender)
            .or_else(|| contested.hostname_conflict(contender))
            .map(|rival| (Conflict::Hostname, rival))
    }
}

/// Decides every contender. Owners must come in order of precedence.
pub(crate) fn decide(owners: &Owners<'_>) -> Vec<Vec<Option<Verdict>>> {
    let mut ports: BTreeMap<u16, Port<'_>> = BTreeMap::new();
    owners
        .iter()
        .enumerate()
        .map(|(owner, contenders)| decide_owner(&mut ports, owner, contenders))
        .collect()
}

fn decide_owner<'a>(
    ports: &mut BTreeMap<u16, Port<'a>>,
    owner: usize,
    contenders: &[Option<Contender<'a>>],
) -> Vec<Option<Verdict>> {
    let mut verdicts = vec![None; contenders.len()];
    let mut rest: BTreeMap<u16, Vec<(Place, &Contender<'a>)>> = BTreeMap::new();
    // Losers against other resources leave first: a loser reserves nothing (spec §3).
    for (listener, contender) in contenders.iter().enumerate() {
        let Some(contender) = contender.as_ref().filter(|contender| contender.servable) else {
            continue;
        };
        let place = Place { owner, listener };
        match ports
            .get(&contender.port)
            .and_then(|port| port.conflict(contender))
        {
            Some((conflict, rival)) => {
                verdicts[listener] = Some(Verdict::Lost { conflict, rival });
            }
            None => rest
                .entry(contender.port)
                .or_default()
                .push((place, contender)),
        }
    }
    for (number, rest) in &rest {
        let within = conflicts_within(rest);
        let port = ports.entry(*number).or_default();
        for ((place, contender), conflict) in rest.iter().zip(within) {
            if let Some((conflict, rival)) = conflict {
                port.contested.hold(contender, *place);
                verdicts[place.listener] = Some(Verdict::Lost { conflict, rival });
            } else {
                port.winners.hold(contender, *place);
                verdicts[place.listener] = Some(Verdict::Won);
            }
        }
    }
    // What this load balancer can never serve loses to a winner above it and to a served listener of its
    // own resource, in whatever order they stand; it is never in anybody's way.
    for (listener, contender) in contenders.iter().enumerate() {
        let Some(contender) = contender.as_ref().filter(|contender| !contender.servable) else {
            continue;
        };
        let rival = ports
            .get(&contender.port)
            .and_then(|port| port.winners.protocol_conflict(contender.class));
        verdicts[listener] = Some(match rival {
            Some(rival) => Verdict::Lost {
                conflict: Conflict::Protocol,
                rival,
            },
            None => Verdict::Unservable,
        });
    }
    verdicts
}

/// Inside one resource and port: every pair that conflicts loses both, so nobody wins.
fn conflicts_within(rest: &[(Place, &Contender<'_>)]) -> Vec<Option<(Conflict, Place)>> {
    if rest.len() < 2 {
        return vec![None; rest.len()];
    }
    let mut by_class: BTreeMap<WireClass, Place> = BTreeMap::new();
    let mut by_hostname: BTreeMap<(WireClass, Option<&Hostname>), Vec<Place>> = BTreeMap::new();
    for (place, contender) in rest {
        by_class.entry(contender.class).or_insert(*place);
        by_hostname
            .entry((contender.class, contender.hostname))
            .or_default()
            .push(*place);
    }
    rest.iter()
        .map(|(place, contender)| {
            let protocol = by_class
                .iter()
                .filter(|(class, _)| !class.shares_port_with(contender.class))
                .map(|(_, rival)| *rival)
                .min();
            if let Some(rival) = protocol {
                return Some((Conflict::Protocol, rival));
            }
            by_hostname
                .get(&(contender.class, contender.hostname))?
                .iter()
                .find(|rival| *rival != place)
                .map(|rival| (Conflict::Hostname, *rival))
        })
        .collect()
}
