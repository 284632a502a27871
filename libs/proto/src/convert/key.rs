//! `key.proto`: identity of objects and listeners.

use tributary_model::key::{Kind, ListenerOwner, ListenerRef, OwnerKind, RouteKind};
use tributary_model::{FieldFault, ObjectKey, ObjectRef};

use super::ConvertError;
use super::codec::one_of::OneOf;
use super::codec::{any_name, conversion, enumeration, message, one_of, required, same, text};
use crate::types;

enumeration!(
    Kind = types::Kind {
        GatewayClass,
        Gateway,
        ListenerSet,
        HttpRoute,
        GrpcRoute,
        TcpRoute,
        UdpRoute,
        TlsRoute,
        ReferenceGrant,
        Namespace,
        Service,
        EndpointSlice,
        Node,
        Secret,
        LoadBalancerConfiguration,
        TargetGroupConfiguration,
        ListenerRuleConfiguration,
        BackendTlsPolicy,
        Pod,
    }
);

message!(
    FieldFault = types::FieldFault {
        field: same,
        reason: same
    }
);

conversion!(
    ObjectKey = types::ObjectKey {
        namespace: any_name,
        name: text
    }
);
message!(
    ObjectRef = types::ObjectRef {
        kind: one_of,
        key: required
    }
);
message!(
    ListenerRef = types::ListenerRef {
        owner: required,
        name: text
    }
);

/// An [`ObjectKey`] that is a name itself, and not a reference of somebody's: the API server takes none that is longer,
/// and it is logged.
pub(super) mod object_name {
    use tributary_model::ObjectKey;

    use super::{ConvertError, required, types};

    /// In bytes, of a name or a namespace.
    const LONGEST: usize = 253;

    pub(in crate::convert) use super::required::write;

    pub(in crate::convert) fn read(
        field: &str,
        key: Option<types::ObjectKey>,
    ) -> Result<ObjectKey, ConvertError> {
        let key: ObjectKey = required::read(field, key)?;
        let ObjectKey { namespace, name } = &key;
        for (part, text) in [("namespace", namespace), ("name", name)] {
            if text.len() > LONGEST {
                let reason = format!("has {} bytes, and the most is {LONGEST}", text.len());
                return Err(ConvertError::at(part, reason).under(field));
            }
        }
        Ok(key)
    }
}

impl OneOf for RouteKind {
    type Wire = types::Kind;
}

impl From<RouteKind> for types::Kind {
    fn from(kind: RouteKind) -> Self {
        kind.kind().into()
    }
}

impl TryFrom<types::Kind> for RouteKind {
    type Error = ConvertError;

    fn try_from(kind: types::Kind) -> Result<Self, Self::Error> {
        let kind = Kind::try_from(kind)?;
        kind.route()
            .ok_or_else(|| ConvertError::at("", format!("{kind} is not a route kind")))
    }
}

impl From<&ListenerOwner> for types::ObjectRef {
    fn from(owner: &ListenerOwner) -> Self {
        let ListenerOwner { kind, key } = owner;
        Self {
            kind: one_of::write(&kind.kind()),
            key: required::write(key),
        }
    }
}

impl TryFrom<types::ObjectRef> for ListenerOwner {
    type Error = ConvertError;

    fn try_from(object: types::ObjectRef) -> Result<Self, Self::Error> {
        let ObjectRef { kind, key } = object.try_into()?;
        let kind = match kind {
            Kind::Gateway => OwnerKind::Gateway,
            Kind::ListenerSet => OwnerKind::ListenerSet,
            other => {
                return Err(ConvertError::at(
                    "kind",
                    format!("{other} has no listeners"),
                ));
            }
        };
        Ok(Self { kind, key })
    }
}
