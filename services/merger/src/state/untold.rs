//! Routes that changed, and of whose load balancer no programmer has spoken since: a listener that is Programmed serves what
//! it served, and only the route can say that its change is not there yet.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tributary_model::ObjectRef;
use tributary_model::desired::LoadBalancerKey;
use tributary_model::resolved::{Resolved, ResolvedRoute};
use tributary_model::status::{Condition, GatewayStatus, ListenerSetStatus, Status};
use tributary_stream::Position;

use super::MergerState;

/// By load balancer and route: the desired state that has the change.
pub(super) type Untold = BTreeMap<LoadBalancerKey, BTreeMap<ObjectRef, Position>>;

impl MergerState {
    /// These objects were decided anew, and these load balancers are to be otherwise.
    pub(super) fn changed(
        &mut self,
        objects: &BTreeMap<ObjectRef, Option<Arc<Resolved>>>,
        load_balancers: &BTreeSet<LoadBalancerKey>,
        was_complete: bool,
    ) {
        let gone = |key: &LoadBalancerKey| !self.desired_at.contains_key(key);
        for (key, routes) in self.untold.extract_if(.., |key, _| gone(key)) {
            self.stale.extend(routes.keys().cloned());
            self.reports.caught_up(&key, routes.keys());
        }
        for (object, resolved) in objects {
            let concerned = self.merge.load_balancers_of(object);
            // Where it still is, an earlier change is as unheard of as it was, whatever is decided anew.
            for (key, routes) in &mut self.untold {
                if !concerned.contains(key) && routes.remove(object).is_some() {
                    self.reports.caught_up(key, [object]);
                }
            }
            let Some(Resolved::Route(route)) = resolved.as_deref() else {
                continue;
            };
            // What a start finds was there before, as far as anybody was told. What waits with its listener, that says.
            if !was_complete && (self.was_told(route) || !self.is_on_served(route)) {
                continue;
            }
            for key in concerned {
                if load_balancers.contains(&key) {
                    let at = self.desired_at(&key);
                    self.reports.falls_behind(&key, object);
                    let routes = self.untold.entry(key).or_default();
                    routes.insert(object.clone(), at);
                }
            }
        }
    }

    /// Whether the status that it has says of this generation that it is in place.
    fn was_told(&self, route: &ResolvedRoute) -> bool {
        let carried = self.carried.get(&route.route);
        let Some((status, _)) = carried.and_then(|it| it.status.as_ref()) else {
            return false;
        };
        let Ok(Status::Route(status)) = status.read() else {
            return false;
        };
        route.parents.iter().all(|parent| {
            status.parents.iter().any(|told| {
                told.parent_ref == *parent.parent_ref
                    && told.controller_name == parent.controller_name
                    && told.is_in_place(route.generation)
            })
        })
    }

    /// Whether a listener that it reached is served, as the status says that its owner has.
    fn is_on_served(&self, route: &ResolvedRoute) -> bool {
        let mut reached = route.parents.iter().flat_map(|it| &it.listeners);
        reached.any(|listener| {
            let carried = self.carried.get(&listener.owner.object());
            let status = carried.and_then(|it| it.status.as_ref());
            let Some(Ok(
                Status::Gateway(GatewayStatus { listeners, .. })
                | Status::ListenerSet(ListenerSetStatus { listeners, .. }),
            )) = status.map(|(status, _)| status.read())
            else {
                return false;
            };
            listeners.iter().any(|told| {
                told.name == listener.name && told.conditions.iter().any(Condition::is_programmed)
            })
        })
    }

    /// A programmer has spoken of this desired state.
    pub(super) fn answered(&mut self, key: &LoadBalancerKey, position: Position) {
        if self.reports.get(key).is_some_and(|report| report.settled) {
            self.counts.latency.programmed(key, position);
        }
        let Some(routes) = self.untold.get_mut(key) else {
            return;
        };
        let told: Vec<ObjectRef> = routes
            .extract_if(.., |_, at| *at <= position)
            .map(|(route, _)| route)
            .collect();
        if routes.is_empty() {
            self.untold.remove(key);
        }
        self.reports.caught_up(key, &told);
        self.stale.extend(told);
    }
}

#[cfg(test)]
mod tests;
