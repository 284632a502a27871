use aws_sdk_elasticloadbalancingv2::types as aws;

use super::*;

fn group(kind: &str, protocol: Option<&str>) -> aws::TargetGroup {
    let group = aws::TargetGroup::builder()
        .target_group_arn("arn:group")
        .target_group_name("group")
        .target_type(kind.into())
        .set_protocol(protocol.map(Into::into));
    match protocol {
        Some(_) => group.port(80).build(),
        None => group.build(),
    }
}

/// Whether a target group of this type and protocol is looked at.
#[track_caller]
fn check_group(kind: &str, protocol: Option<&str>, is_looked_at: bool) {
    let read = target_group(Operation::DescribeTargetGroups, group(kind, protocol)).unwrap();
    assert_eq!(read.is_some(), is_looked_at, "{kind} {protocol:?}");
}

#[test]
fn target_groups_that_are_not_programmed_are_left_alone() {
    check_group("ip", Some("HTTP"), true);
    check_group("instance", Some("TCP_UDP"), true);
    check_group("alb", Some("TCP"), false);
    check_group("lambda", None, false);
    check_group("ip", Some("GENEVE"), false);
    check_group("ip", Some("QUIC"), false);
    check_group("ip", Some("TCP_QUIC"), false);
}

#[test]
fn a_listener_of_another_protocol_holds_its_port() {
    let found = aws::Listener::builder()
        .listener_arn("arn:listener")
        .protocol("QUIC".into())
        .port(443)
        .build();
    let (_, read) = listener(Operation::DescribeListeners, found).unwrap();
    assert_eq!((read.port, read.protocol), (443, None));
}

#[test]
fn a_load_balancer_of_another_type_is_left_alone() {
    let found = aws::LoadBalancer::builder()
        .load_balancer_arn("arn:gwlb")
        .r#type(aws::LoadBalancerTypeEnum::Gateway)
        .build();
    assert_eq!(
        load_balancer(Operation::DescribeLoadBalancers, found).unwrap(),
        None
    );
}
