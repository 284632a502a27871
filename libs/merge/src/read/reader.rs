//! What results read: noted while they are computed. [`crate::read::dependencies`] keeps it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tributary_model::config::{
    ListenerRuleConfiguration, LoadBalancerConfiguration, TargetGroupConfiguration,
};
use tributary_model::desired::TargetGroupId;
use tributary_model::other_controller::OtherController;
use tributary_model::resource::{Gateway, GatewayClass, ListenerSet, cannot_be_read};
use tributary_model::workload::{
    BackendTlsPolicy, EndpointSlice, Pod, ReferenceGrant, Service, TlsSecret,
};
use tributary_model::{Kind, ListenerOwner, Name, ObjectKey, ObjectRef, Resource};

use crate::read::input::Input;
use crate::read::store::Store;
use crate::values::facts::{ClassFacts, Facts, GatewayFacts, OwnerFacts};
use crate::values::target_group::TargetGroupTemplate;

/// Target groups that load balancers have already.
pub(crate) trait KnownGroups {
    /// The one that this Gateway's load balancer has under the identity.
    fn known_group(
        &self,
        gateway: &ObjectKey,
        id: &TargetGroupId,
    ) -> Option<&Arc<TargetGroupTemplate>>;
}

/// Access to objects and facts that records what was asked for.
pub(crate) struct Reader<'a> {
    store: &'a Store,
    facts: &'a Facts,
    known: Option<&'a dyn KnownGroups>,
    inputs: Vec<Input>,
}

/// Getters that record the object.
macro_rules! recorded {
    ($($getter:ident: $kind:ident -> $object:ty;)*) => {
        $(pub(crate) fn $getter(&mut self, key: &ObjectKey) -> Option<&'a $object> {
            self.object(Kind::$kind, key);
            self.store.$getter(key)
        })*
    };
}

impl<'a> Reader<'a> {
    recorded! {
        class_object: GatewayClass -> GatewayClass;
        gateway_object: Gateway -> Gateway;
        listener_set: ListenerSet -> ListenerSet;
        service: Service -> Service;
        pod: Pod -> Pod;
        secret: Secret -> TlsSecret;
        load_balancer_configuration: LoadBalancerConfiguration -> LoadBalancerConfiguration;
        target_group_configuration: TargetGroupConfiguration -> TargetGroupConfiguration;
        rule_configuration: ListenerRuleConfiguration -> ListenerRuleConfiguration;
    }

    pub(crate) fn new(store: &'a Store, facts: &'a Facts) -> Self {
        Self {
            store,
            facts,
            known: None,
            inputs: Vec::new(),
        }
    }

    /// Sharing equal target groups with the load balancers that there are.
    pub(crate) fn sharing(mut self, known: &'a dyn KnownGroups) -> Self {
        self.known = Some(known);
        self
    }

    /// What was read.
    pub(crate) fn into_inputs(self) -> Vec<Input> {
        self.inputs
    }

    pub(crate) fn route(&mut self, route: &ObjectRef) -> Option<&'a tributary_model::route::Route> {
        self.inputs.push(Input::Object(route.clone()));
        self.store.route(route)
    }

    /// Labels of a namespace; none at all if it is not known.
    pub(crate) fn namespace_labels(&mut self, name: &Name) -> Option<&'a BTreeMap<String, String>> {
        self.object(Kind::Namespace, &ObjectKey::cluster(Arc::clone(name)));
        self.store
            .namespace(name)
            .map(|namespace| &namespace.labels)
    }

    pub(crate) fn grants(
        &mut self,
        namespace: &Name,
    ) -> impl Iterator<Item = &'a ReferenceGrant> + use<'a> {
        self.inputs.push(Input::Grants(Arc::clone(namespace)));
        let store = self.store;
        let grants: Vec<_> = store.grants(namespace).collect();
        grants.into_iter()
    }

    pub(crate) fn slices_of(&mut self, service: &ObjectKey) -> Vec<&'a EndpointSlice> {
        self.inputs.push(Input::Slices(service.clone()));
        self.store.slices_of(service).collect()
    }

    pub(crate) fn nodes(&mut self) -> Vec<&'a tributary_model::workload::Node> {
        self.inputs.push(Input::Nodes);
        self.store.nodes().collect()
    }

    pub(crate) fn target_configurations_of(
        &mut self,
        service: &ObjectKey,
    ) -> Vec<&'a TargetGroupConfiguration> {
        self.inputs
            .push(Input::TargetConfigurations(service.clone()));
        self.store.target_configurations_of(service).collect()
    }

    /// Whether objects of a kind may be there that are not known.
    pub(crate) fn is_unread(&mut self, kind: Kind) -> bool {
        self.inputs.push(Input::Unread(kind));
        self.store.unread().contains(&kind)
    }

    /// A Gateway until it is gone, being deleted or not.
    pub(crate) fn any_gateway(&mut self, key: &ObjectKey) -> Option<&'a Gateway> {
        self.object(Kind::Gateway, key);
        let object = ObjectRef::new(Kind::Gateway, key.clone());
        match self.store.any(&object)?.as_ref() {
            Resource::Gateway(gateway) => Some(gateway),
            _ => None,
        }
    }

    /// Another program that runs and serves classes with this `controllerName`.
    pub(crate) fn other_controller(
        &mut self,
        controller_name: &str,
    ) -> Option<&'a OtherController> {
        self.inputs.push(Input::OtherController);
        self.store.other_controller(controller_name)
    }

    /// What is said of an object that is not known: that it is not there only if that is sure.
    pub(crate) fn missing(&mut self, kind: Kind, not_there: String) -> String {
        if self.is_unread(kind) {
            return cannot_be_read(&BTreeSet::from([kind]));
        }
        not_there
    }

    /// Why an object that was looked up by name is not known: it is refused, cannot be read, or is not there.
    pub(crate) fn not_there(&mut self, kind: Kind, key: &ObjectKey) -> String {
        self.object(kind, key);
        let object = ObjectRef::new(kind, key.clone());
        match self.store.any(&object).map(AsRef::as_ref) {
            Some(Resource::Refused(refused)) => format!("{object} is refused: {}", refused.fault()),
            Some(_) | None => self.missing(kind, format!("{object} not found")),
        }
    }

    /// BackendTLSPolicies for a Service.
    pub(crate) fn policies_of(&mut self, service: &ObjectKey) -> Vec<&'a BackendTlsPolicy> {
        self.inputs.push(Input::Policies(service.clone()));
        self.store.policies_of(service).collect()
    }

    pub(crate) fn class(&mut self, name: &Name) -> Option<&'a Arc<ClassFacts>> {
        self.inputs.push(Input::Class(Arc::clone(name)));
        self.facts.classes.get(name)
    }

    pub(crate) fn gateway(&mut self, key: &ObjectKey) -> Option<&'a Arc<GatewayFacts>> {
        self.inputs.push(Input::Gateway(key.clone()));
        self.facts.gateways.get(key)
    }

    /// Whether a Gateway is left alone. Read together with [`Self::gateway`].
    pub(crate) fn is_left_alone(&mut self, key: &ObjectKey) -> bool {
        self.inputs.push(Input::Gateway(key.clone()));
        self.facts.left_alone.contains_key(key)
    }

    pub(crate) fn owner(&mut self, owner: &ListenerOwner) -> Option<&'a Arc<OwnerFacts>> {
        self.inputs.push(Input::Listeners(owner.clone()));
        self.facts.owners.get(owner)
    }

    /// Which of the owner's listeners are served, in spec order. Read together with [`Self::owner`].
    pub(crate) fn is_served(&self, owner: &ListenerOwner, listener: usize) -> bool {
        self.facts
            .merged
            .get(owner)
            .and_then(|merged| merged.listeners.get(listener))
            .is_some_and(|merged| merged.served)
    }

    /// The target group as the Gateway's load balancer has it already, if it is the same: of the 16 routes
    /// to one Service one has a specification of its own.
    pub(crate) fn shared(
        &self,
        gateway: &ObjectKey,
        spec: TargetGroupTemplate,
    ) -> Arc<TargetGroupTemplate> {
        self.known
            .and_then(|known| known.known_group(gateway, &spec.group.id))
            .filter(|known| ***known == spec)
            .map_or_else(|| Arc::new(spec), Arc::clone)
    }

    fn object(&mut self, kind: Kind, key: &ObjectKey) {
        self.inputs
            .push(Input::Object(ObjectRef::new(kind, key.clone())));
    }
}
