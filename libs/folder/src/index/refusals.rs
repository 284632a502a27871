//! What is refused, told to those who use it: a refused object is there, though nothing of it may count.

use std::collections::BTreeMap;
use std::sync::Arc;

use tributary_model::resource::{Refused, SourceObject};
use tributary_model::view::Rejection;
use tributary_model::{FieldFault, Labels, ObjectRef, Resource};

use super::version::Held;

/// What is refused of objects whose rest counts.
pub(super) fn of_parts(objects: &BTreeMap<ObjectRef, Held>) -> Vec<Rejection> {
    let parts = objects.iter().flat_map(|(key, held)| {
        let faults = held.object.resource.faults().iter();
        faults.map(move |FieldFault { field, reason }| Rejection {
            source: held.path.clone(),
            object: key.to_string(),
            field: field.clone(),
            reason: reason.clone(),
            last_good_kept: false,
            object_ref: Some(key.clone()),
        })
    });
    parts.collect()
}

/// Puts what is refused where its users look: a marker where nothing counts, else a fault of the version that counts on.
pub(super) fn tell(objects: &mut BTreeMap<ObjectRef, SourceObject>, rejections: &[Rejection]) {
    for rejection in rejections {
        let Rejection {
            source: _,
            object: _,
            field,
            reason,
            last_good_kept,
            object_ref,
        } = rejection;
        let Some(key) = object_ref else {
            continue;
        };
        let fault = FieldFault {
            field: field.clone(),
            reason: reason.clone(),
        };
        match objects.get_mut(key) {
            Some(object) if *last_good_kept => {
                add(Arc::make_mut(&mut object.resource), still_counts(fault));
            }
            // Another document holds the object, and it counts.
            Some(_) => {}
            None => {
                if let Some(refused) = Refused::of(key, fault) {
                    let marker = SourceObject {
                        resource: Arc::new(Resource::Refused(refused)),
                        status: None,
                        resource_version: None,
                        labels: Labels::default(),
                    };
                    objects.insert(key.clone(), marker);
                }
            }
        }
    }
}

fn still_counts(fault: FieldFault) -> FieldFault {
    let FieldFault { field, reason } = fault;
    FieldFault {
        field,
        reason: format!("{reason}; the last version that was right counts on"),
    }
}

/// Only configurations carry their faults.
fn add(resource: &mut Resource, fault: FieldFault) {
    match resource {
        Resource::LoadBalancerConfiguration(configuration) => configuration.faults.push(fault),
        Resource::TargetGroupConfiguration(configuration) => configuration.faults.push(fault),
        Resource::ListenerRuleConfiguration(configuration) => configuration.faults.push(fault),
        Resource::GatewayClass(_)
        | Resource::Gateway(_)
        | Resource::ListenerSet(_)
        | Resource::Route(_)
        | Resource::ReferenceGrant(_)
        | Resource::BackendTlsPolicy(_)
        | Resource::Namespace(_)
        | Resource::Service(_)
        | Resource::EndpointSlice(_)
        | Resource::Node(_)
        | Resource::Pod(_)
        | Resource::Secret(_)
        | Resource::Unread(_)
        | Resource::OtherController(_)
        | Resource::Refused(_) => {}
    }
}

#[cfg(test)]
mod tests;
