//! The predefined security policies (ELB user guide, "Security policies").

use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::ApiError;
use crate::operation::{Answer, Request};
use crate::page::{page, page_size};
use crate::state::State;

use super::load_balancers::Kind;

/// What a listener gets that is created by the API without a policy.
pub(crate) const DEFAULT: &str = "ELBSecurityPolicy-2016-08";

const TLS_1_3_ONLY: &[&str] = &["TLSv1.3"];
const TLS_1_2_UP: &[&str] = &["TLSv1.2", "TLSv1.3"];
const TLS_1_1_UP: &[&str] = &["TLSv1.1", "TLSv1.2", "TLSv1.3"];
const TLS_1_0_UP: &[&str] = &["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"];
const TLS_1_2: &[&str] = &["TLSv1.2"];
const TLS_1_1: &[&str] = &["TLSv1.1", "TLSv1.2"];
const TLS_1_0: &[&str] = &["TLSv1", "TLSv1.1", "TLSv1.2"];

/// Sorted by name, as paging needs.
const POLICIES: &[(&str, &[&str])] = &[
    ("ELBSecurityPolicy-2015-05", TLS_1_0),
    ("ELBSecurityPolicy-2016-08", TLS_1_0),
    ("ELBSecurityPolicy-FS-1-1-2019-08", TLS_1_1),
    ("ELBSecurityPolicy-FS-1-2-2019-08", TLS_1_2),
    ("ELBSecurityPolicy-FS-1-2-Res-2019-08", TLS_1_2),
    ("ELBSecurityPolicy-FS-1-2-Res-2020-10", TLS_1_2),
    ("ELBSecurityPolicy-FS-2018-06", TLS_1_0),
    ("ELBSecurityPolicy-TLS-1-0-2015-04", TLS_1_0),
    ("ELBSecurityPolicy-TLS-1-1-2017-01", TLS_1_1),
    ("ELBSecurityPolicy-TLS-1-2-2017-01", TLS_1_2),
    ("ELBSecurityPolicy-TLS-1-2-Ext-2018-06", TLS_1_2),
    ("ELBSecurityPolicy-TLS13-1-0-2021-06", TLS_1_0_UP),
    ("ELBSecurityPolicy-TLS13-1-0-FIPS-2023-04", TLS_1_0_UP),
    ("ELBSecurityPolicy-TLS13-1-0-FIPS-PQ-2025-09", TLS_1_0_UP),
    ("ELBSecurityPolicy-TLS13-1-0-PQ-2025-09", TLS_1_0_UP),
    ("ELBSecurityPolicy-TLS13-1-1-2021-06", TLS_1_1_UP),
    ("ELBSecurityPolicy-TLS13-1-1-FIPS-2023-04", TLS_1_1_UP),
    ("ELBSecurityPolicy-TLS13-1-2-2021-06", TLS_1_2_UP),
    ("ELBSecurityPolicy-TLS13-1-2-Ext0-FIPS-2023-04", TLS_1_2_UP),
    (
        "ELBSecurityPolicy-TLS13-1-2-Ext0-FIPS-PQ-2025-09",
        TLS_1_2_UP,
    ),
    ("ELBSecurityPolicy-TLS13-1-2-Ext1-2021-06", TLS_1_2_UP),
    ("ELBSecurityPolicy-TLS13-1-2-Ext1-FIPS-2023-04", TLS_1_2_UP),
    (
        "ELBSecurityPolicy-TLS13-1-2-Ext1-FIPS-PQ-2025-09",
        TLS_1_2_UP,
    ),
    ("ELBSecurityPolicy-TLS13-1-2-Ext1-PQ-2025-09", TLS_1_2_UP),
    ("ELBSecurityPolicy-TLS13-1-2-Ext2-2021-06", TLS_1_2_UP),
    ("ELBSecurityPolicy-TLS13-1-2-Ext2-FIPS-2023-04", TLS_1_2_UP),
    (
        "ELBSecurityPolicy-TLS13-1-2-Ext2-FIPS-PQ-2025-09",
        TLS_1_2_UP,
    ),
    ("ELBSecurityPolicy-TLS13-1-2-Ext2-PQ-2025-09", TLS_1_2_UP),
    ("ELBSecurityPolicy-TLS13-1-2-FIPS-2023-04", TLS_1_2_UP),
    ("ELBSecurityPolicy-TLS13-1-2-FIPS-PQ-2025-09", TLS_1_2_UP),
    ("ELBSecurityPolicy-TLS13-1-2-PQ-2025-09", TLS_1_2_UP),
    ("ELBSecurityPolicy-TLS13-1-2-Res-2021-06", TLS_1_2_UP),
    ("ELBSecurityPolicy-TLS13-1-2-Res-FIPS-2023-04", TLS_1_2_UP),
    (
        "ELBSecurityPolicy-TLS13-1-2-Res-FIPS-PQ-2025-09",
        TLS_1_2_UP,
    ),
    ("ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09", TLS_1_2_UP),
    ("ELBSecurityPolicy-TLS13-1-3-2021-06", TLS_1_3_ONLY),
    ("ELBSecurityPolicy-TLS13-1-3-FIPS-2023-04", TLS_1_3_ONLY),
    ("ELBSecurityPolicy-TLS13-1-3-FIPS-PQ-2025-09", TLS_1_3_ONLY),
    ("ELBSecurityPolicy-TLS13-1-3-PQ-2025-09", TLS_1_3_ONLY),
];

/// The ciphers that TLS 1.3 knows at AWS; those of older versions depend on the policy and are
/// not listed by the sandbox beyond the two that every such policy has.
const TLS_1_3_CIPHERS: &[&str] = &["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384"];
const TLS_1_2_CIPHERS: &[&str] = &[
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
];

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Describe {
    #[serde(default)]
    names: Vec<String>,
    marker: Option<String>,
    page_size: Option<i64>,
    /// Both kinds have the same policies, so that this filters nothing.
    #[serde(rename = "LoadBalancerType")]
    _load_balancer_type: Option<Kind>,
}

pub(crate) fn describe(_state: &State, request: &Request) -> Answer {
    let asked: Describe = request.read()?;
    asked.names.iter().try_for_each(|name| check(name))?;
    let size = page_size(asked.page_size)?;
    let wanted = POLICIES
        .iter()
        .filter(|(name, _)| {
            asked.names.is_empty() || asked.names.iter().any(|wanted| wanted == name)
        })
        .map(|(name, protocols)| (*name, shown(name, protocols)));
    let page = page(wanted, asked.marker.as_deref(), size);
    Ok(json!({"SslPolicies": page.items, "NextMarker": page.next}))
}

/// Refuses a policy that does not exist.
pub(crate) fn check(name: &str) -> Result<(), ApiError> {
    if POLICIES.iter().any(|(known, _)| known == &name) {
        return Ok(());
    }
    Err(ApiError::new(
        "SSLPolicyNotFound",
        format!("SSL policy '{name}' not found"),
    ))
}

fn shown(name: &str, protocols: &[&str]) -> Value {
    let newest: &[&str] = if protocols.contains(&"TLSv1.3") {
        TLS_1_3_CIPHERS
    } else {
        &[]
    };
    let older: &[&str] = if protocols.contains(&"TLSv1.2") {
        TLS_1_2_CIPHERS
    } else {
        &[]
    };
    let ciphers: Vec<Value> = newest
        .iter()
        .chain(older)
        .enumerate()
        .map(|(index, name)| json!({"Name": name, "Priority": index + 1}))
        .collect();
    json!({
        "Name": name,
        "SslProtocols": protocols,
        "Ciphers": ciphers,
        "SupportedLoadBalancerTypes": ["application", "network"],
    })
}
