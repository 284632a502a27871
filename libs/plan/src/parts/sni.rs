//! Certificates of ELB listeners besides the default one, chosen by SNI.

use std::collections::{BTreeMap, BTreeSet};

use crate::admission::AdmittedPort;
use crate::input::certificates::CertificateId;
use crate::parts::builder::{PlanBuilder, QuotaBudget};
use crate::values::observed::ObservedListener;
use crate::values::op::{Blame, Handle, Op, StepId};
use crate::values::ports::terminates_tls;

/// What each certificate is called.
pub(crate) type Certificates = BTreeMap<CertificateId, Handle>;

/// An ELB listener that stays, with what happens to its certificates.
pub(crate) struct Kept<'a> {
    pub(crate) observed: &'a ObservedListener,
    pub(crate) modified: Option<StepId>,
    /// SNI certificates on their way out.
    pub(crate) removals: Vec<StepId>,
}

fn sni<'a>(port: &AdmittedPort, certificates: &'a Certificates) -> BTreeSet<&'a Handle> {
    port.certificates
        .iter()
        .skip(1)
        .filter_map(|id| certificates.get(id))
        .collect()
}

/// Takes off what nobody on the port wants.
pub(crate) fn remove(
    port: &AdmittedPort,
    certificates: &Certificates,
    arn: &str,
    observed: &ObservedListener,
    modified: Option<StepId>,
    budget: &mut QuotaBudget,
    builder: &mut PlanBuilder,
) -> Vec<StepId> {
    // Changing HTTPS to HTTP, or TLS to TCP, takes all certificates off.
    if !terminates_tls(port.listener.protocol) {
        if let Some(modified) = modified {
            budget.give_back(modified, observed.certificates.len());
            for certificate in &observed.certificates {
                let pair = (arn.to_owned(), certificate.clone());
                builder.parted.insert(pair, modified);
            }
        }
        return Vec::new();
    }
    let wanted = sni(port, certificates);
    let default = port
        .certificates
        .first()
        .and_then(|id| certificates.get(id));
    let mut removals = Vec::new();
    for certificate in &observed.certificates {
        let handle = Handle::Existing(certificate.clone());
        if wanted.contains(&handle) {
            continue;
        }
        let op = Op::RemoveListenerCertificate {
            listener: arn.to_owned(),
            certificate: certificate.clone(),
        };
        let step = builder.add(op, Blame::LoadBalancer);
        if default == Some(&handle) {
            // It is about to be the default one: until then its SNI entry serves.
            if let Some(modified) = modified {
                builder.after(step, modified);
            }
        } else {
            let pair = (arn.to_owned(), certificate.clone());
            builder.parted.insert(pair, step);
        }
        budget.give_back(step, 1);
        removals.push(step);
    }
    removals
}

/// Adds what is missing, and lets what goes wait for it.
pub(crate) fn add(
    port: &AdmittedPort,
    certificates: &Certificates,
    listener: &Handle,
    kept: Option<&Kept>,
    budget: &mut QuotaBudget,
    builder: &mut PlanBuilder,
) {
    let mut added = Vec::new();
    for id in port.certificates.iter().skip(1) {
        let Some(certificate) = certificates.get(id) else {
            continue;
        };
        let arn = match certificate {
            Handle::Existing(arn) => Some(arn),
            Handle::Created { .. } => None,
        };
        if let (Some(kept), Some(arn)) = (kept, arn)
            && kept.observed.certificates.contains(arn)
        {
            continue;
        }
        let owners = port.wanted.get(id).map(|it| it.wanted_by.clone());
        let op = Op::AddListenerCertificate {
            listener: listener.clone(),
            certificate: certificate.clone(),
        };
        let step = builder.add(op, Blame::Listeners(owners.unwrap_or_default()));
        let waits = budget.take();
        for earlier in &waits {
            builder.after(step, *earlier);
        }
        added.push(step);
        let Some((kept, modified)) = kept.and_then(|kept| Some((kept, kept.modified?))) else {
            continue;
        };
        if !kept.observed.protocol.is_some_and(terminates_tls) {
            // Certificates only fit once the protocol has changed.
            builder.after(step, modified);
        } else if arn == kept.observed.default_certificate.as_ref() && waits.is_empty() {
            // The former default goes on serving by SNI, without a gap when there is room for both.
            builder.after(modified, step);
        }
    }
    for removal in kept.iter().flat_map(|kept| &kept.removals) {
        if budget.needs(*removal) {
            continue;
        }
        for added in &added {
            builder.following(*removal, *added);
        }
    }
}
