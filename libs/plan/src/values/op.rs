//! Operations on AWS, and the steps that plans are made of.

use std::collections::{BTreeMap, BTreeSet};

use tributary_model::config::HealthCheckSettings;
use tributary_model::desired::{DesiredTarget, RuleOrigin};
use tributary_model::elb::IpAddressType;
use tributary_model::{ListenerRef, ObjectKey};

use crate::values::tags::Tags;

mod brief;
pub(crate) mod handles;
mod key;
mod spec_text;
mod specs;
mod text;

pub use brief::Brief;
pub use key::OpKey;
pub use specs::{
    Action, Authentication, IngressRule, IngressSource, IngressTraffic, ListenerSpec,
    LoadBalancerSpec, RuleSpec, SecurityGroupSpec, SubnetMapping, Taggable, TargetGroupSpec,
};

/// Number of a step within its plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StepId(pub u32);

/// One operation with its place in the plan. Steps that do not name each other may run at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its number: its index in [`Plan::steps`](crate::Plan::steps).
    pub id: StepId,
    /// One AWS call.
    pub op: Op,
    /// Must have succeeded: when one of them fails, this one is not tried.
    pub after: BTreeSet<StepId>,
    /// Must be over, however it ended. Deletions wait this way for other tenants' creations, so that
    /// one tenant's refused rule never keeps another's old rule alive.
    pub following: BTreeSet<StepId>,
    /// Who pays when it fails.
    pub blame: Blame,
}

/// Whose status tells of a step that failed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Blame {
    /// The Gateway's: it concerns the load balancer as a whole.
    #[default]
    LoadBalancer,
    /// These listeners'.
    Listeners(BTreeSet<ListenerRef>),
    /// The routes' of these rules, whose listeners go on without them.
    Rules(BTreeSet<RuleOwner>),
}

/// A route rule on one listener.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RuleOwner {
    /// The listener.
    pub listener: ListenerRef,
    /// The route rule.
    pub origin: RuleOrigin,
}

/// Something that exists, or will once an earlier step has run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Handle {
    /// Its ARN, or id for a security group.
    Existing(String),
    /// What a step creates: its ARN or id is that step's answer.
    Created {
        /// The creating step; always one of `after`.
        step: StepId,
        /// Its name, for texts: the same in every plan that creates it.
        name: String,
    },
}

/// One AWS call.
///
/// Its `Display` is one line with everything in it but step numbers. What became of it is remembered by its [`key`](Op::key)
/// (see [`Context::failures`](crate::values::limits::Context::failures)).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Op {
    /// EC2 `CreateSecurityGroup` with tags; answers its id. Ingress is a step of its own.
    CreateSecurityGroup(SecurityGroupSpec),
    /// EC2 `AuthorizeSecurityGroupIngress`.
    AuthorizeIngress {
        /// The group.
        group: Handle,
        /// To add.
        rules: BTreeSet<IngressRule>,
    },
    /// EC2 `RevokeSecurityGroupIngress`.
    RevokeIngress {
        /// The group.
        group: String,
        /// To take away.
        rules: BTreeSet<IngressRule>,
    },
    /// EC2 `DeleteSecurityGroup`. Answers `DependencyViolation` for a while after its load balancer is gone.
    DeleteSecurityGroup {
        /// Id.
        group: String,
    },
    /// EC2 `CreateSecurityGroup` with tags for the group that all load balancers of a cluster carry; answers its id. Where
    /// somebody was faster, theirs, with our claim if it is of this installation.
    CreateBackendGroup(SecurityGroupSpec),
    /// Takes our claim off a backend group, and removes the group with the last claim, unless a rule lets it in: then it is
    /// left to whoever made that.
    LeaveBackendGroup {
        /// Id.
        group: String,
        /// Key of our claim.
        claim: String,
    },
    /// Sees to it that a security group of targets lets this in, and that our claim is on the rule. A rule that is
    /// somebody else's stays as it is.
    OpenTargets {
        /// Id.
        group: String,
        /// The backend group.
        source: Handle,
        /// What.
        traffic: IngressTraffic,
        /// Tags of a new rule.
        tags: Tags,
        /// Key of our claim, which is one of them.
        claim: String,
        /// Rules for which the group must have room besides a new one: where a range could take the place of several, there has
        /// to be room for it before they go.
        spare: usize,
    },
    /// Takes our claim off such a rule, and revokes the rule with the last claim.
    CloseTargets {
        /// Id.
        group: String,
        /// The backend group.
        source: String,
        /// What.
        traffic: IngressTraffic,
        /// Key of our claim.
        claim: String,
    },
    /// ACM `ImportCertificate` from a Secret that the programmer reads; answers its ARN. What it reads must
    /// have this fingerprint, else the step fails and the next desired state brings the newer one.
    ImportCertificate {
        /// The Secret.
        secret: ObjectKey,
        /// What it must contain.
        fingerprint: String,
        /// Import again to this ARN. ACM takes no tags then: an [`Op::AddTags`] follows.
        existing: Option<String>,
        /// Tags of a new certificate; empty with `existing`.
        tags: Tags,
    },
    /// ACM `DeleteCertificate`. Answers `ResourceInUse` for a while after the last listener let go.
    DeleteCertificate {
        /// ARN.
        certificate: String,
    },
    /// `CreateTargetGroup` with tags; answers its ARN.
    CreateTargetGroup(Box<TargetGroupSpec>),
    /// `ModifyTargetGroup`: every given field.
    ModifyTargetGroup {
        /// ARN.
        target_group: String,
        /// Whether gRPC or HTTP codes are meant follows from which one is given.
        health_check: HealthCheckSettings,
    },
    /// `ModifyTargetGroupAttributes`.
    ModifyTargetGroupAttributes {
        /// Which.
        target_group: Handle,
        /// To set.
        attributes: BTreeMap<String, String>,
    },
    /// `RegisterTargets`, at most [`TARGETS_PER_CALL`].
    RegisterTargets {
        /// Which.
        target_group: Handle,
        /// Its VPC: addresses outside it are registered with the zone `all`.
        vpc: String,
        /// To add.
        targets: BTreeSet<DesiredTarget>,
    },
    /// `DeregisterTargets`, at most [`TARGETS_PER_CALL`].
    DeregisterTargets {
        /// ARN.
        target_group: String,
        /// To take away.
        targets: BTreeSet<DesiredTarget>,
    },
    /// `DeleteTargetGroup`. Answers `ResourceInUse` for a while after the last action let go.
    DeleteTargetGroup {
        /// ARN.
        target_group: String,
    },
    /// `CreateLoadBalancer` with tags; answers its ARN.
    CreateLoadBalancer(Box<LoadBalancerSpec>),
    /// `SetSubnets`: the whole set; on an NLB with `IpAddressType`.
    SetSubnets {
        /// ARN.
        load_balancer: String,
        /// All of them.
        subnets: Vec<SubnetMapping>,
    },
    /// `SetSecurityGroups`: the whole set.
    SetSecurityGroups {
        /// ARN.
        load_balancer: String,
        /// All of them.
        security_groups: BTreeSet<Handle>,
    },
    /// `SetIpAddressType`.
    SetIpAddressType {
        /// ARN.
        load_balancer: String,
        /// The new one.
        ip_address_type: IpAddressType,
    },
    /// `ModifyLoadBalancerAttributes`.
    ModifyLoadBalancerAttributes {
        /// Which.
        load_balancer: Handle,
        /// To set.
        attributes: BTreeMap<String, String>,
    },
    /// `DeleteLoadBalancer`. AWS removes its listeners and rules with it.
    DeleteLoadBalancer {
        /// ARN.
        load_balancer: String,
    },
    /// `CreateListener` with tags; answers its ARN.
    CreateListener {
        /// On which.
        load_balancer: Handle,
        /// What.
        spec: Box<ListenerSpec>,
        /// Tags.
        tags: Tags,
    },
    /// `ModifyListener`: every field of the spec.
    ModifyListener {
        /// ARN.
        listener: String,
        /// What it becomes; its port stays.
        spec: Box<ListenerSpec>,
    },
    /// `ModifyListenerAttributes`.
    ModifyListenerAttributes {
        /// Which.
        listener: Handle,
        /// To set.
        attributes: BTreeMap<String, String>,
    },
    /// `DeleteListener`. AWS removes its rules with it.
    DeleteListener {
        /// ARN.
        listener: String,
    },
    /// `AddListenerCertificates` with one certificate.
    AddListenerCertificate {
        /// Which.
        listener: Handle,
        /// To serve by SNI.
        certificate: Handle,
    },
    /// `RemoveListenerCertificates` with one certificate, never the default one's default entry.
    RemoveListenerCertificate {
        /// ARN.
        listener: String,
        /// ARN.
        certificate: String,
    },
    /// `CreateRule` with tags; answers its ARN.
    CreateRule {
        /// On which ELB listener.
        listener: Handle,
        /// 1..50000, free when the step may run.
        priority: u32,
        /// What.
        spec: Box<RuleSpec>,
        /// Tags.
        tags: Tags,
    },
    /// `ModifyRule`: conditions, actions and transforms, all of them (none of the last: `ResetTransforms`).
    ModifyRule {
        /// ARN.
        rule: String,
        /// What it becomes.
        spec: Box<RuleSpec>,
    },
    /// `SetRulePriorities`: all moves of one ELB listener in one call, swaps included.
    SetRulePriorities {
        /// ARN of the ELB listener, for texts.
        listener: String,
        /// Rule ARN to its new priority; never empty.
        priorities: BTreeMap<String, u32>,
    },
    /// `DeleteRule`.
    DeleteRule {
        /// ARN.
        rule: String,
    },
    /// `AddTags` of the resource's own service.
    AddTags {
        /// Which.
        resource: Taggable,
        /// To set.
        tags: Tags,
    },
    /// `RemoveTags` of the resource's own service.
    RemoveTags {
        /// Which.
        resource: Taggable,
        /// Tags as they are now (EC2's and ACM's calls take the values too).
        tags: Tags,
    },
}

/// AWS's code where a security group has no room for another rule.
pub const RULES_FULL: &str = "RulesPerSecurityGroupLimitExceeded";

/// What an error says where [`Op::OpenTargets`] would leave less room than it has to.
pub const NO_ROOM: &str = "no room for single rules";

/// Register and deregister calls carry at most this many, which AWS takes everywhere.
pub const TARGETS_PER_CALL: usize = 100;

impl Op {
    /// Whether something is gone, or serves less, afterwards: never done on a partial observation.
    pub fn removes(&self) -> bool {
        match self {
            Self::RevokeIngress { .. }
            | Self::DeleteSecurityGroup { .. }
            | Self::LeaveBackendGroup { .. }
            | Self::CloseTargets { .. }
            | Self::DeleteCertificate { .. }
            | Self::DeregisterTargets { .. }
            | Self::DeleteTargetGroup { .. }
            | Self::DeleteLoadBalancer { .. }
            | Self::DeleteListener { .. }
            | Self::RemoveListenerCertificate { .. }
            | Self::DeleteRule { .. }
            | Self::RemoveTags { .. } => true,
            Self::CreateSecurityGroup(_)
            | Self::AuthorizeIngress { .. }
            | Self::CreateBackendGroup(_)
            | Self::OpenTargets { .. }
            | Self::ImportCertificate { .. }
            | Self::CreateTargetGroup(_)
            | Self::ModifyTargetGroup { .. }
            | Self::ModifyTargetGroupAttributes { .. }
            | Self::RegisterTargets { .. }
            | Self::CreateLoadBalancer(_)
            | Self::SetSubnets { .. }
            | Self::SetSecurityGroups { .. }
            | Self::SetIpAddressType { .. }
            | Self::ModifyLoadBalancerAttributes { .. }
            | Self::CreateListener { .. }
            | Self::ModifyListener { .. }
            | Self::ModifyListenerAttributes { .. }
            | Self::AddListenerCertificate { .. }
            | Self::CreateRule { .. }
            | Self::ModifyRule { .. }
            | Self::SetRulePriorities { .. }
            | Self::AddTags { .. } => false,
        }
    }

    /// Whether something exists afterwards that an incomplete look might have missed: its double would stay.
    pub fn creates(&self) -> bool {
        match self {
            Self::CreateSecurityGroup(_)
            | Self::CreateBackendGroup(_)
            | Self::CreateTargetGroup(_)
            | Self::CreateLoadBalancer(_)
            | Self::CreateListener { .. }
            | Self::CreateRule { .. } => true,
            Self::ImportCertificate { existing, .. } => existing.is_none(),
            _ => false,
        }
    }

    /// Whether everything that is there before the plan stays as it is: all that is done while a kind cannot be read.
    pub fn only_adds(&self) -> bool {
        match self {
            Self::CreateSecurityGroup(_)
            | Self::AuthorizeIngress { .. }
            | Self::CreateBackendGroup(_)
            | Self::OpenTargets { .. }
            | Self::CreateTargetGroup(_)
            | Self::RegisterTargets { .. }
            | Self::CreateLoadBalancer(_)
            | Self::CreateListener { .. }
            | Self::AddListenerCertificate { .. }
            | Self::CreateRule { .. } => true,
            Self::ImportCertificate { existing, .. } => existing.is_none(),
            Self::ModifyTargetGroupAttributes {
                target_group: of, ..
            }
            | Self::ModifyLoadBalancerAttributes {
                load_balancer: of, ..
            }
            | Self::ModifyListenerAttributes { listener: of, .. } => match of {
                Handle::Created { .. } => true,
                Handle::Existing(_) => false,
            },
            Self::RevokeIngress { .. }
            | Self::DeleteSecurityGroup { .. }
            | Self::LeaveBackendGroup { .. }
            | Self::CloseTargets { .. }
            | Self::DeleteCertificate { .. }
            | Self::ModifyTargetGroup { .. }
            | Self::DeregisterTargets { .. }
            | Self::DeleteTargetGroup { .. }
            | Self::SetSubnets { .. }
            | Self::SetSecurityGroups { .. }
            | Self::SetIpAddressType { .. }
            | Self::DeleteLoadBalancer { .. }
            | Self::ModifyListener { .. }
            | Self::DeleteListener { .. }
            | Self::RemoveListenerCertificate { .. }
            | Self::ModifyRule { .. }
            // Among the rules may be some whose route is not known: no other may step in front of them.
            | Self::SetRulePriorities { .. }
            | Self::DeleteRule { .. }
            | Self::AddTags { .. }
            | Self::RemoveTags { .. } => false,
        }
    }
}
