use serde_json::{Value, json};

use crate::service::{Access, Service};

use super::{End, FaultAction, FaultOptions, Faults, Staleness};

fn faults(rules: &Value) -> Faults {
    let options: FaultOptions = serde_json::from_value(json!({"rules": rules})).unwrap();
    Faults::new(options)
}

fn write(faults: &mut Faults, operation: &str) -> FaultAction {
    faults.decide(Service::Elbv2, operation, Access::Write)
}

fn failed(action: &FaultAction) -> &str {
    match &action.end {
        End::Fail(error) => error.code.as_ref(),
        End::Normal => "ok",
        End::Reset => "reset",
        End::LoseAnswer => "lost",
    }
}

#[test]
fn a_rule_fails_as_often_as_it_says() {
    let mut faults = faults(&json!([{"operation": "CreateRule", "kind": "throttle", "times": 2}]));
    let codes: Vec<String> = (0..3)
        .map(|_| failed(&write(&mut faults, "CreateRule")).to_owned())
        .collect();
    assert_eq!(codes, ["Throttling", "Throttling", "ok"]);
}

#[test]
fn nothing_goes_wrong_by_default() {
    let mut faults = Faults::new(FaultOptions::default());
    for access in [Access::Read, Access::Write] {
        let action = faults.decide(Service::Ec2, "X", access);
        assert_eq!(failed(&action), "ok");
        assert!(action.latency.is_zero() && action.stale.is_none());
    }
}

/// Whether a pattern hits `elbv2:CreateRule`.
fn hits(pattern: &str, wanted: bool) {
    let mut faults = faults(&json!([{"operation": pattern, "kind": "reset"}]));
    let found = failed(&write(&mut faults, "CreateRule")) == "reset";
    assert_eq!(found, wanted, "{pattern}");
}

#[test]
fn patterns() {
    hits("CreateRule", true);
    hits("elbv2:CreateRule", true);
    hits("ec2:CreateRule", false);
    hits("Create*", true);
    hits("elbv2:*", true);
    hits("*", true);
    hits("CreateRul", false);
    hits("createrule", false);
}

#[test]
fn each_service_throttles_in_its_own_words() {
    for (service, code) in [
        (Service::Elbv2, "Throttling"),
        (Service::Ec2, "RequestLimitExceeded"),
        (Service::Acm, "ThrottlingException"),
        (Service::Tagging, "ThrottledException"),
    ] {
        let mut faults = faults(&json!([{"operation": "*", "kind": "throttle"}]));
        assert_eq!(failed(&faults.decide(service, "X", Access::Read)), code);
    }
}

#[test]
fn only_writes_lose_answers_and_only_reads_are_stale() {
    let mut faults = faults(&json!([
        {"operation": "*", "kind": "lost_answer", "times": 1},
        {"operation": "*", "kind": "stale", "writes": 3, "times": 1},
    ]));
    let read = faults.decide(Service::Elbv2, "X", Access::Read);
    assert_eq!(
        (failed(&read), read.stale),
        ("ok", Some(Staleness::Writes(3)))
    );
    let write = faults.decide(Service::Elbv2, "X", Access::Write);
    assert_eq!((failed(&write), write.stale), ("lost", None));
}

#[test]
fn latencies_add_up() {
    let mut faults = faults(&json!([
        {"operation": "*", "kind": "latency", "millis": 5},
        {"operation": "*", "kind": "latency", "millis": 7},
    ]));
    assert_eq!(write(&mut faults, "X").latency.as_millis(), 12);
}

#[test]
fn the_first_failure_ends_the_call() {
    let mut faults = faults(&json!([
        {"operation": "X", "kind": "error", "code": "AccessDenied", "status": 403, "times": 1},
        {"operation": "X", "kind": "server_error", "status": 502, "times": 1},
    ]));
    let status = |action: FaultAction| match action.end {
        End::Fail(error) => error.status,
        End::Normal | End::Reset | End::LoseAnswer => 0,
    };
    let statuses: Vec<u16> = (0..3).map(|_| status(write(&mut faults, "X"))).collect();
    assert_eq!(statuses, [403, 502, 0]);
}

#[test]
fn the_same_seed_gives_the_same_faults() {
    let run = |seed: u64| -> Vec<bool> {
        let rules = json!([{"operation": "*", "kind": "reset", "probability": 0.5}]);
        let options = json!({"seed": seed, "rules": rules});
        let mut faults = Faults::new(serde_json::from_value(options).unwrap());
        (0..64)
            .map(|_| failed(&write(&mut faults, "X")) == "reset")
            .collect()
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}

#[test]
fn what_cannot_be_a_fault_is_refused() {
    for rule in [
        json!({"operation": "X"}),
        json!({"operation": "X", "kind": "explode"}),
        json!({"kind": "reset"}),
        json!({"operation": "X", "kind": "latency"}),
    ] {
        let options = json!({"rules": [rule]});
        assert!(serde_json::from_value::<FaultOptions>(options).is_err());
    }
}
