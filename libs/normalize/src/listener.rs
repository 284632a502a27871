//! Listeners of Gateways and ListenerSets: GEP-1713 gives both the same schema and the same CEL rules.

use gateway_api::experimental::gateways::{
    GatewayListeners, GatewayListenersAllowedRoutes, GatewayListenersAllowedRoutesNamespacesFrom,
    GatewayListenersTls, GatewayListenersTlsCertificateRefs, GatewayListenersTlsMode,
};
use tributary_model::key::GATEWAY_GROUP;
use tributary_model::listener::{
    AllowedRoutes, CertificateRef, Listener, ListenerTls, Protocol, RouteGroupKind, TlsMode,
};
use tributary_model::selector::FromNamespaces;

use crate::check;
use crate::fault::{Fault, Path};
use crate::selector::label_selector;

/// `spec.listeners`.
pub(crate) fn listeners(
    at: &Path<'_>,
    listeners: Vec<GatewayListeners>,
) -> Result<Vec<Listener>, Fault> {
    check::count(at, listeners.len(), 1..=64)?;
    let listeners: Vec<Listener> = listeners
        .into_iter()
        .enumerate()
        .map(|(index, entry)| listener(&at.index(index), entry))
        .collect::<Result<_, _>>()?;
    check_distinct(at, &listeners)?;
    Ok(listeners)
}

fn check_distinct(at: &Path<'_>, listeners: &[Listener]) -> Result<(), Fault> {
    let names = listeners.iter().map(|listener| &listener.name);
    if let Some(index) = check::first_duplicate(names) {
        return Err(at
            .index(index)
            .field("name")
            .fault("another listener of the object has the same name"));
    }
    let places = listeners
        .iter()
        .map(|listener| (listener.port, &listener.protocol, &listener.hostname));
    if let Some(index) = check::first_duplicate(places) {
        return Err(at
            .index(index)
            .fault("another listener of the object has the same port, protocol and hostname"));
    }
    Ok(())
}

fn listener(at: &Path<'_>, entry: GatewayListeners) -> Result<Listener, Fault> {
    let GatewayListeners {
        allowed_routes,
        hostname,
        name,
        port,
        protocol,
        tls,
    } = entry;
    let protocol = protocol_type(&at.field("protocol"), &protocol)?;
    let listener = Listener {
        name: check::subdomain(&at.field("name"), &name)?,
        port: check::port(&at.field("port"), port)?,
        hostname: hostname
            .map(|hostname| check::hostname(&at.field("hostname"), &hostname))
            .transpose()?,
        tls: tls
            .map(|tls| listener_tls(&at.field("tls"), tls))
            .transpose()?,
        allowed_routes: self::allowed_routes(&at.field("allowedRoutes"), allowed_routes)?,
        protocol,
    };
    check_protocol(at, &listener)?;
    Ok(listener)
}

/// The CEL rules that tie `tls` and `hostname` to the protocol.
fn check_protocol(at: &Path<'_>, listener: &Listener) -> Result<(), Fault> {
    let Listener {
        protocol,
        hostname,
        tls,
        ..
    } = listener;
    match (protocol, tls) {
        (Protocol::Http | Protocol::Tcp | Protocol::Udp, Some(_)) => {
            return Err(at
                .field("tls")
                .fault(format!("must not be set for protocol {protocol}")));
        }
        (Protocol::Https, Some(tls)) if tls.mode != TlsMode::Terminate => {
            return Err(at
                .field("tls")
                .field("mode")
                .fault("must be Terminate for protocol HTTPS"));
        }
        (Protocol::Tls, None) => {
            return Err(at
                .field("tls")
                .fault("is required for protocol TLS, with its mode"));
        }
        _ => {}
    }
    match protocol {
        Protocol::Tcp | Protocol::Udp if hostname.is_some() => Err(at
            .field("hostname")
            .fault(format!("must not be set for protocol {protocol}"))),
        _ => Ok(()),
    }
}

/// Any DNS-like word, or a domain-prefixed one.
fn protocol_type(at: &Path<'_>, value: &str) -> Result<Protocol, Fault> {
    check::length(at, value, 1..=255)?;
    let word = |value: &str| {
        !value.is_empty()
            && !value.starts_with('-')
            && !value.ends_with('-')
            && value
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let valid = match value.split_once('/') {
        None => word(value),
        Some((domain, name)) => {
            check::is_subdomain(domain)
                && !name.is_empty()
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
        }
    };
    if valid {
        return Ok(Protocol::parse(value));
    }
    Err(at.fault(format!("{value:?} is not a protocol")))
}

fn listener_tls(at: &Path<'_>, tls: GatewayListenersTls) -> Result<ListenerTls, Fault> {
    let GatewayListenersTls {
        certificate_refs,
        mode,
        options,
    } = tls;
    let mode = match mode {
        None | Some(GatewayListenersTlsMode::Terminate) => TlsMode::Terminate,
        Some(GatewayListenersTlsMode::Passthrough) => TlsMode::Passthrough,
    };
    let options = options.unwrap_or_default();
    let options_path = at.field("options");
    check::count(&options_path, options.len(), 0..=16)?;
    check::annotation_values(&options_path, &options)?;
    let refs_path = at.field("certificateRefs");
    let certificate_refs = certificate_refs.unwrap_or_default();
    check::count(&refs_path, certificate_refs.len(), 0..=64)?;
    if mode == TlsMode::Terminate && certificate_refs.is_empty() && options.is_empty() {
        return Err(
            refs_path.fault("certificateRefs or options must be given when the mode is Terminate")
        );
    }
    let certificate_refs = certificate_refs
        .into_iter()
        .enumerate()
        .map(|(index, reference)| {
            let GatewayListenersTlsCertificateRefs {
                group,
                kind,
                name,
                namespace,
            } = reference;
            certificate_ref(
                &refs_path.index(index),
                group.unwrap_or_default(),
                kind.unwrap_or_else(|| "Secret".to_owned()),
                name,
                namespace,
            )
        })
        .collect::<Result<_, _>>()?;
    Ok(ListenerTls {
        mode,
        certificate_refs,
        options,
    })
}

/// `SecretObjectReference` and `ObjectReference`.
pub(crate) fn certificate_ref(
    at: &Path<'_>,
    group: String,
    kind: String,
    name: String,
    namespace: Option<String>,
) -> Result<CertificateRef, Fault> {
    Ok(CertificateRef {
        group: check::group(&at.field("group"), group)?,
        kind: check::kind(&at.field("kind"), kind)?,
        namespace: check::optional_namespace(&at.field("namespace"), namespace)?,
        name: check::reference_name(&at.field("name"), name)?,
    })
}

fn allowed_routes(
    at: &Path<'_>,
    allowed: Option<GatewayListenersAllowedRoutes>,
) -> Result<AllowedRoutes, Fault> {
    let Some(GatewayListenersAllowedRoutes { kinds, namespaces }) = allowed else {
        return Ok(AllowedRoutes::default());
    };
    let kinds_path = at.field("kinds");
    let kinds = kinds.unwrap_or_default();
    check::count(&kinds_path, kinds.len(), 0..=8)?;
    let kinds = kinds
        .into_iter()
        .enumerate()
        .map(|(index, entry)| {
            let at = kinds_path.index(index);
            let group = entry.group.unwrap_or_else(|| GATEWAY_GROUP.to_owned());
            Ok(RouteGroupKind {
                group: check::group(&at.field("group"), group)?,
                kind: check::kind(&at.field("kind"), entry.kind)?,
            })
        })
        .collect::<Result<_, Fault>>()?;
    let Some(namespaces) = namespaces else {
        return Ok(AllowedRoutes {
            namespaces: FromNamespaces::Same,
            kinds,
        });
    };
    let selector = namespaces
        .selector
        .map(|selector| {
            let namespaces_path = at.field("namespaces");
            label_selector(
                &namespaces_path.field("selector"),
                selector.match_labels,
                selector
                    .match_expressions
                    .unwrap_or_default()
                    .into_iter()
                    .map(|entry| (entry.key, entry.operator, entry.values)),
            )
        })
        .transpose()?;
    let namespaces = match namespaces.from {
        None | Some(GatewayListenersAllowedRoutesNamespacesFrom::Same) => FromNamespaces::Same,
        Some(GatewayListenersAllowedRoutesNamespacesFrom::All) => FromNamespaces::All,
        Some(GatewayListenersAllowedRoutesNamespacesFrom::Selector) => {
            FromNamespaces::Selector(selector)
        }
    };
    Ok(AllowedRoutes { namespaces, kinds })
}
