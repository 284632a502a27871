//! The inputs of one plan, narrowed to what is ours.

use std::collections::BTreeMap;

use tributary_model::desired::{DesiredLoadBalancer, LoadBalancerKey};
use tributary_model::elb::Scheme;

use crate::input::index::CertificateIndex;
use crate::input::ours::Current;
use crate::values::defaults::Everywhere;
use crate::values::limits::{Context, LoadBalancerLimits};
use crate::values::observed::Observed;
use crate::values::tags::{Ownership, Tags};

pub(crate) mod certificates;
pub(crate) mod index;
pub(crate) mod load_balancer;
pub(crate) mod ours;
pub(crate) mod target_group;

/// What every part of the plan looks at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PlanInput<'a> {
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

impl<'a> PlanInput<'a> {
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
