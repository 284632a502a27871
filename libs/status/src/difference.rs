//! How urgent the difference between two statuses is.

use tributary_model::status::{ListenerStatus, Status};

use crate::in_type_order;

/// Whether two statuses of one object say the same but for how many routes and ListenerSets are attached: numbers that
/// change with every tenant's object, and that nobody waits for.
pub fn only_counts_differ(one: &Status, other: &Status) -> bool {
    one != other && without_counts(one) == without_counts(other)
}

fn without_counts(status: &Status) -> Status {
    let of_listeners = |listeners: &mut Vec<ListenerStatus>| {
        for listener in listeners {
            listener.attached_routes = 0;
        }
    };
    let mut status = in_type_order(status);
    match &mut status {
        Status::Gateway(gateway) => {
            gateway.attached_listener_sets = None;
            of_listeners(&mut gateway.listeners);
        }
        Status::ListenerSet(set) => of_listeners(&mut set.listeners),
        Status::GatewayClass(_) | Status::Route(_) => {}
    }
    status
}

#[cfg(test)]
mod tests;
