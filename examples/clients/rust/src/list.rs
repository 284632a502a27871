//! All listeners, once.

use std::io::Write;
use std::time::Duration;

use tributary_proto::listeners::{ListListenersRequest, ListenerFilter};

use crate::listener::{Listener, show};
use crate::server::{Client, Server};

/// A page comes from memory: a server that needs longer is stuck.
const PAGE_DEADLINE: Duration = Duration::from_secs(30);

/// Prints all listeners, page by page. What is there all the time is printed once, whatever changes meanwhile.
pub(crate) async fn list(
    server: &Server,
    filter: ListenerFilter,
    page_size: u32,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let mut client = server.connect()?;
    let mut request = ListListenersRequest {
        filter: Some(filter),
        page_size,
        page_token: Vec::new(),
    };
    for number in 1.. {
        let page = page(&mut client, request.clone());
        let (listeners, next) = tokio::time::timeout(PAGE_DEADLINE, page).await??;
        eprintln!("page {number}: {} listeners", listeners.len());
        for listener in listeners {
            writeln!(out, "{}", serde_json::to_string(&listener)?)?;
        }
        if next.is_empty() {
            break;
        }
        request.page_token = next;
    }
    Ok(())
}

/// A page comes in several messages if it is large; the stream's regular end says that it is whole.
async fn page(
    client: &mut Client,
    request: ListListenersRequest,
) -> anyhow::Result<(Vec<Listener>, Vec<u8>)> {
    let mut parts = client.list_listeners(request).await?.into_inner();
    let (mut listeners, mut next) = (Vec::new(), Vec::new());
    while let Some(part) = parts.message().await? {
        listeners.extend(part.listeners.into_iter().map(|view| show(view).1));
        next = part.next_page_token;
    }
    Ok((listeners, next))
}
