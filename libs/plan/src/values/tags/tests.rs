use super::*;
use crate::fixtures::strings;

fn key() -> LoadBalancerKey {
    LoadBalancerKey {
        kind: LoadBalancerKind::Alb,
        gateway: ObjectKey::new("infra", "gw"),
    }
}

fn ours(key: &LoadBalancerKey) -> Ownership<'_> {
    Ownership {
        cluster: "c",
        installation: "here",
        key,
        unmarked: Unmarked::Foreign,
    }
}

fn tags(pairs: &[(&str, &str)]) -> Tags {
    strings(pairs)
}

#[test]
fn what_we_tag_is_ours_and_names_its_gateway() {
    let key = key();
    let ownership = ours(&key);
    let made = ownership.tags(LOAD_BALANCER);
    assert!(ownership.owns(&made));
    assert_eq!(ownership.resource(&made), Some(LOAD_BALANCER));
    assert_eq!(owner("c", "here", &made), Some(key.clone()));
    assert_eq!(owner("other", "here", &made), None);
    assert_eq!(owner("c", "there", &made), None);
}

#[test]
fn another_cluster_gateway_or_kind_is_not_ours() {
    let key = key();
    let ownership = ours(&key);
    let mark = (INSTALLATION, "here");
    for foreign in [
        tags(&[mark]),
        tags(&[mark, (CLUSTER, "c")]),
        tags(&[
            mark,
            (CLUSTER, "d"),
            ("gateway.k8s.aws.alb/stack", "infra/gw"),
        ]),
        tags(&[
            mark,
            (CLUSTER, "c"),
            ("gateway.k8s.aws.alb/stack", "infra/gw2"),
        ]),
        tags(&[
            mark,
            (CLUSTER, "c"),
            ("gateway.k8s.aws.nlb/stack", "infra/gw"),
        ]),
    ] {
        assert!(!ownership.owns(&foreign), "{foreign:?}");
    }
}

#[test]
fn what_carries_no_mark_or_anothers_is_not_ours() {
    let key = key();
    let mut made = ours(&key).tags(LOAD_BALANCER);
    made.insert(INSTALLATION.to_owned(), "there".to_owned());
    let taking_over = Ownership {
        unmarked: Unmarked::Ours,
        ..ours(&key)
    };
    assert!(!ours(&key).owns(&made));
    assert!(!taking_over.owns(&made));
    made.remove(INSTALLATION);
    assert!(!ours(&key).owns(&made));
    assert!(taking_over.owns(&made));
    assert_eq!(owner("c", "here", &made), None);
}

#[test]
fn a_value_that_fits_is_kept() {
    assert_eq!(tag_value("a/b:c@d e"), "a/b:c@d e");
}

#[test]
fn a_value_that_does_not_fit_is_hashed_and_stays_distinct() {
    let long = "x".repeat(300);
    let values = [
        tag_value(&long),
        tag_value(&format!("{long}y")),
        tag_value("a*b"),
        tag_value("a?b"),
        tag_value(" a"),
    ];
    for (index, value) in values.iter().enumerate() {
        assert!(value.len() <= 256 && !value.starts_with(' '), "{value}");
        assert!(!values[..index].contains(value), "{value} twice");
    }
}

#[test]
fn a_value_that_does_not_fit_keeps_its_beginning() {
    let value = tag_value(&"x".repeat(300));
    assert_eq!(value.len(), 256);
    assert!(value.starts_with(&format!("{}@", "x".repeat(223))));
}

#[test]
fn tags_that_we_set_by_ourselves_are_told_from_those_that_were_asked_for() {
    for key in [
        CLUSTER,
        SHARED_RESOURCE,
        INSTALLATION,
        ASKED_TAGS,
        "gateway.k8s.aws.alb/stack",
        "gateway.k8s.aws.nlb/stack",
        "gateway.k8s.aws.alb/resource",
        "gateway.k8s.aws.nlb/resource",
    ] {
        assert!(is_ours(key), "{key}");
    }
    for key in ["team", "gateway.k8s.aws.alb/other", "elbv2.k8s.aws/other"] {
        assert!(!is_ours(key), "{key}");
    }
}

/// Long names stand in tags with a hash; as they are they stand where another program wrote them.
#[test]
fn marks_are_known_as_they_stand_and_as_tag_values() {
    let long = "x".repeat(300);
    let gateway = LoadBalancerKey {
        kind: LoadBalancerKind::Alb,
        gateway: ObjectKey::new("infra", long.as_str()),
    };
    let ownership = Ownership {
        cluster: &long,
        installation: &long,
        key: &gateway,
        unmarked: Unmarked::Foreign,
    };
    let made = ownership.tags(LOAD_BALANCER);
    assert!(ownership.owns(&made));
    let with = |key: &str, value: &str| {
        let mut tags = made.clone();
        tags.insert(key.to_owned(), value.to_owned());
        ownership.owns(&tags)
    };
    let stack = stack_key(LoadBalancerKind::Alb);
    assert!(with(INSTALLATION, &long) && !with(INSTALLATION, "other"));
    assert!(with(CLUSTER, &long) && !with(CLUSTER, "other"));
    assert!(with(stack, &format!("infra/{long}")) && !with(stack, "infra/other"));
}

#[test]
fn what_load_balancers_share_is_of_its_cluster_and_installation() {
    let long = "x".repeat(300);
    let group = backend_group("c");
    for (key, value) in [(SHARED_RESOURCE, BACKEND_GROUP), (CLUSTER, "c")] {
        assert_eq!(group.get(key).map(String::as_str), Some(value));
    }
    for name in ["here", long.as_str()] {
        let made = shared_rule("c", name);
        assert!(is_shared_of(name, &made));
        assert!(!is_shared_of("there", &made));
    }
    let plain = tags(&[(INSTALLATION, &long)]);
    assert!(is_shared_of(&long, &plain));
    assert!(!is_shared_of("here", &tags(&[])));
}
