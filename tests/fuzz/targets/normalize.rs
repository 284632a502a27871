//! Any JSON is normalized or refused, and a refusal names its object and field.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use tributary_model::{Kind, Timestamp};
use tributary_normalize::{
    Defaults, Normalized, Rejected, expand, identify, normalize, status_from_json, status_to_json,
    tls_material, unread,
};
use tributary_tests_fuzz::edits::Grammar;
use tributary_tests_fuzz::seeds;
use tributary_tests_fuzz::tally::Tally;

static TALLY: Tally<3> = Tally::new(["named", "normalized", "refused in a field"]);
static GRAMMAR: LazyLock<Grammar> = LazyLock::new(|| Grammar::of(seeds::objects()));
static DEFAULTS: LazyLock<Defaults> = LazyLock::new(|| Defaults {
    namespace: "default".into(),
    created: Timestamp(1_780_272_000),
    generation: 1,
});

fuzz_target!(
    init: seeds::write("normalize", GRAMMAR.seeds(), seeds::NO_WORDS),
    |bytes: &[u8]| answer(GRAMMAR.object(bytes))
);

fn answer(object: Value) {
    let identity = identify(&object, &DEFAULTS);
    let normalized = normalize(&object, &DEFAULTS);
    match &normalized {
        Ok(Normalized::Ours { object, .. }) => {
            assert_eq!(identity, Ok(Some(object.resource.object_ref())));
        }
        Ok(Normalized::Foreign(_)) => assert_eq!(identity, Ok(None)),
        Err(rejected) => check_refusal(&object, rejected),
    }
    TALLY.note([
        matches!(identity, Ok(Some(_))),
        matches!(normalized, Ok(Normalized::Ours { .. })),
        matches!(&normalized, Err(rejected) if rejected.object_ref.is_some()),
    ]);
    let _ = unread(&object);
    if let Err(rejected) = tls_material(&object) {
        check_refusal(&object, &rejected);
    }
    if let Some(status) = object.get("status") {
        for kind in Kind::ALL {
            check_status(kind, status);
        }
    }
    let _ = expand(object);
}

fn check_refusal(object: &Value, rejected: &Rejected) {
    assert!(!rejected.object.is_empty(), "{rejected:?}");
    assert!(!rejected.reason.is_empty(), "{rejected:?}");
    assert!(
        !object.is_object() || !rejected.field.is_empty(),
        "{rejected:?}"
    );
}

/// A status that was read is read again from what is written of it.
fn check_status(kind: Kind, status: &Value) {
    if let Ok(Some(status)) = status_from_json(kind, status) {
        let again = status_from_json(kind, &status_to_json(&status));
        assert_eq!(again, Ok(Some(status)));
    }
}
