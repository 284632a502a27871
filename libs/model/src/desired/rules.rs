//! The rules of one ALB listener, in order.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::desired::{DesiredRule, OrdMap};
use crate::hostname::HostOrder;

/// The rules of one ALB listener, highest precedence first.
///
/// They are held by the hostname of the Gateway API listener that they serve, which decides their order first
/// (rule listener-isolation): so one hostname's rules are replaced without touching the others'. Two lists are equal
/// when they hold the same rules in the same order.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    by_host: OrdMap<HostOrder, Arc<[Arc<DesiredRule>]>>,
}

impl Rules {
    /// Replaces the rules of one hostname. Returns whether that made any difference.
    pub fn replace(&mut self, host: HostOrder, rules: Vec<Arc<DesiredRule>>) -> bool {
        if rules.is_empty() {
            return self.by_host.remove_mut(&host);
        }
        if self
            .by_host
            .get(&host)
            .is_some_and(|known| **known == *rules)
        {
            return false;
        }
        self.by_host.insert_mut(host, rules.into());
        true
    }

    /// In order.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<DesiredRule>> {
        self.by_host.values().flat_map(|rules| rules.iter())
    }

    /// How many. Counts the hostnames.
    pub fn len(&self) -> usize {
        self.by_host.values().map(|rules| rules.len()).sum()
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
        let mut all = Self::default();
        all.replace(HostOrder::ANY, rules.into_iter().collect());
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
