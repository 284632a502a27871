use tributary_model::elb::ElbProtocol::{Http, Https, Tcp, TcpUdp, Tls, Udp};

use super::*;

#[test]
fn a_listener_has_what_its_protocol_has() {
    for (protocol, expected) in [
        (Http, (false, true, false)),
        (Https, (true, true, false)),
        (Tls, (true, true, false)),
        (Tcp, (false, true, false)),
        (Udp, (false, false, true)),
        (TcpUdp, (false, true, true)),
    ] {
        let found = (
            terminates_tls(protocol),
            carries_tcp(protocol),
            carries_udp(protocol),
        );
        assert_eq!(found, expected, "{protocol:?}");
    }
}
