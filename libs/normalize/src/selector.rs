//! Label selectors and `namespaces.from`.

use std::collections::BTreeMap;

use tributary_model::selector::{LabelOperator, LabelRequirement, LabelSelector};

use crate::fault::{Fault, Path};

/// One `matchExpressions` entry as each API spells it: key, operator, values.
pub(crate) type Expression = (String, String, Option<Vec<String>>);

/// `metav1.LabelSelector`. The schemas leave the operator open, but nothing can be selected by one that
/// does not exist.
pub(crate) fn label_selector(
    at: &Path<'_>,
    match_labels: Option<BTreeMap<String, String>>,
    match_expressions: impl IntoIterator<Item = Expression>,
) -> Result<LabelSelector, Fault> {
    let expressions = at.field("matchExpressions");
    let match_expressions = match_expressions
        .into_iter()
        .enumerate()
        .map(|(index, expression)| requirement(&expressions.index(index), expression))
        .collect::<Result<_, _>>()?;
    Ok(LabelSelector {
        match_labels: match_labels.unwrap_or_default(),
        match_expressions,
    })
}

fn requirement(at: &Path<'_>, expression: Expression) -> Result<LabelRequirement, Fault> {
    let (key, operator, values) = expression;
    // Some of the bindings read an absent key as an empty one.
    if key.is_empty() {
        return Err(at.field("key").fault("is required"));
    }
    let values = values.unwrap_or_default();
    let operator = match operator.as_str() {
        "In" => LabelOperator::In,
        "NotIn" => LabelOperator::NotIn,
        "Exists" => LabelOperator::Exists,
        "DoesNotExist" => LabelOperator::DoesNotExist,
        other => {
            return Err(at.field("operator").fault(format!(
                "{other:?} is none of In, NotIn, Exists, DoesNotExist"
            )));
        }
    };
    let wants_values = match operator {
        LabelOperator::In | LabelOperator::NotIn => true,
        LabelOperator::Exists | LabelOperator::DoesNotExist => false,
    };
    if wants_values == values.is_empty() {
        return Err(at.field("values").fault(if wants_values {
            "must not be empty for In and NotIn"
        } else {
            "must be empty for Exists and DoesNotExist"
        }));
    }
    Ok(LabelRequirement {
        key,
        operator,
        values,
    })
}
