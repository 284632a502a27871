//! The Secret of an OIDC client.

#![cfg(test)]

use serde_json::{Value, json};
use tributary_folder::secret::client;
use tributary_model::ObjectKey;

/// Id and secret, or what is wrong.
fn check(data: &Value, expected: Result<(&str, &str), &str>) {
    let object = json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "oidc", "namespace": "shop"},
        "stringData": data,
    });
    let found = client(&object, &ObjectKey::new("shop", "oidc"));
    match (found, expected) {
        (Ok(found), Ok((id, secret))) => {
            assert_eq!(
                (found.client_id.as_str(), found.client_secret.as_str()),
                (id, secret)
            );
        }
        (Err(error), Err(field)) => assert!(error.to_string().contains(field), "{error}"),
        (found, expected) => panic!("{:?} instead of {expected:?}", found.map(|it| it.client_id)),
    }
}

/// LBC reads both spellings, and files end in a line feed.
#[test]
fn both_spellings_of_the_id_are_read_without_white_space() {
    check(
        &json!({"clientID": "shop", "clientSecret": "s"}),
        Ok(("shop", "s")),
    );
    check(
        &json!({"clientId": "shop", "clientSecret": "s"}),
        Ok(("shop", "s")),
    );
    check(
        &json!({"clientID": "new", "clientId": "old", "clientSecret": "s"}),
        Ok(("new", "s")),
    );
    check(
        &json!({"clientID": " shop\n", "clientSecret": "s\n"}),
        Ok(("shop", "s")),
    );
    check(&json!({"clientSecret": "s"}), Err("data.clientID"));
    check(&json!({"clientID": "shop"}), Err("data.clientSecret"));
}
