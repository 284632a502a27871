//! The statements that a policy is made of.

/// A statement of the policy; its name is the `Sid`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Statement {
    /// Everything that only looks. Most of these actions take no resource, and discovery has to see what others own.
    Look,
    /// ELB's own role, which AWS makes with an account's first load balancer.
    CreateLinkedRole,
    /// Load balancers and target groups, with our tag.
    CreateLoadBalancers,
    /// Listeners of our load balancers and rules of our listeners, with our tag.
    CreateParts,
    /// Tags of what is just being made.
    TagNewParts,
    /// Load balancers, target groups, listeners and rules that carry our tag.
    ChangeLoadBalancers,
    /// Priorities of rules: the action has no condition for tags.
    OrderRules,
    /// Security groups, with our tag.
    CreateGroups,
    /// The other half of it: a group is made in a VPC, which is anybody's.
    CreateGroupsInVpcs,
    /// Tags of security groups and rules that are just being made.
    TagNewGroups,
    /// Security groups, and the tags of security group rules, that carry our tag.
    ChangeGroups,
    /// Ingress of security groups of nodes and pods, which carry the tag that Kubernetes has for it.
    OpenTargets,
    /// The other half of both: a call that names a rule is granted by its group, and a new rule has no tag yet.
    ChangeRules,
    /// New certificates, with our tag. ACM has no key for what is just being made, so here alone a tag may be put on
    /// what is there.
    ImportCertificates,
    /// Certificates that carry our tag.
    ChangeCertificates,
}
