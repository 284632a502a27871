//! The three kinds of group `gateway.k8s.aws`, as the AWS Load Balancer Controller's users write them
//! (docs/reference/fields.md), and their CustomResourceDefinitions.
//!
//! `v1` is stored; `v1beta1` is served with the same schema, so that nobody has to edit YAML.

// The derive of kube puts a copy of each type into a function.
#![allow(unreachable_pub)]

mod listener_rule;
mod load_balancer;
mod target_group;

pub use listener_rule::*;
pub use load_balancer::*;
pub use target_group::*;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceDefinition, JSONSchemaProps, JSONSchemaPropsOrArray, JSONSchemaPropsOrBool,
};
use kube::CustomResourceExt;

/// The definitions, in the order of their kinds' names.
pub fn definitions() -> [CustomResourceDefinition; 3] {
    [
        ListenerRuleConfiguration::crd(),
        LoadBalancerConfiguration::crd(),
        TargetGroupConfiguration::crd(),
    ]
    .map(adapted)
}

/// `gateway.k8s.aws_loadbalancerconfigurations.yaml`: group and plural, as controller-gen names them.
pub fn file_name(definition: &CustomResourceDefinition) -> String {
    let spec = &definition.spec;
    format!("{}_{}.yaml", spec.group, spec.names.plural)
}

/// What the derive cannot say: the older version, and the schema's laxness that users rely on.
fn adapted(mut definition: CustomResourceDefinition) -> CustomResourceDefinition {
    let versions = &mut definition.spec.versions;
    for version in versions.iter_mut() {
        let root = version
            .schema
            .as_mut()
            .and_then(|schema| schema.open_api_v3_schema.as_mut());
        if let Some(root) = root {
            // The AWS Load Balancer Controller admits an object without a spec.
            root.required = None;
            forbid_null(root);
        }
    }
    let older: Vec<_> = versions
        .iter()
        .map(|version| {
            let mut older = version.clone();
            "v1beta1".clone_into(&mut older.name);
            older.storage = false;
            older
        })
        .collect();
    versions.extend(older);
    definition
}

/// An explicit null counts as given for CEL's `has`, which would turn the rules about pairs of fields around.
fn forbid_null(schema: &mut JSONSchemaProps) {
    schema.nullable = None;
    for property in schema
        .properties
        .iter_mut()
        .flat_map(|map| map.values_mut())
    {
        forbid_null(property);
    }
    if let Some(JSONSchemaPropsOrArray::Schema(items)) = &mut schema.items {
        forbid_null(items);
    }
    if let Some(JSONSchemaPropsOrBool::Schema(values)) = &mut schema.additional_properties {
        forbid_null(values);
    }
}

#[cfg(test)]
mod tests;
