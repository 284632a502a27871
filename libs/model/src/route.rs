//! Routes of all five kinds, as one type.

use std::sync::Arc;

use crate::hostname::Hostname;
use crate::key::{Name, RouteKind};
use crate::meta::Meta;

/// An HTTPRoute, GRPCRoute, TCPRoute, UDPRoute or TLSRoute, CRD defaults applied.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Route {
    /// Identity and generation.
    pub meta: Meta,
    /// Which of the five.
    pub kind: RouteKind,
    /// Each is judged by itself. Shared with what becomes of it.
    pub parent_refs: Vec<Arc<ParentRef>>,
    /// HTTP, GRPC and TLS only; empty means every host.
    pub hostnames: Vec<Hostname>,
    /// In spec order.
    pub rules: Vec<RouteRule>,
}

/// `ParentReference`, with group and kind filled in as the CRD does.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ParentRef {
    /// Defaults to Gateway API's group.
    pub group: String,
    /// Defaults to `Gateway`.
    pub kind: String,
    /// Absent means the route's namespace.
    pub namespace: Option<Name>,
    /// Name.
    pub name: Name,
    /// One listener of that parent.
    pub section_name: Option<Name>,
    /// Only listeners on this port.
    pub port: Option<u16>,
}

impl ParentRef {
    /// Whether two parentRefs of a route in this namespace name one object, whichever of its listeners they mean.
    pub fn names_same(&self, other: &Self, namespace: &Name) -> bool {
        let object = |parent: &Self| {
            let namespace = parent.namespace.as_ref().unwrap_or(namespace);
            (
                parent.group.clone(),
                parent.kind.clone(),
                Name::clone(namespace),
                Name::clone(&parent.name),
            )
        };
        object(self) == object(other)
    }
}

/// One rule of a route.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct RouteRule {
    /// `name`, if given.
    pub name: Option<Name>,
    /// Alternatives; empty for L4 kinds. For HTTP the CRD's default (prefix `/`) is filled in.
    pub matches: Vec<RouteMatch>,
    /// In spec order.
    pub filters: Vec<RouteFilter>,
    /// In spec order.
    pub backend_refs: Vec<BackendRef>,
    /// Features that the rule asks for and that no ELB has (timeouts, retry, session persistence …),
    /// by field path relative to the rule, for example `timeouts.request`.
    pub unsupported: Vec<String>,
}

/// One alternative of a rule: all its parts must hold.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RouteMatch {
    /// Path or gRPC method.
    pub path: PathMatch,
    /// Exact HTTP method, upper case.
    pub method: Option<String>,
    /// Headers, by distinct case-insensitive name.
    pub headers: Vec<ValueMatch>,
    /// Query parameters.
    pub query_params: Vec<ValueMatch>,
}

/// What a path must be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PathMatch {
    /// The whole path.
    Exact(String),
    /// Whole path elements: `/a` matches `/a` and `/a/b`, not `/ab`.
    Prefix(String),
    /// A regular expression.
    Regex(String),
    /// `GRPCMethodMatch`; at least one of the two unless it matches everything.
    Grpc {
        /// Fully qualified service.
        service: Option<String>,
        /// Method.
        method: Option<String>,
        /// How the two are compared.
        comparison: Comparison,
    },
}

/// `type` of a header, query or gRPC match.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Comparison {
    /// The same string.
    Exact,
    /// A regular expression.
    Regex,
}

/// A header or query parameter with its wanted value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ValueMatch {
    /// Header or parameter name.
    pub name: String,
    /// Value or regular expression.
    pub value: String,
    /// Which of the two it is.
    pub comparison: Comparison,
}

/// `HTTPRouteFilter` and `GRPCRouteFilter`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RouteFilter {
    /// `RequestRedirect`.
    Redirect(Redirect),
    /// `URLRewrite`.
    UrlRewrite(UrlRewrite),
    /// `ExtensionRef`.
    ExtensionRef {
        /// API group.
        group: String,
        /// Kind.
        kind: String,
        /// Name, in the route's namespace.
        name: Name,
    },
    /// A filter that no ELB can express, by its `type`: `RequestMirror`, `RequestHeaderModifier`, `CORS` …
    Unsupported(String),
}

/// `HTTPRequestRedirectFilter`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Redirect {
    /// `http` or `https`; absent keeps the request's.
    pub scheme: Option<String>,
    /// Absent keeps the request's.
    pub hostname: Option<Hostname>,
    /// Absent keeps the request's.
    pub path: Option<PathModifier>,
    /// Absent: the scheme's well-known port if a scheme is given, else the listener's.
    pub port: Option<u16>,
    /// Defaults to 302; ELB knows 301 and 302 only.
    pub status_code: u16,
}

/// `HTTPURLRewriteFilter`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UrlRewrite {
    /// New Host.
    pub hostname: Option<Hostname>,
    /// New path.
    pub path: Option<PathModifier>,
}

/// `HTTPPathModifier`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PathModifier {
    /// Replaces the whole path.
    ReplaceFullPath(String),
    /// Replaces the prefix that the match named.
    ReplacePrefixMatch(String),
}

/// `BackendRef`, with group, kind and weight filled in as the CRD does.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BackendRef {
    /// Empty for core.
    pub group: String,
    /// `Service` unless given.
    pub kind: String,
    /// Absent means the route's namespace.
    pub namespace: Option<Name>,
    /// Name.
    pub name: Name,
    /// Required for a Service.
    pub port: Option<u16>,
    /// 0..1000000 by the CRD, 0..999 by ELB. Defaults to 1.
    pub weight: u32,
    /// Filters of the backend itself.
    pub filters: Vec<RouteFilter>,
}
