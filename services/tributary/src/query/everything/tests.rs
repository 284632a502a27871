use tributary_model::resolved::RouteAcceptance;

use super::report;
use crate::query::fixtures::{
    gateway, listener_set, load_balancer, lost, of, own, plain, route, served,
};
use crate::query::print::Detail;

fn titles(text: &str) -> Vec<&str> {
    text.split("\n\n")
        .filter_map(|section| section.lines().next())
        .collect()
}

#[test]
fn a_report_has_a_section_of_each_that_is_there() {
    let text = plain(&report(
        &[
            gateway(),
            listener_set("team-a"),
            route(RouteAcceptance::Accepted),
        ],
        &[served(own("https"), 0)],
        &[load_balancer()],
        Detail::Usual,
    ));
    assert_eq!(
        titles(&text),
        [
            "Gateways",
            "ListenerSets",
            "Listeners",
            "Routes",
            "Load balancers"
        ]
    );
}

#[test]
fn conflicts_come_last() {
    let listeners = [
        served(own("https"), 0),
        lost(of("team-a", "https"), 1, own("https")),
    ];
    let text = plain(&report(&[], &listeners, &[], Detail::Usual));
    assert_eq!(titles(&text), ["Listeners", "Conflicts"]);
}

#[test]
fn nothing_at_all_is_said() {
    assert_eq!(
        report(&[], &[], &[], Detail::Usual),
        "Nothing to serve: no Gateway of ours was read.\n"
    );
}
