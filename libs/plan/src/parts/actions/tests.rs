use std::collections::BTreeMap;

use tributary_model::ObjectKey;
use tributary_model::config::AuthenticateAction;
use tributary_model::desired::{Patterns, RuleCondition, RuleTransform};

use super::{client_secret_tag, is_same, is_same_rule};
use crate::fixtures::strings;
use crate::values::observed::ObservedRule;
use crate::values::op::{Action, Authentication, Handle, RuleSpec};
use crate::values::tags::{self, Tags};

/// A redirect with these parts; `-` stands for an absent one.
fn redirect<T>(parts: [&str; 4], port: Option<u16>, status_code: u16) -> Action<T> {
    let [protocol, host, path, query] = parts.map(|part| (part != "-").then(|| part.to_owned()));
    Action::Redirect {
        protocol,
        host,
        path,
        port,
        query,
        status_code,
    }
}

fn fixed<T>(status_code: u16, content_type: Option<&str>, body: Option<&str>) -> Action<T> {
    Action::FixedResponse {
        status_code,
        content_type: content_type.map(str::to_owned),
        body: body.map(str::to_owned),
    }
}

fn forward<T: Ord>(targets: impl IntoIterator<Item = (T, u32)>, sticky: Option<u32>) -> Action<T> {
    Action::Forward {
        targets: targets.into_iter().collect(),
        stickiness_seconds: sticky,
    }
}

#[test]
fn a_redirect_is_the_same_with_what_aws_fills_in() {
    let absent = redirect(["-", "-", "-", "-"], None, 301);
    let filled = ["#{protocol}", "#{host}", "/#{path}", "#{query}"];
    assert!(is_same(&absent, &redirect(filled, None, 301)));
    assert!(is_same(
        &redirect(filled, None, 301),
        &redirect(["-"; 4], None, 301)
    ));
    let given = ["HTTPS", "a.x", "/p", "q=1"];
    assert!(is_same(
        &redirect(given, Some(443), 301),
        &redirect(given, Some(443), 301)
    ));
}

#[test]
fn a_redirect_that_differs_in_one_part_is_another() {
    let given = ["HTTPS", "a.x", "/p", "q=1"];
    let desired = redirect(given, Some(443), 301);
    for part in 0..4 {
        for other in ["-", "other"] {
            let mut observed = given;
            observed[part] = other;
            assert!(!is_same(&desired, &redirect(observed, Some(443), 301)));
        }
    }
    assert!(!is_same(&desired, &redirect(given, Some(80), 301)));
    assert!(!is_same(&desired, &redirect(given, None, 301)));
    assert!(!is_same(&desired, &redirect(given, Some(443), 302)));
}

#[test]
fn a_fixed_response_is_the_same_with_what_aws_fills_in() {
    assert!(is_same(&fixed(404, None, None), &fixed(404, None, None)));
    assert!(is_same(
        &fixed(404, None, None),
        &fixed(404, Some("text/plain"), Some(""))
    ));
    assert!(is_same(
        &fixed(404, Some("text/html"), Some("no")),
        &fixed(404, Some("text/html"), Some("no"))
    ));
    for (status_code, content_type, body) in [
        (403, None, None),
        (404, Some("text/html"), None),
        (404, None, Some("no")),
    ] {
        assert!(!is_same(
            &fixed(404, None, None),
            &fixed(status_code, content_type, body)
        ));
    }
}

#[test]
fn a_forward_is_the_same_with_the_same_weights_and_stickiness() {
    let existing = |arn: &str| Handle::Existing(arn.to_owned());
    let desired = forward([(existing("a"), 1), (existing("b"), 2)], Some(5));
    let of = |targets: &[(&str, u32)], sticky| {
        let targets = targets
            .iter()
            .map(|(arn, weight)| ((*arn).to_owned(), *weight));
        is_same(&desired, &forward(targets, sticky))
    };
    assert!(of(&[("a", 1), ("b", 2)], Some(5)));
    assert!(!of(&[("a", 1), ("b", 2)], None));
    assert!(!of(&[("a", 1), ("b", 1)], Some(5)));
    assert!(!of(&[("a", 1)], Some(5)));
    assert!(!of(&[("a", 1), ("c", 2)], Some(5)));
    assert!(!of(&[("a", 1), ("b", 2), ("c", 0)], Some(5)));
}

#[test]
fn actions_of_different_types_are_never_the_same() {
    assert!(!is_same(
        &fixed(301, None, None),
        &redirect(["-"; 4], None, 301)
    ));
    assert!(!is_same(
        &fixed(404, None, None),
        &Action::Foreign("x".to_owned())
    ));
}

fn spec(change: impl FnOnce(&mut RuleSpec)) -> RuleSpec {
    let mut spec = RuleSpec {
        conditions: vec![
            RuleCondition::PathPattern(Patterns::Wildcard(vec!["/b".to_owned(), "/a".to_owned()])),
            RuleCondition::Method(vec!["PUT".to_owned(), "GET".to_owned()]),
        ],
        authenticate: None,
        action: fixed(404, None, None),
        transforms: vec![rewrite("y"), rewrite("x")],
    };
    change(&mut spec);
    spec
}

fn rewrite(replace: &str) -> RuleTransform {
    RuleTransform::HostHeaderRewrite {
        regex: "^.*$".to_owned(),
        replace: replace.to_owned(),
    }
}

/// The rule of [`spec`], in another order.
fn observed(change: impl FnOnce(&mut ObservedRule)) -> ObservedRule {
    let mut observed = ObservedRule {
        priority: 1,
        conditions: vec![
            RuleCondition::Method(vec!["GET".to_owned(), "PUT".to_owned()]),
            RuleCondition::PathPattern(Patterns::Wildcard(vec!["/a".to_owned(), "/b".to_owned()])),
        ],
        authenticate: None,
        action: fixed(404, Some("text/plain"), None),
        transforms: vec![rewrite("x"), rewrite("y")],
        tags: Tags::new(),
    };
    change(&mut observed);
    observed
}

#[test]
fn a_rule_is_the_same_in_whatever_order_aws_answers() {
    let same = |change: fn(&mut ObservedRule)| is_same_rule(&spec(|_| {}), &observed(change));
    assert!(same(|_| {}));
    assert!(same(|it| it.conditions.reverse()));
    assert!(!same(|it| drop(it.conditions.pop())));
    assert!(!same(|it| {
        it.conditions[0] = RuleCondition::Method(vec!["GET".to_owned()]);
    }));
    assert!(!same(|it| {
        let values = vec!["/a".to_owned(), "/b".to_owned()];
        it.conditions[1] = RuleCondition::PathPattern(Patterns::Regex(values));
    }));
    assert!(!same(|it| drop(it.transforms.pop())));
    assert!(!same(|it| it.transforms[0] = rewrite("z")));
    assert!(!same(|it| it.action = fixed(500, None, None)));
}

type Fields<'a> = &'a [(&'a str, &'a str)];

fn cognito(fields: Fields, extra: Fields) -> AuthenticateAction {
    AuthenticateAction::Cognito {
        fields: strings(fields),
        extra_params: strings(extra),
    }
}

fn oidc(fields: Fields, extra: Fields) -> AuthenticateAction {
    AuthenticateAction::Oidc {
        fields: strings(fields),
        extra_params: strings(extra),
        secret: "s".into(),
    }
}

fn jwt(issuer: &str) -> AuthenticateAction {
    AuthenticateAction::Jwt {
        jwks_endpoint: "https://keys".to_owned(),
        issuer: issuer.to_owned(),
        claims: Vec::new(),
    }
}

fn is_same_authentication(
    desired: Option<AuthenticateAction>,
    shown: Option<AuthenticateAction>,
) -> bool {
    let desired = spec(|it| {
        it.authenticate = desired.map(|action| Authentication {
            action,
            client_secret: None,
            client_secret_fingerprint: None,
        });
    });
    is_same_rule(&desired, &observed(|it| it.authenticate = shown))
}

#[test]
fn authentication_is_the_same_with_what_aws_fills_in() {
    let asked: Fields = &[("Issuer", "me")];
    let filled: Fields = &[
        ("Issuer", "me"),
        ("OnUnauthenticatedRequest", "authenticate"),
        ("Scope", "openid"),
        ("SessionCookieName", "AWSELBAuthSessionCookie"),
        ("SessionTimeout", "604800"),
        ("Endpoint", "told by nobody"),
    ];
    for of in [cognito, oidc] {
        let same = |fields, extra, shown, shown_extra| {
            is_same_authentication(Some(of(fields, extra)), Some(of(shown, shown_extra)))
        };
        assert!(same(asked, &[], asked, &[]));
        assert!(same(asked, &[], filled, &[]));
        assert!(same(asked, &[("p", "q")], filled, &[("p", "q")]));
        assert!(!same(asked, &[("p", "q")], filled, &[]));
        assert!(!same(asked, &[], filled, &[("p", "q")]));
        assert!(!same(asked, &[], &[("Issuer", "other")], &[]));
        assert!(!same(asked, &[], &[], &[]));
        // Asked for, or gone back to the default.
        let scoped: Fields = &[("Issuer", "me"), ("Scope", "email")];
        assert!(same(scoped, &[], scoped, &[]));
        assert!(!same(scoped, &[], filled, &[]));
        assert!(!same(asked, &[], scoped, &[]));
    }
    assert!(is_same_authentication(None, None));
    assert!(is_same_authentication(Some(jwt("me")), Some(jwt("me"))));
    assert!(!is_same_authentication(Some(jwt("me")), Some(jwt("you"))));
    for (desired, shown) in [
        (None, Some(jwt("me"))),
        (Some(jwt("me")), None),
        (Some(jwt("me")), Some(cognito(&[], &[]))),
        (Some(cognito(&[], &[])), Some(oidc(&[], &[]))),
    ] {
        assert!(!is_same_authentication(desired, shown));
    }
}

/// The tag of a rule with secret `t/s` and this fingerprint, where this one is there.
fn check_tag(fingerprint: Option<&str>, there: Option<&str>, expected: &str) {
    let spec = spec(|it| {
        it.authenticate = Some(Authentication {
            action: oidc(&[], &[]),
            client_secret: Some(ObjectKey::new("t", "s")),
            client_secret_fingerprint: fingerprint.map(str::to_owned),
        });
    });
    let there: BTreeMap<&str, &str> = there
        .map(|tag| (tags::CLIENT_SECRET, tag))
        .into_iter()
        .collect();
    let there: Vec<(&str, &str)> = there.into_iter().collect();
    let tags: Tags = strings(&there);
    assert_eq!(
        client_secret_tag(&spec, Some(&tags)).as_deref(),
        Some(expected)
    );
}

#[test]
fn a_client_secret_that_was_not_read_is_what_it_was_if_it_is_the_same_secret() {
    check_tag(Some("f00d"), None, "t/s:f00d");
    check_tag(Some("f00d"), Some("t/s:beef"), "t/s:f00d");
    check_tag(None, Some("t/s:beef"), "t/s:beef");
    check_tag(None, Some("t/other:beef"), "t/s:");
    check_tag(None, None, "t/s:");
}
