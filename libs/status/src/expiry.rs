//! Certificates that end: what a person is told, and when, although nothing in the cluster changes.
//!
//! A status does not say it, since the listener is served until the end and by some clients beyond. The API server
//! forgets Events after an hour, so what stands is told once a day.

use std::collections::BTreeMap;

use tributary_model::Timestamp;
use tributary_model::judgement::{JudgedOutcome, Judgement, ListenerJudgement};
use tributary_model::key::Name;
use tributary_model::resolved::SecretCertificate;

use crate::notices::{Notice, Weight};

/// A listener's certificate has ended.
pub const CERTIFICATE_EXPIRED: &str = "CertificateExpired";
/// A listener's certificate ends soon.
pub const CERTIFICATE_EXPIRING: &str = "CertificateExpiring";

/// In seconds.
const DAY: i64 = 24 * 60 * 60;
/// How long before its end a certificate is warned of. What renews by itself has done so by then: cert-manager begins
/// when a third of the time is left, which is a month of the usual three.
const WARNED_BEFORE: i64 = 14 * DAY;
/// What still stands is told again.
const TOLD_EVERY: i64 = DAY;

/// The certificates of one object's listeners that are served, as far as they are in Secrets.
pub type Certificates = BTreeMap<Name, Vec<SecretCertificate>>;

/// A notice, and when it was told last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentNotice {
    /// What.
    pub notice: Notice,
    /// When.
    pub at: Timestamp,
}

/// What is to be said of an object's certificates at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Warnings {
    /// To be told now.
    pub due: Vec<Notice>,
    /// For the next time: what stands, those that are due now included.
    pub told: Vec<SentNotice>,
    /// The moment at which there is more to tell, unless the certificates change; later than now.
    pub again: Option<Timestamp>,
}

/// Where a certificate is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Fresh,
    Expiring,
    Expired,
}

/// Of the listeners that hold their port and hostname: nobody sees the certificates of others.
pub fn certificates(judgement: &Judgement) -> Certificates {
    listeners(judgement)
        .iter()
        .filter(|listener| match &listener.outcome {
            JudgedOutcome::Won(_) => !listener.certificates.is_empty(),
            JudgedOutcome::Conflicted(..)
            | JudgedOutcome::UnsupportedProtocol
            | JudgedOutcome::Invalid { .. } => false,
        })
        .map(|listener| (Name::clone(&listener.name), listener.certificates.clone()))
        .collect()
}

/// What a person is told at `now`, who was told `told` before. Told twice within a day is nothing.
pub fn warnings(certificates: &Certificates, told: &[SentNotice], now: Timestamp) -> Warnings {
    let mut warnings = Warnings::default();
    let stands = certificates
        .iter()
        .flat_map(|(listener, all)| notices(listener, all, now));
    for notice in stands {
        let before = told.iter().find(|told| told.notice == notice);
        let at = match before.map(|told| told.at) {
            Some(at) if later(at, TOLD_EVERY) > now => at,
            Some(_) | None => {
                warnings.due.push(notice.clone());
                now
            }
        };
        warnings.told.push(SentNotice { notice, at });
    }
    let repeated = warnings.told.iter().map(|told| later(told.at, TOLD_EVERY));
    let turns = certificates
        .values()
        .flatten()
        .filter_map(|certificate| turn(certificate, now));
    warnings.again = repeated.chain(turns).min();
    warnings
}

fn listeners(judgement: &Judgement) -> &[ListenerJudgement] {
    match judgement {
        Judgement::Gateway(gateway) => &gateway.listeners,
        Judgement::ListenerSet(set) => &set.listeners,
        Judgement::GatewayClass(_) | Judgement::Route(_) | Judgement::Pod(_) => &[],
    }
}

/// At most one of each kind: two Events about one listener with one reason count as a series, which shows the first.
fn notices(
    listener: &Name,
    certificates: &[SecretCertificate],
    now: Timestamp,
) -> impl Iterator<Item = Notice> {
    let of = |wanted: Stage, reason: &str, verb: &str| {
        let described: Vec<String> = certificates
            .iter()
            .filter(|certificate| stage(certificate, now) == wanted)
            .map(|SecretCertificate { secret, not_after }| {
                format!("the certificate in Secret {secret} {verb} at {not_after}")
            })
            .collect();
        (!described.is_empty()).then(|| Notice {
            weight: Weight::Warning,
            reason: reason.to_owned(),
            listener: Some(Name::clone(listener)),
            note: format!("Listener {listener:?}: {}.", described.join("; ")),
        })
    };
    let expired = of(Stage::Expired, CERTIFICATE_EXPIRED, "ended");
    let expiring = of(Stage::Expiring, CERTIFICATE_EXPIRING, "ends");
    expired.into_iter().chain(expiring)
}

/// RFC 5280 §4.1.2.5: notAfter is the last moment of the validity.
fn stage(certificate: &SecretCertificate, now: Timestamp) -> Stage {
    let end = certificate.not_after;
    if now > end {
        Stage::Expired
    } else if now >= later(end, -WARNED_BEFORE) {
        Stage::Expiring
    } else {
        Stage::Fresh
    }
}

/// When the certificate comes into its next stage.
fn turn(certificate: &SecretCertificate, now: Timestamp) -> Option<Timestamp> {
    let end = certificate.not_after;
    match stage(certificate, now) {
        Stage::Fresh => Some(later(end, -WARNED_BEFORE)),
        Stage::Expiring => Some(later(end, 1)),
        Stage::Expired => None,
    }
}

fn later(at: Timestamp, seconds: i64) -> Timestamp {
    Timestamp(at.0.saturating_add(seconds))
}

#[cfg(test)]
mod tests;
