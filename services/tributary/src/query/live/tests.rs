use std::io::{self, Write};
use std::sync::Arc;

use tokio::sync::watch;
use tributary_runtime::Context;

use super::live;
use crate::query::fixtures::server::Server;
use crate::query::fixtures::{in_state, of, served};

/// A terminal that remembers what it was sent.
struct Terminal(watch::Sender<String>);

impl Write for Terminal {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        self.0.send_modify(|sent| sent.push_str(&text));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn changes_are_drawn_and_the_terminal_is_given_back() {
    let context = Context::new("test");
    let server = Server::of([in_state(served(of("team-a", "https"), 0), None)]);
    let client = server.client();
    let (sender, mut sent) = watch::channel(String::new());
    let mut terminal = Terminal(sender);
    let watching = async {
        sent.wait_for(|sent| sent.contains("1 Pending"))
            .await
            .unwrap();
        let view = served(of("team-a", "https"), 0);
        server
            .listeners
            .set(view.resolved.listener.clone(), Arc::new(view));
        sent.wait_for(|sent| sent.contains("1 Programmed"))
            .await
            .unwrap();
        context.shutdown.cancel();
    };
    let (ended, ()) = tokio::join!(
        live(&context, &client, server.transport(), &mut terminal),
        watching
    );
    ended.unwrap();
    let sent = sent.borrow();
    assert!(
        sent.starts_with("\u{1b}[?1049h\u{1b}[?25l"),
        "the alternate screen, no cursor"
    );
    assert!(
        sent.ends_with("\u{1b}[?25h\u{1b}[?1049l"),
        "the cursor, and the screen as it was"
    );
}
