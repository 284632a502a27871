//! What every load balancer of a region looks at, read once for all: subnets and certificates to choose from, interfaces with
//! prefixes.
//!
//! All are others' property and change seldom. A look is shared while it is young; whoever finds it wrong says so.

use std::collections::BTreeSet;
use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use tokio::sync::Mutex;
use tokio::time::Instant;
use tributary_plan::observed::{ObservedCertificate, ObservedSubnet};
use tributary_plan::tags::{SECRET, Tags};

use crate::Aws;
use crate::ec2::{Interface, InterfaceFilter, RuleFilter, SharedRule};
use crate::elbv2::{Answer, Found};
use crate::rule_slots::RuleSlots;
use crate::tagging::{ResourceType, TagFilter};

#[cfg(test)]
mod tests;

/// Nothing older is used. A person who issues a certificate or tags a subnet waits no longer than this after the
/// next look at the load balancer.
pub(crate) const OLDEST: Duration = Duration::from_mins(1);
/// How old a list may be that lacks what it was asked for: all that are missed at once take one new list.
const OLDEST_MISS: Duration = Duration::from_secs(2);

/// Shared looks of one account and region.
#[derive(Debug, Default)]
pub(crate) struct Index {
    subnets: Shared<Option<String>, Found<ObservedSubnet>>,
    certificates: Shared<(), Found<ObservedCertificate>>,
    vpc_blocks: Shared<(), Found<Vec<IpNet>>>,
    prefixed_interfaces: Shared<Option<String>, Vec<Interface>>,
    shared_rules: Shared<Tags, Found<SharedRule>>,
    /// In which security groups rules are added.
    pub(crate) slots: RuleSlots,
}

/// One look and what it was for. The lock is held while looking, so that many who ask at once cause one look.
#[derive(Debug)]
struct Shared<K, T>(Mutex<Option<Look<K, T>>>);

#[derive(Debug)]
struct Look<K, T> {
    subject: K,
    at: Instant,
    seen: Arc<T>,
}

impl Index {
    /// Subnets of a VPC, or of all.
    pub(crate) async fn subnets(
        &self,
        aws: &Aws,
        vpc: Option<&str>,
    ) -> Answer<Arc<Found<ObservedSubnet>>> {
        let look = || aws.ec2.subnets(vpc);
        self.subnets.get(vpc.map(str::to_owned), look).await
    }

    /// Address blocks of every VPC as last seen, whenever that was. A block stays as long as anything in it has an
    /// address, so what lies within one needs no newer look.
    pub(crate) async fn known_vpc_blocks(&self) -> Option<Arc<Found<Vec<IpNet>>>> {
        self.vpc_blocks.last().await
    }

    /// Address blocks of every VPC.
    pub(crate) async fn vpc_blocks(&self, aws: &Aws) -> Answer<Arc<Found<Vec<IpNet>>>> {
        self.vpc_blocks.get((), || aws.ec2.vpc_blocks()).await
    }

    /// Every certificate but those that were imported from Secrets, by whichever cluster: they are not for others to discover,
    /// and an old look would bring back what was deleted since.
    pub(crate) async fn certificates(&self, aws: &Aws) -> Answer<Arc<Found<ObservedCertificate>>> {
        self.certificates.get((), || every_certificate(aws)).await
    }

    /// Network interfaces to which prefixes are delegated, of a VPC or of all: whose address is in one, AWS does not say
    /// when it is asked for the address. A list without one of these addresses does not stand for long: nodes come.
    pub(crate) async fn prefixed_interfaces(
        &self,
        aws: &Aws,
        vpc: Option<&str>,
        addresses: &BTreeSet<IpAddr>,
    ) -> Answer<Arc<Vec<Interface>>> {
        let look = || async {
            let mut found = aws.ec2.interfaces(&InterfaceFilter::Attached, vpc).await?;
            found.retain(|interface| !interface.prefixes.is_empty());
            Ok(found)
        };
        let vpc = vpc.map(str::to_owned);
        let oldest = |list: &Vec<Interface>| {
            let has = |address| {
                let mut prefixes = list.iter().flat_map(|it| &it.prefixes);
                prefixes.any(|prefix| prefix.contains(address))
            };
            if addresses.iter().all(has) {
                OLDEST
            } else {
                OLDEST_MISS
            }
        };
        self.prefixed_interfaces.get_young(vpc, oldest, look).await
    }

    /// Rules of targets' security groups with these tags, and whether nobody had seen them as they are told: for who asks whether
    /// they are as they were.
    pub(crate) async fn shared_rules(
        &self,
        aws: &Aws,
        tags: &Tags,
        oldest: Duration,
    ) -> Answer<(Arc<Found<SharedRule>>, bool)> {
        let mut is_new = false;
        let look = || {
            is_new = true;
            let filter = RuleFilter::Tags(tags.clone());
            async move { aws.ec2.shared_rules(&filter).await }
        };
        let rules = self.shared_rules.get_young(tags.clone(), |_| oldest, look);
        let rules = rules.await?;
        Ok((rules, is_new))
    }

    pub(crate) async fn forget(&self) {
        self.shared_rules.forget().await;
        self.prefixed_interfaces.forget().await;
        self.subnets.forget().await;
        self.certificates.forget().await;
        self.vpc_blocks.forget().await;
    }
}

async fn every_certificate(aws: &Aws) -> Answer<Found<ObservedCertificate>> {
    let filter = TagFilter {
        tags: Tags::new(),
        keys: BTreeSet::from([SECRET]),
        types: BTreeSet::from([ResourceType::Certificate]),
    };
    let (mut certificates, imported) =
        tokio::try_join!(aws.acm.certificates(), aws.tagging.resources(&filter))?;
    certificates.retain(|arn, _| !imported.contains_key(arn));
    Ok(certificates)
}

impl<K: PartialEq, T> Shared<K, T> {
    async fn get<F>(&self, subject: K, look: impl FnOnce() -> F) -> Answer<Arc<T>>
    where
        F: Future<Output = Answer<T>>,
    {
        self.get_young(subject, |_| OLDEST, look).await
    }

    /// `oldest` says how old what was seen may be.
    async fn get_young<F>(
        &self,
        subject: K,
        oldest: impl Fn(&T) -> Duration,
        look: impl FnOnce() -> F,
    ) -> Answer<Arc<T>>
    where
        F: Future<Output = Answer<T>>,
    {
        let mut kept = self.0.lock().await;
        if let Some(last) = &*kept
            && last.subject == subject
            && last.at.elapsed() < oldest(&last.seen)
        {
            return Ok(Arc::clone(&last.seen));
        }
        let at = Instant::now();
        let seen = Arc::new(look().await?);
        *kept = Some(Look {
            subject,
            at,
            seen: Arc::clone(&seen),
        });
        Ok(seen)
    }

    /// The last look, however old.
    async fn last(&self) -> Option<Arc<T>> {
        let kept = self.0.lock().await;
        kept.as_ref().map(|look| Arc::clone(&look.seen))
    }

    async fn forget(&self) {
        *self.0.lock().await = None;
    }
}

impl<K, T> Default for Shared<K, T> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}
