//! Any text of a file is split into documents, each of which is an object or is refused with its line.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use tributary_folder::document::parse;
use tributary_folder::secret;
use tributary_model::{ObjectKey, Timestamp};
use tributary_normalize::{Defaults, Normalized, normalize};
use tributary_tests_fuzz::edits::Grammar;
use tributary_tests_fuzz::seeds;
use tributary_tests_fuzz::tally::Tally;

static TALLY: Tally<3> = Tally::new(["every document read", "an object with fields", "normalized"]);
static DEFAULTS: LazyLock<Defaults> = LazyLock::new(|| Defaults {
    namespace: "default".into(),
    created: Timestamp(1_780_272_000),
    generation: 1,
});

fuzz_target!(
    init: seeds::write("folder", seeds::documents(), Grammar::of(seeds::objects()).words),
    |bytes: &[u8]| answer(bytes)
);

fn answer(bytes: &[u8]) {
    // A file that is no text is refused before.
    let text = String::from_utf8_lossy(bytes);
    let lines = text.lines().count().max(1);
    let (documents, unreadable) = parse(&text);
    for refused in &unreadable {
        assert!((1..=lines).contains(&refused.line), "{refused:?}");
        assert!(
            refused.number >= 1 && !refused.reason.is_empty(),
            "{refused:?}"
        );
        assert!(!refused.reason.contains(char::is_control), "{refused:?}");
    }
    assert!(documents.is_sorted_by_key(|document| document.number));
    let key = ObjectKey::new("default", "a");
    let mut normalized = false;
    for document in &documents {
        normalized |= matches!(
            normalize(&document.value, &DEFAULTS),
            Ok(Normalized::Ours { .. })
        );
        let _ = secret::tls(&document.value, &key);
        let _ = secret::client(&document.value, &key);
    }
    TALLY.note([
        !documents.is_empty() && unreadable.is_empty(),
        documents
            .iter()
            .any(|document| document.value.as_object().is_some_and(|it| !it.is_empty())),
        normalized,
    ]);
}
