use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::{OnError, TaskError};
use crate::backoff::Backoff;
use crate::context::Context;
use crate::error::chain;

const DEADLINE: Duration = Duration::from_secs(5);

fn failing(message: &'static str) -> Result<(), io::Error> {
    Err(io::Error::other(message))
}

fn breaks() -> Result<(), Infallible> {
    panic!("was there a moment ago")
}

#[tokio::test(start_paused = true)]
async fn tasks_that_are_done_end_the_group() {
    let context = Context::new("test");
    let tasks = context.tasks();
    tasks.spawn("one", OnError::ShutDown, async { Ok::<_, Infallible>(()) });
    tasks.spawn("two", OnError::ShutDown, async { Ok::<_, Infallible>(()) });
    tasks.join(DEADLINE).await.unwrap();
    assert!(!context.shutdown.is_cancelled());
}

#[tokio::test(start_paused = true)]
async fn an_error_stops_the_others_and_is_returned() {
    let context = Context::new("test");
    let tasks = context.tasks();
    let shutdown = tasks.shutdown().clone();
    tasks.spawn("waits", OnError::ShutDown, async move {
        shutdown.cancelled().await;
        Ok::<_, Infallible>(())
    });
    tasks.spawn("fails", OnError::ShutDown, async { failing("no port") });
    let error = tasks.join(DEADLINE).await.unwrap_err();
    assert_eq!(chain(&error), "task fails failed: no port");
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_an_error() {
    let context = Context::new("test");
    let tasks = context.tasks();
    tasks.spawn("breaks", OnError::ShutDown, async { breaks() });
    let error = tasks.join(DEADLINE).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "task breaks panicked: was there a moment ago"
    );
}

#[tokio::test(start_paused = true)]
async fn an_ignored_error_is_counted_and_stops_nothing() {
    let context = Context::new("test");
    let tasks = context.tasks();
    tasks.spawn("fails", OnError::Ignore, async { failing("never mind") });
    tasks.join(DEADLINE).await.unwrap();
    assert!(!context.shutdown.is_cancelled());
    let text = context.metrics.text().unwrap();
    assert!(
        text.contains("tributary_task_failures_total{task=\"fails\"} 1"),
        "{text}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_restarting_task_is_started_until_it_works() {
    let context = Context::new("test");
    let tasks = context.tasks();
    let attempts = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&attempts);
    tasks.spawn_restarting("retries", Backoff::RESTART, move || {
        let attempt = counted.fetch_add(1, Ordering::SeqCst);
        async move {
            match attempt {
                0 => failing("not yet"),
                1 => panic!("not yet either"),
                _ => Ok(()),
            }
        }
    });
    tasks.join(DEADLINE).await.unwrap();
    assert_eq!(attempts.load(Ordering::SeqCst), 3);
    let text = context.metrics.text().unwrap();
    assert!(
        text.contains("tributary_task_backoff_seconds_total{task=\"retries\"}"),
        "{text}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_restarting_task_stops_while_it_waits() {
    let context = Context::new("test");
    let tasks = context.tasks();
    let shutdown = context.shutdown.clone();
    tasks.spawn_restarting("retries", Backoff::RESTART, move || {
        shutdown.cancel();
        async { failing("always") }
    });
    let begun = tokio::time::Instant::now();
    tasks.join(DEADLINE).await.unwrap();
    assert!(begun.elapsed() < Backoff::RESTART.first);
}

#[tokio::test(start_paused = true)]
async fn a_task_that_does_not_stop_is_dropped_and_named() {
    let context = Context::new("test");
    let tasks = context.tasks();
    let held = Arc::new(());
    let holds = Arc::clone(&held);
    tasks.spawn("deaf", OnError::ShutDown, async move {
        std::future::pending::<()>().await;
        drop(holds);
        Ok::<_, Infallible>(())
    });
    let tracker = tasks.tracker.clone();
    context.shutdown.cancel();
    let error = tasks.join(DEADLINE).await.unwrap_err();
    assert!(
        matches!(&error, TaskError::Stuck { tasks, .. } if tasks == &["deaf"]),
        "{error}"
    );
    tracker.wait().await;
    assert_eq!(Arc::strong_count(&held), 1);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_group_drops_its_tasks() {
    let context = Context::new("test");
    let tasks = context.tasks();
    tasks.spawn(
        "deaf",
        OnError::ShutDown,
        std::future::pending::<Result<(), Infallible>>(),
    );
    let tracker = tasks.tracker.clone();
    tracker.close();
    drop(tasks);
    tracker.wait().await;
}

#[tokio::test(start_paused = true)]
async fn a_child_stops_alone_and_with_its_parent() {
    let parent = Context::new("up");
    let child = parent.child("merger");
    child.shutdown.cancel();
    assert!(!parent.shutdown.is_cancelled());
    let child = parent.child("merger");
    parent.shutdown.cancel();
    assert!(child.shutdown.is_cancelled());
}
