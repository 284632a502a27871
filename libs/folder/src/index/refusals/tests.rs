use std::fs;
use std::path::Path;

use tributary_model::{Kind, ObjectKey, Timestamp};

use super::*;
use crate::{Folder, Reading};

fn configuration(kind: &str, spec: &str) -> String {
    format!(
        "apiVersion: gateway.k8s.aws/v1\nkind: {kind}\nmetadata: {{name: c, namespace: infra}}\nspec: {spec}\n"
    )
}

/// One folder, one file, read after each of its texts.
fn readings(texts: &[&str]) -> Vec<Reading> {
    let root = tempfile::tempdir().unwrap();
    let mut folder = Folder::open(root.path().to_owned(), None, None).unwrap();
    let mut read = |text: &&str| {
        fs::write(Path::new(root.path()).join("a.yaml"), text).unwrap();
        folder.read(Timestamp(1)).unwrap()
    };
    texts.iter().map(&mut read).collect()
}

fn resource(reading: &Reading, kind: Kind) -> &Resource {
    let object = ObjectRef::new(kind, ObjectKey::new("infra", "c"));
    reading.objects[&object].resource.as_ref()
}

fn told(faults: &[FieldFault]) -> Vec<String> {
    faults.iter().map(ToString::to_string).collect()
}

fn refused(reading: &Reading) -> Vec<String> {
    let rejections = reading.rejections.iter();
    rejections
        .map(|it| format!("{} {}: {}", it.object, it.field, it.reason))
        .collect()
}

#[test]
fn an_object_that_was_never_right_is_there_as_refused() {
    let text = configuration("LoadBalancerConfiguration", "{scheme: public}");
    let reading = readings(&[&text]).remove(0);
    let Resource::Refused(marker) = resource(&reading, Kind::LoadBalancerConfiguration) else {
        panic!("it is refused");
    };
    assert!(
        marker
            .fault()
            .to_string()
            .starts_with("spec.scheme: unknown variant `public`")
    );
    assert_eq!(reading.rejections.len(), 1);
}

#[test]
fn the_last_version_that_was_right_counts_and_says_what_is_wrong_now() {
    let good = configuration("LoadBalancerConfiguration", "{scheme: internet-facing}");
    let bad = configuration("LoadBalancerConfiguration", "{scheme: public}");
    let readings = readings(&[&good, &bad, &good]);
    let faults =
        readings.iter().map(
            |reading| match resource(reading, Kind::LoadBalancerConfiguration) {
                Resource::LoadBalancerConfiguration(it) => {
                    assert_eq!(
                        it.settings.scheme,
                        Some(tributary_model::elb::Scheme::InternetFacing)
                    );
                    told(&it.faults)
                }
                other => panic!("{other:?}"),
            },
        );
    let faults: Vec<Vec<String>> = faults.collect();
    assert_eq!(
        (faults[0].len(), faults[1].len(), faults[2].len()),
        (0, 1, 0)
    );
    assert!(faults[1][0].ends_with("; the last version that was right counts on"));
}

#[test]
fn a_part_that_is_refused_is_a_rejection_and_the_rest_counts() {
    let text = configuration(
        "TargetGroupConfiguration",
        "{defaultConfiguration: {targetType: lambda, protocol: TCP}}",
    );
    let reading = readings(&[&text]).remove(0);
    let Resource::TargetGroupConfiguration(it) = resource(&reading, Kind::TargetGroupConfiguration)
    else {
        panic!("its rest counts");
    };
    assert_eq!(
        it.default.protocol,
        Some(tributary_model::elb::TargetProtocol::Tcp)
    );
    let told = refused(&reading);
    assert_eq!(told.len(), 1);
    assert!(told[0].starts_with(
        "TargetGroupConfiguration infra/c spec.defaultConfiguration.targetType: unknown variant `lambda`"
    ));
}

/// Kinds of other groups stay quiet: they are none of our business.
#[test]
fn kinds_and_versions_of_gateway_api_that_are_not_read_are_named() {
    let object = |version: &str, kind: &str| {
        format!(
            "apiVersion: {version}\nkind: {kind}\nmetadata: {{name: c, namespace: infra}}\nspec: {{}}\n"
        )
    };
    let texts = [
        object("gateway.networking.x-k8s.io/v1alpha1", "XListenerSet"),
        object("gateway.networking.k8s.io/v1alpha2", "GRPCRoute"),
        object("gateway.networking.k8s.io/v1", "Mesh"),
        object("apps/v1", "Deployment"),
        object("elbv2.k8s.aws/v1beta1", "TargetGroupBinding"),
    ];
    let reading = readings(&[&texts.join("---\n")]).remove(0);
    assert_eq!(
        refused(&reading),
        [
            "XListenerSet infra/c apiVersion: gateway.networking.x-k8s.io/v1alpha1 XListenerSet is not a kind that is read",
            "GRPCRoute infra/c apiVersion: GRPCRoute is read at v1, not at v1alpha2",
            "Mesh infra/c apiVersion: gateway.networking.k8s.io/v1 Mesh is not a kind that is read",
        ]
    );
}
