//! The layers' recomputation, each in its turn: a layer marks only what comes behind it.

use std::collections::BTreeMap;
use std::sync::Arc;

use tributary_model::{Kind, Name, ObjectKey, ObjectRef};

use crate::engine::gateway_state::{Merges, OwnerMerged};
use crate::engine::load_balancer::{self, AssembledPort, Differences};
use crate::engine::merge::{Merge, Outcome};
use crate::engine::resolve;
use crate::read::input::{Input, Reading};
use crate::read::reader::Reader;
use crate::read::store::Store;
use crate::rules::class;
use crate::rules::gateway::{self, Standing};
use crate::rules::owner;
use crate::rules::route::{self, RouteFacts};
use crate::rules::target_groups;

impl Merge {
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

    fn settle_classes(&mut self) {
        for name in std::mem::take(&mut self.dirty.classes) {
            let mut reader = Reader::new(&self.store, &self.facts);
            let facts = class::facts(&mut reader, &name, &self.options.installation).map(Arc::new);
            let object = ObjectRef::new(Kind::GatewayClass, ObjectKey::cluster(Name::clone(&name)));
            let inputs = kept(&self.store, &object, reader);
            self.reads
                .replace(&Reading::Class(Name::clone(&name)), inputs);
            // Its finalizer is no fact that others read.
            self.dirty.objects.insert(object);
            if self.facts.classes.get(&name) == facts.as_ref() {
                continue;
            }
            put(&mut self.facts.classes, &name, facts);
            self.dirty.readers(&self.reads, &Input::Class(name));
        }
    }

    fn settle_gateways(&mut self) {
        for key in std::mem::take(&mut self.dirty.gateways) {
            let us = &self.options.installation;
            let mut reader = Reader::new(&self.store, &self.facts);
            let used = gateway::used_class(&mut reader, &key, us);
            let standing = gateway::standing(&mut reader, &key, us);
            let object = ObjectRef::new(Kind::Gateway, key.clone());
            let inputs = kept(&self.store, &object, reader);
            for class in self.facts.uses(&key, used) {
                let class = ObjectRef::new(Kind::GatewayClass, ObjectKey::cluster(class));
                self.dirty.objects.insert(class);
            }
            let (facts, left_alone) = match standing {
                Some(Standing::Ours(facts)) => (Some(Arc::from(facts)), None),
                Some(Standing::LeftAlone(left_alone)) => (None, Some(left_alone)),
                None => (None, None),
            };
            self.reads.replace(&Reading::Gateway(key.clone()), inputs);
            if facts.is_none() {
                // What it carries may be ours all the same.
                self.dirty.judge.insert(object.clone());
            }
            let is_same = self.facts.gateways.get(&key) == facts.as_ref();
            if is_same && self.facts.left_alone.get(&key) == left_alone.as_ref() {
                continue;
            }
            put(&mut self.facts.gateways, &key, facts);
            put(&mut self.facts.left_alone, &key, left_alone);
            self.dirty
                .readers(&self.reads, &Input::Gateway(key.clone()));
            if is_same {
                continue;
            }
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
            if facts.is_none() {
                // What it carries may be ours all the same.
                self.dirty.judge.insert(object.clone());
            }
            let old = self.facts.owners.get(&owner).cloned();
            if old == facts {
                continue;
            }
            if let Some(old) = &old {
                self.dirty.merges.insert(old.gateway.clone());
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
                self.dirty.merges.insert(new.gateway.clone());
            }
            put(&mut self.facts.owners, &owner, facts);
            self.dirty.readers(&self.reads, &Input::Listeners(owner));
            self.dirty.objects.insert(object);
        }
    }

    fn settle_merges(&mut self) {
        for key in std::mem::take(&mut self.dirty.merges) {
            let Some(state) = self.states.get_mut(&key) else {
                continue;
            };
            let Merges { owners, ports } =
                state.merge(self.facts.gateways.get(&key).map(Arc::as_ref));
            for OwnerMerged {
                owner,
                merged,
                serves_same,
            } in owners
            {
                self.dirty.objects.insert(owner.object());
                self.facts.merged.insert(owner.clone(), merged);
                if !serves_same {
                    self.dirty.readers(&self.reads, &Input::Listeners(owner));
                }
            }
            let ports = ports.into_iter().map(|port| (key.clone(), port));
            self.dirty.ports.extend(ports);
            // It counts its attached sets.
            let gateway = ObjectRef::new(Kind::Gateway, key);
            self.dirty.objects.insert(gateway);
        }
    }

    fn settle_routes(&mut self) {
        for object in std::mem::take(&mut self.dirty.routes) {
            let mut reader = Reader::new(&self.store, &self.facts).sharing(&self.states);
            let facts =
                route::facts(&mut reader, &object, self.options.default_target_type).map(Arc::new);
            let inputs = kept(&self.store, &object, reader);
            self.reads.replace(&Reading::Route(object.clone()), inputs);
            if facts.is_none() {
                // What it carries may be ours all the same.
                self.dirty.judge.insert(object.clone());
            }
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
        let (old, new) = (RouteFacts::attached(old), RouteFacts::attached(new));
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
        let (old, new) = (RouteFacts::brings(old), RouteFacts::brings(new));
        for (placement, contribution) in old {
            if route::brought(new, placement) == Some(contribution) {
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
            if route::brought(old, placement) == Some(contribution) {
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
            let AssembledPort {
                listener,
                is_same,
                judge,
                reshadowed,
            } = state.assemble_port(number, gateway);
            self.dirty.objects.extend(reshadowed);
            self.dirty.judge.extend(judge);
            let differences = differences.entry(key).or_default();
            if !is_same {
                differences.listeners.insert(number, listener);
            }
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
            let gateway = self.facts.gateways.get(&key).map(Arc::as_ref);
            let mut groups = std::mem::take(&mut state.uses.touched);
            if state.starts_anew(gateway) {
                groups.extend(state.uses.groups.keys().cloned());
            }
            for id in groups {
                let mut reader = Reader::new(&self.store, &self.facts);
                let us = &self.options.installation;
                let group = state.uses.groups.get(&id).map(|used| {
                    target_groups::desired(&mut reader, us, &used.spec, used.listeners())
                });
                let before = state.desired.as_ref();
                let before = before.and_then(|desired| desired.target_groups.get(&id));
                let pods = before.into_iter().chain(&group).flat_map(|it| &it.awaited);
                let pods = pods.map(|it| ObjectRef::new(Kind::Pod, it.pod.key.clone()));
                self.dirty.judge.extend(pods);
                let reading = Reading::TargetGroup(key.clone(), id.clone());
                self.reads.replace(&reading, reader.into_inputs());
                differences.groups.insert(id, group);
            }
            match state.assemble(&key, gateway, differences, self.store.unread()) {
                load_balancer::Change::None => {}
                load_balancer::Change::Now { old, new } => {
                    self.dirty
                        .objects
                        .insert(ObjectRef::new(Kind::Gateway, key.clone()));
                    self.dirty
                        .judge
                        .insert(ObjectRef::new(Kind::Gateway, key.clone()));
                    if old.as_ref() != new.as_ref().map(|new| &new.key) {
                        // What is reported of it is judged of everybody on it.
                        let owners = state.merging().map(|merging| merging.owner.object());
                        self.dirty.judge.extend(owners);
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
            if state.is_empty() && !self.facts.gateways.contains_key(&key) {
                self.states.remove(&key);
            }
        }
    }

    fn settle_objects(&mut self, outcome: &mut Outcome) {
        outcome.judge.append(&mut self.dirty.judge);
        for object in std::mem::take(&mut self.dirty.objects) {
            let new = resolve::resolved(self, &object);
            if self.resolved.get(&object) == new.as_ref() {
                continue;
            }
            put(&mut self.resolved, &object, new.clone());
            outcome.judge.insert(object.clone());
            outcome.objects.insert(object, new);
        }
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
