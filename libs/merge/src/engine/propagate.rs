//! The layers' recomputation, each in its turn: a layer marks only what comes behind it.

use std::collections::BTreeMap;
use std::sync::Arc;

use tributary_model::desired::TargetGroupId;
use tributary_model::{Kind, ListenerOwner, Name, ObjectKey, ObjectRef};

use crate::engine::dirty::Mark;
use crate::engine::gateway_state::{Merges, OwnerMerged};
use crate::engine::load_balancer::{self, AssembledPort, Differences};
use crate::engine::merge::{Merge, Outcome};
use crate::engine::resolve;
use crate::read::input::{Input, Reading};
use crate::read::reader::Reader;
use crate::read::store::Store;
use crate::rules::class;
use crate::rules::gateway::{self, GatewayClaim};
use crate::rules::owner;
use crate::rules::route::{self, RouteFacts};
use crate::rules::target_groups;

/// What is different in the load balancers, until their turn comes.
type Different = BTreeMap<ObjectKey, Differences>;

impl Merge {
    /// Recomputes what is dirty, layer by layer, and says what is different since the last time.
    pub fn propagate(&mut self) -> Outcome {
        let mut outcome = Outcome::default();
        let mut different = Different::new();
        while let Some(mark) = self.dirty.next() {
            match mark {
                Mark::Class(name) => self.propagate_class(name),
                Mark::Gateway(key) => self.propagate_gateway(key),
                Mark::Owner(owner) => self.propagate_owner(owner),
                Mark::Conflicts(gateway) => self.propagate_conflicts(gateway),
                Mark::Route(route) => self.propagate_route(route),
                Mark::Port(gateway, number) => {
                    self.propagate_port(gateway, number, &mut different);
                }
                Mark::TargetGroup(gateway, id) => self.propagate_target_group(gateway, id),
                Mark::LoadBalancer(gateway) => {
                    let differences = different.remove(&gateway).unwrap_or_default();
                    self.propagate_load_balancer(&gateway, differences, &mut outcome);
                }
                Mark::Object(object) => self.propagate_object(object, &mut outcome),
                Mark::Judgement(object) => {
                    outcome.judge.insert(object);
                }
            }
        }
        outcome
    }

    fn propagate_class(&mut self, name: Name) {
        let mut reader = Reader::new(&self.store, &self.facts);
        let facts = class::facts(&mut reader, &name, &self.options.installation).map(Arc::new);
        let object = ObjectRef::new(Kind::GatewayClass, ObjectKey::cluster(Name::clone(&name)));
        let inputs = kept(&self.store, &object, reader);
        self.reads
            .replace(&Reading::Class(Name::clone(&name)), inputs);
        // Its finalizer is no fact that others read.
        self.dirty.mark(Mark::Object(object));
        if self.facts.classes.get(&name) == facts.as_ref() {
            return;
        }
        put(&mut self.facts.classes, &name, facts);
        self.dirty.readers(&self.reads, &Input::Class(name));
    }

    fn propagate_gateway(&mut self, key: ObjectKey) {
        let us = &self.options.installation;
        let mut reader = Reader::new(&self.store, &self.facts);
        let used = gateway::used_class(&mut reader, &key, us);
        let standing = gateway::standing(&mut reader, &key, us);
        let object = ObjectRef::new(Kind::Gateway, key.clone());
        let inputs = kept(&self.store, &object, reader);
        for class in self.facts.uses(&key, used) {
            let class = ObjectRef::new(Kind::GatewayClass, ObjectKey::cluster(class));
            self.dirty.mark(Mark::Object(class));
        }
        let (facts, left_alone) = match standing {
            Some(GatewayClaim::Ours(facts)) => (Some(Arc::from(facts)), None),
            Some(GatewayClaim::LeftAlone(left_alone)) => (None, Some(left_alone)),
            None => (None, None),
        };
        self.reads.replace(&Reading::Gateway(key.clone()), inputs);
        if facts.is_none() {
            // What it carries may be ours all the same.
            self.dirty.mark(Mark::Judgement(object.clone()));
        }
        let is_same = self.facts.gateways.get(&key) == facts.as_ref();
        if is_same && self.facts.left_alone.get(&key) == left_alone.as_ref() {
            return;
        }
        put(&mut self.facts.gateways, &key, facts);
        put(&mut self.facts.left_alone, &key, left_alone);
        self.dirty
            .readers(&self.reads, &Input::Gateway(key.clone()));
        if is_same {
            return;
        }
        // Settings and kind reach every port.
        if let Some(state) = self.states.get(&key) {
            for port in state.ports.keys() {
                self.dirty.mark(Mark::Port(key.clone(), *port));
            }
        }
        self.dirty.mark(Mark::Conflicts(key.clone()));
        self.dirty.mark(Mark::LoadBalancer(key));
        self.dirty.mark(Mark::Object(object));
    }

    fn propagate_owner(&mut self, owner: ListenerOwner) {
        let mut reader = Reader::new(&self.store, &self.facts);
        let facts = owner::facts(&mut reader, &owner).map(Arc::new);
        let object = owner.object();
        let inputs = kept(&self.store, &object, reader);
        self.reads.replace(&Reading::Owner(owner.clone()), inputs);
        if facts.is_none() {
            // What it carries may be ours all the same.
            self.dirty.mark(Mark::Judgement(object.clone()));
        }
        let old = self.facts.owners.get(&owner).cloned();
        if old == facts {
            return;
        }
        if let Some(old) = &old {
            self.dirty.mark(Mark::Conflicts(old.gateway.clone()));
        }
        let stays = match (&old, &facts) {
            (Some(old), Some(new)) => {
                old.gateway == new.gateway && old.created == new.created && new.is_merged()
            }
            (Some(_), None) | (None, _) => false,
        };
        if let (Some(old), false) = (&old, stays) {
            if let Some(state) = self.states.get_mut(&old.gateway) {
                state.leave(&owner, old);
            }
            self.facts.merged.remove(&owner);
        }
        if let Some(new) = facts.as_ref().filter(|new| new.is_merged()) {
            let state = self.states.entry(new.gateway.clone()).or_default();
            state.enter(&owner, new);
            self.dirty.mark(Mark::Conflicts(new.gateway.clone()));
        }
        put(&mut self.facts.owners, &owner, facts);
        self.dirty.readers(&self.reads, &Input::Listeners(owner));
        self.dirty.mark(Mark::Object(object));
    }

    fn propagate_conflicts(&mut self, key: ObjectKey) {
        let Some(state) = self.states.get_mut(&key) else {
            return;
        };
        let Merges { owners, ports } = state.merge(self.facts.gateways.get(&key).map(Arc::as_ref));
        for OwnerMerged {
            owner,
            merged,
            serves_same,
        } in owners
        {
            self.dirty.mark(Mark::Object(owner.object()));
            self.facts.merged.insert(owner.clone(), merged);
            if !serves_same {
                self.dirty.readers(&self.reads, &Input::Listeners(owner));
            }
        }
        for port in ports {
            self.dirty.mark(Mark::Port(key.clone(), port));
        }
        // It counts its attached sets.
        let gateway = ObjectRef::new(Kind::Gateway, key);
        self.dirty.mark(Mark::Object(gateway));
    }

    fn propagate_route(&mut self, object: ObjectRef) {
        let mut reader = Reader::new(&self.store, &self.facts).sharing(&self.states);
        let facts =
            route::facts(&mut reader, &object, self.options.default_target_type).map(Arc::new);
        let inputs = kept(&self.store, &object, reader);
        self.reads.replace(&Reading::Route(object.clone()), inputs);
        if facts.is_none() {
            // What it carries may be ours all the same.
            self.dirty.mark(Mark::Judgement(object.clone()));
        }
        let old = self.routes.get(&object).cloned();
        if old == facts {
            return;
        }
        self.reattach(&object, old.as_ref(), facts.as_ref());
        self.redistribute(old.as_ref(), facts.as_ref());
        put(&mut self.routes, &object, facts);
        self.dirty.mark(Mark::Object(object));
    }

    /// Moves a route from the listeners that it was attached to to those that it is attached to now.
    fn reattach(
        &mut self,
        object: &ObjectRef,
        old: Option<&Arc<RouteFacts>>,
        new: Option<&Arc<RouteFacts>>,
    ) {
        let (old, new) = (RouteFacts::attached(old), RouteFacts::attached(new));
        for gone in old.difference(&new) {
            if let Some(routes) = self.attached.get_mut(*gone) {
                routes.remove(object);
                if routes.is_empty() {
                    self.attached.remove(*gone);
                }
            }
            self.dirty.mark(Mark::Object(gone.owner.object()));
        }
        for come in new.difference(&old) {
            self.attached
                .entry((*come).clone())
                .or_default()
                .insert(object.clone());
            self.dirty.mark(Mark::Object(come.owner.object()));
        }
    }

    /// Replaces what a route brings to ports.
    fn redistribute(&mut self, old: Option<&Arc<RouteFacts>>, new: Option<&Arc<RouteFacts>>) {
        let (old, new) = (RouteFacts::brings(old), RouteFacts::brings(new));
        for (placement, contribution) in old {
            if route::brought(new, placement) == Some(contribution) {
                continue;
            }
            self.dirty
                .mark(Mark::Port(placement.gateway.clone(), placement.port));
            if let Some(state) = self.states.get_mut(&placement.gateway)
                && let Some(port) = state.ports.get_mut(&placement.port)
            {
                port.remove(&placement.listener, contribution, &mut state.uses);
            }
        }
        for (placement, contribution) in new {
            if route::brought(old, placement) == Some(contribution) {
                continue;
            }
            self.dirty
                .mark(Mark::Port(placement.gateway.clone(), placement.port));
            let state = self.states.entry(placement.gateway.clone()).or_default();
            let port = state.ports.entry(placement.port).or_default();
            port.add(&placement.listener, contribution, &mut state.uses);
        }
    }

    fn propagate_port(&mut self, key: ObjectKey, number: u16, different: &mut Different) {
        let Some(state) = self.states.get_mut(&key) else {
            return;
        };
        let gateway = self.facts.gateways.get(&key).map(Arc::as_ref);
        let AssembledPort {
            listener,
            is_same,
            judge,
            turned,
            reshadowed,
        } = state.assemble_port(number, gateway);
        for route in reshadowed {
            self.dirty.mark(Mark::Object(route));
        }
        for owner in judge {
            self.dirty.mark(Mark::Judgement(owner));
        }
        for listener in turned {
            let routes = self.attached.get(&listener).into_iter().flatten();
            for object in routes.cloned().chain([listener.owner.object()]) {
                self.dirty.mark(Mark::Judgement(object));
            }
        }
        if !is_same {
            let differences = different.entry(key.clone()).or_default();
            differences.listeners.insert(number, listener);
        }
        self.dirty.mark(Mark::LoadBalancer(key));
    }

    /// Groups whose use changed are noted in the state already; this one's targets did.
    fn propagate_target_group(&mut self, key: ObjectKey, id: TargetGroupId) {
        if let Some(state) = self.states.get_mut(&key) {
            state.uses.touched.insert(id);
            self.dirty.mark(Mark::LoadBalancer(key));
        }
    }

    fn propagate_load_balancer(
        &mut self,
        key: &ObjectKey,
        mut differences: Differences,
        outcome: &mut Outcome,
    ) {
        let Some(state) = self.states.get_mut(key) else {
            return;
        };
        let gateway = self.facts.gateways.get(key).map(Arc::as_ref);
        let mut groups = std::mem::take(&mut state.uses.touched);
        if state.starts_anew(gateway) {
            groups.extend(state.uses.groups.keys().cloned());
        }
        for id in groups {
            let mut reader = Reader::new(&self.store, &self.facts);
            let us = &self.options.installation;
            let group =
                state.uses.groups.get(&id).map(|used| {
                    target_groups::desired(&mut reader, us, &used.spec, used.listeners())
                });
            let before = state.desired.as_ref();
            let before = before.and_then(|desired| desired.target_groups.get(&id));
            for awaited in before.into_iter().chain(&group).flat_map(|it| &it.awaited) {
                let pod = ObjectRef::new(Kind::Pod, awaited.pod.key.clone());
                self.dirty.mark(Mark::Judgement(pod));
            }
            let reading = Reading::TargetGroup(key.clone(), id.clone());
            self.reads.replace(&reading, reader.into_inputs());
            differences.groups.insert(id, group);
        }
        match state.assemble(key, gateway, differences, self.store.unread()) {
            load_balancer::LoadBalancerChange::None => {}
            load_balancer::LoadBalancerChange::Now { old, new } => {
                let object = ObjectRef::new(Kind::Gateway, key.clone());
                self.dirty.mark(Mark::Object(object.clone()));
                self.dirty.mark(Mark::Judgement(object));
                if old.as_ref() != new.as_ref().map(|new| &new.key) {
                    // What is reported of it is judged of everybody on it.
                    for merging in state.merging() {
                        self.dirty.mark(Mark::Judgement(merging.owner.object()));
                    }
                }
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
        if state.is_empty() && !self.facts.gateways.contains_key(key) {
            self.states.remove(key);
        }
    }

    fn propagate_object(&mut self, object: ObjectRef, outcome: &mut Outcome) {
        let new = resolve::resolved(self, &object);
        if self.resolved.get(&object) == new.as_ref() {
            return;
        }
        put(&mut self.resolved, &object, new.clone());
        self.dirty.mark(Mark::Judgement(object.clone()));
        outcome.objects.insert(object, new);
    }
}

/// What was read besides the object itself, whose changes are marked as they come. Nothing once it is gone:
/// then only its return can matter.
fn kept(store: &Store, object: &ObjectRef, reader: Reader<'_>) -> Vec<Input> {
    if store.any(object).is_none() {
        return Vec::new();
    }
    let mut inputs = reader.into_inputs();
    inputs.retain(|input| !matches!(input, Input::Object(read) if read == object));
    inputs
}

fn put<K: Ord + Clone, V>(map: &mut BTreeMap<K, V>, key: &K, value: Option<V>) {
    match value {
        Some(value) => map.insert(key.clone(), value),
        None => map.remove(key),
    };
}
