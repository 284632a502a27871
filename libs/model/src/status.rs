//! `.status` of the kinds that get one, as Gateway API shapes it.

use crate::key::Name;
use crate::listener::RouteGroupKind;
use crate::route::ParentRef;
use crate::time::Timestamp;

/// `metav1.Condition`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Condition {
    /// `Accepted`, `Programmed` …
    pub condition_type: String,
    /// True, False or Unknown.
    pub status: ConditionStatus,
    /// CamelCase.
    pub reason: String,
    /// For people.
    pub message: String,
    /// The generation that was judged; absent in the CRD's default conditions.
    pub observed_generation: Option<i64>,
    /// When `status` last changed.
    pub last_transition_time: Timestamp,
}

/// `metav1.ConditionStatus`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConditionStatus {
    /// `True`.
    True,
    /// `False`.
    False,
    /// `Unknown`.
    Unknown,
}

/// The status of one object.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// GatewayClass.
    GatewayClass(GatewayClassStatus),
    /// Gateway.
    Gateway(GatewayStatus),
    /// ListenerSet.
    ListenerSet(ListenerSetStatus),
    /// Any route.
    Route(RouteStatus),
}

/// `GatewayClassStatus`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct GatewayClassStatus {
    /// Conditions.
    pub conditions: Vec<Condition>,
    /// `supportedFeatures[].name`, sorted.
    pub supported_features: Vec<String>,
}

/// `GatewayStatus`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct GatewayStatus {
    /// Conditions.
    pub conditions: Vec<Condition>,
    /// `addresses`.
    pub addresses: Vec<StatusAddress>,
    /// The Gateway's own listeners, in spec order.
    pub listeners: Vec<ListenerStatus>,
    /// `attachedListenerSets`; absent until first written.
    pub attached_listener_sets: Option<u32>,
}

/// `GatewayStatusAddress`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct StatusAddress {
    /// `Hostname` or `IPAddress`.
    pub address_type: String,
    /// Value.
    pub value: String,
}

/// `ListenerSetStatus`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ListenerSetStatus {
    /// Conditions.
    pub conditions: Vec<Condition>,
    /// In spec order.
    pub listeners: Vec<ListenerStatus>,
}

/// `ListenerStatus` and `ListenerEntryStatus`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ListenerStatus {
    /// Name.
    pub name: Name,
    /// `supportedKinds`.
    pub supported_kinds: Vec<RouteGroupKind>,
    /// `attachedRoutes`.
    pub attached_routes: u32,
    /// Conditions.
    pub conditions: Vec<Condition>,
}

/// `RouteStatus`: at most 32 parents.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct RouteStatus {
    /// Of every controller.
    pub parents: Vec<RouteParentStatus>,
}

/// `RouteParentStatus`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RouteParentStatus {
    /// The spec's parentRef.
    pub parent_ref: ParentRef,
    /// Whose entry it is.
    pub controller_name: String,
    /// Conditions.
    pub conditions: Vec<Condition>,
}

/// Condition of ours on a route's parent: `False` while rules are not in place yet, absent otherwise. Gateway API has
/// `Programmed` for Gateways and listeners only.
pub const ROUTE_PROGRAMMED: &str = "gateway.tributary.dev/Programmed";

impl Condition {
    /// Whether it says of a Gateway or listener that it is served.
    pub fn is_programmed(&self) -> bool {
        self.condition_type == "Programmed" && self.status == ConditionStatus::True
    }
}

impl RouteParentStatus {
    /// Whether it speaks of this generation of the route, and not of rules that are still to come.
    pub fn is_in_place(&self, generation: i64) -> bool {
        let of_it = |it: &Condition| it.observed_generation == Some(generation);
        !self.conditions.is_empty()
            && self.conditions.iter().all(|it| {
                of_it(it)
                    && (it.condition_type != ROUTE_PROGRAMMED || it.status == ConditionStatus::True)
            })
    }
}

impl Status {
    /// Whether it says nothing: what an object has before anybody has written its status.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::GatewayClass(GatewayClassStatus {
                conditions,
                supported_features,
            }) => conditions.is_empty() && supported_features.is_empty(),
            Self::Gateway(GatewayStatus {
                conditions,
                addresses,
                listeners,
                attached_listener_sets,
            }) => {
                conditions.is_empty()
                    && addresses.is_empty()
                    && listeners.is_empty()
                    && attached_listener_sets.is_none()
            }
            Self::ListenerSet(ListenerSetStatus {
                conditions,
                listeners,
            }) => conditions.is_empty() && listeners.is_empty(),
            Self::Route(RouteStatus { parents }) => parents.is_empty(),
        }
    }
}
