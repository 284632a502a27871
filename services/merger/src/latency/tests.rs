use std::time::Duration;

use tokio::time::advance;
use tributary_model::ObjectKey;
use tributary_model::elb::LoadBalancerKind;

use super::*;

fn at(generation: u64) -> Position {
    Position {
        epoch: 1,
        generation,
    }
}

fn key() -> LoadBalancerKey {
    LoadBalancerKey {
        kind: LoadBalancerKind::Alb,
        gateway: ObjectKey::new("infra", "web"),
    }
}

struct Timer {
    metrics: Metrics,
    latency: Latency,
}

impl Timer {
    fn new() -> Self {
        let metrics = Metrics::default();
        let latency = Latency::new(&metrics);
        Self { metrics, latency }
    }

    /// A change of the load balancer that is settled at once.
    fn changes(&mut self, generation: u64) {
        self.latency.arrived(Instant::now());
        let changed = [(&key(), at(generation))];
        self.latency
            .settled(changed.into_iter(), Some(at(generation)));
    }

    /// How often a stage was timed, and the sum of its seconds.
    #[track_caller]
    fn check(&self, stage: &str, count: u32, sum: f64) {
        let text = self.metrics.text().unwrap();
        let value = |what: &str| -> f64 {
            let series = format!("tributary_change_seconds_{what}{{stage=\"{stage}\"}} ");
            let mut lines = text.lines();
            let line = lines.find_map(|line| line.strip_prefix(&series));
            line.unwrap_or_else(|| panic!("{series}: {text}"))
                .parse()
                .unwrap()
        };
        assert_eq!((value("count"), value("sum")), (f64::from(count), sum));
    }
}

#[tokio::test(start_paused = true)]
async fn each_stage_is_timed_from_the_arrival() {
    let mut timer = Timer::new();
    timer.latency.arrived(Instant::now());
    advance(Duration::from_secs(1)).await;
    // Of what comes meanwhile the first counts.
    timer.latency.arrived(Instant::now());
    let changed = [(&key(), at(5))];
    timer.latency.settled(changed.into_iter(), Some(at(9)));
    advance(Duration::from_secs(2)).await;
    timer.latency.programmed(&key(), at(5));
    advance(Duration::from_secs(4)).await;
    timer.latency.written(at(9));
    timer.check("desired", 1, 1.0);
    timer.check("programmed", 1, 3.0);
    timer.check("status", 1, 7.0);
}

#[tokio::test(start_paused = true)]
async fn an_answer_to_an_older_state_ends_nothing_and_one_to_a_newer_all_before() {
    let mut timer = Timer::new();
    timer.changes(5);
    advance(Duration::from_secs(1)).await;
    timer.changes(6);
    timer.latency.programmed(&key(), at(4));
    timer.latency.written(at(4));
    timer.check("programmed", 0, 0.0);
    timer.check("status", 0, 0.0);
    advance(Duration::from_secs(1)).await;
    timer.latency.programmed(&key(), at(7));
    timer.latency.written(at(7));
    timer.check("programmed", 2, 3.0);
    timer.check("status", 2, 3.0);
    timer.latency.programmed(&key(), at(7));
    timer.check("programmed", 2, 3.0);
}

#[tokio::test(start_paused = true)]
async fn a_first_listing_and_a_lost_lead_are_not_timed() {
    let mut timer = Timer::new();
    timer.latency.arrived(Instant::now());
    timer.latency.skip();
    timer
        .latency
        .settled([(&key(), at(1))].into_iter(), Some(at(1)));
    timer.check("desired", 0, 0.0);
    timer.changes(2);
    timer.latency.forget();
    timer.latency.programmed(&key(), at(2));
    timer.latency.written(at(2));
    timer.check("programmed", 0, 0.0);
    timer.check("status", 0, 0.0);
}

#[tokio::test(start_paused = true)]
async fn no_more_changes_are_remembered_than_the_bound() {
    let mut timer = Timer::new();
    for generation in 0..10_000 {
        timer.changes(generation);
    }
    let waiting = timer.latency.to_program.values().map(|it| it.0.len());
    assert_eq!(waiting.collect::<Vec<_>>(), [MOST_TIMED]);
    assert_eq!(timer.latency.to_write.0.len(), MOST_TIMED);
    timer.latency.gone(&key());
    assert!(timer.latency.to_program.is_empty());
}
