//! GatewayClass, Gateway and ListenerSet.

use std::collections::BTreeMap;

use gateway_api::experimental::gatewayclasses::{GatewayClassParametersRef, GatewayClassSpec};
use gateway_api::experimental::gateways::{
    GatewayAllowedListeners, GatewayAllowedListenersNamespacesFrom, GatewayListeners, GatewaySpec,
    GatewayTlsFrontend, GatewayTlsFrontendDefaultValidation,
    GatewayTlsFrontendDefaultValidationMode, GatewayTlsFrontendPerPortTlsValidation,
    GatewayTlsFrontendPerPortTlsValidationMode,
};
use gateway_api::experimental::listenersets::ListenerSetParentRef;
use serde::Deserialize;
use tributary_model::holder::{CLASS_IN_USE, Holder};
use tributary_model::key::GATEWAY_GROUP;
use tributary_model::listener::{CertificateRef, FrontendTls, FrontendValidation};
use tributary_model::resource::{
    Gateway, GatewayClass, ListenerSet, ParametersRef, ParentGatewayRef,
};
use tributary_model::selector::FromNamespaces;
use tributary_model::{Kind, Meta, ObjectKey};

use crate::check;
use crate::fault::{Fault, Path};
use crate::listener::{certificate_ref, listeners};
use crate::selector::label_selector;

const SPEC: Path<'static> = Path::root("spec");

/// A ListenerSet's spec. Its listeners have the schema of a Gateway's, so they are read as such: one
/// conversion for both.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ListenerSetSpec {
    listeners: Vec<GatewayListeners>,
    parent_ref: ListenerSetParentRef,
}

pub(crate) fn gateway_class(
    meta: Meta,
    finalizers: &[String],
    spec: GatewayClassSpec,
) -> Result<GatewayClass, Fault> {
    let GatewayClassSpec {
        controller_name,
        description,
        parameters_ref,
    } = spec;
    let controller_path = SPEC.field("controllerName");
    check::length(&controller_path, &controller_name, 1..=253)?;
    let valid = controller_name
        .split_once('/')
        .is_some_and(|(domain, path)| check::is_subdomain(domain) && !path.is_empty());
    if !valid {
        return Err(controller_path.fault("must be a domain, '/' and a path"));
    }
    check::length(
        &SPEC.field("description"),
        description.as_deref().unwrap_or_default(),
        0..=64,
    )?;
    let at = SPEC.field("parametersRef");
    let parameters_ref = parameters_ref
        .map(|reference| {
            let GatewayClassParametersRef {
                group,
                kind,
                name,
                namespace,
            } = reference;
            self::parameters_ref(&at, group, kind, name, namespace)
        })
        .transpose()?;
    Ok(GatewayClass {
        meta,
        controller_name,
        parameters_ref,
        marked_in_use: finalizers.iter().any(|it| it == CLASS_IN_USE),
    })
}

pub(crate) fn gateway(
    meta: Meta,
    finalizers: &[String],
    spec: GatewaySpec,
) -> Result<Gateway, Fault> {
    let GatewaySpec {
        addresses,
        allowed_listeners,
        default_scope,
        gateway_class_name,
        infrastructure,
        listeners: entries,
        tls,
    } = spec;
    let addresses = addresses.unwrap_or_default();
    check::count(&SPEC.field("addresses"), addresses.len(), 0..=16)?;
    let mut unsupported = Vec::new();
    let mut given = |field: &str, is_given: bool| {
        if is_given {
            unsupported.push(field.to_owned());
        }
    };
    // Which Gateways are "default" for routes without parentRefs is experimental.
    given("defaultScope", default_scope.is_some());
    let infrastructure_path = SPEC.field("infrastructure");
    let parameters_ref = match infrastructure {
        None => None,
        Some(infrastructure) => {
            let labels_path = infrastructure_path.field("labels");
            let labels = infrastructure.labels.unwrap_or_default();
            check::count(&labels_path, labels.len(), 0..=8)?;
            check::labels(&labels_path, &labels)?;
            let annotations_path = infrastructure_path.field("annotations");
            let annotations = infrastructure.annotations.unwrap_or_default();
            check::count(&annotations_path, annotations.len(), 0..=16)?;
            check::annotation_keys(&annotations_path, annotations.keys())?;
            check::annotation_values(&annotations_path, &annotations)?;
            given("infrastructure.labels", !labels.is_empty());
            given("infrastructure.annotations", !annotations.is_empty());
            infrastructure.parameters_ref
        }
    };
    let parameters_ref = parameters_ref
        .map(|reference| {
            self::parameters_ref(
                &infrastructure_path.field("parametersRef"),
                reference.group,
                reference.kind,
                reference.name,
                None,
            )
        })
        .transpose()?;
    let tls_path = SPEC.field("tls");
    let (backend, frontend) = tls
        .map(|tls| (tls.backend, tls.frontend))
        .unwrap_or_default();
    given("tls.backend", backend.is_some());
    if let Some(reference) = backend.and_then(|backend| backend.client_certificate_ref) {
        let backend_path = tls_path.field("backend");
        certificate_ref(
            &backend_path.field("clientCertificateRef"),
            reference.group.unwrap_or_default(),
            reference.kind.unwrap_or_else(|| "Secret".to_owned()),
            reference.name,
            reference.namespace,
        )?;
    }
    let frontend_tls = frontend
        .map(|frontend| self::frontend_tls(&tls_path.field("frontend"), frontend))
        .transpose()?
        .unwrap_or_default();
    Ok(Gateway {
        class_name: check::reference_name(&SPEC.field("gatewayClassName"), gateway_class_name)?,
        listeners: listeners(&SPEC.field("listeners"), entries)?,
        allowed_listeners: self::allowed_listeners(
            &SPEC.field("allowedListeners"),
            allowed_listeners,
        )?,
        parameters_ref,
        frontend_tls,
        requests_addresses: !addresses.is_empty(),
        unsupported,
        holders: finalizers
            .iter()
            .filter_map(|finalizer| Holder::of(finalizer))
            .collect(),
        meta,
    })
}

pub(crate) fn listener_set(meta: Meta, spec: ListenerSetSpec) -> Result<ListenerSet, Fault> {
    let ListenerSetSpec {
        listeners: entries,
        parent_ref,
    } = spec;
    let ListenerSetParentRef {
        group,
        kind,
        name,
        namespace,
    } = parent_ref;
    let at = SPEC.field("parentRef");
    let namespace = check::optional_namespace(&at.field("namespace"), namespace)?
        .unwrap_or_else(|| meta.key.namespace.clone());
    let parent_ref = ParentGatewayRef {
        group: check::group(
            &at.field("group"),
            group.unwrap_or_else(|| GATEWAY_GROUP.to_owned()),
        )?,
        kind: check::kind(
            &at.field("kind"),
            kind.unwrap_or_else(|| Kind::Gateway.as_str().to_owned()),
        )?,
        key: ObjectKey::new(namespace, check::reference_name(&at.field("name"), name)?),
    };
    Ok(ListenerSet {
        meta,
        parent_ref,
        listeners: listeners(&SPEC.field("listeners"), entries)?,
    })
}

fn parameters_ref(
    at: &Path<'_>,
    group: String,
    kind: String,
    name: String,
    namespace: Option<String>,
) -> Result<ParametersRef, Fault> {
    Ok(ParametersRef {
        group: check::group(&at.field("group"), group)?,
        kind: check::kind(&at.field("kind"), kind)?,
        namespace: check::optional_namespace(&at.field("namespace"), namespace)?,
        name: check::reference_name(&at.field("name"), name)?,
    })
}

/// Absent at any level means None (GEP-1713: no ListenerSet attaches unless the Gateway says so).
fn allowed_listeners(
    at: &Path<'_>,
    allowed: Option<GatewayAllowedListeners>,
) -> Result<FromNamespaces, Fault> {
    let Some(namespaces) = allowed.and_then(|allowed| allowed.namespaces) else {
        return Ok(FromNamespaces::None);
    };
    let at = at.field("namespaces");
    let selector = namespaces
        .selector
        .map(|selector| {
            label_selector(
                &at.field("selector"),
                selector.match_labels,
                selector
                    .match_expressions
                    .unwrap_or_default()
                    .into_iter()
                    .map(|entry| (entry.key, entry.operator, entry.values)),
            )
        })
        .transpose()?;
    Ok(match namespaces.from {
        None | Some(GatewayAllowedListenersNamespacesFrom::None) => FromNamespaces::None,
        Some(GatewayAllowedListenersNamespacesFrom::Same) => FromNamespaces::Same,
        Some(GatewayAllowedListenersNamespacesFrom::All) => FromNamespaces::All,
        Some(GatewayAllowedListenersNamespacesFrom::Selector) => FromNamespaces::Selector(selector),
    })
}

fn frontend_tls(at: &Path<'_>, frontend: GatewayTlsFrontend) -> Result<FrontendTls, Fault> {
    let default_path = at.field("default");
    let default = frontend
        .default
        .validation
        .map(|validation| {
            let GatewayTlsFrontendDefaultValidation {
                ca_certificate_refs,
                mode,
            } = validation;
            validated_by(
                &default_path.field("validation"),
                ca_certificate_refs
                    .into_iter()
                    .map(|entry| (entry.group, entry.kind, entry.name, entry.namespace))
                    .collect(),
                mode == Some(GatewayTlsFrontendDefaultValidationMode::AllowInsecureFallback),
            )
        })
        .transpose()?;
    let ports_path = at.field("perPort");
    let entries = frontend.per_port.unwrap_or_default();
    check::count(&ports_path, entries.len(), 0..=64)?;
    let mut per_port = BTreeMap::new();
    for (index, entry) in entries.into_iter().enumerate() {
        let at = ports_path.index(index);
        let port = check::port(&at.field("port"), entry.port)?;
        let tls_path = at.field("tls");
        let validation = entry
            .tls
            .validation
            .map(|validation| {
                let GatewayTlsFrontendPerPortTlsValidation {
                    ca_certificate_refs,
                    mode,
                } = validation;
                validated_by(
                    &tls_path.field("validation"),
                    ca_certificate_refs
                        .into_iter()
                        .map(|entry| (entry.group, entry.kind, entry.name, entry.namespace))
                        .collect(),
                    mode == Some(GatewayTlsFrontendPerPortTlsValidationMode::AllowInsecureFallback),
                )
            })
            .transpose()?;
        if per_port.insert(port, validation).is_some() {
            return Err(at.field("port").fault("another entry has the same port"));
        }
    }
    Ok(FrontendTls { default, per_port })
}

/// Group, kind, name and namespace of a reference.
type Reference = (String, String, String, Option<String>);

fn validated_by(
    at: &Path<'_>,
    references: Vec<Reference>,
    allow_insecure_fallback: bool,
) -> Result<FrontendValidation, Fault> {
    let at = at.field("caCertificateRefs");
    check::count(&at, references.len(), 1..=16)?;
    let ca_certificate_refs = references
        .into_iter()
        .enumerate()
        .map(|(index, (group, kind, name, namespace))| {
            certificate_ref(&at.index(index), group, kind, name, namespace)
        })
        .collect::<Result<Vec<CertificateRef>, _>>()?;
    Ok(FrontendValidation {
        ca_certificate_refs,
        allow_insecure_fallback,
    })
}
