use std::sync::Arc;

use proptest::prelude::*;
use tributary_model::key::{AWS_GROUP, GATEWAY_GROUP};
use tributary_model::route::{
    BackendRef, Comparison, ParentRef, PathMatch, PathModifier, Redirect, Route, RouteFilter,
    RouteMatch, RouteRule, UrlRewrite, ValueMatch,
};
use tributary_model::{ObjectKey, Resource, RouteKind};

use super::{
    CONFIGURATIONS, GATEWAYS, SETS, few, listeners, meta, mostly, name, named, one_of,
    other_namespace, rarely_one, seldom, text,
};

pub(super) fn route(kind: RouteKind) -> impl Strategy<Value = Resource> {
    let has_hostnames = match kind {
        RouteKind::Http | RouteKind::Grpc | RouteKind::Tls => true,
        RouteKind::Tcp | RouteKind::Udp => false,
    };
    let most = if has_hostnames { 3 } else { 1 };
    (
        meta(named(&["r", "s", "t"])),
        prop::collection::vec(parent_ref().prop_map(Arc::new), 1..3),
        prop::collection::vec(listeners::host(), 0..most),
        prop::collection::vec(rule(kind), 1..3),
    )
        .prop_map(move |(meta, parent_refs, hostnames, rules)| {
            Resource::Route(Route {
                meta,
                kind,
                parent_refs,
                hostnames,
                rules,
            })
        })
}

pub(super) fn parent_ref() -> impl Strategy<Value = ParentRef> {
    let parent = prop_oneof![
        (Just("Gateway"), named(&GATEWAYS)),
        (Just("ListenerSet"), named(&SETS)),
    ];
    let parent = (parent, any::<bool>()).prop_map(|((kind, key), is_local)| {
        let ObjectKey { namespace, name } = key;
        (kind.to_owned(), (!is_local).then_some(namespace), name)
    });
    (mostly(GATEWAY_GROUP), parent, listeners::section()).prop_map(
        |(group, (kind, namespace, name), (section_name, port))| ParentRef {
            group,
            kind,
            namespace,
            name,
            section_name,
            port,
        },
    )
}

fn rule(kind: RouteKind) -> impl Strategy<Value = RouteRule> {
    let is_http = matches!(kind, RouteKind::Http | RouteKind::Grpc);
    let most = if is_http { 3 } else { 1 };
    (
        seldom(name(&["rule"])),
        prop::collection::vec(route_match(kind == RouteKind::Grpc), 0..most),
        few(filter()).prop_map(move |filters| if is_http { filters } else { Vec::new() }),
        prop_oneof![
            9 => prop::collection::vec(backend_ref(), 1..3),
            1 => Just(Vec::new()),
        ],
        rarely_one(text(&["timeouts"])),
    )
        .prop_map(
            |(name, matches, filters, backend_refs, unsupported)| RouteRule {
                name,
                matches,
                filters,
                backend_refs,
                unsupported,
            },
        )
}

fn route_match(is_grpc: bool) -> impl Strategy<Value = RouteMatch> {
    let path = if is_grpc {
        grpc().boxed()
    } else {
        path().boxed()
    };
    (
        path,
        seldom(text(&["GET", "POST"])),
        few(value_match("x-team")),
        few(value_match("q")),
    )
        .prop_map(|(path, method, headers, query_params)| RouteMatch {
            path,
            method,
            headers,
            query_params,
        })
}

fn path() -> impl Strategy<Value = PathMatch> {
    prop_oneof![
        6 => text(&["/", "/a", "/a/b", "/*"]).prop_map(PathMatch::Prefix),
        2 => text(&["/", "/a", "/a*"]).prop_map(PathMatch::Exact),
        1 => text(&["/a.*", "/a.*", "(", "/[ab]"]).prop_map(PathMatch::Regex),
    ]
}

fn grpc() -> impl Strategy<Value = PathMatch> {
    (seldom(text(&["a.B"])), seldom(text(&["Get"])), comparison()).prop_map(
        |(service, method, comparison)| PathMatch::Grpc {
            service,
            method,
            comparison,
        },
    )
}

fn comparison() -> impl Strategy<Value = Comparison> {
    prop_oneof![3 => Just(Comparison::Exact), 1 => Just(Comparison::Regex)]
}

fn value_match(name: &'static str) -> impl Strategy<Value = ValueMatch> {
    (text(&["x", "x", "y*", "["]), comparison()).prop_map(move |(value, comparison)| ValueMatch {
        name: name.to_owned(),
        value,
        comparison,
    })
}

fn filter() -> impl Strategy<Value = RouteFilter> {
    let redirect = (
        seldom(text(&["http", "https", "https", "ftp"])),
        seldom(listeners::host()),
        seldom(path_modifier()),
        seldom(one_of(&[80_u16, 8443])),
        one_of(&[301_u16, 302, 307]),
    )
        .prop_map(|(scheme, hostname, path, port, status_code)| {
            RouteFilter::Redirect(Redirect {
                scheme,
                hostname,
                path,
                port,
                status_code,
            })
        });
    let rewrite = (seldom(listeners::host()), seldom(path_modifier()))
        .prop_map(|(hostname, path)| RouteFilter::UrlRewrite(UrlRewrite { hostname, path }));
    let extension = (
        mostly(AWS_GROUP),
        mostly("ListenerRuleConfiguration"),
        name(&CONFIGURATIONS),
    )
        .prop_map(|(group, kind, name)| RouteFilter::ExtensionRef { group, kind, name });
    prop_oneof![
        3 => redirect,
        3 => rewrite,
        3 => extension,
        1 => text(&["RequestMirror"]).prop_map(RouteFilter::Unsupported),
    ]
}

fn path_modifier() -> impl Strategy<Value = PathModifier> {
    prop_oneof![
        text(&["/", "/x"]).prop_map(PathModifier::ReplaceFullPath),
        text(&["/", "/x"]).prop_map(PathModifier::ReplacePrefixMatch),
    ]
}

fn backend_ref() -> impl Strategy<Value = BackendRef> {
    let port = prop_oneof![
        8 => Just(Some(53)),
        1 => Just(Some(80)),
        1 => Just(None),
    ];
    (
        mostly(""),
        mostly("Service"),
        other_namespace(),
        name(&["svc", "svc", "dns", "missing"]),
        port,
        one_of(&[0_u32, 1, 1, 5, 1000]),
        rarely_one(filter()),
    )
        .prop_map(
            |(group, kind, namespace, name, port, weight, filters)| BackendRef {
                group,
                kind,
                namespace,
                name,
                port,
                weight,
                filters,
            },
        )
}
