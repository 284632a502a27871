use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;
use tributary_aws::{AwsError, Class, Due};
use tributary_plan::limits::Failure;
use tributary_plan::op::Op;

use super::{Doubt, MOST, Tries};

fn tries() -> Tries {
    let metrics = tributary_runtime::Metrics::default();
    Tries::new(metrics.get(&crate::metrics::WORKER_WAIT_SECONDS))
}

/// One that makes something.
fn make(name: &str) -> Op {
    Op::ModifyLoadBalancerAttributes {
        load_balancer: tributary_plan::op::Handle::Existing(name.to_owned()),
        attributes: BTreeMap::new(),
    }
}

fn remove() -> Op {
    Op::DeleteSecurityGroup {
        group: "sg-1".to_owned(),
    }
}

fn says(class: Class, code: &str) -> AwsError {
    let mut error = AwsError::new(class, "Some", "text");
    error.code = Some(code.to_owned());
    error
}

/// The call fails this often, whenever it is due: whether it is refused then, and the longest time between two tries.
struct Told {
    refused: bool,
    longest: Duration,
    due: Due,
    looks: usize,
}

fn fail(op: &Op, error: &AwsError, times: usize) -> Told {
    let mut tries = tries();
    let mut now = Instant::now();
    let mut longest = Duration::ZERO;
    let mut looks = 0;
    for _ in 0..times {
        match tries.failed(op, error, now) {
            Doubt::Look => looks += 1,
            Doubt::None => {}
        }
        let due = tries.next_due(now).unwrap();
        longest = longest.max(due - now);
        assert_ne!(tries.due(op, now), Due::Now, "due too early");
        now = due;
    }
    let before = now.checked_sub(Duration::from_millis(1)).unwrap();
    let refused = matches!(tries.told().get(&op.key()), Some(Failure::Refused(_)));
    Told {
        refused,
        longest,
        due: tries.due(op, before),
        looks,
    }
}

#[test]
fn what_aws_was_never_asked_it_did_not_refuse() {
    let mut tries = tries();
    let error = AwsError::new(
        Class::Permanent,
        "DescribeTrustStores",
        "there is no trust store",
    );
    tries.failed(&make("lb"), &error, Instant::now());
    let told: Vec<Failure> = tries.told().into_values().collect();
    let text = "DescribeTrustStores: there is no trust store".to_owned();
    assert_eq!(told, [Failure::Impossible(text)]);
}

#[test]
fn a_name_that_is_taken_is_refused_after_a_few_looks() {
    let taken = says(Class::NeedsReobserve, "DuplicateLoadBalancerName");
    assert!(!fail(&make("lb"), &taken, 3).refused);
    let told = fail(&make("lb"), &taken, 4);
    assert!(told.refused);
    assert_eq!(told.looks, 3, "the last one is told, not looked at");
    let told = fail(&make("lb"), &taken, 40);
    assert_eq!(told.looks, 3, "no looks for ever");
    assert!(told.longest <= Duration::from_mins(2));
    assert!(told.longest >= Duration::from_secs(30));
}

#[test]
fn whatever_is_not_there_or_in_use_is_refused_like_a_taken_name() {
    for code in [
        "PriorityInUse",
        "DuplicateListener",
        "DuplicateTargetGroupName",
        "InvalidGroup.Duplicate",
        "ResourceInUse",
        "SubnetNotFound",
        "InvalidGroup.NotFound",
        "TrustStoreNotFound",
        "CertificateNotFound",
    ] {
        let error = says(Class::NeedsReobserve, code);
        assert!(fail(&make("lb"), &error, 4).refused, "{code}");
    }
}

#[test]
fn a_removal_waits_minutes_for_what_still_uses_it() {
    let in_use = says(Class::NeedsReobserve, "DependencyViolation");
    assert!(!fail(&remove(), &in_use, 11).refused);
    assert!(fail(&remove(), &in_use, 12).refused);
}

#[test]
fn a_lost_answer_is_never_a_refusal() {
    let mut lost = says(Class::NeedsReobserve, "");
    lost.code = None;
    let told = fail(&make("lb"), &lost, 40);
    assert!(!told.refused);
    assert_eq!(told.looks, 40, "it may have taken effect each time");
}

#[test]
fn what_is_throttled_is_tried_again_within_half_a_minute_for_ever() {
    let throttled = says(Class::Throttled, "Throttling");
    let told = fail(&make("lb"), &throttled, 40);
    assert!(!told.refused);
    assert!(told.longest <= Duration::from_secs(30));
    assert_eq!(told.looks, 0);
}

#[test]
fn what_follows_a_throttled_call_waits_for_its_first_tries_only() {
    let throttled = says(Class::Throttled, "Throttling");
    assert_eq!(fail(&make("lb"), &throttled, 7).due, Due::Soon);
    assert_eq!(fail(&make("lb"), &throttled, 8).due, Due::Later);
}

#[test]
fn one_throttled_call_is_nothing_to_tell() {
    let mut tries = tries();
    let now = Instant::now();
    let throttled = says(Class::Throttled, "Throttling");
    for _ in 0..3 {
        tries.failed(&make("lb"), &throttled, now);
        assert!(tries.told().is_empty());
    }
    tries.failed(&make("lb"), &throttled, now);
    assert_eq!(tries.told().len(), 1);
}

#[test]
fn a_refusal_is_told_without_a_break_while_it_is_asked_for_again() {
    let mut tries = tries();
    let now = Instant::now();
    tries.failed(&make("lb"), &says(Class::Permanent, "TooManyRules"), now);
    let due = tries.next_due(now).unwrap();
    assert!(due >= now + Duration::from_mins(5) && due <= now + Duration::from_mins(10));
    assert_eq!(tries.still_refused(now), None, "nothing is due");
    assert_eq!(tries.still_refused(due).map(|it| it.len()), Some(0));
    tries.forget_old(due);
    assert_eq!(tries.told().len(), 1);
}

#[test]
fn each_call_has_its_own_time() {
    let mut tries = tries();
    let now = Instant::now();
    let throttled = says(Class::Throttled, "Throttling");
    tries.failed(&make("one"), &throttled, now);
    assert_eq!(tries.due(&make("one"), now), Due::Soon);
    assert_eq!(tries.due(&make("two"), now), Due::Now);
    tries.done(&make("one"));
    assert_eq!(tries.due(&make("one"), now), Due::Now);
}

#[test]
fn the_memory_is_bounded() {
    let mut tries = tries();
    let now = Instant::now();
    let error = says(Class::Permanent, "TooManyRules");
    for number in 0..=MOST {
        let at = now + Duration::from_millis(u64::try_from(number).unwrap());
        tries.failed(&make(&number.to_string()), &error, at);
    }
    assert_eq!(tries.told().len(), MOST);
    assert!(!tries.told().contains_key(&make("0").key()));
}
