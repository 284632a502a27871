//! A platform and three teams, as files, and random edits of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use fastrand::Rng;

/// Hostnames that teams compete for; ACM has a certificate for the last one.
const HOSTNAMES: [&str; 4] = [
    "one.example.com",
    "two.example.com",
    "*.example.com",
    "app.example.com",
];
const TEAMS: [&str; 3] = ["blue", "green", "red"];
/// More than a team may use at once: a name may come back after it went.
const NAMES: u8 = 4;

/// Everything that is in the folder.
#[derive(Clone, Debug)]
pub(crate) struct Teams {
    teams: Vec<Team>,
    broken: BTreeSet<usize>,
}

#[derive(Clone, Debug)]
struct Team {
    is_there: bool,
    listeners: BTreeMap<u8, Listener>,
    routes: BTreeMap<u8, Route>,
    /// TCP port on the platform's NLB.
    stream: Option<u16>,
    endpoints: u8,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Listener {
    port: u16,
    hostname: &'static str,
}

#[derive(Clone, Debug)]
struct Route {
    /// One listener, or all of the set.
    listener: Option<u8>,
    path: u8,
    weight: u16,
}

const PLATFORM: &str = "\
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: alb}
spec: {controllerName: gateway.k8s.aws/alb}
---
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: nlb}
spec: {controllerName: gateway.k8s.aws/nlb}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: web, namespace: platform, creationTimestamp: '2026-01-01T00:00:00Z'}
spec:
  gatewayClassName: alb
  allowedListeners: {namespaces: {from: All}}
  listeners:
  - {name: http, protocol: HTTP, port: 80, hostname: www.example.com}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: streams, namespace: platform, creationTimestamp: '2026-01-01T00:00:00Z'}
spec:
  gatewayClassName: nlb
  allowedListeners: {namespaces: {from: All}}
  listeners:
  - {name: tcp, protocol: TCP, port: 9000}
";

impl Teams {
    /// Each team has two listeners and two routes, and two teams want the same hostname.
    pub(crate) fn new() -> Self {
        let team = |index: u16| Team {
            is_there: true,
            listeners: BTreeMap::from([
                (
                    0,
                    Listener {
                        port: 80,
                        hostname: HOSTNAMES[usize::from(index % 2)],
                    },
                ),
                (
                    1,
                    Listener {
                        port: 8080 + index,
                        hostname: HOSTNAMES[2],
                    },
                ),
            ]),
            routes: BTreeMap::from([
                (
                    0,
                    Route {
                        listener: Some(0),
                        path: 0,
                        weight: 1,
                    },
                ),
                (
                    1,
                    Route {
                        listener: None,
                        path: 1,
                        weight: 1,
                    },
                ),
            ]),
            stream: Some(9001 + index),
            endpoints: 2,
        };
        Self {
            teams: (0..3).map(team).collect(),
            broken: BTreeSet::new(),
        }
    }

    /// One edit; what it was, for the message of a failure.
    pub(crate) fn edit(&mut self, random: &mut Rng) -> String {
        let index = random.usize(..TEAMS.len());
        let Self { teams, broken } = self;
        let team = &mut teams[index];
        let name = random.u8(..NAMES);
        let what = match random.u8(..10) {
            0 => {
                let listener = Listener {
                    port: *random.choice([80, 443, 8080, 8081].iter()).unwrap(),
                    hostname: random.choice(HOSTNAMES).unwrap(),
                };
                let what = format!("sets listener {name} to {listener:?}");
                // Two alike in one set are refused by the schema: that is another test's.
                if !team.listeners.values().any(|other| *other == listener) {
                    team.listeners.insert(name, listener);
                }
                what
            }
            1 => {
                team.listeners.remove(&name);
                format!("removes listener {name}")
            }
            2 | 3 => {
                let route = Route {
                    listener: random.bool().then(|| random.u8(..NAMES)),
                    path: random.u8(..3),
                    weight: random.u16(..3),
                };
                let what = format!("sets route {name} to {route:?}");
                team.routes.insert(name, route);
                what
            }
            4 => {
                team.routes.remove(&name);
                format!("removes route {name}")
            }
            5 => {
                team.stream = random.bool().then(|| random.u16(9000..9003));
                format!("has its stream at {:?}", team.stream)
            }
            6 => {
                team.endpoints = random.u8(..4);
                format!("has {} endpoints", team.endpoints)
            }
            7 => {
                team.is_there = !team.is_there;
                format!("is there: {}", team.is_there)
            }
            8 => {
                broken.insert(index);
                "breaks its file".to_owned()
            }
            _ => {
                broken.remove(&index);
                "repairs its file".to_owned()
            }
        };
        format!("{} {what}", TEAMS[index])
    }

    pub(crate) fn repair(&mut self) {
        self.broken.clear();
    }

    /// Makes the folder say this: only files that differ are written, as an editor would.
    pub(crate) fn write(&self, folder: &Path) {
        let files = self.files();
        for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let name = entry.file_name().into_string().unwrap();
            if !files.contains_key(&name) {
                std::fs::remove_file(entry.path()).unwrap();
            }
        }
        for (name, text) in files {
            let path = folder.join(name);
            if std::fs::read_to_string(&path).ok().as_ref() != Some(&text) {
                std::fs::write(path, text).unwrap();
            }
        }
    }

    fn files(&self) -> BTreeMap<String, String> {
        let mut files = BTreeMap::from([("platform.yaml".to_owned(), PLATFORM.to_owned())]);
        for (index, team) in self.teams.iter().enumerate() {
            if team.is_there {
                let mut text = team.render(index);
                if self.broken.contains(&index) {
                    text.push_str("---\nkind: [not, closed\n");
                }
                files.insert(format!("{}.yaml", TEAMS[index]), text);
            }
        }
        files
    }
}

impl Team {
    /// Creation times are given: the order of teams is the same in every run.
    fn render(&self, index: usize) -> String {
        let team = TEAMS[index];
        let created = |minute: u8| format!("'2026-02-0{}T00:{minute:02}:00Z'", index + 1);
        let mut text = String::new();
        let mut document = |kind: &str, api: &str, name: &str, minute: u8, rest: &str| {
            write!(
                text,
                "---\napiVersion: {api}\nkind: {kind}\nmetadata: {{name: {name}, namespace: {team}, creationTimestamp: {}}}\n{rest}",
                created(minute)
            )
            .unwrap();
        };
        let gateway_api = "gateway.networking.k8s.io/v1";
        if !self.listeners.is_empty() {
            let listeners = self.listeners.iter().map(|(name, Listener { port, hostname })| {
                let protocol = if *port == 443 { "HTTPS" } else { "HTTP" };
                format!("  - {{name: l{name}, port: {port}, protocol: {protocol}, hostname: '{hostname}'}}\n")
            });
            let spec = format!(
                "spec:\n  parentRef: {{name: web, namespace: platform}}\n  listeners:\n{}",
                listeners.collect::<String>()
            );
            document("ListenerSet", gateway_api, "web", 0, &spec);
        }
        for (name, route) in &self.routes {
            let Route {
                listener,
                path,
                weight,
            } = route;
            let section = listener.map_or_else(String::new, |it| format!(", sectionName: l{it}"));
            let spec = format!(
                "spec:\n  parentRefs:\n  - {{name: web, kind: ListenerSet, group: gateway.networking.k8s.io{section}}}\n  rules:\n  - matches:\n    - path: {{type: PathPrefix, value: /p{path}}}\n    backendRefs:\n    - {{name: app, port: 80, weight: {weight}}}\n    - {{name: spare, port: 80}}\n"
            );
            document("HTTPRoute", gateway_api, &format!("r{name}"), *name, &spec);
        }
        if let Some(port) = self.stream {
            let spec = format!(
                "spec:\n  parentRef: {{name: streams, namespace: platform}}\n  listeners:\n  - {{name: tcp, port: {port}, protocol: TCP}}\n"
            );
            document("ListenerSet", gateway_api, "stream", 0, &spec);
            let spec = "spec:\n  parentRefs:\n  - {name: stream, kind: ListenerSet, group: gateway.networking.k8s.io}\n  rules:\n  - backendRefs:\n    - {name: app, port: 80}\n";
            document("TCPRoute", gateway_api, "stream", 0, spec);
        }
        for (service, last) in [("app", 0), ("spare", 100)] {
            let spec = "spec:\n  ports:\n  - {name: http, port: 80, targetPort: 8080}\n";
            document("Service", "v1", service, 0, spec);
            let endpoints: Vec<_> = (1..=self.endpoints)
                .map(|endpoint| {
                    format!(
                        "{{addresses: [10.0.{index}.{}], conditions: {{ready: true}}}}",
                        last + endpoint
                    )
                })
                .collect();
            let endpoints = format!("endpoints: [{}]\n", endpoints.join(", "));
            let slice = format!(
                "addressType: IPv4\nports:\n- {{name: http, port: 8080, protocol: TCP}}\n{endpoints}"
            );
            let name = format!("{service}-1, labels: {{kubernetes.io/service-name: {service}}}");
            document("EndpointSlice", "discovery.k8s.io/v1", &name, 0, &slice);
        }
        text
    }
}
