//! Whether what is ours is still there and as it was left: asked with one call, where a look at everything costs dozens.
//!
//! Of an ALB the rules are asked for, by name, whichever listeners they are on: with a rule gone, a listener or the whole
//! load balancer, AWS answers that it is not there. Where there are no rules the listeners say what they forward to. Where
//! rules of targets' security groups let the load balancer in, these are asked for in turn with the others, by the
//! installation's tags; the answer is everybody's, and so serves others whose turn it is soon. What none of this shows (targets,
//! tags, attributes, the load balancer's own groups) waits for the look at everything.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tributary_model::desired::LoadBalancerKey;
use tributary_plan::observed::{Observed, ObservedListener, ObservedRule, Opening};
use tributary_plan::tags::{self, Tags};

use crate::Aws;
use crate::ec2::SharedRule;
use crate::elbv2::{Answer, Found, RulesOf};
use crate::known::Known;
use crate::observe::{Environment, has_asked, openings};

/// Rules in one question: as many as AWS's default quota allows a load balancer.
const RULES_AT_ONCE: usize = 100;
/// How old an answer may be that somebody else was given.
const SHARED_FOR: Duration = Duration::from_mins(4);

/// How rules are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// By name, of all listeners at once.
    ByName,
    /// Listener by listener: how many names AWS takes is not documented.
    ByListener,
}

/// One call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// `DescribeRules` of these.
    Rules(BTreeSet<String>),
    /// `DescribeRules` of an ELB listener.
    RulesOf(String),
    /// `DescribeListeners` of a load balancer.
    Listeners(String),
    /// `DescribeSecurityGroupRules` of all that the installation made.
    Openings {
        /// Of each of them.
        tags: Tags,
        /// The tag's key of those that the load balancer needs.
        claim: String,
    },
}

/// The answer to one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// Nothing has changed.
    AsKnown,
    /// Nothing had changed by an answer that somebody else was given lately: there was no call.
    AsOthersSaw,
    /// Somebody else changed something; what, in a few words.
    Otherwise(String),
}

/// What there is to ask, one call after the other. Nothing where there is no load balancer.
pub fn questions(
    observed: &Observed,
    ask: Ask,
    environment: &Environment,
    key: &LoadBalancerKey,
) -> Vec<Question> {
    let mut questions = Vec::new();
    for (arn, load_balancer) in &observed.load_balancers {
        let listeners = &load_balancer.listeners;
        let rules: Vec<&String> = listeners.values().flat_map(|it| it.rules.keys()).collect();
        if rules.is_empty() {
            questions.push(Question::Listeners(arn.clone()));
            continue;
        }
        match ask {
            Ask::ByName => {
                let parts = rules.chunks(RULES_AT_ONCE);
                questions.extend(
                    parts.map(|part| Question::Rules(part.iter().copied().cloned().collect())),
                );
            }
            Ask::ByListener => {
                let with_rules = listeners.iter().filter(|(_, it)| !it.rules.is_empty());
                questions.extend(with_rules.map(|(arn, _)| Question::RulesOf(arn.clone())));
            }
        }
    }
    let (claim, _) = tags::claim(&environment.installation, key);
    if !questions.is_empty() && openings(&observed.backend, &claim).next().is_some() {
        let tags = tags::shared_rule(&environment.cluster, &environment.installation);
        questions.push(Question::Openings { tags, claim });
    }
    questions
}

/// Asks one of them.
///
/// # Errors
/// When AWS does not say.
pub async fn ask(aws: &Aws, known: &Known, question: &Question) -> Answer<Finding> {
    let listeners = || {
        let load_balancers = known.observed().load_balancers.values();
        load_balancers.flat_map(|it| &it.listeners)
    };
    let compared = match question {
        Question::Rules(named) => {
            let rules = listeners().flat_map(|(_, listener)| &listener.rules);
            let known = rules.filter(|(arn, _)| named.contains(*arn)).collect();
            let seen = aws.elbv2.rules(RulesOf::Named(named)).await;
            seen.map(|seen| compare("rules", &known, &seen, rule))
        }
        Question::RulesOf(listener) => {
            let rules = listeners().filter(|(arn, _)| *arn == listener);
            let known = rules.flat_map(|(_, listener)| &listener.rules).collect();
            let seen = aws.elbv2.rules(RulesOf::Listener(listener)).await;
            seen.map(|seen| compare("rules", &known, &seen, rule))
        }
        Question::Listeners(arn) => {
            let load_balancer = known.observed().load_balancers.get(arn);
            let known = load_balancer.iter().flat_map(|it| &it.listeners).collect();
            let seen = aws.elbv2.listeners(arn).await;
            seen.map(|seen| compare("listeners", &known, &seen, listener))
        }
        Question::Openings { tags, claim } => {
            let known: BTreeSet<_> = openings(&known.observed().backend, claim).collect();
            ask_openings(aws, &known, tags, claim).await
        }
    };
    match compared {
        Err(error) if error.is_not_found() => Ok(Finding::Otherwise(error.to_string())),
        compared => compared,
    }
}

async fn ask_openings(
    aws: &Aws,
    known: &BTreeSet<(&String, &Opening)>,
    tags: &Tags,
    claim: &str,
) -> Answer<Finding> {
    let missing = |seen: &Found<SharedRule>| {
        let seen = seen.values();
        let claimed = seen.filter(|rule| rule.tags.contains_key(claim));
        let there: BTreeSet<_> = claimed.map(|rule| (&rule.group, &rule.opening)).collect();
        known.difference(&there).count()
    };
    let (seen, is_new) = aws.index.shared_rules(aws, tags, SHARED_FOR).await?;
    let mut missing_now = missing(&seen);
    if missing_now > 0 && !is_new {
        // It may be older than the rule.
        let (seen, _) = aws.index.shared_rules(aws, tags, Duration::ZERO).await?;
        missing_now = missing(&seen);
    } else if !is_new {
        return Ok(Finding::AsOthersSaw);
    }
    if missing_now == 0 {
        return Ok(Finding::AsKnown);
    }
    Ok(Finding::Otherwise(format!(
        "rules of targets' security groups: {missing_now} gone or without our claim"
    )))
}

fn compare<T: PartialEq>(
    what: &str,
    known: &BTreeMap<&String, &T>,
    seen: &BTreeMap<String, T>,
    told: impl Fn(&T) -> T,
) -> Finding {
    let gone = known.keys().filter(|arn| !seen.contains_key(**arn)).count();
    let added = seen.keys().filter(|arn| !known.contains_key(*arn)).count();
    let is_other = |(arn, known): &(&&String, &&T)| {
        let seen = seen.get(**arn);
        seen.is_some_and(|seen| told(seen) != told(known))
    };
    let changed = known.iter().filter(is_other).count();
    if (gone, added, changed) == (0, 0, 0) {
        return Finding::AsKnown;
    }
    Finding::Otherwise(format!(
        "{what}: {gone} gone, {changed} changed, {added} more"
    ))
}

/// What `DescribeRules` tells of one.
fn rule(rule: &ObservedRule) -> ObservedRule {
    ObservedRule {
        tags: Tags::new(),
        ..rule.clone()
    }
}

/// What `DescribeListeners` tells of one.
fn listener(listener: &ObservedListener) -> ObservedListener {
    ObservedListener {
        certificates: BTreeSet::new(),
        attributes: BTreeMap::new(),
        tags: Tags::new(),
        rules: BTreeMap::new(),
        ..listener.clone()
    }
}

/// The calls that a look at all of this takes at the most, without what is shared with other load balancers.
pub fn calls_of_a_look(observed: &Observed) -> u32 {
    let pages = |count: usize, size: usize| count.div_ceil(size).max(1);
    let Observed {
        completeness: _,
        unread: _,
        load_balancers,
        target_groups,
        security_groups: _,
        certificates,
        missing_certificates,
        unread_certificates,
        network: _,
        backend,
    } = observed;
    let tagged = load_balancers.len() + target_groups.len() + certificates.len();
    // By tags, by ids, by names.
    let mut calls = pages(tagged, 100) + 3 + pages(load_balancers.len(), 20);
    for load_balancer in load_balancers.values() {
        let listeners = &load_balancer.listeners;
        let rules: usize = listeners.values().map(|it| it.rules.len()).sum();
        // Its attributes and listeners; tags of everything.
        calls += 2 + pages(1 + listeners.len() + rules, 20);
        for listener in listeners.values() {
            // Rules, certificates, attributes.
            calls += pages(listener.rules.len(), 100) + 1 + usize::from(has_asked(&listener.tags));
        }
    }
    // Themselves and their tags; targets, attributes.
    calls += 2 * pages(target_groups.len(), 20);
    for group in target_groups.values() {
        calls += 1 + usize::from(has_asked(&group.tags));
    }
    // Each with its tags.
    calls += 2 * (certificates.len() + missing_certificates.len() + unread_certificates.len());
    // Backend groups; interfaces of addresses and of instances; the groups that let in, and their rules.
    if !backend.interfaces.is_empty() {
        calls += 1 + 2 * pages(backend.interfaces.len(), 100) + 2 * pages(backend.doors.len(), 100);
    }
    u32::try_from(calls).unwrap_or(u32::MAX)
}
