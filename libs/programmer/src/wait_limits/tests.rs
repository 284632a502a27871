use super::*;

const CLIENTS: Duration = Duration::from_secs(30);

fn clients(load_balancer: &str) -> Waiting {
    Waiting {
        wait: Wait::Clients {
            load_balancer: load_balancer.to_owned(),
        },
        text: String::new(),
        owner: None,
    }
}

fn is_over(wait_limits: &WaitLimits, waiting: &Waiting, now: Instant) -> bool {
    wait_limits.waited(now).is_over(&waiting.wait)
}

#[test]
fn a_wait_ends_and_is_over_while_its_steps_are_taken() {
    let mut wait_limits = WaitLimits::new(CLIENTS);
    let (start, waiting) = (Instant::now(), clients("one"));
    wait_limits.note(std::slice::from_ref(&waiting), start);
    assert!(!is_over(&wait_limits, &waiting, start));
    assert_eq!(wait_limits.next_due(start), Some(start + CLIENTS));
    let end = start + CLIENTS;
    assert!(is_over(&wait_limits, &waiting, end));
    // The plan waits no more, and its steps may fail for a while.
    wait_limits.note(&[], end);
    assert!(is_over(
        &wait_limits,
        &waiting,
        end + Duration::from_mins(1)
    ));
    wait_limits.note(&[], end + REMEMBERED);
    assert!(!is_over(&wait_limits, &waiting, end + REMEMBERED));
}

#[test]
fn what_was_not_waited_for_in_between_begins_anew() {
    let mut wait_limits = WaitLimits::new(CLIENTS);
    let (start, waiting) = (Instant::now(), clients("one"));
    wait_limits.note(std::slice::from_ref(&waiting), start);
    wait_limits.note(&[clients("two")], start + CLIENTS / 2);
    wait_limits.note(std::slice::from_ref(&waiting), start + CLIENTS / 2);
    assert!(!is_over(&wait_limits, &waiting, start + CLIENTS));
}
