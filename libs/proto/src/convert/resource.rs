//! `resource.proto`: objects as their source holds them.

use std::sync::Arc;

use tributary_model::Meta;
use tributary_model::key::{Kind, ObjectRef};
use tributary_model::other_controller::OtherController;
use tributary_model::resource::{
    Author, CarriedStatus, Gateway, GatewayClass, ListenerSet, ParametersRef, ParentGatewayRef,
    Refused, Resource, SourceObject, Unread,
};

use super::ConvertError;
use super::codec::{
    Beside, absent, known, label_map, list, message, optional, optional_name, required, same, spec,
    text, timestamp, within,
};
use crate::types;
use crate::types::StatusAuthor;
use crate::types::source_object::Spec;

spec!(
    GatewayClass = types::GatewayClassSpec {
        controller_name: text,
        parameters_ref: optional,
        marked_in_use: same,
    }
);
message!(
    ParametersRef = types::ParametersRef {
        group: same,
        kind: text,
        namespace: optional_name,
        name: text,
    }
);
spec!(
    Gateway = types::GatewaySpec {
        class_name: text,
        listeners: list,
        allowed_listeners: required,
        parameters_ref: optional,
        frontend_tls: required,
        requests_addresses: same,
        holders: holder_set,
        unsupported: same,
    }
);
spec!(
    ListenerSet = types::ListenerSetSpec {
        parent_ref: required,
        listeners: list
    }
);
message!(
    ParentGatewayRef = types::ParentGatewayRef {
        group: same,
        kind: text,
        key: required
    }
);

impl From<Author> for StatusAuthor {
    fn from(author: Author) -> Self {
        match author {
            Author::Us => Self::Us,
            Author::Other => Self::Other,
            Author::Unknown => Self::Unspecified,
        }
    }
}

impl From<StatusAuthor> for Author {
    fn from(author: StatusAuthor) -> Self {
        match author {
            StatusAuthor::Us => Self::Us,
            StatusAuthor::Other => Self::Other,
            StatusAuthor::Unspecified => Self::Unknown,
        }
    }
}

impl From<&OtherController> for types::OtherControllerSpec {
    fn from(other: &OtherController) -> Self {
        Self {
            lease: required::write(other.lease()),
        }
    }
}

impl TryFrom<types::OtherControllerSpec> for OtherController {
    type Error = ConvertError;

    fn try_from(message: types::OtherControllerSpec) -> Result<Self, Self::Error> {
        let types::OtherControllerSpec { lease } = message;
        Ok(Self::by(required::read("lease", lease)?))
    }
}

/// `holders`: their finalizers.
mod holder_set {
    use std::collections::BTreeSet;

    use tributary_model::holder::Holder;

    use crate::convert::ConvertError;

    pub(super) fn write(holders: &BTreeSet<Holder>) -> Vec<String> {
        holders
            .iter()
            .map(|holder| holder.finalizer().into_owned())
            .collect()
    }

    pub(super) fn read(
        field: &str,
        finalizers: Vec<String>,
    ) -> Result<BTreeSet<Holder>, ConvertError> {
        finalizers
            .into_iter()
            .enumerate()
            .map(|(place, finalizer)| {
                Holder::of(&finalizer).ok_or_else(|| {
                    ConvertError::at("", format!("is {finalizer:?}, the finalizer of nobody"))
                        .under_index(field, place)
                })
            })
            .collect()
    }
}

impl From<&SourceObject> for types::SourceObject {
    fn from(value: &SourceObject) -> Self {
        let SourceObject {
            resource,
            status,
            resource_version,
            labels,
        } = value;
        let Meta {
            key: _,
            generation,
            created,
            deleting,
        } = resource.meta();
        Self {
            object: required::write(&resource.object_ref()),
            generation: *generation,
            created: timestamp::write(created),
            deleting: *deleting,
            spec: Some((&**resource).into()),
            status: status.as_ref().map(|carried| (&carried.status).into()),
            resource_version: *resource_version,
            status_author: status
                .as_ref()
                .map_or(StatusAuthor::Unspecified, |carried| carried.author.into())
                .into(),
            labels: label_map::write(labels),
        }
    }
}

impl From<&Resource> for Spec {
    fn from(resource: &Resource) -> Self {
        match resource {
            Resource::GatewayClass(object) => Self::GatewayClass(object.into()),
            Resource::Gateway(object) => Self::Gateway((&**object).into()),
            Resource::ListenerSet(object) => Self::ListenerSet(object.into()),
            Resource::Route(object) => Self::Route(object.into()),
            Resource::ReferenceGrant(object) => Self::ReferenceGrant(object.into()),
            Resource::Namespace(object) => Self::Namespace(object.into()),
            Resource::Service(object) => Self::Service(object.into()),
            Resource::EndpointSlice(object) => Self::EndpointSlice(object.into()),
            Resource::Node(object) => Self::Node(object.into()),
            Resource::Pod(object) => Self::Pod(object.into()),
            Resource::Secret(object) => Self::Secret(object.into()),
            Resource::LoadBalancerConfiguration(object) => {
                Self::LoadBalancerConfiguration((&**object).into())
            }
            Resource::TargetGroupConfiguration(object) => {
                Self::TargetGroupConfiguration((&**object).into())
            }
            Resource::ListenerRuleConfiguration(object) => {
                Self::ListenerRuleConfiguration((&**object).into())
            }
            Resource::Unread(_) => Self::Unread(types::UnreadSpec {}),
            Resource::OtherController(other) => Self::OtherController(other.into()),
            Resource::BackendTlsPolicy(object) => Self::BackendTlsPolicy(object.into()),
            Resource::Refused(refused) => Self::Refused(types::RefusedSpec {
                fault: required::write(refused.fault()),
            }),
        }
    }
}

impl TryFrom<types::SourceObject> for SourceObject {
    type Error = ConvertError;

    fn try_from(message: types::SourceObject) -> Result<Self, Self::Error> {
        let types::SourceObject {
            object,
            generation,
            created,
            deleting,
            spec,
            status,
            resource_version,
            status_author,
            labels,
        } = message;
        let object: ObjectRef = required::read("object", object)?;
        let kind = object.kind;
        let meta = Meta {
            key: object.key.clone(),
            generation,
            created: timestamp::read("created", created)?,
            deleting,
        };
        let spec = spec.ok_or_else(|| absent().under("spec"))?;
        let resource = read_spec(kind, meta, spec)?;
        if resource.kind() != kind {
            return Err(ConvertError::at(
                "object.kind",
                format!("is {kind}, the spec is that of a {}", resource.kind()),
            ));
        }
        let key = &resource.meta().key;
        if *key != object.key {
            let message = format!("is {}, what stands for no object is {key}", object.key);
            return Err(ConvertError::at("object.key", message));
        }
        let author = known::<StatusAuthor>("status_author", status_author)?.into();
        let status = optional::read("status", status)?;
        Ok(Self {
            resource: Arc::new(resource),
            status: status.map(|status| CarriedStatus { status, author }),
            resource_version,
            labels: label_map::read("labels", labels)?,
        })
    }
}

fn read_spec(kind: Kind, meta: Meta, spec: Spec) -> Result<Resource, ConvertError> {
    Ok(match spec {
        Spec::GatewayClass(spec) => {
            Resource::GatewayClass(within("gateway_class", Beside(meta, spec))?)
        }
        Spec::Gateway(spec) => Resource::Gateway(Box::new(within("gateway", Beside(meta, spec))?)),
        Spec::ListenerSet(spec) => {
            Resource::ListenerSet(within("listener_set", Beside(meta, spec))?)
        }
        Spec::Route(spec) => {
            let kind = kind.route().ok_or_else(|| {
                ConvertError::at(
                    "object.kind",
                    format!("is {kind}, the spec is that of a route"),
                )
            })?;
            Resource::Route(within("route", Beside((meta, kind), spec))?)
        }
        Spec::ReferenceGrant(spec) => {
            Resource::ReferenceGrant(within("reference_grant", Beside(meta, spec))?)
        }
        Spec::Namespace(spec) => Resource::Namespace(within("namespace", Beside(meta, spec))?),
        Spec::Service(spec) => Resource::Service(within("service", Beside(meta, spec))?),
        Spec::EndpointSlice(spec) => {
            Resource::EndpointSlice(within("endpoint_slice", Beside(meta, spec))?)
        }
        Spec::Node(spec) => Resource::Node(within("node", Beside(meta, spec))?),
        Spec::Pod(spec) => Resource::Pod(within("pod", Beside(meta, spec))?),
        Spec::Secret(spec) => Resource::Secret(within("secret", Beside(meta, spec))?),
        Spec::LoadBalancerConfiguration(spec) => Resource::LoadBalancerConfiguration(Box::new(
            within("load_balancer_configuration", Beside(meta, spec))?,
        )),
        Spec::TargetGroupConfiguration(spec) => Resource::TargetGroupConfiguration(Box::new(
            within("target_group_configuration", Beside(meta, spec))?,
        )),
        Spec::ListenerRuleConfiguration(spec) => Resource::ListenerRuleConfiguration(Box::new(
            within("listener_rule_configuration", Beside(meta, spec))?,
        )),
        Spec::Unread(types::UnreadSpec {}) => Resource::Unread(Unread::of(kind)),
        Spec::OtherController(spec) => Resource::OtherController(within("other_controller", spec)?),
        Spec::BackendTlsPolicy(spec) => {
            Resource::BackendTlsPolicy(within("backend_tls_policy", Beside(meta, spec))?)
        }
        Spec::Refused(types::RefusedSpec { fault }) => {
            let object = ObjectRef::new(kind, meta.key);
            let refused = Refused::of(&object, required::read("refused.fault", fault)?);
            let refused = refused.ok_or_else(|| {
                ConvertError::at(
                    "object.kind",
                    format!("is {kind}, which is never told as refused"),
                )
            })?;
            Resource::Refused(refused)
        }
    })
}
