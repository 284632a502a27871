//! `.status` of the kinds that get one, to and from JSON.
//!
//! What other controllers wrote is kept: their conditions and their entries of `status.parents` go
//! through both ways unchanged.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tributary_model::Kind;
use tributary_model::key::GATEWAY_GROUP;
use tributary_model::listener::RouteGroupKind;
use tributary_model::route::ParentRef;
use tributary_model::status::{
    Condition, ConditionStatus, GatewayClassStatus, GatewayStatus, ListenerSetStatus,
    ListenerStatus, RouteParentStatus, RouteStatus, Status, StatusAddress,
};

use crate::check;
use crate::fault::{Fault, Path};
use crate::read::read_quietly;
use crate::time::{timestamp_from_rfc3339, timestamp_to_rfc3339};

const STATUS: Path<'static> = Path::root("status");

/// One shape for all kinds: no field means two things, and each kind sets its own only.
#[derive(Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct StatusShape {
    #[serde(skip_serializing_if = "Option::is_none")]
    conditions: Option<Vec<ConditionShape>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    supported_features: Option<Vec<FeatureShape>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    addresses: Option<Vec<AddressShape>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    listeners: Option<Vec<ListenerShape>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attached_listener_sets: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parents: Option<Vec<ParentShape>>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct ConditionShape {
    r#type: String,
    status: String,
    reason: String,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    observed_generation: Option<i64>,
    last_transition_time: String,
}

#[derive(Deserialize, Serialize)]
struct FeatureShape {
    name: String,
}

#[derive(Deserialize, Serialize)]
struct AddressShape {
    r#type: Option<String>,
    value: String,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct ListenerShape {
    name: String,
    supported_kinds: Option<Vec<KindShape>>,
    attached_routes: u32,
    conditions: Vec<ConditionShape>,
}

#[derive(Deserialize, Serialize)]
struct KindShape {
    group: Option<String>,
    kind: String,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct ParentShape {
    parent_ref: ParentRefShape,
    controller_name: String,
    conditions: Vec<ConditionShape>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct ParentRefShape {
    group: Option<String>,
    kind: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<String>,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    section_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    port: Option<u16>,
}

/// Whether objects of the kind get a status from us.
pub fn has_status(kind: Kind) -> bool {
    match kind {
        Kind::GatewayClass
        | Kind::Gateway
        | Kind::ListenerSet
        | Kind::HttpRoute
        | Kind::GrpcRoute
        | Kind::TcpRoute
        | Kind::UdpRoute
        | Kind::TlsRoute => true,
        Kind::ReferenceGrant
        | Kind::BackendTlsPolicy
        | Kind::Namespace
        | Kind::Service
        | Kind::EndpointSlice
        | Kind::Node
        | Kind::Pod
        | Kind::Secret
        | Kind::LoadBalancerConfiguration
        | Kind::TargetGroupConfiguration
        | Kind::ListenerRuleConfiguration => false,
    }
}

/// The value of `.status`.
pub fn status_to_json(status: &Status) -> Value {
    let shape = match status {
        Status::GatewayClass(GatewayClassStatus {
            conditions,
            supported_features,
        }) => StatusShape {
            conditions: condition_list(conditions),
            supported_features: Some(
                supported_features
                    .iter()
                    .map(|name| FeatureShape { name: name.clone() })
                    .collect(),
            ),
            ..StatusShape::default()
        },
        Status::Gateway(GatewayStatus {
            conditions,
            addresses,
            listeners,
            attached_listener_sets,
        }) => StatusShape {
            conditions: condition_list(conditions),
            addresses: Some(
                addresses
                    .iter()
                    .map(|address| AddressShape {
                        r#type: Some(address.address_type.clone()),
                        value: address.value.clone(),
                    })
                    .collect(),
            ),
            listeners: Some(listeners.iter().map(listener_shape).collect()),
            attached_listener_sets: *attached_listener_sets,
            ..StatusShape::default()
        },
        Status::ListenerSet(ListenerSetStatus {
            conditions,
            listeners,
        }) => StatusShape {
            conditions: condition_list(conditions),
            listeners: Some(listeners.iter().map(listener_shape).collect()),
            ..StatusShape::default()
        },
        Status::Route(RouteStatus { parents }) => StatusShape {
            parents: Some(parents.iter().map(parent_shape).collect()),
            ..StatusShape::default()
        },
    };
    // Strings, numbers and lists of them: there is nothing here that JSON cannot hold.
    serde_json::to_value(shape).unwrap_or(Value::Null)
}

/// Reads the value of `.status`. Absent (null) and kinds without a status give nothing.
pub(crate) fn status(kind: Kind, value: &Value) -> Result<Option<Status>, Fault> {
    if value.is_null() || !has_status(kind) {
        return Ok(None);
    }
    let shape: StatusShape = read_quietly(&STATUS, value)?;
    let conditions = conditions(
        &STATUS.field("conditions"),
        shape.conditions.unwrap_or_default(),
    )?;
    let status = match kind {
        Kind::GatewayClass => Status::GatewayClass(GatewayClassStatus {
            conditions,
            supported_features: shape
                .supported_features
                .unwrap_or_default()
                .into_iter()
                .map(|feature| feature.name)
                .collect(),
        }),
        Kind::Gateway => Status::Gateway(GatewayStatus {
            conditions,
            addresses: shape
                .addresses
                .unwrap_or_default()
                .into_iter()
                .map(|address| StatusAddress {
                    address_type: address.r#type.unwrap_or_else(|| "IPAddress".to_owned()),
                    value: address.value,
                })
                .collect(),
            listeners: listeners(shape.listeners)?,
            attached_listener_sets: shape.attached_listener_sets,
        }),
        Kind::ListenerSet => Status::ListenerSet(ListenerSetStatus {
            conditions,
            listeners: listeners(shape.listeners)?,
        }),
        Kind::HttpRoute | Kind::GrpcRoute | Kind::TcpRoute | Kind::UdpRoute | Kind::TlsRoute => {
            Status::Route(RouteStatus {
                parents: parents(shape.parents)?,
            })
        }
        Kind::ReferenceGrant
        | Kind::BackendTlsPolicy
        | Kind::Namespace
        | Kind::Service
        | Kind::EndpointSlice
        | Kind::Node
        | Kind::Pod
        | Kind::Secret
        | Kind::LoadBalancerConfiguration
        | Kind::TargetGroupConfiguration
        | Kind::ListenerRuleConfiguration => return Ok(None),
    };
    Ok(Some(status))
}

fn listeners(shapes: Option<Vec<ListenerShape>>) -> Result<Vec<ListenerStatus>, Fault> {
    let at = STATUS.field("listeners");
    shapes
        .unwrap_or_default()
        .into_iter()
        .enumerate()
        .map(|(index, shape)| {
            let at = at.index(index);
            Ok(ListenerStatus {
                name: check::reference_name(&at.field("name"), shape.name)?,
                supported_kinds: shape
                    .supported_kinds
                    .unwrap_or_default()
                    .into_iter()
                    .map(|kind| RouteGroupKind {
                        group: kind.group.unwrap_or_else(|| GATEWAY_GROUP.to_owned()),
                        kind: kind.kind,
                    })
                    .collect(),
                attached_routes: shape.attached_routes,
                conditions: conditions(&at.field("conditions"), shape.conditions)?,
            })
        })
        .collect()
}

fn parents(shapes: Option<Vec<ParentShape>>) -> Result<Vec<RouteParentStatus>, Fault> {
    let at = STATUS.field("parents");
    shapes
        .unwrap_or_default()
        .into_iter()
        .enumerate()
        .map(|(index, shape)| {
            let at = at.index(index);
            let ParentShape {
                parent_ref,
                controller_name,
                conditions: entries,
            } = shape;
            Ok(RouteParentStatus {
                parent_ref: ParentRef {
                    group: parent_ref.group.unwrap_or_else(|| GATEWAY_GROUP.to_owned()),
                    kind: parent_ref
                        .kind
                        .unwrap_or_else(|| Kind::Gateway.as_str().to_owned()),
                    namespace: parent_ref.namespace.map(Into::into),
                    name: parent_ref.name.into(),
                    section_name: parent_ref.section_name.map(Into::into),
                    port: parent_ref.port,
                },
                controller_name,
                conditions: conditions(&at.field("conditions"), entries)?,
            })
        })
        .collect()
}

fn conditions(at: &Path<'_>, shapes: Vec<ConditionShape>) -> Result<Vec<Condition>, Fault> {
    shapes
        .into_iter()
        .enumerate()
        .map(|(index, shape)| condition(&at.index(index), shape))
        .collect()
}

fn condition(at: &Path<'_>, shape: ConditionShape) -> Result<Condition, Fault> {
    let status = match shape.status.as_str() {
        "True" => ConditionStatus::True,
        "False" => ConditionStatus::False,
        "Unknown" => ConditionStatus::Unknown,
        other => {
            return Err(at
                .field("status")
                .fault(format!("{other:?} is none of True, False, Unknown")));
        }
    };
    let last_transition_time = timestamp_from_rfc3339(&shape.last_transition_time)
        .map_err(|error| at.field("lastTransitionTime").fault(error.to_string()))?;
    Ok(Condition {
        condition_type: shape.r#type,
        status,
        reason: shape.reason,
        message: shape.message,
        observed_generation: shape.observed_generation,
        last_transition_time,
    })
}

/// Absent when empty: the API refuses the whole status for an empty or null list of conditions.
fn condition_list(conditions: &[Condition]) -> Option<Vec<ConditionShape>> {
    (!conditions.is_empty()).then(|| conditions.iter().map(condition_shape).collect())
}

fn condition_shape(condition: &Condition) -> ConditionShape {
    let Condition {
        condition_type,
        status,
        reason,
        message,
        observed_generation,
        last_transition_time,
    } = condition;
    ConditionShape {
        r#type: condition_type.clone(),
        status: match status {
            ConditionStatus::True => "True",
            ConditionStatus::False => "False",
            ConditionStatus::Unknown => "Unknown",
        }
        .to_owned(),
        reason: reason.clone(),
        message: message.clone(),
        observed_generation: *observed_generation,
        last_transition_time: timestamp_to_rfc3339(*last_transition_time),
    }
}

fn listener_shape(listener: &ListenerStatus) -> ListenerShape {
    let ListenerStatus {
        name,
        supported_kinds,
        attached_routes,
        conditions,
    } = listener;
    ListenerShape {
        name: name.to_string(),
        supported_kinds: Some(
            supported_kinds
                .iter()
                .map(|kind| KindShape {
                    group: Some(kind.group.clone()),
                    kind: kind.kind.clone(),
                })
                .collect(),
        ),
        attached_routes: *attached_routes,
        conditions: conditions.iter().map(condition_shape).collect(),
    }
}

fn parent_shape(parent: &RouteParentStatus) -> ParentShape {
    let RouteParentStatus {
        parent_ref,
        controller_name,
        conditions,
    } = parent;
    let ParentRef {
        group,
        kind,
        namespace,
        name,
        section_name,
        port,
    } = parent_ref;
    ParentShape {
        parent_ref: ParentRefShape {
            group: Some(group.clone()),
            kind: Some(kind.clone()),
            namespace: namespace.as_ref().map(ToString::to_string),
            name: name.to_string(),
            section_name: section_name.as_ref().map(ToString::to_string),
            port: *port,
        },
        controller_name: controller_name.clone(),
        conditions: conditions.iter().map(condition_shape).collect(),
    }
}

#[cfg(test)]
mod tests;
