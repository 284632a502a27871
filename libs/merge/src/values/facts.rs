//! What the layers remember. Each is compared by value with what it was: equal stops the wave.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use tributary_model::config::{LoadBalancerConfiguration, LoadBalancerSettings, ProtocolPort};
use tributary_model::desired::CertificateSource;
use tributary_model::elb::LoadBalancerKind;
use tributary_model::holder::Holder;
use tributary_model::listener::{FrontendTls, Listener, RouteGroupKind};
use tributary_model::other_controller::OtherController;
use tributary_model::resolved::{
    GatewayAcceptance, ListenerOutcome, ListenerSetAcceptance, SecretCertificate, UnresolvedRef,
};
use tributary_model::resource::Gateway;
use tributary_model::selector::FromNamespaces;
use tributary_model::{
    Hostname, Installation, ListenerOwner, ListenerRef, Name, ObjectKey, OwnerKind, Precedence,
    PrecedenceClass, Revision, Timestamp,
};

use crate::values::order::Age;
use crate::values::wire::{KindChoice, Validity, WireClass};

/// The layers that others read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    pub(crate) classes: BTreeMap<Name, Arc<ClassFacts>>,
    pub(crate) gateways: BTreeMap<ObjectKey, Arc<GatewayFacts>>,
    /// None of them is among `gateways`.
    pub(crate) left_alone: BTreeMap<ObjectKey, LeftAlone>,
    /// What every Gateway that is there uses; and the other way round, with whether it is ours.
    pub(crate) class_of: BTreeMap<ObjectKey, ClassUse>,
    pub(crate) users: BTreeMap<Name, BTreeMap<ObjectKey, bool>>,
    pub(crate) owners: BTreeMap<ListenerOwner, Arc<OwnerFacts>>,
    pub(crate) merged: BTreeMap<ListenerOwner, Arc<MergedOwner>>,
}

/// How a Gateway uses a class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ClassUse {
    pub(crate) class: Name,
    /// Otherwise it is another program's.
    pub(crate) is_ours: bool,
}

/// A GatewayClass of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ClassFacts {
    pub(crate) generation: i64,
    pub(crate) controller_name: String,
    pub(crate) choice: KindChoice,
    /// Its configuration; the text says why it cannot be used.
    pub(crate) parameters: Result<Option<LoadBalancerConfiguration>, String>,
    /// What is refused of its configuration, and of the target groups' that this makes the default.
    pub(crate) problems: Vec<String>,
}

/// Why a Gateway is not ours to decide on, although something is made for it that must stay as it is: its load balancer,
/// and what is written of it, its sets and its routes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LeftAlone {
    /// The same `controllerName` never makes two programs fight: who made a load balancer for it goes on with it.
    Held(Holder),
    /// Nobody made one yet, and another program that runs serves the class, by its `controllerName`.
    ClassServed {
        controller_name: String,
        lease: ObjectKey,
    },
    /// No object says whose it is.
    ClassMissing(Name),
}

/// A Gateway of ours, as far as others depend on it. Not its listeners: those are an [`OwnerFacts`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GatewayFacts {
    pub(crate) kind: LoadBalancerKind,
    pub(crate) controller_name: String,
    pub(crate) acceptance: GatewayAcceptance,
    pub(crate) settings: LoadBalancerSettings,
    /// TargetGroupConfigurations below every Service's own, the weakest first.
    pub(crate) default_target_groups: Vec<ObjectKey>,
    pub(crate) allowed_listeners: FromNamespaces,
    pub(crate) frontend_tls: FrontendTls,
    /// `listenerConfigurations` of the Gateway's own configuration.
    pub(crate) own_places: BTreeSet<ProtocolPort>,
    /// What it asks for and does not get, though it is served.
    pub(crate) problems: Vec<String>,
}

/// A Gateway of ours or a ListenerSet whose parent is one: its listeners, each judged by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OwnerFacts {
    pub(crate) gateway: ObjectKey,
    pub(crate) generation: i64,
    pub(crate) created: Timestamp,
    /// For a Gateway always [`ListenerSetAcceptance::Admitted`].
    pub(crate) acceptance: ListenerSetAcceptance,
    /// In spec order; empty for a set that is not allowed.
    pub(crate) entries: Vec<ListenerFacts>,
}

/// One listener, judged by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ListenerFacts {
    pub(crate) listener: Listener,
    pub(crate) validity: Validity,
    pub(crate) supported_kinds: Vec<RouteGroupKind>,
    pub(crate) unresolved_refs: Vec<UnresolvedRef>,
    pub(crate) unusable_refs: bool,
    pub(crate) notes: Vec<String>,
    pub(crate) certificates: Vec<SecretCertificate>,
    pub(crate) core: Arc<ListenerIdentity>,
}

/// What a listener brings to its port. Shared by every layer behind, which compare it by pointer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ListenerIdentity {
    pub(crate) listener: ListenerRef,
    pub(crate) hostname: Option<Hostname>,
    pub(crate) certificates: Vec<CertificateSource>,
    /// Of what the listener itself asks for: see `MemberListener::revision`.
    pub(crate) revision: Revision,
}

/// An owner's listeners among all of their Gateway.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct MergedOwner {
    pub(crate) listeners: Vec<MergedListener>,
}

/// One listener among all of its Gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MergedListener {
    pub(crate) precedence: Precedence,
    pub(crate) outcome: ListenerOutcome,
    pub(crate) overlapping_tls: Option<ListenerRef>,
    /// It won, something is there to serve with, and the Gateway is accepted.
    pub(crate) served: bool,
}

/// A listener that is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) core: Arc<ListenerIdentity>,
    pub(crate) class: WireClass,
}

impl fmt::Display for LeftAlone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Held(holder) => {
                match holder {
                    Holder::Tributary(installation, _) => {
                        write!(f, "the Tributary installation {installation}")
                    }
                    Holder::AwsLoadBalancerController(_) => {
                        write!(f, "the AWS Load Balancer Controller")
                    }
                }?;
                write!(f, " holds it by its finalizer {}", holder.finalizer())
            }
            Self::ClassServed {
                controller_name,
                lease,
            } => write!(
                f,
                "the AWS Load Balancer Controller serves classes of {controller_name}, as Lease {lease} is renewed; to \
                 have the Gateway served here, use a class with another controllerName, or start the watcher with \
                 --lbc-lease none if that program leaves Gateways alone"
            ),
            Self::ClassMissing(class) => write!(f, "its GatewayClass {class} is not there"),
        }
    }
}

impl LeftAlone {
    /// By a program that serves the class of a Gateway. One that carries a finalizer of ours is ours: who made a load
    /// balancer for it goes on with it.
    pub(crate) fn served(
        gateway: &Gateway,
        controller_name: &str,
        other: &OtherController,
        us: &Installation,
    ) -> Option<Self> {
        let is_held = gateway.holders.iter().any(|holder| holder.is(us));
        (!is_held).then(|| Self::ClassServed {
            controller_name: controller_name.to_owned(),
            lease: other.lease().clone(),
        })
    }
}

impl Facts {
    /// Notes which class a Gateway uses now. Returns the classes whose users are others now.
    pub(crate) fn uses(&mut self, gateway: &ObjectKey, now: Option<ClassUse>) -> Vec<Name> {
        let old = match &now {
            Some(now) => self.class_of.insert(gateway.clone(), now.clone()),
            None => self.class_of.remove(gateway),
        };
        if old == now {
            return Vec::new();
        }
        if let Some(ClassUse { class, .. }) = &old
            && let Some(users) = self.users.get_mut(class)
        {
            users.remove(gateway);
            if users.is_empty() {
                self.users.remove(class);
            }
        }
        if let Some(ClassUse { class, is_ours }) = &now {
            let users = self.users.entry(Name::clone(class)).or_default();
            users.insert(gateway.clone(), *is_ours);
        }
        old.into_iter().chain(now).map(|it| it.class).collect()
    }
}

impl OwnerFacts {
    /// Its claim to precedence.
    pub(crate) fn age(&self, owner: &ListenerOwner) -> Age {
        Age {
            created: self.created,
            key: owner.key.clone(),
        }
    }

    /// The place of one of its listeners among all of the Gateway.
    pub(crate) fn precedence(&self, owner: &ListenerOwner, index: usize) -> Precedence {
        Precedence {
            class: match owner.kind {
                OwnerKind::Gateway => PrecedenceClass::Gateway,
                OwnerKind::ListenerSet => PrecedenceClass::ListenerSet {
                    created: self.created,
                },
            },
            owner: owner.key.clone(),
            index: u32::try_from(index).unwrap_or(u32::MAX),
        }
    }

    /// Whether its listeners are merged with the others of the Gateway. Those of a set whose Gateway is not
    /// accepted are: they show where they would stand, and nothing is served.
    pub(crate) fn is_merged(&self) -> bool {
        match self.acceptance {
            ListenerSetAcceptance::Admitted | ListenerSetAcceptance::ParentNotAccepted => true,
            ListenerSetAcceptance::NotAllowed(_)
            | ListenerSetAcceptance::ParentGone
            | ListenerSetAcceptance::LeftAlone => false,
        }
    }
}

impl MergedOwner {
    /// Whether any of its listeners is served.
    pub(crate) fn is_attached(&self) -> bool {
        self.listeners.iter().any(|listener| listener.served)
    }

    /// Whether a route's view of the two is the same.
    pub(crate) fn serves_same(&self, other: &Self) -> bool {
        self.listeners.len() == other.listeners.len()
            && self
                .listeners
                .iter()
                .zip(&other.listeners)
                .all(|(left, right)| left.served == right.served)
    }
}
