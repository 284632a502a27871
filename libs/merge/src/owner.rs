//! The owners of listeners: a Gateway, or a ListenerSet whose parent is a Gateway of ours. Each listener
//! is judged here by itself; how it stands to the others is the next layer's.

use tributary_model::listener::Listener;
use tributary_model::resolved::{GatewayAcceptance, ListenerSetAcceptance};
use tributary_model::{ListenerOwner, ObjectKey, OwnerKind};

use crate::allowed;
use crate::certificates::{self, Certificates};
use crate::facts::{Entry, GatewayFacts, OwnerFacts};
use crate::kinds::{self, SupportedKinds};
use crate::reads::Reader;
use crate::validate::{self, Validity};

/// The facts of an owner; nothing unless its Gateway is ours.
pub(crate) fn facts(reader: &mut Reader<'_>, owner: &ListenerOwner) -> Option<OwnerFacts> {
    match owner.kind {
        OwnerKind::Gateway => {
            let object = reader.gateway_object(&owner.key)?;
            let gateway = reader.gateway(&owner.key)?;
            Some(OwnerFacts {
                gateway: owner.key.clone(),
                generation: object.meta.generation,
                created: object.meta.created,
                acceptance: ListenerSetAcceptance::Admitted,
                entries: entries(reader, (&owner.key, gateway), owner, &object.listeners),
            })
        }
        OwnerKind::ListenerSet => {
            let set = reader.listener_set(&owner.key)?;
            let parent = set.parent_ref.gateway()?;
            let gateway = reader.gateway(parent)?;
            let acceptance = acceptance(reader, parent, gateway, owner);
            let mut facts = OwnerFacts {
                gateway: parent.clone(),
                generation: set.meta.generation,
                created: set.meta.created,
                acceptance,
                entries: Vec::new(),
            };
            if facts.is_merged() {
                facts.entries = entries(reader, (parent, gateway), owner, &set.listeners);
            }
            Some(facts)
        }
    }
}

/// The handshake (spec §2): the set names the Gateway, the Gateway selects the set's namespace. Asked
/// before whether the Gateway is accepted, so that a tenant who is not allowed learns nothing else.
fn acceptance(
    reader: &mut Reader<'_>,
    parent: &ObjectKey,
    gateway: &GatewayFacts,
    owner: &ListenerOwner,
) -> ListenerSetAcceptance {
    let refusal = allowed::refusal(
        reader,
        &gateway.allowed_listeners,
        &parent.namespace,
        &owner.key.namespace,
    );
    if let Some(cause) = refusal {
        return ListenerSetAcceptance::NotAllowed(cause);
    }
    match gateway.acceptance {
        GatewayAcceptance::Accepted => ListenerSetAcceptance::Admitted,
        GatewayAcceptance::InvalidParameters(_) | GatewayAcceptance::UnsupportedAddress => {
            ListenerSetAcceptance::ParentNotAccepted
        }
    }
}

fn entries(
    reader: &mut Reader<'_>,
    gateway: (&ObjectKey, &GatewayFacts),
    owner: &ListenerOwner,
    listeners: &[Listener],
) -> Vec<Entry> {
    let supported: Vec<SupportedKinds> = listeners.iter().map(kinds::supported).collect();
    let validity = validate::listeners(listeners, &supported);
    listeners
        .iter()
        .zip(supported)
        .zip(validity)
        .map(|((listener, supported), validity)| {
            let SupportedKinds { kinds, unresolved } = supported;
            let mut entry = Entry {
                listener: listener.clone(),
                validity,
                supported_kinds: kinds,
                unresolved_refs: unresolved,
                unusable_refs: false,
                certificates: Vec::new(),
            };
            // What is wrong with the listener itself comes first; its references mean nothing then.
            if matches!(entry.validity, Validity::Contends(_)) {
                let Certificates {
                    wanted,
                    unresolved,
                    unusable,
                } = certificates::resolve(reader, gateway, owner, listener);
                entry.certificates = wanted;
                entry.unresolved_refs.splice(0..0, unresolved);
                entry.unusable_refs = unusable;
            }
            entry
        })
        .collect()
}
