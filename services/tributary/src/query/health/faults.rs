//! What makes an installation degraded: the platform's faults, and not those of a tenant's object.

use std::collections::{BTreeMap, BTreeSet};

use tributary_model::Timestamp;
use tributary_model::health::{Health, LoadBalancerHealth};
use tributary_model::report::{LoadBalancerPhase, QuotaUse, Quotas};

/// Seconds before a certificate's end from which on it is told; the alert TributaryCertificateEndsSoon has the same.
pub(super) const CERTIFICATE_SOON: i64 = 14 * 86_400;

/// More of a quota than this many hundredths is told; the alert TributaryQuotaNearlyFull has the same.
const NEARLY_FULL: u64 = 90;

/// One a line; empty where all is well.
pub(super) fn faults(health: &Health, now: Timestamp) -> Vec<String> {
    let mut faults = Vec::new();
    if !health.complete {
        faults.push("the merger has not read everything yet".to_owned());
    }
    let seen: BTreeSet<&str> = health.services.iter().map(|it| &*it.service).collect();
    for (service, means) in [
        ("watcher", "changes are not seen"),
        ("status-writer", "statuses are not written"),
    ] {
        if !seen.contains(service) {
            faults.push(format!("no {service} is connected: {means}"));
        }
    }
    let versions: BTreeSet<&str> = health.services.iter().map(|it| &*it.version).collect();
    if versions.len() > 1 {
        let versions: Vec<&str> = versions.into_iter().collect();
        faults.push(format!(
            "services of unlike versions: {}",
            versions.join(", ")
        ));
    }
    let mut unheard: BTreeMap<&str, usize> = BTreeMap::new();
    for load_balancer in health.load_balancers.iter().filter(|it| it.unheard) {
        *unheard.entry(load_balancer.key.kind.as_str()).or_default() += 1;
    }
    for (kind, count) in unheard {
        let what = format!("no {kind}-programmer speaks for {count} load balancers");
        faults.push(format!("{what}: their changes are not programmed"));
    }
    if health.failed_statuses > 0 {
        let count = health.failed_statuses;
        faults.push(format!("{count} statuses cannot be written"));
    }
    for load_balancer in &health.load_balancers {
        of_load_balancer(load_balancer, now, &mut faults);
    }
    faults
}

fn of_load_balancer(of: &LoadBalancerHealth, now: Timestamp, faults: &mut Vec<String>) {
    let key = &of.key;
    if of.phase == LoadBalancerPhase::Failed {
        faults.push(format!("load balancer {key} has failed"));
    }
    for problem in &of.problems {
        faults.push(format!("load balancer {key}: {problem}"));
    }
    for (quota, QuotaUse { used, limit }) in of.quotas.iter().flat_map(Quotas::each) {
        if u64::from(used) * 100 > u64::from(limit) * NEARLY_FULL {
            let quota = quota.replace('_', " ");
            faults.push(format!(
                "load balancer {key} takes {used} of {limit} {quota}"
            ));
        }
    }
    if let Some(certificate) = &of.first_certificate {
        let left = certificate.not_after.0.saturating_sub(now.0);
        let secret = &certificate.secret;
        if left <= 0 {
            faults.push(format!("the certificate in Secret {secret} has ended"));
        } else if left < CERTIFICATE_SOON {
            let days = left / 86_400;
            faults.push(format!(
                "the certificate in Secret {secret} ends in {days} days"
            ));
        }
    }
}
