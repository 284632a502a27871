//! Hostnames of one port: which is more specific, which covers which, what a route and a listener share.

use std::collections::{BTreeMap, BTreeSet};

use tributary_model::Hostname;

/// A map by optional hostname that finds everything covering a hostname without looking at the rest.
#[derive(Clone, Debug)]
pub(crate) struct HostMap<V> {
    any: Option<V>,
    exact: BTreeMap<Hostname, V>,
    /// By the suffix behind `*`.
    wildcards: BTreeMap<Box<str>, V>,
}

impl<V> Default for HostMap<V> {
    fn default() -> Self {
        Self {
            any: None,
            exact: BTreeMap::new(),
            wildcards: BTreeMap::new(),
        }
    }
}

impl<V> HostMap<V> {
    pub(crate) fn get(&self, hostname: Option<&Hostname>) -> Option<&V> {
        match hostname.map(|hostname| (hostname, hostname.wildcard_suffix())) {
            None => self.any.as_ref(),
            Some((hostname, None)) => self.exact.get(hostname),
            Some((_, Some(suffix))) => self.wildcards.get(suffix),
        }
    }

    pub(crate) fn insert(&mut self, hostname: Option<&Hostname>, value: V) {
        match hostname.map(|hostname| (hostname, hostname.wildcard_suffix())) {
            None => self.any = Some(value),
            Some((hostname, None)) => {
                self.exact.insert(hostname.clone(), value);
            }
            Some((_, Some(suffix))) => {
                self.wildcards.insert(suffix.into(), value);
            }
        }
    }

    pub(crate) fn remove(&mut self, hostname: Option<&Hostname>) -> Option<V> {
        match hostname.map(|hostname| (hostname, hostname.wildcard_suffix())) {
            None => self.any.take(),
            Some((hostname, None)) => self.exact.remove(hostname),
            Some((_, Some(suffix))) => self.wildcards.remove(suffix),
        }
    }

    /// Values of the hostnames that cover this one and are not it, most specific first.
    pub(crate) fn covering<'a>(
        &'a self,
        hostname: Option<&'a Hostname>,
    ) -> impl Iterator<Item = &'a V> {
        let wildcards = covering_suffixes(hostname).filter_map(|suffix| self.wildcards.get(suffix));
        wildcards.chain(hostname.and(self.any.as_ref()))
    }

    /// The same, to be changed.
    pub(crate) fn covering_mut(
        &mut self,
        hostname: Option<&Hostname>,
        mut change: impl FnMut(&mut V),
    ) {
        for suffix in covering_suffixes(hostname) {
            if let Some(value) = self.wildcards.get_mut(suffix) {
                change(value);
            }
        }
        if let (Some(_), Some(value)) = (hostname, &mut self.any) {
            change(value);
        }
    }
}

/// Suffixes whose wildcards cover this hostname and are not it, longest first.
fn covering_suffixes(hostname: Option<&Hostname>) -> impl Iterator<Item = &str> {
    // What stands behind each dot of `a.b.c` (and of the `.b.c` behind a wildcard's `*`) is a suffix
    // whose wildcard covers it; a wildcard's own suffix is itself and is skipped.
    let rest = hostname.map(|hostname| match hostname.wildcard_suffix() {
        Some(suffix) => suffix.get(1..).unwrap_or_default(),
        None => hostname.as_str(),
    });
    rest.into_iter().flat_map(|rest| {
        rest.match_indices('.')
            .filter_map(move |(dot, _)| rest.get(dot..))
    })
}

/// What a route with these hostnames serves on a listener with this one; `None` stands for every host, and
/// an empty answer means that they share nothing (rule route-hostnames).
pub(crate) fn intersection(
    listener: Option<&Hostname>,
    route: &[Hostname],
) -> BTreeSet<Option<Hostname>> {
    if route.is_empty() {
        return BTreeSet::from([listener.cloned()]);
    }
    route
        .iter()
        .filter_map(|hostname| match listener {
            None => Some(hostname),
            Some(listener) => listener.intersection(hostname),
        })
        .map(|hostname| Some(hostname.clone()))
        .collect()
}
