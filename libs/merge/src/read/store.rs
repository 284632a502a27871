//! The objects, and the few indexes that a lookup by kind and name cannot replace.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tributary_model::config::{
    ListenerRuleConfiguration, LoadBalancerConfiguration, TargetGroupConfiguration,
};
use tributary_model::other_controller::OtherController;
use tributary_model::resource::{Gateway, GatewayClass, ListenerSet, Unread};
use tributary_model::route::Route;
use tributary_model::workload::{
    BackendTlsPolicy, EndpointSlice, Namespace, Node, Pod, ReferenceGrant, Service, TlsSecret,
};
use tributary_model::{Change, Kind, Name, ObjectKey, ObjectRef, Resource, compact};

use crate::read::input::Input;

/// Every object, as it is now.
#[derive(Clone, Debug, Default)]
pub(crate) struct Store {
    objects: BTreeMap<ObjectRef, Arc<Resource>>,
    /// EndpointSlices by the Service that their label names.
    slices: BTreeMap<ObjectKey, BTreeSet<ObjectKey>>,
    /// TargetGroupConfigurations by the Service that they are for.
    target_configurations: BTreeMap<ObjectKey, BTreeSet<ObjectKey>>,
    /// BackendTLSPolicies by the Services that they are for.
    policies: BTreeMap<ObjectKey, BTreeSet<ObjectKey>>,
    /// Kinds that cannot be read.
    unread: BTreeSet<Kind>,
    /// Who else serves classes that could be ours.
    other_controller: Option<OtherController>,
}

/// Getters of one kind each. Objects that are being deleted are not there any more (spec §2).
macro_rules! getters {
    ($($getter:ident: $kind:ident($variant:ident) -> $object:ty;)*) => {
        $(pub(crate) fn $getter(&self, key: &ObjectKey) -> Option<&$object> {
            match self.live(Kind::$kind, key)? {
                Resource::$variant(object) => Some(object),
                _ => None,
            }
        })*
    };
}

impl Store {
    pub(crate) fn compact(&mut self) {
        compact(&mut self.objects);
    }

    getters! {
        gateway_object: Gateway(Gateway) -> Gateway;
        listener_set: ListenerSet(ListenerSet) -> ListenerSet;
        backend_tls_policy: BackendTlsPolicy(BackendTlsPolicy) -> BackendTlsPolicy;
        service: Service(Service) -> Service;
        endpoint_slice: EndpointSlice(EndpointSlice) -> EndpointSlice;
        pod: Pod(Pod) -> Pod;
        secret: Secret(Secret) -> TlsSecret;
        load_balancer_configuration:
            LoadBalancerConfiguration(LoadBalancerConfiguration) -> LoadBalancerConfiguration;
        target_group_configuration:
            TargetGroupConfiguration(TargetGroupConfiguration) -> TargetGroupConfiguration;
        rule_configuration:
            ListenerRuleConfiguration(ListenerRuleConfiguration) -> ListenerRuleConfiguration;
    }

    /// Takes one change in. Returns what a result may have read that is different now; nothing at all when
    /// the object is as it was.
    pub(crate) fn apply(&mut self, change: Change) -> Vec<Input> {
        let object = change.object_ref();
        let new = match change {
            Change::Apply(resource) => Some(resource),
            Change::Delete(_) => None,
        };
        if self.objects.get(&object) == new.as_ref() {
            return Vec::new();
        }
        let old = match &new {
            Some(resource) => self.objects.insert(object.clone(), Arc::clone(resource)),
            None => self.objects.remove(&object),
        };
        let mut touched = vec![Input::Object(object)];
        if let Some(old) = old {
            self.unindex(&old, &mut touched);
        }
        if let Some(new) = new {
            self.index(&new, &mut touched);
        }
        touched
    }

    /// The object, even while it is being deleted.
    pub(crate) fn any(&self, object: &ObjectRef) -> Option<&Arc<Resource>> {
        self.objects.get(object)
    }

    /// Kinds of which objects may be there that are not here.
    pub(crate) fn unread(&self) -> &BTreeSet<Kind> {
        &self.unread
    }

    /// Whether a kind cannot be read, also one without which all others go on.
    pub(crate) fn lacks(&self, kind: Kind) -> bool {
        let unread = Resource::Unread(Unread::of(kind)).object_ref();
        self.objects.contains_key(&unread)
    }

    /// Another program that runs and serves classes with this `controllerName`.
    pub(crate) fn other_controller(&self, controller_name: &str) -> Option<&OtherController> {
        let other = self.other_controller.as_ref();
        other.filter(|_| OtherController::serves(controller_name))
    }

    /// Every ListenerSet and route.
    pub(crate) fn attachable(&self) -> impl Iterator<Item = &ObjectRef> {
        self.objects
            .keys()
            .filter(|object| object.kind == Kind::ListenerSet || object.kind.route().is_some())
    }

    pub(crate) fn route(&self, route: &ObjectRef) -> Option<&Route> {
        match self.live(route.kind, &route.key)? {
            Resource::Route(route) => Some(route),
            _ => None,
        }
    }

    /// A GatewayClass counts until it is gone: in use it has a finalizer, which keeps it for its Gateways.
    pub(crate) fn class_object(&self, key: &ObjectKey) -> Option<&GatewayClass> {
        let object = ObjectRef::new(Kind::GatewayClass, key.clone());
        match self.objects.get(&object)?.as_ref() {
            Resource::GatewayClass(class) => Some(class),
            _ => None,
        }
    }

    /// A Namespace counts until it is gone: its labels hold while it terminates.
    pub(crate) fn namespace(&self, name: &Name) -> Option<&Namespace> {
        let object = ObjectRef::new(Kind::Namespace, ObjectKey::cluster(Arc::clone(name)));
        match self.objects.get(&object)?.as_ref() {
            Resource::Namespace(namespace) => Some(namespace),
            _ => None,
        }
    }

    pub(crate) fn grants(&self, namespace: &Name) -> impl Iterator<Item = &ReferenceGrant> {
        self.in_namespace(Kind::ReferenceGrant, Arc::clone(namespace))
            .filter_map(|resource| match resource {
                Resource::ReferenceGrant(grant) => Some(grant),
                _ => None,
            })
    }

    /// Of a namespace.
    pub(crate) fn services(&self, namespace: &Name) -> impl Iterator<Item = &Service> {
        self.in_namespace(Kind::Service, Arc::clone(namespace))
            .filter_map(|resource| match resource {
                Resource::Service(service) if !service.meta.deleting => Some(service),
                _ => None,
            })
    }

    pub(crate) fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.in_namespace(Kind::Node, Name::from(""))
            .filter_map(|resource| match resource {
                Resource::Node(node) if !node.meta.deleting => Some(node),
                _ => None,
            })
    }

    pub(crate) fn slices_of(&self, service: &ObjectKey) -> impl Iterator<Item = &EndpointSlice> {
        self.slices
            .get(service)
            .into_iter()
            .flatten()
            .filter_map(|key| self.endpoint_slice(key))
    }

    pub(crate) fn target_configurations_of(
        &self,
        service: &ObjectKey,
    ) -> impl Iterator<Item = &TargetGroupConfiguration> {
        self.target_configurations
            .get(service)
            .into_iter()
            .flatten()
            .filter_map(|key| self.target_group_configuration(key))
    }

    pub(crate) fn policies_of(
        &self,
        service: &ObjectKey,
    ) -> impl Iterator<Item = &BackendTlsPolicy> {
        self.policies
            .get(service)
            .into_iter()
            .flatten()
            .filter_map(|key| self.backend_tls_policy(key))
    }

    fn live(&self, kind: Kind, key: &ObjectKey) -> Option<&Resource> {
        let resource = self.objects.get(&ObjectRef::new(kind, key.clone()))?;
        (!resource.meta().deleting).then_some(resource)
    }

    fn in_namespace(&self, kind: Kind, namespace: Name) -> impl Iterator<Item = &Resource> {
        let first = ObjectRef::new(kind, ObjectKey::new(Arc::clone(&namespace), ""));
        self.objects
            .range(first..)
            .take_while(move |(object, _)| object.kind == kind && object.key.namespace == namespace)
            .map(|(_, resource)| resource.as_ref())
    }

    fn index(&mut self, resource: &Resource, touched: &mut Vec<Input>) {
        let key = &resource.meta().key;
        let Some(indexed) = indexed_as(resource, touched) else {
            return;
        };
        match indexed {
            Indexed::Slice(service) => {
                self.slices.entry(service).or_default().insert(key.clone());
            }
            Indexed::TargetConfiguration(service) => {
                self.target_configurations
                    .entry(service)
                    .or_default()
                    .insert(key.clone());
            }
            Indexed::Policy(services) => {
                for service in services {
                    self.policies
                        .entry(service)
                        .or_default()
                        .insert(key.clone());
                }
            }
            Indexed::Unread(kind) => {
                self.unread.insert(kind);
            }
            Indexed::OtherController(other) => self.other_controller = Some(other),
        }
    }

    fn unindex(&mut self, resource: &Resource, touched: &mut Vec<Input>) {
        let key = &resource.meta().key;
        let Some(indexed) = indexed_as(resource, touched) else {
            return;
        };
        let (index, services) = match indexed {
            Indexed::Slice(service) => (&mut self.slices, vec![service]),
            Indexed::TargetConfiguration(service) => {
                (&mut self.target_configurations, vec![service])
            }
            Indexed::Policy(services) => (&mut self.policies, services),
            Indexed::Unread(kind) => {
                self.unread.remove(&kind);
                return;
            }
            Indexed::OtherController(_) => {
                self.other_controller = None;
                return;
            }
        };
        for service in services {
            if let Some(keys) = index.get_mut(&service) {
                keys.remove(key);
                if keys.is_empty() {
                    index.remove(&service);
                }
            }
        }
    }
}

/// The index entry that an object has.
enum Indexed {
    Slice(ObjectKey),
    TargetConfiguration(ObjectKey),
    Policy(Vec<ObjectKey>),
    Unread(Kind),
    OtherController(OtherController),
}

/// Names what may be read through the object besides the object itself, and its index entry.
fn indexed_as(resource: &Resource, touched: &mut Vec<Input>) -> Option<Indexed> {
    let key = &resource.meta().key;
    match resource {
        Resource::EndpointSlice(slice) => {
            let service = ObjectKey::new(Arc::clone(&key.namespace), Arc::clone(&slice.service));
            touched.push(Input::Slices(service.clone()));
            Some(Indexed::Slice(service))
        }
        Resource::TargetGroupConfiguration(configuration) => {
            let reference = configuration.target_reference.as_ref()?;
            if !reference.group.is_empty() || reference.kind != Kind::Service.as_str() {
                return None;
            }
            let service = ObjectKey::new(Arc::clone(&key.namespace), Arc::clone(&reference.name));
            touched.push(Input::TargetConfigurations(service.clone()));
            Some(Indexed::TargetConfiguration(service))
        }
        Resource::ReferenceGrant(_) => {
            touched.push(Input::Grants(Arc::clone(&key.namespace)));
            None
        }
        Resource::Node(_) => {
            touched.push(Input::Nodes);
            None
        }
        Resource::BackendTlsPolicy(policy) => {
            let services: Vec<ObjectKey> = policy.services().map(|(service, _)| service).collect();
            touched.extend(services.iter().cloned().map(Input::Policies));
            Some(Indexed::Policy(services))
        }
        // Policies change nothing that is desired, so that nothing has to wait until they can be read. Without pods
        // those that wait for a gate are no targets yet, as if nobody knew of gates; for their sake nothing is withheld
        // from all load balancers. Who runs the watcher is told.
        Resource::Unread(unread) if matches!(unread.kind(), Kind::BackendTlsPolicy | Kind::Pod) => {
            None
        }
        Resource::Unread(unread) => {
            touched.push(Input::Unread(unread.kind()));
            Some(Indexed::Unread(unread.kind()))
        }
        Resource::OtherController(other) => {
            touched.push(Input::OtherController);
            Some(Indexed::OtherController(other.clone()))
        }
        Resource::GatewayClass(_)
        | Resource::Gateway(_)
        | Resource::ListenerSet(_)
        | Resource::Route(_)
        | Resource::Namespace(_)
        | Resource::Service(_)
        | Resource::Pod(_)
        | Resource::Secret(_)
        | Resource::LoadBalancerConfiguration(_)
        | Resource::ListenerRuleConfiguration(_)
        | Resource::Refused(_) => None,
    }
}
