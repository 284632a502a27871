//! The fields of a CustomResourceDefinition.

use serde_json::Value;

/// The kind, and the paths of its leaves below `spec`, and below `status` where asked: `spec.listeners[].port`.
///
/// A map of strings is a leaf, and so is a list of them (`spec.hostnames[]`).
pub fn fields(definition: &Value, roots: &[&str]) -> (String, Vec<String>) {
    let spec = &definition["spec"];
    let kind = spec["names"]["kind"].as_str().unwrap_or_default();
    let versions = spec["versions"].as_array().into_iter().flatten();
    let stored = versions.filter(|version| version["storage"] == true);
    let mut fields = Vec::new();
    for version in stored {
        let properties = &version["schema"]["openAPIV3Schema"]["properties"];
        for root in roots {
            leaves(&properties[*root], (*root).to_owned(), &mut fields);
        }
    }
    (kind.to_owned(), fields)
}

fn leaves(schema: &Value, path: String, fields: &mut Vec<String>) {
    if schema["items"].is_object() {
        return leaves(&schema["items"], format!("{path}[]"), fields);
    }
    match schema["properties"].as_object() {
        Some(properties) if !properties.is_empty() => {
            for (name, schema) in properties {
                leaves(schema, format!("{path}.{name}"), fields);
            }
        }
        Some(_) | None => fields.push(path),
    }
}
