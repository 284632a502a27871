//! Label selectors and the "from which namespaces" choice of Gateway API.

use std::collections::BTreeMap;

/// `metav1.LabelSelector`. An empty one selects everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct LabelSelector {
    /// Every pair must be there.
    pub match_labels: BTreeMap<String, String>,
    /// Every requirement must hold.
    pub match_expressions: Vec<LabelRequirement>,
}

/// One entry of `matchExpressions`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LabelRequirement {
    /// Label key.
    pub key: String,
    /// Operator.
    pub operator: LabelOperator,
    /// Values; empty for `Exists` and `DoesNotExist`.
    pub values: Vec<String>,
}

/// Operators of `matchExpressions`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LabelOperator {
    /// The label is there with one of the values.
    In,
    /// The label is absent or has none of the values.
    NotIn,
    /// The label is there.
    Exists,
    /// The label is absent.
    DoesNotExist,
}

/// `namespaces.from` of `allowedListeners` and of `allowedRoutes`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum FromNamespaces {
    /// Nobody.
    None,
    /// The namespace of the object that says so: the Gateway for `allowedListeners`, the listener's
    /// owner (the ListenerSet, not its Gateway) for `allowedRoutes`.
    Same,
    /// Every namespace.
    All,
    /// Namespaces with matching labels. `from: Selector` without a selector allows nobody.
    Selector(Option<LabelSelector>),
}

impl LabelSelector {
    /// Whether the labels satisfy every label and every requirement.
    pub fn matches(&self, labels: &BTreeMap<String, String>) -> bool {
        let Self {
            match_labels,
            match_expressions,
        } = self;
        match_labels
            .iter()
            .all(|(key, value)| labels.get(key) == Some(value))
            && match_expressions
                .iter()
                .all(|requirement| requirement.matches(labels))
    }
}

impl LabelRequirement {
    fn matches(&self, labels: &BTreeMap<String, String>) -> bool {
        let Self {
            key,
            operator,
            values,
        } = self;
        let label = labels.get(key);
        match operator {
            LabelOperator::In => label.is_some_and(|label| values.contains(label)),
            LabelOperator::NotIn => label.is_none_or(|label| !values.contains(label)),
            LabelOperator::Exists => label.is_some(),
            LabelOperator::DoesNotExist => label.is_none(),
        }
    }
}
