use super::{Cell, Table, Tone, cut, one_line};
use crate::query::fixtures::plain;

fn table() -> Table {
    Table {
        header: vec!["NAME", "STATE", "ADDRESS"],
        rows: vec![
            vec![
                "a".into(),
                Cell::toned("Programmed", Tone::Good),
                "x.example.com".into(),
            ],
            vec![
                "longer".into(),
                Cell::toned("Pending", Tone::Waiting),
                "".into(),
            ],
        ],
    }
}

fn check(columns: Option<usize>, expected: &str) {
    assert_eq!(plain(&table().lines(columns).join("\n")), expected);
}

#[test]
fn columns_are_three_spaces_apart_and_lines_end_with_their_text() {
    check(
        None,
        "NAME     STATE        ADDRESS\n\
         a        Programmed   x.example.com\n\
         longer   Pending",
    );
}

#[test]
fn what_does_not_fit_is_cut() {
    check(
        Some(25),
        "NAME     STATE        ADD\n\
         a        Programmed   x.…\n\
         longer   Pending"
            .replace("ADD\n", "AD…\n")
            .as_str(),
    );
}

#[test]
fn a_column_that_begins_beyond_the_edge_is_left_out() {
    check(Some(10), "NAME     …\na        …\nlonger   …");
    check(Some(9), "NAME\na\nlonger");
}

#[test]
fn colours_take_no_room() {
    let styled = &table().lines(None)[1];
    assert_eq!(
        styled,
        "a        \u{1b}[32mProgrammed\u{1b}[0m   x.example.com"
    );
}

#[test]
fn text_neither_breaks_lines_nor_steers_the_terminal() {
    assert_eq!(one_line("a\nb\u{1b}[31m"), "a b [31m");
}

#[test]
fn a_cut_says_so() {
    assert_eq!(cut("abc", 3), "abc");
    assert_eq!(cut("abcd", 3), "ab…");
    assert_eq!(cut("abcd", 0), "");
}
