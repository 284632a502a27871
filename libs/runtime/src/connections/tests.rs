use std::net::Ipv4Addr;

use super::{Connections, Most, Why};
use crate::Metrics;

const MOST: Most = Most {
    all: 3,
    of_address: 2,
};

fn address(last: u8) -> std::net::IpAddr {
    Ipv4Addr::new(10, 0, 0, last).into()
}

#[test]
fn one_address_leaves_room_for_others_and_all_together_have_a_bound() {
    let connections = Connections::new(&Metrics::default(), "test", MOST);
    assert_eq!(connections.count(address(1)), Ok(()));
    assert_eq!(connections.count(address(1)), Ok(()));
    assert_eq!(connections.count(address(1)), Err(Why::TooManyOfAddress));
    assert_eq!(connections.count(address(2)), Ok(()));
    assert_eq!(connections.count(address(3)), Err(Why::TooMany));
}

#[tokio::test]
async fn a_connection_counts_until_it_is_closed_and_who_gets_none_is_counted() {
    let metrics = Metrics::default();
    let connections = Connections::new(&metrics, "test", MOST);
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .await
        .unwrap();
    let connect = async || {
        let to = listener.local_addr().unwrap();
        let client = tokio::net::TcpStream::connect(to).await.unwrap();
        let (server, _) = listener.accept().await.unwrap();
        (client, connections.admit(server))
    };
    let (_one, first) = connect().await;
    let (_two, second) = connect().await;
    assert!(first.is_some() && second.is_some());
    assert!(connect().await.1.is_none());
    let shown = |line: &str| {
        let text = metrics.text().unwrap();
        assert!(text.lines().any(|it| it == line), "{line} in {text}");
    };
    shown("tributary_connections{server=\"test\"} 2");
    shown("tributary_connections_dropped_total{server=\"test\",why=\"too_many_of_address\"} 1");
    drop(first);
    shown("tributary_connections{server=\"test\"} 1");
    assert!(connect().await.1.is_some());
    drop(second);
    let open = connections.0.open.lock().unwrap();
    assert_eq!(
        (open.all, open.by_address.len()),
        (0, 0),
        "nobody is remembered"
    );
}
