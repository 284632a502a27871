//! Pods that wait for their target's health (Kubernetes, Pod readiness).

use rstest::rstest;

use super::*;

const OURS: &str = "gateway.tributary.dev/target-health";
const THEIRS: &str = "target-health.elbv2.k8s.aws/k8s-shop-web-0123456789";
const ANOTHER: &str = "example.com/warm";

fn pod_yaml(gates: &[&str], conditions: &[&str]) -> String {
    let gates: Vec<String> = gates
        .iter()
        .map(|gate| format!("{{conditionType: {gate}}}"))
        .collect();
    let conditions: Vec<String> = conditions
        .iter()
        .map(|condition| {
            let mut words = condition.split(' ');
            let (kind, status) = (words.next().unwrap(), words.next().unwrap());
            let reason = words
                .next()
                .map_or_else(String::new, |reason| format!(", reason: {reason}"));
            format!("{{type: {kind}, status: '{status}'{reason}}}")
        })
        .collect();
    format!(
        "{{apiVersion: v1, kind: Pod, metadata: {{name: p, uid: u}}, spec: {{containers: [], readinessGates: [{}]}}, status: {{conditions: [{}]}}}}",
        gates.join(", "),
        conditions.join(", ")
    )
}

#[rstest]
#[case::its_condition_is_absent(&[OURS], &["ContainersReady True", "Ready False ReadinessGatesNotReady"], true)]
#[case::of_the_other_controller(&[THEIRS], &["ContainersReady True", "Ready False ReadinessGatesNotReady"], true)]
#[case::of_both(&[OURS, THEIRS], &["ContainersReady True"], true)]
#[case::its_condition_is_false(
    &[OURS],
    &["ContainersReady True", "gateway.tributary.dev/target-health False", "Ready False ReadinessGatesNotReady"],
    true
)]
#[case::containers_are_not_ready(&[OURS], &["ContainersReady False", "Ready False ContainersNotReady"], false)]
#[case::nothing_is_known(&[OURS], &[], false)]
#[case::another_gate_is_closed(&[OURS, ANOTHER], &["ContainersReady True", "Ready False ReadinessGatesNotReady"], false)]
#[case::another_gate_is_open(
    &[OURS, ANOTHER],
    &["ContainersReady True", "example.com/warm True", "Ready False ReadinessGatesNotReady"],
    true
)]
#[case::its_gate_has_just_opened(
    &[OURS],
    &["ContainersReady True", "gateway.tributary.dev/target-health True", "Ready False ReadinessGatesNotReady"],
    true
)]
#[case::its_endpoint_is_still_to_follow(
    &[OURS],
    &["ContainersReady True", "gateway.tributary.dev/target-health True", "Ready True"],
    true
)]
#[case::its_node_is_lost(
    &[OURS],
    &["ContainersReady True", "gateway.tributary.dev/target-health True", "Ready False"],
    false
)]
fn a_pod_awaits_health_if_only_gates_for_it_are_missing(
    #[case] gates: &[&str],
    #[case] conditions: &[&str],
    #[case] awaits_health: bool,
) {
    let Resource::Pod(pod) = resource_of(&pod_yaml(gates, conditions)) else {
        panic!("not a Pod");
    };
    assert_eq!(pod.uid.as_deref(), Some("u"));
    assert_eq!(pod.awaits_health, awaits_health);
}

#[test]
fn a_pod_without_such_a_gate_is_not_read() {
    assert_eq!(
        foreign(&pod_yaml(&[], &["Ready True"])),
        Foreign::PodWithoutGate
    );
    assert_eq!(foreign(&pod_yaml(&[ANOTHER], &[])), Foreign::PodWithoutGate);
    let without_spec = "{apiVersion: v1, kind: Pod, metadata: {name: p}}";
    assert_eq!(foreign(without_spec), Foreign::PodWithoutGate);
}

#[rstest]
#[case::absent(&[OURS, ANOTHER], &[], &[OURS])]
#[case::false_and_true(
    &[OURS, THEIRS],
    &["gateway.tributary.dev/target-health False", "target-health.elbv2.k8s.aws/k8s-shop-web-0123456789 True"],
    &[OURS]
)]
#[case::unknown_is_not_true(&[OURS], &["gateway.tributary.dev/target-health Unknown"], &[OURS])]
#[case::open(&[OURS], &["gateway.tributary.dev/target-health True"], &[])]
fn gates_whose_condition_is_not_true_are_closed(
    #[case] gates: &[&str],
    #[case] conditions: &[&str],
    #[case] closed: &[&str],
) {
    let Resource::Pod(pod) = resource_of(&pod_yaml(gates, conditions)) else {
        panic!("not a Pod");
    };
    assert_eq!(pod.closed_gates.iter().collect::<Vec<_>>(), closed);
}
