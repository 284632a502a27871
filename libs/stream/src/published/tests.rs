use std::collections::BTreeMap;
use std::sync::Arc;

use futures::{FutureExt, poll};
use tributary_proto::event::{Event, Position};
use tributary_runtime::Context;

use super::{Published, Subscription};

type Word = &'static str;

fn published(context: &Context) -> Published<Word, u32> {
    let published = Published::new(context, "test");
    published.set("a", Arc::new(1));
    published.mark_complete();
    published
}

async fn events(subscription: &mut Subscription<Word, u32>, count: usize) -> Vec<Event<Word, u32>> {
    let mut events = Vec::new();
    for _ in 0..count {
        let event = subscription.next().await.unwrap();
        events.push(event.item.map(|value| *value));
    }
    events
}

#[tokio::test]
async fn a_waiting_reader_is_woken() {
    let context = Context::new("test");
    let published = published(&context);
    let mut subscription = published.subscribe();
    assert_eq!(
        events(&mut subscription, 3).await,
        [Event::Init, Event::InitApply(1), Event::InitDone]
    );
    let mut next = Box::pin(subscription.next());
    assert!(poll!(&mut next).is_pending());
    published.set("a", Arc::new(2));
    assert_eq!(next.await.unwrap().item, Event::Apply(Arc::new(2)));
}

#[tokio::test]
async fn completion_wakes_too() {
    let context = Context::new("test");
    let published: Published<Word, u32> = Published::new(&context, "test");
    let mut subscription = published.subscribe();
    assert_eq!(events(&mut subscription, 1).await, [Event::Init]);
    let mut next = Box::pin(subscription.next());
    assert!(poll!(&mut next).is_pending());
    published.mark_complete();
    assert_eq!(next.await.unwrap().item, Event::InitDone);
}

#[tokio::test]
async fn replacing_everything_changes_only_what_differs() {
    let context = Context::new("test");
    let published = published(&context);
    published.set("b", Arc::new(1));
    published.set("c", Arc::new(1));
    let mut subscription = published.subscribe();
    events(&mut subscription, 5).await;
    let items = [("a", 1), ("b", 2)].map(|(key, value)| (key, Arc::new(value)));
    assert!(published.replace_all(BTreeMap::from(items.clone())));
    assert_eq!(
        events(&mut subscription, 2).await,
        [Event::Apply(2), Event::Delete("c")]
    );
    assert!(!published.replace_all(BTreeMap::from(items)));
    assert!(subscription.next().now_or_never().is_none());
}

#[tokio::test]
async fn a_snapshot_has_a_position() {
    let context = Context::new("test");
    let published = published(&context);
    let (position, items) = published.snapshot();
    assert_eq!(
        position,
        Position {
            epoch: 0,
            generation: 1
        }
    );
    assert_eq!(items, BTreeMap::from([("a", Arc::new(1))]));
}

#[tokio::test]
async fn the_stop_ends_every_reader() {
    let context = Context::new("test");
    let published = published(&context);
    let mut waiting = published.subscribe();
    events(&mut waiting, 3).await;
    let mut beginning = published.subscribe();
    context.shutdown.cancel();
    assert!(waiting.next().await.is_none());
    assert!(beginning.next().await.is_none());
}

#[tokio::test]
async fn readers_and_the_slowest_ones_lag_are_measured() {
    let context = Context::new("test");
    let published = published(&context);
    let mut slow = published.subscribe();
    let mut quick = published.subscribe();
    events(&mut slow, 3).await;
    events(&mut quick, 3).await;
    published.set("a", Arc::new(2));
    published.set("a", Arc::new(3));
    events(&mut quick, 1).await;
    let text = context.metrics.text().unwrap();
    assert!(
        text.contains("tributary_stream_subscribers{stream=\"test\"} 2"),
        "{text}"
    );
    assert!(
        text.contains("tributary_stream_lag_generations{stream=\"test\"} 2"),
        "{text}"
    );
    drop(slow);
    drop(quick);
    published.set("a", Arc::new(4));
    let text = context.metrics.text().unwrap();
    assert!(
        text.contains("tributary_stream_subscribers{stream=\"test\"} 0"),
        "{text}"
    );
    assert!(
        text.contains("tributary_stream_lag_generations{stream=\"test\"} 0"),
        "{text}"
    );
}
