//! From a file's text to the objects it holds.

use serde_json::Value;
use serde_saphyr::{
    MessageFormatter, Options, UserMessageFormatter, alias_limits, budget, options,
};

use crate::scan::MAX_FILE_BYTES;

/// Parts of one document. A List of 40,000 routes has some two million; the parser's own limit of 250,000 would
/// refuse it.
const MAX_NODES: usize = 4_000_000;

/// Parts that aliases repeat: a few lines must not become gigabytes.
const MAX_REPEATED: usize = 100_000;

/// What is shown of a parser's words: they may quote the document.
const MAX_REASON: usize = 300;

/// One object of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// Place of its YAML document in the file, 1 first.
    pub number: usize,
    /// The object; members of a `List` stand by themselves.
    pub value: Value,
}

/// A YAML document that does not parse. The others of its file count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadableDocument {
    /// Place in the file, 1 first.
    pub number: usize,
    /// Line of the file where the document begins, 1 first.
    pub line: usize,
    /// Line and column in the file, and the parser's words.
    pub reason: String,
}

/// Splits a file at its `---` lines and parses each document by itself.
///
/// Inside a block scalar a line cannot begin with `---` (its content is indented), so that splitting by
/// lines is what a YAML parser does too, but for one thing: a document that does not parse costs itself.
pub fn parse(text: &str) -> (Vec<Document>, Vec<UnreadableDocument>) {
    let (mut documents, mut unreadable) = (Vec::new(), Vec::new());
    let options = limits();
    for (index, (line, text)) in split(text).into_iter().enumerate() {
        let number = index + 1;
        match serde_saphyr::from_str_with_options::<Value>(&text, options.clone()) {
            Ok(Value::Null) => {}
            Ok(value) => documents.extend(
                tributary_normalize::expand(value)
                    .into_iter()
                    .map(|value| Document { number, value }),
            ),
            Err(_) if text.lines().all(is_empty_or_comment) => {}
            Err(error) => unreadable.push(UnreadableDocument {
                number,
                line,
                reason: reason(&error, line),
            }),
        }
    }
    (documents, unreadable)
}

fn limits() -> Options {
    options! {
        budget: budget! {
            max_nodes: MAX_NODES,
            // Each node begins, and some end; documents and streams do too.
            max_events: 4 * MAX_NODES,
            max_total_scalar_bytes: MAX_FILE_BYTES,
            max_total_comment_bytes: MAX_FILE_BYTES,
        },
        alias_limits: alias_limits! { max_total_replayed_events: MAX_REPEATED },
    }
}

/// The parser counts lines from the document's first, which is `first` in the file.
fn reason(error: &serde_saphyr::Error, first: usize) -> String {
    let error = error.without_snippet();
    let message = UserMessageFormatter.format_message(error);
    let message = message.chars().take(MAX_REASON);
    let message: String = message
        .map(|it| if it.is_control() { ' ' } else { it })
        .collect();
    match error.location() {
        None => message,
        Some(at) => {
            let before = u64::try_from(first.saturating_sub(1)).unwrap_or_default();
            format!(
                "line {} column {}: {message}",
                before + at.line(),
                at.column()
            )
        }
    }
}

fn split(text: &str) -> Vec<(usize, String)> {
    let mut documents = vec![(1, String::new())];
    for (index, line) in text.lines().enumerate() {
        if line == "---" || line.starts_with("--- ") || line.starts_with("---\t") {
            documents.push((index + 1, String::new()));
        }
        if let Some((_, document)) = documents.last_mut() {
            document.push_str(line);
            document.push('\n');
        }
    }
    documents
}

fn is_empty_or_comment(line: &str) -> bool {
    let line = line.trim();
    line.is_empty() || line.starts_with('#') || line == "---"
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::*;

    #[test]
    fn documents_are_split_and_lists_expanded() {
        for (text, expected) in [
            ("", 0),
            ("# only a comment\n", 0),
            ("---\n# a comment\n---\n", 0),
            ("a: 1\n", 1),
            ("a: 1\n---\nb: 2\n", 2),
            ("--- # first\na: 1\n---\nb: |\n  ---\n  text\n", 2),
            ("kind: List\nitems:\n- kind: A\n- kind: B\n", 2),
            (r#"{"kind": "A"}"#, 1),
        ] {
            let (documents, unreadable) = parse(text);
            assert_eq!((documents.len(), unreadable.len()), (expected, 0), "{text}");
        }
    }

    #[test]
    fn a_document_that_does_not_parse_costs_itself() {
        let (documents, unreadable) = parse("a: 1\n---\nb: [\n---\nc: 3\n");
        assert_eq!(
            documents
                .iter()
                .map(|document| document.number)
                .collect::<Vec<_>>(),
            [1, 3]
        );
        assert_eq!(
            unreadable
                .iter()
                .map(|document| (document.number, document.line))
                .collect::<Vec<_>>(),
            [(2, 2)]
        );
    }

    #[track_caller]
    fn check_reason(text: &str, expected: &str) {
        let (_, unreadable) = parse(text);
        let reasons: Vec<_> = unreadable.iter().map(|it| it.reason.as_str()).collect();
        let [reason] = reasons[..] else {
            panic!("{reasons:?}")
        };
        assert!(reason.contains(expected), "{reason}");
        assert!(reason.len() < 2 * MAX_REASON, "{} bytes", reason.len());
    }

    #[test]
    fn a_reason_names_the_line_of_the_file() {
        check_reason("a: 1\n---\n# two\nb:\n  - [\n", "line 5 column 5: ");
        check_reason("a: 1\n---\na: &a [*a]\n", "line 3 column ");
    }

    #[test]
    fn a_reason_speaks_to_who_wrote_the_file() {
        check_reason("kind: A\nkind: B\n", "duplicate mapping key `kind`");
        check_reason(&format!("{0}: 1\n{0}: 2\n", "k".repeat(1_000)), "duplicate");
    }

    #[test]
    fn a_few_lines_do_not_become_gigabytes() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            let before = format!("*a{}, ", level - 1).repeat(10);
            writeln!(text, "a{level}: &a{level} [{before}]").unwrap();
        }
        check_reason(&text, "too large or too complex");
    }

    #[test]
    fn deep_nesting_is_refused() {
        let deep = format!("a: {}{}\n", "[".repeat(100_000), "]".repeat(100_000));
        let (_, unreadable) = parse(&deep);
        assert_eq!(unreadable.len(), 1);
    }

    #[test]
    fn a_long_list_is_read_whole() {
        let mut text = "kind: List\nitems:\n".to_owned();
        let object = format!("- [{}]\n", "1, ".repeat(1_000));
        text.extend(std::iter::repeat_n(object.as_str(), 260));
        let (documents, unreadable) = parse(&text);
        assert_eq!((documents.len(), unreadable), (260, Vec::new()));
    }
}
