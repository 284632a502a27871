use std::sync::Arc;

use tributary_model::report::ProgrammedState;
use tributary_model::view::ListenerView;
use tributary_stream::{Position, Positioned, Update};

use super::ConditionText;
use crate::query::fixtures::{in_state, lost, of, own, served};

fn reset(views: &[ListenerView]) -> Update<tributary_model::ListenerRef, ListenerView> {
    let positioned = |view: &ListenerView| Positioned {
        position: Position::default(),
        traceparent: String::new(),
        item: Arc::new(view.clone()),
    };
    let listener = |view: &ListenerView| view.resolved.listener.clone();
    Update::Reset(
        views
            .iter()
            .map(|view| (listener(view), positioned(view)))
            .collect(),
    )
}

fn apply(view: ListenerView) -> Update<tributary_model::ListenerRef, ListenerView> {
    Update::Apply(view.resolved.listener.clone(), Arc::new(view))
}

fn pending(why: &str) -> ListenerView {
    in_state(
        served(of("team-a", "https"), 1),
        Some(ProgrammedState::Pending(why.to_owned())),
    )
}

#[test]
fn the_first_listing_is_told_in_order_of_precedence() {
    let views = [
        lost(of("team-a", "https"), 1, own("https")),
        served(own("https"), 0),
    ];
    assert_eq!(
        ConditionText::default().lines(reset(&views)),
        [
            "Gateway infra/edge/https  443 HTTPS app.example.com  Programmed  \
             k8s-infra-edge-1.eu-central-1.elb.amazonaws.com",
            "ListenerSet team-a/app/https  443 HTTPS app.example.com  Conflicted  \
             HostnameConflict with Gateway infra/edge/https",
        ]
    );
}

#[test]
fn the_same_again_is_told_once() {
    let mut said = ConditionText::default();
    assert_eq!(said.lines(reset(&[served(own("https"), 0)])).len(), 1);
    assert!(said.lines(apply(served(own("https"), 0))).is_empty());
}

#[test]
fn each_step_of_a_pending_listener_is_not_told() {
    let mut said = ConditionText::default();
    assert_eq!(
        said.lines(apply(pending("creating"))),
        ["ListenerSet team-a/app/https  443 HTTPS app.example.com  Pending  creating"]
    );
    assert!(said.lines(apply(pending("waiting"))).is_empty());
    assert_eq!(said.lines(apply(served(of("team-a", "https"), 1))).len(), 1);
}

#[test]
fn a_listener_that_goes_is_told() {
    let mut said = ConditionText::default();
    said.lines(reset(&[served(own("https"), 0)]));
    assert_eq!(
        said.lines(Update::Delete(own("https"))),
        ["Gateway infra/edge/https  Removed"]
    );
}
