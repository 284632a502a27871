//! What the platform sets for everything, and what is sent where nobody asked.

use tributary_model::config::{
    HealthCheckSettings, MutualAuthentication, MutualAuthenticationMode, ProtocolPort,
};
use tributary_model::elb::{
    IpAddressType, LoadBalancerKind, ProtocolVersion, Scheme, TargetProtocol,
};

use super::*;
use crate::values::defaults::Defaults;
use crate::values::limits::Failure;
use crate::values::op::{IngressRule, IngressSource, Op};
use crate::values::tags::Tags;

/// One of everything that is made.
fn everything() -> Desired {
    Desired::new()
        .https(443, "a", secret("tls", "1"))
        .rule(443, "a", "/", "a-web")
}

/// Of everything that is there, what it is and its tags.
fn tagged(observed: &Observed) -> Vec<(&'static str, &Tags)> {
    let mut tagged = Vec::new();
    for load_balancer in observed.load_balancers.values() {
        tagged.push(("load balancer", &load_balancer.tags));
        for listener in load_balancer.listeners.values() {
            tagged.push(("listener", &listener.tags));
            tagged.extend(listener.rules.values().map(|it| ("rule", &it.tags)));
        }
    }
    let groups = observed.target_groups.values();
    tagged.extend(groups.map(|it| ("target group", &it.tags)));
    let groups = observed.security_groups.values();
    tagged.extend(groups.map(|it| ("security group", &it.tags)));
    let certificates = observed.certificates.values();
    tagged.extend(certificates.map(|it| ("certificate", &it.tags)));
    tagged
}

fn with(defaults: Defaults) -> Context {
    Context {
        defaults,
        ..context()
    }
}

#[test]
fn spec_tags_and_the_platforms_are_on_everything_that_is_made() {
    let context = with(Defaults {
        tags: strings(&[("bill", "platform")]),
        ..Defaults::default()
    });
    let desired = everything().settings(|it| it.tags = strings(&[("team", "a")]));
    let observed = converge(&desired, &empty(), &context);
    let tagged = tagged(&observed);
    let kinds: std::collections::BTreeSet<_> = tagged.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(kinds.len(), 6, "{kinds:?}");
    for (kind, tags) in tagged {
        for (key, value) in [("bill", "platform"), ("team", "a")] {
            assert_eq!(
                tags.get(key).map(String::as_str),
                Some(value),
                "{key} of a {kind}"
            );
        }
    }
}

#[test]
fn spec_tags_that_change_are_changed_on_everything_and_cost_nothing_else() {
    let of = |value| everything().settings(|it| it.tags = strings(&[("team", value)]));
    let plan = of("b").plan(&of("a").programmed(), &context());
    assert!(
        plan.steps.len() == 6
            && plan
                .steps
                .iter()
                .all(|it| matches!(it.op, Op::AddTags { .. })),
        "\n{plan}"
    );
    let plan = everything().plan(&of("a").programmed(), &context());
    assert!(
        plan.steps.len() == 6
            && plan
                .steps
                .iter()
                .all(|it| matches!(it.op, Op::RemoveTags { .. })),
        "\n{plan}"
    );
    let settled = converge(&everything(), &of("a").programmed(), &context());
    assert!(
        tagged(&settled)
            .iter()
            .all(|(_, tags)| !tags.contains_key("team"))
    );
}

#[test]
fn a_tag_that_others_set_is_refused_by_name_and_stays_as_it_is() {
    let context = with(Defaults {
        external_tags: ["cost".to_owned()].into(),
        ..Defaults::default()
    });
    let desired = everything().settings(|it| it.tags = strings(&[("cost", "1"), ("team", "a")]));
    let mut observed = converge(&desired, &empty(), &context);
    for load_balancer in observed.load_balancers.values_mut() {
        load_balancer.tags.insert("cost".to_owned(), "7".to_owned());
    }
    let plan = desired.plan(&observed, &context);
    assert_eq!(ops(&plan), Vec::<String>::new());
    assert_eq!(
        plan.report.problems,
        ["tags[cost]: this tag is set by others (--external-managed-tags)"]
    );
}

#[test]
fn a_rules_and_a_target_groups_tag_that_others_set_is_told_to_the_route() {
    let context = with(Defaults {
        external_tags: ["cost".to_owned()].into(),
        ..Defaults::default()
    });
    let findings = |desired: &Desired| {
        let observed = converge(desired, &empty(), &context);
        let plan = desired.plan(&observed, &context);
        assert_eq!(ops(&plan), Vec::<String>::new());
        assert_eq!(plan.report.problems, Vec::<String>::new());
        let rules = plan.report.rules.iter();
        rules
            .map(|it| format!("{}: {}", it.origin.route.key.name, it.message))
            .collect::<Vec<_>>()
    };
    let plain = || {
        Desired::new()
            .http(80, "web")
            .rule(80, "web", "/a", "a")
            .group("a", "web", 1)
    };
    assert_eq!(findings(&plain()), Vec::<String>::new());
    let tags = [("cost", "1"), ("team", "a")];
    let name = &plain().0.listeners[&80]
        .rules
        .iter()
        .next()
        .unwrap()
        .origin
        .clone()
        .unwrap();
    let name = &name.route.key.name;
    assert_eq!(
        findings(&plain().edit_rule(80, 0, |it| it.tags = strings(&tags))),
        [format!(
            "{name}: ListenerRuleConfiguration tags[cost]: this tag is set by others (--external-managed-tags)"
        )]
    );
    assert_eq!(
        findings(&plain().edit_group("a", |it| it.tags = strings(&tags))),
        [format!(
            "{name}: TargetGroupConfiguration tags[cost]: this tag is set by others (--external-managed-tags)"
        )]
    );
}

/// Of an NLB's listener, which has no rules.
#[test]
fn a_target_groups_tag_that_others_set_is_told_to_the_listener_whose_default_it_is() {
    let context = with(Defaults {
        external_tags: ["cost".to_owned()].into(),
        ..Defaults::default()
    });
    let desired = Desired::of(LoadBalancerKind::Nlb)
        .member(53, ElbProtocol::Tcp, "dns")
        .group("a", "dns", 1)
        .edit_group("a", |it| {
            it.protocol = TargetProtocol::Tcp;
            it.protocol_version = None;
            it.tags = strings(&[("cost", "1")]);
        })
        .edit(53, ElbProtocol::Tcp, |it| it.default_action = forward("a"));
    let observed = converge(&desired, &empty(), &context);
    let plan = desired.plan(&observed, &context);
    let notes: Vec<_> = plan
        .report
        .listeners
        .iter()
        .flat_map(|it| &it.notes)
        .collect();
    assert_eq!(
        notes,
        [
            "TargetGroupConfiguration tags[cost]: this tag is set by others (--external-managed-tags)"
        ]
    );
}

#[test]
fn the_default_scheme_and_security_policy_are_the_platforms() {
    let context = with(Defaults {
        scheme: Scheme::InternetFacing,
        ssl_policy: "ELBSecurityPolicy-TLS13-1-2-2021-06".to_owned(),
        ..Defaults::default()
    });
    let of = |desired: &Desired| {
        let observed = converge(desired, &empty(), &context);
        let load_balancer = observed.load_balancers.values().next().unwrap().clone();
        let listener = load_balancer.listeners.values().next().unwrap();
        (load_balancer.scheme, listener.ssl_policy.clone().unwrap())
    };
    assert_eq!(
        of(&everything()),
        (
            Scheme::InternetFacing,
            "ELBSecurityPolicy-TLS13-1-2-2021-06".to_owned()
        )
    );
    let asked = everything()
        .settings(|it| it.scheme = Some(Scheme::Internal))
        .edit(443, ElbProtocol::Https, |it| {
            it.ssl_policy = Some("mine".to_owned());
        });
    assert_eq!(of(&asked), (Scheme::Internal, "mine".to_owned()));
}

/// The defaults of the AWS Load Balancer Controller.
#[test]
fn health_checks_speak_the_groups_protocol_every_15_seconds() {
    use LoadBalancerKind::{Alb, Nlb};
    use ProtocolVersion::{Grpc, Http1};
    use TargetProtocol::{Http, Https, Tcp, TcpUdp, Tls, Udp};
    let cases = [
        (Alb, Http, Some(Http1), "Http / 200-399"),
        (Alb, Https, Some(Http1), "Https / 200-399"),
        (Alb, Http, Some(Grpc), "Http /AWS.ALB/healthcheck 12"),
        (Alb, Https, Some(Grpc), "Https /AWS.ALB/healthcheck 12"),
        (Nlb, Tcp, None, "Tcp"),
        (Nlb, Udp, None, "Tcp"),
        (Nlb, TcpUdp, None, "Tcp"),
        (Nlb, Tls, None, "Tcp"),
    ];
    for (kind, protocol, version, expected) in cases {
        let check = check_of(kind, protocol, version, HealthCheckSettings::default());
        let said = [
            check.protocol.map(|it| format!("{it:?}")),
            check.path.clone(),
            check.http_codes.clone(),
            check.grpc_codes.clone(),
        ];
        let said: Vec<String> = said.into_iter().flatten().collect();
        assert_eq!(
            said.join(" "),
            expected,
            "{kind:?} {protocol:?} {version:?}"
        );
        let numbers = [
            check.interval_seconds,
            check.timeout_seconds,
            check.healthy_threshold,
            check.unhealthy_threshold,
        ];
        assert_eq!(numbers, [Some(15), Some(5), Some(3), Some(3)]);
        assert_eq!(check.port.as_deref(), Some("traffic-port"));
    }
}

/// AWS refuses a time to answer that is no shorter than the interval.
#[test]
fn the_time_to_answer_fits_into_a_short_interval() {
    for (interval, timeout) in [(5, 4), (6, 5), (10, 5), (300, 5)] {
        let asked = HealthCheckSettings {
            interval_seconds: Some(interval),
            ..HealthCheckSettings::default()
        };
        let check = check_of(
            LoadBalancerKind::Alb,
            TargetProtocol::Http,
            Some(ProtocolVersion::Http1),
            asked,
        );
        assert_eq!(check.timeout_seconds, Some(timeout), "of {interval} s");
    }
}

/// The health check that a new target group gets.
fn check_of(
    kind: LoadBalancerKind,
    protocol: TargetProtocol,
    version: Option<ProtocolVersion>,
    asked: HealthCheckSettings,
) -> HealthCheckSettings {
    let listener = match kind {
        LoadBalancerKind::Alb => ElbProtocol::Http,
        LoadBalancerKind::Nlb => ElbProtocol::Tcp,
    };
    let desired = Desired::of(kind)
        .member(80, listener, "a")
        .group("g", "a", 1)
        .edit_group("g", |it| {
            it.protocol = protocol;
            it.protocol_version = version;
            it.health_check = asked;
        })
        .edit(80, listener, |it| it.default_action = forward("g"));
    let plan = desired.plan(&empty(), &context());
    let mut specs = plan.steps.iter().filter_map(|step| match &step.op {
        Op::CreateTargetGroup(spec) => Some(spec.health_check.clone()),
        _ => None,
    });
    specs.next_back().unwrap()
}

/// Everybody but where `sourceRanges` says who; prefix lists beside them.
#[test]
fn prefix_lists_close_nothing() {
    let open = |ranges: &[&str], lists: &[&str], addresses| {
        let owned = |them: &[&str]| them.iter().map(|it| (*it).to_owned()).collect();
        let observed = everything()
            .settings(|it| {
                it.source_ranges = owned(ranges);
                it.security_group_prefixes = owned(lists);
                it.ip_address_type = Some(addresses);
            })
            .programmed();
        let group = observed.security_groups.values().next().unwrap();
        let sources = group.ingress.iter().map(|rule| rule.source.to_string());
        sources.collect::<Vec<_>>()
    };
    let (v4, v6) = (IpAddressType::Ipv4, IpAddressType::Dualstack);
    assert_eq!(open(&[], &[], v4), ["0.0.0.0/0"]);
    assert_eq!(open(&[], &[], v6), ["0.0.0.0/0", "::/0"]);
    assert_eq!(open(&[], &["pl-1"], v4), ["0.0.0.0/0", "pl-1"]);
    assert_eq!(open(&["10.0.0.0/8"], &["pl-1"], v4), ["10.0.0.0/8", "pl-1"]);
    assert_eq!(open(&["10.0.0.0/8"], &[], v6), ["10.0.0.0/8"]);
}

#[test]
fn what_is_not_programmed_is_no_reason_that_a_load_balancer_is_not_there() {
    let asked = |group: Option<&str>| {
        everything().settings(|it| {
            it.web_acl = Some("arn:acl".to_owned());
            it.security_groups.extend(group.map(str::to_owned));
        })
    };
    let not_programmed = "wafV2.webACL is not programmed by this version";
    let findings = |desired: &Desired, observed: &Observed| {
        let plan = desired.plan(observed, &context());
        let report = &plan.report;
        (report.blocked, report.problems.clone(), state(&plan, "a"))
    };
    let pending = |text: &str| ProgrammedState::Pending(text.to_owned());
    let told_along = vec![not_programmed.to_owned()];
    let on_its_way = (
        false,
        told_along.clone(),
        pending("load balancer is being created"),
    );
    assert_eq!(findings(&asked(None), &empty()), on_its_way);
    let there = (false, told_along, ProgrammedState::Programmed);
    assert_eq!(findings(&asked(None), &asked(None).programmed()), there);
    let missing = "there is no security group with id or Name tag \"gone\"";
    let blocked = (
        true,
        vec![missing.to_owned(), not_programmed.to_owned()],
        pending(&format!("load balancer cannot be created: {missing}")),
    );
    assert_eq!(findings(&asked(Some("gone")), &empty()), blocked);
}

/// The entry is the Gateway's, whoever has the listener.
#[test]
fn a_gateway_hears_what_its_listener_configurations_cost_a_listener() {
    let place = ProtocolPort {
        protocol: Some("HTTPS".to_owned()),
        port: Some(443),
    };
    let mutual = MutualAuthentication {
        mode: MutualAuthenticationMode::Verify,
        trust_store: Some("gone".to_owned()),
        advertise_ca_names: None,
        ignore_client_certificate_expiry: None,
    };
    let desired = everything()
        .settings(|it| {
            let entry = it.listeners.entry(place).or_default();
            entry.mutual_authentication = Some(mutual.clone());
        })
        .edit(443, ElbProtocol::Https, |it| {
            it.mutual_authentication = Some(mutual.clone());
        });
    let observed = everything().programmed();
    let modify = find(&desired.plan(&observed, &context()), "modify listener")
        .op
        .key();
    let findings = |text: &str| {
        let mut context = context();
        let failure = Failure::Impossible(text.to_owned());
        context.failures.insert(modify.clone(), failure);
        desired.plan(&observed, &context).report.problems
    };
    let missing = "there is no trust store \"gone\"";
    let expected = format!("listenerConfigurations[HTTPS:443]: {missing}");
    assert_eq!(findings(missing), [expected]);
    // A tenant's own certificate is nobody else's to hear of.
    assert_eq!(findings("CertificateNotFound: no"), Vec::<String>::new());
}

/// Who is let in, once AWS has refused these rules whenever it is asked for one of them, and what is told.
fn let_in(from: &Desired, to: &Desired, is_bad: fn(&IngressRule) -> bool) -> [Vec<String>; 2] {
    let mut observed = from.programmed();
    let mut context = context();
    loop {
        let plan = to.plan(&observed, &context);
        let Some(step) = plan.steps.first() else {
            let group = observed.security_groups.values().next().unwrap();
            let ingress = group.ingress.iter().map(ToString::to_string);
            return [ingress.collect(), plan.report.problems];
        };
        if let Op::AuthorizeIngress { rules, .. } = &step.op
            && rules.iter().any(is_bad)
        {
            let refused = Failure::Refused("no".to_owned());
            context.failures.insert(step.op.key(), refused);
            continue;
        }
        observed = run(&observed, std::slice::from_ref(step), &alb(), &context).observed;
        let group = observed.security_groups.values().next().unwrap();
        assert!(!group.ingress.is_empty(), "somebody is let in");
    }
}

fn from_sources(desired: Desired, ranges: &[&str], lists: &[&str]) -> Desired {
    let owned = |them: &[&str]| them.iter().map(|it| (*it).to_owned()).collect();
    desired.settings(|it| {
        it.source_ranges = owned(ranges);
        it.security_group_prefixes = owned(lists);
    })
}

/// Whoever asks for fewer to be let in gets fewer, whatever else of it AWS refuses.
#[test]
fn a_source_that_is_refused_keeps_no_former_one_in() {
    let to = from_sources(everything(), &["10.0.0.0/8"], &["pl-gone"]);
    let [let_in, findings] = let_in(&everything(), &to, |rule| {
        rule.source == IngressSource::PrefixList("pl-gone".to_owned())
    });
    assert_eq!(let_in, ["tcp 443-443 from 10.0.0.0/8"]);
    assert_eq!(findings, ["ingress tcp 443-443 from pl-gone: no"]);
}

/// As where the quota of rules has room for some of the ports only.
#[test]
fn the_former_sources_of_a_port_stay_while_nobody_else_can_be_let_in_to_it() {
    let two = || everything().http(80, "b").rule(80, "b", "/", "b-web");
    let from = from_sources(two(), &["10.0.0.0/8"], &[]);
    let to = from_sources(two(), &["11.0.0.0/8"], &[]);
    let [let_in, findings] = let_in(&from, &to, |rule| {
        rule.to_string() == "tcp 80-80 from 11.0.0.0/8"
    });
    let stays = "tcp 80-80 from 10.0.0.0/8";
    assert_eq!(let_in, [stays, "tcp 443-443 from 11.0.0.0/8"]);
    let expected = format!("goes on letting in {stays}: nobody else can be let in");
    assert!(findings[0].ends_with(&expected), "{findings:?}");
    assert_eq!(findings[1..], ["ingress tcp 80-80 from 11.0.0.0/8: no"]);
}

/// An ALB without security groups of its own would get the VPC's default one.
#[test]
fn only_an_nlb_is_left_without_security_groups() {
    let groups = |kind, protocol| {
        let desired = Desired::of(kind)
            .member(80, protocol, "a")
            .settings(|it| it.disable_security_group = Some(true));
        let observed = converge(&desired, &empty(), &context());
        let load_balancer = observed.load_balancers.values().next().unwrap();
        let problems = desired.plan(&observed, &context()).report.problems;
        (load_balancer.security_groups.len(), problems)
    };
    assert_eq!(
        groups(LoadBalancerKind::Nlb, ElbProtocol::Tcp),
        (0, Vec::new())
    );
    assert_eq!(
        groups(LoadBalancerKind::Alb, ElbProtocol::Http),
        (
            1,
            vec![
                "disableSecurityGroup is not followed: an ALB always has security groups"
                    .to_owned()
            ]
        )
    );
}

/// ICMP is of the family of whoever may send it; prefix lists and groups have none.
#[test]
fn icmp_is_let_in_from_the_sources_of_its_family_where_it_is_asked_for() {
    let let_in = |asked| {
        let desired = from_sources(everything(), &["10.0.0.0/8", "fd00::/8"], &["pl-1"]);
        let observed = desired.settings(|it| it.enable_icmp = asked).programmed();
        let group = observed.security_groups.values().next().unwrap();
        let ingress = group.ingress.iter().map(ToString::to_string);
        ingress
            .filter(|rule| rule.starts_with("icmp"))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        let_in(Some(true)),
        ["icmp from 10.0.0.0/8", "icmpv6 from fd00::/8"]
    );
    assert_eq!(let_in(Some(false)), [""; 0]);
    assert_eq!(let_in(None), [""; 0]);
}

#[test]
fn codes_that_are_asked_for_are_those_of_the_protocol_that_is_checked() {
    use LoadBalancerKind::{Alb, Nlb};
    use ProtocolVersion::{Grpc, Http1};
    use TargetProtocol::{Http, Tcp};
    let cases = [
        (Alb, Http, Some(Http1), None, [Some("204"), None]),
        (Alb, Http, Some(Grpc), None, [None, Some("0-5")]),
        (Nlb, Tcp, None, None, [None, None]),
        (Nlb, Tcp, None, Some(Http), [Some("204"), None]),
    ];
    for (kind, protocol, version, checked, expected) in cases {
        let asked = HealthCheckSettings {
            protocol: checked,
            http_codes: Some("204".to_owned()),
            grpc_codes: Some("0-5".to_owned()),
            ..HealthCheckSettings::default()
        };
        let check = check_of(kind, protocol, version, asked);
        assert_eq!(
            [check.http_codes.as_deref(), check.grpc_codes.as_deref()],
            expected,
            "{kind:?} {version:?} {checked:?}"
        );
    }
}

/// What a listener is told is the Gateway's to hear in whatever state that is said.
#[test]
fn a_gateway_hears_what_keeps_a_listener_from_being_there() {
    let place = ProtocolPort {
        protocol: Some("HTTPS".to_owned()),
        port: Some(443),
    };
    let desired = everything().settings(|it| {
        let entry = it.listeners.entry(place).or_default();
        entry.ssl_policy = Some("strict".to_owned());
    });
    let create = find(&desired.plan(&empty(), &context()), "create listener")
        .op
        .key();
    for failure in [
        Failure::Refused("there is no policy strict".to_owned()),
        Failure::Impossible("there is no policy strict".to_owned()),
    ] {
        let mut context = context();
        context.failures.insert(create.clone(), failure);
        let problems = desired.plan(&empty(), &context).report.problems;
        assert_eq!(
            problems,
            ["listenerConfigurations[HTTPS:443]: there is no policy strict"]
        );
    }
}
