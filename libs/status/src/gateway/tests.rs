use tributary_model::judgement::{GatewayJudgement, Judgement, LoadBalancerJudgement};
use tributary_model::resolved::{Conflict, GatewayAcceptance, RefCause};
use tributary_model::status::{Status, StatusAddress};

use crate::testing::{
    LATER, after, conflicted, entries, gateway, good, listener, message, pending, port_unavailable,
    refused, top, unusable, won, written,
};

fn check(judged: GatewayJudgement, conditions: &str) {
    assert_eq!(top(&written(&Judgement::Gateway(judged))), conditions);
}

fn behind(load_balancer: LoadBalancerJudgement, judged: GatewayJudgement) -> GatewayJudgement {
    GatewayJudgement {
        load_balancer,
        ..judged
    }
}

#[test]
fn all_own_listeners_good() {
    check(
        gateway(vec![good("a"), good("b")]),
        "Accepted=True/Accepted Programmed=True/Programmed",
    );
}

#[test]
fn own_conflicted_listeners_while_one_good_remains() {
    check(
        gateway(vec![
            conflicted("a", Conflict::Protocol),
            conflicted("b", Conflict::Protocol),
            good("c"),
        ]),
        "Accepted=True/ListenersNotValid Programmed=True/Programmed",
    );
}

#[test]
fn own_listeners_all_conflicted() {
    check(
        gateway(vec![
            conflicted("a", Conflict::Protocol),
            conflicted("b", Conflict::Protocol),
        ]),
        "Accepted=False/ListenersNotValid Programmed=False/Invalid",
    );
}

#[test]
fn own_listener_without_a_certificate() {
    check(
        gateway(vec![
            good("a"),
            unusable(
                "b",
                "tls.certificateRefs[0]",
                RefCause::InvalidCertificateRef,
            ),
        ]),
        "Accepted=True/ListenersNotValid Programmed=True/Programmed",
    );
}

#[test]
fn invalid_parameters() {
    check(
        GatewayJudgement {
            acceptance: GatewayAcceptance::InvalidParameters("it does not exist".to_owned()),
            ..gateway(vec![good("a")])
        },
        "Accepted=False/InvalidParameters Programmed=False/Invalid",
    );
}

#[test]
fn unsupported_address() {
    check(
        GatewayJudgement {
            acceptance: GatewayAcceptance::UnsupportedAddress,
            ..gateway(vec![good("a")])
        },
        "Accepted=False/UnsupportedAddress Programmed=False/Invalid",
    );
}

#[test]
fn listeners_of_a_gateway_that_is_not_accepted_are_not_programmed() {
    let status = written(&Judgement::Gateway(GatewayJudgement {
        acceptance: GatewayAcceptance::UnsupportedAddress,
        ..gateway(vec![good("a")])
    }));
    assert!(listener(&status, "a").contains("Programmed=False/Pending"));
}

#[test]
fn the_load_balancer_is_still_provisioning() {
    check(
        behind(
            LoadBalancerJudgement::Pending("provisioning".to_owned()),
            gateway(vec![good("a")]),
        ),
        "Accepted=True/Accepted Programmed=False/Pending",
    );
}

#[test]
fn the_load_balancer_cannot_be_had() {
    check(
        behind(
            LoadBalancerJudgement::Failed("no subnets".to_owned()),
            gateway(vec![good("a")]),
        ),
        "Accepted=True/Accepted Programmed=False/NoResources",
    );
}

#[test]
fn an_own_listener_is_not_served_yet() {
    check(
        gateway(vec![good("a"), pending("b")]),
        "Accepted=True/Accepted Programmed=False/Pending",
    );
}

#[test]
fn no_report_yet_on_a_new_gateway() {
    check(
        behind(
            LoadBalancerJudgement::Unknown,
            gateway(vec![won("a", None)]),
        ),
        "Accepted=True/Accepted Programmed=False/Pending",
    );
}

fn unheard(judged: GatewayJudgement) -> Judgement {
    Judgement::Gateway(GatewayJudgement {
        unheard: true,
        ..judged
    })
}

fn programmed(status: &Status) -> String {
    let Status::Gateway(status) = status else {
        panic!("a Gateway has a Gateway's status");
    };
    message(&status.conditions, "Programmed")
}

const DOUBT: &str = "No programmer has reported on the load balancer for more than a minute, so its state may have changed since.";

#[test]
fn what_nobody_reports_on_any_more_is_said_with_doubt_and_not_taken_back() {
    let before = written(&Judgement::Gateway(gateway(vec![good("a")])));
    let now = after(&unheard(gateway(vec![good("a")])), Some(&before), LATER);
    assert_eq!(
        top(&now),
        "Accepted=True/Accepted Programmed=True/Programmed"
    );
    assert_eq!(programmed(&now), format!("{} {DOUBT}", programmed(&before)));
    // Once, however long it lasts; and gone with the next word.
    let again = after(&unheard(gateway(vec![good("a")])), Some(&now), LATER);
    assert_eq!(again, now);
    let heard = Judgement::Gateway(gateway(vec![good("a")]));
    assert_eq!(after(&heard, Some(&now), LATER), before);
}

#[test]
fn doubt_is_said_beside_what_an_earlier_merger_wrote() {
    let unknown = || {
        behind(
            LoadBalancerJudgement::Unknown,
            gateway(vec![won("a", None)]),
        )
    };
    let before = written(&Judgement::Gateway(gateway(vec![good("a")])));
    let now = after(&unheard(unknown()), Some(&before), LATER);
    assert_eq!(programmed(&now), format!("{} {DOUBT}", programmed(&before)));
    assert_eq!(after(&unheard(unknown()), Some(&now), LATER), now);
    // The next merger has heard nothing either: until the first report it says what was said.
    let next = Judgement::Gateway(unknown());
    assert_eq!(after(&next, Some(&now), LATER), now);
}

#[test]
fn what_no_report_can_change_is_not_doubted() {
    let refused = || GatewayJudgement {
        acceptance: GatewayAcceptance::UnsupportedAddress,
        ..gateway(vec![good("a")])
    };
    let status = written(&unheard(refused()));
    assert_eq!(status, written(&Judgement::Gateway(refused())));
}

#[test]
fn addresses_are_host_names() {
    let Status::Gateway(status) = written(&Judgement::Gateway(gateway(vec![good("a")]))) else {
        panic!("a Gateway has a Gateway's status");
    };
    assert_eq!(
        status.addresses,
        [StatusAddress {
            address_type: "Hostname".to_owned(),
            value: "web.elb.example".to_owned(),
        }]
    );
    assert_eq!(status.attached_listener_sets, Some(2));
}

/// The rule of the CRD on `status.addresses`; AWS keeps the capitals of a name in its DNS name.
#[test]
fn a_host_name_is_written_in_lower_case() {
    let judged = GatewayJudgement {
        addresses: vec!["internal-MyLB-1.elb.amazonaws.com".to_owned()],
        ..gateway(vec![good("a")])
    };
    let Status::Gateway(status) = written(&Judgement::Gateway(judged)) else {
        panic!("a Gateway has a Gateway's status");
    };
    let values: Vec<String> = status.addresses.into_iter().map(|it| it.value).collect();
    assert_eq!(values, ["internal-mylb-1.elb.amazonaws.com"]);
}

/// What the merge cannot do is known before there is a load balancer, and nothing serves then.
#[test]
fn what_is_not_done_is_told_before_the_load_balancer_is_there() {
    for load_balancer in [
        LoadBalancerJudgement::Unknown,
        LoadBalancerJudgement::Pending("it is being created".to_owned()),
    ] {
        let judged = GatewayJudgement {
            problems: vec!["spec.tls.backend is not acted on".to_owned()],
            ..behind(load_balancer, gateway(vec![pending("a")]))
        };
        let Status::Gateway(status) = written(&Judgement::Gateway(judged)) else {
            panic!("a Gateway has a Gateway's status");
        };
        assert_eq!(
            message(&status.conditions, "gateway.tributary.dev/Degraded"),
            "Not all that the Gateway asks for is done: spec.tls.backend is not acted on."
        );
    }
}

#[test]
fn without_a_report_the_addresses_stay() {
    let before = written(&Judgement::Gateway(gateway(vec![good("a")])));
    let mut unknown = behind(
        LoadBalancerJudgement::Unknown,
        gateway(vec![won("a", None)]),
    );
    unknown.addresses.clear();
    assert_eq!(
        after(&Judgement::Gateway(unknown), Some(&before), LATER),
        before
    );
}

#[test]
fn a_load_balancer_that_cannot_be_removed_keeps_its_address() {
    let before = written(&Judgement::Gateway(gateway(vec![good("a")])));
    let mut leaving = behind(
        LoadBalancerJudgement::Leaving("it is protected".to_owned()),
        gateway(Vec::new()),
    );
    leaving.addresses.clear();
    let after = after(&Judgement::Gateway(leaving), Some(&before), LATER);
    assert_eq!(
        top(&after),
        "Accepted=True/Accepted Programmed=False/Pending"
    );
    let (Status::Gateway(before), Status::Gateway(after)) = (before, after) else {
        panic!("a Gateway has a Gateway's status");
    };
    assert_eq!(after.addresses, before.addresses);
}

#[test]
fn attached_listener_sets_alone_is_a_change() {
    let before = written(&Judgement::Gateway(gateway(vec![good("a")])));
    let mut more = gateway(vec![good("a")]);
    more.attached_listener_sets = 3;
    let Status::Gateway(status) = after(&Judgement::Gateway(more), Some(&before), LATER) else {
        panic!("a Gateway has a Gateway's status");
    };
    assert_eq!(status.attached_listener_sets, Some(3));
}

#[test]
fn own_listeners_in_spec_order_and_removed_ones_gone() {
    let before = written(&Judgement::Gateway(gateway(vec![
        good("a"),
        good("b"),
        good("c"),
    ])));
    let status = after(
        &Judgement::Gateway(gateway(vec![good("c"), good("a")])),
        Some(&before),
        LATER,
    );
    let names: Vec<&str> = entries(&status).iter().map(|entry| &*entry.name).collect();
    assert_eq!(names, ["c", "a"]);
}

#[test]
fn a_listener_that_aws_refused_is_accepted_like_its_own_condition_says() {
    check(
        gateway(vec![good("a"), refused("b")]),
        "Accepted=True/Accepted Programmed=True/Programmed",
    );
    check(
        gateway(vec![pending("a"), refused("b")]),
        "Accepted=True/Accepted Programmed=False/Pending",
    );
    check(
        gateway(vec![refused("b")]),
        "Accepted=True/Accepted Programmed=False/Invalid",
    );
}

#[test]
fn a_listener_without_its_port_is_accepted_like_its_own_condition_says() {
    check(
        gateway(vec![good("tcp"), port_unavailable("udp")]),
        "Accepted=True/Accepted Programmed=True/Programmed",
    );
    check(
        gateway(vec![port_unavailable("udp")]),
        "Accepted=True/Accepted Programmed=False/Invalid",
    );
}

#[test]
fn what_is_wrong_with_a_load_balancer_that_serves_is_told_beside_programmed() {
    let with = |problems: &[&str]| {
        Judgement::Gateway(GatewayJudgement {
            problems: problems.iter().map(|it| (*it).to_owned()).collect(),
            ..gateway(vec![good("a")])
        })
    };
    let missing = "there is no security group with id or Name tag \"sg-1\"";
    let degraded = written(&with(&[missing]));
    assert_eq!(
        top(&degraded),
        "Accepted=True/Accepted Programmed=True/Programmed gateway.tributary.dev/Degraded=True/NotAsAsked"
    );
    let Status::Gateway(status) = &degraded else {
        panic!("{degraded:?}");
    };
    let said = message(&status.conditions, "gateway.tributary.dev/Degraded");
    assert!(said.contains(missing), "{said}");
    // A merger that has just started does not take it back before the next report, which does.
    let unknown = Judgement::Gateway(GatewayJudgement {
        load_balancer: LoadBalancerJudgement::Unknown,
        ..gateway(vec![good("a")])
    });
    let kept = after(&unknown, Some(&degraded), LATER);
    assert_eq!(top(&kept), top(&degraded));
    let mended = after(&with(&[]), Some(&kept), LATER);
    assert_eq!(
        top(&mended),
        "Accepted=True/Accepted Programmed=True/Programmed"
    );
}
