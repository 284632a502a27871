//! A question that many ask at once is asked once, and its answer counts for a while.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use tokio::time::Instant;
use tributary_kubernetes::Failure;

/// Questions that wait for the API server at once; each has its deadline.
const MOST_QUESTIONS: usize = 64;

/// Answers by what was asked, so many at most.
pub(super) struct Asked<K, V> {
    state: Mutex<State<K, V>>,
    most: usize,
}

struct State<K, V> {
    answers: HashMap<K, (V, Instant)>,
    /// In the order in which they came: the oldest goes first.
    order: VecDeque<K>,
    asking: HashMap<K, Shared<Asking<V>>>,
}

type Asking<V> = BoxFuture<'static, Result<V, Arc<Failure>>>;

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found<V> {
    pub(super) answer: V,
    /// Nobody was asked for it.
    pub(super) was_known: bool,
}

/// Why there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unasked {
    /// Somebody asks too much.
    TooMany,
    /// The API server did not answer.
    Failed(Arc<Failure>),
}

impl<K, V> Asked<K, V>
where
    K: Clone + Eq + Hash,
    V: Clone + Send + Sync + 'static,
{
    pub(super) fn new(most: usize) -> Self {
        Self {
            state: Mutex::new(State {
                answers: HashMap::new(),
                order: VecDeque::new(),
                asking: HashMap::new(),
            }),
            most,
        }
    }

    /// The answer, if it is known and still counts; else that of whoever asks already, or of `ask`, which is none where
    /// nobody may be asked.
    pub(super) async fn get(
        &self,
        key: K,
        counts: impl Fn(&V) -> Duration,
        ask: impl FnOnce() -> Option<BoxFuture<'static, Result<V, Failure>>>,
    ) -> Result<Found<V>, Unasked> {
        // Before the question, so that it goes after it.
        let leaving = Leaving {
            of: self,
            key: &key,
        };
        let asking = {
            let mut state = self.state();
            if let Some((answer, until)) = state.answers.get(&key)
                && Instant::now() < *until
            {
                let answer = answer.clone();
                return Ok(Found {
                    answer,
                    was_known: true,
                });
            }
            match state.asking.get(&key) {
                Some(asking) => asking.clone(),
                None if state.asking.len() >= MOST_QUESTIONS => return Err(Unasked::TooMany),
                None => {
                    let asking = ask().ok_or(Unasked::TooMany)?;
                    let asking = asking.map(|answer| answer.map_err(Arc::new));
                    let asking = asking.boxed().shared();
                    state.asking.insert(key.clone(), asking.clone());
                    asking
                }
            }
        };
        let answer = asking.await.map_err(Unasked::Failed);
        drop(leaving);
        let answer = answer?;
        self.remember(key, answer.clone(), counts(&answer));
        Ok(Found {
            answer,
            was_known: false,
        })
    }

    fn remember(&self, key: K, answer: V, counts: Duration) {
        let mut state = self.state();
        let State { answers, order, .. } = &mut *state;
        if answers
            .insert(key.clone(), (answer, Instant::now() + counts))
            .is_none()
        {
            order.push_back(key);
        }
        while answers.len() > self.most {
            match order.pop_front() {
                Some(oldest) => answers.remove(&oldest),
                None => break,
            };
        }
    }
}

impl<K, V> Asked<K, V> {
    fn state(&self) -> MutexGuard<'_, State<K, V>> {
        // What a panic leaves is a key more in the order, or fewer: nothing that anybody is told.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Who leaves last takes the question along, answered or not: nobody would go on with it.
struct Leaving<'a, K: Eq + Hash, V: Clone> {
    of: &'a Asked<K, V>,
    key: &'a K,
}

impl<K: Eq + Hash, V: Clone> Drop for Leaving<'_, K, V> {
    fn drop(&mut self) {
        let mut state = self.of.state();
        let asking = state.asking.get(self.key);
        // One is the map's own; an answered one counts nobody.
        if asking.is_some_and(|asking| asking.strong_count().is_none_or(|count| count <= 1)) {
            state.asking.remove(self.key);
        }
    }
}

impl<K, V> fmt::Debug for Asked<K, V> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        formatter
            .debug_struct("Asked")
            .field("answers", &state.answers.len())
            .field("asking", &state.asking.len())
            .finish()
    }
}
