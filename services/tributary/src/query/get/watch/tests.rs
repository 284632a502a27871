use super::*;
use crate::query::path::Template;
use crate::query::print::Tone;

fn item(name: &str, state: &str) -> (Vec<Cell>, Value) {
    let row = vec![Cell::from(name), Cell::toned(state, Tone::Good)];
    let document = json!({"kind": "Listener", "listener": name, "state": state});
    (row, document)
}

/// What a series of looks prints, a line between the looks.
fn watched(events: Events, style: Style<'_>, looks: &[&[(&str, &str)]]) -> String {
    let mut seen = Seen::new(events);
    let mut out = Vec::new();
    for look in looks {
        let (rows, documents) = look.iter().map(|(name, state)| item(name, state)).unzip();
        let table = Table {
            header: vec!["LISTENER", "STATE"],
            rows,
        };
        let news = seen.news(&table, documents);
        seen.print(&mut out, style, news).unwrap();
        out.extend(b"--\n");
    }
    String::from_utf8(out).unwrap()
}

const LOOKS: &[&[(&str, &str)]] = &[
    &[("long-name", "Pending"), ("b", "Pending")],
    &[("long-name", "Pending"), ("b", "Pending")],
    &[
        ("long-name", "Pending"),
        ("b", "Programmed"),
        ("c", "Pending"),
    ],
    &[("b", "Programmed"), ("c", "Pending")],
];

#[test]
fn only_what_changed_is_printed_again_under_one_header() {
    assert_eq!(
        watched(Events::Hidden, Style::Of(Output::Table), LOOKS),
        "LISTENER    STATE
long-name   Pending
b           Pending
--
--
b           Programmed
c           Pending
--
long-name   Pending
--
"
    );
}

#[test]
fn events_are_told_when_they_are_asked_for() {
    assert_eq!(
        watched(Events::Told, Style::Of(Output::Table), LOOKS),
        "EVENT      LISTENER    STATE
ADDED      long-name   Pending
ADDED      b           Pending
--
--
MODIFIED   b           Programmed
ADDED      c           Pending
--
DELETED    long-name   Pending
--
"
    );
    let looks: &[&[(&str, &str)]] = &[&[("a", "Pending")], &[]];
    assert_eq!(
        watched(Events::Told, Style::Of(Output::Json), looks),
        "{
  \"object\": {
    \"kind\": \"Listener\",
    \"listener\": \"a\",
    \"state\": \"Pending\"
  },
  \"type\": \"ADDED\"
}
--
{
  \"object\": {
    \"kind\": \"Listener\",
    \"listener\": \"a\",
    \"state\": \"Pending\"
  },
  \"type\": \"DELETED\"
}
--
"
    );
}

#[test]
fn programs_get_a_document_for_each_change() {
    let looks: &[&[(&str, &str)]] = &[&[("a", "Pending")], &[("a", "Programmed")]];
    assert_eq!(
        watched(Events::Hidden, Style::Of(Output::Yaml), looks),
        "---\nkind: Listener\nlistener: a\nstate: Pending\n--\n---\nkind: Listener\nlistener: a\nstate: Programmed\n--\n"
    );
    let template = Template::field(".state").unwrap();
    assert_eq!(
        watched(Events::Hidden, Style::Line(&template), looks),
        "Pending\n--\nProgrammed\n--\n"
    );
    let columns = "NAME:.listener,IS:.state".parse().unwrap();
    assert_eq!(
        watched(Events::Hidden, Style::Columns(&columns), looks),
        "NAME   IS\na      Pending\n--\na      Programmed\n--\n"
    );
}

/// A server that is asked in vain is asked again, and one that refuses is not.
#[tokio::test(start_paused = true)]
async fn a_watch_outlives_what_passes_and_ends_with_what_does_not() {
    let client = crate::query::fixtures::server::Server::of([]).client();
    let refused = |code| QueryError::Refused {
        server: "it".to_owned(),
        code,
        message: String::new(),
    };
    let looks = std::cell::Cell::new(0);
    let look = async |_: &mut Seen, _: &mut dyn Write| {
        looks.set(looks.get() + 1);
        match looks.get() {
            1 | 4 => Ok(()),
            2 => Err(refused(Code::Unavailable)),
            3 => Err(QueryError::Hangs {
                server: "it".to_owned(),
            }),
            _ => Err(refused(Code::PermissionDenied)),
        }
    };
    let ended = follow(
        &client,
        &mut Seen::new(Events::Hidden),
        &mut Vec::new(),
        look,
    )
    .await;
    assert!(matches!(
        ended,
        Err(QueryError::Refused {
            code: Code::PermissionDenied,
            ..
        })
    ));
    assert_eq!(looks.get(), 5);
}
