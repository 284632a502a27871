//! Supervised tasks: named, with a declared answer to their errors, and never detached.

use std::collections::BTreeMap;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::backoff::Backoff;
use crate::error::{BoxError, chain};
use crate::metrics::Metrics;
use crate::names::{TASK_BACKOFF_SECONDS, TASK_FAILURES, TaskLabels};

#[cfg(test)]
mod tests;

/// A group of tasks. Dropped without [`Tasks::join`], it drops its tasks where they stand.
#[derive(Debug)]
pub struct Tasks {
    tracker: TaskTracker,
    shared: Arc<Shared>,
}

/// What an error or a panic of a task means. One that should be started again goes to [`Tasks::spawn_restarting`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnError {
    /// The group stops, and [`Tasks::join`] returns the error.
    ShutDown,
    /// It is logged and counted; the others carry on.
    Ignore,
}

/// Why a group did not end well.
#[derive(Debug, thiserror::Error)]
pub enum TaskError {
    /// A task returned an error.
    #[error("task {task} failed")]
    Failed {
        /// Name of the task.
        task: &'static str,
        /// Its error.
        source: BoxError,
    },
    /// A task panicked.
    #[error("task {task} panicked: {message}")]
    Panicked {
        /// Name of the task.
        task: &'static str,
        /// What the panic said.
        message: String,
    },
    /// Tasks did not stop in time and were dropped.
    #[error("tasks did not stop within {deadline:?}: {}", tasks.join(", "))]
    Stuck {
        /// The time that they had.
        deadline: Duration,
        /// Their names.
        tasks: Vec<&'static str>,
    },
}

#[derive(Debug)]
struct Shared {
    /// Asks tasks to stop.
    shutdown: CancellationToken,
    /// Drops tasks that did not.
    kill: CancellationToken,
    metrics: Metrics,
    next_id: AtomicU64,
    running: Mutex<BTreeMap<u64, &'static str>>,
    first_error: Mutex<Option<TaskError>>,
}

impl Tasks {
    /// A group that stops when `shutdown` is cancelled, and cancels it when a task of [`OnError::ShutDown`] fails.
    pub fn new(shutdown: CancellationToken, metrics: Metrics) -> Self {
        Self {
            tracker: TaskTracker::new(),
            shared: Arc::new(Shared {
                shutdown,
                kill: CancellationToken::new(),
                metrics,
                next_id: AtomicU64::new(0),
                running: Mutex::default(),
                first_error: Mutex::default(),
            }),
        }
    }

    /// Cancelled when the group should stop: what every task listens to.
    pub fn shutdown(&self) -> &CancellationToken {
        &self.shared.shutdown
    }

    /// Starts a task. When it returns `Ok` it is done, and nothing else happens.
    pub fn spawn<E: Into<BoxError>>(
        &self,
        task: &'static str,
        on_error: OnError,
        future: impl Future<Output = Result<(), E>> + Send + 'static,
    ) {
        let shared = Arc::clone(&self.shared);
        let running = Running::begin(&shared, task);
        self.tracker.spawn(async move {
            let ended = shared.kill.run_until_cancelled(attempt(task, future)).await;
            if let Some(Err(error)) = ended {
                shared.count_failure(task);
                shared.judge(on_error, error);
            }
            drop(running);
        });
    }

    /// Starts a task that is started again, after a delay, whenever it fails. An attempt that lasted longer
    /// than the longest delay begins the delays anew.
    pub fn spawn_restarting<E, F>(
        &self,
        task: &'static str,
        backoff: Backoff,
        mut start: impl FnMut() -> F + Send + 'static,
    ) where
        E: Into<BoxError>,
        F: Future<Output = Result<(), E>> + Send + 'static,
    {
        let shared = Arc::clone(&self.shared);
        let running = Running::begin(&shared, task);
        let waited = shared.metrics.get(&TASK_BACKOFF_SECONDS);
        let mut delays = backoff.delays(waited.get_or_create_owned(&TaskLabels { task }));
        let restarting = {
            let shared = Arc::clone(&shared);
            async move {
                loop {
                    let begun = Instant::now();
                    let Err(error) = attempt(task, start()).await else {
                        return;
                    };
                    shared.count_failure(task);
                    if begun.elapsed() > backoff.most {
                        delays.reset();
                    }
                    tracing::warn!(
                        task,
                        error = chain(&error),
                        "task failed and is started again"
                    );
                    if shared
                        .shutdown
                        .run_until_cancelled(delays.wait())
                        .await
                        .is_none()
                    {
                        return;
                    }
                }
            }
        };
        self.tracker.spawn(async move {
            // None means killed, which join reports by name.
            if shared.kill.run_until_cancelled(restarting).await.is_none() {
                tracing::debug!(task, "dropped");
            }
            drop(running);
        });
    }

    /// Waits until all tasks have ended by themselves, or, once the group should stop, until they have stopped:
    /// for so long at most, then drops them. Returns the first error that mattered.
    pub async fn join(self, deadline: Duration) -> Result<(), TaskError> {
        let shutdown = self.shared.shutdown.clone();
        self.tracker.close();
        tokio::select! {
            () = self.tracker.wait() => {}
            () = shutdown.cancelled() => {}
        }
        let stopped = timeout(deadline, self.tracker.wait()).await.is_ok();
        let stuck: Vec<&'static str> = if stopped {
            Vec::new()
        } else {
            let running = lock(&self.shared.running).values().copied().collect();
            self.shared.kill.cancel();
            running
        };
        if let Some(error) = lock(&self.shared.first_error).take() {
            return Err(error);
        }
        if stuck.is_empty() {
            return Ok(());
        }
        Err(TaskError::Stuck {
            deadline,
            tasks: stuck,
        })
    }
}

impl Drop for Tasks {
    fn drop(&mut self) {
        self.shared.kill.cancel();
    }
}

impl Shared {
    fn count_failure(&self, task: &'static str) {
        self.metrics
            .get(&TASK_FAILURES)
            .get_or_create(&TaskLabels { task })
            .inc();
    }

    fn judge(&self, on_error: OnError, error: TaskError) {
        match on_error {
            OnError::Ignore => tracing::warn!(error = chain(&error), "a task ended"),
            OnError::ShutDown => {
                tracing::error!(error = chain(&error), "stopping");
                lock(&self.first_error).get_or_insert(error);
                self.shutdown.cancel();
            }
        }
    }
}

/// Lists the task as running for as long as it lives, however it ends.
struct Running {
    shared: Arc<Shared>,
    id: u64,
}

impl Running {
    fn begin(shared: &Arc<Shared>, task: &'static str) -> Self {
        let id = shared.next_id.fetch_add(1, Ordering::Relaxed);
        lock(&shared.running).insert(id, task);
        Self {
            shared: Arc::clone(shared),
            id,
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        lock(&self.shared.running).remove(&self.id);
    }
}

async fn attempt<E: Into<BoxError>>(
    task: &'static str,
    future: impl Future<Output = Result<(), E>>,
) -> Result<(), TaskError> {
    // Unwind safety: what the future owned is dropped with it, and what it shared is behind locks of which
    // std's poison, or channels, which stay whole.
    match AssertUnwindSafe(future).catch_unwind().await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(TaskError::Failed {
            task,
            source: error.into(),
        }),
        Err(panic) => Err(TaskError::Panicked {
            task,
            message: panic_message(panic.as_ref()),
        }),
    }
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    if let Some(message) = panic.downcast_ref::<&'static str>() {
        return (*message).to_owned();
    }
    match panic.downcast_ref::<String>() {
        Some(message) => message.clone(),
        None => "no message".to_owned(),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic while one of these was held leaves a map or an option, whole in any case.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
