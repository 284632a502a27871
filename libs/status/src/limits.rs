//! What the API server refuses with 422, however often it is tried: the CRDs' list lengths.

use tributary_model::status::{Condition, ListenerStatus, Status};

/// `RouteStatus.parents`, maxItems.
pub(crate) const MAX_ROUTE_PARENTS: usize = 32;
/// `conditions` of every status and of its parts, maxItems.
pub(crate) const MAX_CONDITIONS: usize = 8;
/// `status.listeners` of Gateways and ListenerSets, maxItems.
pub(crate) const MAX_LISTENERS: usize = 64;

/// Why the API can never take this status, if so: the field and the number that is too many.
pub(crate) fn never_writable(status: &Status) -> Option<String> {
    match status {
        Status::GatewayClass(class) => too_many_conditions("status", &class.conditions),
        Status::Gateway(gateway) => too_many_conditions("status", &gateway.conditions)
            .or_else(|| too_many_listeners(&gateway.listeners)),
        Status::ListenerSet(set) => too_many_conditions("status", &set.conditions)
            .or_else(|| too_many_listeners(&set.listeners)),
        Status::Route(route) => route
            .parents
            .iter()
            .enumerate()
            .find_map(|(index, parent)| {
                too_many_conditions(&format!("status.parents[{index}]"), &parent.conditions)
            })
            .or_else(|| too_many("status.parents", route.parents.len(), MAX_ROUTE_PARENTS)),
    }
}

fn too_many_listeners(listeners: &[ListenerStatus]) -> Option<String> {
    too_many("status.listeners", listeners.len(), MAX_LISTENERS).or_else(|| {
        listeners.iter().enumerate().find_map(|(index, listener)| {
            too_many_conditions(&format!("status.listeners[{index}]"), &listener.conditions)
        })
    })
}

fn too_many_conditions(path: &str, conditions: &[Condition]) -> Option<String> {
    too_many(
        &format!("{path}.conditions"),
        conditions.len(),
        MAX_CONDITIONS,
    )
}

fn too_many(path: &str, count: usize, limit: usize) -> Option<String> {
    (count > limit)
        .then(|| format!("{path} would hold {count} entries, and the API admits {limit}"))
}
