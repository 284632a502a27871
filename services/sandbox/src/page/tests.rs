use super::{page, page_size};

/// Pages of two through `before` until the marker, then the rest through `after`.
fn read(before: &[&str], after: &[&str], wanted: &[&str]) {
    let keyed = |keys: &[&str]| {
        keys.iter()
            .map(|key| ((*key).to_owned(), (*key).to_owned()))
            .collect::<Vec<_>>()
    };
    let mut found = Vec::new();
    let first = page(keyed(before), None, 2);
    found.extend(first.items);
    let mut marker = first.next;
    while let Some(last) = marker {
        let next = page(keyed(after), Some(&last), 2);
        assert!(next.items.len() <= 2);
        found.extend(next.items);
        marker = next.next;
    }
    assert_eq!(found, wanted);
}

#[test]
fn the_last_page_has_no_marker_even_when_it_is_full() {
    read(&[], &[], &[]);
    read(&["a", "b"], &[], &["a", "b"]);
    read(
        &["a", "b", "c", "d"],
        &["a", "b", "c", "d"],
        &["a", "b", "c", "d"],
    );
    read(&["a", "b", "c"], &["a", "b", "c"], &["a", "b", "c"]);
}

#[test]
fn what_comes_and_goes_between_pages_hides_and_repeats_nothing_else() {
    // The marker's own item is gone.
    read(&["a", "b", "c"], &["a", "c", "d"], &["a", "b", "c", "d"]);
    // Something came before the marker.
    read(&["a", "c", "d"], &["a", "b", "c", "d"], &["a", "c", "d"]);
}

#[test]
fn pages_have_1_to_400_items() {
    for (asked, wanted) in [
        (None, Some(400)),
        (Some(1), Some(1)),
        (Some(400), Some(400)),
        (Some(0), None),
        (Some(401), None),
        (Some(-1), None),
    ] {
        assert_eq!(page_size(asked).ok(), wanted);
    }
}
