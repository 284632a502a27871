use futures::channel::mpsc;
use futures::{FutureExt, StreamExt, poll};
use tokio_util::sync::CancellationToken;

use super::{StopSignal, follow, stop_signals};

#[tokio::test]
async fn the_first_cancels_and_the_second_ends() {
    let (sender, signals) = mpsc::unbounded();
    let shutdown = CancellationToken::new();
    let mut following = Box::pin(follow(signals, &shutdown));

    assert!(poll!(&mut following).is_pending());
    assert!(!shutdown.is_cancelled());

    sender.unbounded_send(StopSignal::Terminate).unwrap();
    assert!(poll!(&mut following).is_pending());
    assert!(shutdown.is_cancelled());

    sender.unbounded_send(StopSignal::Interrupt).unwrap();
    assert_eq!(following.await, StopSignal::Interrupt);
}

#[tokio::test]
async fn no_signal_asks_for_nothing() {
    let shutdown = CancellationToken::new();
    let following = follow(futures::stream::empty(), &shutdown);
    assert!(following.now_or_never().is_none());
    assert!(!shutdown.is_cancelled());
}

#[tokio::test]
async fn signals_can_be_listened_to() {
    let mut signals = stop_signals().unwrap();
    assert!(poll!(signals.next()).is_pending());
}
