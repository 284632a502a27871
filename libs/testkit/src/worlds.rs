//! Large, regular snapshots for benchmarks: Gateways × ListenerSets × routes.

use tributary_model::{Resource, controller};

use crate::objects::{class, gateway, http, https, listener_set};
use crate::routes::{http_route, rule};
use crate::workloads::{endpoints, namespace, service};

/// How many of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Gateways.
    pub gateways: usize,
    /// ListenerSets of each Gateway, each with an HTTPS listener for a hostname of its own.
    pub sets: usize,
    /// HTTPRoutes of each ListenerSet, each with a path of its own.
    pub routes: usize,
}

/// 10 sets, 100 routes.
pub const S: Size = Size {
    gateways: 1,
    sets: 10,
    routes: 10,
};
/// 100 sets, 1,000 routes.
pub const M: Size = Size {
    gateways: 2,
    sets: 50,
    routes: 10,
};
/// 1,000 sets, 10,000 routes.
pub const L: Size = Size {
    gateways: 20,
    sets: 50,
    routes: 10,
};
/// 2,500 sets, 40,000 routes on 50 Gateways.
pub const XL_SPREAD: Size = Size {
    gateways: 50,
    sets: 50,
    routes: 16,
};
/// 2,500 sets, 40,000 routes on one Gateway.
pub const XL_SINGLE: Size = Size {
    gateways: 1,
    sets: 2_500,
    routes: 16,
};

/// All of them, by the names that BENCHMARKS.md has for them.
pub const SIZES: [(&str, Size); 5] = [
    ("S", S),
    ("M", M),
    ("L", L),
    ("XL-spread", XL_SPREAD),
    ("XL-single", XL_SINGLE),
];

/// Every object of a world of this size.
pub fn world(size: Size) -> Vec<Resource> {
    let mut objects = vec![class("alb", controller::ALB), namespace("infra", &[])];
    for gw in 0..size.gateways {
        objects.push(
            gateway(&format!("infra/gw-{gw}"))
                .allow_all()
                .listener(http("http", 80))
                .build(),
        );
        for set in 0..size.sets {
            objects.extend(tenant(gw, set));
            objects.extend((0..size.routes).map(|route| self::route(gw, set, route, "v1")));
        }
    }
    objects
}

/// One tenant's objects but its routes: namespace, set, Service, endpoints.
pub fn tenant(gw: usize, set: usize) -> Vec<Resource> {
    let team = format!("team-{gw}-{set}");
    vec![
        namespace(&team, &[]),
        self::set(gw, set, "app"),
        service(&format!("{team}/web"), 80),
        endpoints(&format!("{team}/web"), 8080, &["10.0.0.1", "10.0.0.2"]),
    ]
}

/// A tenant's set; its hostname begins with `host`.
pub fn set(gw: usize, set: usize, host: &str) -> Resource {
    let created = i64::try_from(set).unwrap_or(i64::MAX);
    let hostname = format!("{host}-{gw}-{set}.example.com");
    listener_set(&format!("team-{gw}-{set}/app"), &format!("infra/gw-{gw}"))
        .created(created)
        .listener(https("https", 443, &hostname))
        .build()
}

/// One route of a tenant; `version` is part of its path.
pub fn route(gw: usize, set: usize, route: usize, version: &str) -> Resource {
    let team = format!("team-{gw}-{set}");
    http_route(&format!("{team}/route-{route}"))
        .to_set(&format!("{team}/app"))
        .rule(
            rule()
                .prefix(&format!("/{version}/{route}"))
                .backend("web", 80),
        )
        .build()
}

/// What most clusters are: one Gateway with one wildcard listener, and all routes on it, each with a hostname of its own.
pub fn one_listener(routes: usize) -> Vec<Resource> {
    let mut objects = vec![class("alb", controller::ALB), namespace("infra", &[])];
    objects.push(
        gateway("infra/one")
            .listener(https("https", 443, "*.example.com"))
            .build(),
    );
    objects.push(service("infra/web", 80));
    objects.push(endpoints("infra/web", 8080, &["10.0.0.1", "10.0.0.2"]));
    objects.extend((0..routes).map(|number| route_of_one_listener(number, "v1")));
    objects
}

/// One of those routes; `version` is part of its path.
pub fn route_of_one_listener(number: usize, version: &str) -> Resource {
    http_route(&format!("infra/route-{number}"))
        .to_gateway("infra/one")
        .host(&format!("app-{number}.example.com"))
        .rule(rule().prefix(&format!("/{version}")).backend("web", 80))
        .build()
}
