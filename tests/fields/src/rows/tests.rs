use super::*;

const LIST: &str = "
## A
| field | state | how |
|---|---|---|
| `spec.a` | programmed | as it says |
| `spec.b.*` | refused | Degraded |
## B
| `spec.c[]` | no meaning | for people |
";

fn fields(fields: &[&str]) -> Vec<String> {
    fields.iter().map(ToString::to_string).collect()
}

#[test]
fn a_list_that_names_each_field_once_is_right() {
    let (rows, bad) = rows(LIST);
    assert_eq!(bad, Vec::<String>::new());
    let of_a = fields(&["spec.a", "spec.b.x", "spec.b.y[]"]);
    assert_eq!(differences("A", &of_a, &rows["A"]), Vec::<String>::new());
    assert_eq!(rows["B"][0].state, State::NoMeaning);
}

#[test]
fn a_missing_field_and_a_row_of_none_are_found() {
    let (rows, _) = rows(LIST);
    assert_eq!(
        differences("A", &fields(&["spec.a", "spec.bc"]), &rows["A"]),
        ["A spec.bc: in no row", "A spec.b.*: a row of no field"]
    );
}

#[test]
fn the_row_that_says_most_counts_and_a_second_one_is_of_no_field() {
    let list = "## A\n| `spec.*` | programmed | x |\n| `spec.a` | refused | y |\n| `spec.a` | refused | y |\n";
    let (rows, _) = rows(list);
    assert_eq!(
        differences("A", &fields(&["spec.a", "spec.b"]), &rows["A"]),
        ["A spec.a: a row of no field"]
    );
}

#[test]
fn a_row_without_a_state_or_a_reason_is_found() {
    let (_, bad) = rows("| `spec.a` | done | so |\n| `spec.b` | refused | |\n| `spec.c` |\n");
    assert_eq!(bad.len(), 3);
}
