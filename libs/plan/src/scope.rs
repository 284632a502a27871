//! The inputs of one plan, narrowed to what is ours.

use std::collections::BTreeMap;

use tributary_model::desired::{DesiredLoadBalancer, LoadBalancerKey};
use tributary_model::elb::Scheme;

use crate::certificates::CertificateIndex;
use crate::defaults::Everywhere;
use crate::limits::{Context, LoadBalancerLimits};
use crate::observed::{
    Observed, ObservedCertificate, ObservedLoadBalancer, ObservedTargetGroup, Tags,
};
use crate::tags::Ownership;

/// What every part of the plan looks at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scope<'a> {
    pub(crate) desired: &'a DesiredLoadBalancer,
    pub(crate) observed: &'a Observed,
    pub(crate) context: &'a Context,
    pub(crate) ownership: Ownership<'a>,
    pub(crate) certificates: &'a CertificateIndex<'a>,
    pub(crate) everywhere: &'a Everywhere<'a>,
    /// The load balancer that the plan is for; none when it is still to be created.
    pub(crate) current: Option<Current<'a>>,
    pub(crate) role: Role,
}

/// What a load balancer is planned for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// It is, or becomes, what is desired.
    Target(Others),
    /// It cannot become what is desired, and serves until its successor does.
    Predecessor,
}

/// What happens to the other load balancers of the Gateway, and to what nothing uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Others {
    Stay,
    Go,
}

/// An observed load balancer with its ARN.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Current<'a> {
    pub(crate) arn: &'a str,
    pub(crate) load_balancer: &'a ObservedLoadBalancer,
}

impl<'a> Scope<'a> {
    pub(crate) fn limits(&self) -> &'a LoadBalancerLimits {
        self.context.limits.of(self.desired.key.kind)
    }

    pub(crate) fn key(&self) -> &'a LoadBalancerKey {
        &self.desired.key
    }

    pub(crate) fn scheme(&self) -> Scheme {
        scheme(self.desired, self.context)
    }

    /// The tags of something that stands for this `resource`, with its `own`. Its attributes are remembered in them.
    pub(crate) fn tags(
        &self,
        resource: &str,
        own: &BTreeMap<String, String>,
        attributes: &BTreeMap<String, String>,
        observed: Option<&Tags>,
    ) -> Tags {
        let ours = self.ownership.tags(resource);
        self.everywhere.tags(ours, own, attributes, observed)
    }
}

pub(crate) fn scheme(desired: &DesiredLoadBalancer, context: &Context) -> Scheme {
    desired.settings.scheme.unwrap_or(context.defaults.scheme)
}

/// Load balancers of ours, by ARN.
pub(crate) fn load_balancers<'a>(
    observed: &'a Observed,
    ownership: Ownership<'a>,
) -> impl Iterator<Item = Current<'a>> {
    observed
        .load_balancers
        .iter()
        .filter(move |(_, it)| ownership.owns(&it.tags) && it.kind == ownership.key.kind)
        .map(|(arn, load_balancer)| Current { arn, load_balancer })
}

/// Target groups of ours, by ARN.
pub(crate) fn target_groups<'a>(
    observed: &'a Observed,
    ownership: Ownership<'a>,
) -> impl Iterator<Item = (&'a str, &'a ObservedTargetGroup)> {
    observed
        .target_groups
        .iter()
        .filter(move |(_, it)| ownership.owns(&it.tags))
        .map(|(arn, it)| (arn.as_str(), it))
}

/// Certificates that we imported for this load balancer, by ARN.
pub(crate) fn imported_certificates<'a>(
    observed: &'a Observed,
    ownership: Ownership<'a>,
) -> impl Iterator<Item = (&'a str, &'a ObservedCertificate)> {
    observed
        .certificates
        .iter()
        .filter(move |(_, it)| ownership.owns(&it.tags))
        .map(|(arn, it)| (arn.as_str(), it))
}
