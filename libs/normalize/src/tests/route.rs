use std::sync::Arc;

use rstest::rstest;
use tributary_model::route::{
    BackendRef, Comparison, ParentRef, PathMatch, PathModifier, Redirect, Route, RouteFilter,
    RouteMatch, RouteRule, UrlRewrite, ValueMatch,
};
use tributary_model::{Hostname, RouteKind};

use super::*;

fn route_yaml(api_version: &str, kind: &str, spec: &str) -> String {
    format!(
        "
apiVersion: gateway.networking.k8s.io/{api_version}
kind: {kind}
metadata: {{name: app, namespace: team-a}}
spec: {spec}
"
    )
}

fn http(spec: &str) -> String {
    route_yaml("v1", "HTTPRoute", spec)
}

fn http_rule(rule: &str) -> String {
    http(&format!("{{rules: [{rule}]}}"))
}

fn grpc_rule(rule: &str) -> String {
    route_yaml("v1", "GRPCRoute", &format!("{{rules: [{rule}]}}"))
}

fn route(text: &str) -> Route {
    match resource_of(text) {
        Resource::Route(route) => route,
        other => panic!("not a route: {other:?}"),
    }
}

fn only_rule(text: &str) -> RouteRule {
    let mut route = route(text);
    assert_eq!(route.rules.len(), 1);
    route.rules.remove(0)
}

fn matching(path: PathMatch) -> RouteMatch {
    RouteMatch {
        path,
        method: None,
        headers: vec![],
        query_params: vec![],
    }
}

fn prefix(path: &str) -> RouteMatch {
    matching(PathMatch::Prefix(path.to_owned()))
}

fn value(name: &str, value: &str, comparison: Comparison) -> ValueMatch {
    ValueMatch {
        name: name.to_owned(),
        value: value.to_owned(),
        comparison,
    }
}

fn service(name: &str, port: u16) -> BackendRef {
    BackendRef {
        group: String::new(),
        kind: "Service".to_owned(),
        namespace: None,
        name: name.into(),
        port: Some(port),
        weight: 1,
        filters: vec![],
    }
}

fn parent(name: &str) -> ParentRef {
    ParentRef {
        group: "gateway.networking.k8s.io".to_owned(),
        kind: "Gateway".to_owned(),
        namespace: None,
        name: name.into(),
        section_name: None,
        port: None,
    }
}

#[test]
fn an_empty_http_route_matches_everything() {
    let expected = Route {
        meta: meta("team-a", "app"),
        kind: RouteKind::Http,
        parent_refs: vec![],
        hostnames: vec![],
        rules: vec![RouteRule {
            matches: vec![prefix("/")],
            ..RouteRule::default()
        }],
    };
    assert_eq!(route(&http("{}")), expected);
}

#[test]
fn an_empty_grpc_route_has_no_rules() {
    let route = route(&route_yaml("v1", "GRPCRoute", "{}"));
    assert_eq!((route.kind, route.rules), (RouteKind::Grpc, vec![]));
}

#[rstest]
#[case::tcp("v1", "TCPRoute", RouteKind::Tcp)]
#[case::tcp_as_it_was("v1alpha2", "TCPRoute", RouteKind::Tcp)]
#[case::udp("v1", "UDPRoute", RouteKind::Udp)]
#[case::udp_as_it_was("v1alpha2", "UDPRoute", RouteKind::Udp)]
fn l4_routes(#[case] api_version: &str, #[case] kind: &str, #[case] expected: RouteKind) {
    let spec = "{parentRefs: [{name: web, port: 53}], rules: [{name: r, backendRefs: [{name: dns, port: 53}]}]}";
    let expected = Route {
        meta: meta("team-a", "app"),
        kind: expected,
        parent_refs: vec![Arc::new(ParentRef {
            port: Some(53),
            ..parent("web")
        })],
        hostnames: vec![],
        rules: vec![RouteRule {
            name: Some("r".into()),
            backend_refs: vec![service("dns", 53)],
            ..RouteRule::default()
        }],
    };
    assert_eq!(route(&route_yaml(api_version, kind, spec)), expected);
}

#[test]
fn tls_routes_have_hostnames() {
    let route = route(&route_yaml(
        "v1alpha3",
        "TLSRoute",
        "{hostnames: [a.com, '*.b.com'], rules: [{backendRefs: [{name: s, port: 1}]}]}",
    ));
    let hostnames: Vec<_> = route.hostnames.iter().map(Hostname::as_str).collect();
    assert_eq!(hostnames, ["a.com", "*.b.com"]);
}

#[test]
fn hostnames_of_a_tcp_route_are_ignored_with_a_warning() {
    let (_, warnings) = accepted(&route_yaml(
        "v1",
        "TCPRoute",
        "{hostnames: [a.com], rules: [{backendRefs: [{name: s, port: 1}]}]}",
    ));
    assert_eq!(warnings[0].field, "spec.hostnames");
}

#[rstest]
#[case::plain("{name: web}", parent("web"))]
#[case::everything(
    "{group: a.b, kind: C, name: web, namespace: infra, sectionName: http, port: 80}",
    ParentRef {
        group: "a.b".to_owned(),
        kind: "C".to_owned(),
        namespace: Some("infra".into()),
        name: "web".into(),
        section_name: Some("http".into()),
        port: Some(80),
    }
)]
#[case::core_group("{group: '', kind: Service, name: web}", ParentRef {
    group: String::new(),
    kind: "Service".to_owned(),
    ..parent("web")
})]
fn parents(#[case] entry: &str, #[case] expected: ParentRef) {
    let route = route(&http(&format!("{{parentRefs: [{entry}]}}")));
    assert_eq!(route.parent_refs, [Arc::new(expected)]);
}

#[rstest]
#[case::by_section("[{name: a, sectionName: x}, {name: a, sectionName: z}]")]
#[case::by_port("[{name: a, port: 1}, {name: a, port: 2}]")]
#[case::by_either("[{name: a, sectionName: x, port: 1}, {name: a, sectionName: x, port: 2}]")]
#[case::other_namespace("[{name: a}, {name: a, namespace: b}]")]
#[case::other_kind("[{name: a}, {name: a, kind: ListenerSet}]")]
fn distinct_parents(#[case] parents: &str) {
    let route = route(&http(&format!("{{parentRefs: {parents}}}")));
    assert_eq!(route.parent_refs.len(), 2);
}

#[rstest]
#[case::nameless("[{}]", "[0].name", "is required")]
#[case::port_zero("[{name: a, port: 0}]", "[0].port", "must be 1 to 65535")]
#[case::bad_section("[{name: a, sectionName: A}]", "[0].sectionName", "is not a DNS name")]
#[case::twice("[{name: a}, {name: a}]", "[1]", "same parent, sectionName and port")]
#[case::twice_with_the_group_spelled_out(
    "[{name: a}, {name: a, kind: Gateway}]",
    "[1]",
    "same parent"
)]
#[case::section_on_one(
    "[{name: a}, {name: a, sectionName: x}]",
    "[1]",
    "all give sectionName or none"
)]
#[case::port_on_one("[{name: a, port: 1}, {name: a}]", "[1]", "all give port or none")]
#[case::same_section(
    "[{name: a, sectionName: x}, {name: a, sectionName: x}]",
    "[1]",
    "same parent"
)]
fn bad_parents(#[case] parents: &str, #[case] field: &str, #[case] reason: &str) {
    refused(
        &http(&format!("{{parentRefs: {parents}}}")),
        &format!("spec.parentRefs{field}"),
        reason,
    );
}

#[rstest]
#[case::no_matches("{matches: []}", prefix("/"))]
#[case::no_path("{matches: [{}]}", prefix("/"))]
#[case::no_type("{matches: [{path: {value: /a}}]}", prefix("/a"))]
#[case::no_value("{matches: [{path: {type: Exact}}]}", matching(PathMatch::Exact("/".to_owned())))]
#[case::regex(
    "{matches: [{path: {type: RegularExpression, value: '(['}}]}",
    matching(PathMatch::Regex("([".to_owned()))
)]
#[case::percent_codes("{matches: [{path: {value: /a%20b}}]}", prefix("/a%20b"))]
#[case::method("{matches: [{method: DELETE}]}", RouteMatch { method: Some("DELETE".to_owned()), ..prefix("/") })]
#[case::headers(
    "{matches: [{headers: [{name: X-A, value: b c}, {name: z, type: RegularExpression, value: .*}]}]}",
    RouteMatch {
        headers: vec![
            value("X-A", "b c", Comparison::Exact),
            value("z", ".*", Comparison::Regex),
        ],
        ..prefix("/")
    }
)]
#[case::first_of_equal_headers_counts(
    "{matches: [{headers: [{name: X-A, value: b}, {name: x-a, value: c}]}]}",
    RouteMatch { headers: vec![value("X-A", "b", Comparison::Exact)], ..prefix("/") }
)]
#[case::query(
    "{matches: [{queryParams: [{name: q, value: 'ä b'}, {name: Q, type: RegularExpression, value: x}]}]}",
    RouteMatch {
        query_params: vec![
            value("q", "ä b", Comparison::Exact),
            value("Q", "x", Comparison::Regex),
        ],
        ..prefix("/")
    }
)]
fn http_matches(#[case] rule: &str, #[case] expected: RouteMatch) {
    assert_eq!(only_rule(&http_rule(rule)).matches, [expected]);
}

#[rstest]
#[case::unknown_type(
    "path: {type: Suffix, value: /}",
    "path.type",
    "unknown variant `Suffix`"
)]
#[case::relative("path: {value: a}", "path.value", "start with '/'")]
#[case::empty("path: {value: ''}", "path.value", "start with '/'")]
#[case::double_slash("path: {value: /a//b}", "path.value", "must not contain '//'")]
#[case::dot("path: {value: /a/./b}", "path.value", "must not contain '/./'")]
#[case::dots("path: {value: /a/../b}", "path.value", "must not contain '/../'")]
#[case::encoded_slash(
    "path: {type: Exact, value: /a%2fb}",
    "path.value",
    "must not contain '%2f'"
)]
#[case::fragment("path: {value: '/a#b'}", "path.value", "must not contain '#'")]
#[case::dots_at_the_end("path: {value: /a/..}", "path.value", "must not end with '/..'")]
#[case::dot_at_the_end("path: {value: /a/.}", "path.value", "must not end with '/.'")]
#[case::blank("path: {value: /a b}", "path.value", "characters that a URL path has")]
#[case::half_a_code("path: {value: /a%2}", "path.value", "characters that a URL path has")]
#[case::unknown_method("method: get", "method", "unknown variant `get`")]
#[case::header_without_value("headers: [{name: a}]", "headers[0].value", "is required")]
#[case::empty_header_value(
    "headers: [{name: a, value: ''}]",
    "headers[0].value",
    "must not be empty"
)]
#[case::header_value_with_line_end(
    "headers: [{name: a, value: \"b\\nc\"}]",
    "headers[0].value",
    "visible ASCII"
)]
#[case::header_name_with_blank(
    "headers: [{name: a b, value: c}]",
    "headers[0].name",
    "is not an HTTP token"
)]
#[case::header_twice(
    "headers: [{name: a, value: b}, {name: a, value: c}]",
    "headers[1].name",
    "same name"
)]
#[case::unknown_header_type(
    "headers: [{name: a, value: b, type: Glob}]",
    "headers[0].type",
    "unknown variant"
)]
#[case::query_twice(
    "queryParams: [{name: a, value: b}, {name: a, value: c}]",
    "queryParams[1].name",
    "same name"
)]
#[case::empty_query(
    "queryParams: [{name: a, value: ''}]",
    "queryParams[0].value",
    "must not be empty"
)]
fn bad_http_matches(#[case] entry: &str, #[case] field: &str, #[case] reason: &str) {
    refused(
        &http_rule(&format!("{{matches: [{{{entry}}}]}}")),
        &format!("spec.rules[0].matches[0].{field}"),
        reason,
    );
}

fn redirect(redirect: Redirect) -> RouteFilter {
    RouteFilter::Redirect(redirect)
}

#[rstest]
#[case::redirect_defaults_to_302(
    "{type: RequestRedirect, requestRedirect: {}}",
    redirect(Redirect { status_code: 302, ..Redirect::default() })
)]
#[case::redirect(
    "{type: RequestRedirect, requestRedirect: {scheme: https, hostname: a.com, port: 8443, statusCode: 301, path: {type: ReplaceFullPath, replaceFullPath: /x}}}",
    redirect(Redirect {
        scheme: Some("https".to_owned()),
        hostname: Hostname::parse("a.com").ok(),
        path: Some(PathModifier::ReplaceFullPath("/x".to_owned())),
        port: Some(8443),
        status_code: 301,
    })
)]
#[case::status_code_that_elb_lacks_is_for_the_merge(
    "{type: RequestRedirect, requestRedirect: {statusCode: 308}}",
    redirect(Redirect { status_code: 308, ..Redirect::default() })
)]
#[case::rewrite(
    "{type: URLRewrite, urlRewrite: {hostname: a.com, path: {type: ReplacePrefixMatch, replacePrefixMatch: ''}}}",
    RouteFilter::UrlRewrite(UrlRewrite {
        hostname: Hostname::parse("a.com").ok(),
        path: Some(PathModifier::ReplacePrefixMatch(String::new())),
    })
)]
#[case::extension(
    "{type: ExtensionRef, extensionRef: {group: gateway.k8s.aws, kind: ListenerRuleConfiguration, name: auth}}",
    RouteFilter::ExtensionRef {
        group: "gateway.k8s.aws".to_owned(),
        kind: "ListenerRuleConfiguration".to_owned(),
        name: "auth".into(),
    }
)]
#[case::mirror(
    "{type: RequestMirror, requestMirror: {backendRef: {name: s, port: 1}}}",
    RouteFilter::Unsupported("RequestMirror".to_owned())
)]
#[case::request_headers(
    "{type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: a, value: b}]}}",
    RouteFilter::Unsupported("RequestHeaderModifier".to_owned())
)]
#[case::response_headers(
    "{type: ResponseHeaderModifier, responseHeaderModifier: {remove: [a]}}",
    RouteFilter::Unsupported("ResponseHeaderModifier".to_owned())
)]
#[case::cors("{type: CORS, cors: {}}", RouteFilter::Unsupported("CORS".to_owned()))]
#[case::external_auth(
    "{type: ExternalAuth, externalAuth: {protocol: HTTP, http: {}, backendRef: {name: s, port: 1}}}",
    RouteFilter::Unsupported("ExternalAuth".to_owned())
)]
fn http_filters(#[case] filter: &str, #[case] expected: RouteFilter) {
    let rule = only_rule(&http_rule(&format!(
        "{{matches: [{{path: {{value: /a}}}}], filters: [{filter}]}}"
    )));
    assert_eq!(rule.filters, std::slice::from_ref(&expected));

    let in_backend = only_rule(&http_rule(&format!(
        "{{matches: [{{path: {{value: /a}}}}], backendRefs: [{{name: s, port: 1, filters: [{filter}]}}]}}"
    )));
    assert_eq!(in_backend.backend_refs[0].filters, [expected]);
}

const REDIRECT: &str = "{type: RequestRedirect, requestRedirect: {}}";
const REWRITE: &str = "{type: URLRewrite, urlRewrite: {}}";
const CORS: &str = "{type: CORS, cors: {}}";

#[rstest]
#[case::typeless("{requestRedirect: {}}", "[0].type", "is required")]
#[case::unknown_type("{type: Teleport}", "[0].type", "unknown variant `Teleport`")]
#[case::struct_missing(
    "{type: RequestRedirect}",
    "[0].requestRedirect",
    "is required for type RequestRedirect"
)]
#[case::struct_of_another_type(
    "{type: RequestRedirect, requestRedirect: {}, urlRewrite: {}}",
    "[0].urlRewrite",
    "must not be set for type RequestRedirect"
)]
#[case::redirect_twice(&format!("{REDIRECT}, {REDIRECT}"), "[1]", "must not be repeated")]
#[case::rewrite_twice(&format!("{REWRITE}, {REWRITE}"), "[1]", "must not be repeated")]
#[case::cors_twice(&format!("{CORS}, {CORS}"), "[1]", "must not be repeated")]
#[case::redirect_and_rewrite(&format!("{REWRITE}, {REDIRECT}"), "", "both RequestRedirect and URLRewrite")]
#[case::status_code(
    "{type: RequestRedirect, requestRedirect: {statusCode: 300}}",
    "[0].requestRedirect.statusCode",
    "must be 301"
)]
#[case::scheme(
    "{type: RequestRedirect, requestRedirect: {scheme: ftp}}",
    "[0].requestRedirect.scheme",
    "unknown variant `ftp`"
)]
#[case::wildcard(
    "{type: RequestRedirect, requestRedirect: {hostname: '*.a.com'}}",
    "[0].requestRedirect.hostname",
    "a wildcard is not allowed"
)]
#[case::port(
    "{type: RequestRedirect, requestRedirect: {port: 0}}",
    "[0].requestRedirect.port",
    "must be 1 to 65535"
)]
#[case::full_path_missing(
    "{type: URLRewrite, urlRewrite: {path: {type: ReplaceFullPath}}}",
    "[0].urlRewrite.path.replaceFullPath",
    "is required"
)]
#[case::prefix_missing(
    "{type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replaceFullPath: /}}}",
    "[0].urlRewrite.path.replacePrefixMatch",
    "is required"
)]
#[case::both_paths(
    "{type: URLRewrite, urlRewrite: {path: {type: ReplaceFullPath, replaceFullPath: /, replacePrefixMatch: /}}}",
    "[0].urlRewrite.path.replacePrefixMatch",
    "must not be set"
)]
#[case::prefix_needs_prefix(
    "{type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /}}}",
    "[0].urlRewrite.path",
    "exactly one match"
)]
#[case::extension_without_name(
    "{type: ExtensionRef, extensionRef: {group: a, kind: B}}",
    "[0].extensionRef.name",
    "is required"
)]
fn bad_http_filters(#[case] filters: &str, #[case] field: &str, #[case] reason: &str) {
    let matches = "matches: [{path: {type: Exact, value: /a}}]";
    refused(
        &http_rule(&format!("{{{matches}, filters: [{filters}]}}")),
        &format!("spec.rules[0].filters{field}"),
        reason,
    );
    refused(
        &http_rule(&format!(
            "{{{matches}, backendRefs: [{{name: s, port: 1, filters: [{filters}]}}]}}"
        )),
        &format!("spec.rules[0].backendRefs[0].filters{field}"),
        reason,
    );
}

#[test]
fn a_replaced_prefix_needs_a_single_match() {
    refused(
        &http_rule(
            "{matches: [{path: {value: /a}}, {path: {value: /b}}], filters: [{type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /}}}]}",
        ),
        "spec.rules[0].filters[0].urlRewrite.path",
        "exactly one match",
    );
}

#[test]
fn a_redirect_has_no_backends() {
    refused(
        &http_rule(&format!(
            "{{filters: [{REDIRECT}], backendRefs: [{{name: s, port: 1}}]}}"
        )),
        "spec.rules[0].filters[0]",
        "must not be used together with backendRefs",
    );
}

#[rstest]
#[case::weight("{name: s, port: 80, weight: 0}", BackendRef { weight: 0, ..service("s", 80) })]
#[case::weight_beyond_elb_is_for_the_merge(
    "{name: s, port: 80, weight: 1000000}",
    BackendRef { weight: 1_000_000, ..service("s", 80) }
)]
#[case::other_kind_without_port(
    "{group: a.b, kind: Bucket, name: s, namespace: c}",
    BackendRef {
        group: "a.b".to_owned(),
        kind: "Bucket".to_owned(),
        namespace: Some("c".into()),
        port: None,
        ..service("s", 1)
    }
)]
fn backends(#[case] entry: &str, #[case] expected: BackendRef) {
    let rule = only_rule(&http_rule(&format!("{{backendRefs: [{entry}]}}")));
    assert_eq!(rule.backend_refs, [expected]);
}

#[rstest]
#[case::service_without_port("{name: s}", "port", "is required for a Service")]
#[case::port_zero("{name: s, port: 0}", "port", "must be 1 to 65535")]
#[case::negative_weight("{name: s, port: 1, weight: -1}", "weight", "0 to 1000000")]
#[case::heavy("{name: s, port: 1, weight: 1000001}", "weight", "0 to 1000000")]
#[case::nameless("{port: 1}", "name", "is required")]
fn bad_backends(#[case] entry: &str, #[case] field: &str, #[case] reason: &str) {
    refused(
        &http_rule(&format!("{{backendRefs: [{entry}]}}")),
        &format!("spec.rules[0].backendRefs[0].{field}"),
        reason,
    );
}

#[rstest]
#[case::request_timeout("{timeouts: {request: 10s}}", &["timeouts.request"])]
#[case::backend_timeout("{timeouts: {backendRequest: 500ms}}", &["timeouts.backendRequest"])]
#[case::zero_is_no_timeout("{timeouts: {request: 0s}}", &[])]
#[case::retry("{retry: {attempts: 2}}", &["retry"])]
#[case::session_persistence("{sessionPersistence: {type: Cookie}}", &["sessionPersistence"])]
fn what_no_elb_does_is_kept_by_name(#[case] rule: &str, #[case] expected: &[&str]) {
    assert_eq!(only_rule(&http_rule(rule)).unsupported, expected);
}

#[rstest]
#[case::no_rules("{rules: []}", "spec.rules", "1 to 16 entries")]
#[case::bad_duration(
    "{rules: [{timeouts: {request: soon}}]}",
    "spec.rules[0].timeouts.request",
    "is not a duration"
)]
#[case::backend_longer_than_request(
    "{rules: [{timeouts: {request: 1s, backendRequest: 2s}}]}",
    "spec.rules[0].timeouts.backendRequest",
    "must not be longer"
)]
#[case::rule_name_twice("{rules: [{name: a}, {name: a}]}", "spec.rules[1].name", "same name")]
#[case::bad_rule_name("{rules: [{name: A}]}", "spec.rules[0].name", "is not a DNS name")]
#[case::bad_hostname(
    "{hostnames: [a.com, 'a..com']}",
    "spec.hostnames[1]",
    "is not a hostname"
)]
#[case::hostnames_is_a_string("{hostnames: a.com}", "spec.hostnames", "invalid type: string")]
fn bad_http_routes(#[case] spec: &str, #[case] field: &str, #[case] reason: &str) {
    refused(&http(spec), field, reason);
}

fn repeated(entry: &str, times: usize) -> String {
    vec![entry; times].join(", ")
}

#[rstest]
#[case::rules(&format!("{{rules: [{}]}}", repeated("{}", 17)), "spec.rules", "1 to 16")]
#[case::hostnames(&format!("{{hostnames: [{}]}}", repeated("a.com", 17)), "spec.hostnames", "at most 16")]
#[case::parents(&format!("{{parentRefs: [{}]}}", repeated("{name: a}", 33)), "spec.parentRefs", "at most 32")]
#[case::matches(&format!("{{rules: [{{matches: [{}]}}]}}", repeated("{}", 65)), "spec.rules[0].matches", "at most 64")]
#[case::all_matches(
    &format!("{{rules: [{}]}}", repeated(&format!("{{matches: [{}]}}", repeated("{}", 43)), 3)),
    "spec.rules",
    "128 matches in all rules together, it has 129"
)]
#[case::backends(
    &format!("{{rules: [{{backendRefs: [{}]}}]}}", repeated("{name: s, port: 1}", 17)),
    "spec.rules[0].backendRefs",
    "at most 16"
)]
#[case::filters(
    &format!("{{rules: [{{filters: [{}]}}]}}", repeated("{type: ExtensionRef, extensionRef: {group: a, kind: B, name: c}}", 17)),
    "spec.rules[0].filters",
    "at most 16"
)]
#[case::path(&format!("{{rules: [{{matches: [{{path: {{value: /{}}}}}]}}]}}", "a".repeat(1024)), "spec.rules[0].matches[0].path.value", "at most 1024")]
fn limits(#[case] spec: &str, #[case] field: &str, #[case] reason: &str) {
    refused(&http(spec), field, reason);
}

fn grpc(service: Option<&str>, method: Option<&str>, comparison: Comparison) -> RouteMatch {
    matching(PathMatch::Grpc {
        service: service.map(str::to_owned),
        method: method.map(str::to_owned),
        comparison,
    })
}

#[rstest]
#[case::no_matches("{}", grpc(None, None, Comparison::Exact))]
#[case::service(
    "{matches: [{method: {service: a.B}}]}",
    grpc(Some("a.B"), None, Comparison::Exact)
)]
#[case::method(
    "{matches: [{method: {type: Exact, method: Get_1}}]}",
    grpc(None, Some("Get_1"), Comparison::Exact)
)]
#[case::regex(
    "{matches: [{method: {type: RegularExpression, service: 'a.*', method: '.'}}]}",
    grpc(Some("a.*"), Some("."), Comparison::Regex)
)]
#[case::headers_only(
    "{matches: [{headers: [{name: a, value: b}]}]}",
    RouteMatch {
        headers: vec![value("a", "b", Comparison::Exact)],
        ..grpc(None, None, Comparison::Exact)
    }
)]
fn grpc_matches(#[case] rule: &str, #[case] expected: RouteMatch) {
    assert_eq!(only_rule(&grpc_rule(rule)).matches, [expected]);
}

#[rstest]
#[case::empty_method(
    "{matches: [{method: {}}]}",
    "matches[0].method",
    "needs a service, a method or both"
)]
#[case::bad_service(
    "{matches: [{method: {service: a..b}}]}",
    "matches[0].method.service",
    "fully qualified"
)]
#[case::bad_method(
    "{matches: [{method: {method: 1a}}]}",
    "matches[0].method.method",
    "is not a method"
)]
#[case::redirect(&format!("{{filters: [{REDIRECT}]}}"), "filters[0].type", "a GRPCRoute has no RequestRedirect filter")]
#[case::cors(&format!("{{filters: [{CORS}]}}"), "filters[0].type", "a GRPCRoute has no CORS filter")]
fn bad_grpc_rules(#[case] rule: &str, #[case] field: &str, #[case] reason: &str) {
    refused(&grpc_rule(rule), &format!("spec.rules[0].{field}"), reason);
}

#[test]
fn grpc_session_persistence_is_kept_by_name() {
    let rule = only_rule(&grpc_rule("{sessionPersistence: {type: Header}}"));
    assert_eq!(rule.unsupported, ["sessionPersistence"]);
}

#[rstest]
#[case::tcp_without_rules("TCPRoute", "{}", "spec.rules", "is required")]
#[case::tcp_two_rules(
    "TCPRoute",
    "{rules: [{backendRefs: [{name: s, port: 1}]}, {backendRefs: [{name: s, port: 1}]}]}",
    "spec.rules",
    "exactly 1 entries"
)]
#[case::udp_without_backends(
    "UDPRoute",
    "{rules: [{}]}",
    "spec.rules[0].backendRefs",
    "is required"
)]
#[case::udp_empty_backends(
    "UDPRoute",
    "{rules: [{backendRefs: []}]}",
    "spec.rules[0].backendRefs",
    "1 to 16"
)]
#[case::tls_without_hostnames(
    "TLSRoute",
    "{rules: [{backendRefs: [{name: s, port: 1}]}]}",
    "spec.hostnames",
    "is required"
)]
#[case::tls_empty_hostnames(
    "TLSRoute",
    "{hostnames: [], rules: [{backendRefs: [{name: s, port: 1}]}]}",
    "spec.hostnames",
    "1 to 1024"
)]
#[case::tls_with_address(
    "TLSRoute",
    "{hostnames: [10.0.0.1], rules: [{backendRefs: [{name: s, port: 1}]}]}",
    "spec.hostnames[0]",
    "IP address"
)]
fn bad_l4_routes(
    #[case] kind: &str,
    #[case] spec: &str,
    #[case] field: &str,
    #[case] reason: &str,
) {
    refused(&route_yaml("v1", kind, spec), field, reason);
}
