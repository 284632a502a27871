//! A change at a time: after each, the answer is that of a merge from scratch, and of the load balancer it is this.

use std::sync::Arc;

use tributary_model::{Change, ObjectRef, Resource, RouteKind};
use tributary_testkit::objects::{class, gateway, http, https, listener, listener_set};
use tributary_testkit::routes::{http_route, route, rule};
use tributary_testkit::workloads::{endpoints, secret, service};

use super::incremental::{answer, from_scratch};
use super::rule_line;
use crate::{Merge, Options};

/// What is there, what comes (or goes, by its reference), and the rules or the default action afterwards.
struct Steps {
    merge: Merge,
    changes: Vec<Change>,
}

impl Steps {
    fn start(objects: Vec<Resource>) -> Self {
        let mut steps = Self {
            merge: Merge::new(Options::default()),
            changes: Vec::new(),
        };
        for object in objects {
            steps.apply(Change::Apply(Arc::new(object)));
        }
        steps.settle();
        steps
    }

    fn apply(&mut self, change: Change) {
        self.changes.push(change.clone());
        self.merge.apply(change);
    }

    fn settle(&mut self) {
        let before = answer(&self.merge);
        let outcome = self.merge.propagate();
        let after = answer(&self.merge);
        assert_eq!(after, answer(&from_scratch(&self.changes)));
        // What is told is what differs, and nothing else.
        for (key, told) in &outcome.load_balancers {
            assert_eq!(told.as_ref(), after.load_balancers.get(key));
            assert_ne!(
                before.load_balancers.get(key),
                after.load_balancers.get(key),
                "{key:?} was told"
            );
        }
        for key in before
            .load_balancers
            .keys()
            .chain(after.load_balancers.keys())
        {
            let is_same = before.load_balancers.get(key) == after.load_balancers.get(key);
            assert!(is_same || outcome.load_balancers.contains_key(key));
        }
    }

    /// One more object, or another version of it.
    fn come(&mut self, object: Resource) -> Vec<String> {
        self.apply(Change::Apply(Arc::new(object)));
        self.settle();
        self.shown()
    }

    fn go(&mut self, object: &Resource) -> Vec<String> {
        let object: ObjectRef = object.object_ref();
        self.apply(Change::Delete(object));
        self.settle();
        self.shown()
    }

    /// Each port of the load balancer with its rules, an NLB's with the target groups of its default action.
    fn shown(&self) -> Vec<String> {
        let load_balancers = self.merge.load_balancers().values();
        load_balancers
            .flat_map(|load_balancer| load_balancer.listeners.values())
            .map(|listener| {
                let rules: Vec<String> =
                    listener.rules.iter().map(|rule| rule_line(rule)).collect();
                let what = if rules.is_empty() {
                    super::action(&listener.default_action)
                } else {
                    rules.join("; ")
                };
                format!("{:?} {} {what}", listener.protocol, listener.port)
                    .replace("service/t/web/80/HTTP/HTTP1/ip/ipv4*1", "web")
            })
            .collect()
    }
}

fn set(name: &str, host: Option<&str>) -> Resource {
    let listener = http("l", 80);
    listener_set(&format!("t/{name}"), "t/gw")
        .listener(match host {
            Some(host) => listener.host(host),
            None => listener,
        })
        .build()
}

/// A Gateway with one set for any host on port 80, a route to it for these hosts, and Service `t/web`.
fn any_host(hosts: &[&str]) -> Vec<Resource> {
    let to_any = http_route("t/r").to_set("t/any");
    let to_any = hosts.iter().fold(to_any, |route, host| route.host(host));
    vec![
        class("alb", "gateway.k8s.aws/alb"),
        gateway("t/gw").allow_all().build(),
        set("any", None),
        service("t/web", 80),
        to_any.rule(rule().prefix("/p").backend("web", 80)).build(),
    ]
}

#[test]
fn a_hostname_that_comes_takes_its_host_from_the_rules_of_others_and_gives_it_back_when_it_goes() {
    let mut steps = Steps::start(any_host(&["a.x", "b.x"]));
    let both = ["Http 80 host a.x|b.x & path /p|/p/* -> web"];
    let one = ["Http 80 host b.x & path /p|/p/* -> web"];
    assert_eq!(steps.shown(), both);
    assert_eq!(steps.come(set("exact", Some("a.x"))), one);
    assert_eq!(steps.go(&set("exact", None)), both);
    // All of a wildcard's hosts.
    let none = ["Http 80 404"];
    assert_eq!(steps.come(set("wild", Some("*.x"))), none);
    assert_eq!(steps.go(&set("wild", None)), both);
    // By another version of a set that is there already, and back.
    steps.come(set("other", Some("a.y")));
    assert_eq!(steps.come(set("other", Some("a.x"))), one);
    assert_eq!(steps.come(set("other", Some("a.y"))), both);
}

#[test]
fn a_rule_that_comes_or_goes_brings_and_ends_the_isolation_of_the_hostnames_that_it_covers() {
    let to_wild = |path: &str| {
        http_route("t/wild")
            .to_set("t/wild")
            .rule(rule().prefix(path).backend("web", 80))
            .build()
    };
    let mut objects = any_host(&[]);
    let to_any = objects.pop().expect("the route");
    let mut steps = Steps::start(objects);
    steps.come(set("exact", Some("a.x")));
    assert_eq!(steps.come(set("wild", Some("*.x"))), ["Http 80 404"]);
    let wild = "host *.x & path /q|/q/* -> web";
    assert_eq!(
        steps.come(to_wild("/q")),
        [format!("Http 80 host a.x -> 404; {wild}")]
    );
    assert_eq!(
        steps.come(to_any.clone()),
        [format!(
            "Http 80 host a.x -> 404; {wild}; host *.x -> 404; path /p|/p/* -> web"
        )]
    );
    assert_eq!(
        steps.come(to_wild("/")),
        ["Http 80 host a.x -> 404; host *.x -> web; path /p|/p/* -> web"]
    );
    assert_eq!(
        steps.go(&to_wild("/")),
        ["Http 80 host a.x -> 404; host *.x -> 404; path /p|/p/* -> web"]
    );
    assert_eq!(
        steps.go(&set("exact", None)),
        ["Http 80 host *.x -> 404; path /p|/p/* -> web"]
    );
    assert_eq!(steps.go(&to_any), ["Http 80 404"]);
}

#[test]
fn the_404_of_a_hostname_is_of_whoever_holds_it() {
    let mut objects = any_host(&[]);
    objects.push(set("exact", Some("a.x")));
    let mut steps = Steps::start(objects);
    let isolated = ["Http 80 host a.x -> 404; path /p|/p/* -> web"];
    assert_eq!(steps.shown(), isolated);
    // An older set takes the hostname over; the rule looks the same, and is another's.
    let older = listener_set("t/older", "t/gw")
        .created(-1)
        .listener(http("l", 80).host("a.x"))
        .build();
    assert_eq!(steps.come(older.clone()), isolated);
    assert_eq!(steps.go(&older), isolated);
}

/// A Gateway of a class whose kind goes by protocol, with one listener on port 80.
fn by_protocol(protocol: &str) -> Resource {
    gateway("t/gw")
        .class("elb")
        .allow_all()
        .listener(listener("l", 80, protocol))
        .build()
}

#[test]
fn nothing_of_one_kind_of_load_balancer_stays_in_the_other() {
    let to = |kind: RouteKind, name: &str| {
        route(kind, name)
            .to_gateway("t/gw")
            .rule(rule().prefix("/p").backend("web", 80))
            .build()
    };
    let mut steps = Steps::start(vec![
        class("elb", "gateway.tributary.dev/elb"),
        by_protocol("HTTP"),
        service("t/web", 80),
        to(RouteKind::Http, "t/http"),
        to(RouteKind::Tcp, "t/tcp"),
    ]);
    let alb = ["Http 80 path /p|/p/* -> web"];
    let nlb = ["Tcp 80 service/t/web/80/TCP/-/ip/ipv4*1"];
    assert_eq!(steps.shown(), alb);
    assert_eq!(steps.come(by_protocol("TCP")), nlb);
    assert_eq!(steps.come(by_protocol("HTTP")), alb);
    let both = |first: (&str, u16), second: (&str, u16)| {
        gateway("t/gw")
            .class("elb")
            .allow_all()
            .listener(listener("l", first.1, first.0))
            .listener(listener("m", second.1, second.0))
            .build()
    };
    // The same listeners in another order: the kind changes, and the port with it.
    let http_first = both(("HTTP", 80), ("TCP", 90));
    let tcp_first = both(("TCP", 90), ("HTTP", 80));
    assert_eq!(steps.come(http_first.clone()), alb);
    assert_eq!(
        steps.come(tcp_first),
        ["Tcp 90 service/t/web/80/TCP/-/ip/ipv4*1"]
    );
    assert_eq!(steps.come(http_first), alb);
}

#[test]
fn a_listener_that_moves_to_another_port_is_served_there_alone() {
    let at = |port: u16| {
        gateway("t/gw")
            .allow_all()
            .listener(http("l", port))
            .build()
    };
    let mut steps = Steps::start(vec![class("alb", "gateway.k8s.aws/alb"), at(80)]);
    let key = |steps: &Steps| steps.merge.load_balancers().keys().next().cloned();
    let serves = |steps: &Steps, name: &str| {
        let key = key(steps).expect("there is one");
        let owner = tributary_model::ListenerOwner::gateway(key.gateway.clone());
        steps.merge.serves(&key, &owner.listener(name))
    };
    for port in [90, 70, 80] {
        assert_eq!(steps.come(at(port)), [format!("Http {port} 404")]);
        assert!(serves(&steps, "l"));
        assert!(!serves(&steps, "other"));
    }
    let key = key(&steps).expect("there is one");
    let owner = tributary_model::ListenerOwner::gateway(key.gateway.clone());
    let renamed = gateway("t/gw").allow_all().listener(http("m", 80)).build();
    steps.come(renamed.clone());
    assert!(serves(&steps, "m") && !serves(&steps, "l"));
    steps.go(&renamed);
    assert!(!steps.merge.serves(&key, &owner.listener("m")));
}

#[test]
fn overlaps_are_told_as_long_as_both_are_there() {
    let set = |name: &str, host: &str| {
        listener_set(&format!("t/{name}"), "t/gw")
            .listener(https("l", 443, host).certificate("good"))
            .build()
    };
    let mut steps = Steps::start(vec![
        class("alb", "gateway.k8s.aws/alb"),
        gateway("t/gw").allow_all().build(),
        secret("t/good", "f00d"),
        set("a", "a.x"),
        set("w", "*.x"),
    ]);
    for object in [set("a", "a.x"), set("w", "*.x")] {
        steps.go(&object);
        steps.come(object);
    }
    // By another version, one by one: what `a` overlapped with, and what it does now.
    for host in ["b.y", "b.x", "*.a.x", "*.y", "a.x"] {
        steps.come(set("a", host));
        steps.come(set("w", "*.y"));
        steps.come(set("w", "*.x"));
    }
}

#[test]
fn a_port_of_an_nlb_follows_its_routes() {
    let to = |kind: RouteKind, name: &str, created: i64, service: &str| {
        route(kind, &format!("t/{name}"))
            .to_gateway("t/gw")
            .created(created)
            .rule(rule().backend(service, 80))
            .build()
    };
    let old = to(RouteKind::Tcp, "old", 1, "old");
    let new = to(RouteKind::Tcp, "new", 2, "new");
    let mut steps = Steps::start(vec![
        class("nlb", "gateway.k8s.aws/nlb"),
        gateway("t/gw")
            .class("nlb")
            .listener(listener("l", 80, "TCP"))
            .build(),
        service("t/old", 80),
        service("t/new", 80),
    ]);
    let of = |name: &str| [format!("Tcp 80 service/t/{name}/80/TCP/-/ip/ipv4*1")];
    assert_eq!(steps.shown(), ["Tcp 80 empty/TCP*1"]);
    assert_eq!(steps.come(new.clone()), of("new"));
    assert_eq!(steps.come(old.clone()), of("old"));
    assert_eq!(steps.come(to(RouteKind::Tcp, "third", 3, "new")), of("old"));
    assert_eq!(steps.go(&old), of("new"));
    assert_eq!(steps.come(old), of("old"));
    assert_eq!(steps.go(&new), of("old"));
}

#[test]
fn a_route_is_served_as_long_as_its_listener_is() {
    let set = |name: &str, created: i64, listeners: &[(&str, &str)]| {
        let set = listener_set(&format!("t/{name}"), "t/gw").created(created);
        listeners
            .iter()
            .fold(set, |set, (name, host)| {
                set.listener(http(name, 80).host(host))
            })
            .build()
    };
    let mine = set("mine", 5, &[("a", "a.x"), ("b", "b.x")]);
    let mut steps = Steps::start(vec![
        class("alb", "gateway.k8s.aws/alb"),
        gateway("t/gw").allow_all().build(),
        service("t/web", 80),
        mine,
        http_route("t/r")
            .to_set("t/mine")
            .rule(rule().prefix("/").backend("web", 80))
            .build(),
    ]);
    let both = ["Http 80 host a.x -> web; host b.x -> web"];
    assert_eq!(steps.shown(), both);
    let older = |host: &str| set("older", 1, &[("l", host)]);
    assert_eq!(steps.come(older("a.x")), ["Http 80 host b.x -> web"]);
    // One comes back as the other goes: as many are served as before.
    assert_eq!(steps.come(older("b.x")), ["Http 80 host a.x -> web"]);
    assert_eq!(steps.go(&older("b.x")), both);
}

#[test]
fn a_listener_that_goes_with_its_port_is_served_no_more() {
    let with = |ports: &[u16]| {
        let gateway = gateway("t/gw").allow_all();
        ports
            .iter()
            .fold(gateway, |gateway, port| {
                gateway.listener(http(&format!("l{port}"), *port))
            })
            .build()
    };
    let mut steps = Steps::start(vec![
        class("alb", "gateway.k8s.aws/alb"),
        with(&[80, 90]),
        service("t/web", 80),
        http_route("t/r").to_gateway("t/gw").backend("web").build(),
    ]);
    let key = steps.merge.load_balancers().keys().next().cloned();
    let key = key.expect("there is one");
    let owner = tributary_model::ListenerOwner::gateway(key.gateway.clone());
    let served = |steps: &Steps| {
        [80, 90].map(|port| {
            let listener = owner.listener(format!("l{port}"));
            steps.merge.serves(&key, &listener)
        })
    };
    assert_eq!(served(&steps), [true, true]);
    steps.come(with(&[80]));
    assert_eq!(served(&steps), [true, false]);
    let route = ObjectRef::new(
        tributary_model::Kind::HttpRoute,
        tributary_testkit::objects::key("t/r"),
    );
    let of_route =
        |steps: &Steps| -> Vec<_> { steps.merge.load_balancers_of(&route).into_iter().collect() };
    assert_eq!(of_route(&steps), std::slice::from_ref(&key));
    steps.go(&with(&[]));
    assert_eq!(served(&steps), [false, false]);
    assert_eq!(of_route(&steps), []);
}

#[test]
fn what_makes_no_difference_to_a_target_group_is_not_told() {
    let mut steps = Steps::start(any_host(&[]));
    let ready = endpoints("t/web", 80, &["10.0.0.1"]);
    steps.come(ready.clone());
    let Resource::EndpointSlice(mut more) = ready else {
        unreachable!("it is a slice");
    };
    let mut unready = more.endpoints[0].clone();
    unready.address = "10.0.0.2".parse().expect("an address");
    unready.ready = false;
    more.endpoints.push(unready);
    steps.come(Resource::EndpointSlice(more));
}
