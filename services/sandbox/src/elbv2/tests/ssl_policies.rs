use serde_json::{Value, json};

use crate::testing::World;

/// The ciphers of a policy, in order.
fn ciphers(policy: &str) -> Vec<String> {
    let shown = World::new().elb("DescribeSSLPolicies", &json!({"Names": [policy]}));
    let ciphers = shown["SslPolicies"][0]["Ciphers"]
        .as_array()
        .unwrap()
        .clone();
    let priorities: Vec<&Value> = ciphers.iter().map(|cipher| &cipher["Priority"]).collect();
    let from_one: Vec<Value> = (1..=ciphers.len()).map(|number| json!(number)).collect();
    assert_eq!(priorities, from_one.iter().collect::<Vec<_>>());
    let names = ciphers
        .iter()
        .map(|cipher| cipher["Name"].as_str().unwrap());
    names.map(str::to_owned).collect()
}

#[test]
fn a_restricted_policy_has_forward_secrecy_and_gcm_only() {
    let wanted = [
        "TLS_AES_128_GCM_SHA256",
        "TLS_AES_256_GCM_SHA384",
        "TLS_CHACHA20_POLY1305_SHA256",
        "ECDHE-ECDSA-AES128-GCM-SHA256",
        "ECDHE-RSA-AES128-GCM-SHA256",
        "ECDHE-ECDSA-AES256-GCM-SHA384",
        "ECDHE-RSA-AES256-GCM-SHA384",
    ];
    assert_eq!(ciphers("ELBSecurityPolicy-TLS13-1-2-Res-2021-06"), wanted);
}

#[test]
fn fips_has_no_chacha() {
    let wanted = ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384"];
    assert_eq!(ciphers("ELBSecurityPolicy-TLS13-1-3-FIPS-2023-04"), wanted);
}

#[test]
fn the_default_policy_has_everything_but_triple_des() {
    let default = ciphers("ELBSecurityPolicy-2016-08");
    assert_eq!(default.len(), 18);
    let oldest = ciphers("ELBSecurityPolicy-TLS-1-0-2015-04");
    assert_eq!(oldest[..18], default);
    assert_eq!(oldest[18..], ["DES-CBC3-SHA"]);
}

#[test]
fn pages_hold_every_policy_once() {
    let mut world = World::new();
    let mut names: Vec<String> = Vec::new();
    let mut marker = Value::Null;
    loop {
        let mut asked = json!({"PageSize": 10});
        if let Value::String(_) = marker {
            asked["Marker"] = marker;
        }
        let shown = world.elb("DescribeSSLPolicies", &asked);
        let policies = shown["SslPolicies"].as_array().unwrap();
        assert!(policies.len() <= 10);
        names.extend(policies.iter().map(|policy| policy["Name"].to_string()));
        marker = shown["NextMarker"].clone();
        if marker.is_null() {
            break;
        }
    }
    let mut once = names.clone();
    once.sort();
    once.dedup();
    assert_eq!(once, names);
    assert_eq!(names.len(), 39);
}
