//! What makes an installation degraded: the platform's faults, and not those of a tenant's object.

use std::collections::{BTreeMap, BTreeSet};

use tributary_model::Timestamp;
use tributary_model::health::{Health, LoadBalancerHealth, ServiceSeen};
use tributary_model::report::{LoadBalancerPhase, QuotaUse, Quotas};

/// Seconds before a certificate's end from which on it is told; the alert TributaryCertificateEndsSoon has the same.
pub(super) const CERTIFICATE_SOON: i64 = 14 * 86_400;

/// More of a quota than this many hundredths is told; the alert TributaryQuotaNearlyFull has the same.
const NEARLY_FULL: u64 = 90;

/// Reasons of refused listeners for which the platform has to do something; the alert TributaryRefusedByAws has the same.
pub(super) const BY_AWS: [&str; 3] = ["RefusedByAws", "NoCertificate", "TooManyListeners"];

/// A page for each alert.
const RUNBOOKS: &str = "docs/runbooks";

/// What is wrong, and where a person reads on.
fn page(what: &str, runbook: &str) -> String {
    [what, "; see ", RUNBOOKS, "/", runbook, ".md"].concat()
}

/// One a line; empty where all is well. Each says what to do next.
pub(super) fn faults(health: &Health, now: Timestamp) -> Vec<String> {
    let mut faults = Vec::new();
    if !health.complete {
        let what = "the merger has not read everything yet; /readyz of the watcher says why";
        faults.push(what.to_owned());
    }
    let seen: BTreeSet<&str> = health.services.iter().map(|it| &*it.service).collect();
    for (service, means) in [
        ("watcher", "changes are not seen"),
        (WRITER, "statuses are not written"),
    ] {
        if !seen.contains(service) {
            let what = format!("no {service} is connected: {means}");
            faults.push(page(&what, "TributaryServiceMissing"));
        }
    }
    let writers = health.services.iter().filter(|it| it.service == WRITER);
    let leads: Vec<bool> = writers.filter_map(|it| it.leads).collect();
    if !leads.is_empty() && !leads.contains(&true) {
        let what = format!("no {WRITER} leads: statuses are not written");
        faults.push(page(&what, "TributaryNobodyLeads"));
    }
    let versions: BTreeSet<&str> = health.services.iter().map(|it| &*it.version).collect();
    if versions.len() > 1 {
        let versions: Vec<&str> = versions.into_iter().collect();
        let what = format!("services of unlike versions: {}", versions.join(", "));
        faults.push(page(&what, "TributaryVersionsDiffer"));
    }
    faults.extend(concerns(&health.services));
    let mut unheard: BTreeMap<&str, usize> = BTreeMap::new();
    for load_balancer in health.load_balancers.iter().filter(|it| it.unheard) {
        *unheard.entry(load_balancer.key.kind.as_str()).or_default() += 1;
    }
    for (kind, count) in unheard {
        let what = format!("no {kind}-programmer speaks for {count} load balancers");
        let what = format!("{what}: their changes are not programmed");
        faults.push(page(&what, "TributaryLoadBalancersUnheard"));
    }
    // A writer that says it says why.
    let services = health.services.iter();
    let says_why = services
        .flat_map(|it| &it.concerns)
        .any(|concern| name(concern) == STATUSES);
    if health.failed_statuses > 0 && !says_why {
        let what = format!("{} statuses cannot be written", health.failed_statuses);
        faults.push(page(&what, "TributaryStatusNotWritten"));
    }
    let listeners = health.standings.iter();
    for standing in listeners.filter(|it| it.what == LISTENER && it.state == REFUSED) {
        if BY_AWS.contains(&&*standing.reason) {
            let what = format!(
                "{} listeners are refused: {}",
                standing.count, standing.reason
            );
            faults.push(page(&what, "TributaryRefusedByAws"));
        }
    }
    for load_balancer in &health.load_balancers {
        of_load_balancer(load_balancer, now, &mut faults);
    }
    faults
}

const WRITER: &str = "status-writer";
/// Its concern about statuses that cannot be written.
const STATUSES: &str = "statuses";

/// As the merger counts them.
const LISTENER: &str = "Listener";
const REFUSED: &str = "refused";

/// What services say of themselves: each once, with the first who says it.
fn concerns(services: &[ServiceSeen]) -> Vec<String> {
    let mut said: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for seen in services {
        for concern in &seen.concerns {
            let by = said.entry((&seen.service, concern)).or_default();
            by.push(&seen.address);
        }
    }
    let said = said.into_iter();
    said.map(|((service, concern), by)| {
        let who = match &*by {
            ["", ..] | [] => service.to_owned(),
            [one] => format!("{service} at {one}"),
            [one, others @ ..] => format!("{service} at {one} and {} more", others.len()),
        };
        format!("{who}: {concern}; {}", about(concern))
    })
    .collect()
}

fn name(concern: &str) -> &str {
    concern.split_once(':').map_or(concern, |(name, _)| name)
}

/// What a person does about a concern, by its name.
fn about(concern: &str) -> &'static str {
    match name(concern) {
        "aws" => "check its credentials, its region and its way to AWS: docs/install.md, section 4",
        "kinds" => "install Gateway API's CRDs: docs/install.md, section 4",
        "pods" => "apply the chart's roles: pods that wait for a readiness gate get no traffic",
        STATUSES => "see docs/runbooks/TributaryStatusNotWritten.md",
        "installation" => "give one of the two another --installation: docs/install.md, section 4",
        "certificate" => "see docs/runbooks/TributaryOwnCertificateEnds.md",
        "shard-leases" => "apply the chart's roles: its load balancers are left to others",
        "unwanted-load-balancers" => "if they are to go, start it with --allow-removing-all",
        _ => "its log says more",
    }
}

fn of_load_balancer(of: &LoadBalancerHealth, now: Timestamp, faults: &mut Vec<String>) {
    let key = &of.key;
    if of.phase == LoadBalancerPhase::Failed {
        let what = format!("load balancer {key} has failed");
        faults.push(page(&what, "TributaryAwsRefuses"));
    }
    for problem in &of.problems {
        let what = format!("load balancer {key}: {problem}");
        faults.push(page(&what, "TributaryAwsRefuses"));
    }
    for (quota, QuotaUse { used, limit }) in of.quotas.iter().flat_map(Quotas::each) {
        if u64::from(used) * 100 > u64::from(limit) * NEARLY_FULL {
            let quota = quota.replace('_', " ");
            let what = format!("load balancer {key} takes {used} of {limit} {quota}");
            faults.push(page(&what, "TributaryQuotaNearlyFull"));
        }
    }
    if let Some(certificate) = &of.first_certificate {
        let left = certificate.not_after.0.saturating_sub(now.0);
        let secret = &certificate.secret;
        if left <= 0 {
            let what = format!("the certificate in Secret {secret} has ended");
            faults.push(page(&what, "TributaryCertificateEnds"));
        } else if left < CERTIFICATE_SOON {
            let days = left / 86_400;
            let what = format!("the certificate in Secret {secret} ends in {days} days");
            faults.push(page(&what, "TributaryCertificateEndsSoon"));
        }
    }
}
