use std::collections::BTreeSet;

use tributary_model::elb::ElbProtocol;

use super::Effect;
use crate::fixtures::Desired;
use crate::values::observed::{BackendGroup, Observed, ObservedListener, ObservedRule, Seen};
use crate::values::tags::Tags;

/// An ALB with one listener of TLS with a second certificate, and one rule.
fn served() -> Observed {
    let mut observed = Desired::new()
        .http(80, "a")
        .rule(80, "a", "/", "a-web")
        .programmed();
    let (_, listener) = first_listener(&mut observed);
    listener.protocol = Some(ElbProtocol::Https);
    listener.default_certificate = Some("default".to_owned());
    listener.certificates = BTreeSet::from(["more".to_owned()]);
    observed
}

fn first_listener(observed: &mut Observed) -> (String, &mut ObservedListener) {
    let load_balancer = observed.load_balancers.values_mut().next().unwrap();
    let (arn, listener) = load_balancer.listeners.iter_mut().next().unwrap();
    (arn.clone(), listener)
}

fn first_rule(observed: &mut Observed) -> (String, &mut ObservedRule) {
    let (_, listener) = first_listener(observed);
    let (arn, rule) = listener.rules.iter_mut().next().unwrap();
    (arn.clone(), rule)
}

/// What it becomes, after it became something else.
fn changed(to: ElbProtocol) -> ObservedListener {
    let mut observed = served();
    let (arn, listener) = first_listener(&mut observed);
    let answer = ObservedListener {
        protocol: Some(to),
        tags: Tags::new(),
        rules: [].into(),
        certificates: BTreeSet::new(),
        port: 0,
        ..listener.clone()
    };
    observed.take(Effect::ModifiedListener(arn, Box::new(answer)));
    first_listener(&mut observed).1.clone()
}

#[test]
fn a_modified_listener_keeps_what_its_request_does_not_say() {
    let before = first_listener(&mut served()).1.clone();
    let after = changed(ElbProtocol::Tls);
    assert_eq!(after.protocol, Some(ElbProtocol::Tls));
    assert_eq!((after.port, &after.tags), (before.port, &before.tags));
    assert_eq!(after.rules, before.rules);
    assert_eq!(after.certificates, before.certificates);
}

#[test]
fn a_listener_without_tls_has_no_further_certificates() {
    assert_eq!(changed(ElbProtocol::Http).certificates, BTreeSet::new());
}

#[test]
fn a_modified_rule_keeps_its_priority_and_its_tags() {
    let mut observed = served();
    let (arn, rule) = first_rule(&mut observed);
    let before = rule.clone();
    let answer = ObservedRule {
        priority: 0,
        tags: Tags::new(),
        conditions: Vec::new(),
        ..before.clone()
    };
    observed.take(Effect::ModifiedRule(arn, Box::new(answer)));
    let expected = ObservedRule {
        conditions: Vec::new(),
        ..before
    };
    assert_eq!(*first_rule(&mut observed).1, expected);
}

#[test]
fn a_removed_thing_takes_along_what_is_in_it() {
    let mut observed = served();
    let (listener, _) = first_listener(&mut observed);
    let (rule, _) = first_rule(&mut observed);
    observed.take(Effect::Removed(rule));
    assert_eq!(first_listener(&mut observed).1.rules, [].into());
    observed.take(Effect::Removed(listener));
    let load_balancer = observed.load_balancers.values().next().unwrap();
    assert_eq!(load_balancer.listeners, [].into());
}

#[test]
fn what_is_not_known_is_not_changed() {
    let mut observed = served();
    let before = observed.clone();
    let (_, rule) = first_rule(&mut observed);
    let rule = Box::new(rule.clone());
    for effect in [
        Effect::ModifiedRule("other".to_owned(), rule.clone()),
        Effect::CreatedRule {
            listener: "other".to_owned(),
            arn: "rule".to_owned(),
            rule,
        },
        Effect::Priorities([("other".to_owned(), 7)].into()),
        Effect::RegisteredTargets("other".to_owned(), BTreeSet::new()),
        Effect::Removed("other".to_owned()),
    ] {
        observed.take(effect);
    }
    assert_eq!(observed, before);
}

#[test]
fn a_backend_group_that_was_made_is_known_although_the_others_could_not_be_read() {
    let mut observed = Observed::default();
    observed.backend.groups = Seen::Unknown("AccessDenied".to_owned());
    let group = BackendGroup {
        vpc: "vpc-1".to_owned(),
        tags: Tags::new(),
    };
    let made = Effect::CreatedBackendGroup("sg-1".to_owned(), group.clone());
    observed.take(made);
    let known = observed.backend.groups.known().unwrap();
    assert_eq!(known.get("sg-1"), Some(&group));
}

#[test]
fn an_effect_names_what_comes_and_what_goes() {
    let removed = Effect::Removed("arn:gone".to_owned());
    assert_eq!(removed.removed(), Some("arn:gone"));
    assert_eq!(removed.created(), None);
    let group = BackendGroup {
        vpc: "vpc-1".to_owned(),
        tags: Tags::new(),
    };
    let created = Effect::CreatedBackendGroup("sg-1".to_owned(), group);
    assert_eq!(created.created(), Some("sg-1"));
    assert_eq!(created.removed(), None);
}
