//! Order of listeners.

use super::{Precedence, PrecedenceClass};
use crate::key::ObjectKey;
use crate::time::Timestamp;

fn own(index: u32) -> Precedence {
    Precedence {
        class: PrecedenceClass::Gateway,
        owner: ObjectKey::new("z", "z"),
        index,
    }
}

fn of_set(created: i64, namespace: &str, name: &str, index: u32) -> Precedence {
    Precedence {
        class: PrecedenceClass::ListenerSet {
            created: Timestamp(created),
        },
        owner: ObjectKey::new(namespace, name),
        index,
    }
}

#[test]
fn the_gateways_own_then_sets_by_age_then_by_the_joined_name_then_spec_order() {
    let order = [
        own(0),
        own(1),
        of_set(-5, "z", "z", 7),
        of_set(1, "z", "z", 0),
        // As one string `a-b/c` sorts before `a/z`.
        of_set(2, "a-b", "c", 0),
        of_set(2, "a-b", "c", 1),
        of_set(2, "a", "z", 0),
    ];
    for pair in order.windows(2) {
        assert!(pair[0] < pair[1], "{pair:?}");
    }
}
