//! A Gateway as a whole: ours or not, accepted or not, its kind and its settings.

use tributary_model::resolved::GatewayAcceptance;
use tributary_model::resource::Gateway;
use tributary_model::{Installation, Kind, Name, ObjectKey, ObjectRef, Resource};

use crate::class;
use crate::facts::{ClassFacts, GatewayFacts, LeftAlone};
use crate::parameters::{self, Effective};
use crate::reads::Reader;
use crate::store::Store;

/// Whose a Gateway is.
pub(crate) enum Standing {
    /// Its class is ours, and nobody else has made a load balancer for it.
    Ours(Box<GatewayFacts>),
    LeftAlone(LeftAlone),
}

/// What is to be known of a Gateway; nothing when it is another controller's.
pub(crate) fn standing(
    reader: &mut Reader<'_>,
    key: &ObjectKey,
    us: &Installation,
) -> Option<Standing> {
    let gateway = reader.gateway_object(key)?;
    let Some(class) = reader.class(&gateway.class_name) else {
        let class = ObjectKey::cluster(Name::clone(&gateway.class_name));
        let is_missing = reader.class_object(&class).is_none();
        return is_missing.then_some(Standing::LeftAlone(LeftAlone::ClassMissing(class.name)));
    };
    let other = gateway.holders.iter().find(|holder| !holder.is(us));
    Some(match other {
        Some(other) => Standing::LeftAlone(LeftAlone::Held(other.clone())),
        None => Standing::Ours(Box::new(facts(reader, gateway, class))),
    })
}

/// The class that a Gateway keeps in use: as long as the Gateway is there, being deleted or not. One that another program
/// holds is that program's to keep a class for.
pub(crate) fn used_class(store: &Store, key: &ObjectKey, us: &Installation) -> Option<Name> {
    let object = ObjectRef::new(Kind::Gateway, key.clone());
    match store.any(&object)?.as_ref() {
        Resource::Gateway(gateway) if gateway.holders.iter().all(|holder| holder.is(us)) => {
            Some(Name::clone(&gateway.class_name))
        }
        _ => None,
    }
}

fn facts(reader: &mut Reader<'_>, gateway: &Gateway, class: &ClassFacts) -> GatewayFacts {
    let key = &gateway.meta.key;
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
    GatewayFacts {
        kind: class::load_balancer_kind(class.choice, &gateway.listeners),
        controller_name: class.controller_name.clone(),
        acceptance,
        settings,
        default_target_groups,
        allowed_listeners: gateway.allowed_listeners.clone(),
        frontend_tls: gateway.frontend_tls.clone(),
    }
}
