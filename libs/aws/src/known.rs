//! What is known of one load balancer: the last look, and everything that we did since.
//!
//! AWS's describes lag behind its writes, the tagging API by seconds. A plan made from such a look would create things
//! twice. So what we created and removed ourselves lately counts more than a look that does not show it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::Instant;
use tributary_plan::effect::Effect;
use tributary_plan::observed::{Completeness, Observed, Seen};
use tributary_plan::tags::INSTALLATION;

#[cfg(test)]
mod tests;

/// How long our own word counts more than AWS's. ELBv2 and EC2 catch up within seconds, the tagging API within a minute
/// as a rule; a thing that somebody else removes meanwhile is missed for as long, unless a call names it and fails.
pub(crate) const LAG: Duration = Duration::from_mins(2);

/// One load balancer as far as we know. Kept by the caller between plans; lost with the process, which costs
/// one look.
#[derive(Clone, Debug, Default)]
pub struct Known {
    observed: Observed,
    /// By ARN or id: when we created it.
    created: BTreeMap<String, Instant>,
    /// By ARN or id: when we removed it.
    removed: BTreeMap<String, Instant>,
    /// By ARN or id: when we created what a call says is not there. AWS may not show it everywhere yet.
    doubted: BTreeMap<String, Instant>,
    /// What uses what is as it was before the last changes.
    is_unrelated: bool,
}

impl Known {
    /// Knowledge from a first look.
    pub fn new(observed: Observed) -> Self {
        Self {
            observed,
            ..Self::default()
        }
    }

    /// What to plan from.
    pub fn observed(&self) -> &Observed {
        &self.observed
    }

    /// Takes a new look in. What a partial look does not show stays as it was known. Returns what of ours is there no more, by
    /// ARN or id, though we did not remove it; of a whole only the whole.
    pub fn refresh(&mut self, look: Observed) -> BTreeSet<String> {
        let now = Instant::now();
        let is_recent = |at: &mut Instant| now.duration_since(*at) < LAG;
        self.created.retain(|_, at| is_recent(at));
        self.removed.retain(|_, at| is_recent(at));
        self.doubted.retain(|_, at| is_recent(at));
        let before = std::mem::replace(&mut self.observed, look);
        let known = ours(&before);
        let is_partial = self.observed.completeness != Completeness::Complete;
        let missed = |id: &String| is_partial || self.created.contains_key(id);
        for (arn, known) in before.load_balancers {
            match self.observed.load_balancers.get_mut(&arn) {
                None if missed(&arn) => {
                    self.observed.load_balancers.insert(arn, known);
                }
                None => {}
                Some(seen) => {
                    for (arn, known) in known.listeners {
                        match seen.listeners.get_mut(&arn) {
                            // A load balancer is read whole or not at all, so only the journal speaks here.
                            None if self.created.contains_key(&arn) => {
                                seen.listeners.insert(arn, known);
                            }
                            None => {}
                            Some(seen) => {
                                for (arn, known) in known.rules {
                                    if self.created.contains_key(&arn) {
                                        seen.rules.entry(arn).or_insert(known);
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
        for (arn, known) in before.target_groups {
            if missed(&arn) {
                self.observed.target_groups.entry(arn).or_insert(known);
            }
        }
        let unread = self.observed.unread.clone();
        for (id, known) in before.security_groups {
            if unread.security_groups.is_some() || missed(&id) {
                self.observed.security_groups.entry(id).or_insert(known);
            }
        }
        // Rules are not in the journal: a step that makes one looks before, and finds what this look did not.
        let (shared, seen) = (before.backend.groups, &mut self.observed.backend.groups);
        if let (Seen::Known(shared), Seen::Known(seen)) = (shared, seen) {
            for (id, known) in shared {
                if self.created.contains_key(&id) {
                    seen.entry(id).or_insert(known);
                }
            }
        }
        let certificates_are_unread = unread.discovery.is_some() || unread.certificates.is_some();
        for (arn, known) in before.certificates {
            if certificates_are_unread || missed(&arn) {
                self.observed.certificates.entry(arn).or_insert(known);
            }
        }
        if is_partial || unread.subnets.is_some() {
            for (id, known) in before.network.subnets {
                self.observed.network.subnets.entry(id).or_insert(known);
            }
        }
        for id in self.removed.keys() {
            self.observed.remove(id);
        }
        let there = ours(&self.observed);
        let is_lost = |id: &String| {
            !there.contains_key(id)
                && !self.removed.contains_key(id)
                && !self.doubted.contains_key(id)
        };
        let mut lost: BTreeSet<String> = BTreeSet::new();
        for (id, whole) in &known {
            if is_lost(id) && whole.as_ref().is_none_or(|whole| !is_lost(whole)) {
                lost.insert(id.clone());
            }
        }
        lost
    }

    /// Says of everything again what uses it, if it changed: before the next plan.
    pub fn relate(&mut self) {
        if std::mem::take(&mut self.is_unrelated) {
            self.observed.relate();
        }
    }

    /// What a call of ours brought about.
    pub(crate) fn take(&mut self, effect: Effect) {
        let now = Instant::now();
        if let Some(id) = effect.created() {
            self.removed.remove(id);
            self.created.insert(id.to_owned(), now);
        }
        if let Some(id) = effect.removed() {
            self.created.remove(id);
            self.removed.insert(id.to_owned(), now);
        }
        self.observed.take(effect);
        self.is_unrelated = true;
    }

    pub(crate) fn observed_mut(&mut self) -> &mut Observed {
        &mut self.observed
    }

    /// Whether it was created so lately that AWS may not show it, or what uses it, everywhere.
    pub(crate) fn is_new(&self, id: &str) -> bool {
        let at = self.created.get(id);
        at.is_some_and(|at| Instant::now().duration_since(*at) < LAG)
    }

    /// A call says that it is not as we know: AWS's word counts again.
    pub(crate) fn doubt(&mut self, id: &str) {
        if let Some(at) = self.created.remove(id) {
            self.doubted.insert(id.to_owned(), at);
        }
        self.removed.remove(id);
    }
}

/// By ARN or id: what was made for the load balancer, and what that is part of.
fn ours(observed: &Observed) -> BTreeMap<String, Option<String>> {
    let mut ours = BTreeMap::new();
    for (arn, load_balancer) in &observed.load_balancers {
        ours.insert(arn.clone(), None);
        for (listener, it) in &load_balancer.listeners {
            ours.insert(listener.clone(), Some(arn.clone()));
            let rules = it.rules.keys();
            ours.extend(rules.map(|rule| (rule.clone(), Some(listener.clone()))));
        }
    }
    ours.extend(observed.target_groups.keys().map(|arn| (arn.clone(), None)));
    // Others may be named.
    let groups = observed.security_groups.iter();
    let groups = groups.filter(|(_, group)| group.tags.contains_key(INSTALLATION));
    ours.extend(groups.map(|(id, _)| (id.clone(), None)));
    ours
}
