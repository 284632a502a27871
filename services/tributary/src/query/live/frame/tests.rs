use std::sync::Arc;

use tributary_model::view::{ListenerView, Rejection};

use super::{Listeners, Size, frame};
use crate::query::fixtures::{in_state, lost, of, own, plain, served};

const WIDE: Size = Size {
    columns: 160,
    rows: 40,
};

fn drawn(views: Vec<ListenerView>, size: Size) -> String {
    let listeners: Listeners = views
        .into_iter()
        .map(|view| (view.resolved.listener.clone(), Arc::new(view)))
        .collect();
    plain(&frame(Some(&listeners), &[refused()], size).join("\n"))
}

fn refused() -> Rejection {
    Rejection {
        source: "team.yaml document 1".to_owned(),
        object: "ListenerSet team-a/bad".to_owned(),
        field: "spec.listeners[0].port".to_owned(),
        reason: "must be 1 to 65535, it is 70000".to_owned(),
        last_good_kept: false,
        object_ref: None,
    }
}

fn three() -> Vec<ListenerView> {
    vec![
        in_state(served(own("https"), 0), None),
        served(of("team-a", "https"), 1),
        lost(of("team-a", "other"), 2, of("team-z", "https")),
    ]
}

#[test]
fn a_frame_shows_teams_addresses_and_conflicts() {
    assert_eq!(
        drawn(three(), WIDE),
        "3 listeners of 2 teams: 1 Programmed, 1 Pending, 1 Conflicted
alb infra/edge   k8s-infra-edge-1.eu-central-1.elb.amazonaws.com

TEAM     STATE        OWNER             LISTENER   PORT   PROTOCOL   HOSTNAME          ROUTES
infra    Pending      gateway/edge      https      443    HTTPS      app.example.com   1
team-a   Programmed   listenerset/app   https      443    HTTPS      app.example.com   1
         Conflicted   listenerset/app   other      443    HTTPS      app.example.com   0

Conflicts
ListenerSet team-a/app/other against ListenerSet team-z/app/https: HostnameConflict on 443 HTTPS app.example.com
  would change: another port or hostname; the removal of ListenerSet team-z/app/https

Refused
team.yaml document 1: ListenerSet team-a/bad: spec.listeners[0].port: must be 1 to 65535, it is 70000"
    );
}

#[test]
fn before_the_first_listing_it_says_so() {
    assert_eq!(
        frame(None, &[], WIDE),
        ["Waiting for the first listeners …"]
    );
}

#[test]
fn no_listeners_are_a_frame_too() {
    assert!(drawn(Vec::new(), WIDE).starts_with("0 listeners of 0 teams\n"));
}

#[test]
fn no_frame_is_larger_than_its_screen() {
    for (columns, rows) in [(40, 10), (20, 5), (5, 3), (1, 1), (200, 8)] {
        let views = (0..50).map(|rank| lost(of("team-a", &format!("l{rank}")), rank, own("https")));
        let text = drawn(views.collect(), Size { columns, rows });
        let lines: Vec<&str> = text.split('\n').collect();
        assert!(lines.len() <= rows, "{columns} x {rows}:\n{text}");
        for line in lines {
            assert!(
                line.chars().count() <= columns,
                "{columns} x {rows}: {line}"
            );
        }
    }
}

#[test]
fn what_does_not_fit_is_counted() {
    let views = (0..50).map(|rank| served(of("team-a", &format!("l{rank:02}")), rank));
    let text = drawn(
        views.collect(),
        Size {
            columns: 100,
            rows: 10,
        },
    );
    assert!(text.contains("\n… and 48 more listeners\n"), "{text}");
}
