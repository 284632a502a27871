//! What a sandbox is started with.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::clock::Clock;
use crate::faults::FaultOptions;
use crate::quotas::Quotas;

/// Everything that a sandbox is started with; [`Options::default`] is AWS as a new account sees it.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Who may reach that.
    pub audience: Audience,
    /// The twelve digits that stand in every ARN.
    pub account: String,
    /// The region of a request that names none (an unsigned one).
    pub default_region: String,
    /// What every region holds before the first request.
    pub seed: SeedOptions,
    /// The account's limits.
    pub quotas: Quotas,
    /// How long a load balancer is `provisioning` before it is `active`, and how long a target is
    /// `initial` before it is `healthy`.
    pub provisioning: Duration,
    /// For how long the network interfaces and target groups of a deleted load balancer stay in
    /// use; on AWS seconds to minutes. Zero lets go of them at once.
    pub lagging_deletes: Duration,
    /// What a target must satisfy to be healthy.
    pub reachability: Reachability,
    /// What goes wrong on purpose.
    pub faults: FaultOptions,
    /// Where the time comes from.
    pub clock: Clock,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            // 4566 is the port that local stand-ins for AWS have used for years.
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 4566)),
            audience: Audience::default(),
            account: "123456789012".to_owned(),
            default_region: "us-west-2".to_owned(),
            seed: SeedOptions::default(),
            quotas: Quotas::default(),
            provisioning: Duration::from_secs(1),
            lagging_deletes: Duration::ZERO,
            reachability: Reachability::default(),
            faults: FaultOptions::default(),
            clock: Clock::default(),
        }
    }
}

/// Who may reach a sandbox. It asks nobody who they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Audience {
    /// Programs of this machine: anything but a loopback address is refused when binding.
    #[default]
    ThisMachine,
    /// Whoever the network lets in, as in a pod of its own.
    Anybody,
}

/// What every region holds before the first request, besides its default VPC: 172.31.0.0/16 with
/// three zones, in each a public subnet (`kubernetes.io/role/elb`) and a private one
/// (`kubernetes.io/role/internal-elb`), an internet gateway, route tables and the default
/// security group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeedOptions {
    /// Host names (a leading `*.` is allowed) for each of which ACM holds a certificate that
    /// Amazon has issued. The keys are RSA 2048, the only kind that `ListCertificates` shows to
    /// a caller who does not ask for others.
    pub issued_certificates: Vec<String>,
    /// EC2 instances, for target groups of type `instance`.
    pub instances: Vec<SeedInstance>,
    /// How many Elastic IP addresses are allocated and free.
    pub elastic_ips: u8,
    /// Names of trust stores for mutual TLS.
    pub trust_stores: Vec<String>,
    /// Names of the S3 buckets that load balancers may write their logs to; without it, whichever is
    /// named.
    pub log_buckets: Option<BTreeSet<String>>,
    /// A Kubernetes cluster for which there is a security group, tagged
    /// `kubernetes.io/cluster/NAME=owned` as EKS does it. Seeded interfaces and instances that name
    /// no group have it.
    pub cluster: Option<String>,
}

impl Default for SeedOptions {
    fn default() -> Self {
        Self {
            issued_certificates: vec!["app.example.com".to_owned()],
            instances: Vec::new(),
            elastic_ips: 6,
            trust_stores: Vec::new(),
            log_buckets: None,
            cluster: None,
        }
    }
}

/// A running EC2 instance in the default VPC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeedInstance {
    /// `i-` and hexadecimal digits.
    pub id: String,
    /// An address of the VPC; its subnet tells the zone.
    pub private_ip: Ipv4Addr,
}

/// Which targets packets of a load balancer reach.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reachability {
    /// All of them.
    #[default]
    Everything,
    /// Those whose network interface has a security group that lets the load balancer in, on the
    /// target's port and on that of its health check.
    BySecurityGroups,
}

/// A network interface of a node or a pod, as `PUT /_sandbox/interfaces` takes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SeedInterface {
    /// Its first address, by which it is the same one when it is seeded again. Outside of the VPC's
    /// range it counts as of another range of the same VPC. One that another interface has, as a
    /// secondary address or in a prefix, stays there, with that interface's groups.
    pub address: IpAddr,
    /// Its other addresses, as pods of a node have them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secondary_addresses: Vec<IpAddr>,
    /// Ranges of further addresses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prefixes: Vec<IpNet>,
    /// Identifiers of its security groups. Without these and a name: the cluster's group
    /// ([`SeedOptions::cluster`]), else the VPC's default one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// Instead, the name of its one group, which is made where it is not there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_name: Option<String>,
    /// The instance that it is attached to, which is made where it is not there. The first
    /// interface of an instance is its primary one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<String>,
}

impl SeedInterface {
    /// An interface with this address and nothing else said.
    pub fn of(address: IpAddr) -> Self {
        Self {
            address,
            secondary_addresses: Vec::new(),
            prefixes: Vec::new(),
            groups: Vec::new(),
            group_name: None,
            instance_id: None,
        }
    }
}

/// What became of a [`SeedInterface`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SeededInterface {
    /// As it was asked for.
    pub address: IpAddr,
    /// The interface that has the address.
    pub network_interface_id: String,
    /// Its security groups.
    pub groups: Vec<String>,
}

/// Why interfaces were not seeded; none of them was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct SeedError {
    /// AWS's code for it.
    pub code: String,
    /// What is wrong.
    pub message: String,
}
