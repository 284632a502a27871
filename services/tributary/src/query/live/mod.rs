//! The live table of `up` on a terminal: redrawn when something changed, at most ten times a second.

mod frame;
mod screen;

use std::io::Write;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::BoxStream;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};
use tributary_model::ListenerRef;
use tributary_model::view::ListenerView;
use tributary_proto::call::ListenerFilter;
use tributary_proto::listeners::{WatchListenersRequest, WatchListenersResponse};
use tributary_runtime::Context;
use tributary_stream::{Received, StreamOptions, Transport, Update, watch};

use super::client::Client;
use super::error::QueryError;
use super::print::for_stdout;
use super::refused::rejections;
use frame::{Listeners, frame};
use screen::Screen;

/// Ten frames a second look immediate, and cost nothing worth speaking of however much changes.
const BETWEEN_FRAMES: Duration = Duration::from_millis(100);

/// Refusals are asked for: nobody tells them.
const BETWEEN_QUESTIONS: Duration = Duration::from_secs(1);

/// Shows what every team's listeners are doing until the context stops, then gives the terminal back as it was.
/// `out` is the terminal. What else writes to it meanwhile, logs on stderr too, is overwritten.
pub(crate) async fn live(
    context: &Context,
    client: &Client,
    watcher: Transport,
    out: &mut (dyn Write + Send),
) -> anyhow::Result<()> {
    let mut updates = watch_listeners(context, client);
    let mut resized = signal(SignalKind::window_change())?;
    let mut screen = Screen::enter(out).map_err(QueryError::Write)?;
    let mut listeners: Option<Listeners> = None;
    let mut refused = Vec::new();
    let mut ask = interval(BETWEEN_QUESTIONS);
    ask.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut drawn_at = Instant::now();
    // When the next frame may be drawn; none while nothing has changed since the last.
    let mut due = Some(drawn_at);
    loop {
        let redraw = async {
            match due {
                Some(due) => sleep_until(due).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            received = updates.next() => {
                let Some(received) = received else {
                    return Ok(());
                };
                learn(&mut listeners, received.item);
            }
            _ = resized.recv() => {}
            _ = ask.tick() => {
                match rejections(watcher.clone()).await {
                    Ok(now) if now != refused => refused = now,
                    Ok(_) => continue,
                    Err(error) => {
                        tracing::debug!(%error, "the refusals are shown as they were");
                        continue;
                    }
                }
            }
            () = redraw => {
                let lines = frame(listeners.as_ref(), &refused, screen::size());
                let lines: Vec<String> = lines.iter().map(|line| for_stdout(line)).collect();
                screen.draw(&lines).map_err(QueryError::Write)?;
                due = None;
                drawn_at = Instant::now();
                continue;
            }
        }
        due = due.or(Some(drawn_at + BETWEEN_FRAMES));
    }
}

/// Every listener, as it changes.
pub(crate) fn watch_listeners(
    context: &Context,
    client: &Client,
) -> BoxStream<'static, Received<WatchListenersResponse>> {
    let client = client.listeners();
    watch(context, StreamOptions::named("listeners"), move || {
        let mut client = client.clone();
        let request = WatchListenersRequest::from(&ListenerFilter::default());
        async move { client.watch_listeners(request).await }
    })
}

fn learn(listeners: &mut Option<Listeners>, update: Update<ListenerRef, ListenerView>) {
    match update {
        Update::Reset(items) => {
            let items = items
                .into_iter()
                .map(|(listener, held)| (listener, held.item));
            *listeners = Some(items.collect());
        }
        Update::Apply(listener, view) => {
            listeners.get_or_insert_default().insert(listener, view);
        }
        Update::Delete(listener) => {
            listeners.get_or_insert_default().remove(&listener);
        }
        // A view that cannot be read keeps its last good version, and the stream's own log says so.
        Update::Repositioned(_) | Update::Refused(_) | Update::Synced => {}
    }
}

#[cfg(test)]
mod tests;
