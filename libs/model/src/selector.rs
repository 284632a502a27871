//! Label selectors and the "from which namespaces" choice of Gateway API.

use std::collections::BTreeMap;

use crate::labels::Labels;

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
        self.holds(|key| labels.get(key).map(String::as_str))
    }

    /// The same of an object's own labels.
    pub fn selects(&self, labels: &Labels) -> bool {
        self.holds(|key| labels.get(key))
    }

    fn holds<'a>(&self, label: impl Fn(&str) -> Option<&'a str>) -> bool {
        let Self {
            match_labels,
            match_expressions,
        } = self;
        match_labels
            .iter()
            .all(|(key, value)| label(key) == Some(value))
            && match_expressions
                .iter()
                .all(|requirement| requirement.holds(label(&requirement.key)))
    }
}

impl LabelRequirement {
    /// Of the label with its key.
    fn holds(&self, label: Option<&str>) -> bool {
        let Self {
            key: _,
            operator,
            values,
        } = self;
        let is_among = |label: &str| values.iter().any(|value| value == label);
        match operator {
            LabelOperator::In => label.is_some_and(is_among),
            LabelOperator::NotIn => !label.is_some_and(is_among),
            LabelOperator::Exists => label.is_some(),
            LabelOperator::DoesNotExist => label.is_none(),
        }
    }
}
