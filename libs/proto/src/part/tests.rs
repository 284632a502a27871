use tributary_model::view::Rejection;

use super::*;
use crate::arbitrary::from_seed;
use crate::snapshot::ListRejectionsResponse;

fn rejection(reason_bytes: usize) -> Rejection {
    Rejection {
        source: "a.yaml".to_owned(),
        object: "Gateway a/b".to_owned(),
        field: String::new(),
        reason: "x".repeat(reason_bytes),
        last_good_kept: false,
        object_ref: None,
    }
}

const POSITION: Position = Position {
    epoch: 1,
    generation: 2,
};

/// Sizes of the parts of a list of items of these sizes.
fn check_parts(reason_bytes: &[usize], expected: &[usize]) {
    let items = reason_bytes.iter().copied().map(rejection);
    let parts: Vec<Part<Rejection>> = parts::<ListRejectionsResponse, _>(POSITION, items)
        .map(|part| part.decode_part().unwrap())
        .collect();
    let sizes: Vec<usize> = parts.iter().map(|part| part.items.len()).collect();
    assert_eq!(sizes, expected);
    assert!(parts.iter().all(|part| part.position == POSITION));
}

#[test]
fn an_empty_list_is_one_empty_part() {
    check_parts(&[], &[0]);
}

#[test]
fn a_short_list_is_one_part() {
    check_parts(&[1, 2, 3], &[3]);
}

#[test]
fn a_part_ends_when_it_is_full() {
    check_parts(&[PART_BYTES, 1, 1, PART_BYTES, 1], &[1, 3, 1]);
}

#[test]
fn a_huge_item_is_a_part_of_its_own() {
    check_parts(&[5 * PART_BYTES, 5 * PART_BYTES], &[1, 1]);
}

fn check_same<M>(seed: u64)
where
    M: PartMessage,
    M::Item: crate::arbitrary::Arbitrary + PartialEq + std::fmt::Debug,
{
    let items: Vec<M::Item> = from_seed(seed);
    for part in parts::<M, _>(POSITION, &items) {
        let part = M::decode(part.encode_to_vec().as_slice()).unwrap();
        let part = part.decode_part().unwrap();
        assert_eq!(part.items, items);
        assert_eq!(part.refused, []);
    }
}

proptest::proptest! {
    #[test]
    fn lists_survive_the_wire(seed: u64) {
        check_same::<snapshot::GetSnapshotResponse>(seed);
        check_same::<snapshot::ListRejectionsResponse>(seed);
        check_same::<listeners::ListListenersResponse>(seed);
        check_same::<listeners::ListObjectsResponse>(seed);
        check_same::<listeners::ListLoadBalancersResponse>(seed);
    }
}

#[test]
fn an_unreadable_item_of_a_list_blocks_no_other() {
    let good = rejection(1);
    let mut bad = crate::types::Rejection::from(&good);
    bad.object_ref = Some(crate::types::ObjectRef::default());
    let message = ListRejectionsResponse {
        position: Some((&POSITION).into()),
        rejections: vec![bad, (&good).into()],
    };
    let part = message.decode_part().unwrap();
    assert_eq!(part.items, [good]);
    assert_eq!(
        part.refused,
        [ConvertError::at(
            "rejections[0].object_ref.kind",
            "is required"
        )]
    );
}

#[test]
fn a_list_without_a_position_is_refused() {
    let refused = ListRejectionsResponse::default().decode_part().unwrap_err();
    assert_eq!(refused, ConvertError::at("position", "is required"));
}
