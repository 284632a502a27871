use std::collections::BTreeSet;

use super::*;
use crate::controller::{self, Controller};
use crate::holder::Holder;

const KINDS: [LoadBalancerKind; 2] = [LoadBalancerKind::Alb, LoadBalancerKind::Nlb];
const SERVICES: [&str; 4] = [
    "merger",
    "status-writer",
    "alb-programmer",
    "nlb-programmer",
];

fn installation(name: &str) -> Installation {
    name.parse().unwrap()
}

#[test]
fn the_default_installation_keeps_the_names_that_it_always_had() {
    let default = Installation::default();
    let controllers = Controller::ALL.map(|it| default.controller_name(it));
    assert_eq!(
        controllers,
        [
            "gateway.k8s.aws/alb",
            "gateway.k8s.aws/nlb",
            "gateway.tributary.dev/elb"
        ]
    );
    assert_eq!(
        KINDS.map(|kind| default.finalizer(kind)),
        [
            "gateway.tributary.dev/load-balancer-alb",
            "gateway.tributary.dev/load-balancer-nlb"
        ]
    );
    assert_eq!(default.service("merger"), "tributary-merger");
    assert_eq!(default.name(), "tributary");
    assert_eq!(installation("tributary"), default);
}

#[test]
fn another_installation_has_its_name_in_every_name() {
    let west = installation("west");
    let controllers = Controller::ALL.map(|it| west.controller_name(it));
    assert_eq!(
        controllers,
        [
            "gateway.tributary.dev/west.alb",
            "gateway.tributary.dev/west.nlb",
            "gateway.tributary.dev/west.elb"
        ]
    );
    assert_eq!(
        KINDS.map(|kind| west.finalizer(kind)),
        [
            "gateway.tributary.dev/west.load-balancer-alb",
            "gateway.tributary.dev/west.load-balancer-nlb"
        ]
    );
    assert_eq!(west.service("merger"), "tributary-west-merger");
    assert_eq!(
        west.qualified("status-writer"),
        "gateway.tributary.dev/west.status-writer"
    );
}

/// Names that begin, end or look like others' names, or like what is added to them.
const TRAPS: [&str; 14] = [
    "tributary",
    "a",
    "b",
    "a-b",
    "a-b-a",
    "alb",
    "a-alb",
    "elb",
    "merger",
    "alb-programmer",
    "a-alb-programmer",
    "alb-programmer-shard-0",
    "status-writer",
    "load-balancer-alb",
];

#[test]
fn no_two_installations_share_a_name() {
    let mut all = BTreeSet::new();
    let mut count = 0;
    for name in TRAPS {
        let it = installation(name);
        let mut names: Vec<String> = SERVICES.map(|service| it.service(service)).into();
        // As Leases of shards are named, and what holds them.
        for programmer in ["alb-programmer", "nlb-programmer"] {
            names.push(format!("{}-shard-0", it.service(programmer)));
            names.push(format!("{}-replica-web-abcde", it.service(programmer)));
        }
        names.extend(KINDS.map(|kind| it.finalizer(kind)));
        names.extend(Controller::ALL.map(|controller| it.controller_name(controller).into()));
        names.push(it.qualified("status-writer"));
        count += names.len();
        all.extend(names);
    }
    assert_eq!(all.len(), count);
}

#[test]
fn a_name_is_read_back_as_whose_it_is_and_as_nobody_elses() {
    for name in TRAPS {
        let it = installation(name);
        for kind in KINDS {
            let holder = Holder::Tributary(it.clone(), kind);
            assert_eq!(Holder::of(&holder.finalizer()), Some(holder));
        }
        for controller in Controller::ALL {
            let controller_name = it.controller_name(controller);
            assert_eq!(controller::of(&controller_name), Some((name, controller)));
            for other in TRAPS {
                let expected = (other == name).then_some(controller);
                assert_eq!(installation(other).controller(&controller_name), expected);
            }
        }
    }
}

#[test]
fn what_no_installation_would_write_is_nobodys() {
    for finalizer in [
        "gateway.tributary.dev/tributary.load-balancer-alb",
        "gateway.tributary.dev/.load-balancer-alb",
        "gateway.tributary.dev/West.load-balancer-alb",
        "gateway.tributary.dev/a.b.load-balancer-alb",
        "gateway.tributary.dev/west.load-balancer",
        "gateway.tributary.dev/elb",
        "example.com/load-balancer-alb",
    ] {
        assert_eq!(Holder::of(finalizer), None, "{finalizer}");
    }
    for controller_name in [
        "gateway.tributary.dev/alb",
        "gateway.tributary.dev/tributary.alb",
        "gateway.tributary.dev/west.glb",
        "gateway.tributary.dev/west/alb",
        "gateway.k8s.aws/west.alb",
        "",
    ] {
        assert_eq!(controller::of(controller_name), None, "{controller_name}");
    }
}

#[test]
fn the_name_of_an_installation_is_a_short_dns_label() {
    let longest = "a".repeat(32);
    for name in ["a", "7", "a-1", longest.as_str()] {
        assert_eq!(installation(name).name(), name);
    }
    let too_long = "a".repeat(33);
    for text in ["", "-a", "a-", "A", "a.b", "a_b", "ä", " a", &too_long] {
        let error = text.parse::<Installation>().unwrap_err();
        assert!(error.to_string().contains(&format!("{text:?}")), "{error}");
    }
}

#[test]
fn the_longest_name_leaves_room_for_what_kubernetes_admits() {
    let longest = installation(&"a".repeat(32));
    for kind in KINDS {
        let finalizer = longest.finalizer(kind);
        assert!(finalizer.strip_prefix(DOMAIN).unwrap().len() <= 63);
    }
    for service in SERVICES {
        assert!(longest.service(service).len() <= 63, "{service}");
    }
}
