//! Which classes are ours, and which kind of load balancer a Gateway gets: the one place that decides it.

use std::collections::BTreeMap;

use tributary_model::controller::Controller;
use tributary_model::elb::LoadBalancerKind;
use tributary_model::listener::Listener;
use tributary_model::{Installation, Name, ObjectKey};

use crate::read::reader::Reader;
use crate::rules::conflict::{self, Candidate, ConflictOutcome};
use crate::rules::notes;
use crate::rules::parameters;
use crate::rules::validate;
use crate::values::facts::ClassFacts;
use crate::values::wire::{self, KindChoice};

/// By the controller (rule gateway-class).
fn choice(controller: Controller) -> KindChoice {
    match controller {
        Controller::Alb => KindChoice::Always(LoadBalancerKind::Alb),
        Controller::Nlb => KindChoice::Always(LoadBalancerKind::Nlb),
        Controller::Elb => KindChoice::ByProtocol,
    }
}

/// The facts of a class; nothing unless it is ours.
pub(crate) fn facts(reader: &mut Reader<'_>, name: &Name, us: &Installation) -> Option<ClassFacts> {
    let class = reader.class_object(&ObjectKey::cluster(Name::clone(name)))?;
    let choice = choice(us.controller(&class.controller_name)?);
    let parameters = match &class.parameters_ref {
        None => Ok(None),
        Some(reference) => {
            parameters::configuration(reader, reference, reference.namespace.as_ref())
                .map(|configuration| Some(configuration.clone()))
                .map_err(|reason| format!("GatewayClass {name}: spec.parametersRef: {reason}"))
        }
    };
    let problems = match &parameters {
        Ok(Some(configuration)) => notes::of_configuration(reader, configuration),
        Ok(None) | Err(_) => Vec::new(),
    };
    Some(ClassFacts {
        generation: class.meta.generation,
        controller_name: class.controller_name.clone(),
        choice,
        parameters,
        problems,
    })
}

/// The kind for a Gateway with these listeners of its own.
///
/// By protocol: the first listener that conflicts with no other of the Gateway decides; if all do, the
/// first with a known protocol; an ALB for a Gateway without any.
pub(crate) fn load_balancer_kind(choice: KindChoice, listeners: &[Listener]) -> LoadBalancerKind {
    match choice {
        KindChoice::Always(kind) => kind,
        KindChoice::ByProtocol => {
            let mut ports: BTreeMap<u16, Vec<(usize, Candidate<'_>)>> = BTreeMap::new();
            for (index, listener) in listeners.iter().enumerate() {
                let validity = validate::wire_class(listener);
                if let Some(candidate) = validate::candidate(listener, &validity, None) {
                    ports
                        .entry(listener.port)
                        .or_default()
                        .push((index, candidate));
                }
            }
            let distinct = ports
                .into_values()
                .flat_map(|candidates| conflict::decide([candidates]))
                .filter(|(_, outcome)| *outcome == ConflictOutcome::Won)
                .map(|(index, _)| index)
                .min()
                .and_then(|index| listeners.get(index));
            distinct
                .into_iter()
                .chain(listeners)
                .find_map(|listener| wire::family(&listener.protocol))
                .unwrap_or(LoadBalancerKind::Alb)
        }
    }
}
