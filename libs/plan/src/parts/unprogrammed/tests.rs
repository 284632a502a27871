use super::*;

#[track_caller]
fn check(change: impl FnOnce(&mut LoadBalancerSettings), fields: &[&str]) {
    let mut settings = LoadBalancerSettings::default();
    change(&mut settings);
    let expected: Vec<String> = fields
        .iter()
        .map(|field| format!("{field} is not programmed by this version"))
        .collect();
    assert_eq!(unprogrammed(&settings), expected);
}

#[test]
fn what_is_programmed_or_not_asked_for_is_not_told() {
    check(
        |settings| {
            settings.name = Some("front".to_owned());
            settings.shield_advanced = Some(false);
            settings.manage_backend_security_group_rules = Some(false);
        },
        &[],
    );
}

#[test]
fn a_firewall_and_capacity_are_told_by_field() {
    check(
        |settings| {
            settings.web_acl = Some("arn:acl".to_owned());
            settings.minimum_capacity_units = Some(100);
        },
        &["wafV2.webACL", "minimumLoadBalancerCapacity"],
    );
}

#[test]
fn quic_and_stickiness_of_target_groups_are_told_by_their_listener() {
    let configuration = ListenerConfiguration {
        target_group_stickiness: Some(true),
        quic_enabled: Some(true),
        ..ListenerConfiguration::default()
    };
    let port = ProtocolPort {
        protocol: Some("TLS".to_owned()),
        port: Some(443),
    };
    check(
        |settings| {
            settings.listeners.insert(port, configuration);
        },
        &[
            "listenerConfigurations[TLS:443].targetGroupStickiness",
            "listenerConfigurations[TLS:443].quicEnabled",
        ],
    );
}
