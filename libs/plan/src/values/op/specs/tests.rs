use super::IngressTraffic::{Icmp, Icmpv6, Other, Tcp, Udp};

#[test]
fn traffic_overlaps_with_ports_of_its_protocol_and_with_itself() {
    for (one, other, expected) in [
        (Tcp(80, 80), Tcp(80, 80), true),
        (Tcp(80, 90), Tcp(90, 99), true),
        (Tcp(80, 90), Tcp(91, 99), false),
        (Tcp(80, 90), Tcp(70, 80), true),
        (Udp(53, 53), Udp(1, 100), true),
        (Tcp(53, 53), Udp(53, 53), false),
        (Icmp, Icmp, true),
        (Icmp, Icmpv6, false),
        (Tcp(1, 99), Icmp, false),
        (Other(1), Other(1), true),
        (Other(1), Other(2), false),
    ] {
        assert_eq!(one.overlaps(other), expected, "{one:?} {other:?}");
        assert_eq!(other.overlaps(one), expected, "{other:?} {one:?}");
    }
}
