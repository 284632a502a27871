//! The predefined security policies (ELB user guide, "Security policies").

use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::ApiError;
use crate::operation::{Answer, Request};
use crate::page::{page, page_size};
use crate::resources::load_balancers::Kind;
use crate::state::State;

/// What a listener gets that is created by the API without a policy.
pub(crate) const DEFAULT: &str = "ELBSecurityPolicy-2016-08";

const TLS_1_3_ONLY: &[&str] = &["TLSv1.3"];
const TLS_1_2_UP: &[&str] = &["TLSv1.2", "TLSv1.3"];
const TLS_1_1_UP: &[&str] = &["TLSv1.1", "TLSv1.2", "TLSv1.3"];
const TLS_1_0_UP: &[&str] = &["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"];
const TLS_1_2: &[&str] = &["TLSv1.2"];
const TLS_1_1: &[&str] = &["TLSv1.1", "TLSv1.2"];
const TLS_1_0: &[&str] = &["TLSv1", "TLSv1.1", "TLSv1.2"];

/// What a cipher of TLS 1.2 and older is made of; policies take or leave them by this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    /// Forward secrecy and authenticated encryption.
    EcdheGcm,
    /// Forward secrecy, CBC with SHA-2.
    EcdheSha2,
    /// Forward secrecy, CBC with SHA-1.
    EcdheSha1,
    /// The key travels under RSA, with GCM or SHA-2.
    RsaSha2,
    /// The key travels under RSA, CBC with SHA-1.
    RsaSha1,
    /// Triple DES.
    TripleDes,
}

use Family::{EcdheGcm, EcdheSha1, EcdheSha2, RsaSha1, RsaSha2, TripleDes};

const GCM_ONLY: &[Family] = &[EcdheGcm];
const SHA2_ONLY: &[Family] = &[EcdheGcm, EcdheSha2];
const FORWARD_SECRET: &[Family] = &[EcdheGcm, EcdheSha2, EcdheSha1];
const NO_SHA1: &[Family] = &[EcdheGcm, EcdheSha2, RsaSha2];
const WITH_RSA: &[Family] = &[EcdheGcm, EcdheSha2, EcdheSha1, RsaSha2, RsaSha1];
const EVERYTHING: &[Family] = &[EcdheGcm, EcdheSha2, EcdheSha1, RsaSha2, RsaSha1, TripleDes];

/// In the order in which a load balancer prefers them; the last is not for FIPS.
const TLS_1_3_CIPHERS: &[&str] = &[
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
];

/// In the order in which a load balancer prefers them.
const OLDER_CIPHERS: &[(&str, Family)] = &[
    ("ECDHE-ECDSA-AES128-GCM-SHA256", EcdheGcm),
    ("ECDHE-RSA-AES128-GCM-SHA256", EcdheGcm),
    ("ECDHE-ECDSA-AES128-SHA256", EcdheSha2),
    ("ECDHE-RSA-AES128-SHA256", EcdheSha2),
    ("ECDHE-ECDSA-AES128-SHA", EcdheSha1),
    ("ECDHE-RSA-AES128-SHA", EcdheSha1),
    ("ECDHE-ECDSA-AES256-GCM-SHA384", EcdheGcm),
    ("ECDHE-RSA-AES256-GCM-SHA384", EcdheGcm),
    ("ECDHE-ECDSA-AES256-SHA384", EcdheSha2),
    ("ECDHE-RSA-AES256-SHA384", EcdheSha2),
    ("ECDHE-ECDSA-AES256-SHA", EcdheSha1),
    ("ECDHE-RSA-AES256-SHA", EcdheSha1),
    ("AES128-GCM-SHA256", RsaSha2),
    ("AES128-SHA256", RsaSha2),
    ("AES128-SHA", RsaSha1),
    ("AES256-GCM-SHA384", RsaSha2),
    ("AES256-SHA256", RsaSha2),
    ("AES256-SHA", RsaSha1),
    ("DES-CBC3-SHA", TripleDes),
];

/// Name, protocols, ciphers below TLS 1.3. Sorted by name, as paging needs.
const POLICIES: &[(&str, &[&str], &[Family])] = &[
    ("ELBSecurityPolicy-2015-05", TLS_1_0, WITH_RSA),
    ("ELBSecurityPolicy-2016-08", TLS_1_0, WITH_RSA),
    ("ELBSecurityPolicy-FS-1-1-2019-08", TLS_1_1, FORWARD_SECRET),
    ("ELBSecurityPolicy-FS-1-2-2019-08", TLS_1_2, FORWARD_SECRET),
    ("ELBSecurityPolicy-FS-1-2-Res-2019-08", TLS_1_2, SHA2_ONLY),
    ("ELBSecurityPolicy-FS-1-2-Res-2020-10", TLS_1_2, GCM_ONLY),
    ("ELBSecurityPolicy-FS-2018-06", TLS_1_0, FORWARD_SECRET),
    ("ELBSecurityPolicy-TLS-1-0-2015-04", TLS_1_0, EVERYTHING),
    ("ELBSecurityPolicy-TLS-1-1-2017-01", TLS_1_1, WITH_RSA),
    ("ELBSecurityPolicy-TLS-1-2-2017-01", TLS_1_2, NO_SHA1),
    ("ELBSecurityPolicy-TLS-1-2-Ext-2018-06", TLS_1_2, WITH_RSA),
    ("ELBSecurityPolicy-TLS13-1-0-2021-06", TLS_1_0_UP, WITH_RSA),
    (
        "ELBSecurityPolicy-TLS13-1-0-FIPS-2023-04",
        TLS_1_0_UP,
        WITH_RSA,
    ),
    (
        "ELBSecurityPolicy-TLS13-1-0-FIPS-PQ-2025-09",
        TLS_1_0_UP,
        WITH_RSA,
    ),
    (
        "ELBSecurityPolicy-TLS13-1-0-PQ-2025-09",
        TLS_1_0_UP,
        WITH_RSA,
    ),
    ("ELBSecurityPolicy-TLS13-1-1-2021-06", TLS_1_1_UP, WITH_RSA),
    (
        "ELBSecurityPolicy-TLS13-1-1-FIPS-2023-04",
        TLS_1_1_UP,
        WITH_RSA,
    ),
    ("ELBSecurityPolicy-TLS13-1-2-2021-06", TLS_1_2_UP, SHA2_ONLY),
    (
        "ELBSecurityPolicy-TLS13-1-2-Ext0-FIPS-2023-04",
        TLS_1_2_UP,
        FORWARD_SECRET,
    ),
    (
        "ELBSecurityPolicy-TLS13-1-2-Ext0-FIPS-PQ-2025-09",
        TLS_1_2_UP,
        FORWARD_SECRET,
    ),
    (
        "ELBSecurityPolicy-TLS13-1-2-Ext1-2021-06",
        TLS_1_2_UP,
        NO_SHA1,
    ),
    (
        "ELBSecurityPolicy-TLS13-1-2-Ext1-FIPS-2023-04",
        TLS_1_2_UP,
        NO_SHA1,
    ),
    (
        "ELBSecurityPolicy-TLS13-1-2-Ext1-FIPS-PQ-2025-09",
        TLS_1_2_UP,
        NO_SHA1,
    ),
    (
        "ELBSecurityPolicy-TLS13-1-2-Ext1-PQ-2025-09",
        TLS_1_2_UP,
        NO_SHA1,
    ),
    (
        "ELBSecurityPolicy-TLS13-1-2-Ext2-2021-06",
        TLS_1_2_UP,
        WITH_RSA,
    ),
    (
        "ELBSecurityPolicy-TLS13-1-2-Ext2-FIPS-2023-04",
        TLS_1_2_UP,
        WITH_RSA,
    ),
    (
        "ELBSecurityPolicy-TLS13-1-2-Ext2-FIPS-PQ-2025-09",
        TLS_1_2_UP,
        WITH_RSA,
    ),
    (
        "ELBSecurityPolicy-TLS13-1-2-Ext2-PQ-2025-09",
        TLS_1_2_UP,
        WITH_RSA,
    ),
    (
        "ELBSecurityPolicy-TLS13-1-2-FIPS-2023-04",
        TLS_1_2_UP,
        SHA2_ONLY,
    ),
    (
        "ELBSecurityPolicy-TLS13-1-2-FIPS-PQ-2025-09",
        TLS_1_2_UP,
        SHA2_ONLY,
    ),
    (
        "ELBSecurityPolicy-TLS13-1-2-PQ-2025-09",
        TLS_1_2_UP,
        SHA2_ONLY,
    ),
    (
        "ELBSecurityPolicy-TLS13-1-2-Res-2021-06",
        TLS_1_2_UP,
        GCM_ONLY,
    ),
    (
        "ELBSecurityPolicy-TLS13-1-2-Res-FIPS-2023-04",
        TLS_1_2_UP,
        GCM_ONLY,
    ),
    (
        "ELBSecurityPolicy-TLS13-1-2-Res-FIPS-PQ-2025-09",
        TLS_1_2_UP,
        GCM_ONLY,
    ),
    (
        "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09",
        TLS_1_2_UP,
        GCM_ONLY,
    ),
    ("ELBSecurityPolicy-TLS13-1-3-2021-06", TLS_1_3_ONLY, &[]),
    (
        "ELBSecurityPolicy-TLS13-1-3-FIPS-2023-04",
        TLS_1_3_ONLY,
        &[],
    ),
    (
        "ELBSecurityPolicy-TLS13-1-3-FIPS-PQ-2025-09",
        TLS_1_3_ONLY,
        &[],
    ),
    ("ELBSecurityPolicy-TLS13-1-3-PQ-2025-09", TLS_1_3_ONLY, &[]),
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
        .filter(|(name, ..)| {
            asked.names.is_empty() || asked.names.iter().any(|wanted| wanted == name)
        })
        .map(|(name, protocols, families)| (*name, shown(name, protocols, families)));
    let page = page(wanted, asked.marker.as_deref(), size);
    Ok(json!({"SslPolicies": page.items, "NextMarker": page.next}))
}

/// Refuses a policy that does not exist.
pub(crate) fn check(name: &str) -> Result<(), ApiError> {
    if POLICIES.iter().any(|(known, ..)| known == &name) {
        return Ok(());
    }
    Err(ApiError::new(
        "SSLPolicyNotFound",
        format!("SSL policy '{name}' not found"),
    ))
}

fn shown(name: &str, protocols: &[&str], families: &[Family]) -> Value {
    let newest = match (protocols.contains(&"TLSv1.3"), name.contains("-FIPS-")) {
        (false, _) => &[],
        (true, true) => &TLS_1_3_CIPHERS[..2],
        (true, false) => TLS_1_3_CIPHERS,
    };
    let older = OLDER_CIPHERS
        .iter()
        .filter(|(_, family)| families.contains(family))
        .map(|(name, _)| name);
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
