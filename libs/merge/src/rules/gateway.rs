//! A Gateway as a whole: ours or not, accepted or not, its kind and its settings.

use tributary_model::resolved::GatewayAcceptance;
use tributary_model::resource::Gateway;
use tributary_model::{Installation, Kind, Name, ObjectKey};

use crate::read::reader::Reader;
use crate::read::store::Store;
use crate::rules::class;
use crate::rules::notes;
use crate::rules::parameters::{self, Effective};
use crate::rules::unmet;
use crate::values::facts::{ClassFacts, ClassUse, GatewayFacts, LeftAlone};

/// Whose a Gateway is.
pub(crate) enum GatewayClaim {
    /// Its class is ours, and nobody else has made a load balancer for it.
    Ours(Box<GatewayFacts>),
    LeftAlone(LeftAlone),
}

/// What is to be known of a Gateway; nothing when it is another controller's.
pub(crate) fn standing(
    reader: &mut Reader<'_>,
    key: &ObjectKey,
    us: &Installation,
) -> Option<GatewayClaim> {
    let gateway = reader.gateway_object(key)?;
    let Some(class) = reader.class(&gateway.class_name) else {
        let class = ObjectKey::cluster(Name::clone(&gateway.class_name));
        let is_missing = reader.class_object(&class).is_none();
        return is_missing.then_some(GatewayClaim::LeftAlone(LeftAlone::ClassMissing(class.name)));
    };
    Some(match theirs(reader, gateway, &class.controller_name, us) {
        Some(left_alone) => GatewayClaim::LeftAlone(left_alone),
        None => GatewayClaim::Ours(Box::new(facts(reader, gateway, class))),
    })
}

/// Why a Gateway is another program's: that one made a load balancer for it, or it runs and will.
fn theirs(
    reader: &mut Reader<'_>,
    gateway: &Gateway,
    controller_name: &str,
    us: &Installation,
) -> Option<LeftAlone> {
    if let Some(holder) = gateway.holders.iter().find(|holder| !holder.is(us)) {
        return Some(LeftAlone::Held(holder.clone()));
    }
    let other = reader.other_controller(controller_name)?;
    LeftAlone::served(gateway, controller_name, other, us)
}

/// The same of one that is being deleted: what we made for it goes, and what others made does not.
pub(crate) fn theirs_leaving(
    store: &Store,
    gateway: &Gateway,
    us: &Installation,
) -> Option<LeftAlone> {
    if !gateway.meta.deleting || gateway.holders.iter().any(|holder| holder.is(us)) {
        return None;
    }
    if let Some(holder) = gateway.holders.first() {
        return Some(LeftAlone::Held(holder.clone()));
    }
    let class = store.class_object(&ObjectKey::cluster(Name::clone(&gateway.class_name)))?;
    let other = store.other_controller(&class.controller_name)?;
    LeftAlone::served(gateway, &class.controller_name, other, us)
}

/// The class that a Gateway keeps in use: as long as the Gateway is there, being deleted or not.
pub(crate) fn used_class(
    reader: &mut Reader<'_>,
    key: &ObjectKey,
    us: &Installation,
) -> Option<ClassUse> {
    let gateway = reader.any_gateway(key)?;
    let is_theirs = match reader.class(&gateway.class_name) {
        Some(class) => theirs(reader, gateway, &class.controller_name, us).is_some(),
        None => gateway.holders.iter().any(|holder| !holder.is(us)),
    };
    Some(ClassUse {
        class: Name::clone(&gateway.class_name),
        is_ours: !is_theirs,
    })
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
    let mut problems = notes::of_gateway(gateway, of_class.into_iter().chain(own), &settings);
    for key in &default_target_groups {
        if let Some(default) = reader.target_group_configuration(key) {
            let kind = Kind::TargetGroupConfiguration;
            problems.extend(unmet::of_object(kind, key, &default.faults));
        }
    }
    GatewayFacts {
        kind: class::load_balancer_kind(class.choice, &gateway.listeners),
        controller_name: class.controller_name.clone(),
        acceptance,
        settings,
        default_target_groups,
        allowed_listeners: gateway.allowed_listeners.clone(),
        frontend_tls: gateway.frontend_tls.clone(),
        own_places: own
            .into_iter()
            .flat_map(|own| own.settings.listeners.keys().cloned())
            .collect(),
        problems,
    }
}
