//! Who wrote a status: what `metadata.managedFields` say of one field.
//!
//! The API server notes for every manager which fields it changed last. A field that does not change keeps its
//! manager, so that after two controllers a condition's `type` is still the first one's. Its `message` tells them apart:
//! two programs do not use the same words.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ManagedFieldsEntry;
use tributary_model::Installation;
use tributary_model::resource::Author;

/// In `FieldsV1`: the message of the condition that every controller writes.
const FIELD: [&str; 4] = [
    "f:status",
    "f:conditions",
    r#"k:{"type":"Accepted"}"#,
    "f:message",
];

/// In managedFields: by this name the watcher knows later that a status is ours. Another installation has another.
pub(crate) fn field_manager(installation: &Installation) -> String {
    installation.service("status-writer")
}

/// Whose words a status has, if our writer has this name.
pub(crate) fn author(managed: &[ManagedFieldsEntry], us: &str) -> Author {
    let mut managers = managed
        .iter()
        .filter(|entry| has_field(entry))
        .map(|entry| entry.manager.as_deref());
    match managers.next() {
        None => Author::Unknown,
        Some(first) if first == Some(us) => Author::Us,
        // Several have a field when one applied what was there already.
        Some(_) if managers.any(|manager| manager == Some(us)) => Author::Us,
        Some(_) => Author::Other,
    }
}

fn has_field(entry: &ManagedFieldsEntry) -> bool {
    let fields = entry.fields_v1.as_ref().map(|fields| &fields.0);
    fields.is_some_and(|fields| {
        let field = FIELD
            .iter()
            .try_fold(fields, |fields, name| fields.get(name));
        field.is_some()
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const US: &str = "tributary-status-writer";

    /// Each manager with the leaves that it has of the condition of a type.
    fn check(entries: &[(&str, &str, &[&str])], expected: Author) {
        let managed: Vec<ManagedFieldsEntry> = entries
            .iter()
            .map(|(manager, condition, leaves)| {
                let leaves: serde_json::Map<String, Value> = leaves
                    .iter()
                    .map(|leaf| ((*leaf).to_owned(), json!({})))
                    .collect();
                let condition = format!("k:{{\"type\":\"{condition}\"}}");
                serde_json::from_value(json!({
                    "apiVersion": "gateway.networking.k8s.io/v1",
                    "fieldsType": "FieldsV1",
                    "fieldsV1": { "f:status": { "f:conditions": { condition: leaves } } },
                    "manager": manager,
                    "operation": "Update",
                    "subresource": "status",
                }))
                .unwrap()
            })
            .collect();
        assert_eq!(author(&managed, US), expected, "{entries:?}");
    }

    const ALL: &[&str] = &[
        ".",
        "f:lastTransitionTime",
        "f:message",
        "f:observedGeneration",
        "f:reason",
        "f:status",
        "f:type",
    ];

    #[test]
    fn a_status_is_ours_if_our_writer_wrote_accepted() {
        check(&[("tributary-status-writer", "Accepted", ALL)], Author::Us);
        check(&[("other", "Accepted", ALL)], Author::Other);
        // Its beginning is no name.
        check(
            &[("tributary-status-writer-2", "Accepted", ALL)],
            Author::Other,
        );
        // Another installation's.
        check(
            &[("tributary-west-status-writer", "Accepted", ALL)],
            Author::Other,
        );
    }

    #[test]
    fn a_status_is_whose_words_it_has_now() {
        let rest: &[&str] = &[".", "f:type", "f:status", "f:lastTransitionTime"];
        let words: &[&str] = &["f:message", "f:observedGeneration"];
        check(
            &[
                ("tributary-status-writer", "Accepted", rest),
                ("other", "Accepted", words),
            ],
            Author::Other,
        );
        check(
            &[
                ("other", "Accepted", rest),
                ("tributary-status-writer", "Accepted", words),
            ],
            Author::Us,
        );
    }

    #[test]
    fn a_status_that_nobody_wrote_has_no_author() {
        check(&[], Author::Unknown);
        // A condition of one's own is no status.
        check(&[("other", "example.com/Own", ALL)], Author::Unknown);
        check(&[("kubectl", "Accepted", &["."])], Author::Unknown);
    }

    #[test]
    fn managed_fields_without_fields_say_nothing() {
        assert_eq!(
            author(&[ManagedFieldsEntry::default()], US),
            Author::Unknown
        );
    }
}
