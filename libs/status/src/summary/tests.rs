use tributary_model::judgement::{
    GatewayJudgement, Judgement, LoadBalancerJudgement, ParentJudgement,
};
use tributary_model::resolved::{Conflict, RouteAcceptance};

use super::{ConditionText, summary};
use crate::testing::{class, conflicted, gateway, good, parent, route, set, won};

/// `accepted programmed`, with `-` for what is not known.
fn check(judgement: &Judgement, expected: &str) {
    let told = summary(judgement);
    let word = |said: Option<ConditionText>| {
        said.map_or("-".to_owned(), |said| {
            format!("{:?}/{}", said.status, said.reason)
        })
    };
    assert_eq!(
        format!("{} {}", word(told.accepted), word(told.programmed)),
        expected
    );
}

#[test]
fn of_each_kind() {
    check(&Judgement::GatewayClass(class()), "True/Accepted -");
    check(
        &Judgement::Gateway(gateway(vec![good("a")])),
        "True/Accepted True/Programmed",
    );
    check(
        &Judgement::ListenerSet(set(vec![conflicted("a", Conflict::Hostname)])),
        "False/ListenersNotValid False/ListenersNotValid",
    );
    check(
        &Judgement::Route(route(vec![parent("app")])),
        "True/Accepted -",
    );
    check(&Judgement::Route(route(vec![])), "- -");
}

#[test]
fn programmed_is_not_known_before_the_first_report() {
    check(
        &Judgement::Gateway(GatewayJudgement {
            load_balancer: LoadBalancerJudgement::Unknown,
            ..gateway(vec![won("a", None)])
        }),
        "True/Accepted -",
    );
}

#[test]
fn a_route_shows_the_parent_that_refuses_it() {
    check(
        &Judgement::Route(route(vec![
            parent("one"),
            ParentJudgement {
                acceptance: RouteAcceptance::NotAllowedByListeners,
                ..parent("two")
            },
        ])),
        "False/NotAllowedByListeners -",
    );
}
