//! Rules of TCPRoute, UDPRoute and TLSRoute.
//!
//! The bindings have TCPRoute and UDPRoute as `v1alpha2` only, which Gateway API 1.6 no longer serves;
//! the shape at `v1` is this one, and TLSRoute's rules have it too.

use std::ops::RangeInclusive;

use serde::Deserialize;
use tributary_model::route::RouteRule;

use super::RuleShape;
use super::backend::{BackendShape, backend_refs};
use super::filter::FilterKinds;
use crate::check;
use crate::fault::{Fault, Path};

/// `TCPRouteRule`, `UDPRouteRule`, `TLSRouteRule`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct L4Rule {
    name: Option<String>,
    backend_refs: Vec<BackendShape>,
}

impl RuleShape for L4Rule {
    const RULES: RangeInclusive<usize> = 1..=1;

    fn absent() -> Option<Vec<RouteRule>> {
        None
    }

    fn rule(self, at: &Path<'_>) -> Result<RouteRule, Fault> {
        let Self {
            name,
            backend_refs: backends,
        } = self;
        let backends_path = at.field("backendRefs");
        check::count(&backends_path, backends.len(), 1..=16)?;
        Ok(RouteRule {
            name: super::rule_name(at, name)?,
            backend_refs: backend_refs(&backends_path, backends, FilterKinds::L4)?,
            ..RouteRule::default()
        })
    }
}
