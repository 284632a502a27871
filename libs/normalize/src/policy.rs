//! BackendTLSPolicy, as far as it says whom it is for: no ELB can do what it asks.

use serde::Deserialize;
use serde_json::Value;
use tributary_model::Meta;
use tributary_model::workload::{BackendTlsPolicy, PolicyTarget};

use crate::check;
use crate::fault::{Fault, Path};

/// What is read of the spec: whatever else is wrong with it, it asks for TLS.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BackendTlsPolicySpec {
    target_refs: Vec<TargetRef>,
    // Known, and not read: what is ignored would be called unknown.
    #[serde(rename = "validation")]
    _validation: Option<Value>,
    #[serde(rename = "options")]
    _options: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TargetRef {
    group: String,
    kind: String,
    name: String,
    section_name: Option<String>,
}

pub(crate) fn backend_tls_policy(
    meta: Meta,
    spec: BackendTlsPolicySpec,
) -> Result<BackendTlsPolicy, Fault> {
    let at = Path::root("spec");
    let at = at.field("targetRefs");
    check::count(&at, spec.target_refs.len(), 1..=16)?;
    let targets = spec.target_refs.into_iter().enumerate();
    let targets = targets.map(|(index, target)| {
        let at = at.index(index);
        let TargetRef {
            group,
            kind,
            name,
            section_name,
        } = target;
        Ok(PolicyTarget {
            group: check::group(&at.field("group"), group)?,
            kind: check::kind(&at.field("kind"), kind)?,
            name: check::reference_name(&at.field("name"), name)?,
            section_name: check::optional_subdomain(&at.field("sectionName"), section_name)?,
        })
    });
    Ok(BackendTlsPolicy {
        targets: targets.collect::<Result<_, Fault>>()?,
        meta,
    })
}
