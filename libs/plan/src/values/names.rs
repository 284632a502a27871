//! Names of load balancers, target groups and security groups: `k8s-<namespace 8>-<name 8>-<hash 10>`,
//! 32 characters at most. A name says to a person what it is for; identity is by tags.

use sha2::{Digest, Sha256};
use tributary_model::desired::LoadBalancerKey;
use tributary_model::elb::Scheme;

/// `LoadBalancerName` of a Gateway's load balancer.
///
/// Kind and scheme are part of the hash: a change of either needs a new load balancer beside the old
/// one, and names are unique in a region.
pub fn load_balancer(cluster: &str, key: &LoadBalancerKey, scheme: Scheme) -> String {
    let scheme = scheme.as_str();
    let (namespace, name) = (&key.gateway.namespace, &key.gateway.name);
    assemble(
        namespace,
        name,
        &[cluster, namespace, name, key.kind.as_str(), scheme],
    )
}

/// `GroupName` of a Gateway's managed security group. It survives a change of scheme.
pub fn security_group(cluster: &str, key: &LoadBalancerKey) -> String {
    let (namespace, name) = (&key.gateway.namespace, &key.gateway.name);
    assemble(
        namespace,
        name,
        &[
            cluster,
            namespace,
            name,
            key.kind.as_str(),
            "security-group",
        ],
    )
}

/// `GroupName` of a cluster's shared backend group: the AWS Load Balancer Controller's, so that there is one of them.
pub fn backend_group(cluster: &str) -> String {
    let readable: String = cluster
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .take(232)
        .collect();
    let mut hash = hexadecimal(&Sha256::digest(cluster));
    hash.truncate(10);
    format!("k8s-traffic-{readable}-{hash}")
}

/// `TargetGroupName`: of a load balancer (by name, since a target group serves one load balancer only)
/// and everything about the group that cannot be changed in place.
pub fn target_group(
    namespace: &str,
    name: &str,
    load_balancer: &str,
    immutable: &[&str],
) -> String {
    let mut parts = vec![load_balancer];
    parts.extend(immutable);
    assemble(namespace, name, &parts)
}

/// The first `length` hexadecimal digits of the SHA-256 over the parts, each with its length before it, so that
/// no two lists of parts share their bytes.
pub(crate) fn hash(parts: &[&str], length: usize) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part.len().to_be_bytes());
        digest.update(part.as_bytes());
    }
    let mut text = hexadecimal(&digest.finalize());
    text.truncate(length);
    text
}

fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    for byte in bytes {
        // Writing to a String cannot fail.
        let written = write!(text, "{byte:02x}");
        debug_assert!(written.is_ok());
    }
    text
}

fn assemble(namespace: &str, name: &str, hashed: &[&str]) -> String {
    let mut parts = vec!["k8s".to_owned()];
    parts.extend(
        [namespace, name]
            .map(readable)
            .into_iter()
            .filter(|part| !part.is_empty()),
    );
    parts.push(hash(hashed, 10));
    parts.join("-")
}

/// At most 8 letters and digits: ELB names take hyphens too, but ours already separate the parts.
fn readable(part: &str) -> String {
    part.chars()
        .filter(char::is_ascii_alphanumeric)
        .take(8)
        .collect()
}

#[cfg(test)]
mod tests;
