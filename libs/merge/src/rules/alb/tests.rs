//! What an ALB can express of HTTPRoute and GRPCRoute rules, and what is said of the rest.

mod limits;

use std::sync::Arc;

use tributary_model::config::{
    AuthenticateAction, ListenerRuleConfiguration, RoutingAction, SourceIpCondition,
};
use tributary_model::resolved::{DroppedRule, Resolved, RouteAcceptance};
use tributary_model::route::{
    Comparison, PathMatch, PathModifier, Redirect, RouteFilter, UrlRewrite,
};
use tributary_model::workload::{L4Protocol, Service, ServicePort, ServiceType};
use tributary_model::{Change, Kind, ObjectRef, Resource, RouteKind};
use tributary_testkit::objects::{class, gateway, hostname, http, https, key, meta};
use tributary_testkit::routes::{RouteBuilder, RuleBuilder, http_route, route, rule};
use tributary_testkit::workloads::{rule_configuration, service};

use crate::Merge;
use crate::Options;
use crate::tests::{load_balancer, rules};

struct Outcome {
    acceptance: RouteAcceptance,
    dropped: Vec<DroppedRule>,
    http: Vec<String>,
    https: Vec<String>,
}

/// One route on a Gateway with an HTTP listener without hostname on 80 and an HTTPS one for `a.x` on 443.
fn outcome(route: RouteBuilder, more: Vec<Resource>) -> Outcome {
    let route = route.to_gateway("t/gw").build();
    let object: ObjectRef = route.object_ref();
    let mut objects = vec![
        class("alb", "gateway.k8s.aws/alb"),
        gateway("t/gw")
            .listener(http("http", 80))
            .listener(https("https", 443, "a.x"))
            .build(),
        service("t/web", 80),
        route,
    ];
    objects.extend((0..6).map(|n| service(&format!("t/web{n}"), 80)));
    objects.extend(more);
    let mut merge = Merge::new(Options::default());
    for object in objects {
        merge.apply(Change::Apply(Arc::new(object)));
    }
    let settled = merge.propagate();
    let merged = crate::Merged {
        merge,
        outcome: settled,
    };
    let load_balancer = load_balancer(&merged, "t/gw");
    let short = |port| {
        rules(load_balancer, port)
            .iter()
            .map(|line| {
                line.replace("service/t/", "")
                    .replace("/80/HTTP/HTTP1/ip/ipv4", "")
            })
            .collect()
    };
    let Some(Resolved::Route(resolved)) = merged.merge.resolved(&object).map(AsRef::as_ref) else {
        panic!("the route is ours");
    };
    let parent = resolved.parents[0].clone();
    Outcome {
        acceptance: parent.acceptance,
        dropped: parent.dropped_rules,
        http: short(80),
        https: short(443),
    }
}

/// Rules on the HTTP listener, nothing being dropped.
fn check(route: RouteBuilder, expected: &[&str]) {
    check_with(route, vec![], expected);
}

fn check_with(route: RouteBuilder, more: Vec<Resource>, expected: &[&str]) {
    let outcome = outcome(route, more);
    assert_eq!(outcome.dropped, vec![]);
    assert_eq!(outcome.acceptance, RouteAcceptance::Accepted);
    assert_eq!(outcome.http, expected);
}

/// A single rule that is left out: where and what is said.
fn check_dropped(rule: RuleBuilder, field: &str, message: &str) {
    check_dropped_with(
        rule,
        vec![],
        &RouteAcceptance::UnsupportedValue,
        field,
        message,
    );
}

fn check_dropped_with(
    rule: RuleBuilder,
    more: Vec<Resource>,
    acceptance: &RouteAcceptance,
    field: &str,
    message: &str,
) {
    let outcome = outcome(http_route("t/r").rule(rule), more);
    assert_eq!(outcome.http, Vec::<String>::new());
    assert_eq!(outcome.acceptance, *acceptance);
    let dropped = outcome.dropped.first().expect("a rule is dropped");
    assert_eq!(dropped.field, field);
    assert!(dropped.message.contains(message), "{}", dropped.message);
}

fn of(rule: RuleBuilder) -> RouteBuilder {
    http_route("t/r").rule(rule)
}

fn redirect(redirect: Redirect) -> RuleBuilder {
    rule().prefix("/").filter(RouteFilter::Redirect(redirect))
}

fn rewrite(rule: RuleBuilder, path: PathModifier) -> RuleBuilder {
    rule.backend("web", 80)
        .filter(RouteFilter::UrlRewrite(UrlRewrite {
            hostname: None,
            path: Some(path),
        }))
}

fn found() -> Redirect {
    Redirect {
        status_code: 302,
        ..Redirect::default()
    }
}

fn extension(name: &str) -> RouteFilter {
    RouteFilter::ExtensionRef {
        group: "gateway.k8s.aws".to_owned(),
        kind: "ListenerRuleConfiguration".to_owned(),
        name: name.into(),
    }
}

fn configured(change: impl FnOnce(&mut ListenerRuleConfiguration)) -> Vec<Resource> {
    let mut configuration = rule_configuration("t/conf");
    change(&mut configuration);
    vec![Resource::ListenerRuleConfiguration(Box::new(configuration))]
}

fn authenticating() -> Vec<Resource> {
    configured(|configuration| {
        configuration.authenticate = Some(AuthenticateAction::Jwt {
            jwks_endpoint: "https://keys".to_owned(),
            issuer: "me".to_owned(),
            claims: vec![],
        });
    })
}

#[test]
fn prefix_means_whole_path_elements() {
    check(
        of(rule().prefix("/a/").backend("web", 80)),
        &["path /a|/a/* -> web*1"],
    );
}

#[test]
fn the_root_prefix_needs_no_condition() {
    check(
        of(rule().prefix("/").backend("web", 80)),
        &["path /* -> web*1"],
    );
}

#[test]
fn exact_is_exact() {
    check(
        of(rule().exact("/a").backend("web", 80)),
        &["path /a -> web*1"],
    );
}

#[test]
fn wildcard_characters_in_a_path_are_taken_literally() {
    check(
        of(rule().exact("/a*").backend("web", 80)),
        &[r"path ~^/a\*$ -> web*1"],
    );
    check(
        of(rule().prefix("/a?").backend("web", 80)),
        &[r"path ~^/a\?(/.*)?$ -> web*1"],
    );
}

#[test]
fn a_regex_is_a_regex_value() {
    check(
        of(rule()
            .path(PathMatch::Regex("/v[0-9]+".to_owned()))
            .backend("web", 80)),
        &["path ~/v[0-9]+ -> web*1"],
    );
}

#[test]
fn method_headers_and_query_parameters_must_all_hold() {
    check(
        of(rule()
            .prefix("/")
            .method("GET")
            .header("X-A", "1")
            .query("q", "a*", Comparison::Exact)
            .query("r", "2", Comparison::Exact)
            .backend("web", 80)),
        &[
            r#"header X-A=1 & query [(Some("q"), "a\\*")] & query [(Some("r"), "2")] & method GET -> web*1"#,
        ],
    );
}

#[test]
fn query_parameters_have_no_regex() {
    check_dropped(
        rule()
            .prefix("/")
            .query("q", "a+", Comparison::Regex)
            .backend("web", 80),
        "rules[0].matches[0].queryParams[0]",
        "no regular expressions",
    );
}

/// ELB, "Listener rules for your Application Load Balancer": what rules' regular expressions do not support.
#[test]
fn a_regex_that_an_elb_does_not_know_drops_its_rule() {
    for (pattern, what) in [
        (r"/\p{L}+", "a Unicode character class"),
        (r"/\pL", "a Unicode character class"),
        (r"/[a\P{Greek}]+", "a Unicode character class"),
        ("/a++", "a possessive quantifier"),
        ("/a*+b", "a possessive quantifier"),
        ("/a?+", "a possessive quantifier"),
        ("/a{2,3}+", "a possessive quantifier"),
        ("/(?R)", "a recursion"),
        ("/(?=a)", "no regular expression"),
        ("/(?<!a)b", "no regular expression"),
        ("/(?>a)b", "no regular expression"),
        (r"/(a)\1", "no regular expression"),
        ("/(?1)", "no regular expression"),
        ("/[b-a]", "no regular expression"),
    ] {
        check_dropped(
            rule()
                .path(PathMatch::Regex(pattern.to_owned()))
                .backend("web", 80),
            "rules[0].matches[0].path",
            what,
        );
    }
    for pattern in ["/a+?", "/(a+)+", r"/\d{2,}", r"/[\w-]+", "(?i)/a", "/a|/b"] {
        check(
            of(rule()
                .path(PathMatch::Regex(pattern.to_owned()))
                .backend("web", 80)),
            &[&format!("path ~{pattern} -> web*1")],
        );
    }
}

#[test]
fn an_invalid_regex_drops_its_rule() {
    check_dropped(
        rule()
            .path(PathMatch::Regex("(a".to_owned()))
            .backend("web", 80),
        "rules[0].matches[0].path",
        "unclosed group",
    );
}

#[test]
fn more_than_five_values_drop_the_rule() {
    check_dropped(
        rule()
            .prefix("/a")
            .header("A", "1")
            .header("B", "1")
            .header("C", "1")
            .header("D", "1")
            .backend("web", 80),
        "rules[0].matches[0]",
        "6 condition values",
    );
}

#[test]
fn hostnames_are_split_over_rules_of_five_values() {
    let route = ["a", "b", "c", "d"]
        .iter()
        .fold(http_route("t/r"), |route, host| {
            route.host(&format!("{host}.y"))
        });
    check(
        route.rule(rule().prefix("/p").backend("web", 80)),
        &[
            "host a.y|b.y|c.y & path /p|/p/* -> web*1",
            "host d.y & path /p|/p/* -> web*1",
        ],
    );
}

#[test]
fn paths_that_aws_refuses_as_values_are_compared_by_regular_expressions() {
    for path in ["%20", "!", "(", ")", ",", ";", "="] {
        let escaped = path.replace('(', r"\(").replace(')', r"\)");
        let to = |rule: RuleBuilder| http_route("t/r").rule(rule.backend("web", 80));
        check(
            to(rule().exact(&format!("/a{path}"))),
            &[&format!("path ~^/a{escaped}$ -> web*1")],
        );
        check(
            to(rule().prefix(&format!("/a{path}"))),
            &[&format!("path ~^/a{escaped}(/.*)?$ -> web*1")],
        );
    }
}

#[test]
fn hostnames_that_aws_refuses_as_values_are_compared_by_regular_expressions() {
    check(
        http_route("t/r")
            .host("shop")
            .host("shop.example.com")
            .host("shop.xn--p1ai")
            .host("*.site1")
            .rule(rule().exact("/p").backend("web", 80)),
        &[
            "host shop.example.com & path /p -> web*1",
            "host ~^[sS][hH][oO][pP](:[0-9]+)?$\
             |^[sS][hH][oO][pP]\\.[xX][nN]--[pP]1[aA][iI](:[0-9]+)?$ & path /p -> web*1",
            "host ~^.+\\.[sS][iI][tT][eE]1(:[0-9]+)?$ & path /p -> web*1",
        ],
    );
}

#[test]
fn a_rule_keeps_to_five_values_with_regular_expressions_too() {
    let route = (0..4).fold(http_route("t/r"), |route, number| {
        route.host(&format!("{number}"))
    });
    check(
        route.rule(rule().prefix("/p").backend("web", 80)),
        &[
            "host ~^0(:[0-9]+)?$|^1(:[0-9]+)?$|^2(:[0-9]+)?$ & path /p|/p/* -> web*1",
            "host ~^3(:[0-9]+)?$ & path /p|/p/* -> web*1",
        ],
    );
}

/// A hostname of more than 128 characters, and one whose regular expression is that long.
fn hosts_that_no_elb_compares() -> [String; 2] {
    let label = "a".repeat(40);
    [format!("{label}.{label}.{label}.{label}.com"), label]
}

#[test]
fn a_hostname_that_no_elb_compares_is_refused_by_name_and_the_others_are_served() {
    for host in hosts_that_no_elb_compares() {
        let outcome = outcome(
            http_route("t/r")
                .host("shop.example.com")
                .host(&host)
                .rule(rule().exact("/p").backend("web", 80))
                .rule(rule().exact("/q").backend("web", 80)),
            vec![],
        );
        assert_eq!(outcome.acceptance, RouteAcceptance::Accepted);
        assert_eq!(
            outcome.http,
            [
                "host shop.example.com & path /p -> web*1",
                "host shop.example.com & path /q -> web*1",
            ]
        );
        let fields: Vec<&str> = outcome
            .dropped
            .iter()
            .map(|dropped| &*dropped.field)
            .collect();
        assert_eq!(fields, ["hostnames[1]"]);
    }
}

#[test]
fn a_route_whose_only_hostname_no_elb_compares_is_not_accepted() {
    for host in hosts_that_no_elb_compares() {
        let outcome = outcome(
            http_route("t/r")
                .host(&host)
                .rule(rule().exact("/p").backend("web", 80)),
            vec![],
        );
        assert_eq!(outcome.acceptance, RouteAcceptance::UnsupportedValue);
        assert_eq!(outcome.http, Vec::<String>::new());
        assert_eq!(outcome.dropped[0].field, "hostnames[0]");
    }
}

#[test]
fn precedence_is_path_then_method_then_headers_then_query_then_order() {
    let to = |rule: RuleBuilder, backend: &str| rule.backend(backend, 80);
    check(
        http_route("t/r")
            .rule(to(rule().prefix("/"), "web0"))
            .rule(to(rule().prefix("/a"), "web1"))
            .rule(to(rule().prefix("/a").header("H", "1"), "web2"))
            .rule(to(rule().prefix("/a").method("GET"), "web3"))
            .rule(to(rule().path(PathMatch::Regex("/a.*".to_owned())), "web4"))
            .rule(to(rule().exact("/a"), "web5"))
            .rule(to(rule().prefix("/a"), "web")),
        &[
            "path /a -> web5*1",
            "path ~/a.* -> web4*1",
            "path /a|/a/* & method GET -> web3*1",
            "path /a|/a/* & header H=1 -> web2*1",
            "path /a|/a/* -> web1*1",
            "path /a|/a/* -> web*1",
            "path /* -> web0*1",
        ],
    );
}

#[test]
fn of_equal_matches_the_older_route_comes_first() {
    let younger = http_route("t/a")
        .to_gateway("t/gw")
        .created(9)
        .backend("web0")
        .build();
    check_with(
        http_route("t/z").created(1).backend("web"),
        vec![younger],
        &["path /* -> web*1", "path /* -> web0*1"],
    );
}

#[test]
fn weights_are_kept_and_zero_is_a_weight() {
    check(
        of(rule()
            .prefix("/")
            .weighted("web0", 80, 9)
            .weighted("web1", 80, 0)),
        &["path /* -> web0*9 + web1*0"],
    );
}

#[test]
fn two_refs_to_one_service_are_one_target() {
    check(
        of(rule()
            .prefix("/")
            .weighted("web", 80, 2)
            .weighted("web", 80, 3)),
        &["path /* -> web*5"],
    );
}

#[test]
fn weights_over_999_drop_the_rule() {
    check_dropped(
        rule().prefix("/").weighted("web", 80, 1000),
        "rules[0].backendRefs[0].weight",
        "999",
    );
}

#[test]
fn more_than_five_backends_drop_the_rule() {
    let rule = (0..6).fold(rule().prefix("/"), |rule, n| {
        rule.backend(&format!("web{n}"), 80)
    });
    check_dropped(rule, "rules[0].backendRefs", "at most 5");
}

#[test]
fn features_that_no_elb_has_drop_the_rule() {
    check_dropped(
        rule()
            .prefix("/")
            .unsupported("timeouts.request")
            .backend("web", 80),
        "rules[0].timeouts.request",
        "timeouts.request",
    );
    check_dropped(
        rule()
            .prefix("/")
            .filter(RouteFilter::Unsupported("CORS".to_owned()))
            .backend("web", 80),
        "rules[0].filters[0]",
        "CORS",
    );
}

#[test]
fn a_scheme_brings_its_port() {
    check(
        of(redirect(Redirect {
            scheme: Some("https".to_owned()),
            ..found()
        })),
        &["path /* -> 302 HTTPS://#:443/#?#"],
    );
}

#[test]
fn without_a_scheme_the_listeners_port_stays() {
    check(
        of(redirect(Redirect {
            hostname: Some(hostname("b.x")),
            status_code: 301,
            ..found()
        })),
        &["path /* -> 301 #://b.x:#/#?#"],
    );
}

#[test]
fn other_redirect_codes_drop_the_rule() {
    check_dropped(
        redirect(Redirect {
            scheme: Some("https".to_owned()),
            status_code: 307,
            ..found()
        }),
        "rules[0].filters[0].requestRedirect.statusCode",
        "307",
    );
}

#[test]
fn a_redirect_can_put_something_before_the_path() {
    check(
        of(redirect(Redirect {
            path: Some(PathModifier::ReplacePrefixMatch("/new/".to_owned())),
            ..found()
        })),
        &["path /* -> 302 #://#:#/new/#{path}?#"],
    );
}

#[test]
fn a_redirect_cannot_cut_a_prefix_off() {
    check_dropped(
        rule().prefix("/a").filter(RouteFilter::Redirect(Redirect {
            path: Some(PathModifier::ReplacePrefixMatch("/b".to_owned())),
            ..found()
        })),
        "rules[0].filters[0].requestRedirect.path",
        "cut a prefix off",
    );
}

#[test]
fn a_redirect_that_changes_nothing_drops_the_rule() {
    check_dropped(
        redirect(found()),
        "rules[0].filters[0].requestRedirect",
        "changes nothing",
    );
}

#[test]
fn redirect_and_rewrite_exclude_each_other() {
    check_dropped_with(
        redirect(Redirect {
            scheme: Some("https".to_owned()),
            ..found()
        })
        .filter(RouteFilter::UrlRewrite(UrlRewrite::default())),
        vec![],
        &RouteAcceptance::IncompatibleFilters,
        "rules[0].filters[1]",
        "cannot both",
    );
}

/// The regular expression and replacement that a rewrite becomes.
fn check_rewrite(
    rule: RuleBuilder,
    path: PathModifier,
    condition: &str,
    regex: &str,
    replace: &str,
) {
    check(
        of(rewrite(rule, path)),
        &[&format!(
            "{condition} -> web*1 with {:?}",
            tributary_model::desired::RuleTransform::UrlRewrite {
                regex: regex.to_owned(),
                replace: replace.to_owned(),
            }
        )],
    );
}

#[test]
fn a_full_path_rewrite_keeps_the_query() {
    check_rewrite(
        rule().prefix("/"),
        PathModifier::ReplaceFullPath("/n".to_owned()),
        "path /*",
        "^[^?]*",
        "/n",
    );
}

#[test]
fn a_prefix_is_replaced_cut_off_and_put_before() {
    let replace = |with: &str| PathModifier::ReplacePrefixMatch(with.to_owned());
    check_rewrite(
        rule().prefix("/a.b"),
        replace("/n"),
        "path /a.b|/a.b/*",
        r"^/a\.b",
        "/n",
    );
    check_rewrite(
        rule().prefix("/a"),
        replace("/"),
        "path /a|/a/*",
        "^/a/?",
        "/",
    );
    check_rewrite(rule().prefix("/"), replace("/n"), "path /*", "^/", "/n/");
}

#[test]
fn a_prefix_rewrite_needs_a_prefix_match() {
    check_dropped(
        rewrite(
            rule().exact("/a"),
            PathModifier::ReplacePrefixMatch("/n".to_owned()),
        ),
        "rules[0].filters[0].urlRewrite.path",
        "PathPrefix",
    );
}

#[test]
fn a_host_rewrite_is_a_transform() {
    let filter = RouteFilter::UrlRewrite(UrlRewrite {
        hostname: Some(hostname("in.y")),
        path: None,
    });
    check(
        of(rule().prefix("/").backend("web", 80).filter(filter)),
        &[r#"path /* -> web*1 with HostHeaderRewrite { regex: "^.*$", replace: "in.y" }"#],
    );
}

#[test]
fn a_rule_configuration_adds_source_addresses_to_the_matches_it_names() {
    let more = configured(|configuration| {
        configuration.source_ip.push(SourceIpCondition {
            values: vec!["10.0.0.0/8".to_owned()],
            match_indexes: vec![1],
        });
    });
    check_with(
        of(rule()
            .exact("/a")
            .exact("/b")
            .backend("web", 80)
            .filter(extension("conf"))),
        more,
        &["path /a -> web*1", "path /b & from 10.0.0.0/8 -> web*1"],
    );
}

#[test]
fn a_rule_configuration_may_answer_itself() {
    let more = configured(|configuration| {
        configuration.routing = Some(RoutingAction::FixedResponse {
            status_code: 418,
            content_type: None,
            message_body: None,
        });
    });
    check_with(
        of(rule().prefix("/").filter(extension("conf"))),
        more,
        &["path /* -> 418"],
    );
}

#[test]
fn a_redirects_query_comes_from_its_rule_configuration() {
    let more = configured(|configuration| {
        configuration.routing = Some(RoutingAction::Redirect {
            query: Some("a=1".to_owned()),
        });
    });
    check_with(
        of(redirect(found()).filter(extension("conf"))),
        more,
        &["path /* -> 302 #://#:#/#?a=1"],
    );
}

#[test]
fn a_missing_rule_configuration_answers_500_and_is_told() {
    let outcome = outcome(
        of(rule()
            .prefix("/")
            .backend("web", 80)
            .filter(extension("none"))),
        vec![],
    );
    assert_eq!(outcome.http, ["path /* -> 500"]);
    assert_eq!(outcome.acceptance, RouteAcceptance::Accepted);
    assert_eq!(outcome.dropped.len(), 1);
}

#[test]
fn authentication_is_for_https_and_closed_elsewhere() {
    let outcome = outcome(
        of(rule()
            .prefix("/")
            .backend("web", 80)
            .filter(extension("conf"))),
        authenticating(),
    );
    assert_eq!(outcome.http, ["path /* -> 500"]);
    assert!(
        outcome.https[0].starts_with("host a.x -> web*1 after Jwt"),
        "{:?}",
        outcome.https
    );
    assert_eq!(outcome.dropped.len(), 1);
}

#[test]
fn grpc_needs_an_https_listener() {
    let grpc = route(RouteKind::Grpc, "t/r").rule(
        rule()
            .path(PathMatch::Grpc {
                service: Some("pkg.Svc".to_owned()),
                method: Some("Get".to_owned()),
                comparison: Comparison::Exact,
            })
            .backend("web", 80),
    );
    let outcome = outcome(grpc, vec![]);
    assert_eq!(outcome.http, Vec::<String>::new());
    assert_eq!(
        outcome.https,
        ["host a.x & path /pkg.Svc/Get -> web/80/HTTP/GRPC/ip/ipv4*1"]
    );
    assert_eq!(outcome.acceptance, RouteAcceptance::Accepted);
    assert_eq!(outcome.dropped.len(), 1);
}

#[test]
fn grpc_matches_go_by_service_then_method() {
    let matching = |service: Option<&str>, method: Option<&str>| {
        rule().path(PathMatch::Grpc {
            service: service.map(str::to_owned),
            method: method.map(str::to_owned),
            comparison: Comparison::Exact,
        })
    };
    let grpc = route(RouteKind::Grpc, "t/r")
        .rule(matching(None, None))
        .rule(matching(None, Some("Get")))
        .rule(matching(Some("pkg.Svc"), None))
        .rule(matching(Some("pkg.Svc"), Some("Get")));
    assert_eq!(
        outcome(grpc, vec![]).https,
        [
            "host a.x & path /pkg.Svc/Get -> 500",
            "host a.x & path /pkg.Svc/* -> 500",
            "host a.x & path /*/Get -> 500",
            "host a.x -> 500",
        ]
    );
}

#[test]
fn h2c_services_are_reached_through_https_only() {
    let more = vec![Resource::Service(Service {
        meta: meta("t/h2"),
        ports: vec![ServicePort {
            name: "".into(),
            port: 80,
            target_port: Some(80),
            target_port_name: None,
            protocol: L4Protocol::Tcp,
            node_port: None,
            app_protocol: Some("kubernetes.io/h2c".to_owned()),
        }],
        service_type: ServiceType::ClusterIp,
        ip_families: Vec::new(),
        selector: std::collections::BTreeMap::new(),
    })];
    let outcome = outcome(of(rule().prefix("/").backend("h2", 80)), more);
    assert_eq!(outcome.http, Vec::<String>::new());
    assert_eq!(outcome.https, ["host a.x -> h2/80/HTTP/HTTP2/ip/ipv4*1"]);
}

#[test]
fn a_rules_identity_never_holds_its_place() {
    let ids = |route: RouteBuilder| -> Vec<String> {
        let route = route.to_gateway("t/gw").build();
        let merged = crate::tests::merged([
            class("alb", "gateway.k8s.aws/alb"),
            gateway("t/gw").listener(http("http", 80)).build(),
            service("t/web", 80),
            route,
        ]);
        load_balancer(&merged, "t/gw").listeners[&80]
            .rules
            .iter()
            .map(|rule| rule.id.to_string())
            .collect()
    };
    let first = of(rule().prefix("/a").backend("web", 80));
    assert_eq!(
        ids(first.clone()),
        ["Gateway/t/gw/http/HTTPRoute/t/r/0/0/0"]
    );
    assert_eq!(
        ids(first.rule(rule().exact("/b").backend("web", 80))),
        [
            "Gateway/t/gw/http/HTTPRoute/t/r/1/0/0",
            "Gateway/t/gw/http/HTTPRoute/t/r/0/0/0"
        ]
    );
}

#[test]
fn a_route_that_is_not_accepted_is_not_counted() {
    let mut merge = Merge::new(Options::default());
    for object in [
        class("alb", "gateway.k8s.aws/alb"),
        gateway("t/gw").listener(http("http", 80)).build(),
        http_route("t/r")
            .to_gateway("t/gw")
            .rule(rule().prefix("/").weighted("web", 80, 1000))
            .build(),
    ] {
        merge.apply(Change::Apply(Arc::new(object)));
    }
    merge.propagate();
    match merge
        .resolved(&ObjectRef::new(Kind::Gateway, key("t/gw")))
        .map(AsRef::as_ref)
    {
        Some(Resolved::Gateway(gateway)) => {
            assert!(gateway.listeners[0].attached_routes.is_empty());
        }
        other => panic!("{other:?}"),
    }
}
