use std::path::Path;

use super::*;

/// The committed files are what the types say; `cargo run -p tributary-normalize --example generate_crds --
/// deploy/crds` brings them up to date.
#[test]
fn committed_definitions_are_up_to_date() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/crds");
    for definition in definitions() {
        let name = file_name(&definition);
        let committed = std::fs::read_to_string(directory.join(&name)).unwrap();
        let generated = serde_saphyr::to_string(&definition).unwrap();
        assert!(committed == generated, "{name} is out of date");
    }
}

#[test]
fn both_versions_are_served_and_v1_is_stored() {
    for definition in definitions() {
        let versions: Vec<_> = definition
            .spec
            .versions
            .iter()
            .map(|version| (version.name.as_str(), version.served, version.storage))
            .collect();
        assert_eq!(versions, [("v1", true, true), ("v1beta1", true, false)]);
    }
}

/// YAML 1.1, which kubectl reads, takes a bare `on` for a boolean.
#[test]
fn words_that_look_like_booleans_are_quoted() {
    let definition = LoadBalancerConfiguration::crd();
    let yaml = serde_saphyr::to_string(&definition).unwrap();
    assert!(yaml.contains("- \"on\"\n"));
    assert!(!yaml.contains("- on\n"));
}
