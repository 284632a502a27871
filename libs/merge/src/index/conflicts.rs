//! All listeners of one Gateway together: who wins which port and hostname, and whose hostnames overlap.
//!
//! Remembered by port and hostname, so that one listener's change decides anew only its part of the port. What a part
//! is says [`Partition`], and who wins there [`conflict::decide`].

mod overlaps;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tributary_model::elb::LoadBalancerKind;
use tributary_model::resolved::{GatewayAcceptance, ListenerOutcome};
use tributary_model::{Hostname, ListenerOwner, ListenerRef, Precedence};

use self::overlaps::Overlaps;
use crate::rules::conflict::{self, Candidate, ConflictOutcome, Partition};
use crate::rules::validate;
use crate::values::facts::{
    GatewayFacts, ListenerFacts, ListenerIdentity, Member, MergedListener, MergedOwner, OwnerFacts,
};
use crate::values::order;
use crate::values::wire::{Validity, WireClass};

/// The listeners of one Gateway that contend for its ports.
#[derive(Clone, Debug, Default)]
pub(crate) struct ListenerConflicts {
    pub(crate) policy: GatewayPolicy,
    ports: BTreeMap<u16, PortConflicts>,
    /// Ports to be decided again.
    touched: BTreeSet<u16>,
    /// Listeners that came, went, or stand differently since the last decision.
    changed: BTreeSet<(u16, Precedence)>,
}

/// What a Gateway decides for all of its listeners.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct GatewayPolicy {
    kind: Option<LoadBalancerKind>,
    accepted: bool,
}

#[derive(Clone, Debug, Default)]
struct PortConflicts {
    candidates: BTreeMap<Precedence, CandidateState>,
    by_hostname: BTreeMap<Option<Hostname>, BTreeSet<Precedence>>,
    /// How many candidates of each.
    classes: BTreeMap<WireClass, usize>,
    overlaps: Overlaps,
    /// Hostnames to be decided again.
    touched: BTreeSet<Option<Hostname>>,
    /// Candidates since the last decision: who lost to one of them may have to name another listener.
    entered: BTreeSet<Precedence>,
    /// How the last decision was made.
    partition: Partition,
}

/// How a candidate stands.
#[derive(Clone, Debug)]
struct CandidateState {
    core: Arc<ListenerIdentity>,
    class: WireClass,
    servable: bool,
    /// Something is there to serve with.
    usable: bool,
    outcome: Option<ConflictOutcome<Precedence>>,
}

impl GatewayPolicy {
    /// A Gateway's policy; those of nobody's listeners without one.
    pub(crate) fn of(gateway: Option<&GatewayFacts>) -> Self {
        Self {
            kind: gateway.map(|gateway| gateway.kind),
            accepted: gateway
                .is_some_and(|gateway| gateway.acceptance == GatewayAcceptance::Accepted),
        }
    }
}

impl ListenerConflicts {
    /// The same under other policy, without its candidates: let them enter anew.
    pub(crate) fn under(&self, policy: GatewayPolicy) -> Self {
        Self {
            policy,
            ports: BTreeMap::new(),
            touched: BTreeSet::new(),
            changed: self.changed.clone(),
        }
    }

    /// Lets an owner's listeners contend.
    pub(crate) fn enter(&mut self, owner: &ListenerOwner, facts: &OwnerFacts) {
        for (index, entry) in facts.entries.iter().enumerate() {
            let candidate = validate::candidate(&entry.listener, &entry.validity, self.policy.kind);
            if let Some(candidate) = candidate {
                let number = entry.listener.port;
                let place = facts.precedence(owner, index);
                self.touched.insert(number);
                self.changed.insert((number, place.clone()));
                let port = self.ports.entry(number).or_default();
                port.enter(place, entry, candidate);
            }
        }
    }

    /// Takes an owner's listeners out.
    pub(crate) fn leave(&mut self, owner: &ListenerOwner, facts: &OwnerFacts) {
        for (index, entry) in facts.entries.iter().enumerate() {
            let number = entry.listener.port;
            let place = facts.precedence(owner, index);
            let port = self.ports.get_mut(&number);
            if let Some(reached) = port.and_then(|port| port.leave(&place)) {
                self.touched.insert(number);
                self.changed.insert((number, place));
                self.changed
                    .extend(reached.into_iter().map(|place| (number, place)));
            }
        }
    }

    /// Decides what is touched. Returns the listeners that came, went, or stand differently, by port.
    pub(crate) fn decide(&mut self) -> BTreeSet<(u16, Precedence)> {
        let Self {
            ports,
            touched,
            changed,
            ..
        } = self;
        for number in std::mem::take(touched) {
            if let Some(port) = ports.get_mut(&number) {
                let reached = port.decide();
                changed.extend(reached.into_iter().map(|place| (number, place)));
                if port.candidates.is_empty() {
                    ports.remove(&number);
                }
            }
        }
        std::mem::take(changed)
    }

    /// What is served of a listener; nothing if it is not.
    pub(crate) fn member(&self, port: u16, place: &Precedence) -> Option<Member> {
        let standing = self.ports.get(&port)?.candidates.get(place)?;
        self.serves(standing).then(|| Member {
            core: Arc::clone(&standing.core),
            class: standing.class,
        })
    }

    /// How an owner's listeners stand among all of the Gateway.
    pub(crate) fn merged(&self, owner: &ListenerOwner, facts: &OwnerFacts) -> MergedOwner {
        let listeners = facts.entries.iter().enumerate();
        MergedOwner {
            listeners: listeners
                .map(|(index, entry)| self.listener(facts.precedence(owner, index), entry))
                .collect(),
        }
    }

    fn listener(&self, precedence: Precedence, entry: &ListenerFacts) -> MergedListener {
        let port = self.ports.get(&entry.listener.port);
        let standing = port.and_then(|port| port.candidates.get(&precedence));
        let name = |place: &Precedence| {
            let rival = port.and_then(|port| port.candidates.get(place));
            rival.map(|rival| rival.core.listener.clone())
        };
        MergedListener {
            outcome: outcome(&precedence, entry, standing, name),
            overlapping_tls: port
                .and_then(|port| port.overlap(&precedence))
                .and_then(|other| name(&other)),
            served: standing.is_some_and(|standing| self.serves(standing)),
            precedence,
        }
    }

    fn serves(&self, standing: &CandidateState) -> bool {
        self.policy.accepted && standing.usable && standing.won()
    }
}

fn outcome(
    precedence: &Precedence,
    entry: &ListenerFacts,
    standing: Option<&CandidateState>,
    name: impl Fn(&Precedence) -> Option<ListenerRef>,
) -> ListenerOutcome {
    if let Validity::Invalid { field, reason } = &entry.validity {
        return ListenerOutcome::Invalid {
            field: field.clone(),
            reason: reason.clone(),
        };
    }
    match standing.and_then(|standing| standing.outcome.as_ref()) {
        None | Some(ConflictOutcome::Unservable) => ListenerOutcome::UnsupportedProtocol,
        Some(ConflictOutcome::Won) => ListenerOutcome::Won,
        Some(ConflictOutcome::Lost { conflict, rival }) => ListenerOutcome::Conflicted {
            conflict: *conflict,
            // Whoever it lost to contends for the same port.
            rival: name(rival).or_else(|| Some(entry.core.listener.clone())),
            rival_class: order::rival_class(precedence, rival),
        },
    }
}

impl CandidateState {
    fn won(&self) -> bool {
        self.outcome == Some(ConflictOutcome::Won)
    }

    fn candidate(&self) -> Candidate<'_> {
        Candidate {
            class: self.class,
            hostname: self.hostname(),
            servable: self.servable,
        }
    }

    /// Whether it is a winner that ends or passes on TLS.
    fn won_with_tls(&self) -> bool {
        let has_tls = match self.class {
            WireClass::Https | WireClass::TlsTerminate | WireClass::TlsPassthrough => true,
            WireClass::Http | WireClass::Tcp | WireClass::Udp => false,
        };
        has_tls && self.won()
    }

    fn hostname(&self) -> Option<&Hostname> {
        self.core.hostname.as_ref()
    }
}

impl PortConflicts {
    fn enter(&mut self, place: Precedence, entry: &ListenerFacts, candidate: Candidate<'_>) {
        let hostname = candidate.hostname.cloned();
        *self.classes.entry(candidate.class).or_default() += 1;
        self.by_hostname
            .entry(hostname.clone())
            .or_default()
            .insert(place.clone());
        self.touched.insert(hostname);
        self.entered.insert(place.clone());
        self.candidates.insert(
            place,
            CandidateState {
                core: Arc::clone(&entry.core),
                class: candidate.class,
                servable: candidate.servable,
                usable: !entry.unusable_refs,
                outcome: None,
            },
        );
    }

    /// Takes a candidate out, if it is one. Returns whose overlap may be another one now.
    fn leave(&mut self, place: &Precedence) -> Option<BTreeSet<Precedence>> {
        let standing = self.candidates.remove(place)?;
        let hostname = standing.core.hostname.clone();
        let reached = if standing.won_with_tls() {
            self.overlaps.remove(standing.hostname(), place)
        } else {
            BTreeSet::new()
        };
        if let Some(count) = self.classes.get_mut(&standing.class) {
            *count -= 1;
            if *count == 0 {
                self.classes.remove(&standing.class);
            }
        }
        if let Some(places) = self.by_hostname.get_mut(&hostname) {
            places.remove(place);
            if places.is_empty() {
                self.by_hostname.remove(&hostname);
            }
        }
        self.touched.insert(hostname);
        Some(reached)
    }

    /// Decides what is touched; returns who stands differently.
    fn decide(&mut self) -> BTreeSet<Precedence> {
        let touched = std::mem::take(&mut self.touched);
        let partition = Partition::of(self.classes.len());
        let before = std::mem::replace(&mut self.partition, partition);
        let decided = match (before, partition) {
            (_, Partition::Whole) => decide(self.candidates.iter()),
            (Partition::Whole, Partition::ByHostname) => {
                self.decide_parts(self.by_hostname.values())
            }
            (Partition::ByHostname, Partition::ByHostname) => self.decide_parts(
                touched
                    .iter()
                    .filter_map(|hostname| self.by_hostname.get(hostname)),
            ),
        };
        self.take(decided)
    }

    /// Decides parts of the port, each by itself.
    fn decide_parts<'a>(
        &self,
        parts: impl Iterator<Item = &'a BTreeSet<Precedence>>,
    ) -> Vec<(Precedence, ConflictOutcome<Precedence>)> {
        parts
            .flat_map(|places| {
                let standings = places.iter();
                decide(standings.filter_map(|place| self.candidates.get_key_value(place)))
            })
            .collect()
    }

    fn take(
        &mut self,
        decided: Vec<(Precedence, ConflictOutcome<Precedence>)>,
    ) -> BTreeSet<Precedence> {
        let entered = std::mem::take(&mut self.entered);
        let mut changed = BTreeSet::new();
        let mut anew = Vec::new();
        for (place, outcome) in decided {
            let Some(standing) = self.candidates.get_mut(&place) else {
                continue;
            };
            let lost_to_entered =
                matches!(&outcome, ConflictOutcome::Lost { rival, .. } if entered.contains(rival));
            if standing.outcome.as_ref() == Some(&outcome) {
                if lost_to_entered {
                    changed.insert(place);
                }
                continue;
            }
            if standing.won_with_tls() {
                changed.append(&mut self.overlaps.remove(standing.hostname(), &place));
            }
            standing.outcome = Some(outcome);
            anew.push(place.clone());
            changed.insert(place);
        }
        // Afterwards: a hostname has one winner at a time.
        for place in anew {
            let standing = self.candidates.get(&place);
            if let Some(standing) = standing.filter(|standing| standing.won_with_tls()) {
                changed.append(&mut self.overlaps.insert(standing.hostname(), &place));
            }
        }
        changed
    }

    /// The strongest other listener that a winner overlaps with.
    fn overlap(&self, place: &Precedence) -> Option<Precedence> {
        let standing = self.candidates.get(place)?;
        standing
            .won_with_tls()
            .then(|| self.overlaps.strongest(standing.hostname()))?
    }
}

/// One owner's candidates of one port.
type Owned<'a> = Vec<(&'a Precedence, Candidate<'a>)>;

/// Decides candidates that come in order of precedence.
fn decide<'a>(
    places: impl Iterator<Item = (&'a Precedence, &'a CandidateState)>,
) -> Vec<(Precedence, ConflictOutcome<Precedence>)> {
    let mut owners: Vec<Owned<'a>> = Vec::new();
    for (place, standing) in places {
        let candidate = (place, standing.candidate());
        match owners.last_mut() {
            Some(owned)
                if owned
                    .first()
                    .is_some_and(|(first, _)| is_of_owner(first, place)) =>
            {
                owned.push(candidate);
            }
            _ => owners.push(vec![candidate]),
        }
    }
    let decided = conflict::decide(owners).into_iter();
    decided
        .map(|(place, outcome)| (place.clone(), outcome.cloned()))
        .collect()
}

fn is_of_owner(left: &Precedence, right: &Precedence) -> bool {
    left.class == right.class && left.owner == right.owner
}
