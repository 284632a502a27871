//! GatewayClasses, Gateways, ListenerSets and their listeners.
//!
//! Objects are named `namespace/name`. What a test does not mention has the CRD's default.

use std::collections::BTreeSet;

use tributary_model::holder::Holder;
use tributary_model::hostname::Hostname;
use tributary_model::listener::{
    AllowedRoutes, CertificateRef, FrontendTls, FrontendValidation, Listener, ListenerTls,
    Protocol, RouteGroupKind, TlsMode,
};
use tributary_model::resource::{
    Gateway, GatewayClass, ListenerSet, ParametersRef, ParentGatewayRef,
};
use tributary_model::selector::{FromNamespaces, LabelSelector};
use tributary_model::{Kind, Meta, Name, ObjectKey, Resource, Timestamp};

/// `namespace/name` as a key; without a slash, a cluster-scoped one.
pub fn key(name: &str) -> ObjectKey {
    match name.split_once('/') {
        Some((namespace, name)) => ObjectKey::new(namespace, name),
        None => ObjectKey::cluster(name),
    }
}

/// Metadata with generation 1, created at second 0.
pub fn meta(name: &str) -> Meta {
    Meta {
        key: key(name),
        generation: 1,
        created: Timestamp(0),
        deleting: false,
    }
}

/// A hostname; panics if it is none, as a test should.
///
/// # Panics
/// When the text is no hostname.
pub fn hostname(value: &str) -> Hostname {
    match Hostname::parse(value) {
        Ok(hostname) => hostname,
        Err(error) => unreachable!("{error}"),
    }
}

/// A GatewayClass.
pub fn class(name: &str, controller_name: &str) -> Resource {
    class_with_parameters(name, controller_name, None)
}

/// A GatewayClass with `parametersRef` to a LoadBalancerConfiguration, given as `namespace/name`.
pub fn class_with_parameters(
    name: &str,
    controller_name: &str,
    configuration: Option<&str>,
) -> Resource {
    Resource::GatewayClass(GatewayClass {
        meta: meta(name),
        controller_name: controller_name.to_owned(),
        parameters_ref: configuration.map(|configuration| {
            let key = key(configuration);
            ParametersRef {
                group: Kind::LoadBalancerConfiguration.group().to_owned(),
                kind: Kind::LoadBalancerConfiguration.as_str().to_owned(),
                namespace: Some(key.namespace),
                name: key.name,
            }
        }),
        marked_in_use: false,
    })
}

/// A GatewayClass with the finalizer of a class in use, or one that is being deleted, as the metadata says.
pub fn class_in_use(name: &str, controller_name: &str, meta: Meta) -> Resource {
    match class(name, controller_name) {
        Resource::GatewayClass(class) => Resource::GatewayClass(GatewayClass {
            meta,
            marked_in_use: true,
            ..class
        }),
        other => other,
    }
}

/// A Gateway under construction.
#[derive(Clone, Debug)]
pub struct GatewayBuilder(Gateway);

/// A Gateway of class `alb` without listeners that allows no ListenerSets.
pub fn gateway(name: &str) -> GatewayBuilder {
    GatewayBuilder(Gateway {
        meta: meta(name),
        class_name: "alb".into(),
        listeners: Vec::new(),
        allowed_listeners: FromNamespaces::None,
        parameters_ref: None,
        frontend_tls: FrontendTls::default(),
        requests_addresses: false,
        unsupported: Vec::new(),
        holders: BTreeSet::new(),
    })
}

impl GatewayBuilder {
    /// `gatewayClassName`.
    #[must_use]
    pub fn class(mut self, name: &str) -> Self {
        self.0.class_name = name.into();
        self
    }

    /// Adds a listener.
    #[must_use]
    pub fn listener(mut self, listener: ListenerBuilder) -> Self {
        self.0.listeners.push(listener.0);
        self
    }

    /// `allowedListeners.namespaces`.
    #[must_use]
    pub fn allow(mut self, from: FromNamespaces) -> Self {
        self.0.allowed_listeners = from;
        self
    }

    /// `allowedListeners.namespaces.from: All`.
    #[must_use]
    pub fn allow_all(self) -> Self {
        self.allow(FromNamespaces::All)
    }

    /// `infrastructure.parametersRef` to a LoadBalancerConfiguration of the Gateway's namespace.
    #[must_use]
    pub fn parameters(mut self, name: &str) -> Self {
        self.0.parameters_ref = Some(ParametersRef {
            group: Kind::LoadBalancerConfiguration.group().to_owned(),
            kind: Kind::LoadBalancerConfiguration.as_str().to_owned(),
            namespace: None,
            name: name.into(),
        });
        self
    }

    /// The finalizer of a program that made a load balancer for it.
    #[must_use]
    pub fn held_by(mut self, holder: Holder) -> Self {
        self.0.holders.insert(holder);
        self
    }

    /// `spec.addresses` is not empty.
    #[must_use]
    pub fn requesting_addresses(mut self) -> Self {
        self.0.requests_addresses = true;
        self
    }

    /// `spec.tls.frontend.default` with CA certificates in a ConfigMap.
    #[must_use]
    pub fn frontend_validation(mut self, config_map: &str) -> Self {
        self.0.frontend_tls.default = Some(FrontendValidation {
            ca_certificate_refs: vec![CertificateRef {
                group: String::new(),
                kind: "ConfigMap".to_owned(),
                namespace: None,
                name: config_map.into(),
            }],
            allow_insecure_fallback: false,
        });
        self
    }

    /// `creationTimestamp`, in seconds.
    #[must_use]
    pub fn created(mut self, seconds: i64) -> Self {
        self.0.meta.created = Timestamp(seconds);
        self
    }

    /// `deletionTimestamp` is set.
    #[must_use]
    pub fn deleting(mut self) -> Self {
        self.0.meta.deleting = true;
        self
    }

    /// The object.
    pub fn build(self) -> Resource {
        Resource::Gateway(Box::new(self.0))
    }
}

/// A ListenerSet under construction.
#[derive(Clone, Debug)]
pub struct ListenerSetBuilder(ListenerSet);

/// A ListenerSet for a Gateway, both as `namespace/name`, without listeners.
pub fn listener_set(name: &str, gateway: &str) -> ListenerSetBuilder {
    ListenerSetBuilder(ListenerSet {
        meta: meta(name),
        parent_ref: ParentGatewayRef {
            group: Kind::Gateway.group().to_owned(),
            kind: Kind::Gateway.as_str().to_owned(),
            key: key(gateway),
        },
        listeners: Vec::new(),
    })
}

impl ListenerSetBuilder {
    /// Adds a listener.
    #[must_use]
    pub fn listener(mut self, listener: ListenerBuilder) -> Self {
        self.0.listeners.push(listener.0);
        self
    }

    /// `parentRef.kind`.
    #[must_use]
    pub fn parent_kind(mut self, kind: &str) -> Self {
        kind.clone_into(&mut self.0.parent_ref.kind);
        self
    }

    /// `creationTimestamp`, in seconds.
    #[must_use]
    pub fn created(mut self, seconds: i64) -> Self {
        self.0.meta.created = Timestamp(seconds);
        self
    }

    /// `deletionTimestamp` is set.
    #[must_use]
    pub fn deleting(mut self) -> Self {
        self.0.meta.deleting = true;
        self
    }

    /// The object.
    pub fn build(self) -> Resource {
        Resource::ListenerSet(self.0)
    }
}

/// A listener under construction.
#[derive(Clone, Debug)]
pub struct ListenerBuilder(Listener);

/// A listener of any protocol.
pub fn listener(name: &str, port: u16, protocol: &str) -> ListenerBuilder {
    ListenerBuilder(Listener {
        name: name.into(),
        port,
        protocol: Protocol::parse(protocol),
        hostname: None,
        tls: None,
        allowed_routes: AllowedRoutes::default(),
    })
}

/// An HTTP listener.
pub fn http(name: &str, port: u16) -> ListenerBuilder {
    listener(name, port, "HTTP")
}

/// An HTTPS listener for a hostname, without `tls`: its certificate is discovered.
pub fn https(name: &str, port: u16, host: &str) -> ListenerBuilder {
    listener(name, port, "HTTPS").host(host)
}

impl ListenerBuilder {
    /// `hostname`.
    #[must_use]
    pub fn host(mut self, host: &str) -> Self {
        self.0.hostname = Some(hostname(host));
        self
    }

    /// `tls.mode`, keeping the rest of `tls`.
    #[must_use]
    pub fn tls(mut self, mode: TlsMode) -> Self {
        self.tls_mut().mode = mode;
        self
    }

    /// Adds a certificateRef to a Secret: `name`, or `namespace/name`.
    #[must_use]
    pub fn certificate(self, secret: &str) -> Self {
        self.certificate_of_kind("Secret", secret)
    }

    /// Adds a certificateRef to an object of another core kind.
    #[must_use]
    pub fn certificate_of_kind(mut self, kind: &str, name: &str) -> Self {
        let (namespace, name) = match name.split_once('/') {
            Some((namespace, name)) => (Some(Name::from(namespace)), name),
            None => (None, name),
        };
        self.tls_mut().certificate_refs.push(CertificateRef {
            group: String::new(),
            kind: kind.to_owned(),
            namespace,
            name: name.into(),
        });
        self
    }

    /// `allowedRoutes.namespaces`.
    #[must_use]
    pub fn routes_from(mut self, from: FromNamespaces) -> Self {
        self.0.allowed_routes.namespaces = from;
        self
    }

    /// Adds to `allowedRoutes.kinds`, in Gateway API's group.
    #[must_use]
    pub fn route_kind(mut self, kind: &str) -> Self {
        self.0.allowed_routes.kinds.push(RouteGroupKind {
            group: Kind::Gateway.group().to_owned(),
            kind: kind.to_owned(),
        });
        self
    }

    /// The listener.
    pub fn build(self) -> Listener {
        self.0
    }

    fn tls_mut(&mut self) -> &mut ListenerTls {
        self.0.tls.get_or_insert_with(|| ListenerTls {
            mode: TlsMode::Terminate,
            certificate_refs: Vec::new(),
            options: std::collections::BTreeMap::new(),
        })
    }
}

/// `from: Selector` with one label.
pub fn selecting(label: &str, value: &str) -> FromNamespaces {
    FromNamespaces::Selector(Some(LabelSelector {
        match_labels: [(label.to_owned(), value.to_owned())].into(),
        match_expressions: Vec::new(),
    }))
}
