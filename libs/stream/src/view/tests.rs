use tributary_proto::convert::ConvertError;
use tributary_proto::event::{Event, Position, Positioned, Refused};

use super::{Accepted, Fencing, Update, View};

type Item = (&'static str, u32);
type Message = Result<Positioned<Event<&'static str, Item>>, Refused<&'static str>>;

#[allow(clippy::unnecessary_wraps)] // the other messages may be refused
fn at(epoch: u64, generation: u64, item: Event<&'static str, Item>) -> Message {
    Ok(Positioned {
        position: Position { epoch, generation },
        traceparent: String::new(),
        item,
    })
}

fn init() -> Message {
    at(0, 0, Event::Init)
}

fn listed(generation: u64, item: Item) -> Message {
    at(0, generation, Event::InitApply(item))
}

fn done(generation: u64) -> Message {
    at(0, generation, Event::InitDone)
}

fn apply(generation: u64, item: Item) -> Message {
    at(0, generation, Event::Apply(item))
}

fn delete(generation: u64, key: &'static str) -> Message {
    at(0, generation, Event::Delete(key))
}

fn refused(key: Option<&'static str>) -> Message {
    Err(Refused {
        key,
        position: None,
        error: ConvertError::at("apply.port", "is required"),
    })
}

/// What a view tells about some messages: `R(a=1)` Reset, `a=1` Apply, `~a` Repositioned, `-a` Delete, `?a` Refused,
/// `S` Synced, `stale`, `deposed`.
fn told(view: &mut View<&'static str, Item>, messages: Vec<Message>) -> String {
    let mut words = Vec::new();
    for message in messages {
        match view.accept(message, |item| item.0) {
            Accepted::Stale => words.push("stale".to_owned()),
            Accepted::Deposed => words.push("deposed".to_owned()),
            Accepted::Updates(updates) => {
                words.extend(updates.into_iter().map(|update| word(update.item)));
            }
        }
    }
    words.join(" ")
}

fn word(update: Update<&'static str, Item>) -> String {
    match update {
        Update::Reset(items) => {
            let items = items
                .values()
                .map(|held| format!("{}={}", held.item.0, held.item.1));
            format!("R({})", items.collect::<Vec<_>>().join(","))
        }
        Update::Apply(key, item) => format!("{key}={}", item.1),
        Update::Repositioned(key) => format!("~{key}"),
        Update::Delete(key) => format!("-{key}"),
        Update::Refused(refused) => format!("?{}", refused.key.unwrap_or("")),
        Update::Synced => "S".to_owned(),
    }
}

#[track_caller]
fn check(first: Vec<Message>, then: Vec<Message>, expected: &str) {
    let mut view = View::new(Fencing::Epoch);
    told(&mut view, first);
    assert_eq!(told(&mut view, then), expected);
}

/// a and b of generations 1 and 2.
fn synced() -> Vec<Message> {
    vec![init(), listed(1, ("a", 1)), listed(2, ("b", 1)), done(2)]
}

#[test]
fn the_first_listing_is_told_in_one_piece() {
    check(vec![], synced(), "R(a=1,b=1) S");
}

#[test]
fn nothing_is_told_before_the_listing_is_done() {
    check(vec![], vec![init(), listed(1, ("a", 1))], "");
}

#[test]
fn an_empty_first_listing_is_told() {
    check(vec![], vec![init(), done(0)], "R() S");
}

#[test]
fn changes_are_told_as_they_come() {
    let changes = vec![apply(3, ("a", 2)), delete(4, "b"), apply(5, ("c", 1))];
    check(synced(), changes, "a=2 -b c=1");
}

#[test]
fn a_second_listing_of_the_same_costs_nothing() {
    check(synced(), synced(), "S");
}

#[test]
fn a_second_listing_tells_the_differences() {
    let listing = vec![init(), listed(3, ("a", 2)), listed(4, ("c", 1)), done(4)];
    check(synced(), listing, "a=2 c=1 -b S");
}

#[test]
fn a_restarted_sender_counts_anew_and_is_believed() {
    let listing = vec![init(), listed(1, ("b", 1)), done(1), apply(2, ("b", 2))];
    check(synced(), listing, "~b -a S b=2");
}

#[test]
fn a_listing_cut_short_deletes_nothing() {
    let mut view = View::new(Fencing::Epoch);
    told(&mut view, synced());
    told(&mut view, vec![init(), listed(3, ("a", 2))]);
    view.disconnect();
    let after = vec![apply(3, ("a", 1)), apply(4, ("b", 2))];
    assert_eq!(told(&mut view, after), "~a b=2");
}

#[test]
fn a_listing_begun_again_forgets_the_first() {
    let listing = vec![
        init(),
        listed(3, ("x", 1)),
        init(),
        listed(1, ("a", 1)),
        done(3),
    ];
    check(synced(), listing, "-b S");
}

#[test]
fn what_is_older_is_dropped() {
    let older = vec![
        apply(5, ("a", 5)),
        apply(4, ("a", 4)),
        delete(4, "a"),
        delete(5, "a"),
    ];
    check(synced(), older, "a=5 stale stale -a");
}

#[test]
fn what_is_older_within_a_listing_is_dropped() {
    let listing = vec![init(), listed(5, ("a", 5)), listed(4, ("a", 4)), done(5)];
    check(vec![], listing, "stale R(a=5) S");
}

#[test]
fn the_same_again_is_told_as_a_position_only() {
    check(synced(), vec![apply(3, ("a", 1)), apply(3, ("a", 1))], "~a");
}

#[test]
fn what_is_not_there_cannot_be_deleted() {
    check(synced(), vec![delete(9, "x")], "");
}

#[test]
fn a_refused_change_keeps_the_last_good_version() {
    let mut view = View::new(Fencing::Epoch);
    told(&mut view, synced());
    assert_eq!(
        told(&mut view, vec![refused(Some("a")), apply(4, ("b", 2))]),
        "?a b=2"
    );
    // It is still known as it was: said once more, it is no news.
    assert_eq!(told(&mut view, vec![apply(5, ("a", 1))]), "~a");
}

#[test]
fn a_refused_item_of_a_listing_keeps_the_last_good_version() {
    let listing = vec![init(), refused(Some("a")), listed(2, ("b", 1)), done(2)];
    check(synced(), listing, "?a S");
}

#[test]
fn a_refused_item_that_was_never_good_is_absent() {
    check(
        vec![],
        vec![init(), refused(Some("a")), done(2)],
        "?a R() S",
    );
}

#[test]
fn a_nameless_refused_item_may_be_anything_that_is_missing() {
    let listing = vec![init(), refused(None), listed(2, ("b", 2)), done(2)];
    check(synced(), listing, "? b=2 S");
}

#[test]
fn a_listing_after_the_refusal_deletes_again() {
    let mut view = View::new(Fencing::Epoch);
    told(&mut view, synced());
    told(&mut view, vec![init(), refused(None), done(2)]);
    assert_eq!(told(&mut view, vec![init(), done(3)]), "-a -b S");
}

#[test]
fn a_sender_of_a_lower_epoch_was_deposed() {
    let first = vec![at(3, 1, Event::Init), at(3, 1, Event::InitDone)];
    check(first, vec![at(2, 9, Event::Init)], "deposed");
}

#[test]
fn a_sender_of_a_higher_epoch_is_believed() {
    let listing = vec![
        at(4, 1, Event::Init),
        at(4, 1, Event::InitApply(("a", 1))),
        at(4, 1, Event::InitDone),
    ];
    check(synced(), listing, "~a -b S");
}

#[test]
fn given_positions_are_no_fence() {
    let mut view = View::new(Fencing::None);
    told(
        &mut view,
        vec![at(3, 1, Event::Init), at(3, 1, Event::InitDone)],
    );
    assert_eq!(
        told(
            &mut view,
            vec![at(2, 9, Event::Init), at(2, 9, Event::InitDone)]
        ),
        "S"
    );
}

#[test]
fn what_an_earlier_sender_said_does_not_outrank_a_later_one_without_a_leader() {
    let mut view = View::new(Fencing::None);
    let younger = vec![
        at(9, 0, Event::Init),
        at(9, 7, Event::InitApply(("a", 1))),
        at(9, 7, Event::InitDone),
    ];
    assert_eq!(told(&mut view, younger), "R(a=1) S");
    let older = vec![
        at(3, 0, Event::Init),
        refused(Some("a")),
        at(3, 5, Event::InitDone),
        at(3, 6, Event::Apply(("a", 2))),
    ];
    assert_eq!(told(&mut view, older), "?a S a=2");
}
