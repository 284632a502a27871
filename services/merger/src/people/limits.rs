//! How much one identity may ask for: a flood of questions by one slows neither the pipeline nor the others.
//!
//! The services' own streams are not counted: they are a handful, and their callers are those of the table.

use std::collections::HashMap;
use std::fmt::Display;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use tonic::{Extensions, Status};
use tributary_runtime::metrics::MetricName;
use tributary_runtime::rate::Rate;
use tributary_runtime::{Metrics, Peer, Visitor};

/// At once after a rest, and in a second. A listing of 20,000 listeners takes some ten milliseconds of one core.
const QUESTIONS: (u32, u32) = (200, 20);

/// Streams and waits at once.
const STREAMS: usize = 64;

/// Identities whose rate is remembered.
const KNOWN: usize = 4096;

/// What was too much.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RefusedLabels {
    /// `questions` or `streams`.
    what: &'static str,
}

const REFUSED: MetricName<Family<RefusedLabels, Counter>> = MetricName::new(
    "tributary_people_refused",
    "Calls that were refused since one identity asked for too much at once",
    Family::default,
);

/// Of all who ask. Clones count together.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    questions: Arc<Rate<String>>,
    streams: Arc<Mutex<HashMap<String, usize>>>,
    refused: Family<RefusedLabels, Counter>,
}

/// A stream that counts as long as this is held.
#[derive(Debug)]
pub(crate) struct Held {
    streams: Arc<Mutex<HashMap<String, usize>>>,
    who: Option<String>,
}

impl Limits {
    pub(crate) fn new(metrics: &Metrics) -> Self {
        Self {
            questions: Arc::new(Rate::new(QUESTIONS.0, QUESTIONS.1, KNOWN)),
            streams: Arc::default(),
            refused: metrics.get(&REFUSED),
        }
    }

    /// Counts a question. Where nobody is asked who one is, nobody is counted.
    ///
    /// # Errors
    /// `RESOURCE_EXHAUSTED` to who asks too much.
    pub(crate) fn question(&self, extensions: &Extensions) -> Result<(), Status> {
        match identity(extensions) {
            Some(who) if !self.questions.take(who.clone()) => {
                let (burst, rate) = QUESTIONS;
                let most = format_args!("{rate} questions a second and {burst} at once");
                Err(self.too_much("questions", &who, most))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Counts a stream, or a wait.
    ///
    /// # Errors
    /// `RESOURCE_EXHAUSTED` to who has too many.
    pub(crate) fn stream(&self, extensions: &Extensions) -> Result<Held, Status> {
        let who = identity(extensions);
        if let Some(who) = &who {
            let mut streams = lock(&self.streams);
            let count = streams.entry(who.clone()).or_default();
            if *count >= STREAMS {
                drop(streams);
                let most = format_args!("{STREAMS} streams and waits at once");
                return Err(self.too_much("streams", who, most));
            }
            *count += 1;
        }
        Ok(Held {
            streams: Arc::clone(&self.streams),
            who,
        })
    }

    fn too_much(&self, what: &'static str, who: &str, most: impl Display) -> Status {
        self.refused.get_or_create(&RefusedLabels { what }).inc();
        Status::resource_exhausted(format!("{who} asks too much: {most} are the most"))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let Some(who) = &self.who else { return };
        let mut streams = lock(&self.streams);
        match streams.get_mut(who) {
            Some(count) if *count > 1 => *count -= 1,
            Some(_) | None => {
                streams.remove(who);
            }
        }
    }
}

fn identity(extensions: &Extensions) -> Option<String> {
    if let Some(peer) = extensions.get::<Peer>() {
        return Some(peer.to_string());
    }
    let visitor = extensions.get::<Visitor>()?;
    Some(visitor.person.name.clone())
}

// A count changes in one step.
fn lock(streams: &Mutex<HashMap<String, usize>>) -> MutexGuard<'_, HashMap<String, usize>> {
    streams.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use tonic::Code;

    use super::*;

    fn by(service: &str) -> Extensions {
        let mut extensions = Extensions::new();
        extensions.insert(Peer {
            service: service.to_owned(),
            installation: "west".to_owned(),
        });
        extensions
    }

    #[tokio::test(start_paused = true)]
    async fn who_asks_too_much_is_told_so_and_others_are_not() {
        let limits = Limits::new(&Metrics::default());
        let asked = |who: &str| -> Vec<Result<(), Code>> {
            let ask = |_| limits.question(&by(who)).map_err(|status| status.code());
            (0..300).map(ask).collect()
        };
        let expected = [vec![Ok(()); 200], vec![Err(Code::ResourceExhausted); 100]].concat();
        assert_eq!(asked("one"), expected);
        assert_eq!(asked("other"), expected);
        tokio::time::advance(std::time::Duration::from_secs(5)).await;
        assert_eq!(asked("one").iter().filter(|it| it.is_ok()).count(), 100);
    }

    #[test]
    fn so_many_streams_at_once_until_one_of_them_ends() {
        let limits = Limits::new(&Metrics::default());
        let mut held: Vec<_> = (0..64)
            .map(|_| limits.stream(&by("one")).unwrap())
            .collect();
        let refused = limits.stream(&by("one")).unwrap_err();
        assert_eq!(refused.code(), Code::ResourceExhausted);
        assert!(limits.stream(&by("other")).is_ok());
        held.pop();
        assert!(limits.stream(&by("one")).is_ok());
        drop(held);
        assert!(lock(&limits.streams).is_empty(), "nobody is remembered");
    }

    #[test]
    fn where_nobody_is_asked_who_one_is_nobody_is_counted() {
        let limits = Limits::new(&Metrics::default());
        let nobody = Extensions::new();
        let held: Vec<_> = (0..1000).map(|_| limits.stream(&nobody).unwrap()).collect();
        assert!((0..1000).all(|_| limits.question(&nobody).is_ok()));
        drop(held);
    }
}
