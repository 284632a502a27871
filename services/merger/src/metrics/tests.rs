use tributary_model::report::Quotas as Reported;

use super::*;
use crate::census::{ObjectState, Standing};

fn tally(served: u64, refused: u64) -> Tally {
    let mut tally = Tally::default();
    for (state, reason, count) in [
        (ObjectState::Served, "Programmed", served),
        (ObjectState::Refused, "NotAllowed", refused),
    ] {
        if count > 0 {
            let standing = Standing { state, reason };
            let sets = Counted::Object(Kind::ListenerSet);
            tally.standings.insert((sets, standing), count);
            tally.tenants.insert(("team".into(), sets, state), count);
        }
    }
    tally
}

/// The series of a metric, as text.
fn series(metrics: &Metrics, name: &str) -> Vec<String> {
    let text = metrics.text().unwrap();
    let lines = text.lines().filter_map(|line| line.strip_prefix(name));
    let mut lines: Vec<String> = lines.map(ToOwned::to_owned).collect();
    lines.sort();
    lines
}

#[test]
fn what_is_not_so_any_more_is_not_shown() {
    let metrics = Metrics::default();
    let mut board = Board::new(&metrics, Tenants::Hidden);
    board.show_tally(&tally(2, 1));
    assert_eq!(
        series(&metrics, "tributary_listener_sets{"),
        [
            "state=\"refused\",reason=\"NotAllowed\"} 1",
            "state=\"served\",reason=\"Programmed\"} 2",
        ]
    );
    board.show_tally(&tally(3, 0));
    assert_eq!(
        series(&metrics, "tributary_listener_sets{"),
        ["state=\"served\",reason=\"Programmed\"} 3"]
    );
    // It does not lead any more.
    board.show_tally(&Tally::default());
    assert!(series(&metrics, "tributary_listener_sets{").is_empty());
}

#[test]
fn tenants_are_shown_to_who_asks_for_them() {
    for (tenants, expected) in [
        (Tenants::Hidden, vec![]),
        (
            Tenants::Shown,
            vec!["tenant=\"team\",kind=\"ListenerSet\",state=\"served\"} 2"],
        ),
    ] {
        let metrics = Metrics::default();
        Board::new(&metrics, tenants).show_tally(&tally(2, 0));
        assert_eq!(series(&metrics, "tributary_tenant_objects{"), expected);
    }
}

#[test]
fn a_load_balancer_shows_what_it_takes_of_each_quota() {
    let metrics = Metrics::default();
    let mut board = Board::new(&metrics, Tenants::Hidden);
    let rules = QuotaUse {
        used: 60,
        limit: 100,
    };
    let key = LoadBalancerKey {
        kind: LoadBalancerKind::Alb,
        gateway: ObjectKey::new("infra", "web"),
    };
    let reported = Reported {
        rules,
        ..Reported::default()
    };
    board.show_quotas(&vec![(key, reported.each())]);
    let labels = "kind=\"alb\",gateway_namespace=\"infra\",gateway_name=\"web\",quota=\"rules\"}";
    for (metric, value) in [("used", 60), ("limit", 100)] {
        let series = series(
            &metrics,
            &format!("tributary_load_balancer_quota_{metric}{{"),
        );
        assert_eq!(series.len(), 5);
        assert!(series.contains(&format!("{labels} {value}")), "{series:?}");
    }
    board.show_quotas(&Quotas::new());
    assert!(series(&metrics, "tributary_load_balancer_quota_used{").is_empty());
}
