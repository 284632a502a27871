//! What of an observation is this Gateway's and made, or taken over, by this installation.

use crate::values::observed::{
    Observed, ObservedCertificate, ObservedLoadBalancer, ObservedTargetGroup,
};
use crate::values::tags::Ownership;

/// An observed load balancer with its ARN.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Current<'a> {
    pub(crate) arn: &'a str,
    pub(crate) load_balancer: &'a ObservedLoadBalancer,
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
