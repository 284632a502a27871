//! All listeners, once.

use std::io::Write;
use std::time::Duration;

use tonic::Status;
use tributary_proto::listeners::{ListListenersRequest, ListenerFilter};

use crate::listener::{Listener, show};
use crate::retry::{delay, is_final};
use crate::server::{Client, Server};

/// A page comes from memory: a server that needs longer is stuck.
const PAGE_DEADLINE: Duration = Duration::from_secs(30);

/// A merger that is restarted, and another one that takes over, are back within this many attempts.
const ATTEMPTS: u32 = 8;

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
        let mut failures = 0;
        let (listeners, next) = loop {
            let page = page(&mut client, request.clone());
            let page = tokio::time::timeout(PAGE_DEADLINE, page).await?;
            match page {
                Ok(page) => break page,
                Err(status) if is_final(&status) || failures + 1 >= ATTEMPTS => {
                    return Err(status.into());
                }
                Err(status) => {
                    let delay = delay(failures);
                    failures += 1;
                    eprintln!("failed: {status}; again in {delay:.2?}");
                    tokio::time::sleep(delay).await;
                    // A connection of its own: where one address stands for several mergers, maybe to another.
                    client = server.connect()?;
                }
            }
        };
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

/// A page comes in several messages if it is large; the stream's regular end says that it is whole. Nothing of it is shown
/// before.
async fn page(
    client: &mut Client,
    request: ListListenersRequest,
) -> Result<(Vec<Listener>, Vec<u8>), Status> {
    let mut parts = client.list_listeners(request).await?.into_inner();
    let (mut listeners, mut next) = (Vec::new(), Vec::new());
    while let Some(part) = parts.message().await? {
        listeners.extend(part.listeners.into_iter().map(|view| show(view).1));
        next = part.next_page_token;
    }
    Ok((listeners, next))
}
