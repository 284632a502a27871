//! Routes that changed, and of whose load balancer no programmer has spoken since: a listener that is Programmed serves what
//! it served, and only the route can say that its change is not there yet.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tributary_model::ObjectRef;
use tributary_model::desired::LoadBalancerKey;
use tributary_model::resolved::Resolved;
use tributary_stream::Position;

use super::State;

/// A programmer that is there answers within milliseconds; until then nothing is told, so that a change costs one write.
const ANSWERED: Duration = Duration::from_secs(1);

/// By load balancer and route: the desired state that has the change, and since when.
pub(super) type Untold = BTreeMap<LoadBalancerKey, BTreeMap<ObjectRef, (Position, Instant)>>;

impl State {
    /// These objects were decided anew, and these load balancers are to be otherwise.
    pub(super) fn changed(
        &mut self,
        objects: &BTreeMap<ObjectRef, Option<Arc<Resolved>>>,
        load_balancers: &BTreeSet<LoadBalancerKey>,
    ) {
        self.untold
            .retain(|key, _| self.desired_at.contains_key(key));
        let now = Instant::now();
        for (object, resolved) in objects {
            for routes in self.untold.values_mut() {
                routes.remove(object);
            }
            let Some(Resolved::Route(_)) = resolved.as_deref() else {
                continue;
            };
            for key in self.merge.load_balancers_of(object) {
                if load_balancers.contains(&key) {
                    let at = self.desired_at(&key);
                    let routes = self.untold.entry(key).or_default();
                    routes.insert(object.clone(), (at, now));
                }
            }
        }
    }

    /// A programmer has spoken of this desired state.
    pub(super) fn answered(&mut self, key: &LoadBalancerKey, position: Position) {
        if self.reports.get(key).is_some_and(|report| report.settled) {
            self.counts.latency.programmed(key, position);
        }
        if let Some(routes) = self.untold.get_mut(key) {
            routes.retain(|_, (at, _)| *at > position);
            if routes.is_empty() {
                self.untold.remove(key);
            }
            self.tell_untold(Instant::now());
        }
    }

    /// Judges anew the routes whose change nobody has spoken of for a while, or now has.
    pub(super) fn tell_untold(&mut self, now: Instant) {
        let told = self.untold.iter().map(|(key, routes)| {
            let late = routes.iter().filter(|(_, (_, at))| *at + ANSWERED <= now);
            (key.clone(), late.map(|(route, _)| route.clone()).collect())
        });
        let affected = self.reports.set_behind(told.collect());
        self.stale.extend(affected);
    }
}

#[cfg(test)]
mod tests;
