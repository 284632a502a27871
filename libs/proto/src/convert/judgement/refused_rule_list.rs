//! `refused_rules` and the like: rule index and message.

use crate::convert::ConvertError;
use crate::convert::codec::index;
use crate::types;

pub(super) fn write(rules: &[(usize, String)]) -> Vec<types::RefusedRule> {
    rules
        .iter()
        .map(|(rule, message)| types::RefusedRule {
            rule: index::write(rule),
            message: message.clone(),
        })
        .collect()
}

pub(super) fn read(
    field: &str,
    rules: Vec<types::RefusedRule>,
) -> Result<Vec<(usize, String)>, ConvertError> {
    rules
        .into_iter()
        .enumerate()
        .map(|(place, types::RefusedRule { rule, message })| {
            let rule =
                index::read("rule", rule).map_err(|error| error.under_index(field, place))?;
            Ok((rule, message))
        })
        .collect()
}
