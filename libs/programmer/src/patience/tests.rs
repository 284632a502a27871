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

fn is_over(patience: &Patience, waiting: &Waiting, now: Instant) -> bool {
    patience.waited(now).is_over(&waiting.wait)
}

#[test]
fn a_wait_ends_and_is_over_while_its_steps_are_taken() {
    let mut patience = Patience::new(CLIENTS);
    let (start, waiting) = (Instant::now(), clients("one"));
    patience.note(std::slice::from_ref(&waiting), start);
    assert!(!is_over(&patience, &waiting, start));
    assert_eq!(patience.next_due(start), Some(start + CLIENTS));
    let end = start + CLIENTS;
    assert!(is_over(&patience, &waiting, end));
    // The plan waits no more, and its steps may fail for a while.
    patience.note(&[], end);
    assert!(is_over(&patience, &waiting, end + Duration::from_mins(1)));
    patience.note(&[], end + REMEMBERED);
    assert!(!is_over(&patience, &waiting, end + REMEMBERED));
}

#[test]
fn what_was_not_waited_for_in_between_begins_anew() {
    let mut patience = Patience::new(CLIENTS);
    let (start, waiting) = (Instant::now(), clients("one"));
    patience.note(std::slice::from_ref(&waiting), start);
    patience.note(&[clients("two")], start + CLIENTS / 2);
    patience.note(std::slice::from_ref(&waiting), start + CLIENTS / 2);
    assert!(!is_over(&patience, &waiting, start + CLIENTS));
}
