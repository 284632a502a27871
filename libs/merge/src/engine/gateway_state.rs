//! Everything that is remembered of one Gateway's load balancer; here, its owners and how they are merged.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tributary_model::desired::{DesiredLoadBalancer, TargetGroupId};
use tributary_model::{
    ListenerOwner, ListenerRef, ObjectKey, ObjectRef, OwnerKind, Precedence, PrecedenceClass,
    Revision,
};

use crate::index::conflicts::{GatewayPolicy, ListenerConflicts};
use crate::index::port::PortState;
use crate::index::uses::Uses;
use crate::read::reader::KnownGroups;
use crate::values::facts::{GatewayFacts, Member, MergedOwner, OwnerFacts};
use crate::values::order::Age;
use crate::values::target_group::TargetGroupTemplate;

/// The state of one Gateway.
#[derive(Clone, Debug, Default)]
pub(crate) struct GatewayState {
    /// Its own listeners.
    pub(crate) own: Option<Merging>,
    /// Its merged sets, highest precedence first.
    pub(crate) sets: BTreeMap<Age, Merging>,
    /// Sets with at least one good listener, before any programmer's word.
    pub(crate) attached_sets: u32,
    /// Who wins what.
    conflicts: ListenerConflicts,
    /// Owners that came or changed since they were last merged, by the place of their first listener.
    entered: BTreeSet<Precedence>,
    pub(crate) ports: BTreeMap<u16, PortState>,
    pub(crate) uses: Uses,
    /// The NLB routes that have others' traffic, by port.
    pub(crate) shadows: BTreeMap<u16, Shadows>,
    /// What a report must echo for a listener, with its port.
    pub(crate) revisions: BTreeMap<ListenerRef, (u16, Revision)>,
    /// By port, listeners that hold it but that its one ELB listener cannot serve beside the others.
    pub(crate) left_out: BTreeMap<u16, BTreeSet<ListenerRef>>,
    pub(crate) desired: Option<Arc<DesiredLoadBalancer>>,
}

/// An owner among those whose listeners are merged.
#[derive(Clone, Debug)]
pub(crate) struct Merging {
    pub(crate) owner: ListenerOwner,
    pub(crate) facts: Arc<OwnerFacts>,
    /// Of the last time.
    pub(crate) merged: Arc<MergedOwner>,
}

/// By listener and shadowed route: the route that has the traffic.
pub(crate) type Shadows = BTreeMap<(ListenerRef, ObjectRef), ObjectRef>;

/// What the merging of a Gateway's listeners changed.
#[derive(Default)]
pub(crate) struct Merges {
    pub(crate) owners: Vec<OwnerMerged>,
    /// Ports whose members changed.
    pub(crate) ports: BTreeSet<u16>,
}

/// An owner whose listeners stand differently.
pub(crate) struct OwnerMerged {
    pub(crate) owner: ListenerOwner,
    pub(crate) merged: Arc<MergedOwner>,
    /// Whether a route's view of it is as before.
    pub(crate) serves_same: bool,
}

impl GatewayState {
    /// Whether nothing is left to remember.
    pub(crate) fn is_empty(&self) -> bool {
        self.own.is_none()
            && self.sets.is_empty()
            && self.ports.is_empty()
            && self.uses.groups.is_empty()
            && self.desired.is_none()
    }

    /// Merges the listeners anew, as far as owners changed or the Gateway's policy did.
    pub(crate) fn merge(&mut self, gateway: Option<&GatewayFacts>) -> Merges {
        let policy = GatewayPolicy::of(gateway);
        if self.conflicts.policy != policy {
            let mut conflicts = self.conflicts.under(policy);
            for merging in self.own.iter().chain(self.sets.values()) {
                conflicts.enter(&merging.owner, &merging.facts);
            }
            self.conflicts = conflicts;
        }
        let mut merges = Merges::default();
        let mut owners = std::mem::take(&mut self.entered);
        let mut members: BTreeMap<u16, Vec<(Precedence, Option<Member>)>> = BTreeMap::new();
        for (port, place) in self.conflicts.decide() {
            owners.insert(first_listener(&place));
            let member = self.conflicts.member(port, &place);
            members.entry(port).or_default().push((place, member));
        }
        for place in owners {
            merges.owners.extend(self.merge_owner(&place));
        }
        for (number, members) in members {
            let Self { ports, uses, .. } = self;
            let is_empty = members.iter().all(|(_, member)| member.is_none());
            if is_empty && !ports.contains_key(&number) {
                continue;
            }
            let port = ports.entry(number).or_default();
            if port.change_members(members, uses) {
                merges.ports.insert(number);
            }
        }
        merges
    }

    /// Notes how one owner's listeners stand now; nothing if they stand as before.
    fn merge_owner(&mut self, place: &Precedence) -> Option<OwnerMerged> {
        let merging = match place.class {
            PrecedenceClass::Gateway => self.own.as_mut(),
            PrecedenceClass::ListenerSet { created } => self.sets.get_mut(&Age {
                created,
                key: place.owner.clone(),
            }),
        }?;
        let merged = self.conflicts.merged(&merging.owner, &merging.facts);
        if *merging.merged == merged {
            return None;
        }
        let merged = Arc::new(merged);
        let before = std::mem::replace(&mut merging.merged, Arc::clone(&merged));
        let owner = merging.owner.clone();
        self.count_attached(&owner, &before, &merged);
        Some(OwnerMerged {
            owner,
            serves_same: before.serves_same(&merged),
            merged,
        })
    }

    fn count_attached(&mut self, owner: &ListenerOwner, before: &MergedOwner, now: &MergedOwner) {
        if owner.kind == OwnerKind::ListenerSet {
            self.attached_sets += u32::from(now.is_attached());
            self.attached_sets -= u32::from(before.is_attached());
        }
    }

    /// Owners whose listeners are merged, highest precedence first.
    pub(crate) fn merging(&self) -> impl Iterator<Item = &Merging> {
        self.own.iter().chain(self.sets.values())
    }

    /// Puts an owner where its age says.
    pub(crate) fn enter(&mut self, owner: &ListenerOwner, facts: &Arc<OwnerFacts>) {
        let before = self.leave(owner, facts);
        let merging = Merging {
            owner: owner.clone(),
            facts: Arc::clone(facts),
            merged: before.map(|before| before.merged).unwrap_or_default(),
        };
        self.conflicts.enter(owner, facts);
        self.entered.insert(facts.precedence(owner, 0));
        self.count_attached(owner, &MergedOwner::default(), &merging.merged);
        match owner.kind {
            OwnerKind::Gateway => self.own = Some(merging),
            OwnerKind::ListenerSet => {
                self.sets.insert(facts.age(owner), merging);
            }
        }
    }

    /// Takes an owner out, which has its place by these facts.
    pub(crate) fn leave(&mut self, owner: &ListenerOwner, facts: &OwnerFacts) -> Option<Merging> {
        let merging = match owner.kind {
            OwnerKind::Gateway => self.own.take(),
            OwnerKind::ListenerSet => self.sets.remove(&facts.age(owner)),
        }?;
        self.conflicts.leave(owner, &merging.facts);
        self.count_attached(owner, &merging.merged, &MergedOwner::default());
        Some(merging)
    }
}

impl KnownGroups for BTreeMap<ObjectKey, GatewayState> {
    fn known_group(
        &self,
        gateway: &ObjectKey,
        id: &TargetGroupId,
    ) -> Option<&Arc<TargetGroupTemplate>> {
        let used = self.get(gateway)?.uses.groups.get(id)?;
        Some(&used.spec)
    }
}

/// Where an owner's first listener stands, which stands for the owner.
fn first_listener(place: &Precedence) -> Precedence {
    Precedence {
        index: 0,
        ..place.clone()
    }
}
