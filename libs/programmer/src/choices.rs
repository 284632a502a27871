//! What a look at AWS was made for.

use std::collections::BTreeSet;

use tributary_model::config::LoadBalancerSettings;
use tributary_model::desired::{CertificateSource, DesiredLoadBalancer};

/// What a desired state may choose from: a look is made for it, and does for any that asks for no more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Choices {
    certificates: BTreeSet<String>,
    discovers: bool,
    /// Subnets and security groups are chosen by these.
    settings: Option<LoadBalancerSettings>,
}

impl Choices {
    pub(crate) fn of(desired: &DesiredLoadBalancer) -> Self {
        let mut choices = Self {
            settings: Some(desired.settings.clone()),
            ..Self::default()
        };
        let listeners = desired.listeners.values();
        for (_, source) in listeners.flat_map(|listener| listener.certificates()) {
            match source {
                CertificateSource::Arn(arn) => {
                    choices.certificates.insert(arn.clone());
                }
                CertificateSource::Discovered { .. } => choices.discovers = true,
                CertificateSource::Secret { .. } | CertificateSource::Retained { .. } => {}
            }
        }
        choices
    }

    pub(crate) fn include(&self, other: &Self) -> bool {
        let Self {
            certificates,
            discovers,
            settings,
        } = other;
        certificates.is_subset(&self.certificates)
            && (self.discovers || !discovers)
            && (settings.is_none() || *settings == self.settings)
    }
}
