//! The rules of one listener's hostname on an ALB port.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use tributary_model::desired::{DesiredAction, DesiredRule, RuleId};
use tributary_model::hostname::HostRank;
use tributary_model::{Hostname, ListenerRef};

use crate::index::uses::Uses;
use crate::rules::alb::{PlacedRule, host_condition};
use crate::values::host_map::HostMap;

/// What one hostname of a port holds.
#[derive(Clone, Debug, Default)]
pub(super) struct HostRules {
    rules: BTreeMap<ByOrder, Positioned>,
    /// What of them was not published yet.
    unpublished: Unpublished,
    /// Hosts of the rules in effect; how many rules each.
    hosts: HostMap<usize>,
    /// Rules in effect that match every request for the listener's hostname.
    catch_all: usize,
    /// The served listener.
    pub(super) member: Option<ListenerRef>,
    /// Whether `hosts` gained or lost one since that was last asked.
    catches_others: bool,
    isolation: Option<Arc<DesiredRule>>,
}

/// A rule among those of its hostname.
#[derive(Clone, Debug)]
struct Positioned {
    /// In the order of the rules, with room between them for others: so one that comes moves no other.
    position: u64,
    effect: Effect,
}

/// What became of positions since they were last published.
#[derive(Clone, Debug, Default)]
struct Unpublished {
    changed: BTreeMap<u64, Option<Arc<DesiredRule>>>,
    /// Where rules stood that are gone, as long as no other came: one that comes back stands there again, and only what
    /// it does differs.
    left: BTreeMap<ByOrder, u64>,
}

/// Rules in the order of precedence. Orders are distinct: they hold route, rule, match and chunk.
#[derive(Clone, Debug)]
struct ByOrder(Arc<PlacedRule>);

/// What is served of a rule.
#[derive(Clone, Debug)]
enum Effect {
    AsPlaced,
    /// Without the hosts that belong to a more specific listener.
    Trimmed(Arc<DesiredRule>, Vec<Hostname>),
    /// None is left.
    Nothing,
}

/// The first rule's position.
const MIDDLE: u64 = 1 << 63;
/// Between a rule and the one that comes before or after all others.
const GAP: u64 = 1 << 32;
/// Of the 404 rule of isolation, which is the last.
pub(super) const LAST: u64 = u64::MAX;

/// The hostnames of a port's members.
pub(super) type Hostnames = HostMap<HostRank>;

impl PartialEq for ByOrder {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for ByOrder {}

impl PartialOrd for ByOrder {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ByOrder {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.order.cmp(&other.0.order)
    }
}

impl Effect {
    fn of<'a>(&'a self, placed: &'a PlacedRule) -> Option<(&'a Arc<DesiredRule>, &'a [Hostname])> {
        match self {
            Self::AsPlaced => Some((&placed.rule, &placed.hosts)),
            Self::Trimmed(rule, hosts) => Some((rule, hosts)),
            Self::Nothing => None,
        }
    }

    fn rule(&self, placed: &PlacedRule) -> Option<Arc<DesiredRule>> {
        self.of(placed).map(|(rule, _)| Arc::clone(rule))
    }
}

impl HostRules {
    pub(super) fn is_empty(&self) -> bool {
        self.rules.is_empty() && self.member.is_none()
    }

    /// Whether its rules may catch requests for other hostnames than when this was last asked.
    pub(super) fn take_catches_others(&mut self) -> bool {
        std::mem::take(&mut self.catches_others)
    }

    pub(super) fn add(
        &mut self,
        hostnames: &Hostnames,
        hostname: Option<&Hostname>,
        placed: &Arc<PlacedRule>,
        users: &mut Uses,
    ) {
        let effect = effect(hostnames, hostname, placed);
        self.enter(hostname, &effect, placed, users);
        let order = ByOrder(Arc::clone(placed));
        let position = if let Some(position) = self.unpublished.left.remove(&order) {
            position
        } else {
            // Where they stood says nothing beside one that was not there.
            self.unpublished.left.clear();
            self.position_of(&order)
        };
        let rule = effect.rule(placed);
        self.unpublished.changed.insert(position, rule);
        self.rules.insert(order, Positioned { position, effect });
    }

    pub(super) fn remove(
        &mut self,
        hostname: Option<&Hostname>,
        placed: &Arc<PlacedRule>,
        users: &mut Uses,
    ) {
        let order = ByOrder(Arc::clone(placed));
        if let Some((order, Positioned { position, effect })) = self.rules.remove_entry(&order) {
            self.leave(hostname, &effect, &order.0, users);
            self.unpublished.changed.insert(position, None);
            self.unpublished.left.insert(order, position);
        }
    }

    /// Between the neighbours of a rule that is not there yet.
    fn position_of(&mut self, order: &ByOrder) -> u64 {
        if let Some(position) = self.between_neighbours(order) {
            return position;
        }
        self.spread();
        // Of a number of rules that memory can hold there is room between any two now.
        self.between_neighbours(order).unwrap_or(MIDDLE)
    }

    fn between_neighbours(&self, order: &ByOrder) -> Option<u64> {
        let before = self.rules.range(..order).next_back();
        let after = self.rules.range(order..).next();
        let position = |(_, it): (&ByOrder, &Positioned)| it.position;
        match (before.map(position), after.map(position)) {
            (None, None) => Some(MIDDLE),
            (Some(before), None) => before.checked_add(GAP).filter(|it| *it < LAST),
            (None, Some(after)) => after.checked_sub(GAP),
            (Some(before), Some(after)) => {
                let position = before.midpoint(after);
                (position != before).then_some(position)
            }
        }
    }

    /// Gives all rules positions anew, far from one another.
    fn spread(&mut self) {
        let half = u64::try_from(self.rules.len() / 2).unwrap_or(0) * GAP;
        let changed = &mut self.unpublished.changed;
        changed.extend(self.rules.values().map(|it| (it.position, None)));
        let positions = (0..).map(|index: u64| MIDDLE - half + index * GAP);
        for ((ByOrder(placed), it), position) in self.rules.iter_mut().zip(positions) {
            it.position = position;
            changed.insert(position, it.effect.rule(placed));
        }
        self.unpublished.left.clear();
    }

    /// All rules in effect, each with its position.
    pub(super) fn published(&mut self) -> impl Iterator<Item = (u64, Arc<DesiredRule>)> {
        self.unpublished = Unpublished::default();
        self.rules
            .iter()
            .filter_map(|(ByOrder(placed), it)| Some((it.position, it.effect.rule(placed)?)))
    }

    /// What became of which positions since this was last asked.
    pub(super) fn take_unpublished(&mut self) -> BTreeMap<u64, Option<Arc<DesiredRule>>> {
        std::mem::take(&mut self.unpublished).changed
    }

    /// Looks again at rules with hosts that a changed hostname of the port covers.
    pub(super) fn recapture(
        &mut self,
        hostnames: &Hostnames,
        hostname: Option<&Hostname>,
        changed: &[Hostname],
        users: &mut Uses,
    ) {
        let reached: Vec<Arc<PlacedRule>> = self
            .rules
            .keys()
            .filter(|ByOrder(placed)| {
                placed
                    .hosts
                    .iter()
                    .any(|host| changed.iter().any(|changed| changed.covers(host)))
            })
            .map(|ByOrder(placed)| Arc::clone(placed))
            .collect();
        for placed in reached {
            self.remove(hostname, &placed, users);
            self.add(hostnames, hostname, &placed, users);
        }
    }

    /// Whether a rule in effect could match a request for this hostname of a more specific listener. Rules
    /// whose hosts lie within it were left out, so only those that cover it remain.
    pub(super) fn may_catch(&self, hostname: &Hostname) -> bool {
        self.hosts.covering(Some(hostname)).next().is_some()
    }

    /// Whether a rule of its own matches every request for its hostname.
    pub(super) fn catches_all(&self) -> bool {
        self.catch_all > 0
    }

    /// The 404 for what none of the listener's own rules matched.
    pub(super) fn isolation(&mut self, hostname: &Hostname) -> Option<Arc<DesiredRule>> {
        let member = self.member.as_ref()?;
        if self
            .isolation
            .as_ref()
            .is_none_or(|rule| rule.listener != *member)
        {
            self.isolation = Some(Arc::new(isolation(member, hostname)));
        }
        self.isolation.clone()
    }

    fn enter(
        &mut self,
        hostname: Option<&Hostname>,
        effect: &Effect,
        placed: &PlacedRule,
        users: &mut Uses,
    ) {
        let Some((rule, hosts)) = effect.of(placed) else {
            return;
        };
        for spec in placed.groups.iter() {
            users.enter(spec, &rule.listener);
        }
        self.catch_all += usize::from(catches_all(rule, hosts, hostname));
        for host in keys(hosts) {
            let count = self.hosts.get(host).copied().unwrap_or_default();
            self.catches_others |= count == 0;
            self.hosts.insert(host, count + 1);
        }
    }

    fn leave(
        &mut self,
        hostname: Option<&Hostname>,
        effect: &Effect,
        placed: &PlacedRule,
        users: &mut Uses,
    ) {
        let Some((rule, hosts)) = effect.of(placed) else {
            return;
        };
        for spec in placed.groups.iter() {
            users.leave(&spec.group.id, &rule.listener);
        }
        self.catch_all -= usize::from(catches_all(rule, hosts, hostname));
        for host in keys(hosts) {
            match self.hosts.get(host).copied().unwrap_or_default() {
                0 | 1 => {
                    self.hosts.remove(host);
                    self.catches_others = true;
                }
                count => self.hosts.insert(host, count - 1),
            }
        }
    }
}

/// The keys that a rule's hosts are counted under.
fn keys(hosts: &[Hostname]) -> impl Iterator<Item = Option<&Hostname>> {
    let any = hosts.is_empty().then_some(None);
    hosts.iter().map(Some).chain(any)
}

/// Whether the rule matches whatever is asked of the listener's hostname. Nobody asks it of a listener for every host: no
/// other's rule is less specific.
fn catches_all(rule: &DesiredRule, hosts: &[Hostname], hostname: Option<&Hostname>) -> bool {
    rule.conditions.len() == 1 && hosts.iter().any(|host| Some(host) == hostname)
}

/// What remains of a rule without the hosts that belong to a more specific listener of the port.
fn effect(hostnames: &Hostnames, hostname: Option<&Hostname>, placed: &PlacedRule) -> Effect {
    let own = HostRank::of(hostname);
    let captured = |host: &Hostname| {
        own != HostRank::Exact
            && hostnames
                .get(Some(host))
                .into_iter()
                .chain(hostnames.covering(Some(host)))
                .any(|rank| *rank < own)
    };
    if !placed.hosts.iter().any(captured) {
        return Effect::AsPlaced;
    }
    let hosts: Vec<Hostname> = placed
        .hosts
        .iter()
        .filter(|host| !captured(host))
        .cloned()
        .collect();
    let Some(condition) = host_condition(&hosts) else {
        return Effect::Nothing;
    };
    let mut rule = DesiredRule::clone(&placed.rule);
    // The host-header condition stands first wherever there are hosts.
    if let Some(first) = rule.conditions.first_mut() {
        *first = condition;
    }
    Effect::Trimmed(Arc::new(rule), hosts)
}

fn isolation(listener: &ListenerRef, hostname: &Hostname) -> DesiredRule {
    let owner = &listener.owner;
    let id = format!(
        "{}/{}/{}/{}/isolation",
        owner.kind.kind(),
        owner.key.namespace,
        owner.key.name,
        listener.name
    );
    DesiredRule {
        id: RuleId(id.into()),
        listener: listener.clone(),
        origin: None,
        conditions: host_condition(std::slice::from_ref(hostname))
            .into_iter()
            .collect(),
        authenticate: None,
        action: not_found(),
        transforms: Vec::new(),
        tags: BTreeMap::new(),
    }
}

/// What an ALB listener answers when no rule matches.
pub(super) fn not_found() -> DesiredAction {
    DesiredAction::FixedResponse {
        status_code: 404,
        content_type: None,
        body: None,
    }
}

#[cfg(test)]
mod tests;
