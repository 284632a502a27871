use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use tributary_model::{Kind, ListenerOwner, ObjectKey, ObjectRef};

use super::Reads;
use crate::read::input::{Input, Reading};

fn readings() -> impl Strategy<Value = Reading> {
    (0_u8..6).prop_map(|name| Reading::Gateway(ObjectKey::new("infra", format!("{name}"))))
}

fn inputs() -> impl Strategy<Value = Input> {
    (0_u8..8, 0_u8..3).prop_map(|(name, kind)| {
        let key = ObjectKey::new("infra", format!("{name}"));
        match kind {
            0 => Input::Object(ObjectRef::new(Kind::Gateway, key)),
            1 => Input::Listeners(ListenerOwner::gateway(key)),
            _ => Input::Slices(key),
        }
    })
}

/// What is left of entries that came and went: how many of both sides.
fn held(reads: &Reads) -> (usize, usize) {
    (reads.readings.entries.len(), reads.inputs.entries.len())
}

proptest! {
    /// As a map of sets that is searched from end to end has it; nothing is held that nobody needs.
    #[test]
    fn the_record_is_what_was_last_read(
        changes in prop::collection::vec((readings(), prop::collection::vec(inputs(), 0..6), any::<bool>()), 0..60)
    ) {
        let mut reads = Reads::default();
        let mut plain: BTreeMap<String, (Reading, Vec<Input>)> = BTreeMap::new();
        for (reading, inputs, compact) in changes {
            reads.replace(&reading, inputs.clone());
            if inputs.is_empty() {
                plain.remove(&format!("{reading:?}"));
            } else {
                plain.insert(format!("{reading:?}"), (reading, inputs));
            }
            if compact {
                reads.compact();
            }
        }
        let all: BTreeMap<String, &Input> = plain
            .values()
            .flat_map(|(_, inputs)| inputs)
            .map(|input| (format!("{input:?}"), input))
            .collect();
        prop_assert_eq!(held(&reads), (plain.len(), all.len()));
        for input in all.into_values() {
            let readers: BTreeSet<String> =
                reads.readers(input).map(|reading| format!("{reading:?}")).collect();
            let expected: BTreeSet<String> = plain
                .iter()
                .filter(|(_, (_, inputs))| inputs.contains(input))
                .map(|(reading, _)| reading.clone())
                .collect();
            prop_assert_eq!(readers, expected);
        }
    }
}

#[test]
fn what_nobody_read_has_no_readers() {
    let reads = Reads::default();
    assert_eq!(reads.readers(&Input::Nodes).count(), 0);
}
