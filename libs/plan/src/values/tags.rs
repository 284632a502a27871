//! Tags: how we know what is ours, and what each thing stands for.

use std::collections::BTreeSet;

use litemap::LiteMap;
use tributary_model::ObjectKey;
use tributary_model::desired::{DesiredRule, LoadBalancerKey};
use tributary_model::elb::LoadBalancerKind;

use crate::values::names::hash;

/// Whose cluster it is. The AWS Load Balancer Controller's key, so that users can move.
pub const CLUSTER: &str = "elbv2.k8s.aws/cluster";
/// The mark of what we made or took over: the name of the installation. What lacks it is never deleted.
pub const INSTALLATION: &str = "gateway.tributary.dev/installation";
/// On an imported certificate: `namespace/name` of its Secret.
pub const SECRET: &str = "gateway.tributary.dev/secret";
/// On an imported certificate: the fingerprint of what was imported last.
pub const FINGERPRINT: &str = "gateway.tributary.dev/fingerprint";
/// On a rule with OIDC: Secret and fingerprint of its client secret, which AWS never returns.
pub const CLIENT_SECRET: &str = "gateway.tributary.dev/client-secret";
/// On anything: short hashes of the attribute keys that were asked for. One that is no longer asked for goes back to AWS's
/// default; what others set is never touched.
pub const ASKED_ATTRIBUTES: &str = "gateway.tributary.dev/attributes";
/// The same of tag keys. A tag that is no longer asked for goes.
pub const ASKED_TAGS: &str = "gateway.tributary.dev/tags";
/// On a target group that several clusters share, with a number: short hashes of the targets that we registered.
pub(crate) const OUR_TARGETS: &str = "gateway.tributary.dev/targets-";

/// On what a cluster's load balancers share, the AWS Load Balancer Controller's among them: what it is.
pub const SHARED_RESOURCE: &str = "elbv2.k8s.aws/resource";
/// [`SHARED_RESOURCE`] of the security group that load balancers carry for their targets' sake.
pub const BACKEND_GROUP: &str = "backend-sg";
/// On a shared security group or a rule of one, with a short hash: a load balancer that needs it.
const USED_BY: &str = "gateway.tributary.dev/used-by-";

/// What the keys begin with that nobody else sets.
const OURS: &str = "gateway.tributary.dev/";

/// `resource` of a load balancer.
pub const LOAD_BALANCER: &str = "LoadBalancer";
/// `resource` of a managed security group.
pub const SECURITY_GROUP: &str = "ManagedLBSecurityGroup";
/// `resource` of an imported certificate.
pub const CERTIFICATE: &str = "Certificate";

/// AWS: a tag value has at most 256 characters.
const MAX_VALUE: usize = 256;

/// Tag key to value.
pub type Tags = LiteMap<String, String>;

/// What makes a resource ours: the cluster, the Gateway and the mark of our installation.
#[derive(Clone, Copy, Debug)]
pub struct Ownership<'a> {
    /// Cluster name.
    pub cluster: &'a str,
    /// Installation name.
    pub installation: &'a str,
    /// The load balancer.
    pub key: &'a LoadBalancerKey,
    /// What nobody has marked.
    pub unmarked: Unmarked,
}

/// Whose a resource of our Gateway is that carries no mark: another controller made it, or a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unmarked {
    /// Not ours.
    Foreign,
    /// Ours, or about to be taken over.
    Ours,
}

impl Ownership<'_> {
    /// The tags that everything of this load balancer carries from its creation on.
    pub fn tags(&self, resource: &str) -> Tags {
        Tags::from_iter([
            (CLUSTER.to_owned(), tag_value(self.cluster)),
            (INSTALLATION.to_owned(), tag_value(self.installation)),
            (
                stack_key(self.key.kind).to_owned(),
                tag_value(&self.key.gateway.to_string()),
            ),
            (resource_key(self.key.kind).to_owned(), tag_value(resource)),
        ])
    }

    /// Whether something with these tags is this load balancer's.
    pub fn owns(&self, tags: &Tags) -> bool {
        let is_marked = match tags.get(INSTALLATION) {
            Some(mark) => mark == self.installation || *mark == tag_value(self.installation),
            None => self.unmarked == Unmarked::Ours,
        };
        is_marked && self.names(tags)
    }

    /// Whether something with these tags belongs to this Gateway, whoever made it.
    fn names(&self, tags: &Tags) -> bool {
        let is_ours = |value: &String| {
            let gateway = &self.key.gateway;
            // Nearly always as it stands; asked of every rule, so without making a string of it.
            let as_it_stands = value
                .strip_prefix(&*gateway.namespace)
                .and_then(|rest| rest.strip_prefix('/'))
                == Some(&*gateway.name);
            as_it_stands || *value == tag_value(&gateway.to_string())
        };
        tags.get(stack_key(self.key.kind)).is_some_and(is_ours)
            && tags
                .get(CLUSTER)
                .is_some_and(|value| value == self.cluster || *value == tag_value(self.cluster))
    }

    /// What something of this load balancer stands for.
    pub fn resource<'t>(&self, tags: &'t Tags) -> Option<&'t str> {
        tags.get(resource_key(self.key.kind)).map(String::as_str)
    }
}

/// The claim of a load balancer on something that it shares with others: key and value of a tag.
pub fn claim(installation: &str, key: &LoadBalancerKey) -> (String, String) {
    let name = key.to_string();
    let mark = hash(&["claim", installation, &name], 10);
    (format!("{USED_BY}{mark}"), tag_value(&name))
}

/// The keys of all claims on something shared.
pub fn claims(tags: &Tags) -> impl Iterator<Item = &str> {
    let keys = tags.keys().map(String::as_str);
    keys.filter(|key| key.starts_with(USED_BY))
}

/// Whether this installation made something shared: only then it is changed or removed.
pub fn is_shared_of(installation: &str, tags: &Tags) -> bool {
    let mark = tags.get(INSTALLATION);
    mark.is_some_and(|mark| mark == installation || *mark == tag_value(installation))
}

/// The tags by which a cluster's backend groups are found, whoever made them.
pub fn backend_group(cluster: &str) -> Tags {
    Tags::from_iter([
        (CLUSTER.to_owned(), tag_value(cluster)),
        (SHARED_RESOURCE.to_owned(), BACKEND_GROUP.to_owned()),
    ])
}

/// The tags of every shared rule that this installation made.
pub fn shared_rule(cluster: &str, installation: &str) -> Tags {
    Tags::from_iter([
        (CLUSTER.to_owned(), tag_value(cluster)),
        (INSTALLATION.to_owned(), tag_value(installation)),
    ])
}

/// Whether a key is one that we set by ourselves, and not one that somebody asked for.
pub(crate) fn is_ours(key: &str) -> bool {
    let kinds = [LoadBalancerKind::Alb, LoadBalancerKind::Nlb];
    key == CLUSTER
        || key == SHARED_RESOURCE
        || key.starts_with(OURS)
        || kinds
            .into_iter()
            .any(|kind| key == stack_key(kind) || key == resource_key(kind))
}

/// Key of the tag that names the Gateway: `namespace/name`.
pub fn stack_key(kind: LoadBalancerKind) -> &'static str {
    match kind {
        LoadBalancerKind::Alb => "gateway.k8s.aws.alb/stack",
        LoadBalancerKind::Nlb => "gateway.k8s.aws.nlb/stack",
    }
}

/// Key of the tag that says what a resource stands for within its Gateway.
pub fn resource_key(kind: LoadBalancerKind) -> &'static str {
    match kind {
        LoadBalancerKind::Alb => "gateway.k8s.aws.alb/resource",
        LoadBalancerKind::Nlb => "gateway.k8s.aws.nlb/resource",
    }
}

/// The Gateway that a resource's tags name, and the kind of load balancer, if this installation made it or took it over.
pub fn owner(cluster: &str, installation: &str, tags: &Tags) -> Option<LoadBalancerKey> {
    let is_ours = tags.get(CLUSTER) == Some(&tag_value(cluster))
        && tags.get(INSTALLATION) == Some(&tag_value(installation));
    if !is_ours {
        return None;
    }
    [LoadBalancerKind::Alb, LoadBalancerKind::Nlb]
        .into_iter()
        .find_map(|kind| {
            let (namespace, name) = tags.get(stack_key(kind))?.split_once('/')?;
            Some(LoadBalancerKey {
                kind,
                gateway: ObjectKey::new(namespace, name),
            })
        })
}

/// The text itself where a tag value can hold it, else its beginning and a hash of the whole.
///
/// Kubernetes allows 63 + 1 + 253 characters for `namespace/name`, AWS 256.
pub fn tag_value(text: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || " +-=._:/@".contains(c);
    if text.len() <= MAX_VALUE && text.chars().all(allowed) && text.trim() == text {
        return text.to_owned();
    }
    let digest = hash(&[text], 32);
    let mut value: String = text
        .chars()
        .map(|c| if allowed(c) { c } else { '_' })
        .take(MAX_VALUE - digest.len() - 1)
        .collect();
    value.push('@');
    value.push_str(&digest);
    value.trim_start().to_owned()
}

/// The identity tag of a rule: of its origin, never of its priority, so that a shift costs no tagging.
pub(crate) fn identity(rule: &DesiredRule) -> String {
    tag_value(&rule.id.0)
}

/// Adds the memory of what was asked for: [`ASKED_ATTRIBUTES`] or [`ASKED_TAGS`].
pub(crate) fn remember(tags: &mut Tags, memory: &str, marks: BTreeSet<String>) {
    if !marks.is_empty() {
        let marks: Vec<String> = marks.into_iter().take(MARKS).collect();
        tags.insert(memory.to_owned(), marks.join(" "));
    }
}

/// What differs: tags to set, and tags to remove because they were asked for once and are no longer.
pub(crate) fn difference(desired: &Tags, observed: &Tags) -> (Tags, Tags) {
    let set = desired
        .iter()
        .filter(|(key, value)| observed.get(*key) != Some(value))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    let memory = memory(observed, ASKED_TAGS);
    let remove = observed
        .iter()
        .filter(|(key, _)| !desired.contains_key(*key))
        .filter(|(key, _)| key.starts_with(OURS) || memory.contains(tag_mark(key).as_str()))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    (set, remove)
}

/// Whether the resource remembers that we set this attribute.
pub(crate) fn remembers_attribute(observed: &Tags, attribute: &str) -> bool {
    memory(observed, ASKED_ATTRIBUTES).contains(attribute_mark(attribute).as_str())
}

/// 256 characters hold 36 marks of 6 digits with a space between (36 · 7 − 1 = 251); tags and attributes asked for
/// one resource stay below that in practice. One that is not remembered is left behind, no more. 24 bits make
/// it unlikely (36 in 16 million) that somebody else's tag looks like one that we set.
const MARKS: usize = 36;

fn memory<'t>(tags: &'t Tags, memory: &str) -> BTreeSet<&'t str> {
    tags.get(memory)
        .map(|memory| memory.split(' ').collect())
        .unwrap_or_default()
}

pub(crate) fn tag_mark(key: &str) -> String {
    hash(&["tag", key], 6)
}

pub(crate) fn attribute_mark(key: &str) -> String {
    hash(&["attribute", key], 6)
}

#[cfg(test)]
mod tests;
