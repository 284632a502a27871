use tributary_model::judgement::Judgement;
use tributary_model::report::{LoadBalancerPhase, ProgrammedState};
use tributary_model::resolved::RouteAcceptance;

use super::{conflicts, gateways, listener_sets, listeners, load_balancers, routes};
use crate::query::fixtures::{
    gateway, in_state, listener_set, load_balancer, lost, of, own, plain, route, served, stranger,
};
use crate::query::print::{Detail, Table};

fn check(table: &Table, expected: &str) {
    assert_eq!(plain(&table.text()), expected);
}

/// Only so many columns, from one on: the wide tables would not fit here.
fn columns(table: Table, from: usize) -> Table {
    let Table { header, rows } = table;
    Table {
        header: header[from..].to_vec(),
        rows: rows.into_iter().map(|row| row[from..].to_vec()).collect(),
    }
}

#[test]
fn gateways_show_type_conditions_and_address() {
    check(
        &gateways(&[gateway()], &[load_balancer()], Detail::Usual),
        "NAMESPACE   NAME   TYPE   ACCEPTED   PROGRAMMED   LISTENERS   SETS   ADDRESS\n\
         infra       edge   alb    True       True         1/1         1      \
         k8s-infra-edge-1.eu-central-1.elb.amazonaws.com\n",
    );
}

#[test]
fn wide_gateways_add_reasons_and_the_arn() {
    check(
        &columns(gateways(&[gateway()], &[load_balancer()], Detail::Wide), 8),
        "ACCEPTED-REASON   PROGRAMMED-REASON   ARN                                                                   MESSAGE\n\
         Accepted          Programmed          \
         arn:aws:elasticloadbalancing:eu-central-1:1:loadbalancer/app/edge/1   <none>\n",
    );
}

#[test]
fn a_gateway_without_a_load_balancer_has_no_type_yet() {
    check(
        &columns(gateways(&[gateway()], &[], Detail::Usual), 1),
        "NAME   TYPE     ACCEPTED   PROGRAMMED   LISTENERS   SETS   ADDRESS\n\
         edge   <none>   True       True         1/1         1      \
         k8s-infra-edge-1.eu-central-1.elb.amazonaws.com\n",
    );
}

#[test]
fn a_wide_gateway_says_what_is_not_as_it_was_asked_for() {
    let mut view = gateway();
    if let Judgement::Gateway(judged) = &mut view.judgement {
        judged.problems = vec!["wafV2.webACL is not programmed".to_owned()];
    }
    let table = columns(gateways(&[view], &[], Detail::Wide), 11);
    let text = plain(&table.text());
    assert!(text.contains("wafV2.webACL is not programmed"), "{text}");
}

#[test]
fn sets_show_their_gateway_and_how_many_listeners_are_good() {
    check(
        &listener_sets(&[listener_set("team-a"), stranger("team-b")], Detail::Usual),
        "NAMESPACE   NAME   GATEWAY      ACCEPTED   PROGRAMMED   LISTENERS\n\
         team-a      app    infra/edge   True       True         1/1\n\
         team-b      app    infra/edge   False      False        0/0\n",
    );
}

#[test]
fn wide_sets_add_reasons() {
    let table = listener_sets(&[stranger("team-b")], Detail::Wide);
    let text = plain(&columns(table, 6).text());
    assert!(
        text.starts_with(
            "ACCEPTED-REASON   PROGRAMMED-REASON   MESSAGE\nNotAllowed        NotAllowed"
        ),
        "{text}"
    );
}

#[test]
fn routes_show_gateways_and_accepted_parents() {
    let views = [
        route(RouteAcceptance::Accepted),
        route(RouteAcceptance::NoMatchingParent),
    ];
    check(
        &routes(&views, Detail::Usual),
        "NAMESPACE   KIND        NAME   GATEWAYS     ACCEPTED   RESOLVED   PARENTS\n\
         team-a      HTTPRoute   shop   infra/edge   True       True       1/1\n\
         team-a      HTTPRoute   shop   infra/edge   False      True       0/1\n",
    );
}

#[test]
fn wide_routes_add_the_reason_and_what_is_left_out() {
    let table = routes(&[route(RouteAcceptance::NoMatchingParent)], Detail::Wide);
    let text = plain(&columns(table, 7).text());
    assert!(
        text.starts_with("REASON             RULES-LEFT-OUT   MESSAGE\nNoMatchingParent   0 "),
        "{text}"
    );
}

#[test]
fn listeners_show_what_they_ask_for_and_their_state() {
    let views = [
        served(own("https"), 0),
        lost(of("team-a", "https"), 1, own("https")),
    ];
    check(
        &listeners(&views, Detail::Usual),
        "NAMESPACE   OWNER             LISTENER   PORT   PROTOCOL   HOSTNAME          STATE        ROUTES   ADDRESS\n\
         infra       gateway/edge      https      443    HTTPS      app.example.com   Programmed   1        \
         k8s-infra-edge-1.eu-central-1.elb.amazonaws.com\n\
         team-a      listenerset/app   https      443    HTTPS      app.example.com   Conflicted   0        \
         k8s-infra-edge-1.eu-central-1.elb.amazonaws.com\n",
    );
}

#[test]
fn a_listener_for_every_host_shows_a_star() {
    let mut view = served(own("https"), 0);
    view.resolved.hostname = None;
    let text = plain(&listeners(&[view], Detail::Usual).text());
    assert!(text.contains("HTTPS      *          Programmed"), "{text}");
}

#[test]
fn wide_listeners_add_precedence_reason_and_elb_listener() {
    let views = [
        served(own("https"), 0),
        in_state(
            served(of("team-a", "https"), 1),
            Some(ProgrammedState::TooManyListeners(
                "50 listeners per load balancer".to_owned(),
            )),
        ),
    ];
    check(
        &columns(listeners(&views, Detail::Wide), 9),
        "GATEWAY      PRECEDENCE                            REASON                           ELB-LISTENER\n\
         infra/edge   Gateway                               <none>                           \
         arn:aws:elasticloadbalancing:eu-central-1:1:listener/app/edge/1/443\n\
         infra/edge   ListenerSet of 2026-03-01T09:00:00Z   50 listeners per load balancer   <none>\n",
    );
}

#[test]
fn conflicts_show_rival_rule_and_remedy() {
    check(
        &columns(
            conflicts(
                &[lost(of("team-b", "https"), 2, of("team-a", "https"))],
                Detail::Usual,
            ),
            6,
        ),
        "CONFLICT           RIVAL                          RULE                 WOULD-CHANGE\n\
         HostnameConflict   ListenerSet team-a/app/https   distinct-hostnames   \
         another port or hostname; the removal of ListenerSet team-a/app/https\n",
    );
}

#[test]
fn load_balancers_show_phase_and_sizes() {
    check(
        &load_balancers(&[load_balancer()], Detail::Usual),
        "NAMESPACE   GATEWAY   TYPE   PHASE    LISTENERS   RULES   CERTIFICATES   TARGETS   ADDRESS\n\
         infra       edge      alb    Active   2           3       1              4         \
         k8s-infra-edge-1.eu-central-1.elb.amazonaws.com\n",
    );
}

#[test]
fn wide_load_balancers_add_generations_and_problems() {
    let mut view = load_balancer();
    view.phase = LoadBalancerPhase::Absent;
    view.reported_generation = 6;
    if let Some(report) = &mut view.report {
        report.arn = None;
        report.settled = false;
        report.problems = vec!["no subnets".to_owned()];
    }
    check(
        &columns(load_balancers(&[view], Detail::Wide), 9),
        "TARGET-GROUPS   GENERATION   SETTLED   ARN      PROBLEMS\n\
         2               6/7          False     <none>   no subnets\n",
    );
}
