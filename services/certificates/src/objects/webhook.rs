//! A MutatingWebhookConfiguration that others made, of which only the authorities are kept.

use serde_json::Value;

/// The authorities of its webhooks, in base64; nothing where they differ or there are none.
pub(super) fn bundle(found: &Value) -> Option<&str> {
    let mut bundles = webhooks(found).map(|it| it["clientConfig"]["caBundle"].as_str());
    let first = bundles.next()??;
    bundles.all(|it| it == Some(first)).then_some(first)
}

/// All of its webhooks with these authorities, where some have others: a merge patch replaces the list.
pub(super) fn trusting(found: &Value, bundle: &Value) -> Option<Value> {
    if webhooks(found).all(|it| it["clientConfig"]["caBundle"] == *bundle) {
        return None;
    }
    let webhooks = webhooks(found).map(|webhook| {
        let mut webhook = webhook.clone();
        webhook["clientConfig"]["caBundle"] = bundle.clone();
        webhook
    });
    Some(webhooks.collect())
}

fn webhooks(found: &Value) -> impl Iterator<Item = &Value> {
    found["webhooks"].as_array().into_iter().flatten()
}
