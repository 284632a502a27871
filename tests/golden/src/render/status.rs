//! `.status`: conditions as `Type: Status/Reason`, with the message where it says more than that.

use serde_json::Value;
use tributary_model::listener::RouteGroupKind;
use tributary_model::route::ParentRef;
use tributary_model::status::{
    Condition, ConditionStatus, GatewayClassStatus, GatewayStatus, ListenerSetStatus,
    ListenerStatus, RouteParentStatus, RouteStatus, Status, StatusAddress,
};

use super::{Fields, texts};

/// One object's status. Times and generations are left out: every case has one of each.
pub(crate) fn status(status: &Status) -> Value {
    match status {
        // The features of a class are the same in every case; libs/status tests them.
        Status::GatewayClass(GatewayClassStatus {
            conditions: list,
            supported_features: _,
        }) => conditions(list).into(),
        Status::Gateway(GatewayStatus {
            conditions: list,
            addresses,
            listeners: entries,
            attached_listener_sets,
        }) => conditions(list)
            .put(
                "addresses",
                texts(addresses.iter().map(
                    |StatusAddress {
                         address_type,
                         value,
                     }| { format!("{address_type} {value}") },
                )),
            )
            .put("attachedListenerSets", *attached_listener_sets)
            .put("listeners", listeners(entries))
            .into(),
        Status::ListenerSet(ListenerSetStatus {
            conditions: list,
            listeners: entries,
        }) => conditions(list).put("listeners", listeners(entries)).into(),
        Status::Route(RouteStatus { parents: entries }) => {
            Fields::default().put("parents", parents(entries)).into()
        }
    }
}

fn conditions(conditions: &[Condition]) -> Fields {
    conditions
        .iter()
        .fold(Fields::default(), |fields, condition| {
            fields.put(&condition.condition_type, told(condition))
        })
}

fn told(condition: &Condition) -> String {
    let is_plain = match condition.status {
        ConditionStatus::True => condition.reason == condition.condition_type,
        ConditionStatus::False => condition.reason == "NoConflicts",
        ConditionStatus::Unknown => false,
    };
    if is_plain {
        format!("{:?}/{}", condition.status, condition.reason)
    } else {
        with_message(condition)
    }
}

fn with_message(condition: &Condition) -> String {
    let Condition {
        condition_type: _,
        status,
        reason,
        message,
        observed_generation: _,
        last_transition_time: _,
    } = condition;
    format!("{status:?}/{reason}: {message}")
}

/// A list, since its order is part of what is promised.
fn listeners(entries: &[ListenerStatus]) -> Value {
    let entry = |entry: &ListenerStatus| -> Value {
        let ListenerStatus {
            name,
            supported_kinds,
            attached_routes,
            conditions: list,
        } = entry;
        conditions(list)
            .put("name", name.to_string())
            .put("attachedRoutes", *attached_routes)
            .put(
                "supportedKinds",
                texts(
                    supported_kinds
                        .iter()
                        .map(|RouteGroupKind { group: _, kind }| kind),
                ),
            )
            .into()
    };
    entries.iter().map(entry).collect()
}

fn parents(entries: &[RouteParentStatus]) -> Value {
    let entry = |entry: &RouteParentStatus| -> Value {
        let RouteParentStatus {
            parent_ref,
            controller_name,
            conditions: list,
        } = entry;
        // An accepted parent may have more to say: who has the traffic.
        list.iter()
            .fold(Fields::default(), |fields, condition| {
                fields.put(&condition.condition_type, with_message(condition))
            })
            .put("parentRef", parent(parent_ref))
            .put("controllerName", controller_name.clone())
            .into()
    };
    entries.iter().map(entry).collect()
}

/// As the spec gave it: nothing stands for what it left out, but group and kind are filled in.
fn parent(parent_ref: &ParentRef) -> Value {
    let ParentRef {
        group,
        kind,
        namespace,
        name,
        section_name,
        port,
    } = parent_ref;
    Fields::default()
        .put("group", group.clone())
        .put("kind", kind.clone())
        .put("namespace", namespace.as_deref())
        .put("name", name.to_string())
        .put("sectionName", section_name.as_deref())
        .put("port", *port)
        .into()
}
