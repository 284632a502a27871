//! The owners of listeners: a Gateway, or a ListenerSet whose parent is a Gateway of ours. Each listener
//! is judged here by itself; how it stands to the others is the next layer's.

use std::sync::Arc;

use tributary_model::desired::CertificateSource;
use tributary_model::listener::Listener;
use tributary_model::resolved::{GatewayAcceptance, ListenerSetAcceptance};
use tributary_model::{ListenerOwner, Name, ObjectKey, OwnerKind, Revision};

use crate::read::reader::Reader;
use crate::rules::allowed;
use crate::rules::certificates::{self, Certificates};
use crate::rules::kinds::{self, SupportedKinds};
use crate::rules::notes;
use crate::rules::validate;
use crate::values::facts::{GatewayFacts, ListenerFacts, ListenerIdentity, OwnerFacts};
use crate::values::wire::Validity;

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
        GatewayAcceptance::InvalidParameters(_)
        | GatewayAcceptance::UnsupportedAddress
        | GatewayAcceptance::LeftAlone(_)
        | GatewayAcceptance::ClassServed(_)
        | GatewayAcceptance::ClassMissing(_) => ListenerSetAcceptance::ParentNotAccepted,
    }
}

fn entries(
    reader: &mut Reader<'_>,
    gateway: (&ObjectKey, &GatewayFacts),
    owner: &ListenerOwner,
    listeners: &[Listener],
) -> Vec<ListenerFacts> {
    let supported: Vec<SupportedKinds> = listeners.iter().map(kinds::supported).collect();
    let validity = validate::listeners(listeners, &supported);
    listeners
        .iter()
        .zip(supported)
        .zip(validity)
        .map(|((listener, supported), validity)| {
            let SupportedKinds { kinds, unresolved } = supported;
            // What is wrong with the listener itself comes first; its references mean nothing then.
            let Certificates {
                wanted,
                unresolved: mut unresolved_refs,
                unusable,
                mut notes,
                in_secrets,
            } = match validity {
                Validity::Valid(_) => certificates::resolve(reader, gateway, owner, listener),
                Validity::UnknownProtocol | Validity::Invalid { .. } => Certificates::default(),
            };
            unresolved_refs.extend(unresolved);
            if let Validity::Valid(class) = validity {
                notes.extend(notes::of_listener(gateway.1, listener, class));
            }
            ListenerFacts {
                core: Arc::new(core(owner, listener, wanted)),
                listener: listener.clone(),
                validity,
                supported_kinds: kinds,
                unresolved_refs,
                unusable_refs: unusable,
                notes,
                certificates: in_secrets,
            }
        })
        .collect()
}

fn core(
    owner: &ListenerOwner,
    listener: &Listener,
    certificates: Vec<CertificateSource>,
) -> ListenerIdentity {
    ListenerIdentity {
        revision: revision(listener, &certificates),
        listener: owner.listener(Name::clone(&listener.name)),
        hostname: listener.hostname.clone(),
        certificates,
    }
}

/// Of what a listener asks for; each certificate by its kind, so that no two of them read alike.
fn revision(listener: &Listener, certificates: &[CertificateSource]) -> Revision {
    let port = listener.port.to_string();
    let hostname = listener.hostname.as_ref().map(ToString::to_string);
    let mut texts = vec![
        port.as_str(),
        listener.protocol.as_str(),
        hostname.as_deref().unwrap_or_default(),
    ];
    for certificate in certificates {
        match certificate {
            CertificateSource::Secret {
                secret: ObjectKey { namespace, name },
                fingerprint,
            } => texts.extend(["secret", &**namespace, &**name, fingerprint.as_str()]),
            CertificateSource::Retained {
                secret: ObjectKey { namespace, name },
            } => texts.extend(["retained", &**namespace, &**name]),
            CertificateSource::Arn(arn) => texts.extend(["arn", arn.as_str()]),
            CertificateSource::Discovered { hostname } => {
                texts.extend(["discovered", hostname.as_str()]);
            }
        }
    }
    Revision::of(texts)
}
