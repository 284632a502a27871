use super::*;
use crate::fixtures::strings;

const ALB: Carrier = Carrier::LoadBalancer(LoadBalancerKind::Alb);
const NLB: Carrier = Carrier::LoadBalancer(LoadBalancerKind::Nlb);

#[test]
fn a_default_is_known_by_its_key_and_across_zones_by_its_carrier_too() {
    for (carrier, key, expected) in [
        (ALB, CROSS_ZONE, Some("true")),
        (NLB, CROSS_ZONE, Some("false")),
        (
            Carrier::TargetGroup,
            CROSS_ZONE,
            Some("use_load_balancer_configuration"),
        ),
        (Carrier::Listener, CROSS_ZONE, None),
        (ALB, DELETION_PROTECTION, Some("false")),
        (ALB, "idle_timeout.timeout_seconds", Some("60")),
        (ALB, "routing.http2.enabled", Some("true")),
        (ALB, "nobody.knows", None),
    ] {
        assert_eq!(default(carrier, key), expected, "{carrier:?} {key}");
    }
}

#[test]
fn what_is_new_is_not_told_what_it_is_by_default() {
    let asked = strings(&[
        (CROSS_ZONE, "true"),
        ("idle_timeout.timeout_seconds", "60"),
        ("routing.http2.enabled", "false"),
        ("nobody.knows", "1"),
    ]);
    assert_eq!(
        for_new(ALB, &asked),
        strings(&[("nobody.knows", "1"), ("routing.http2.enabled", "false")])
    );
    let across = strings(&[(CROSS_ZONE, "true")]);
    assert_eq!(for_new(NLB, &across), across);
}

#[test]
fn all_defaults_are_there_where_nothing_was_asked_for() {
    let defaults = defaults();
    assert_eq!(defaults.len(), DEFAULTS.len());
    for (key, value) in DEFAULTS {
        assert_eq!(defaults.get(key).map(String::as_str), Some(value));
    }
}
