//! `backendRefs`, the same for all kinds but for their filters.

use gateway_api::experimental::httproutes::HttpRouteRulesFilters;
use serde::Deserialize;
use tributary_model::Kind;
use tributary_model::route::BackendRef;

use super::filter::{FilterKinds, filters};
use crate::check;
use crate::fault::{Fault, Path};

/// `HTTPBackendRef`, `GRPCBackendRef` and `BackendRef`. The filters of a backend have the schema of a
/// rule's, so they are read as such.
#[derive(Deserialize)]
pub(super) struct BackendShape {
    group: Option<String>,
    kind: Option<String>,
    name: String,
    namespace: Option<String>,
    port: Option<i32>,
    weight: Option<i32>,
    filters: Option<Vec<HttpRouteRulesFilters>>,
}

pub(super) fn backend_refs(
    at: &Path<'_>,
    backends: Vec<BackendShape>,
    kinds: FilterKinds,
) -> Result<Vec<BackendRef>, Fault> {
    check::count(at, backends.len(), 0..=16)?;
    backends
        .into_iter()
        .enumerate()
        .map(|(index, backend)| backend_ref(&at.index(index), backend, kinds))
        .collect()
}

fn backend_ref(
    at: &Path<'_>,
    backend: BackendShape,
    kinds: FilterKinds,
) -> Result<BackendRef, Fault> {
    let BackendShape {
        group,
        kind,
        name,
        namespace,
        port,
        weight,
        filters: entries,
    } = backend;
    let group = check::group(&at.field("group"), group.unwrap_or_default())?;
    let kind = check::kind(
        &at.field("kind"),
        kind.unwrap_or_else(|| Kind::Service.as_str().to_owned()),
    )?;
    let port = check::optional_port(&at.field("port"), port)?;
    if group.is_empty() && kind == Kind::Service.as_str() && port.is_none() {
        return Err(at.field("port").fault("is required for a Service"));
    }
    let weight = check::range(&at.field("weight"), weight.unwrap_or(1), &(0..=1_000_000))?;
    Ok(BackendRef {
        group,
        kind,
        namespace: check::optional_namespace(&at.field("namespace"), namespace)?,
        name: check::reference_name(&at.field("name"), name)?,
        port,
        weight: weight.unsigned_abs(),
        filters: filters(&at.field("filters"), entries.unwrap_or_default(), kinds)?,
    })
}
