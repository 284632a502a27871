use tributary_model::view::ListenerView;

use super::{Choice, Page, Style, To, Wanted, selects, show};
use crate::args::What;
use crate::query::fixtures::{edge, of, own};
use crate::query::output::Output;
use crate::query::{rows, shapes};

fn shown_nothing(what: What, wanted: &Wanted, output: Output) -> String {
    let mut out = Vec::new();
    let page = Page {
        what,
        wanted,
        style: Style::Of(output),
        choice: Choice::default(),
    };
    let none: [ListenerView; 0] = [];
    let to = &mut To {
        seen: None,
        out: &mut out,
    };
    match show(to, page, &none, rows::listeners, |view| {
        shapes::listener(view)
    }) {
        Ok(()) => String::from_utf8(out).unwrap(),
        Err(error) => format!("Error: {error}"),
    }
}

#[test]
fn an_unknown_name_is_an_error() {
    let wanted = Wanted::Object(edge());
    assert_eq!(
        shown_nothing(What::Listenersets, &wanted, Output::Table),
        "Error: listenerset \"infra/edge\" not found"
    );
    assert_eq!(
        shown_nothing(What::Gateways, &wanted, Output::Json),
        "Error: gateway \"infra/edge\" not found"
    );
}

#[test]
fn an_unknown_listener_is_an_error() {
    let wanted = Wanted::Listener(edge(), "x".into());
    assert_eq!(
        shown_nothing(What::Listeners, &wanted, Output::Table),
        "Error: listener \"infra/edge/x\" not found"
    );
}

#[test]
fn nothing_found_is_no_error() {
    assert_eq!(shown_nothing(What::Routes, &Wanted::All, Output::Table), "");
    assert_eq!(
        shown_nothing(What::Routes, &Wanted::Namespace("a".into()), Output::Wide),
        ""
    );
}

#[test]
fn nothing_found_is_an_empty_list_for_programs() {
    assert!(shown_nothing(What::Routes, &Wanted::All, Output::Json).contains("\"items\": []"));
}

#[test]
fn an_object_without_conflicts_is_no_error() {
    assert_eq!(
        shown_nothing(What::Conflicts, &Wanted::Object(edge()), Output::Table),
        ""
    );
}

#[test]
fn a_name_selects_both_kinds_of_owner_and_their_listeners() {
    let listener = own("http");
    let key = &listener.owner.key;
    assert!(selects(&Wanted::Object(edge()), key, Some(&listener.name)));
    assert!(selects(
        &Wanted::Listener(edge(), "http".into()),
        key,
        Some(&listener.name)
    ));
    assert!(!selects(
        &Wanted::Listener(edge(), "other".into()),
        key,
        Some(&listener.name)
    ));
    assert!(!selects(
        &Wanted::Object(edge()),
        &of("team-a", "http").owner.key,
        None
    ));
}
