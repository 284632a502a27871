//! Large, regular worlds as files: Gateways × ListenerSets × routes, as `tributary_testkit::worlds` has them.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// How many of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct World {
    /// Gateways.
    pub gateways: usize,
    /// ListenerSets of each Gateway, each with an HTTPS listener for a hostname of its own.
    pub sets: usize,
    /// HTTPRoutes of each ListenerSet, each with a path of its own.
    pub routes: usize,
}

/// A certificate for it serves every set.
pub const CERTIFICATE: &str = "*.example.com";

impl World {
    /// One file for the platform, and one for each tenant.
    pub fn write(self, folder: &Path) {
        std::fs::write(folder.join("platform.yaml"), platform(self.gateways)).unwrap();
        for gateway in 0..self.gateways {
            for set in 0..self.sets {
                std::fs::write(file(folder, gateway, set), self.tenant(gateway, set, "v1"))
                    .unwrap();
            }
        }
    }

    /// Everything that is one tenant's: namespace, set, Service, endpoints, routes; `version` is the first part of
    /// each route's path.
    pub fn tenant(self, gateway: usize, set: usize, version: &str) -> String {
        let team = format!("team-{gateway}-{set}");
        let (hour, minute, second) = (set / 3600, set / 60 % 60, set % 60);
        let mut text = format!(
            "\
apiVersion: v1
kind: Namespace
metadata: {{name: {team}, creationTimestamp: '1970-01-01T00:00:00Z'}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: ListenerSet
metadata: {{name: app, namespace: {team}, creationTimestamp: '1970-01-01T{hour:02}:{minute:02}:{second:02}Z'}}
spec:
  parentRef: {{name: gw-{gateway}, namespace: infra}}
  listeners:
  - {{name: https, port: 443, protocol: HTTPS, hostname: app-{gateway}-{set}.example.com}}
---
apiVersion: v1
kind: Service
metadata: {{name: web, namespace: {team}, creationTimestamp: '1970-01-01T00:00:00Z'}}
spec:
  type: NodePort
  ports:
  - {{port: 80, nodePort: 30080}}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata:
  name: web-1
  namespace: {team}
  creationTimestamp: '1970-01-01T00:00:00Z'
  labels: {{kubernetes.io/service-name: web}}
addressType: IPv4
ports:
- {{name: '', port: 8080, protocol: TCP}}
endpoints:
- {{addresses: [10.0.0.1], conditions: {{ready: true}}}}
- {{addresses: [10.0.0.2], conditions: {{ready: true}}}}
"
        );
        for route in 0..self.routes {
            write!(
                text,
                "\
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: route-{route}, namespace: {team}, creationTimestamp: '1970-01-01T00:00:00Z'}}
spec:
  parentRefs:
  - {{group: gateway.networking.k8s.io, kind: ListenerSet, name: app, namespace: {team}}}
  rules:
  - matches:
    - path: {{type: PathPrefix, value: /{version}/{route}}}
    backendRefs:
    - {{name: web, port: 80}}
"
            )
            .unwrap();
        }
        text
    }
}

/// Where a tenant's objects are.
pub fn file(folder: &Path, gateway: usize, set: usize) -> PathBuf {
    folder.join(format!("team-{gateway}-{set}.yaml"))
}

fn platform(gateways: usize) -> String {
    let mut text = "\
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: alb, creationTimestamp: '1970-01-01T00:00:00Z'}
spec: {controllerName: gateway.k8s.aws/alb}
---
apiVersion: v1
kind: Namespace
metadata: {name: infra, creationTimestamp: '1970-01-01T00:00:00Z'}
"
    .to_owned();
    for gateway in 0..gateways {
        write!(
            text,
            "\
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {{name: gw-{gateway}, namespace: infra, creationTimestamp: '1970-01-01T00:00:00Z'}}
spec:
  gatewayClassName: alb
  allowedListeners: {{namespaces: {{from: All}}}}
  listeners:
  - {{name: http, port: 80, protocol: HTTP}}
"
        )
        .unwrap();
    }
    text
}
