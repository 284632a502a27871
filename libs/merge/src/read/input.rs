//! What results can read, and the results that read it.

use tributary_model::desired::TargetGroupId;
use tributary_model::{Kind, ListenerOwner, Name, ObjectKey, ObjectRef};

/// Something that a result can depend on. Reading an absent thing is reading too.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Input {
    /// One object.
    Object(ObjectRef),
    /// All ReferenceGrants of a namespace.
    Grants(Name),
    /// All EndpointSlices of a Service.
    Slices(ObjectKey),
    /// All TargetGroupConfigurations of a Service.
    TargetConfigurations(ObjectKey),
    /// All BackendTLSPolicies of a Service.
    Policies(ObjectKey),
    /// All Nodes.
    Nodes,
    /// Whether a kind can be read.
    Unread(Kind),
    /// Whether another program serves classes that could be ours.
    OtherController,
    /// The facts of a class.
    Class(Name),
    /// The facts of a Gateway, or that it is left alone.
    Gateway(ObjectKey),
    /// The facts of an owner's listeners, and which of them are served.
    Listeners(ListenerOwner),
}

/// A result that reads inputs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reading {
    Class(Name),
    Gateway(ObjectKey),
    Owner(ListenerOwner),
    Route(ObjectRef),
    /// A target group of a Gateway's load balancer.
    TargetGroup(ObjectKey, TargetGroupId),
}
