use tributary_model::Timestamp;
use tributary_model::report::{RuleProblem, RuleState};
use tributary_model::resolved::{RouteAcceptance, SecretCertificate};
use tributary_model::{ListenerRef, ObjectKey};

use super::{Described, paper};
use crate::query::fixtures::{
    gateway, labels, listener_set, load_balancer, lost, of, own, plain, route, served, stranger,
};

fn described(view: tributary_model::view::ObjectView) -> Described {
    Described {
        view,
        listeners: Vec::new(),
        load_balancers: Vec::new(),
        explanations: Vec::new(),
    }
}

#[track_caller]
fn check(described: &Described, expected: &str) {
    assert_eq!(plain(&paper::page(described)), expected);
}

#[track_caller]
fn tells(described: &Described, expected: &[&str]) {
    let page = plain(&paper::page(described));
    for line in expected {
        assert!(page.contains(line), "{line:?} in {page}");
    }
}

fn refused_rule(listener: ListenerRef, message: &str) -> RuleProblem {
    RuleProblem {
        origin: tributary_model::desired::RuleOrigin {
            route: tributary_model::ObjectRef::new(
                tributary_model::Kind::HttpRoute,
                ObjectKey::new("team-a", "shop"),
            ),
            rule: 1,
            matched: 0,
        },
        listener,
        message: message.to_owned(),
        state: RuleState::NotServed,
    }
}

#[test]
fn a_set_shows_where_it_is_and_each_listener_with_the_rule_behind_its_state() {
    let mut winner = served(of("team-a", "https"), 0);
    winner.resolved.certificates = vec![SecretCertificate {
        secret: ObjectKey::new("team-a", "tls"),
        not_after: Timestamp(1_772_355_600),
    }];
    let mut view = listener_set("team-a");
    view.labels = labels(&[("app", "shop"), ("tier", "web")]);
    let set = Described {
        listeners: vec![winner, lost(of("team-a", "other"), 1, own("https"))],
        ..described(view)
    };
    tells(
        &set,
        &[
            "Name:          app\nNamespace:     team-a\nKind:          ListenerSet\nLabels:        app=shop\n               tier=web\nGeneration:    1\nGateways:      infra/edge\n",
            "Conditions:\n  TYPE         STATUS   REASON       MESSAGE\n  Accepted     True     Accepted",
            "Listeners:\n  https:\n    Port:          443 HTTPS\n    Hostname:      app.example.com\n    State:         Programmed\n    Decision:      holds its port and hostname\n    Rule:          distinct-listeners: A listener is served if it conflicts with no listener before it\n    Because:       1 accepted routes reach it\n    Certificates:  Secret team-a/tls, ends 2026-03-01T09:00:00Z\n    Routes:        1\n      HTTPRoute team-a/shop\n",
            "  other:\n    Port:          443 HTTPS\n    Hostname:      app.example.com\n    State:         Conflicted\n    Reason:        HostnameConflict with Gateway infra/edge/https\n    Decision:      not served: hostname conflict with Gateway infra/edge/https\n    Rule:          distinct-hostnames: Listeners of one port and protocol have different hostnames\n    Because:       Gateway infra/edge is older\n    Would change:  another port or hostname\n                   the removal of Gateway infra/edge/https\n    Routes:        0\n",
        ],
    );
}

#[test]
fn a_gateway_shows_its_addresses_its_sets_listeners_and_what_aws_refused() {
    let mut balancer = load_balancer();
    let report = balancer.report.as_mut().unwrap();
    report.problems = vec!["AccessDenied: elasticloadbalancing:SetSubnets".to_owned()];
    report.rules = vec![refused_rule(of("team-a", "https"), "TooManyRules")];
    let gateway = Described {
        listeners: vec![served(own("http"), 0), served(of("team-a", "https"), 0)],
        load_balancers: vec![balancer],
        ..described(gateway())
    };
    tells(
        &gateway,
        &[
            "Addresses:     k8s-infra-edge-1.eu-central-1.elb.amazonaws.com\n",
            "Listeners:\n  http:\n    Port:          443 HTTPS\n",
            "Listeners of ListenerSets:\n  NAMESPACE   OWNER             LISTENER",
            "Load balancer of infra/edge:\n  Type:          alb\n  Phase:         Active\n  Programmed:    generation 7 of 7\n",
            "  Problems:      AccessDenied: elasticloadbalancing:SetSubnets\n  Rules:         NotServed: rule 1 of HTTPRoute team-a/shop on ListenerSet team-a/app/https: TooManyRules\n",
        ],
    );
}

#[test]
fn a_set_reads_of_refused_rules_its_own_alone() {
    let mut balancer = load_balancer();
    let report = balancer.report.as_mut().unwrap();
    report.rules = vec![
        refused_rule(of("team-a", "https"), "of a"),
        refused_rule(of("team-b", "https"), "of b"),
    ];
    let set = Described {
        load_balancers: vec![balancer],
        ..described(listener_set("team-a"))
    };
    let page = plain(&paper::page(&set));
    assert!(page.contains("of a") && !page.contains("of b"), "{page}");
}

#[test]
fn a_route_shows_each_parent_and_where_it_is_attached() {
    let route = Described {
        listeners: vec![served(of("team-a", "https"), 0)],
        ..described(route(RouteAcceptance::Accepted))
    };
    tells(
        &route,
        &[
            "Kind:          HTTPRoute\n",
            "Parent ListenerSet app:\n  TYPE           STATUS   REASON         MESSAGE\n  Accepted       True     Accepted",
            "Attached to:\n  NAMESPACE   OWNER             LISTENER",
        ],
    );
}

#[test]
fn what_is_decided_of_the_object_itself_is_told_in_words() {
    let explanation = lost(of("team-b", "https"), 0, own("https")).explanation;
    let set = Described {
        explanations: vec![explanation],
        ..described(stranger("team-b"))
    };
    tells(
        &set,
        &[
            "  Accepted     False    NotAllowed",
            "Decisions:\n  ListenerSet team-b/app/https\n    Decision:      not served: hostname conflict with Gateway infra/edge/https\n",
        ],
    );
}

/// Word for word, so that nothing comes or goes by accident.
#[test]
fn the_whole_page_of_a_gateway_without_anything() {
    check(
        &described(gateway()),
        "Name:          edge
Namespace:     infra
Kind:          Gateway
Generation:    2
Addresses:     k8s-infra-edge-1.eu-central-1.elb.amazonaws.com
Conditions:
  TYPE         STATUS   REASON       MESSAGE
  Accepted     True     Accepted     The Gateway is accepted.
  Programmed   True     Programmed   The load balancer serves the Gateway's own listeners.
",
    );
}
