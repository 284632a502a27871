//! `status.proto`: `.status` as other writers and we left it.
//!
//! Strings are free here: a foreign controller's odd status must not cost the object.

use tributary_model::status::{
    Condition, ConditionStatus, GatewayClassStatus, GatewayStatus, ListenerSetStatus,
    ListenerStatus, RouteParentStatus, RouteStatus, Status, StatusAddress,
};

use super::ConvertError;
use super::codec::{
    absent, any_name, enumeration, list, message, one_of, required, same, timestamp, within,
};
use crate::types;
use crate::types::status::Status as OfKind;

enumeration!(
    ConditionStatus = types::ConditionStatus {
        True,
        False,
        Unknown
    }
);

message!(
    GatewayClassStatus = types::GatewayClassStatus {
        conditions: list,
        supported_features: same,
    }
);
message!(
    GatewayStatus = types::GatewayStatus {
        conditions: list,
        addresses: list,
        listeners: list,
        attached_listener_sets: same,
    }
);
message!(
    ListenerSetStatus = types::ListenerSetStatus {
        conditions: list,
        listeners: list
    }
);
message!(
    ListenerStatus = types::ListenerStatus {
        name: any_name,
        supported_kinds: list,
        attached_routes: same,
        conditions: list,
    }
);
message!(RouteStatus = types::RouteStatus { parents: list });
message!(
    RouteParentStatus = types::RouteParentStatus {
        parent_ref: required,
        controller_name: same,
        conditions: list,
    }
);

impl From<&Status> for types::Status {
    fn from(value: &Status) -> Self {
        Self {
            status: Some(match value {
                Status::GatewayClass(status) => OfKind::GatewayClass(status.into()),
                Status::Gateway(status) => OfKind::Gateway(status.into()),
                Status::ListenerSet(status) => OfKind::ListenerSet(status.into()),
                Status::Route(status) => OfKind::Route(status.into()),
            }),
        }
    }
}

impl TryFrom<types::Status> for Status {
    type Error = ConvertError;

    fn try_from(message: types::Status) -> Result<Self, Self::Error> {
        Ok(match message.status.ok_or_else(absent)? {
            OfKind::GatewayClass(status) => Self::GatewayClass(within("gateway_class", status)?),
            OfKind::Gateway(status) => Self::Gateway(within("gateway", status)?),
            OfKind::ListenerSet(status) => Self::ListenerSet(within("listener_set", status)?),
            OfKind::Route(status) => Self::Route(within("route", status)?),
        })
    }
}

impl From<&Condition> for types::Condition {
    fn from(value: &Condition) -> Self {
        let Condition {
            condition_type,
            status,
            reason,
            message,
            observed_generation,
            last_transition_time,
        } = value;
        Self {
            r#type: condition_type.clone(),
            status: one_of::write(status),
            reason: reason.clone(),
            message: message.clone(),
            observed_generation: *observed_generation,
            last_transition_time: timestamp::write(last_transition_time),
        }
    }
}

impl TryFrom<types::Condition> for Condition {
    type Error = ConvertError;

    fn try_from(message: types::Condition) -> Result<Self, Self::Error> {
        let types::Condition {
            r#type: condition_type,
            status,
            reason,
            message,
            observed_generation,
            last_transition_time,
        } = message;
        Ok(Self {
            condition_type,
            status: one_of::read("status", status)?,
            reason,
            message,
            observed_generation,
            last_transition_time: timestamp::read("last_transition_time", last_transition_time)?,
        })
    }
}

impl From<&StatusAddress> for types::StatusAddress {
    fn from(value: &StatusAddress) -> Self {
        let StatusAddress {
            address_type,
            value,
        } = value.clone();
        Self {
            r#type: address_type,
            value,
        }
    }
}

impl TryFrom<types::StatusAddress> for StatusAddress {
    type Error = ConvertError;

    fn try_from(message: types::StatusAddress) -> Result<Self, Self::Error> {
        let types::StatusAddress {
            r#type: address_type,
            value,
        } = message;
        Ok(Self {
            address_type,
            value,
        })
    }
}
