use std::sync::Arc;

use tributary_model::view::ListenerView;

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
    plain(&frame(Some(&listeners), size).join("\n"))
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

TEAM     OWNER             LISTENER   PORT   PROTOCOL   HOSTNAME          STATE        ROUTES   ADDRESS
infra    gateway/edge      https      443    HTTPS      app.example.com   Pending      1        <none>
team-a   listenerset/app   https      443    HTTPS      app.example.com   Programmed   1        \
         k8s-infra-edge-1.eu-central-1.elb.amazonaws.com
         listenerset/app   other      443    HTTPS      app.example.com   Conflicted   0        <none>

Conflicts
ListenerSet team-a/app/other: ListenerSet team-z/app/https has 443 HTTPS app.example.com
  would change: another port or hostname; the removal of ListenerSet team-z/app/https"
            .replace("\\\n         k8s", "k8s")
    );
}

#[test]
fn before_the_first_listing_it_says_so() {
    assert_eq!(frame(None, WIDE), ["Waiting for the first listeners …"]);
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
    assert!(text.ends_with("… and 45 more listeners"), "{text}");
}
