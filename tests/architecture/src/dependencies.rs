//! Who may reach what. Invariants 1, 2 and 3 of the design, as far as manifests show them.

use crate::facts::{Area, Dependency, DependencyKind, PackageFacts};

#[cfg(test)]
mod tests;

/// A `*` at the end stands for any rest.
type Pattern = &'static str;

/// What no pure crate may reach, by any way: each of them does I/O, reads a clock, draws a random number, has an order
/// that changes from run to run, or is somebody else's format.
const IMPURE: [Pattern; 41] = [
    "ahash",
    "async-*",
    "aws-*",
    "axum*",
    "chrono",
    "clap*",
    "crossbeam*",
    "dashmap",
    "fastrand",
    "futures*",
    "gateway-api",
    "getrandom",
    "governor",
    "hashbrown",
    "http",
    "http-*",
    "hyper*",
    "jiff*",
    "k8s-openapi",
    "kube*",
    "log",
    "mio",
    "opentelemetry*",
    "parking_lot*",
    "prometheus*",
    "prost*",
    "quanta",
    "rand",
    "rand_*",
    "rayon*",
    "reqwest",
    "rustls*",
    "schemars*",
    "serde*",
    "socket2",
    "time",
    "tokio*",
    "tonic*",
    "tower*",
    "tracing*",
    "uuid",
];

/// Packages that only their owners name. Tests look from outside and may name anything.
struct Owned {
    packages: &'static [Pattern],
    owners: &'static [Pattern],
    because: &'static str,
}

const OWNED: [Owned; 5] = [
    Owned {
        packages: &["gateway-api", "k8s-openapi"],
        owners: &["libs/kubernetes", "libs/normalize"],
        because: "the API's types end where they are normalized, the protocol's own where it is spoken",
    },
    Owned {
        packages: &["kube", "kube-*"],
        owners: &["libs/kubernetes", "libs/normalize"],
        because: "everybody else sees Kubernetes as JSON and the model's kinds, and normalize derives the CRDs",
    },
    Owned {
        packages: &["prost", "prost-*", "protox*", "tonic-prost*"],
        owners: &["libs/proto"],
        because: "wire messages end at the conversions",
    },
    Owned {
        packages: &["tonic", "tonic-*"],
        owners: &[
            "libs/proto",
            "libs/stream",
            "libs/runtime",
            "services/*",
            "examples/clients/*",
        ],
        because: "gRPC is transport: what decides does not know how it was asked",
    },
    Owned {
        packages: &["aws-*"],
        owners: &["libs/aws"],
        because: "everybody else sees AWS through the narrow traits",
    },
];

/// Pure crates that reach something impure, a crate of ours that is not pure among it.
pub fn impure(packages: &[PackageFacts]) -> Vec<String> {
    let mut broken = Vec::new();
    for package in packages.iter().filter(|package| package.is_pure()) {
        let ours = |name: &str| packages.iter().find(|member| member.name == name);
        for reached in &package.reaches {
            let impure = match ours(reached) {
                Some(member) => !member.is_pure(),
                None => matches_any(&IMPURE, reached),
            };
            if impure {
                let name = &package.name;
                broken.push(format!(
                    "{name} reaches {reached}: a pure crate has no I/O, clock, randomness or foreign format \
                     (`cargo tree -p {name} -e normal -i {reached}` shows the way)"
                ));
            }
        }
    }
    broken
}

/// Crates that name a package which another crate keeps to itself.
pub fn trespassing(packages: &[PackageFacts]) -> Vec<String> {
    let mut broken = Vec::new();
    for package in packages
        .iter()
        .filter(|package| package.area() != Some(Area::Test))
    {
        for named in shipped(package) {
            for owned in &OWNED {
                if matches_any(owned.packages, &named.name)
                    && !matches_any(owned.owners, &package.folder)
                {
                    broken.push(format!(
                        "{} depends on {}, which belongs to {}: {}",
                        package.name,
                        named.name,
                        owned.owners.join(", "),
                        owned.because
                    ));
                    // The first rule that names the package is the narrower one.
                    break;
                }
            }
        }
    }
    broken
}

/// Services and libraries that depend on a service, in whatever table. `tributary`, the command, starts them all.
pub fn on_services(packages: &[PackageFacts]) -> Vec<String> {
    let services: Vec<&str> = packages
        .iter()
        .filter(|package| package.area() == Some(Area::Service))
        .map(|package| package.name.as_str())
        .collect();
    let bound =
        |package: &&PackageFacts| package.area() != Some(Area::Test) && package.name != "tributary";
    let mut broken = Vec::new();
    for package in packages.iter().filter(bound) {
        for named in &package.dependencies {
            if services.contains(&named.name.as_str()) {
                broken.push(format!(
                    "{} depends on the service {}: services meet in contracts only",
                    package.name, named.name
                ));
            }
        }
    }
    broken
}

/// What the sandbox depends on of ours, in whatever table: it stands for AWS, and an error that both sides share would
/// pass every test.
pub fn of_sandbox(packages: &[PackageFacts]) -> Vec<String> {
    packages
        .iter()
        .filter(|package| package.name == "tributary-sandbox")
        .flat_map(|package| &package.dependencies)
        .filter(|named| is_ours(&named.name))
        .map(|named| {
            format!(
                "tributary-sandbox depends on {}: what stands for AWS shares nothing with what it tests",
                named.name
            )
        })
        .collect()
}

/// Crates that ship what is for tests.
pub fn shipped_testkit(packages: &[PackageFacts]) -> Vec<String> {
    packages
        .iter()
        .filter(|package| package.area() != Some(Area::Test))
        .filter(|package| shipped(package).any(|named| named.name == "tributary-testkit"))
        .map(|package| {
            format!(
                "{} ships tributary-testkit: a dev-dependency only",
                package.name
            )
        })
        .collect()
}

fn shipped(package: &PackageFacts) -> impl Iterator<Item = &Dependency> {
    package
        .dependencies
        .iter()
        .filter(|named| match named.kind {
            DependencyKind::Normal | DependencyKind::Build => true,
            DependencyKind::Development => false,
        })
}

fn is_ours(name: &str) -> bool {
    name == "tributary" || name.starts_with("tributary-")
}

fn matches_any(patterns: &[Pattern], name: &str) -> bool {
    patterns
        .iter()
        .any(|pattern| match pattern.strip_suffix('*') {
            Some(start) => name.starts_with(start),
            None => *pattern == name,
        })
}
