use super::{impure, of_sandbox, on_services, shipped_testkit, trespassing};
use crate::facts::{Dependency, DependencyKind, PackageFacts};

type Check = fn(&[PackageFacts]) -> Vec<String>;

/// A workspace of one line per member: `folder reaches a b; names c; builds d; tests e`.
fn workspace(members: &[&str]) -> Vec<PackageFacts> {
    members.iter().map(|line| member(line)).collect()
}

fn member(line: &str) -> PackageFacts {
    let mut words = line.split_whitespace();
    let folder = words.next().unwrap();
    let name = match folder {
        "services/tributary" => "tributary".to_owned(),
        _ => format!("tributary-{}", folder.split_once('/').unwrap().1),
    };
    let mut package = PackageFacts {
        name,
        folder: folder.to_owned(),
        ..PackageFacts::default()
    };
    let mut table = "";
    for word in words {
        let kind = match table {
            _ if ["reaches", "names", "builds", "tests"].contains(&word) => {
                table = word;
                continue;
            }
            "reaches" => {
                package.reaches.insert(word.to_owned());
                continue;
            }
            "names" => DependencyKind::Normal,
            "builds" => DependencyKind::Build,
            "tests" => DependencyKind::Development,
            other => panic!("{other}"),
        };
        package.dependencies.push(Dependency {
            name: word.to_owned(),
            kind,
        });
    }
    package
}

#[track_caller]
fn holds(check: Check, members: &[&str]) {
    assert_eq!(check(&workspace(members)), Vec::<String>::new());
}

#[track_caller]
fn breaks(check: Check, members: &[&str], said: &str) {
    let broken = check(&workspace(members));
    assert_eq!(broken.len(), 1, "{broken:?}");
    assert!(broken[0].contains(said), "{broken:?}");
}

#[test]
fn pure_crates_reach_pure_crates_and_plain_ones() {
    holds(
        impure,
        &[
            "libs/merge reaches tributary-model thiserror syn",
            "libs/model",
        ],
    );
    holds(impure, &["libs/aws reaches tokio aws-sdk-ec2"]);
}

#[test]
fn a_pure_crate_that_reaches_a_runtime_is_named() {
    breaks(
        impure,
        &["libs/merge reaches tokio"],
        "tributary-merge reaches tokio",
    );
}

#[test]
fn a_pure_crate_that_reaches_another_crate_of_a_family_is_named() {
    breaks(
        impure,
        &["libs/plan reaches aws-smithy-types"],
        "tributary-plan reaches aws-smithy-types",
    );
    breaks(
        impure,
        &["libs/status reaches kube-core"],
        "tributary-status reaches kube-core",
    );
    breaks(
        impure,
        &["libs/model reaches serde_core"],
        "tributary-model reaches serde_core",
    );
}

#[test]
fn a_pure_crate_that_reaches_an_impure_one_of_ours_is_named() {
    breaks(
        impure,
        &["libs/status reaches tributary-stream", "libs/stream"],
        "reaches tributary-stream",
    );
}

#[test]
fn owners_name_what_is_theirs() {
    holds(
        trespassing,
        &[
            "libs/normalize names gateway-api k8s-openapi kube",
            "libs/kubernetes names k8s-openapi kube",
            "services/watcher names tonic",
            "examples/clients/rust names tonic",
            "libs/proto names prost tonic tonic-prost builds tonic-prost-build protox",
            "libs/stream names tonic",
            "libs/aws names aws-config aws-sdk-ec2",
        ],
    );
}

#[test]
fn tests_name_anything() {
    holds(
        trespassing,
        &[
            "services/sandbox tests aws-sdk-ec2 aws-config",
            "tests/e2e names kube aws-sdk-acm prost",
        ],
    );
}

#[test]
fn kubernetes_types_stay_in_normalize() {
    breaks(
        trespassing,
        &["services/status-writer names k8s-openapi"],
        "depends on k8s-openapi",
    );
    breaks(
        trespassing,
        &["libs/merge names gateway-api"],
        "depends on gateway-api",
    );
    breaks(
        trespassing,
        &["services/merger names kube"],
        "depends on kube",
    );
}

#[test]
fn wire_messages_stay_in_proto() {
    breaks(
        trespassing,
        &["services/merger names prost"],
        "depends on prost",
    );
    breaks(
        trespassing,
        &["libs/stream names prost-types"],
        "depends on prost-types",
    );
    breaks(trespassing, &["libs/merge names tonic"], "depends on tonic");
}

#[test]
fn generators_are_looked_at_too() {
    breaks(
        trespassing,
        &["libs/runtime builds tonic-prost-build"],
        "depends on tonic-prost-build",
    );
}

#[test]
fn the_sdk_stays_in_aws() {
    breaks(
        trespassing,
        &["services/alb-programmer names aws-sdk-elasticloadbalancingv2"],
        "aws-sdk-elastic",
    );
    breaks(
        trespassing,
        &["services/tributary names aws-config"],
        "depends on aws-config",
    );
}

#[test]
fn the_command_and_the_tests_start_services() {
    holds(
        on_services,
        &[
            "services/tributary names tributary-merger",
            "services/merger",
            "tests/e2e names tributary-merger",
        ],
    );
}

#[test]
fn a_service_that_depends_on_a_service_is_named() {
    let merger = "services/merger";
    breaks(
        on_services,
        &["services/watcher names tributary-merger", merger],
        "the service tributary-merger",
    );
    breaks(
        on_services,
        &["services/watcher tests tributary-merger", merger],
        "the service tributary-merger",
    );
    breaks(
        on_services,
        &["libs/stream tests tributary-merger", merger],
        "the service tributary-merger",
    );
}

#[test]
fn the_sandbox_depends_on_none_of_ours() {
    holds(
        of_sandbox,
        &["services/sandbox names axum tests aws-sdk-ec2"],
    );
    breaks(
        of_sandbox,
        &["services/sandbox names tributary-model"],
        "depends on tributary-model",
    );
    breaks(
        of_sandbox,
        &["services/sandbox tests tributary-testkit"],
        "depends on tributary-testkit",
    );
}

#[test]
fn the_testkit_does_not_ship() {
    holds(
        shipped_testkit,
        &[
            "libs/merge tests tributary-testkit",
            "tests/golden names tributary-testkit",
        ],
    );
    breaks(
        shipped_testkit,
        &["libs/merge names tributary-testkit"],
        "tributary-merge ships",
    );
}
