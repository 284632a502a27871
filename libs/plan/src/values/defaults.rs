//! What a platform sets once for all of its load balancers, and what goes on everything that is made for one.

use std::collections::{BTreeMap, BTreeSet};

use tributary_model::elb::Scheme;

use crate::values::tags::{self, Tags};

/// What holds for every load balancer of this installation, from the programmer's command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Defaults {
    /// Where a `LoadBalancerConfiguration` names no scheme.
    pub scheme: Scheme,
    /// Where no `sslPolicy` is asked for. It is sent, so that one that is no longer asked for goes back.
    pub ssl_policy: String,
    /// Go on everything, before what any object asks for the same key, as the AWS Load Balancer Controller has it.
    pub tags: BTreeMap<String, String>,
    /// Keys of tags that others set: never added, changed or removed.
    pub external_tags: BTreeSet<String>,
}

impl Default for Defaults {
    /// `internal`, and the policy that ELBv2 `CreateListener` takes when none is given.
    fn default() -> Self {
        Self {
            scheme: Scheme::default(),
            ssl_policy: "ELBSecurityPolicy-2016-08".to_owned(),
            tags: BTreeMap::new(),
            external_tags: BTreeSet::new(),
        }
    }
}

/// The tags of everything of one load balancer: the platform's, then `spec.tags` of its `LoadBalancerConfiguration`.
#[derive(Debug)]
pub(crate) struct Everywhere<'a> {
    defaults: &'a Defaults,
    /// `spec.tags`.
    asked: &'a BTreeMap<String, String>,
    /// Of both: a load balancer has hundreds of rules with the same.
    marks: BTreeSet<String>,
}

impl<'a> Everywhere<'a> {
    pub(crate) fn new(defaults: &'a Defaults, asked: &'a BTreeMap<String, String>) -> Self {
        let external = &defaults.external_tags;
        let keys = defaults.tags.keys().chain(asked.keys());
        let keys = keys.filter(|key| !external.contains(*key));
        Self {
            defaults,
            asked,
            marks: keys.map(|key| tags::tag_mark(key)).collect(),
        }
    }

    /// The tags of one thing: `ours`, which nobody can take over, then the platform's, its own, and those of the whole
    /// load balancer. `observed` is what others may have set of it.
    pub(crate) fn tags(
        &self,
        ours: Tags,
        own: &BTreeMap<String, String>,
        attributes: &BTreeMap<String, String>,
        observed: Option<&Tags>,
    ) -> Tags {
        let external = &self.defaults.external_tags;
        let mut wanted = ours;
        let mut marks = self.marks.clone();
        let own_keys = own.keys().filter(|key| !external.contains(*key));
        marks.extend(own_keys.map(|key| tags::tag_mark(key)));
        let attributes = attributes.keys().map(|key| tags::attribute_mark(key));
        for (key, value) in [&self.defaults.tags, own, self.asked].into_iter().flatten() {
            if !external.contains(key) && !wanted.contains_key(key) {
                wanted.insert(key.clone(), value.clone());
            }
        }
        tags::remember(&mut wanted, tags::ASKED_TAGS, marks);
        tags::remember(&mut wanted, tags::ASKED_ATTRIBUTES, attributes.collect());
        let theirs = external.iter().filter_map(|key| {
            let value = observed?.get(key)?;
            Some((key.clone(), value.clone()))
        });
        wanted.extend(theirs.collect::<Tags>());
        wanted
    }

    /// Why these tags, asked for in a field, are not set.
    pub(crate) fn refused(&self, field: &str, asked: &BTreeMap<String, String>) -> Vec<String> {
        let Defaults {
            tags: defaults,
            external_tags,
            scheme: _,
            ssl_policy: _,
        } = self.defaults;
        let why = |(key, value): (&String, &String)| {
            if external_tags.contains(key) {
                return Some("this tag is set by others (--external-managed-tags)".to_owned());
            }
            let default = defaults.get(key).filter(|default| *default != value)?;
            Some(format!(
                "the platform has {default} for it (--default-tags)"
            ))
        };
        let refused = asked.iter().filter_map(|tag| Some((tag.0, why(tag)?)));
        refused
            .map(|(key, why)| format!("{field}[{key}]: {why}"))
            .collect()
    }
}

#[cfg(test)]
mod tests;
