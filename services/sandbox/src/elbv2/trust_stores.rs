//! Trust stores for mutual TLS. They come from the seed: creating one needs S3.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::ApiError;
use crate::operation::{Answer, Request};
use crate::page::{page, page_size};
use crate::resources::listeners::{MutualAuthentication, MutualAuthenticationMode};
use crate::resources::trust_stores::TrustStore;
use crate::state::State;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Describe {
    #[serde(default)]
    trust_store_arns: Vec<String>,
    #[serde(default)]
    names: Vec<String>,
    marker: Option<String>,
    page_size: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct DescribeOne {
    trust_store_arn: String,
    #[serde(default)]
    revocation_ids: Vec<i64>,
    marker: Option<String>,
    page_size: Option<i64>,
}

pub(crate) fn seed(state: &mut State, names: &[String]) {
    for name in names {
        let id = state.ids.hex16();
        let arn = state.elb_arn(&format!("truststore/{name}/{id}"));
        let store = TrustStore {
            arn: arn.clone(),
            name: name.clone(),
        };
        state.trust_stores.insert(arn, store);
    }
}

pub(crate) fn describe(state: &State, request: &Request) -> Answer {
    let asked: Describe = request.read()?;
    for arn in &asked.trust_store_arns {
        if !state.trust_stores.contains_key(arn) {
            return Err(not_found(arn));
        }
    }
    for name in &asked.names {
        if !state.trust_stores.values().any(|store| &store.name == name) {
            return Err(not_found(name));
        }
    }
    let size = page_size(asked.page_size)?;
    let wanted = state
        .trust_stores
        .values()
        .filter(|store| asked.names.is_empty() || asked.names.contains(&store.name))
        .filter(|store| {
            asked.trust_store_arns.is_empty() || asked.trust_store_arns.contains(&store.arn)
        })
        .map(|store| (store.arn.as_str(), store));
    let page = page(wanted, asked.marker.as_deref(), size);
    let stores: Vec<Value> = page
        .items
        .into_iter()
        .map(|store| {
            json!({
                "Name": store.name,
                "TrustStoreArn": store.arn,
                "Status": "ACTIVE",
                "NumberOfCaCertificates": 1,
                "TotalRevokedEntries": 0,
            })
        })
        .collect();
    Ok(json!({"TrustStores": stores, "NextMarker": page.next}))
}

/// The listeners that ask for client certificates of a trust store.
pub(crate) fn describe_associations(state: &State, request: &Request) -> Answer {
    let asked: DescribeOne = request.read()?;
    if !state.trust_stores.contains_key(&asked.trust_store_arn) {
        return Err(not_found(&asked.trust_store_arn));
    }
    let size = page_size(asked.page_size)?;
    let users = state.listeners.values().filter(|listener| {
        let mutual = listener.security.mutual_authentication.as_ref();
        mutual.and_then(|mutual| mutual.trust_store_arn.as_ref()) == Some(&asked.trust_store_arn)
    });
    let users = users.map(|listener| (&listener.arn, json!({"ResourceArn": listener.arn})));
    let page = page(users, asked.marker.as_deref(), size);
    Ok(json!({"TrustStoreAssociations": page.items, "NextMarker": page.next}))
}

/// There are none: adding one needs S3.
pub(crate) fn describe_revocations(state: &State, request: &Request) -> Answer {
    let asked: DescribeOne = request.read()?;
    if !state.trust_stores.contains_key(&asked.trust_store_arn) {
        return Err(not_found(&asked.trust_store_arn));
    }
    if let Some(id) = asked.revocation_ids.first() {
        return Err(ApiError::new(
            "RevocationIdNotFound",
            format!("Revocation '{id}' not found"),
        ));
    }
    Ok(json!({"TrustStoreRevocations": []}))
}

/// Mutual authentication as describes will show it, if AWS accepts it.
pub(crate) fn checked(
    state: &State,
    asked: MutualAuthentication,
) -> Result<MutualAuthentication, ApiError> {
    let MutualAuthentication {
        mode,
        trust_store_arn,
        ignore_client_certificate_expiry,
        advertise_trust_store_ca_names,
    } = &asked;
    match (mode, trust_store_arn) {
        (MutualAuthenticationMode::Verify, None) => Err(ApiError::validation(
            "A trust store ARN must be specified for mutual authentication in mode 'verify'",
        )),
        (MutualAuthenticationMode::Verify, Some(arn)) if !state.trust_stores.contains_key(arn) => {
            Err(not_found(arn))
        }
        (MutualAuthenticationMode::Verify, Some(_)) => {
            let ignore = ignore_client_certificate_expiry.unwrap_or(false);
            Ok(MutualAuthentication {
                ignore_client_certificate_expiry: Some(ignore),
                ..asked
            })
        }
        (MutualAuthenticationMode::Off | MutualAuthenticationMode::Passthrough, _) => {
            if trust_store_arn.is_some()
                || ignore_client_certificate_expiry.is_some()
                || advertise_trust_store_ca_names.is_some()
            {
                return Err(ApiError::validation(
                    "A trust store and its settings can be specified for mutual authentication \
                     in mode 'verify' only",
                ));
            }
            Ok(asked)
        }
    }
}

fn not_found(which: &str) -> ApiError {
    ApiError::new(
        "TrustStoreNotFound",
        format!("Trust store '{which}' not found"),
    )
}
