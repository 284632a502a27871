use std::io::{self, Write};

use serde::Serialize;

use super::{Cell, Form, Table, print};
use crate::query::output::Output;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shape {
    dns_name: Option<&'static str>,
}

/// A reader that went away.
struct Gone;

impl Write for Gone {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn printed(output: Output, form: Form, items: &[&'static str]) -> String {
    let mut out = Vec::new();
    print_to(&mut out, output, form, items);
    String::from_utf8(out).unwrap()
}

fn print_to(out: &mut dyn Write, output: Output, form: Form, items: &[&'static str]) {
    let table =
        |items: &[&'static str], _| Table::of(&["NAME"], items, |item| vec![Cell::from(*item)]);
    let shape = |item: &&'static str| Shape {
        dns_name: Some(*item),
    };
    print(out, output, form, items, table, shape).unwrap();
}

#[test]
fn a_table_has_its_header() {
    assert_eq!(
        printed(Output::Table, Form::List, &["a", "b"]),
        "NAME\na\nb\n"
    );
}

#[test]
fn a_table_of_nothing_is_nothing() {
    assert_eq!(printed(Output::Wide, Form::List, &[]), "");
}

#[test]
fn a_list_is_one_of_kubernetes() {
    assert_eq!(
        printed(Output::Yaml, Form::List, &["a"]),
        "apiVersion: v1\nkind: List\nitems:\n- dnsName: a\n"
    );
}

#[test]
fn a_list_of_nothing_is_an_empty_list() {
    assert_eq!(
        printed(Output::Json, Form::List, &[]),
        "{\n  \"apiVersion\": \"v1\",\n  \"kind\": \"List\",\n  \"items\": []\n}\n"
    );
}

#[test]
fn what_was_asked_for_by_name_comes_alone() {
    assert_eq!(
        printed(Output::Json, Form::Single, &["a"]),
        "{\n  \"dnsName\": \"a\"\n}\n"
    );
}

#[test]
fn a_name_that_several_have_gives_a_list() {
    assert_eq!(
        printed(Output::Yaml, Form::Single, &["a", "b"]),
        "apiVersion: v1\nkind: List\nitems:\n- dnsName: a\n- dnsName: b\n"
    );
}

#[test]
fn a_reader_that_has_read_enough_is_no_error() {
    print_to(&mut Gone, Output::Json, Form::List, &["a"]);
}
