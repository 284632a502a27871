//! The rules of one ALB listener, in order.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::desired::{DesiredRule, OrdMap};
use crate::hostname::HostOrder;

/// The rules of one ALB listener, highest precedence first.
///
/// They are held by the hostname of the Gateway API listener that they serve, which decides their order first
/// (rule listener-isolation), and by their position among its rules: so one rule is replaced without touching the
/// others. Two lists are equal when they hold the same rules in the same order, whatever the positions.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    by_host: OrdMap<HostOrder, OrdMap<u64, Arc<DesiredRule>>>,
}

impl Rules {
    /// Replaces what stands at a position of a hostname; lower positions come first. Returns whether that made any
    /// difference.
    pub fn set(
        &mut self,
        host: &HostOrder,
        position: u64,
        rule: Option<&Arc<DesiredRule>>,
    ) -> bool {
        let mut rules = self.by_host.get(host).cloned().unwrap_or_default();
        if rules.get(&position) == rule {
            return false;
        }
        match rule {
            Some(rule) => rules.insert_mut(position, Arc::clone(rule)),
            None => {
                rules.remove_mut(&position);
            }
        }
        if rules.is_empty() {
            self.by_host.remove_mut(host);
        } else {
            self.by_host.insert_mut(host.clone(), rules);
        }
        true
    }

    /// Replaces all rules of a hostname. Returns whether that made any difference.
    pub fn replace(
        &mut self,
        host: &HostOrder,
        rules: impl IntoIterator<Item = (u64, Arc<DesiredRule>)>,
    ) -> bool {
        let rules: OrdMap<u64, _> = rules.into_iter().collect();
        let known = self.by_host.get(host).into_iter().flat_map(OrdMap::values);
        let differs = !known.eq(rules.values());
        // Also where nothing differs: positions are what `set` goes by.
        if rules.is_empty() {
            self.by_host.remove_mut(host);
        } else {
            self.by_host.insert_mut(host.clone(), rules);
        }
        differs
    }

    /// In order.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<DesiredRule>> {
        self.by_host.values().flat_map(OrdMap::values)
    }

    /// How many. Counts the hostnames.
    pub fn len(&self) -> usize {
        self.by_host.values().map(OrdMap::size).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.by_host.is_empty()
    }
}

impl<'a> IntoIterator for &'a Rules {
    type Item = &'a Arc<DesiredRule>;
    type IntoIter = Box<dyn Iterator<Item = Self::Item> + 'a>;

    fn into_iter(self) -> Self::IntoIter {
        Box::new(self.iter())
    }
}

/// In the order given, whatever their hostnames: who receives a list does not order it.
impl FromIterator<Arc<DesiredRule>> for Rules {
    fn from_iter<T: IntoIterator<Item = Arc<DesiredRule>>>(rules: T) -> Self {
        let rules: OrdMap<u64, _> = (0..).zip(rules).collect();
        let mut all = Self::default();
        if !rules.is_empty() {
            all.by_host.insert_mut(HostOrder::ANY, rules);
        }
        all
    }
}

impl PartialEq for Rules {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Rules {}

impl Hash for Rules {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for rule in self.iter() {
            rule.hash(state);
        }
        self.len().hash(state);
    }
}

#[cfg(test)]
mod tests;
