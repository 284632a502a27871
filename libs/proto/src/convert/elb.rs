//! `elb.proto`: ELBv2's enumerations.

use tributary_model::elb::{
    ElbProtocol, IpAddressType, LoadBalancerKind, ProtocolVersion, Scheme, TargetIpAddressType,
    TargetProtocol, TargetType,
};

use super::codec::enumeration;
use crate::types;

enumeration!(LoadBalancerKind = types::LoadBalancerKind { Alb, Nlb });
enumeration!(
    ElbProtocol = types::ElbProtocol {
        Http,
        Https,
        Tcp,
        Udp,
        Tls,
        TcpUdp
    }
);
enumeration!(
    TargetProtocol = types::TargetProtocol {
        Http,
        Https,
        Tcp,
        Udp,
        Tls,
        TcpUdp
    }
);
enumeration!(ProtocolVersion = types::ProtocolVersion { Http1, Http2, Grpc });
enumeration!(TargetType = types::TargetType { Instance, Ip });
enumeration!(
    Scheme = types::Scheme {
        Internal,
        InternetFacing
    }
);
enumeration!(
    IpAddressType = types::IpAddressType {
        Ipv4,
        Dualstack,
        DualstackWithoutPublicIpv4,
    }
);
enumeration!(TargetIpAddressType = types::TargetIpAddressType { Ipv4, Ipv6 });
