//! Which pods get a readiness gate of ours when they are made: those for which somebody will open it.
//!
//! A pod with a gate that nobody opens is never Ready, so every doubt is a no. What is asked for here is what
//! [`target_groups`](crate::rules::target_groups) makes a target of and [`judge`](crate::output::judge) opens the gate by; the target's address
//! alone is not known yet.

use std::collections::BTreeSet;

use tributary_model::Kind;
use tributary_model::controller;
use tributary_model::elb::{LoadBalancerKind, TargetType};
use tributary_model::gate::{Gate, Gating, NewPod};
use tributary_model::workload::Service;

use crate::engine::merge::Merge;
use crate::read::input::{Input, Reading};
use crate::values::target_group::TargetSource;

/// Without these nobody learns which pods wait, and for which target.
const NEEDED: [Kind; 3] = [Kind::Pod, Kind::Service, Kind::EndpointSlice];

impl Merge {
    /// Whether a pod that is about to be made gets a gate. `programmed` are the kinds of load balancers that somebody programs here.
    pub fn gating(&self, pod: &NewPod, programmed: &BTreeSet<LoadBalancerKind>) -> Gating {
        let other = self.store.other_controller(controller::ALB);
        let us = &self.options.installation;
        let mut gates = pod.gates.iter().filter_map(|gate| Gate::of(gate));
        if gates.any(|gate| gate.is_for(us, other)) {
            return Gating::Carried;
        }
        if NEEDED.into_iter().any(|kind| self.store.lacks(kind)) {
            return Gating::Unread;
        }
        let mut services = self.store.services(&pod.namespace);
        let is_target = services.any(|service| {
            service.selects(&pod.labels) && self.has_targets(service, pod, programmed)
        });
        if is_target {
            Gating::Added
        } else {
            Gating::NoTarget
        }
    }

    /// Whether a pod of the Service is a target of some load balancer by its address.
    fn has_targets(
        &self,
        service: &Service,
        pod: &NewPod,
        programmed: &BTreeSet<LoadBalancerKind>,
    ) -> bool {
        let slices = Input::Slices(service.meta.key.clone());
        self.reads.readers(&slices).any(|reading| {
            let Reading::TargetGroup(gateway, id) = reading else {
                return false;
            };
            // One that is kept as it was gets no new targets, and is not here.
            let key = self.load_balancer_key(gateway);
            let desired = key.filter(|key| programmed.contains(&key.kind));
            let desired = desired.and_then(|key| self.load_balancers().get(&key));
            let group = desired.and_then(|desired| desired.target_groups.get(id));
            let used = self
                .states
                .get(gateway)
                .and_then(|state| state.uses.groups.get(id));
            let source = used.and_then(|used| used.spec.source.as_ref());
            group.is_some_and(|group| group.target_type == TargetType::Ip)
                && source.is_some_and(|source| reaches(source, service, pod))
        })
    }
}

/// Whether the endpoint of a pod has the port. One that is named is that of a container (Kubernetes, Services: port
/// definitions), and a pod without it is in no EndpointSlice with that port.
fn reaches(source: &TargetSource, service: &Service, pod: &NewPod) -> bool {
    let Some(port) = source.port_of(service) else {
        return false;
    };
    match (&port.target_port_name, port.target_port) {
        (Some(name), _) => pod.named_ports.contains(&(name.clone(), port.protocol)),
        (None, Some(_)) => true,
        // From a watcher that does not say the name yet.
        (None, None) => false,
    }
}
