//! Kubernetes objects in, the model's objects out; and the model's status back into JSON.
//!
//! ```text
//!  serde_json::Value ──> recognize (kind, version) ──> envelope (metadata) ──> read (bindings' types, field paths)
//!                                                                                           │
//!      Rejected { object, field, reason } <── check (schema, CEL) <─────────────────────────┤
//!                                                                                           v
//!  .status JSON <── status <── model::Status                                model::resource::SourceObject
//! ```
//!
//! **Knows:** the shapes of Gateway API, of the Kubernetes kinds that routing needs and of the three kinds
//! of `gateway.k8s.aws`: their versions, their defaults, and what an API server would refuse. An object
//! comes out of here with every default filled in and every rule of its own schema kept, or not at all.
//!
//! **Must not know:** where an object was read, what other objects there are, what becomes of it. It does
//! no I/O and has no clock. Nothing outside this crate names a type of the bindings.

mod check;
mod configuration;
pub mod crds;
mod envelope;
mod fault;
mod gateway;
mod grant;
mod lenient;
mod listener;
mod pod;
mod policy;
mod read;
mod recognize;
mod route;
mod secret;
mod selector;
mod status;
mod time;
mod workload;

use std::sync::Arc;

use serde_json::Value;
use tributary_model::key::{AWS_GROUP, GATEWAY_GROUP};
use tributary_model::labels::NoLabel;
use tributary_model::resource::{Author, CarriedStatus, SourceObject};
use tributary_model::status::Status;
use tributary_model::{Kind, Labels, ObjectRef, Resource, RouteKind};

use envelope::{Envelope, Identity, open, unknown_fields};
use fault::{Fault, Path};
use lenient::{LeftOut, read_leniently};
use read::{read, required};
use recognize::{Recognized, recognize};

pub use envelope::Defaults;
pub use fault::{Rejected, Warning};
pub use recognize::{Foreign, versions};
pub use secret::TlsMaterial;
pub use status::{has_status, status_to_json};
pub use time::{InvalidTimestamp, timestamp_from_rfc3339, timestamp_to_rfc3339};
pub use workload::implied_namespace;

/// Groups of which every object is meant for a Gateway.
const TOLD_GROUPS: [&str; 3] = [GATEWAY_GROUP, "gateway.networking.x-k8s.io", AWS_GROUP];

/// What became of one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Normalized {
    /// An object that is read.
    Ours {
        /// The object.
        object: Box<SourceObject>,
        /// What was left aside: unknown fields, a status that cannot be read. A person should see each once.
        warnings: Vec<Warning>,
    },
    /// An object of no interest.
    Foreign(Foreign),
}

/// Reads one object, in any version that [`versions`] names.
///
/// # Errors
/// When the object would not have got past an API server with the CRDs of Gateway API 1.6.
pub fn normalize(object: &Value, defaults: &Defaults) -> Result<Normalized, Rejected> {
    let mut identity = Identity::default();
    match normalize_as(object, defaults, &mut identity) {
        Ok(normalized) => Ok(normalized),
        Err(fault) => Err(identity.reject(fault)),
    }
}

/// Kind, namespace and name only: nothing for an object of no interest.
///
/// # Errors
/// When the object cannot be named: no kind, apiVersion or name, or a name that is none.
pub fn identify(object: &Value, defaults: &Defaults) -> Result<Option<ObjectRef>, Rejected> {
    let mut identity = Identity::default();
    let opened = recognize(object, &mut identity).and_then(|recognized| match recognized {
        Recognized::Foreign(_) => Ok(None),
        Recognized::Ours(kind) => open(kind, object, defaults, &mut identity).map(Some),
    });
    match opened {
        Ok(envelope) => Ok(envelope.map(|open| ObjectRef::new(open.kind, open.meta.key))),
        Err(fault) => Err(identity.reject(fault)),
    }
}

/// An object that looks as if it were for us and is not read, named, and why: of Gateway API, its experimental group or
/// the configurations' group, in a kind or version of which nothing is known. Nothing for what is none of our business.
pub fn unread(object: &Value) -> Option<(String, Foreign)> {
    let mut identity = Identity::default();
    let recognized = recognize(object, &mut identity).ok()?;
    let Recognized::Foreign(foreign) = recognized else {
        return None;
    };
    let is_told = match &foreign {
        Foreign::Kind { api_version, .. } => {
            let group = api_version.split_once('/').map(|(group, _)| group);
            group.is_some_and(|group| TOLD_GROUPS.contains(&group))
        }
        Foreign::Version { kind, .. } => TOLD_GROUPS.contains(&kind.group()),
        Foreign::PodWithoutGate | Foreign::SecretType { .. } => false,
    };
    is_told.then(|| (identity.display(), foreign))
}

/// The objects of a `List` (or of any `…List` with items), lists in it too; any other object is its own only one.
///
/// Items of a typed list may lack kind and apiVersion, as the API serves them: they get the list's.
pub fn expand(object: Value) -> Vec<Value> {
    /// Lists within lists that anybody means.
    const DEPTH: usize = 8;
    let mut expanded = Vec::new();
    expand_into(object, DEPTH, &mut expanded);
    expanded
}

/// Certificate, chain and private key of a Secret of type `kubernetes.io/tls`, for the programmer that imports it.
///
/// # Errors
/// When something is missing or malformed; no message holds secret material.
pub fn tls_material(secret: &Value) -> Result<TlsMaterial, Rejected> {
    let mut identity = Identity::default();
    let material = recognize(secret, &mut identity).and_then(|recognized| match recognized {
        Recognized::Ours(Kind::Secret) => secret::material(secret),
        Recognized::Ours(_) | Recognized::Foreign(_) => {
            Err(Path::root("type").fault("is not a Secret of type kubernetes.io/tls"))
        }
    });
    match material {
        Ok(material) => Ok(material),
        Err(fault) => Err(identity.reject(fault)),
    }
}

/// Reads the value of an object's `.status`: nothing for null and for kinds that get none from us.
///
/// # Errors
/// When it is not a status of the kind.
pub fn status_from_json(kind: Kind, value: &Value) -> Result<Option<Status>, Rejected> {
    status::status(kind, value).map_err(|fault| fault.of(kind.as_str().to_owned(), None))
}

fn normalize_as(
    object: &Value,
    defaults: &Defaults,
    identity: &mut Identity,
) -> Result<Normalized, Fault> {
    let kind = match recognize(object, identity)? {
        Recognized::Foreign(foreign) => return Ok(Normalized::Foreign(foreign)),
        Recognized::Ours(kind) => kind,
    };
    let envelope = open(kind, object, defaults, identity)?;
    let mut warnings = unknown_fields(kind, object);
    let labels = selected_by(&envelope, &mut warnings);
    let resource = resource(envelope, &mut warnings)?;
    let (status, resource_version) = carried_status(kind, object, &mut warnings);
    Ok(Normalized::Ours {
        object: Box::new(SourceObject {
            resource: Arc::new(resource),
            // Whose it is shows in how it came here, which the reader of the source knows.
            status: status.map(|status| CarriedStatus {
                status,
                author: Author::Unknown,
            }),
            resource_version,
            labels,
        }),
        warnings,
    })
}

/// Labels of the kinds that people ask about.
fn selected_by(envelope: &Envelope<'_>, warnings: &mut Vec<Warning>) -> Labels {
    if !has_status(envelope.kind) {
        return Labels::default();
    }
    let mut ignored = |reason: String| {
        warnings.push(Warning {
            field: "metadata.labels".to_owned(),
            reason: format!("nobody can select the object by its labels: {reason}"),
        });
        Labels::default()
    };
    match Labels::of(&envelope.labels) {
        Ok(labels) if labels.text().len() > Labels::MOST_BYTES => {
            let (bytes, most) = (labels.text().len(), Labels::MOST_BYTES);
            ignored(format!("they have {bytes} bytes, and the most is {most}"))
        }
        Ok(labels) => labels,
        Err(NoLabel { key }) => ignored(format!("{key:?} is none")),
    }
}

/// The status, and the version at which it is that. A status that cannot be read costs itself, not what the object
/// asks for: an API server drops it from a file too. It has no version, so that nobody writes over it unread.
fn carried_status(
    kind: Kind,
    object: &Value,
    warnings: &mut Vec<Warning>,
) -> (Option<Status>, Option<u64>) {
    match status::status(kind, &object["status"]) {
        Ok(status) => {
            let version = object["metadata"]["resourceVersion"].as_str();
            let version = version.filter(|_| status::has_status(kind));
            // Opaque to most, and a number on every API server that is certified as Kubernetes (KEP-5504).
            (status, version.and_then(|version| version.parse().ok()))
        }
        Err(Fault { field, reason }) => {
            warnings.push(Warning {
                field,
                reason: format!("the status is ignored: {reason}"),
            });
            (None, None)
        }
    }
}

fn resource(envelope: Envelope<'_>, warnings: &mut Vec<Warning>) -> Result<Resource, Fault> {
    Ok(match envelope.kind {
        Kind::GatewayClass => {
            let spec = spec(&envelope, warnings)?;
            let class = gateway::gateway_class(envelope.meta, &envelope.finalizers, spec)?;
            Resource::GatewayClass(class)
        }
        Kind::Gateway => {
            let spec = spec(&envelope, warnings)?;
            let gateway = gateway::gateway(envelope.meta, &envelope.finalizers, spec)?;
            Resource::Gateway(Box::new(gateway))
        }
        Kind::ListenerSet => {
            let spec = spec(&envelope, warnings)?;
            Resource::ListenerSet(gateway::listener_set(envelope.meta, spec)?)
        }
        Kind::ReferenceGrant => {
            let spec = spec(&envelope, warnings)?;
            Resource::ReferenceGrant(grant::reference_grant(envelope.meta, spec)?)
        }
        Kind::Namespace => Resource::Namespace(workload::namespace(envelope)),
        Kind::Service => Resource::Service(workload::service(envelope, warnings)?),
        Kind::EndpointSlice => {
            Resource::EndpointSlice(workload::endpoint_slice(envelope, warnings)?)
        }
        Kind::Node => Resource::Node(workload::node(envelope, warnings)?),
        Kind::Pod => Resource::Pod(pod::pod(envelope)?),
        Kind::Secret => Resource::Secret(secret::tls_secret(envelope)?),
        Kind::BackendTlsPolicy => {
            let spec = spec(&envelope, warnings)?;
            Resource::BackendTlsPolicy(policy::backend_tls_policy(envelope.meta, spec)?)
        }
        Kind::LoadBalancerConfiguration => {
            let (spec, left_out) = lenient_spec(&envelope)?;
            let configuration =
                configuration::load_balancer_configuration(envelope.meta, spec, left_out)?;
            Resource::LoadBalancerConfiguration(Box::new(configuration))
        }
        Kind::TargetGroupConfiguration => {
            let (spec, left_out) = lenient_spec(&envelope)?;
            let configuration =
                configuration::target_group_configuration(envelope.meta, spec, left_out)?;
            Resource::TargetGroupConfiguration(Box::new(configuration))
        }
        Kind::ListenerRuleConfiguration => {
            let (spec, left_out) = lenient_spec(&envelope)?;
            let configuration =
                configuration::listener_rule_configuration(envelope.meta, spec, left_out);
            Resource::ListenerRuleConfiguration(Box::new(configuration))
        }
        Kind::HttpRoute => Resource::Route(route::route(RouteKind::Http, envelope, warnings)?),
        Kind::GrpcRoute => Resource::Route(route::route(RouteKind::Grpc, envelope, warnings)?),
        Kind::TcpRoute => Resource::Route(route::route(RouteKind::Tcp, envelope, warnings)?),
        Kind::UdpRoute => Resource::Route(route::route(RouteKind::Udp, envelope, warnings)?),
        Kind::TlsRoute => Resource::Route(route::route(RouteKind::Tls, envelope, warnings)?),
    })
}

fn spec<T: serde::de::DeserializeOwned>(
    envelope: &Envelope<'_>,
    warnings: &mut Vec<Warning>,
) -> Result<T, Fault> {
    let spec = required(envelope.object, &Path::document(), "spec")?;
    read(&Path::root("spec"), spec, warnings)
}

/// The configuration kinds do not require a spec, and a bad part of it costs no more than itself.
fn lenient_spec<T: serde::de::DeserializeOwned + Default>(
    envelope: &Envelope<'_>,
) -> Result<(T, LeftOut), Fault> {
    match envelope.object.get("spec") {
        None | Some(Value::Null) => Ok((T::default(), LeftOut::default())),
        Some(spec) => read_leniently(&Path::root("spec"), spec),
    }
}

fn expand_into(object: Value, depth: usize, expanded: &mut Vec<Value>) {
    let kind = object.get("kind").and_then(Value::as_str).unwrap_or("");
    let item_kind = kind.strip_suffix("List").map(str::to_owned);
    let (Some(item_kind), true) = (item_kind, object.get("items").is_some_and(Value::is_array))
    else {
        expanded.push(object);
        return;
    };
    if depth == 0 {
        expanded.push(object);
        return;
    }
    let api_version = object.get("apiVersion").cloned();
    let Value::Object(mut list) = object else {
        return;
    };
    let Some(Value::Array(items)) = list.remove("items") else {
        return;
    };
    for mut item in items {
        if let (Value::Object(fields), false) = (&mut item, item_kind.is_empty()) {
            fields
                .entry("kind")
                .or_insert_with(|| Value::String(item_kind.clone()));
            if let Some(api_version) = &api_version {
                fields
                    .entry("apiVersion")
                    .or_insert_with(|| api_version.clone());
            }
        }
        expand_into(item, depth - 1, expanded);
    }
}

#[cfg(test)]
mod tests;
