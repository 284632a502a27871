//! What an ELB still takes, and the first that it does not; which filters go together.

use tributary_model::RouteKind;
use tributary_model::config::RoutingAction;
use tributary_model::resolved::RouteAcceptance;
use tributary_model::route::{
    Comparison, PathMatch, PathModifier, Redirect, RouteFilter, UrlRewrite,
};
use tributary_testkit::objects::hostname;
use tributary_testkit::routes::{RuleBuilder, http_route, route, rule};

use super::{
    check, check_dropped, check_dropped_with, configured, extension, found, of, outcome, redirect,
};

/// The longer one is refused, with this said; the shorter one is served.
fn check_length(field: &str, message: &str, most: usize, with: impl Fn(&str) -> RuleBuilder) {
    let rule = |length: usize| with(&"a".repeat(length)).backend("web", 80);
    let served = outcome(of(rule(most)), vec![]);
    assert_eq!(served.dropped, vec![]);
    assert_eq!(served.http.len(), 1);
    for length in [most + 1, most + 2] {
        check_dropped(
            rule(length),
            &format!("rules[0].matches[0].{field}"),
            message,
        );
    }
}

#[test]
fn header_names_have_40_characters_and_values_128() {
    check_length("headers[0]", "names of at most 40", 40, |text| {
        rule().prefix("/").header(text, "1")
    });
    check_length("headers[0]", "values of at most 128", 128, |text| {
        rule().prefix("/").header("X-A", text)
    });
}

#[test]
fn query_parameters_have_128_characters_in_name_and_value() {
    check_length("queryParams[0]", "at most 128", 128, |text| {
        rule().prefix("/").query(text, "1", Comparison::Exact)
    });
    check_length("queryParams[0]", "at most 128", 128, |text| {
        rule().prefix("/").query("q", text, Comparison::Exact)
    });
}

#[test]
fn paths_and_regular_expressions_have_128_characters() {
    // One is the slash.
    check_length("path", "paths of at most 128", 127, |text| {
        rule().exact(&format!("/{text}"))
    });
    // Two more are the second value's.
    check_length("path", "paths of at most 128", 125, |text| {
        rule().prefix(&format!("/{text}"))
    });
    check_length("path", "regular expressions of at most 128", 128, |text| {
        rule().path(PathMatch::Regex(text.to_owned()))
    });
}

#[test]
fn wildcard_characters_in_a_headers_value_are_taken_literally() {
    for (value, escaped) in [("a*", r"~^a\*$"), ("a?", r"~^a\?$")] {
        check(
            of(rule().prefix("/").header("X-A", value).backend("web", 80)),
            &[&format!("header X-A={escaped} -> web*1")],
        );
    }
}

#[test]
fn five_values_fit_into_a_rule() {
    let headers = |count: usize| {
        (0..count).fold(rule().prefix("/").backend("web", 80), |rule, n| {
            rule.header(&format!("H{n}"), "1")
        })
    };
    let all = "header H0=1 & header H1=1 & header H2=1 & header H3=1";
    let served = outcome(of(headers(5)), vec![]);
    assert_eq!(served.http, [format!("{all} & header H4=1 -> web*1")]);
    // There a hostname is one more.
    assert_eq!(served.https, Vec::<String>::new());
    let with_host = |count| http_route("t/r").host("b.x").rule(headers(count));
    check(with_host(4), &[&format!("host b.x & {all} -> web*1")]);
    let refused = outcome(with_host(5), vec![]);
    assert_eq!(refused.http, Vec::<String>::new());
    assert!(
        refused.dropped[0].message.starts_with("6 condition values"),
        "{}",
        refused.dropped[0].message
    );
}

#[test]
fn wildcard_hostnames_take_as_much_room_as_others() {
    let route = ["a", "b", "c", "d"]
        .iter()
        .fold(http_route("t/r"), |route, host| {
            route.host(&format!("*.{host}.y"))
        });
    check(
        route.rule(rule().prefix("/p").backend("web", 80)),
        &[
            "host *.a.y|*.b.y|*.c.y & path /p|/p/* -> web*1",
            "host *.d.y & path /p|/p/* -> web*1",
        ],
    );
}

#[test]
fn a_grpc_service_stands_among_prefixes_as_long_as_its_path() {
    // `/pkg.Service/` has 13 characters.
    let grpc = route(RouteKind::Grpc, "t/grpc")
        .to_gateway("t/gw")
        .created(5)
        .rule(rule().path(PathMatch::Grpc {
            service: Some("pkg.Service".to_owned()),
            method: None,
            comparison: Comparison::Exact,
        }))
        .build();
    let outcome = outcome(
        http_route("t/r")
            .created(1)
            .rule(rule().prefix("/elevenchar"))
            .rule(rule().prefix("/twelve-char"))
            .rule(rule().prefix("/fourteenchars"))
            .rule(rule().prefix("/twentytwo-characters-")),
        vec![grpc],
    );
    let paths: Vec<&str> = outcome
        .https
        .iter()
        .filter_map(|rule| rule.split([' ', '|']).nth(4))
        .collect();
    assert_eq!(
        paths,
        [
            "/twentytwo-characters-",
            "/fourteenchars",
            "/pkg.Service/*",
            "/twelve-char",
            "/elevenchar",
        ]
    );
}

#[test]
fn what_is_wrong_with_all_matches_alike_is_told_once() {
    let weighted = rule().exact("/a").exact("/b").weighted("web", 80, 1000);
    let outcome = outcome(of(weighted), vec![]);
    assert_eq!(outcome.dropped.len(), 1, "{:?}", outcome.dropped);
}

#[test]
fn an_extension_of_another_group_or_kind_drops_the_rule() {
    let (group, kind) = ("gateway.k8s.aws", "ListenerRuleConfiguration");
    for (group, kind) in [("example.com", kind), (group, "Other")] {
        check_dropped(
            rule()
                .prefix("/")
                .backend("web", 80)
                .filter(RouteFilter::ExtensionRef {
                    group: group.to_owned(),
                    kind: kind.to_owned(),
                    name: "conf".into(),
                }),
            "rules[0].filters[0]",
            "is not known",
        );
    }
}

#[test]
fn a_rule_takes_one_filter_of_each_kind() {
    let rewrite = || RouteFilter::UrlRewrite(UrlRewrite::default());
    let to = || {
        RouteFilter::Redirect(Redirect {
            scheme: Some("https".to_owned()),
            ..found()
        })
    };
    for (filter, again, name) in [
        (to(), to(), "RequestRedirect"),
        (rewrite(), rewrite(), "URLRewrite"),
        (
            extension("conf"),
            extension("conf"),
            "ListenerRuleConfiguration",
        ),
        (
            extension("none"),
            extension("conf"),
            "ListenerRuleConfiguration",
        ),
    ] {
        let outcome = outcome(
            of(rule()
                .prefix("/")
                .backend("web", 80)
                .filter(filter)
                .filter(again)),
            configured(|_| {}),
        );
        let said = format!("a rule takes one {name}");
        assert!(
            outcome
                .dropped
                .iter()
                .any(|dropped| dropped.field == "rules[0].filters[1]" && dropped.message == said),
            "{:?}",
            outcome.dropped
        );
    }
}

#[test]
fn a_configurations_action_must_fit_the_rules_own_filters() {
    let plain = || rule().prefix("/").backend("web", 80);
    let redirecting = || {
        redirect(Redirect {
            scheme: Some("https".to_owned()),
            ..found()
        })
    };
    let fixed = RoutingAction::FixedResponse {
        status_code: 418,
        content_type: None,
        message_body: None,
    };
    let forward = RoutingAction::Forward {
        stickiness_seconds: None,
    };
    let to = RoutingAction::Redirect { query: None };
    for (rule, action, message) in [
        (redirecting(), &forward, Some("forward action contradicts")),
        (redirecting(), &fixed, Some("fixed response contradicts")),
        (redirecting(), &to, None),
        (plain(), &forward, None),
        (plain(), &fixed, None),
        (plain(), &to, Some("needs a RequestRedirect")),
    ] {
        let action = action.clone();
        let configuration = configured(|configuration| configuration.routing = Some(action));
        let rule = rule.filter(extension("conf"));
        if let Some(message) = message {
            check_dropped_with(
                rule,
                configuration,
                &RouteAcceptance::IncompatibleFilters,
                "rules[0].filters",
                message,
            );
        } else {
            let outcome = outcome(of(rule), configuration);
            assert_eq!(outcome.dropped, vec![]);
            assert_eq!(outcome.http.len(), 1);
        }
    }
}

#[test]
fn each_scheme_of_a_redirect_brings_its_port_unless_there_is_one() {
    for (scheme, port, expected) in [
        (Some("http"), None, "HTTP://#:80"),
        (Some("https"), None, "HTTPS://#:443"),
        (Some("http"), Some(8080), "HTTP://#:8080"),
        (None, Some(8080), "#://#:8080"),
    ] {
        check(
            of(redirect(Redirect {
                scheme: scheme.map(str::to_owned),
                port,
                hostname: None,
                path: None,
                ..found()
            })),
            &[&format!("path /* -> 302 {expected}/#?#")],
        );
    }
}

#[test]
fn a_redirect_of_another_host_alone_changes_something() {
    check(
        of(redirect(Redirect {
            hostname: Some(hostname("b.x")),
            ..found()
        })),
        &["path /* -> 302 #://b.x:#/#?#"],
    );
    check(
        of(redirect(Redirect {
            path: Some(PathModifier::ReplaceFullPath("/p".to_owned())),
            ..found()
        })),
        &["path /* -> 302 #://#:#/p?#"],
    );
}

#[test]
fn a_rule_has_five_backends_and_weights_up_to_999() {
    let five = (0..5).fold(rule().prefix("/"), |rule, n| {
        rule.weighted(&format!("web{n}"), 80, 999)
    });
    check(
        of(five),
        &["path /* -> web0*999 + web1*999 + web2*999 + web3*999 + web4*999"],
    );
}

#[test]
fn the_weights_of_one_backend_add_up_to_999_at_most() {
    let twice = |weight: u32| {
        rule()
            .prefix("/")
            .weighted("web", 80, weight)
            .weighted("web", 80, 499)
    };
    check(of(twice(500)), &["path /* -> web*999"]);
    for weight in [501, 502] {
        check_dropped(
            twice(weight),
            "rules[0].backendRefs",
            "add up to more than 999",
        );
    }
}
