//! What the account allows, and the rest that a plan depends on besides desired and observed state.

use std::collections::BTreeMap;

use tributary_model::ObjectKey;
use tributary_model::elb::LoadBalancerKind;

use crate::values::defaults::Defaults;
use crate::values::op::OpKey;
use crate::values::waits::Waited;

/// What is neither desired nor observed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    /// Value of the tag `elbv2.k8s.aws/cluster`; part of every name.
    pub cluster: String,
    /// Value of the tag `gateway.tributary.dev/installation`.
    pub installation: String,
    /// The platform's.
    pub defaults: Defaults,
    /// Quotas.
    pub limits: Limits,
    /// Whether load balancers are let in by their targets' security groups.
    pub backend: BackendGroups,
    /// Secrets that ACM refused to import for good, or that could not be read, by Secret and fingerprint: the reason. An
    /// entry costs the listeners that have no other certificate.
    pub refused_certificates: BTreeMap<SecretVersion, String>,
    /// What became of earlier requests.
    pub failures: BTreeMap<OpKey, Failure>,
    /// Fingerprints of OIDC client Secrets, as the programmer read them. AWS never returns a client secret, so
    /// a tag remembers which one a rule carries; a Secret that is missing here is taken as unchanged.
    pub client_secrets: BTreeMap<ObjectKey, String>,
    /// What has been waited for long enough.
    pub waited: Waited,
}

/// Why a step did not succeed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// AWS refuses this very request, in these words: asking again, without a change, is no use.
    Refused(String),
    /// The request cannot be made, and AWS was not asked: something that it names is not there.
    Impossible(String),
    /// It may succeed later, as AWS says: throttling, a resource still in use, AWS being unwell.
    Retrying(String),
}

impl Failure {
    /// Nothing of it will succeed before something changes.
    pub(crate) fn is_final(&self) -> bool {
        match self {
            Self::Refused(_) | Self::Impossible(_) => true,
            Self::Retrying(_) => false,
        }
    }
}

/// The security group that load balancers carry so that their targets let them in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum BackendGroups {
    /// None: who runs the cluster opens the targets.
    #[default]
    Off,
    /// One for the cluster in each VPC, the AWS Load Balancer Controller's if there is one.
    Shared,
    /// This one, by id: never created, tagged or removed.
    Named(String),
}

/// One content of a Secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecretVersion {
    /// The Secret.
    pub secret: ObjectKey,
    /// Its fingerprint, as desired state names it.
    pub fingerprint: String,
}

/// Quotas of both kinds, as `DescribeAccountLimits` names them. Load balancers per region are not among them:
/// other clusters and people use them up too, so only AWS's own error tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Of an ALB.
    pub alb: LoadBalancerLimits,
    /// Of an NLB.
    pub nlb: NlbLimits,
}

/// Quotas of one load balancer. The default is AWS's for an ALB.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadBalancerLimits {
    /// `listeners-per-application-load-balancer`.
    pub listeners: u32,
    /// `rules-per-application-load-balancer`, defaults not counted.
    pub rules: u32,
    /// `certificates-per-application-load-balancer`, defaults not counted.
    pub certificates: u32,
    /// `target-groups-per-application-load-balancer`: not adjustable.
    pub target_groups: u32,
    /// `targets-per-application-load-balancer`.
    pub targets: u32,
}

/// Quotas of one NLB: the same things counted, other defaults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NlbLimits(pub LoadBalancerLimits);

impl Limits {
    /// Those of one kind.
    pub fn of(&self, kind: LoadBalancerKind) -> &LoadBalancerLimits {
        match kind {
            LoadBalancerKind::Alb => &self.alb,
            LoadBalancerKind::Nlb => &self.nlb.0,
        }
    }
}

impl Default for LoadBalancerLimits {
    fn default() -> Self {
        Self {
            listeners: 50,
            rules: 100,
            certificates: 25,
            target_groups: 100,
            targets: 1000,
        }
    }
}

impl Default for NlbLimits {
    fn default() -> Self {
        Self(LoadBalancerLimits {
            listeners: 50,
            // An NLB has no rules; nothing desired has any either.
            rules: 0,
            certificates: 25,
            // AWS limits target groups of an NLB per region only (3000).
            target_groups: 3000,
            targets: 3000,
        })
    }
}
