//! Looking at everything of one Gateway.
//!
//! ```text
//! GetResources (cluster + Gateway tags) ──> load balancers ──> listeners ──> rules, certificates, attributes
//!                                     ├──> target groups ──> targets, attributes       } each verified by its own
//!                                     └──> certificates we imported                    } service's tags
//! DescribeSecurityGroups (same tags, or as the settings name them)
//! what the desired state may choose from: subnets, certificates by ARN or host name (shared, see index.rs)
//! where backend groups are wanted, the way to the targets (see observe/backend.rs)
//! ```
//!
//! A resource is read whole or left out: a listener without its rules would look as if the rules were gone. What is left
//! out is a gap, and one gap makes the observation partial. What only a part of the plan needs (certificates, subnets, security
//! groups) is no gap, but [`Unread`], and the rest goes on.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::sync::{Mutex, PoisonError};

use futures::future::join_all;
use tributary_model::desired::{CertificateSource, DesiredLoadBalancer, LoadBalancerKey};
use tributary_plan::limits::BackendGroups;
use tributary_plan::observed::{
    Completeness, Network, Observed, ObservedCertificate, ObservedSecurityGroup,
    ObservedTargetGroup, Unread,
};
use tributary_plan::tags::{
    ASKED_ATTRIBUTES, CLUSTER, Ownership, Tags, Unmarked, stack_key, tag_value,
};

use crate::Aws;
use crate::ec2::SecurityGroupFilter;
use crate::elbv2::{Answer, Found};
use crate::error::Class;
use crate::known::Known;
use crate::tagging::{ResourceType, TagFilter};

mod backend;
mod load_balancers;

pub(crate) use backend::openings;
pub use backend::{Wanting, look_again, timed_out, wanting};

/// Whose things, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    /// Value of the tag `elbv2.k8s.aws/cluster`.
    pub cluster: String,
    /// Value of the tag `gateway.tributary.dev/installation`: whose marks are ours.
    pub installation: String,
    /// The cluster's VPC, if known: subnets of others are not looked at.
    pub vpc: Option<String>,
    /// Whether targets' security groups let load balancers in.
    pub backend: BackendGroups,
}

/// What could not be read, one line each.
#[derive(Debug, Default)]
struct Gaps(Mutex<BTreeSet<String>>);

/// What a part of the plan cannot be made without, and why it could not be read.
#[derive(Debug, Default)]
struct Failures(BTreeSet<String>);

/// Certificates that listeners name or may discover.
#[derive(Debug, Default)]
struct Chosen {
    certificates: Found<ObservedCertificate>,
    /// Named ones that do not exist.
    missing: BTreeSet<String>,
    /// Named ones that ACM told nothing of, and why.
    unread: BTreeMap<String, String>,
    discovery: Failures,
    /// Of the named ones: where ACM may answer the next time.
    unanswered: Failures,
}

/// Looks at everything that carries this Gateway's tags, and at what its desired state may choose from. Never fails: what
/// could not be read makes the observation partial.
///
/// A load balancer that is not desired (any more) needs nothing to choose from.
pub async fn observe(
    aws: &Aws,
    environment: &Environment,
    key: &LoadBalancerKey,
    desired: Option<&DesiredLoadBalancer>,
) -> Observed {
    let ownership = Ownership {
        cluster: &environment.cluster,
        installation: &environment.installation,
        key,
        // What nobody has marked is seen, too: the plan may take it over.
        unmarked: Unmarked::Ours,
    };
    let gaps = Gaps::default();
    let (ours, security_groups, chosen, network, shared) = tokio::join!(
        ours(aws, ownership, &gaps),
        security_groups(aws, ownership, desired),
        wanted_certificates(aws, desired),
        network(aws, environment, desired),
        backend::shared(aws, environment, desired, &gaps),
    );
    let (load_balancers, target_groups, (imported, unread_imports)) = ours;
    let backend = backend::look(aws, environment, desired, &target_groups, shared).await;
    let Chosen {
        mut certificates,
        missing,
        unread,
        discovery,
        unanswered,
    } = chosen;
    certificates.extend(imported);
    let (security_groups, unread_groups) = security_groups;
    let (network, unread_subnets) = network;
    Observed {
        completeness: gaps.completeness(),
        unread: Unread {
            discovery: discovery.line(),
            certificates: unread_imports.and(unanswered).line(),
            subnets: unread_subnets.line(),
            security_groups: unread_groups.line(),
        },
        load_balancers,
        target_groups,
        security_groups,
        certificates,
        missing_certificates: missing,
        unread_certificates: unread,
        network,
        backend,
    }
}

/// Asks for what may be other than it was or is not known yet: the state of load balancers that are not serving, the network
/// interfaces of new targets. Nothing of that costs nothing.
///
/// # Errors
/// When the state could not be read. What was not learned of a target is remembered as such.
pub async fn refresh(
    aws: &Aws,
    environment: &Environment,
    known: &mut Known,
    desired: Option<&DesiredLoadBalancer>,
) -> Answer<()> {
    backend::refresh_targets(aws, environment, known, desired).await;
    refresh_load_balancer_state(aws, known).await
}

/// Asks for the state of the load balancers that are not serving yet: no call when all are, and one for everybody who asks
/// at [`Aws::next_state_look`].
pub async fn refresh_load_balancer_state(aws: &Aws, known: &mut Known) -> Answer<()> {
    use tributary_plan::observed::LoadBalancerState::{
        Active, ActiveImpaired, Failed, Provisioning,
    };
    let observed = known.observed_mut();
    let unsettled: BTreeSet<String> = observed
        .load_balancers
        .iter()
        .filter(|(_, it)| match it.state {
            Provisioning | ActiveImpaired | Failed(_) => true,
            Active => false,
        })
        .map(|(arn, _)| arn.clone())
        .collect();
    if unsettled.is_empty() {
        return Ok(());
    }
    let look = |arns: BTreeSet<String>| async move { aws.elbv2.load_balancers(&arns).await };
    for (arn, seen) in aws.states.ask(&unsettled, look).await? {
        if let Some(known) = observed.load_balancers.get_mut(&arn) {
            known.state = seen.state;
            known.dns_name = seen.dns_name;
            known.hosted_zone = seen.hosted_zone;
        }
    }
    Ok(())
}

impl Gaps {
    /// The value, or a gap.
    fn note<T>(&self, what: impl Display, answer: Answer<T>) -> Option<T> {
        match answer {
            Ok(value) => Some(value),
            Err(error) => {
                let line = format!("{what}: {error}");
                // A set of lines is whole after any panic.
                self.0
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .insert(line);
                None
            }
        }
    }

    fn completeness(self) -> Completeness {
        let gaps = self.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        if gaps.is_empty() {
            return Completeness::Complete;
        }
        Completeness::Partial(gaps.into_iter().collect())
    }
}

impl Failures {
    /// The value, or a failure.
    fn note<T>(&mut self, what: impl Display, answer: Answer<T>) -> Option<T> {
        answer
            .inspect_err(|error| {
                self.0.insert(format!("{what}: {error}"));
            })
            .ok()
    }

    fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    fn line(self) -> Option<String> {
        let lines: Vec<String> = self.0.into_iter().collect();
        (!lines.is_empty()).then(|| lines.join("; "))
    }
}

/// The two tags by which something is this Gateway's, whoever made it.
fn owner_tags(ownership: Ownership<'_>) -> Tags {
    let gateway = ownership.key.gateway.to_string();
    Tags::from_iter([
        (CLUSTER.to_owned(), tag_value(ownership.cluster)),
        (
            stack_key(ownership.key.kind).to_owned(),
            tag_value(&gateway),
        ),
    ])
}

type Ours = (
    Found<tributary_plan::observed::ObservedLoadBalancer>,
    Found<ObservedTargetGroup>,
    (Found<ObservedCertificate>, Failures),
);

async fn ours(aws: &Aws, ownership: Ownership<'_>, gaps: &Gaps) -> Ours {
    let filter = TagFilter {
        tags: owner_tags(ownership),
        keys: BTreeSet::new(),
        types: BTreeSet::from([
            ResourceType::LoadBalancer,
            ResourceType::TargetGroup,
            ResourceType::Certificate,
        ]),
    };
    let tagged = aws.tagging.resources(&filter).await;
    let tagged = gaps.note("resources by tag", tagged).unwrap_or_default();
    let mut load_balancers = BTreeSet::new();
    let mut target_groups = BTreeSet::new();
    let mut certificates = Vec::new();
    for arn in tagged.into_keys() {
        if arn.contains(":loadbalancer/") {
            load_balancers.insert(arn);
        } else if arn.contains(":targetgroup/") {
            target_groups.insert(arn);
        } else if arn.contains(":certificate/") {
            certificates.push(arn);
        }
    }
    tokio::join!(
        load_balancers::read(aws, ownership, load_balancers, gaps),
        read_target_groups(aws, ownership, target_groups, gaps),
        read_imports(aws, ownership, certificates),
    )
}

async fn read_target_groups(
    aws: &Aws,
    ownership: Ownership<'_>,
    arns: BTreeSet<String>,
    gaps: &Gaps,
) -> Found<ObservedTargetGroup> {
    if arns.is_empty() {
        return BTreeMap::new();
    }
    let whole = tokio::try_join!(aws.elbv2.target_groups(&arns), aws.elbv2.tags(&arns));
    let Some((mut found, tags)) = gaps.note("target groups", whole) else {
        return BTreeMap::new();
    };
    for (arn, tags) in tags {
        if let Some(group) = found.get_mut(&arn) {
            group.tags = tags;
        }
    }
    found.retain(|_, group| ownership.owns(&group.tags));
    let read = found
        .into_iter()
        .map(|(arn, group)| read_target_group(aws, arn, group, gaps));
    let read: Vec<_> = read.collect();
    join_all(read).await.into_iter().flatten().collect()
}

async fn read_target_group(
    aws: &Aws,
    arn: String,
    mut group: ObservedTargetGroup,
    gaps: &Gaps,
) -> Option<(String, ObservedTargetGroup)> {
    let attributes = async {
        if !has_asked(&group.tags) {
            return Ok(BTreeMap::new());
        }
        aws.elbv2.target_group_attributes(&arn).await
    };
    let whole = tokio::try_join!(attributes, aws.elbv2.targets(&arn));
    let (attributes, targets) = gaps.note(&arn, whole)?;
    group.attributes = attributes;
    group.targets = targets;
    Some((arn, group))
}

/// Whether attributes were ever asked for. Where not, all are AWS's own, and the first wish is written without a look; this
/// saves a call for each listener and target group.
pub(crate) fn has_asked(tags: &Tags) -> bool {
    tags.contains_key(ASKED_ATTRIBUTES)
}

async fn read_imports(
    aws: &Aws,
    ownership: Ownership<'_>,
    arns: Vec<String>,
) -> (Found<ObservedCertificate>, Failures) {
    let looks = arns
        .iter()
        .map(|arn| async move { tokio::try_join!(aws.acm.certificate(arn), aws.acm.tags(arn)) });
    let looks: Vec<_> = looks.collect();
    let mut found = BTreeMap::new();
    let mut failures = Failures::default();
    for (arn, answer) in arns.iter().zip(join_all(looks).await) {
        // It may be gone, and the tagging API has not heard of it yet.
        let Some((Some(mut certificate), tags)) = failures.note(arn, answer) else {
            continue;
        };
        if ownership.owns(&tags) {
            certificate.tags = tags;
            found.insert(arn.clone(), certificate);
        }
    }
    (found, failures)
}

async fn security_groups(
    aws: &Aws,
    ownership: Ownership<'_>,
    desired: Option<&DesiredLoadBalancer>,
) -> (Found<ObservedSecurityGroup>, Failures) {
    let wanted = desired.map(|desired| desired.settings.security_groups.iter().cloned());
    let (ids, names): (BTreeSet<String>, BTreeSet<String>) = wanted
        .into_iter()
        .flatten()
        .partition(|named| named.starts_with("sg-"));
    let filters = [
        Some(SecurityGroupFilter::Tags(owner_tags(ownership))),
        (!ids.is_empty()).then_some(SecurityGroupFilter::Ids(ids)),
        (!names.is_empty()).then_some(SecurityGroupFilter::Names(names)),
    ];
    let looks: Vec<_> = filters
        .iter()
        .flatten()
        .map(|filter| aws.ec2.security_groups(filter))
        .collect();
    let mut failures = Failures::default();
    let found = join_all(looks).await.into_iter();
    let found = found
        .filter_map(|answer| failures.note("security groups", answer))
        .flatten()
        .collect();
    (found, failures)
}

async fn wanted_certificates(aws: &Aws, desired: Option<&DesiredLoadBalancer>) -> Chosen {
    let listeners = desired.into_iter().flat_map(|it| it.listeners.values());
    let mut named: BTreeSet<&str> = BTreeSet::new();
    let mut discovers = false;
    for (_, source) in listeners.flat_map(|listener| listener.certificates()) {
        match source {
            CertificateSource::Arn(arn) if arn.contains(":acm:") => {
                named.insert(arn);
            }
            // A listener may also name a server certificate of IAM, of which ACM knows nothing.
            CertificateSource::Arn(_)
            // Our imports are found by their tags.
            | CertificateSource::Secret { .. }
            | CertificateSource::Retained { .. } => {}
            CertificateSource::Discovered { .. } => discovers = true,
        }
    }
    let mut chosen = Chosen::default();
    if discovers {
        let all = aws.index.certificates(aws).await;
        let all = chosen.discovery.note("ACM certificates", all);
        chosen.certificates = all.map(|all| (*all).clone()).unwrap_or_default();
    }
    named.retain(|arn| !chosen.certificates.contains_key(*arn));
    let looks: Vec<_> = named.iter().map(|arn| aws.acm.certificate(arn)).collect();
    for (arn, answer) in named.into_iter().zip(join_all(looks).await) {
        match answer {
            Ok(Some(certificate)) => {
                chosen.certificates.insert(arn.to_owned(), certificate);
            }
            Ok(None) => {
                chosen.missing.insert(arn.to_owned());
            }
            Err(error) => {
                let why = error.to_string();
                chosen.unread.insert(arn.to_owned(), why);
                if error.class != Class::Permanent {
                    chosen.unanswered.note::<()>(arn, Err(error));
                }
            }
        }
    }
    chosen
}

async fn network(
    aws: &Aws,
    environment: &Environment,
    desired: Option<&DesiredLoadBalancer>,
) -> (Network, Failures) {
    let mut failures = Failures::default();
    let mut network = Network {
        vpc: environment.vpc.clone(),
        subnets: BTreeMap::new(),
    };
    if desired.is_some() {
        let subnets = aws.index.subnets(aws, environment.vpc.as_deref()).await;
        if let Some(subnets) = failures.note("subnets", subnets) {
            network.subnets = (*subnets).clone();
        }
    }
    (network, failures)
}
