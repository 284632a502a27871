use std::time::Duration;

use tributary_model::judgement::{
    Judgement, ListenerSetJudgement, LoadBalancerJudgement, RouteJudgement,
};
use tributary_model::resolved::ListenerSetAcceptance;
use tributary_model::status::RouteStatus;
use tributary_model::{Installation, Kind, ObjectKey};

use super::*;

/// A judgement's generation tells what it asks for, so that tests need no statuses.
const NOTHING: i64 = 0;
const PROMPT: i64 = 1;
const SLOW: i64 = 2;
const ASIDE: i64 = 3;
const AWAITING: i64 = 4;

const SECOND: Duration = Duration::from_secs(1);

fn need(judged: &JudgedObject, known: Option<&Status>, aside: Option<&str>) -> Need {
    let asked = match &judged.judgement {
        Judgement::Route(route) => route.generation,
        Judgement::ListenerSet(set) => set.generation,
        Judgement::Gateway(_) | Judgement::GatewayClass(_) | Judgement::Pod(_) => {
            panic!("{judged:?}")
        }
    };
    match asked {
        // What was done is done, until it is forgotten.
        _ if known.is_some() => Need::Nothing,
        NOTHING => Need::Nothing,
        ASIDE if aside.is_some() => Need::StillAside,
        SLOW => Need::Attempt(Urgency::Slow),
        AWAITING => Need::Attempt(Urgency::Awaiting),
        _ => Need::Attempt(Urgency::Prompt),
    }
}

fn queue(places: usize) -> Queue {
    let policy = Policy {
        places,
        paced: true,
        need,
    };
    Queue::new(&Context::new("test"), policy)
}

fn route(name: &str) -> ObjectRef {
    ObjectRef::new(Kind::HttpRoute, ObjectKey::new("team", name))
}

fn judged(object: &ObjectRef, generation: i64) -> Arc<JudgedObject> {
    Arc::new(JudgedObject {
        judgement: Judgement::Route(RouteJudgement {
            route: object.clone(),
            generation,
            installation: Installation::default(),
            left_alone: Vec::new(),
            parents: Vec::new(),
        }),
        current: None,
        resource_version: None,
    })
}

fn set(name: &str) -> ObjectRef {
    ObjectRef::new(Kind::ListenerSet, ObjectKey::new("team", name))
}

fn judged_set(object: &ObjectRef, generation: i64) -> Arc<JudgedObject> {
    Arc::new(JudgedObject {
        judgement: Judgement::ListenerSet(ListenerSetJudgement {
            key: object.key.clone(),
            generation,
            acceptance: ListenerSetAcceptance::Admitted,
            load_balancer: LoadBalancerJudgement::Ready,
            listeners: Vec::new(),
        }),
        current: None,
        resource_version: None,
    })
}

fn done() -> Outcome {
    Outcome::Done { known: None }
}

fn failed() -> Outcome {
    Outcome::Failed {
        reason: "denied".to_owned(),
    }
}

fn aside() -> Outcome {
    Outcome::SetAside {
        reason: "too many".to_owned(),
        known: None,
    }
}

impl Queue {
    fn judge(&mut self, name: &str, generation: i64, now: Instant) {
        let object = route(name);
        self.apply(&object, judged(&object, generation), now);
    }

    /// The name of what is started.
    fn started(&mut self, now: Instant) -> Option<String> {
        let attempt = self.start(now, 0.0)?;
        Some(attempt.object.key.name.to_string())
    }

    #[track_caller]
    fn starts(&mut self, now: Instant, names: &[&str]) {
        for name in names {
            assert_eq!(self.started(now).as_deref(), Some(*name));
        }
        assert_eq!(self.started(now), None);
    }
}

#[test]
fn what_asks_for_nothing_is_not_remembered() {
    let mut queue = queue(9);
    queue.judge("a", NOTHING, Instant::now());
    assert_eq!(queue.objects().count(), 0);
    assert!(queue.is_settled());
}

#[test]
fn one_attempt_of_an_object_is_in_flight_and_the_latest_wins() {
    let now = Instant::now();
    let mut queue = queue(9);
    queue.judge("a", PROMPT, now);
    queue.starts(now, &["a"]);
    queue.judge("a", ASIDE, now);
    queue.judge("a", PROMPT, now);
    queue.starts(now + SECOND, &[]);
    queue.done(&route("a"), done(), now + SECOND);
    assert!(!queue.is_settled());
    queue.starts(now + SECOND, &["a"]);
    queue.done(&route("a"), done(), now + SECOND);
    assert!(queue.is_settled());
    queue.starts(now + SECOND, &[]);
}

#[test]
fn what_came_while_one_was_in_flight_may_ask_for_nothing() {
    let now = Instant::now();
    let mut queue = queue(9);
    queue.judge("a", PROMPT, now);
    queue.starts(now, &["a"]);
    queue.judge("a", NOTHING, now);
    assert!(!queue.is_settled());
    queue.done(&route("a"), done(), now);
    assert!(queue.is_settled());
    assert_eq!(queue.next_due(), None);
}

#[test]
fn places_are_counted() {
    let now = Instant::now();
    let mut queue = queue(2);
    for name in ["a", "b", "c"] {
        queue.judge(name, PROMPT, now);
    }
    queue.starts(now, &["a", "b"]);
    assert_eq!(queue.next_due(), None);
    queue.done(&route("a"), failed(), now);
    queue.starts(now, &["c"]);
}

#[test]
fn a_thousand_counts_cost_few_attempts() {
    let begin = Instant::now();
    let mut queue = queue(9);
    let mut attempts = 0;
    for tick in 0..1_000 {
        let now = begin + SECOND * tick / 20;
        queue.judge("a", SLOW, now);
        while queue.started(now).is_some() {
            attempts += 1;
            queue.done(&route("a"), done(), now);
        }
    }
    assert!((8..=20).contains(&attempts), "{attempts}");
}

#[test]
fn what_waits_for_its_pace_does_not_wait_longer_with_every_change() {
    let now = Instant::now();
    let mut queue = queue(9);
    queue.judge("a", SLOW, now);
    queue.starts(now, &["a"]);
    queue.done(&route("a"), done(), now);
    queue.judge("a", SLOW, now);
    let due = queue.next_due();
    queue.judge("a", SLOW, now + Duration::from_millis(50));
    assert_eq!(queue.next_due(), due);
}

#[test]
fn a_failure_is_listed_delays_nobody_and_is_tried_again() {
    let now = Instant::now();
    let mut queue = queue(9);
    queue.judge("a", PROMPT, now);
    queue.judge("b", PROMPT, now);
    queue.starts(now, &["a", "b"]);
    queue.done(&route("a"), failed(), now);
    assert!(!queue.is_settled());
    queue.done(&route("b"), done(), now);
    assert!(queue.is_settled());
    assert_eq!(queue.failed().len(), 1);
    let again = queue.next_due().unwrap();
    assert!(again > now && again < now + SECOND);
    queue.starts(again, &["a"]);
    assert_eq!(queue.failed().len(), 1);
    queue.done(&route("a"), done(), again);
    assert_eq!(queue.failed(), []);
}

#[test]
fn a_failure_that_is_no_longer_wanted_is_forgotten() {
    let now = Instant::now();
    let mut queue = queue(9);
    queue.judge("a", PROMPT, now);
    queue.starts(now, &["a"]);
    queue.done(&route("a"), failed(), now);
    queue.judge("a", NOTHING, now);
    assert_eq!(queue.failed(), []);
    assert_eq!(queue.next_due(), None);
}

#[test]
fn failures_wait_longer_and_never_longer_than_the_bound() {
    let mut now = Instant::now();
    let mut queue = queue(9);
    queue.judge("a", PROMPT, now);
    for _ in 0..20 {
        queue.starts(now, &["a"]);
        queue.done(&route("a"), failed(), now);
        let again = queue.next_due().unwrap();
        assert!(again - now <= TRY_AGAIN.most);
        now = again;
    }
    assert!(queue.next_due().unwrap() - now < TRY_AGAIN.most);
}

#[test]
fn what_is_set_aside_waits_for_another_judgement() {
    let now = Instant::now();
    let mut queue = queue(9);
    queue.judge("a", ASIDE, now);
    queue.starts(now, &["a"]);
    queue.done(&route("a"), aside(), now);
    assert!(queue.is_settled());
    assert_eq!(queue.set_aside().len(), 1);
    assert_eq!(queue.next_due(), None);
    queue.judge("a", ASIDE, now + SECOND);
    assert_eq!(queue.next_due(), None);
    queue.judge("a", PROMPT, now + SECOND);
    let attempt = queue.start(now + SECOND, 0.0).unwrap();
    assert_eq!(attempt.aside.as_deref(), Some("too many"));
    queue.done(&route("a"), done(), now + SECOND);
    assert_eq!(queue.set_aside(), []);
}

#[test]
fn what_we_wrote_counts_until_the_merger_has_seen_it() {
    let now = Instant::now();
    let mut queue = queue(9);
    queue.judge("a", PROMPT, now);
    queue.starts(now, &["a"]);
    let status = Status::Route(RouteStatus::default());
    let known = Some(status.clone());
    queue.done(&route("a"), Outcome::Done { known }, now);
    queue.judge("a", PROMPT, now);
    assert_eq!(queue.next_due(), None);
    let seen = JudgedObject {
        current: Some(status),
        ..JudgedObject::clone(&judged(&route("a"), PROMPT))
    };
    queue.apply(&route("a"), Arc::new(seen), now);
    assert_eq!(queue.next_due(), None);
    queue.judge("a", PROMPT, now);
    assert!(queue.next_due().is_some());
}

#[test]
fn what_is_gone_is_tried_again_when_it_is_counted_anew() {
    let now = Instant::now();
    let mut queue = queue(9);
    queue.judge("a", PROMPT, now);
    queue.starts(now, &["a"]);
    queue.done(&route("a"), Outcome::Gone, now);
    assert!(queue.is_settled());
    assert_eq!(queue.next_due(), None);
    queue.reposition(&route("a"), now + SECOND);
    queue.starts(now + SECOND, &["a"]);
    queue.done(&route("a"), done(), now + SECOND);
    queue.reposition(&route("a"), now + SECOND);
    assert_eq!(queue.next_due(), None);
}

#[test]
fn who_does_not_lead_keeps_what_is_to_be_written() {
    let now = Instant::now();
    let mut queue = queue(9);
    queue.judge("a", PROMPT, now);
    queue.starts(now, &["a"]);
    queue.done(&route("a"), Outcome::NotLeading, now);
    assert!(!queue.is_settled());
    assert_eq!(queue.failed(), []);
    queue.starts(now, &["a"]);
}

#[test]
fn an_object_that_is_removed_is_forgotten_after_what_is_in_flight() {
    let now = Instant::now();
    let mut queue = queue(9);
    queue.judge("a", PROMPT, now);
    queue.starts(now, &["a"]);
    queue.remove(&route("a"), now);
    queue.starts(now, &[]);
    queue.done(&route("a"), failed(), now);
    let attempt = queue.start(now, 0.0).unwrap();
    assert!(matches!(attempt.task, Task::Remove));
    queue.done(&route("a"), done(), now);
    assert_eq!(queue.objects().count(), 0);
    assert!(queue.is_settled());
}

#[test]
fn an_object_that_came_back_while_it_was_removed_is_written() {
    let now = Instant::now();
    let mut queue = queue(9);
    queue.remove(&route("a"), now);
    queue.starts(now, &["a"]);
    queue.judge("a", PROMPT, now);
    queue.done(&route("a"), done(), now);
    let due = queue.next_due().unwrap();
    let attempt = queue.start(due, 0.0).unwrap();
    assert!(matches!(attempt.task, Task::Write(_)));
}

#[test]
fn of_an_object_at_rest_nothing_is_remembered() {
    let mut queue = queue(1);
    let (object, now) = (route("a"), Instant::now());
    queue.apply(&object, judged(&object, PROMPT), now);
    assert_eq!(queue.forget(now), None);
    queue.start(now, 0.0).unwrap();
    queue.done(&object, done(), now);
    let over = queue.forget(now).unwrap();
    // Its pace, so far.
    assert!(queue.remembers(&object));
    assert_eq!(queue.forget(over), None);
    assert!(!queue.remembers(&object));
}

#[test]
fn what_is_tried_again_is_not_forgotten() {
    let mut queue = queue(1);
    let (object, now) = (route("a"), Instant::now());
    queue.apply(&object, judged(&object, PROMPT), now);
    queue.start(now, 0.0).unwrap();
    queue.done(&object, failed(), now);
    let later = queue.forget(now).unwrap();
    assert_eq!(queue.forget(later), None);
    assert!(queue.remembers(&object));
    assert_eq!(queue.failed().len(), 1);
}

/// 5,000 routes of a start wait for the API server when the programmer says that everything serves.
#[test]
fn gateways_and_sets_are_told_before_the_routes() {
    let begin = Instant::now();
    let mut queue = queue(5);
    for number in 0..5_000 {
        queue.judge(&format!("route-{number:04}"), PROMPT, begin);
    }
    let later = begin + SECOND;
    for name in ["set-a", "set-b", "set-c"] {
        queue.apply(&set(name), judged_set(&set(name), PROMPT), later);
    }
    queue.starts(
        later,
        &["set-a", "set-b", "set-c", "route-0000", "route-0001"],
    );
}

#[test]
fn counts_stand_in_line_with_the_routes() {
    let begin = Instant::now();
    let mut queue = queue(3);
    queue.judge("a", PROMPT, begin);
    queue.apply(&set("s"), judged_set(&set("s"), SLOW), begin + SECOND);
    queue.judge("b", PROMPT, begin + SECOND * 2);
    queue.starts(begin + SECOND * 2, &["a", "s", "b"]);
}

#[test]
fn a_route_waits_for_seven_sets_at_most() {
    let begin = Instant::now();
    let mut queue = queue(1);
    let wait = |queue: &mut Queue, number: usize, now| {
        let set = set(&format!("set-{number}"));
        queue.apply(&set, judged_set(&set, PROMPT), now);
    };
    let mut order = Vec::new();
    queue.judge("route-0", PROMPT, begin);
    queue.judge("route-1", PROMPT, begin);
    wait(&mut queue, 0, begin);
    // There is always another set.
    for number in 1..20 {
        wait(&mut queue, number, begin);
        let attempt = queue.start(begin, 0.0).unwrap();
        order.push(attempt.object.kind);
        queue.done(&attempt.object, done(), begin);
    }
    let routes: Vec<usize> = order
        .iter()
        .enumerate()
        .filter(|(_, kind)| **kind == Kind::HttpRoute)
        .map(|(place, _)| place)
        .collect();
    assert_eq!(routes, [7, 15]);
}

/// The programmer answers within milliseconds: accepted and programmed are one write.
#[test]
fn what_is_about_to_be_told_is_written_with_what_comes_at_once() {
    let now = Instant::now();
    let mut queue = queue(9);
    let object = set("s");
    queue.apply(&object, judged_set(&object, AWAITING), now);
    queue.starts(now, &[]);
    let answered = now + Duration::from_millis(5);
    queue.apply(&object, judged_set(&object, PROMPT), answered);
    queue.starts(answered, &["s"]);
    queue.done(&object, done(), answered);
    queue.starts(now + SECOND, &[]);
}

/// It takes its time: what is known is told meanwhile, and the answer as soon as it comes.
#[test]
fn what_is_awaited_for_longer_is_told_meanwhile() {
    let now = Instant::now();
    let mut queue = queue(9);
    let object = set("s");
    queue.apply(&object, judged_set(&object, AWAITING), now);
    queue.apply(
        &object,
        judged_set(&object, AWAITING),
        now + Duration::from_millis(10),
    );
    let due = queue.next_due().unwrap();
    assert!(
        due > now && due <= now + Duration::from_millis(500),
        "{:?}",
        due - now
    );
    queue.starts(due, &["s"]);
    queue.done(&object, done(), due);
    queue.apply(&object, judged_set(&object, PROMPT), due);
    queue.starts(due, &["s"]);
}
