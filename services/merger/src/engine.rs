//! The loop: what the watcher says goes into the merge, in as few settlings as its haste allows.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use tokio::time::{Instant, timeout_at};
use tributary_model::ObjectRef;
use tributary_model::resource::SourceObject;
use tributary_proto::snapshot::WatchSnapshotRequest;
use tributary_runtime::Context;
use tributary_stream::{Positioned, StreamOptions, Ties, Transport, Update, clients, watch_tied};

use crate::guests::Host;
use crate::shared::{Shared, Torn};
use crate::state::MergerState;

/// Updates that are taken in before what they change is published: a burst is settled once, a stream that
/// never pauses still gets out.
const MOST_UPDATES_AT_ONCE: usize = 10_000;
/// One reading of the source is many messages, and what lies between two of them was never asked for: a route
/// without its Service would cost AWS a rule that the next message changes. So a burst is over after this much quiet …
const QUIET: Duration = Duration::from_millis(2);
/// … or after this time.
const LONGEST_BURST: Duration = Duration::from_millis(50);

pub(crate) async fn follow(
    context: &Context,
    watcher: Transport,
    shared: &Arc<Shared>,
) -> Result<(), Torn> {
    let ready = Arc::new(context.condition("snapshot"));
    let client = clients::snapshot(watcher);
    // Of several watchers any will do: none of them leads.
    let options = StreamOptions::named("snapshot").unfenced();
    let host = Host::new(&shared.guests);
    let ties = Ties {
        arrival: Some(Arc::clone(&ready)),
        concerns: None,
    };
    let mut updates = watch_tied(context, options, ties, move || {
        let (mut client, host) = (client.clone(), host.clone());
        async move {
            host.is_gone();
            let answer = client.watch_snapshot(WatchSnapshotRequest {}).await?;
            host.answers(answer.metadata());
            Ok(answer)
        }
    });
    while let Some(first) = updates.next().await {
        let span = tributary_stream::span(&first);
        let mut burst = vec![first];
        let arrived = Instant::now();
        let end = arrived + LONGEST_BURST;
        while burst.len() < MOST_UPDATES_AT_ONCE
            && let Ok(Some(update)) =
                timeout_at(end.min(Instant::now() + QUIET), updates.next()).await
        {
            burst.push(update);
        }
        let settled = || {
            let mut state = shared.lock()?;
            state.arrived(arrived);
            for update in burst {
                take(&mut state, update);
            }
            state.propagate();
            Ok::<_, Torn>(state.is_complete())
        };
        if span.in_scope(settled)? {
            ready.met();
        }
        shared.progress.changed();
    }
    Ok(())
}

fn take(state: &mut MergerState, update: Positioned<Update<ObjectRef, SourceObject>>) {
    let Positioned {
        position,
        traceparent: _,
        item,
    } = update;
    match item {
        Update::Reset(objects) => state.reset(objects.into_values().map(|object| object.item)),
        Update::Apply(_, object) => state.apply(object),
        Update::Delete(object) => state.delete(object),
        Update::Synced => state.mark_complete(),
        // What a message could not say keeps its last good version; the receiver has logged it.
        Update::Repositioned(_) | Update::Refused(_) => {}
    }
    state.read_up_to(position);
}
