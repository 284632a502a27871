//! A Gateway as a whole: ours or not, accepted or not, its kind and its settings.

use tributary_model::ObjectKey;
use tributary_model::resolved::GatewayAcceptance;

use crate::class;
use crate::facts::GatewayFacts;
use crate::parameters::{self, Effective};
use crate::reads::Reader;

/// The facts of a Gateway; nothing unless its class is ours.
pub(crate) fn facts(reader: &mut Reader<'_>, key: &ObjectKey) -> Option<GatewayFacts> {
    let gateway = reader.gateway_object(key)?;
    let class = reader.class(&gateway.class_name)?;
    let own = match &gateway.parameters_ref {
        None => Ok(None),
        Some(reference) => parameters::configuration(reader, reference, Some(&key.namespace))
            .map(Some)
            .map_err(|reason| format!("spec.infrastructure.parametersRef: {reason}")),
    };
    let (own, own_error) = match own {
        Ok(own) => (own, None),
        Err(error) => (None, Some(error)),
    };
    let (of_class, class_error) = match &class.parameters {
        Ok(of_class) => (of_class.as_ref(), None),
        Err(error) => (None, Some(error.clone())),
    };
    let acceptance = match own_error.or(class_error) {
        Some(reason) => GatewayAcceptance::InvalidParameters(reason),
        None if gateway.requests_addresses => GatewayAcceptance::UnsupportedAddress,
        None => GatewayAcceptance::Accepted,
    };
    let Effective {
        settings,
        default_target_groups,
    } = parameters::effective(of_class, own);
    Some(GatewayFacts {
        kind: class::load_balancer_kind(class.choice, &gateway.listeners),
        controller_name: class.controller_name.clone(),
        acceptance,
        settings,
        default_target_groups,
        allowed_listeners: gateway.allowed_listeners.clone(),
        frontend_tls: gateway.frontend_tls.clone(),
    })
}
