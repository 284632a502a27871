use tributary_model::config::{MutualAuthentication, MutualAuthenticationMode};
use tributary_model::elb::{ElbProtocol, LoadBalancerKind};

use super::is_same_mutual_authentication;
use crate::fixtures::{Desired, arn, context, converge, empty, forward};

fn verify(trust_store: &str) -> MutualAuthentication {
    MutualAuthentication {
        mode: MutualAuthenticationMode::Verify,
        trust_store: Some(trust_store.to_owned()),
        advertise_ca_names: None,
        ignore_client_certificate_expiry: None,
    }
}

fn of(mode: MutualAuthenticationMode) -> MutualAuthentication {
    MutualAuthentication {
        mode,
        ..verify("s")
    }
}

fn with(change: impl FnOnce(&mut MutualAuthentication)) -> MutualAuthentication {
    let mut mutual = verify("s");
    change(&mut mutual);
    mutual
}

fn check(desired: &MutualAuthentication, observed: &MutualAuthentication, expected: bool) {
    assert_eq!(
        is_same_mutual_authentication(Some(desired), Some(observed)),
        expected,
        "{desired:?} {observed:?}"
    );
}

#[test]
fn mutual_authentication_that_is_off_is_the_same_as_none() {
    use MutualAuthenticationMode::{Off, Passthrough, Verify};
    assert!(is_same_mutual_authentication(None, None));
    for (mode, expected) in [(Off, true), (Passthrough, false), (Verify, false)] {
        let given = of(mode);
        assert_eq!(is_same_mutual_authentication(None, Some(&given)), expected);
        assert_eq!(is_same_mutual_authentication(Some(&given), None), expected);
    }
}

#[test]
fn only_what_verifies_is_compared_further() {
    use MutualAuthenticationMode::{Off, Passthrough, Verify};
    for mode in [Off, Passthrough, Verify] {
        let other = MutualAuthentication {
            mode,
            ..verify("other")
        };
        check(&of(mode), &other, mode != Verify);
    }
    check(&of(Verify), &of(Passthrough), false);
}

#[test]
fn a_trust_store_is_known_by_its_arn_and_by_its_name() {
    let arn = "arn:aws:elasticloadbalancing:r:1:truststore/s/f00d";
    check(&verify("s"), &verify(arn), true);
    check(&verify(arn), &verify(arn), true);
    check(&verify("other"), &verify(arn), false);
    check(&verify("f00d"), &verify(arn), false);
    check(&verify(&arn.replace("f00d", "beef")), &verify(arn), false);
}

#[test]
fn what_verification_does_besides_is_compared_with_what_aws_fills_in() {
    let names = |value: &str| with(|it| it.advertise_ca_names = Some(value.to_owned()));
    check(&verify("s"), &names("off"), true);
    check(&names("off"), &verify("s"), true);
    check(&names("on"), &names("on"), true);
    check(&names("on"), &verify("s"), false);
    check(&verify("s"), &names("on"), false);
    let ignores = |value: bool| with(|it| it.ignore_client_certificate_expiry = Some(value));
    check(&verify("s"), &ignores(false), true);
    check(&ignores(true), &ignores(true), true);
    check(&ignores(true), &verify("s"), false);
    check(&verify("s"), &ignores(true), false);
}

#[test]
fn an_alpn_policy_that_is_none_is_the_same_as_no_policy() {
    let nlb = |policy: Option<&str>| {
        Desired::of(LoadBalancerKind::Nlb)
            .member(443, ElbProtocol::Tls, "a")
            .certificate(443, "a", arn("cert"))
            .edit(443, ElbProtocol::Tls, |it| {
                it.alpn_policy = policy.map(str::to_owned);
                it.default_action = forward("web");
            })
            .group("web", "a", 1)
    };
    let programmed = |policy| converge(&nlb(policy), &empty(), &context());
    for (asked, shown, is_same) in [
        (None, None, true),
        (None, Some("None"), true),
        (Some("None"), None, true),
        (Some("HTTP2Only"), Some("HTTP2Only"), true),
        (Some("HTTP2Only"), None, false),
        (None, Some("HTTP2Only"), false),
    ] {
        let mut observed = programmed(asked);
        for load_balancer in observed.load_balancers.values_mut() {
            for listener in load_balancer.listeners.values_mut() {
                listener.alpn_policy = shown.map(str::to_owned);
            }
        }
        let plan = nlb(asked).plan(&observed, &context());
        assert_eq!(
            plan.steps.is_empty(),
            is_same,
            "{asked:?} {shown:?}\n{plan}"
        );
    }
}
