use serde_json::json;

use super::*;

#[test]
fn a_value_is_put_where_the_path_says() {
    let mut object = json!({"spec": {"rules": [{"name": "a"}, {}]}});
    set(
        &mut object,
        "spec.rules[].filters[].cors.*",
        json!({"maxAge": 1}),
    );
    set(&mut object, "spec.rules[1].name", json!("b"));
    let expected = json!({"spec": {"rules": [
        {"name": "a", "filters": [{"cors": {"maxAge": 1}}]},
        {"name": "b"},
    ]}});
    assert_eq!(object, expected);
}
