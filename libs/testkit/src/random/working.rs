use tributary_model::config::{LoadBalancerSettings, MergingMode};
use tributary_model::workload::{EndpointPod, L4Protocol};
use tributary_model::{Kind, Resource, RouteKind, controller};

use crate::objects::{class, gateway, http, https, listener, listener_set};
use crate::routes::{http_route, route, rule};
use crate::workloads::{
    endpoints, grant, load_balancer_configuration, namespace, node, secret, service,
    service_with_ports, waiting_pod,
};

/// A world in which everything is served, made of the names that the random objects have.
pub(super) fn objects() -> Vec<Resource> {
    vec![
        class("alb", controller::ALB),
        class("nlb", controller::NLB),
        class("elb", controller::ELB),
        namespace("a", &[("team", "x")]),
        namespace("infra", &[]),
        gateway("a/gw")
            .allow_all()
            .parameters("cfg")
            .listener(http("one", 80))
            .listener(https("two", 443, "*.x.com").certificate("cert"))
            .build(),
        gateway("a/gv")
            .class("nlb")
            .allow_all()
            .listener(listener("one", 53, "UDP"))
            .build(),
        listener_set("a/set", "a/gw")
            .listener(http("one", 80).host("a.x.com"))
            .build(),
        listener_set("infra/set", "a/gw")
            .created(1)
            .listener(http("one", 80).host("b.x.com"))
            .build(),
        http_route("a/r")
            .to_set("a/set")
            .to_gateway("a/gw")
            .rule(rule().prefix("/").weighted("svc", 53, 1))
            .build(),
        route(RouteKind::Udp, "a/r")
            .to_gateway("a/gv")
            .rule(rule().weighted("dns", 53, 1))
            .build(),
        service("a/svc", 53),
        service_with_ports("a/dns", &[("udp", 53, L4Protocol::Udp)]),
        awaited("a/svc"),
        endpoints("a/dns", 53, &["10.0.0.1"]),
        waiting_pod("a/p"),
        node("n", "i-1"),
        secret("a/cert", "aa"),
        load_balancer_configuration(
            "a/cfg",
            MergingMode::default(),
            LoadBalancerSettings::default(),
        ),
        grant("infra/grant", (Kind::HttpRoute, "a"), Kind::Service),
    ]
}

/// Two endpoints; one is of a pod that waits for its target's health.
fn awaited(service: &str) -> Resource {
    let mut resource = endpoints(service, 53, &["10.0.0.0", "10.0.0.1"]);
    if let Resource::EndpointSlice(slice) = &mut resource
        && let Some(endpoint) = slice.endpoints.first_mut()
    {
        endpoint.ready = false;
        endpoint.pod = Some(EndpointPod {
            name: "p".into(),
            uid: Some("uid-of-p".into()),
        });
    }
    resource
}
