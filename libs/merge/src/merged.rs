//! All listeners of one Gateway together: order, winners and losers, and who shares which port.

use std::collections::BTreeMap;
use std::sync::Arc;

use tributary_model::listener::Protocol;
use tributary_model::resolved::{GatewayAcceptance, ListenerOutcome};
use tributary_model::{Hostname, ListenerOwner, ListenerRef, Name};

use crate::conflict::{self, Place, Verdict, WireClass};
use crate::facts::{Core, Entry, GatewayFacts, MergedListener, MergedOwner, OwnerFacts};
use crate::order;
use crate::overlap;
use crate::validate::{self, Validity};

/// The merged listeners of one Gateway.
#[derive(Default)]
pub(crate) struct Merged {
    /// In the owners' order.
    pub(crate) owners: Vec<MergedOwner>,
    /// Listeners that are served, by port, highest precedence first.
    pub(crate) ports: BTreeMap<u16, Vec<Member>>,
    /// Sets with at least one good listener, before any programmer's word.
    pub(crate) attached_sets: u32,
}

/// A listener that is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) core: Arc<Core>,
    pub(crate) rank: u32,
    pub(crate) class: WireClass,
}

/// Merges owners that come in order of precedence, the Gateway first.
pub(crate) fn merge(gateway: &GatewayFacts, owners: &[(&ListenerOwner, &OwnerFacts)]) -> Merged {
    let contenders: Vec<_> = owners
        .iter()
        .map(|(_, owner)| {
            owner
                .entries
                .iter()
                .map(|entry| validate::contender(&entry.listener, &entry.validity, gateway.kind))
                .collect()
        })
        .collect();
    let verdicts = conflict::decide(&contenders);
    let overlaps = overlapping(owners, &verdicts);
    let accepted = gateway.acceptance == GatewayAcceptance::Accepted;
    let mut merged = Merged::default();
    let mut rank = 0;
    for (owner_index, ((_, facts), verdicts)) in owners.iter().zip(&verdicts).enumerate() {
        let mut listeners = Vec::with_capacity(facts.entries.len());
        for (listener, (entry, verdict)) in facts.entries.iter().zip(verdicts).enumerate() {
            let place = Place {
                owner: owner_index,
                listener,
            };
            let won = matches!(verdict, Some(Verdict::Won));
            let served = won && !entry.unusable_refs && accepted;
            if let (true, Validity::Contends(class)) = (served, &entry.validity) {
                merged
                    .ports
                    .entry(entry.listener.port)
                    .or_default()
                    .push(Member {
                        core: Arc::clone(&entry.core),
                        rank,
                        class: *class,
                    });
            }
            listeners.push(MergedListener {
                rank,
                outcome: outcome(owners, place, entry, verdict.as_ref()),
                overlapping_tls: overlaps
                    .get(&place)
                    .map(|other| listener_ref(owners, *other)),
                served,
            });
            rank += 1;
        }
        let is_set = owner_index > 0;
        if is_set && listeners.iter().any(|listener| listener.served) {
            merged.attached_sets += 1;
        }
        merged.owners.push(MergedOwner { listeners });
    }
    merged
}

fn outcome(
    owners: &[(&ListenerOwner, &OwnerFacts)],
    place: Place,
    entry: &Entry,
    verdict: Option<&Verdict>,
) -> ListenerOutcome {
    match (&entry.validity, verdict) {
        (Validity::Invalid { field, reason }, _) => ListenerOutcome::Invalid {
            field: field.clone(),
            reason: reason.clone(),
        },
        (Validity::UnknownProtocol, _)
        | (Validity::Contends(_), None | Some(Verdict::Unservable)) => {
            ListenerOutcome::UnsupportedProtocol
        }
        (Validity::Contends(_), Some(Verdict::Won)) => ListenerOutcome::Won,
        (Validity::Contends(_), Some(Verdict::Lost { conflict, rival })) => {
            let age = |place: Place| {
                let (owner, facts) = owners[place.owner];
                (owner, facts.created)
            };
            ListenerOutcome::Conflicted {
                conflict: *conflict,
                rival: listener_ref(owners, *rival),
                rival_class: order::rival_class(age(place), age(*rival)),
            }
        }
    }
}

fn listener_ref(owners: &[(&ListenerOwner, &OwnerFacts)], place: Place) -> ListenerRef {
    let (owner, facts) = owners[place.owner];
    owner.listener(Name::clone(&facts.entries[place.listener].listener.name))
}

fn overlapping(
    owners: &[(&ListenerOwner, &OwnerFacts)],
    verdicts: &[Vec<Option<Verdict>>],
) -> BTreeMap<Place, Place> {
    let mut ports: BTreeMap<u16, Vec<(Place, Option<&Hostname>)>> = BTreeMap::new();
    for (owner, ((_, facts), verdicts)) in owners.iter().zip(verdicts).enumerate() {
        for (listener, (entry, verdict)) in facts.entries.iter().zip(verdicts).enumerate() {
            let tls = matches!(entry.listener.protocol, Protocol::Https | Protocol::Tls);
            if tls && matches!(verdict, Some(Verdict::Won)) {
                ports
                    .entry(entry.listener.port)
                    .or_default()
                    .push((Place { owner, listener }, entry.listener.hostname.as_ref()));
            }
        }
    }
    ports
        .values()
        .flat_map(|listeners| overlap::overlaps(listeners))
        .collect()
}
