//! Routes of all five kinds: one shape around three shapes of rules.

mod backend;
mod filter;
mod grpc;
mod http;
mod l4;

use std::ops::RangeInclusive;
use std::sync::Arc;

use gateway_api::experimental::httproutes::{HttpRouteParentRefs, HttpRouteUseDefaultGateways};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tributary_model::key::GATEWAY_GROUP;
use tributary_model::route::{ParentRef, Route, RouteRule};
use tributary_model::{Hostname, Kind, Name, RouteKind};

use crate::check;
use crate::envelope::Envelope;
use crate::fault::{Fault, Path, Warning};
use crate::read::{read, required};

const SPEC: Path<'static> = Path::root("spec");

/// The spec of any route: parentRefs, hostnames and names of rules have one schema in all five.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "R: DeserializeOwned"))]
struct RouteSpec<R> {
    parent_refs: Option<Vec<HttpRouteParentRefs>>,
    hostnames: Option<Vec<String>>,
    rules: Option<Vec<R>>,
    // Experimental, and nothing is a default Gateway here; read so that it is not called unknown.
    #[serde(rename = "useDefaultGateways")]
    _use_default_gateways: Option<HttpRouteUseDefaultGateways>,
}

/// A rule of one of the kinds.
trait RuleShape: DeserializeOwned {
    /// How many rules there may be.
    const RULES: RangeInclusive<usize>;

    /// What stands for absent `spec.rules`; nothing if they are required.
    fn absent() -> Option<Vec<RouteRule>>;

    fn rule(self, at: &Path<'_>) -> Result<RouteRule, Fault>;
}

/// How many matches all rules of a route may have together, by a CEL rule of HTTPRoute and GRPCRoute.
const MAX_MATCHES: usize = 128;

pub(crate) fn route(
    kind: RouteKind,
    envelope: Envelope<'_>,
    warnings: &mut Vec<Warning>,
) -> Result<Route, Fault> {
    match kind {
        RouteKind::Http => route_of::<http::HttpRule>(kind, envelope, warnings),
        RouteKind::Grpc => route_of::<grpc::GrpcRule>(kind, envelope, warnings),
        RouteKind::Tcp | RouteKind::Udp | RouteKind::Tls => {
            route_of::<l4::L4Rule>(kind, envelope, warnings)
        }
    }
}

fn route_of<R: RuleShape>(
    kind: RouteKind,
    envelope: Envelope<'_>,
    warnings: &mut Vec<Warning>,
) -> Result<Route, Fault> {
    let spec = required(envelope.object, &Path::document(), "spec")?;
    let RouteSpec {
        parent_refs,
        hostnames,
        rules,
        _use_default_gateways: _,
    } = read::<RouteSpec<R>>(&SPEC, spec, warnings)?;
    let parents_path = SPEC.field("parentRefs");
    let parent_refs = self::parent_refs(&parents_path, parent_refs.unwrap_or_default())?;
    let hostnames = self::hostnames(kind, hostnames, warnings)?;
    let rules_path = SPEC.field("rules");
    let rules = match rules {
        None => R::absent().ok_or_else(|| rules_path.fault("is required"))?,
        Some(rules) => {
            check::count(&rules_path, rules.len(), R::RULES)?;
            rules
                .into_iter()
                .enumerate()
                .map(|(index, rule)| rule.rule(&rules_path.index(index)))
                .collect::<Result<Vec<_>, _>>()?
        }
    };
    check_rules(&rules_path, &rules)?;
    Ok(Route {
        meta: envelope.meta,
        kind,
        parent_refs,
        hostnames,
        rules,
    })
}

fn check_rules(at: &Path<'_>, rules: &[RouteRule]) -> Result<(), Fault> {
    let matches: usize = rules.iter().map(|rule| rule.matches.len()).sum();
    if matches > MAX_MATCHES {
        return Err(at.fault(format!(
            "may have {MAX_MATCHES} matches in all rules together, it has {matches}"
        )));
    }
    let mut names: Vec<&Name> = Vec::new();
    for (index, rule) in rules.iter().enumerate() {
        let Some(name) = &rule.name else { continue };
        if names.contains(&name) {
            return Err(at
                .index(index)
                .field("name")
                .fault("another rule of the route has the same name"));
        }
        names.push(name);
    }
    Ok(())
}

fn rule_name(at: &Path<'_>, name: Option<String>) -> Result<Option<Name>, Fault> {
    check::optional_subdomain(&at.field("name"), name)
}

fn hostnames(
    kind: RouteKind,
    hostnames: Option<Vec<String>>,
    warnings: &mut Vec<Warning>,
) -> Result<Vec<Hostname>, Fault> {
    let at = SPEC.field("hostnames");
    let given = hostnames.is_some();
    let hostnames = hostnames.unwrap_or_default();
    match kind {
        RouteKind::Tcp | RouteKind::Udp => {
            if given {
                warnings.push(Warning {
                    field: at.to_string(),
                    reason: format!("{} has no such field, it is ignored", kind.kind()),
                });
            }
            return Ok(Vec::new());
        }
        RouteKind::Http | RouteKind::Grpc => check::count(&at, hostnames.len(), 0..=16)?,
        RouteKind::Tls if !given => return Err(at.fault("is required")),
        RouteKind::Tls => check::count(&at, hostnames.len(), 1..=1024)?,
    }
    hostnames
        .iter()
        .enumerate()
        .map(|(index, hostname)| check::hostname(&at.index(index), hostname))
        .collect()
}

fn parent_refs(
    at: &Path<'_>,
    parents: Vec<HttpRouteParentRefs>,
) -> Result<Vec<Arc<ParentRef>>, Fault> {
    check::count(at, parents.len(), 0..=32)?;
    let parents: Vec<ParentRef> = parents
        .into_iter()
        .enumerate()
        .map(|(index, parent)| parent_ref(&at.index(index), parent))
        .collect::<Result<_, _>>()?;
    for (index, parent) in parents.iter().enumerate() {
        for earlier in &parents[..index] {
            check_distinct(&at.index(index), earlier, parent)?;
        }
    }
    Ok(parents.into_iter().map(Arc::new).collect())
}

/// Two references to one parent must use the same of sectionName and port, with different values.
fn check_distinct(at: &Path<'_>, earlier: &ParentRef, parent: &ParentRef) -> Result<(), Fault> {
    let object = |parent: &ParentRef| {
        (
            parent.group.clone(),
            parent.kind.clone(),
            parent.namespace.clone(),
            parent.name.clone(),
        )
    };
    if object(earlier) != object(parent) {
        return Ok(());
    }
    let same_fields = earlier.section_name.is_some() == parent.section_name.is_some()
        && earlier.port.is_some() == parent.port.is_some();
    if !same_fields {
        return Err(at.fault(
            "references to the same parent must all give sectionName or none, and all give port or none",
        ));
    }
    if earlier.section_name == parent.section_name && earlier.port == parent.port {
        return Err(at.fault("an earlier reference has the same parent, sectionName and port"));
    }
    Ok(())
}

/// `ParentReference`.
fn parent_ref(at: &Path<'_>, parent: HttpRouteParentRefs) -> Result<ParentRef, Fault> {
    let HttpRouteParentRefs {
        group,
        kind,
        name,
        namespace,
        port,
        section_name,
    } = parent;
    Ok(ParentRef {
        group: check::group(
            &at.field("group"),
            group.unwrap_or_else(|| GATEWAY_GROUP.to_owned()),
        )?,
        kind: check::kind(
            &at.field("kind"),
            kind.unwrap_or_else(|| Kind::Gateway.as_str().to_owned()),
        )?,
        namespace: check::optional_namespace(&at.field("namespace"), namespace)?,
        name: check::reference_name(&at.field("name"), name)?,
        section_name: check::optional_subdomain(&at.field("sectionName"), section_name)?,
        port: check::optional_port(&at.field("port"), port)?,
    })
}
