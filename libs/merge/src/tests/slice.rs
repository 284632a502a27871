//! From objects to desired state, end to end: the user's document.

use tributary_model::Kind;
use tributary_testkit::objects::{class, gateway, http, https, listener_set};
use tributary_testkit::routes::http_route;
use tributary_testkit::workloads::{endpoints, service};

use super::{load_balancer, merged, outcomes, rules};

#[test]
fn the_documents_example_gives_one_elb_listener_for_each_port() {
    let merged = merged([
        class("aws-alb-gateway-class", "gateway.k8s.aws/alb"),
        gateway("infra/my-gateway")
            .class("aws-alb-gateway-class")
            .allow_all()
            .listener(http("default-http", 80))
            .build(),
        listener_set("infra/app-listeners", "infra/my-gateway")
            .listener(http("app-http", 8080))
            .listener(https("app-https", 443, "app.example.com"))
            .build(),
        http_route("infra/app-route")
            .to_gateway("infra/my-gateway")
            .section("default-http")
            .to_set("infra/app-listeners")
            .section("app-http")
            .backend("my-service")
            .build(),
        service("infra/my-service", 80),
        endpoints("infra/my-service", 8080, &["10.0.0.1", "10.0.0.2"]),
    ]);
    assert_eq!(
        outcomes(&merged, Kind::Gateway, "infra/my-gateway"),
        ["default-http: won"]
    );
    assert_eq!(
        outcomes(&merged, Kind::ListenerSet, "infra/app-listeners"),
        ["app-http: won", "app-https: won"]
    );
    let load_balancer = load_balancer(&merged, "infra/my-gateway");
    assert_eq!(
        load_balancer.listeners.keys().collect::<Vec<_>>(),
        [&80, &443, &8080]
    );
    let forward = "path /* -> service/infra/my-service/80/HTTP/HTTP1/ip/ipv4*1";
    assert_eq!(rules(load_balancer, 80), [forward]);
    assert_eq!(rules(load_balancer, 8080), [forward]);
    assert!(rules(load_balancer, 443).is_empty());
    let groups: Vec<_> = load_balancer.target_groups.values().collect();
    assert_eq!(groups.len(), 1);
    assert_eq!(groups[0].targets.len(), 2);
    assert_eq!(groups[0].listeners.len(), 2);
}
