//! Listeners, and what they have to do with TLS.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::tags::Tags;

use super::load_balancers::Switch;
use super::protocols::Protocol;

/// A listener. Its default actions are those of its default rule.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Listener {
    pub(crate) arn: String,
    pub(crate) id: String,
    pub(crate) load_balancer_arn: String,
    pub(crate) port: u16,
    pub(crate) protocol: Protocol,
    #[serde(flatten)]
    pub(crate) security: Security,
    /// Served by SNI; may hold the default certificate too.
    pub(crate) certificates: BTreeSet<String>,
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) tags: Tags,
    pub(crate) default_rule: String,
    /// Rules besides the default one, by priority.
    pub(crate) rules: BTreeMap<u32, String>,
}

/// Which protocols a TLS listener of an NLB offers by ALPN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) enum AlpnPolicy {
    #[serde(rename = "HTTP1Only")]
    Http1Only,
    #[serde(rename = "HTTP2Only")]
    Http2Only,
    #[serde(rename = "HTTP2Optional")]
    Http2Optional,
    #[serde(rename = "HTTP2Preferred")]
    Http2Preferred,
    None,
}

/// Whether clients must show certificates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct MutualAuthentication {
    #[serde(default)]
    pub(crate) mode: MutualAuthenticationMode,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) trust_store_arn: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ignore_client_certificate_expiry: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) advertise_trust_store_ca_names: Option<Switch>,
}

/// How client certificates are looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum MutualAuthenticationMode {
    #[default]
    Off,
    Passthrough,
    Verify,
}

/// Everything of a listener that has to do with TLS, but for its certificates by SNI.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Security {
    pub(crate) ssl_policy: Option<String>,
    pub(crate) default_certificate: Option<String>,
    pub(crate) alpn_policy: Option<AlpnPolicy>,
    pub(crate) mutual_authentication: Option<MutualAuthentication>,
}
