use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use tributary_proto::event::{Event, Position, Positioned};

use super::{Filter, Reader, Resume, Store};
use crate::view::{Accepted, Fencing, Update, View};

/// Values are pairs of key and content, as real items carry their key.
type Item = (u8, u8);
type TestStore = Store<u8, Item>;
type TestReader = Reader<u8, Item>;

fn store(items: &[Item]) -> TestStore {
    let mut store = Store::new();
    for item in items {
        set(&mut store, *item);
    }
    store
}

fn set(store: &mut TestStore, item: Item) -> bool {
    store.set(item.0, Arc::new(item), None, String::new)
}

fn remove(store: &mut TestStore, key: u8) -> bool {
    store.remove(&key, None, String::new)
}

fn complete(items: &[Item]) -> TestStore {
    let mut store = store(items);
    store.mark_complete();
    store
}

/// All that a reader is told now, in short: `I` Init, `+1=7` InitApply, `D` InitDone, `1=7` Apply, `-1` Delete.
fn read(store: &TestStore, reader: &mut TestReader) -> String {
    let mut words = Vec::new();
    while let Some(event) = store.next(reader) {
        words.push(word(&event));
    }
    words.join(" ")
}

fn word(event: &Positioned<Event<u8, Arc<Item>>>) -> String {
    match &event.item {
        Event::Init => "I".to_owned(),
        Event::InitApply(item) => format!("+{}={}", item.0, item.1),
        Event::InitDone => "D".to_owned(),
        Event::Apply(item) => format!("{}={}", item.0, item.1),
        Event::Delete(key) => format!("-{key}"),
    }
}

fn everything() -> TestReader {
    Reader::new(None)
}

#[test]
fn a_listing_is_in_order_and_complete() {
    let store = complete(&[(2, 0), (1, 0)]);
    assert_eq!(read(&store, &mut everything()), "I +1=0 +2=0 D");
}

#[test]
fn an_incomplete_store_is_listed_as_it_grows_and_not_done() {
    let mut store = store(&[(2, 0)]);
    let mut reader = everything();
    assert_eq!(read(&store, &mut reader), "I +2=0");
    set(&mut store, (1, 0));
    assert_eq!(read(&store, &mut reader), "+1=0");
    store.mark_complete();
    assert_eq!(read(&store, &mut reader), "D");
}

#[test]
fn what_was_set_behind_an_incomplete_listing_is_in_it() {
    let mut store = store(&[(5, 0)]);
    let mut reader = everything();
    assert_eq!(read(&store, &mut reader), "I +5=0");
    set(&mut store, (1, 0));
    store.mark_complete();
    assert_eq!(read(&store, &mut reader), "+1=0 D");
}

#[test]
fn a_removal_before_completion_starts_the_listing_again() {
    let mut store = store(&[(1, 0), (2, 0)]);
    let mut reader = everything();
    assert_eq!(read(&store, &mut reader), "I +1=0 +2=0");
    remove(&mut store, 1);
    assert_eq!(read(&store, &mut reader), "I +2=0");
    store.mark_complete();
    assert_eq!(read(&store, &mut reader), "D");
}

#[test]
fn an_empty_complete_store_says_so() {
    assert_eq!(read(&complete(&[]), &mut everything()), "I D");
}

#[test]
fn an_item_that_changes_while_it_is_listed_is_in_the_listing() {
    let mut store = complete(&[(1, 0), (2, 0), (3, 0)]);
    let mut reader = everything();
    assert_eq!(word(&store.next(&mut reader).unwrap()), "I");
    assert_eq!(word(&store.next(&mut reader).unwrap()), "+1=0");
    set(&mut store, (3, 1));
    assert_eq!(read(&store, &mut reader), "+2=0 +3=1 D 3=1");
}

#[test]
fn a_key_removed_while_it_is_listed_is_deleted_after() {
    let mut store = complete(&[(1, 0), (2, 0)]);
    let mut reader = everything();
    store.next(&mut reader);
    store.next(&mut reader);
    remove(&mut store, 1);
    assert_eq!(read(&store, &mut reader), "+2=0 D -1");
}

#[test]
fn a_slow_reader_sees_the_latest_only() {
    let mut store = complete(&[(1, 0)]);
    let mut reader = everything();
    read(&store, &mut reader);
    for content in 1..=9 {
        set(&mut store, (1, content));
    }
    set(&mut store, (2, 0));
    remove(&mut store, 2);
    assert_eq!(read(&store, &mut reader), "1=9 -2");
}

#[test]
fn an_equal_value_is_no_change() {
    let mut store = complete(&[(1, 0)]);
    let mut reader = everything();
    read(&store, &mut reader);
    assert!(!set(&mut store, (1, 0)));
    assert_eq!(read(&store, &mut reader), "");
    assert_eq!(store.generation(), 1);
}

#[test]
fn removing_what_is_not_there_is_no_change() {
    let mut store = complete(&[]);
    assert!(!remove(&mut store, 1));
    assert_eq!(store.generation(), 0);
}

#[test]
fn a_value_that_comes_back_is_told() {
    let mut store = complete(&[(1, 0)]);
    let mut reader = everything();
    read(&store, &mut reader);
    remove(&mut store, 1);
    assert!(set(&mut store, (1, 0)));
    assert_eq!(read(&store, &mut reader), "1=0");
    assert_eq!(store.len(), 1);
}

#[test]
fn a_reader_that_was_away_too_long_starts_over() {
    let mut store = TestStore::remembering(2);
    for key in 1..=4 {
        set(&mut store, (key, 0));
    }
    store.mark_complete();
    let mut reader = everything();
    read(&store, &mut reader);
    for key in 1..=3 {
        remove(&mut store, key);
    }
    assert_eq!(read(&store, &mut reader), "I +4=0 D");
    assert_eq!(store.entries.len(), 3);
    assert_eq!(store.by_generation.len(), 3);
}

#[test]
fn a_new_epoch_is_listed_anew() {
    let mut store = complete(&[(1, 0)]);
    let mut reader = everything();
    read(&store, &mut reader);
    assert!(store.set_epoch(3));
    assert!(!store.set_epoch(2));
    let init = store.next(&mut reader).unwrap();
    assert_eq!(
        init.position,
        Position {
            epoch: 3,
            generation: 1
        }
    );
    let listed = store.next(&mut reader).unwrap();
    assert_eq!(
        listed.position,
        Position {
            epoch: 3,
            generation: 1
        }
    );
    assert_eq!(read(&store, &mut reader), "D");
}

#[test]
fn a_given_position_is_sent_as_it_is() {
    let mut store = TestStore::new();
    let position = Position {
        epoch: 7,
        generation: 70,
    };
    let later = Position {
        epoch: 7,
        generation: 71,
    };
    assert!(store.set(1, Arc::new((1, 0)), Some(position), String::new));
    assert!(!store.set(1, Arc::new((1, 0)), Some(position), String::new));
    assert!(store.set(2, Arc::new((2, 0)), Some(later), String::new));
    store.mark_complete();
    let mut reader = everything();
    let mut positions = Vec::new();
    while let Some(event) = store.next(&mut reader) {
        positions.push(event.position);
    }
    assert_eq!(positions, [later, position, later, later]);
    assert!(
        store.set(1, Arc::new((1, 0)), Some(later), String::new),
        "an equal item, a later position"
    );
}

#[test]
fn what_leaves_a_filter_is_deleted_for_its_reader() {
    let mut store = complete(&[(1, 10), (2, 0)]);
    let mut reader = Reader::new(Some(Box::new(|_: &u8, item: &Item| item.1 >= 10)));
    assert_eq!(read(&store, &mut reader), "I +1=10 D");
    set(&mut store, (2, 11));
    set(&mut store, (1, 0));
    set(&mut store, (3, 1));
    assert_eq!(read(&store, &mut reader), "2=11 -1");
    remove(&mut store, 1);
    remove(&mut store, 2);
    assert_eq!(read(&store, &mut reader), "-2");
}

#[test]
fn what_leaves_a_filter_before_completion_starts_the_listing_again() {
    let mut store = store(&[(1, 10), (2, 10)]);
    let mut reader = Reader::new(Some(Box::new(|_: &u8, item: &Item| item.1 >= 10)));
    assert_eq!(read(&store, &mut reader), "I +1=10 +2=10");
    set(&mut store, (1, 0));
    store.mark_complete();
    assert_eq!(read(&store, &mut reader), "I +2=10 D");
}

#[test]
fn a_forgotten_removal_before_completion_starts_the_listing_again() {
    let mut store = TestStore::remembering(1);
    for key in 1..=3 {
        set(&mut store, (key, 0));
    }
    let mut reader = everything();
    assert_eq!(read(&store, &mut reader), "I +1=0 +2=0 +3=0");
    remove(&mut store, 1);
    remove(&mut store, 2);
    set(&mut store, (2, 0));
    assert_eq!(read(&store, &mut reader), "I +2=0 +3=0");
}

fn resume(epoch: u64, generation: u64) -> Resume<u8> {
    Resume {
        after: Position { epoch, generation },
        may_have: Box::new(|_| true),
    }
}

/// Complete, in epoch 7.
fn elected(items: &[Item]) -> TestStore {
    let mut store = complete(items);
    store.set_epoch(7);
    store
}

#[test]
fn a_reader_that_comes_again_is_told_what_it_missed() {
    let mut store = elected(&[(1, 0), (2, 0), (3, 0)]);
    set(&mut store, (1, 1));
    remove(&mut store, 2);
    set(&mut store, (4, 0));
    let mut reader = Reader::again(resume(7, 3), None);
    assert_eq!(read(&store, &mut reader), "1=1 -2 4=0");
    assert_eq!(read(&store, &mut Reader::again(resume(7, 6), None)), "");
    set(&mut store, (3, 1));
    assert_eq!(read(&store, &mut reader), "3=1");
}

fn check_lists_anew(store: &TestStore, resume: Resume<u8>) {
    let mut reader = Reader::again(resume, None);
    assert_eq!(word(&store.next(&mut reader).unwrap()), "I");
}

#[test]
fn a_position_of_somebody_else_is_listed_anew() {
    let store = elected(&[(1, 0)]);
    check_lists_anew(&store, resume(6, 1));
    check_lists_anew(&store, resume(8, 1));
    check_lists_anew(&store, resume(7, 2));
}

#[test]
fn a_position_of_nobody_who_was_elected_is_listed_anew() {
    check_lists_anew(&complete(&[(1, 0)]), resume(0, 1));
}

#[test]
fn a_position_before_what_is_forgotten_is_listed_anew() {
    let mut store = TestStore::remembering(1);
    for key in 1..=3 {
        set(&mut store, (key, 0));
    }
    store.mark_complete();
    store.set_epoch(7);
    remove(&mut store, 1);
    remove(&mut store, 2);
    check_lists_anew(&store, resume(7, 3));
    assert_eq!(read(&store, &mut Reader::again(resume(7, 4), None)), "-2");
}

#[test]
fn of_a_position_of_another_numbering_nothing_is_gone_on_with() {
    let numbered = |from: u64| {
        let mut store = TestStore::new();
        store.number_from(from);
        set(&mut store, (1, 0));
        store.mark_complete();
        store.set_epoch(7);
        store
    };
    let (one, other) = (numbered(0), numbered(100));
    check_lists_anew(&other, resume(7, 1));
    check_lists_anew(&one, resume(7, 101));
    assert_eq!(read(&other, &mut Reader::again(resume(7, 101), None)), "");
}

#[test]
fn of_an_incomplete_store_nothing_is_gone_on_with() {
    let mut store = store(&[(1, 0)]);
    store.set_epoch(7);
    check_lists_anew(&store, resume(7, 1));
}

#[test]
fn of_a_position_that_was_given_nothing_is_gone_on_with() {
    let mut store = TestStore::new();
    store.set_epoch(7);
    let given = Position {
        epoch: 7,
        generation: 1,
    };
    store.set(1, Arc::new((1, 0)), Some(given), String::new);
    store.mark_complete();
    check_lists_anew(&store, resume(7, 1));
}

#[test]
fn what_left_a_filter_meanwhile_is_deleted_for_a_reader_that_comes_again() {
    let mut store = elected(&[(1, 10), (2, 0), (3, 10)]);
    set(&mut store, (1, 0));
    set(&mut store, (2, 10));
    let filter: Filter<u8, Item> = Box::new(|_, item| item.1 >= 10);
    let mut reader = Reader::again(resume(7, 3), Some(filter));
    assert_eq!(read(&store, &mut reader), "-1 2=10");
    // What it had all the time goes, too.
    set(&mut store, (3, 0));
    assert_eq!(read(&store, &mut reader), "-3");
}

#[test]
fn of_what_a_reader_cannot_have_had_it_is_told_nothing() {
    let mut store = elected(&[(1, 10), (2, 10), (3, 0)]);
    remove(&mut store, 1);
    remove(&mut store, 2);
    set(&mut store, (3, 1));
    let after = Position {
        epoch: 7,
        generation: 3,
    };
    let may_have = Box::new(|key: &u8| *key == 1);
    let filter: Filter<u8, Item> = Box::new(|key, item| *key == 1 && item.1 >= 10);
    let mut reader = Reader::again(Resume { after, may_have }, Some(filter));
    assert_eq!(read(&store, &mut reader), "-1");
}

#[derive(Clone, Debug)]
enum Step {
    Set(u8, u8),
    Remove(u8),
    Epoch(u64),
    Complete,
    Read(usize, u8),
    /// The connection is lost, and another one made.
    Again(usize),
}

/// Keys below are set from the start and never removed.
const PERMANENT: u8 = 2;

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..8_u8, 0..4_u8).prop_map(|(key, content)| Step::Set(key, content)),
        3 => (PERMANENT..8_u8).prop_map(Step::Remove),
        1 => (0..4_u64).prop_map(Step::Epoch),
        1 => Just(Step::Complete),
        6 => (0..3_usize, 1..6_u8).prop_map(|(reader, events)| Step::Read(reader, events)),
        2 => (0..3_usize).prop_map(Step::Again),
    ]
}

struct Follower {
    reader: TestReader,
    view: View<u8, Item>,
    /// What it makes of the updates that it is told.
    told: BTreeMap<u8, Item>,
    filter: fn(Item) -> bool,
    /// Of the last Init.
    begun: Position,
    /// Up to where it was told everything.
    whole: Option<Position>,
}

impl Follower {
    fn new(filter: fn(Item) -> bool) -> Self {
        Self {
            reader: Reader::new(Some(Box::new(move |_, item| filter(*item)))),
            filter,
            begun: Position::default(),
            whole: None,
            view: View::new(Fencing::Epoch),
            told: BTreeMap::new(),
        }
    }

    fn again(&mut self) {
        let filter = self.filter;
        let passes: Filter<u8, Item> = Box::new(move |_, item| filter(*item));
        self.view.disconnect();
        self.reader = match self.whole {
            Some(after) => Reader::again(resume(after.epoch, after.generation), Some(passes)),
            None => Reader::new(Some(passes)),
        };
    }

    /// Returns whether there was anything to read.
    fn read(&mut self, store: &TestStore) -> bool {
        let Some(event) = store.next(&mut self.reader) else {
            return false;
        };
        let done = matches!(event.item, Event::InitDone);
        assert!(
            !done || store.is_complete(),
            "an incomplete listing is done"
        );
        match event.item {
            Event::Init => self.begun = event.position,
            Event::InitDone => self.whole = Some(self.begun),
            Event::Apply(_) | Event::Delete(_) => self.whole = Some(event.position),
            Event::InitApply(_) => {}
        }
        let message = event.map(|event| event.map(|item| *item));
        let updates = match self.view.accept(Ok(message), |item| item.0) {
            Accepted::Updates(updates) => updates,
            // What changed while it was listed comes once more.
            Accepted::Stale => Vec::new(),
            Accepted::Deposed => panic!("an epoch went back"),
        };
        for update in updates {
            match update.item {
                Update::Reset(items) => {
                    self.told = items
                        .into_iter()
                        .map(|(key, held)| (key, *held.item))
                        .collect();
                }
                Update::Apply(key, item) => {
                    self.told.insert(key, *item);
                }
                Update::Delete(key) => {
                    assert!(self.told.remove(&key).is_some(), "{key} was not there");
                }
                Update::Repositioned(key) => assert!(self.told.contains_key(&key)),
                Update::Refused(refused) => panic!("{refused}"),
                Update::Synced => {}
            }
        }
        true
    }
}

fn below_two(item: Item) -> bool {
    item.1 < 2
}

proptest! {
    #[test]
    fn whatever_a_slow_reader_missed_it_ends_where_the_store_is(
        most_tombstones in 1..6_usize,
        steps in prop::collection::vec(step(), 0..120),
    ) {
        let mut store = TestStore::remembering(most_tombstones);
        for key in 0..PERMANENT {
            set(&mut store, (key, 0));
        }
        let mut followers = [
            Follower::new(|_| true),
            Follower::new(|_| true),
            Follower::new(below_two),
        ];
        for step in steps {
            match step {
                Step::Set(key, content) => { set(&mut store, (key, content)); }
                Step::Remove(key) => { remove(&mut store, key); }
                Step::Epoch(epoch) => { store.set_epoch(epoch); }
                Step::Complete => { store.mark_complete(); }
                Step::Again(follower) => followers[follower].again(),
                Step::Read(follower, events) => {
                    for _ in 0..events {
                        followers[follower].read(&store);
                        for follower in followers.iter().take(2).filter(|it| it.view.is_synced()) {
                            prop_assert!((0..PERMANENT).all(|key| follower.told.contains_key(&key)));
                        }
                    }
                }
            }
            prop_assert!(store.tombstones.len() <= most_tombstones);
            prop_assert_eq!(store.entries.len(), store.len() + store.tombstones.len());
            prop_assert_eq!(store.by_generation.len(), store.entries.len());
        }
        store.mark_complete();
        let all: BTreeMap<u8, Item> = store.iter().map(|(key, item)| (*key, **item)).collect();
        let some = all.iter().filter(|(_, item)| below_two(**item));
        let some: BTreeMap<u8, Item> = some.map(|(key, item)| (*key, *item)).collect();
        for (follower, expected) in followers.iter_mut().zip([&all, &all, &some]) {
            while follower.read(&store) {}
            prop_assert_eq!(&follower.told, expected);
            prop_assert!(follower.view.is_synced());
        }
    }
}
