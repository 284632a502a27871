//! The incremental state: what is dirty, and the layers' recomputation in their order.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tributary_model::desired::{DesiredLoadBalancer, LoadBalancerKey, TargetGroupId};
use tributary_model::elb::TargetType;
use tributary_model::resolved::Resolved;
use tributary_model::view::{Explanation, PrecedenceClass};
use tributary_model::{
    Change, Kind, ListenerOwner, ListenerRef, Name, ObjectKey, ObjectRef, OwnerKind, Snapshot,
};

use crate::facts::{Facts, OwnerFacts};
use crate::load_balancer::{self, Differences, State};
use crate::order::Age;
use crate::reads::{Input, Reader, Reading, Reads};
use crate::route::{self, RouteFacts};
use crate::store::Store;
use crate::{class, explain, gateway, merged, owner, resolve, target_groups};

/// What the desired state depends on besides the objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Target type of Services without a TargetGroupConfiguration that names one.
    pub default_target_type: TargetType,
}

/// The merge, with everything that it remembers between changes.
///
/// [`Self::apply`] takes changes in, [`Self::settle`] recomputes what they reach and says what is different.
/// The result is a pure function of the objects: the order of arrival, and how often it was settled in
/// between, leave no trace.
#[derive(Clone, Debug)]
pub struct Merge {
    pub(crate) options: Options,
    pub(crate) store: Store,
    pub(crate) facts: Facts,
    pub(crate) routes: BTreeMap<ObjectRef, Arc<RouteFacts>>,
    /// Accepted routes by the listeners that they reach.
    pub(crate) attached: BTreeMap<ListenerRef, BTreeSet<ObjectRef>>,
    pub(crate) states: BTreeMap<ObjectKey, State>,
    reads: Reads,
    dirty: Dirty,
    resolved: BTreeMap<ObjectRef, Arc<Resolved>>,
    load_balancers: BTreeMap<LoadBalancerKey, Arc<DesiredLoadBalancer>>,
}

/// What is different since the last [`Merge::settle`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Objects decided anew; `None`: no longer ours, or gone.
    pub objects: BTreeMap<ObjectRef, Option<Arc<Resolved>>>,
    /// Load balancers whose desired state is another one; `None`: it must not exist any more.
    pub load_balancers: BTreeMap<LoadBalancerKey, Option<Arc<DesiredLoadBalancer>>>,
    /// Objects whose judgement may be another one: those of `objects`, and those whose listeners ask their
    /// load balancer for something else now (a rotated certificate) although the decision on them stands.
    pub judge: BTreeSet<ObjectRef>,
}

/// A merge from scratch.
#[derive(Clone, Debug)]
pub struct Merged {
    /// The settled state.
    pub merge: Merge,
    /// Everything, as one outcome.
    pub outcome: Outcome,
}

/// What must be recomputed, by layer.
#[derive(Clone, Debug, Default)]
struct Dirty {
    classes: BTreeSet<Name>,
    gateways: BTreeSet<ObjectKey>,
    owners: BTreeSet<ListenerOwner>,
    /// Gateways whose listeners must be merged again.
    merges: BTreeSet<ObjectKey>,
    routes: BTreeSet<ObjectRef>,
    ports: BTreeSet<(ObjectKey, u16)>,
    /// Target groups whose targets may be others.
    groups: BTreeSet<(ObjectKey, TargetGroupId)>,
    /// Gateways whose load balancer must be put together again.
    load_balancers: BTreeSet<ObjectKey>,
    objects: BTreeSet<ObjectRef>,
    judge: BTreeSet<ObjectRef>,
}

impl Default for Options {
    fn default() -> Self {
        // Pods' addresses need no node ports and lose no hop; instances must be asked for.
        Self {
            default_target_type: TargetType::Ip,
        }
    }
}

/// Merges a whole snapshot.
pub fn merge(snapshot: &Snapshot, options: Options) -> Merged {
    let mut merge = Merge::new(options);
    for resource in snapshot.iter() {
        merge.apply(Change::Apply(Arc::clone(resource)));
    }
    let outcome = merge.settle();
    Merged { merge, outcome }
}

impl Merge {
    /// With no objects yet.
    pub fn new(options: Options) -> Self {
        Self {
            options,
            store: Store::default(),
            facts: Facts::default(),
            routes: BTreeMap::new(),
            attached: BTreeMap::new(),
            states: BTreeMap::new(),
            reads: Reads::default(),
            dirty: Dirty::default(),
            resolved: BTreeMap::new(),
            load_balancers: BTreeMap::new(),
        }
    }

    /// Takes one change in and marks what it can reach. Cheap. Returns whether anything is different now.
    pub fn apply(&mut self, change: Change) -> bool {
        let touched = self.store.apply(change);
        for input in &touched {
            if let Input::Object(object) = input {
                self.dirty.object(object);
            }
            self.dirty.readers(&self.reads, input);
        }
        !touched.is_empty()
    }

    /// Recomputes what is dirty, layer by layer, and says what is different since the last time.
    pub fn settle(&mut self) -> Outcome {
        let mut outcome = Outcome::default();
        self.settle_classes();
        self.settle_gateways();
        self.settle_owners();
        self.settle_merges();
        self.settle_routes();
        self.settle_load_balancers(&mut outcome);
        self.settle_objects(&mut outcome);
        outcome
    }

    /// The decision on an object; nothing if it is not ours.
    pub fn resolved(&self, object: &ObjectRef) -> Option<&Arc<Resolved>> {
        self.resolved.get(object)
    }

    /// Every decision, by kind, namespace and name.
    pub fn iter(&self) -> impl Iterator<Item = (&ObjectRef, &Arc<Resolved>)> {
        self.resolved.iter()
    }

    /// The desired state of every load balancer.
    pub fn load_balancers(&self) -> &BTreeMap<LoadBalancerKey, Arc<DesiredLoadBalancer>> {
        &self.load_balancers
    }

    /// The load balancer that a Gateway has or would have; nothing unless it is ours.
    pub fn load_balancer_key(&self, gateway: &ObjectKey) -> Option<LoadBalancerKey> {
        let facts = self.facts.gateways.get(gateway)?;
        Some(load_balancer::key(gateway, facts.kind))
    }

    /// The Gateway and its merged sets, highest precedence first; empty unless it is ours.
    pub fn owners(&self, gateway: &ObjectKey) -> Vec<ListenerOwner> {
        if !self.facts.gateways.contains_key(gateway) {
            return Vec::new();
        }
        let sets = self.states.get(gateway).map(|state| state.sets.values());
        std::iter::once(ListenerOwner::gateway(gateway.clone()))
            .chain(sets.into_iter().flatten().cloned())
            .collect()
    }

    /// The decisions on an object, or on one of its listeners, in words.
    pub fn explain(&self, object: &ObjectRef, listener: Option<&str>) -> Vec<Explanation> {
        explain::explain(self, object, listener)
    }

    /// Why a listener stands where it does in the order of precedence; nothing if it is not ours.
    pub fn precedence(&self, listener: &ListenerRef) -> Option<PrecedenceClass> {
        let facts = self.facts.owners.get(&listener.owner)?;
        facts
            .entries
            .iter()
            .find(|entry| entry.listener.name == listener.name)?;
        Some(match listener.owner.kind {
            OwnerKind::Gateway => PrecedenceClass::Gateway,
            OwnerKind::ListenerSet => PrecedenceClass::ListenerSet {
                created: facts.created,
            },
        })
    }

    fn settle_classes(&mut self) {
        for name in std::mem::take(&mut self.dirty.classes) {
            let mut reader = Reader::new(&self.store, &self.facts);
            let facts = class::facts(&mut reader, &name).map(Arc::new);
            let object = ObjectRef::new(Kind::GatewayClass, ObjectKey::cluster(Name::clone(&name)));
            let inputs = kept(&self.store, &object, reader);
            self.reads
                .replace(&Reading::Class(Name::clone(&name)), inputs);
            if self.facts.classes.get(&name) == facts.as_ref() {
                continue;
            }
            put(&mut self.facts.classes, &name, facts);
            self.dirty.readers(&self.reads, &Input::Class(name));
            self.dirty.objects.insert(object);
        }
    }

    fn settle_gateways(&mut self) {
        for key in std::mem::take(&mut self.dirty.gateways) {
            let mut reader = Reader::new(&self.store, &self.facts);
            let facts = gateway::facts(&mut reader, &key).map(Arc::new);
            let object = ObjectRef::new(Kind::Gateway, key.clone());
            let inputs = kept(&self.store, &object, reader);
            self.reads.replace(&Reading::Gateway(key.clone()), inputs);
            if self.facts.gateways.get(&key) == facts.as_ref() {
                continue;
            }
            put(&mut self.facts.gateways, &key, facts);
            self.dirty
                .readers(&self.reads, &Input::Gateway(key.clone()));
            // Settings and kind reach every port.
            if let Some(state) = self.states.get(&key) {
                let ports = state.ports.keys().map(|port| (key.clone(), *port));
                self.dirty.ports.extend(ports);
            }
            self.dirty.merges.insert(key.clone());
            self.dirty.load_balancers.insert(key);
            self.dirty.objects.insert(object);
        }
    }

    fn settle_owners(&mut self) {
        for owner in std::mem::take(&mut self.dirty.owners) {
            let mut reader = Reader::new(&self.store, &self.facts);
            let facts = owner::facts(&mut reader, &owner).map(Arc::new);
            let object = owner.object();
            let inputs = kept(&self.store, &object, reader);
            self.reads.replace(&Reading::Owner(owner.clone()), inputs);
            let old = self.facts.owners.get(&owner).cloned();
            if old == facts {
                continue;
            }
            if let Some(old) = &old {
                self.dirty.merges.insert(old.gateway.clone());
                if let (OwnerKind::ListenerSet, Some(state)) =
                    (owner.kind, self.states.get_mut(&old.gateway))
                {
                    state.sets.remove(&age(&owner, old));
                }
            }
            match &facts {
                Some(new) if new.is_merged() => {
                    let state = self.states.entry(new.gateway.clone()).or_default();
                    if owner.kind == OwnerKind::ListenerSet {
                        state.sets.insert(age(&owner, new), owner.clone());
                    }
                    self.dirty.merges.insert(new.gateway.clone());
                }
                Some(_) | None => {
                    self.facts.merged.remove(&owner);
                }
            }
            put(&mut self.facts.owners, &owner, facts);
            self.dirty.readers(&self.reads, &Input::Listeners(owner));
            self.dirty.objects.insert(object);
        }
    }

    fn settle_merges(&mut self) {
        for key in std::mem::take(&mut self.dirty.merges) {
            let owners = self.owners(&key);
            let owners: Vec<(&ListenerOwner, &OwnerFacts)> = owners
                .iter()
                .filter_map(|owner| Some((owner, self.facts.owners.get(owner)?.as_ref())))
                .collect();
            let merged = match self.facts.gateways.get(&key) {
                Some(gateway) => merged::merge(gateway, &owners),
                None => merged::Merged::default(),
            };
            let changed: Vec<_> = owners
                .iter()
                .zip(merged.owners)
                .filter(|((owner, _), new)| {
                    self.facts.merged.get(*owner).map(Arc::as_ref) != Some(new)
                })
                .map(|((owner, _), new)| ((*owner).clone(), new))
                .collect();
            for (owner, new) in changed {
                self.dirty.objects.insert(owner.object());
                let old = self.facts.merged.insert(owner.clone(), Arc::new(new));
                let same = match (&old, self.facts.merged.get(&owner)) {
                    (Some(old), Some(new)) => old.serves_same(new),
                    _ => false,
                };
                if !same {
                    self.dirty.readers(&self.reads, &Input::Listeners(owner));
                }
            }
            let state = self.states.entry(key.clone()).or_default();
            if state.attached_sets != merged.attached_sets {
                state.attached_sets = merged.attached_sets;
                let gateway = ObjectRef::new(Kind::Gateway, key.clone());
                self.dirty.objects.insert(gateway);
            }
            let mut members = merged.ports;
            let numbers: BTreeSet<u16> =
                state.ports.keys().chain(members.keys()).copied().collect();
            for number in numbers {
                let members = members.remove(&number).unwrap_or_default();
                let port = state.ports.entry(number).or_default();
                if port.members != members {
                    port.set_members(members, &mut state.uses);
                    self.dirty.ports.insert((key.clone(), number));
                }
            }
        }
    }

    fn settle_routes(&mut self) {
        for object in std::mem::take(&mut self.dirty.routes) {
            let mut reader = Reader::new(&self.store, &self.facts);
            let facts =
                route::facts(&mut reader, &object, self.options.default_target_type).map(Arc::new);
            let inputs = kept(&self.store, &object, reader);
            self.reads.replace(&Reading::Route(object.clone()), inputs);
            let old = self.routes.get(&object).cloned();
            if old == facts {
                continue;
            }
            self.reattach(&object, old.as_ref(), facts.as_ref());
            self.redistribute(old.as_ref(), facts.as_ref());
            put(&mut self.routes, &object, facts);
            self.dirty.objects.insert(object);
        }
    }

    /// Moves a route from the listeners that it was attached to to those that it is attached to now.
    fn reattach(
        &mut self,
        object: &ObjectRef,
        old: Option<&Arc<RouteFacts>>,
        new: Option<&Arc<RouteFacts>>,
    ) {
        let (old, new) = (RouteFacts::attached_of(old), RouteFacts::attached_of(new));
        for gone in old.difference(&new) {
            if let Some(routes) = self.attached.get_mut(*gone) {
                routes.remove(object);
                if routes.is_empty() {
                    self.attached.remove(*gone);
                }
            }
            self.dirty.objects.insert(gone.owner.object());
        }
        for come in new.difference(&old) {
            self.attached
                .entry((*come).clone())
                .or_default()
                .insert(object.clone());
            self.dirty.objects.insert(come.owner.object());
        }
    }

    /// Replaces what a route brings to ports.
    fn redistribute(&mut self, old: Option<&Arc<RouteFacts>>, new: Option<&Arc<RouteFacts>>) {
        let none = BTreeMap::new();
        let old = old.map_or(&none, |facts| &facts.contributions);
        let new = new.map_or(&none, |facts| &facts.contributions);
        for (placement, contribution) in old {
            if new.get(placement) == Some(contribution) {
                continue;
            }
            self.dirty
                .ports
                .insert((placement.gateway.clone(), placement.port));
            if let Some(state) = self.states.get_mut(&placement.gateway)
                && let Some(port) = state.ports.get_mut(&placement.port)
            {
                port.remove(&placement.listener, contribution, &mut state.uses);
            }
        }
        for (placement, contribution) in new {
            if old.get(placement) == Some(contribution) {
                continue;
            }
            self.dirty
                .ports
                .insert((placement.gateway.clone(), placement.port));
            let state = self.states.entry(placement.gateway.clone()).or_default();
            let port = state.ports.entry(placement.port).or_default();
            port.add(&placement.listener, contribution, &mut state.uses);
        }
    }

    fn settle_load_balancers(&mut self, outcome: &mut Outcome) {
        let mut differences: BTreeMap<ObjectKey, Differences> = BTreeMap::new();
        for (key, number) in std::mem::take(&mut self.dirty.ports) {
            let Some(state) = self.states.get_mut(&key) else {
                continue;
            };
            let gateway = self.facts.gateways.get(&key).map(Arc::as_ref);
            let (listener, reshadowed) = state.assemble_port(number, gateway);
            self.dirty.objects.extend(reshadowed);
            let asked_anew = state.note_members(number, listener.as_deref());
            self.dirty.judge.extend(asked_anew);
            differences
                .entry(key)
                .or_default()
                .listeners
                .insert(number, listener);
        }
        // Groups whose use changed were noted in the states; those whose targets did, by their readers.
        for (key, id) in std::mem::take(&mut self.dirty.groups) {
            if let Some(state) = self.states.get_mut(&key) {
                state.uses.touched.insert(id);
            }
        }
        for key in std::mem::take(&mut self.dirty.load_balancers) {
            differences.entry(key).or_default();
        }
        for (key, mut differences) in differences {
            let Some(state) = self.states.get_mut(&key) else {
                continue;
            };
            for id in std::mem::take(&mut state.uses.touched) {
                let mut reader = Reader::new(&self.store, &self.facts);
                let group =
                    state.uses.groups.get(&id).map(|used| {
                        target_groups::desired(&mut reader, &used.spec, used.listeners())
                    });
                let reading = Reading::TargetGroup(key.clone(), id.clone());
                self.reads.replace(&reading, reader.into_inputs());
                differences.groups.insert(id, group);
            }
            let gateway = self.facts.gateways.get(&key).map(Arc::as_ref);
            match state.assemble(&key, gateway, differences) {
                load_balancer::Change::None => {}
                load_balancer::Change::Now { old, new } => {
                    self.dirty
                        .objects
                        .insert(ObjectRef::new(Kind::Gateway, key.clone()));
                    self.dirty
                        .judge
                        .insert(ObjectRef::new(Kind::Gateway, key.clone()));
                    if let Some(old) = old {
                        self.load_balancers.remove(&old);
                        outcome.load_balancers.insert(old, None);
                    }
                    if let Some(new) = new {
                        self.load_balancers
                            .insert(new.key.clone(), Arc::clone(&new));
                        outcome.load_balancers.insert(new.key.clone(), Some(new));
                    }
                }
            }
            if state.is_empty() && !self.facts.gateways.contains_key(&key) {
                self.states.remove(&key);
            }
        }
    }

    fn settle_objects(&mut self, outcome: &mut Outcome) {
        outcome.judge.append(&mut self.dirty.judge);
        for object in std::mem::take(&mut self.dirty.objects) {
            let new = resolve::resolved(self, &object);
            if self.resolved.get(&object).map(Arc::as_ref) == new.as_ref() {
                continue;
            }
            let new = new.map(Arc::new);
            put(&mut self.resolved, &object, new.clone());
            outcome.judge.insert(object.clone());
            outcome.objects.insert(object, new);
        }
    }
}

impl Dirty {
    /// Marks what an object of this kind is itself.
    fn object(&mut self, object: &ObjectRef) {
        let key = &object.key;
        match object.kind {
            Kind::GatewayClass => {
                self.classes.insert(Name::clone(&key.name));
            }
            Kind::Gateway => {
                self.gateways.insert(key.clone());
                self.owners.insert(ListenerOwner::gateway(key.clone()));
            }
            Kind::ListenerSet => {
                self.owners.insert(ListenerOwner::listener_set(key.clone()));
            }
            Kind::HttpRoute
            | Kind::GrpcRoute
            | Kind::TcpRoute
            | Kind::UdpRoute
            | Kind::TlsRoute => {
                self.routes.insert(object.clone());
            }
            Kind::ReferenceGrant
            | Kind::Namespace
            | Kind::Service
            | Kind::EndpointSlice
            | Kind::Node
            | Kind::Secret
            | Kind::LoadBalancerConfiguration
            | Kind::TargetGroupConfiguration
            | Kind::ListenerRuleConfiguration => {}
        }
    }

    fn readers(&mut self, reads: &Reads, input: &Input) {
        for reading in reads.readers(input) {
            match reading {
                Reading::Class(name) => {
                    self.classes.insert(Name::clone(name));
                }
                Reading::Gateway(key) => {
                    self.gateways.insert(key.clone());
                }
                Reading::Owner(owner) => {
                    self.owners.insert(owner.clone());
                }
                Reading::Route(route) => {
                    self.routes.insert(route.clone());
                }
                Reading::TargetGroup(gateway, id) => {
                    self.load_balancers.insert(gateway.clone());
                    self.groups.insert((gateway.clone(), id.clone()));
                }
            }
        }
    }
}

/// What was read, or nothing once the object is gone: then only its return can matter, and that marks it.
fn kept(store: &Store, object: &ObjectRef, reader: Reader<'_>) -> Vec<Input> {
    match store.any(object) {
        Some(_) => reader.into_inputs(),
        None => Vec::new(),
    }
}

fn put<K: Ord + Clone, V>(map: &mut BTreeMap<K, V>, key: &K, value: Option<V>) {
    match value {
        Some(value) => map.insert(key.clone(), value),
        None => map.remove(key),
    };
}

fn age(owner: &ListenerOwner, facts: &OwnerFacts) -> Age {
    Age {
        created: facts.created,
        key: owner.key.clone(),
    }
}
