use tributary_model::Kind;
use tributary_model::listener::Protocol;

use super::one;

#[test]
fn http_takes_an() {
    assert_eq!(one(Protocol::Http), "an HTTP");
    assert_eq!(one(Protocol::Https), "an HTTPS");
    assert_eq!(one(Kind::HttpRoute), "an HTTPRoute");
}

#[test]
fn other_protocols_and_kinds_take_a() {
    assert_eq!(one(Protocol::Udp), "a UDP");
    assert_eq!(one(Protocol::Tls), "a TLS");
    assert_eq!(one(Kind::GrpcRoute), "a GRPCRoute");
    assert_eq!(one(Kind::ListenerSet), "a ListenerSet");
}
