use std::net::TcpStream;

use super::join;
use crate::cluster::address;
use crate::server::kubeconfig;
use crate::wait::until;

#[tokio::test]
async fn the_server_ends_with_its_last_user() {
    // No TempDir: it is the server that removes it.
    let dir = std::env::temp_dir().join(format!("tributary-last-{}", std::process::id()));
    let first = join(dir.clone()).await;
    let second = join(dir.clone()).await;
    let address = address(&kubeconfig(&dir));
    drop(first);
    assert!(TcpStream::connect(&address).is_ok());
    drop(second);
    until("the server takes its folder along", async || {
        (!dir.exists()).then_some(())
    })
    .await;
    assert!(TcpStream::connect(&address).is_err());
    // The next one finds nothing and starts anew.
    join(dir).await;
}
