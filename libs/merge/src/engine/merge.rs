//! The merge as others see it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tributary_model::desired::{DesiredLoadBalancer, LoadBalancerKey};
use tributary_model::elb::TargetType;
use tributary_model::resolved::Resolved;
use tributary_model::{AttachedRoutes, compact};
use tributary_model::{
    Change, Installation, Kind, ListenerOwner, ListenerRef, Name, ObjectKey, ObjectRef, Resource,
    Snapshot,
};

use crate::engine::dirty::{Dirty, Mark};
use crate::engine::gateway_state::GatewayState;
use crate::engine::load_balancer;
use crate::read::dependencies::Reads;
use crate::read::input::Input;
use crate::read::store::Store;
use crate::rules::gateway;
use crate::rules::route::RouteFacts;
use crate::values::facts::{Facts, LeftAlone};

/// What the desired state depends on besides the objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Whose classes, finalizers and status entries are ours.
    pub installation: Installation,
    /// Target type of Services without a TargetGroupConfiguration that names one.
    pub default_target_type: TargetType,
}

/// The merge, with everything that it remembers between changes.
///
/// [`Self::apply`] takes changes in, [`Self::propagate`] recomputes what they reach and says what is different.
/// The result is a pure function of the objects: the order of arrival, and how often it was propagated in
/// between, leave no trace.
#[derive(Clone, Debug)]
pub struct Merge {
    pub(crate) options: Options,
    pub(crate) store: Store,
    pub(crate) facts: Facts,
    pub(crate) routes: BTreeMap<ObjectRef, Arc<RouteFacts>>,
    /// Accepted routes by the listeners that they reach.
    pub(crate) attached: BTreeMap<ListenerRef, AttachedRoutes>,
    pub(crate) states: BTreeMap<ObjectKey, GatewayState>,
    pub(crate) reads: Reads,
    pub(crate) dirty: Dirty,
    pub(crate) resolved: BTreeMap<ObjectRef, Arc<Resolved>>,
    pub(crate) load_balancers: BTreeMap<LoadBalancerKey, Arc<DesiredLoadBalancer>>,
}

/// What is different since the last [`Merge::propagate`].
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

/// What must stay although nothing is desired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Untouched {
    /// Another program made it, or may have. The text says which.
    Theirs(String),
    /// We made it, if anybody did. The text says what is missing.
    Ours(String),
}

/// A merge from scratch.
#[derive(Clone, Debug)]
pub struct Merged {
    /// The propagated state.
    pub merge: Merge,
    /// Everything, as one outcome.
    pub outcome: Outcome,
}

impl Default for Options {
    fn default() -> Self {
        // Pods' addresses need no node ports and lose no hop; instances must be asked for.
        Self {
            installation: Installation::default(),
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
    let outcome = merge.propagate();
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
            if let Input::Unread(_) = input {
                self.unread_changed();
            }
            if *input == Input::OtherController {
                self.every_class();
            }
            self.dirty.readers(&self.reads, input);
        }
        !touched.is_empty()
    }

    /// Every load balancer names what cannot be read, and what is said of objects whose parent is gone hangs on it.
    fn unread_changed(&mut self) {
        for gateway in self.states.keys() {
            self.dirty.mark(Mark::LoadBalancer(gateway.clone()));
        }
        for object in self.store.attachable() {
            self.dirty.mark(Mark::Judgement(object.clone()));
        }
        for gateway in self.facts.left_alone.keys() {
            let gateway = ObjectRef::new(Kind::Gateway, gateway.clone());
            self.dirty.mark(Mark::Judgement(gateway));
        }
        self.every_class();
    }

    /// What is written on a class hangs on what is said of no object.
    fn every_class(&mut self) {
        for name in self.facts.classes.keys() {
            let class = ObjectKey::cluster(Name::clone(name));
            self.dirty
                .mark(Mark::Object(ObjectRef::new(Kind::GatewayClass, class)));
        }
    }

    /// Takes less memory from now on and is otherwise the same. Worth its time once, when everything was read.
    pub fn compact(&mut self) {
        self.store.compact();
        self.reads.compact();
        compact(&mut self.routes);
        compact(&mut self.attached);
        compact(&mut self.resolved);
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

    /// Kinds that cannot be read.
    pub fn unread(&self) -> &BTreeSet<Kind> {
        self.store.unread()
    }

    /// Whether a Gateway may want a load balancer although none is desired: it or its class is not known, or all that
    /// would be served may be what cannot be read.
    pub fn may_want(&self, gateway: &ObjectKey) -> bool {
        let unread = self.store.unread();
        let is_there = self.store.gateway_object(gateway).is_some();
        let is_ours = self.facts.gateways.contains_key(gateway);
        unread.contains(&Kind::Gateway)
            || (is_there && unread.contains(&Kind::GatewayClass))
            || (is_ours && !unread.is_empty())
    }

    /// Why whatever is made for a Gateway stays as it is, and nothing is desired for it: another program holds it, or its
    /// class is not there. Nothing when neither is so.
    pub fn left_alone(&self, gateway: &ObjectKey) -> Option<Untouched> {
        if let Some(left_alone) = self.facts.left_alone.get(gateway) {
            let why = format!("Gateway {gateway} is left alone: {left_alone}");
            return Some(match left_alone {
                LeftAlone::Held(_) | LeftAlone::ClassServed { .. } => Untouched::Theirs(why),
                LeftAlone::ClassMissing(_) => Untouched::Ours(why),
            });
        }
        // One that is being deleted is nobody's to the merge.
        let object = ObjectRef::new(Kind::Gateway, gateway.clone());
        let Resource::Gateway(object) = self.store.any(&object)?.as_ref() else {
            return None;
        };
        let why = gateway::theirs_leaving(&self.store, object, &self.options.installation)?;
        Some(Untouched::Theirs(format!(
            "Gateway {gateway} is left alone: {why}"
        )))
    }

    /// The load balancer that a Gateway has or would have; nothing unless it is ours.
    pub fn load_balancer_key(&self, gateway: &ObjectKey) -> Option<LoadBalancerKey> {
        let facts = self.facts.gateways.get(gateway)?;
        Some(load_balancer::key(gateway, facts.kind))
    }

    /// Of the Gateways on which a route is to be served.
    pub fn load_balancers_of(&self, route: &ObjectRef) -> BTreeSet<LoadBalancerKey> {
        let facts = self.routes.get(route).into_iter();
        let placements = facts.flat_map(|facts| &facts.contributions);
        placements
            .filter_map(|(placement, _)| self.load_balancer_key(&placement.gateway))
            .collect()
    }

    /// Whether a listener is among those that a desired load balancer is to serve.
    pub fn serves(&self, key: &LoadBalancerKey, listener: &ListenerRef) -> bool {
        self.load_balancers.contains_key(key)
            && self
                .states
                .get(&key.gateway)
                .is_some_and(|state| state.revisions.contains_key(listener))
    }

    /// The Gateway and its merged sets, highest precedence first; empty unless it is ours.
    pub fn owners(&self, gateway: &ObjectKey) -> Vec<ListenerOwner> {
        self.states
            .get(gateway)
            .into_iter()
            .flat_map(GatewayState::merging)
            .map(|merging| merging.owner.clone())
            .collect()
    }
}
