//! From a file's text to the objects it holds.

use serde_json::Value;

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
    /// The parser's words.
    pub reason: String,
}

/// Splits a file at its `---` lines and parses each document by itself.
///
/// Inside a block scalar a line cannot begin with `---` (its content is indented), so that splitting by
/// lines is what a YAML parser does too, but for one thing: a document that does not parse costs itself.
pub fn parse(text: &str) -> (Vec<Document>, Vec<UnreadableDocument>) {
    let (mut documents, mut unreadable) = (Vec::new(), Vec::new());
    for (index, (line, text)) in split(text).into_iter().enumerate() {
        let number = index + 1;
        match serde_saphyr::from_str::<Value>(&text) {
            Ok(Value::Null) => {}
            Ok(value) => documents.extend(
                tributary_normalize::expand(value)
                    .into_iter()
                    .map(|value| Document { number, value }),
            ),
            Err(_) if text.lines().all(is_empty_or_comment) => {}
            Err(error) => {
                let reason = error
                    .to_string()
                    .lines()
                    .next()
                    .unwrap_or_default()
                    .to_owned();
                unreadable.push(UnreadableDocument {
                    number,
                    line,
                    reason,
                });
            }
        }
    }
    (documents, unreadable)
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
}
