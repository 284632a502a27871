//! `route.proto`: routes of all five kinds. The kind of a route travels in `SourceObject.object`.

use tributary_model::Meta;
use tributary_model::key::RouteKind;
use tributary_model::route::{
    BackendRef, Comparison, ParentRef, PathMatch, PathModifier, Redirect, Route, RouteFilter,
    RouteMatch, RouteRule, UrlRewrite, ValueMatch,
};

use super::ConvertError;
use super::codec::{
    Beside, absent, enumeration, hostname_list, list, message, number16, one_of, optional,
    optional_hostname, optional_name, optional_port, required, same, shared_list, text, within,
};
use crate::types;
use crate::types::path_match::Path;
use crate::types::path_modifier::Modifier;
use crate::types::route_filter::Filter;

enumeration!(Comparison = types::Comparison { Exact, Regex });

message!(
    ParentRef = types::ParentRef {
        group: same,
        kind: text,
        namespace: optional_name,
        name: text,
        section_name: optional_name,
        port: optional_port,
    }
);
message!(
    RouteRule = types::RouteRule {
        name: optional_name,
        matches: list,
        filters: list,
        backend_refs: list,
        unsupported: same,
    }
);
message!(
    RouteMatch = types::RouteMatch {
        path: required,
        method: same,
        headers: list,
        query_params: list,
    }
);
message!(
    ValueMatch = types::ValueMatch {
        name: same,
        value: same,
        comparison: one_of
    }
);
message!(
    Redirect = types::Redirect {
        scheme: same,
        hostname: optional_hostname,
        path: optional,
        port: optional_port,
        status_code: number16,
    }
);
message!(
    UrlRewrite = types::UrlRewrite {
        hostname: optional_hostname,
        path: optional
    }
);
message!(
    BackendRef = types::BackendRef {
        group: same,
        kind: text,
        namespace: optional_name,
        name: text,
        port: optional_port,
        weight: same,
        filters: list,
    }
);

impl From<&Route> for types::RouteSpec {
    fn from(route: &Route) -> Self {
        let Route {
            meta: _,
            kind: _,
            parent_refs,
            hostnames,
            rules,
        } = route;
        Self {
            parent_refs: shared_list::write(parent_refs),
            hostnames: hostname_list::write(hostnames),
            rules: list::write(rules),
        }
    }
}

impl TryFrom<Beside<(Meta, RouteKind), types::RouteSpec>> for Route {
    type Error = ConvertError;

    fn try_from(
        Beside((meta, kind), message): Beside<(Meta, RouteKind), types::RouteSpec>,
    ) -> Result<Self, Self::Error> {
        let types::RouteSpec {
            parent_refs,
            hostnames,
            rules,
        } = message;
        Ok(Self {
            meta,
            kind,
            parent_refs: shared_list::read("parent_refs", parent_refs)?,
            hostnames: hostname_list::read("hostnames", hostnames)?,
            rules: list::read("rules", rules)?,
        })
    }
}

impl From<&PathMatch> for types::PathMatch {
    fn from(value: &PathMatch) -> Self {
        let path = match value.clone() {
            PathMatch::Exact(path) => Path::Exact(path),
            PathMatch::Prefix(path) => Path::Prefix(path),
            PathMatch::Regex(regex) => Path::Regex(regex),
            PathMatch::Grpc {
                service,
                method,
                comparison,
            } => Path::Grpc(types::GrpcMethodMatch {
                service,
                method,
                comparison: one_of::write(&comparison),
            }),
        };
        Self { path: Some(path) }
    }
}

impl TryFrom<types::PathMatch> for PathMatch {
    type Error = ConvertError;

    fn try_from(message: types::PathMatch) -> Result<Self, Self::Error> {
        Ok(match message.path.ok_or_else(absent)? {
            Path::Exact(path) => Self::Exact(path),
            Path::Prefix(path) => Self::Prefix(path),
            Path::Regex(regex) => Self::Regex(regex),
            Path::Grpc(types::GrpcMethodMatch {
                service,
                method,
                comparison,
            }) => Self::Grpc {
                service,
                method,
                comparison: one_of::read("grpc.comparison", comparison)?,
            },
        })
    }
}

impl From<&RouteFilter> for types::RouteFilter {
    fn from(value: &RouteFilter) -> Self {
        let filter = match value {
            RouteFilter::Redirect(redirect) => Filter::Redirect(redirect.into()),
            RouteFilter::UrlRewrite(rewrite) => Filter::UrlRewrite(rewrite.into()),
            RouteFilter::ExtensionRef { group, kind, name } => {
                Filter::ExtensionRef(types::ExtensionRef {
                    group: group.clone(),
                    kind: kind.clone(),
                    name: text::write(name),
                })
            }
            RouteFilter::Unsupported(filter) => Filter::Unsupported(filter.clone()),
        };
        Self {
            filter: Some(filter),
        }
    }
}

impl TryFrom<types::RouteFilter> for RouteFilter {
    type Error = ConvertError;

    fn try_from(message: types::RouteFilter) -> Result<Self, Self::Error> {
        Ok(match message.filter.ok_or_else(absent)? {
            Filter::Redirect(redirect) => Self::Redirect(within("redirect", redirect)?),
            Filter::UrlRewrite(rewrite) => Self::UrlRewrite(within("url_rewrite", rewrite)?),
            Filter::ExtensionRef(types::ExtensionRef { group, kind, name }) => Self::ExtensionRef {
                group,
                kind: text::read("extension_ref.kind", kind)?,
                name: text::read("extension_ref.name", name)?,
            },
            Filter::Unsupported(filter) => Self::Unsupported(filter),
        })
    }
}

impl From<&PathModifier> for types::PathModifier {
    fn from(value: &PathModifier) -> Self {
        let modifier = match value.clone() {
            PathModifier::ReplaceFullPath(path) => Modifier::ReplaceFullPath(path),
            PathModifier::ReplacePrefixMatch(prefix) => Modifier::ReplacePrefixMatch(prefix),
        };
        Self {
            modifier: Some(modifier),
        }
    }
}

impl TryFrom<types::PathModifier> for PathModifier {
    type Error = ConvertError;

    fn try_from(message: types::PathModifier) -> Result<Self, Self::Error> {
        Ok(match message.modifier.ok_or_else(absent)? {
            Modifier::ReplaceFullPath(path) => Self::ReplaceFullPath(path),
            Modifier::ReplacePrefixMatch(prefix) => Self::ReplacePrefixMatch(prefix),
        })
    }
}
