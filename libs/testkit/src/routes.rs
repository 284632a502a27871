//! Routes of all five kinds.

use std::sync::Arc;

use tributary_model::route::{
    BackendRef, Comparison, ParentRef, PathMatch, Route, RouteFilter, RouteMatch, RouteRule,
    ValueMatch,
};
use tributary_model::{Kind, Name, ObjectKey, Resource, RouteKind, Timestamp};

use crate::objects::{hostname, key, meta};

/// A route under construction.
#[derive(Clone, Debug)]
pub struct RouteBuilder(Route);

/// A route of any kind.
pub fn route(kind: RouteKind, name: &str) -> RouteBuilder {
    RouteBuilder(Route {
        meta: meta(name),
        kind,
        parent_refs: Vec::new(),
        hostnames: Vec::new(),
        rules: Vec::new(),
    })
}

/// An HTTPRoute.
pub fn http_route(name: &str) -> RouteBuilder {
    route(RouteKind::Http, name)
}

impl RouteBuilder {
    /// Adds a parentRef to a Gateway (`namespace/name`).
    #[must_use]
    pub fn to_gateway(self, gateway: &str) -> Self {
        self.to(parent("Gateway", gateway))
    }

    /// Adds a parentRef to a ListenerSet (`namespace/name`).
    #[must_use]
    pub fn to_set(self, set: &str) -> Self {
        self.to(parent("ListenerSet", set))
    }

    /// Adds a parentRef.
    #[must_use]
    pub fn to(mut self, parent: ParentRef) -> Self {
        self.0.parent_refs.push(Arc::new(parent));
        self
    }

    /// `sectionName` of the last parentRef.
    #[must_use]
    pub fn section(mut self, name: &str) -> Self {
        if let Some(parent) = self.0.parent_refs.last_mut() {
            Arc::make_mut(parent).section_name = Some(name.into());
        }
        self
    }

    /// `port` of the last parentRef.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        if let Some(parent) = self.0.parent_refs.last_mut() {
            Arc::make_mut(parent).port = Some(port);
        }
        self
    }

    /// Adds a hostname.
    #[must_use]
    pub fn host(mut self, host: &str) -> Self {
        self.0.hostnames.push(hostname(host));
        self
    }

    /// Adds a rule.
    #[must_use]
    pub fn rule(mut self, rule: RuleBuilder) -> Self {
        self.0.rules.push(rule.0);
        self
    }

    /// Adds a rule that sends everything to a Service's port 80.
    #[must_use]
    pub fn backend(self, service: &str) -> Self {
        self.rule(rule().prefix("/").backend(service, 80))
    }

    /// `creationTimestamp`, in seconds.
    #[must_use]
    pub fn created(mut self, seconds: i64) -> Self {
        self.0.meta.created = Timestamp(seconds);
        self
    }

    /// The object.
    pub fn build(self) -> Resource {
        Resource::Route(self.0)
    }
}

/// A parentRef with everything filled in.
pub fn parent(kind: &str, name: &str) -> ParentRef {
    let ObjectKey { namespace, name } = key(name);
    ParentRef {
        group: Kind::Gateway.group().to_owned(),
        kind: kind.to_owned(),
        namespace: Some(namespace),
        name,
        section_name: None,
        port: None,
    }
}

/// A rule under construction.
#[derive(Clone, Debug)]
pub struct RuleBuilder(RouteRule);

/// A rule without matches.
pub fn rule() -> RuleBuilder {
    RuleBuilder(RouteRule::default())
}

impl RuleBuilder {
    /// Adds a match by path prefix.
    #[must_use]
    pub fn prefix(self, path: &str) -> Self {
        self.path(PathMatch::Prefix(path.to_owned()))
    }

    /// Adds a match by exact path.
    #[must_use]
    pub fn exact(self, path: &str) -> Self {
        self.path(PathMatch::Exact(path.to_owned()))
    }

    /// Adds a match by path.
    #[must_use]
    pub fn path(mut self, path: PathMatch) -> Self {
        self.0.matches.push(RouteMatch {
            path,
            method: None,
            headers: Vec::new(),
            query_params: Vec::new(),
        });
        self
    }

    /// HTTP method of the last match.
    #[must_use]
    pub fn method(self, method: &str) -> Self {
        self.last_match(|matched| matched.method = Some(method.to_owned()))
    }

    /// Adds an exact header to the last match.
    #[must_use]
    pub fn header(self, name: &str, value: &str) -> Self {
        self.last_match(|matched| {
            matched
                .headers
                .push(compared(name, value, Comparison::Exact));
        })
    }

    /// Adds a query parameter to the last match.
    #[must_use]
    pub fn query(self, name: &str, value: &str, comparison: Comparison) -> Self {
        self.last_match(|matched| {
            matched.query_params.push(compared(name, value, comparison));
        })
    }

    /// Adds a filter.
    #[must_use]
    pub fn filter(mut self, filter: RouteFilter) -> Self {
        self.0.filters.push(filter);
        self
    }

    /// Asks for something that no ELB has.
    #[must_use]
    pub fn unsupported(mut self, field: &str) -> Self {
        self.0.unsupported.push(field.to_owned());
        self
    }

    /// Adds a Service of weight 1: `name`, or `namespace/name`.
    #[must_use]
    pub fn backend(self, service: &str, port: u16) -> Self {
        self.weighted(service, port, 1)
    }

    /// Adds a Service with a weight.
    #[must_use]
    pub fn weighted(self, service: &str, port: u16, weight: u32) -> Self {
        self.backend_of_kind("", "Service", service, port, weight)
    }

    /// Adds a backend of any kind.
    #[must_use]
    pub fn backend_of_kind(
        mut self,
        group: &str,
        kind: &str,
        name: &str,
        port: u16,
        weight: u32,
    ) -> Self {
        let (namespace, name) = match name.split_once('/') {
            Some((namespace, name)) => (Some(Name::from(namespace)), name),
            None => (None, name),
        };
        self.0.backend_refs.push(BackendRef {
            group: group.to_owned(),
            kind: kind.to_owned(),
            namespace,
            name: name.into(),
            port: Some(port),
            weight,
            filters: Vec::new(),
        });
        self
    }

    fn last_match(mut self, change: impl FnOnce(&mut RouteMatch)) -> Self {
        if let Some(matched) = self.0.matches.last_mut() {
            change(matched);
        }
        self
    }
}

fn compared(name: &str, value: &str, comparison: Comparison) -> ValueMatch {
    ValueMatch {
        name: name.to_owned(),
        value: value.to_owned(),
        comparison,
    }
}
