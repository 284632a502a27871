use tributary_model::ObjectKey;
use tributary_model::elb::LoadBalancerKind;

use super::*;

fn key(kind: LoadBalancerKind, namespace: &str, name: &str) -> LoadBalancerKey {
    LoadBalancerKey {
        kind,
        gateway: ObjectKey::new(namespace, name),
    }
}

/// AWS: at most 32 letters, digits and hyphens, no hyphen at an end, not `internal-` at the start.
#[track_caller]
fn check_valid(name: &str) {
    assert!(name.len() <= 32, "{name} is too long");
    assert!(
        name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'),
        "{name}"
    );
    assert!(!name.starts_with('-') && !name.ends_with('-') && !name.starts_with("internal-"));
}

#[test]
fn names_are_valid_whatever_the_object_is_called() {
    let long = "a.b-".repeat(63);
    for (namespace, name) in [
        ("default", "gw"),
        ("-", "..."),
        (long.as_str(), long.as_str()),
    ] {
        let key = key(LoadBalancerKind::Alb, namespace, name);
        check_valid(&load_balancer("cluster", &key, Scheme::Internal));
        check_valid(&security_group("cluster", &key));
        check_valid(&target_group(namespace, name, "lb", &["x"]));
    }
}

#[test]
fn a_name_tells_namespace_and_name() {
    let name = load_balancer(
        "c",
        &key(LoadBalancerKind::Alb, "infrastructure", "parent-gateway"),
        Scheme::Internal,
    );
    assert!(name.starts_with("k8s-infrastr-parentga-"), "{name}");
}

#[test]
fn kind_scheme_and_cluster_make_other_names() {
    let alb = key(LoadBalancerKind::Alb, "a", "b");
    let names = [
        load_balancer("c", &alb, Scheme::Internal),
        load_balancer("c", &alb, Scheme::InternetFacing),
        load_balancer("d", &alb, Scheme::Internal),
        load_balancer("c", &key(LoadBalancerKind::Nlb, "a", "b"), Scheme::Internal),
        security_group("c", &alb),
    ];
    for (index, name) in names.iter().enumerate() {
        assert!(!names[..index].contains(name), "{name} twice");
    }
}

#[test]
fn parts_do_not_run_into_each_other() {
    assert_ne!(hash(&["a", "bc"], 10), hash(&["ab", "c"], 10));
}

#[test]
fn the_backend_group_is_named_as_the_aws_load_balancer_controller_names_it() {
    // The first ten digits of `printf test | sha256sum`.
    assert_eq!(backend_group("test"), "k8s-traffic-test-9f86d08188");
    assert!(backend_group("my_cluster-1").starts_with("k8s-traffic-mycluster1-"));
    assert!(backend_group(&"x".repeat(300)).len() <= 255);
}
