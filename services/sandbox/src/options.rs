//! What a sandbox is started with.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::Clock;
use crate::faults::FaultOptions;
use crate::quotas::Quotas;

/// Everything that a sandbox is started with; [`Options::default`] is AWS as a new account sees it.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where to listen; anything but a loopback address is refused when binding.
    pub listen: SocketAddr,
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
            account: "123456789012".to_owned(),
            default_region: "us-west-2".to_owned(),
            seed: SeedOptions::default(),
            quotas: Quotas::default(),
            provisioning: Duration::from_secs(1),
            faults: FaultOptions::default(),
            clock: Clock::default(),
        }
    }
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
}

impl Default for SeedOptions {
    fn default() -> Self {
        Self {
            issued_certificates: vec!["app.example.com".to_owned()],
            instances: Vec::new(),
            elastic_ips: 6,
            trust_stores: Vec::new(),
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
