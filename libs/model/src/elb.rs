//! ELBv2's own vocabulary and its limits that no quota raises.

/// The two load balancer types that Tributary programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LoadBalancerKind {
    /// Application Load Balancer.
    Alb,
    /// Network Load Balancer.
    Nlb,
}

/// `Protocol` of an ELB listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ElbProtocol {
    /// ALB.
    Http,
    /// ALB.
    Https,
    /// NLB.
    Tcp,
    /// NLB.
    Udp,
    /// NLB.
    Tls,
    /// NLB: TCP and UDP on one port.
    TcpUdp,
}

/// `Protocol` of a target group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TargetProtocol {
    /// ALB.
    Http,
    /// ALB.
    Https,
    /// NLB.
    Tcp,
    /// NLB.
    Udp,
    /// NLB.
    Tls,
    /// NLB: one target group for both.
    TcpUdp,
}

/// `ProtocolVersion` of an ALB target group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProtocolVersion {
    /// HTTP/1.1.
    Http1,
    /// HTTP/2.
    Http2,
    /// gRPC.
    Grpc,
}

/// `TargetType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TargetType {
    /// EC2 instances, by node port.
    Instance,
    /// IP addresses of pods.
    Ip,
}

/// `Scheme`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scheme {
    /// Private addresses. The default, as in the AWS Load Balancer Controller.
    #[default]
    Internal,
    /// Public addresses.
    InternetFacing,
}

/// `IpAddressType` of a load balancer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IpAddressType {
    /// IPv4 only.
    #[default]
    Ipv4,
    /// Both.
    Dualstack,
    /// Both, IPv4 private only.
    DualstackWithoutPublicIpv4,
}

/// `IpAddressType` of a target group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TargetIpAddressType {
    /// IPv4 targets.
    #[default]
    Ipv4,
    /// IPv6 targets.
    Ipv6,
}

/// Condition values of all conditions of one rule.
pub const MAX_CONDITION_VALUES_PER_RULE: usize = 5;
/// Target groups of one forward action.
pub const MAX_TARGET_GROUPS_PER_ACTION: usize = 5;
/// Highest weight of a target group in a forward action.
pub const MAX_WEIGHT: u32 = 999;
/// Rule priorities are 1 to this.
pub const MAX_RULE_PRIORITY: u32 = 50_000;

impl LoadBalancerKind {
    /// AWS's short word: `alb`, `nlb`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Alb => "alb",
            Self::Nlb => "nlb",
        }
    }
}

impl Scheme {
    /// AWS's spelling.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Internal => "internal",
            Self::InternetFacing => "internet-facing",
        }
    }
}

impl TargetType {
    /// AWS's spelling.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Instance => "instance",
            Self::Ip => "ip",
        }
    }
}

impl ElbProtocol {
    /// AWS's spelling.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "HTTP",
            Self::Https => "HTTPS",
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
            Self::Tls => "TLS",
            Self::TcpUdp => "TCP_UDP",
        }
    }
}

impl TargetProtocol {
    /// AWS's spelling.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "HTTP",
            Self::Https => "HTTPS",
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
            Self::Tls => "TLS",
            Self::TcpUdp => "TCP_UDP",
        }
    }
}
