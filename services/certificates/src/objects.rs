//! Secrets and the ConfigMap as JSON: read, and what is to be written of them.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use tributary_kubernetes::{Account, OwnKind};
use tributary_model::{ObjectKey, Timestamp};
use tributary_proto::access::Caller;

use crate::decide::{Authority, Held, Holder, Trust};
use crate::issue::{Leaf, Signer, authorities, identity};

mod webhook;

#[cfg(test)]
mod tests;

/// As a Secret of cert-manager's has them, and `--tls-dir`.
const CERTIFICATE: &str = "tls.crt";
const KEY: &str = "tls.key";
const AUTHORITIES: &str = "ca.crt";
/// Since when the object names these authorities.
const SINCE: &str = "gateway.tributary.dev/trusted-since";
/// Who made it, so that nothing of others is deleted.
const MANAGED_BY: (&str, &str) = ("app.kubernetes.io/managed-by", "tributary-certificates");
const COMPONENT: &str = "app.kubernetes.io/component";

/// Which object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Object {
    /// The keys that sign.
    Authorities,
    /// One's certificate.
    Identity(Caller),
    /// Whom to trust, for everybody.
    Trust,
    /// Whom the API server is to trust when it asks about new pods: a MutatingWebhookConfiguration that others made.
    Webhook,
}

/// What all of them have in common.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub(crate) name: String,
    pub(crate) namespace: String,
    pub(crate) labels: BTreeMap<String, String>,
    /// With whom they go.
    pub(crate) owner: Option<Account>,
    /// Name of the webhook's configuration, if there shall be one.
    pub(crate) webhook: Option<String>,
}

/// What was read of each; nothing where it is not there.
pub(crate) type Read = BTreeMap<Object, Option<Value>>;

/// What there should be of one.
pub(crate) struct DraftObject {
    pub(crate) object: Object,
    /// Text, of a Secret encoded when it is written.
    data: BTreeMap<String, String>,
    annotations: BTreeMap<&'static str, String>,
}

impl Object {
    /// All that there may be. What others make is the last, since it may come later.
    pub(crate) fn all(frame: &Frame) -> impl Iterator<Item = Self> + use<> {
        let certified = Caller::ALL.into_iter().filter(|it| it.has_certificate());
        let identities = certified.map(Self::Identity);
        [Self::Authorities]
            .into_iter()
            .chain(identities)
            .chain([Self::Trust])
            .chain(frame.webhook.is_some().then_some(Self::Webhook))
    }

    pub(crate) fn kind(self) -> OwnKind {
        match self {
            Self::Authorities | Self::Identity(_) => OwnKind::Secret,
            Self::Trust => OwnKind::ConfigMap,
            Self::Webhook => OwnKind::MutatingWebhookConfiguration,
        }
    }

    /// Of those that somebody holds.
    pub(crate) fn holder(self) -> Option<&'static str> {
        match self {
            Self::Authorities => None,
            Self::Identity(service) => Some(service.name()),
            Self::Trust => Some("everybody"),
            Self::Webhook => Some("api-server"),
        }
    }

    pub(crate) fn key(self, frame: &Frame) -> ObjectKey {
        let name = match self {
            Self::Authorities => format!("{}-authority", frame.name),
            Self::Identity(service) => format!("{}-{}-tls", frame.name, service.name()),
            Self::Trust => format!("{}-ca", frame.name),
            Self::Webhook => {
                return ObjectKey::cluster(frame.webhook.as_deref().unwrap_or_default());
            }
        };
        ObjectKey::new(frame.namespace.as_str(), name.as_str())
    }

    /// Nothing where others made it, whose labels are theirs.
    fn component(self) -> Option<&'static str> {
        match self {
            Self::Authorities => Some("certificates"),
            Self::Identity(service) => Some(service.name()),
            Self::Trust => Some("trust"),
            Self::Webhook => None,
        }
    }

    fn secret_type(self) -> Option<&'static str> {
        match self {
            Self::Authorities => Some("Opaque"),
            Self::Identity(_) => Some("kubernetes.io/tls"),
            Self::Trust | Self::Webhook => None,
        }
    }
}

/// The authorities whose keys are there and fit.
pub(crate) fn signers(read: &Read) -> Vec<Signer> {
    let Some(Some(object)) = read.get(&Object::Authorities) else {
        return Vec::new();
    };
    let keys = object["data"].as_object().into_iter().flat_map(Map::keys);
    let certificates = keys.filter_map(|key| key.strip_suffix(".crt"));
    let signers = certificates.filter_map(|id| {
        let part = |kind: &str| text(object, Object::Authorities, &format!("{id}.{kind}"));
        Signer::read(&part("crt")?, &part("key")?)
    });
    signers.collect()
}

/// Everything that was read, as it is decided upon.
pub(crate) fn held(read: &Read, signers: &[Signer]) -> Held {
    let holders = read.iter().filter_map(|(object, found)| {
        let holder = holder(*object, found.as_ref()?);
        Some((object.holder()?.to_owned(), holder))
    });
    Held {
        authorities: signers.iter().map(|it| it.authority.clone()).collect(),
        holders: holders.collect(),
    }
}

/// The certificates of all authorities that anybody names.
pub(crate) fn known(read: &Read, signers: &[Signer]) -> BTreeMap<Authority, String> {
    let of = |signer: &Signer| (signer.authority.clone(), signer.certificate.clone());
    let mut known: BTreeMap<_, _> = signers.iter().map(of).collect();
    for (object, found) in read {
        let trusted = found.as_ref().and_then(|it| text(it, *object, AUTHORITIES));
        known.extend(trusted.iter().flat_map(|trusted| authorities(trusted)));
    }
    known
}

fn holder(object: Object, found: &Value) -> Holder {
    let part = |key: &str| text(found, object, key).unwrap_or_default();
    let since = found["metadata"]["annotations"][SINCE].as_str();
    let since = since.and_then(|since| since.parse::<jiff::Timestamp>().ok());
    let trusted = authorities(&part(AUTHORITIES)).into_iter();
    Holder {
        trust: Trust {
            authorities: trusted.map(|(authority, _)| authority).collect(),
            since: since.map(|since| Timestamp(since.as_second())),
        },
        identity: identity(&part(CERTIFICATE), &part(KEY)),
    }
}

fn text(found: &Value, object: Object, key: &str) -> Option<String> {
    let decoded = |value: &str| String::from_utf8(STANDARD.decode(value).ok()?).ok();
    match object.kind() {
        OwnKind::ConfigMap => Some(found["data"][key].as_str()?.to_owned()),
        OwnKind::Secret => decoded(found["data"][key].as_str()?),
        OwnKind::MutatingWebhookConfiguration => webhook::bundle(found).and_then(decoded),
    }
}

impl DraftObject {
    pub(crate) fn of_authorities<'a>(signers: impl Iterator<Item = &'a Signer>) -> Self {
        let data = signers.flat_map(|signer| {
            let id = &signer.authority.id;
            [
                (format!("{id}.crt"), signer.certificate.clone()),
                (format!("{id}.key"), signer.key.clone()),
            ]
        });
        Self {
            object: Object::Authorities,
            data: data.collect(),
            annotations: BTreeMap::new(),
        }
    }

    /// With a certificate, or with the one that is there.
    pub(crate) fn of_holder(
        object: Object,
        trusted: &str,
        since: Timestamp,
        leaf: Option<Leaf>,
    ) -> Self {
        let leaf = leaf.into_iter().flat_map(|Leaf { certificate, key }| {
            [(CERTIFICATE.to_owned(), certificate), (KEY.to_owned(), key)]
        });
        let trusted = (AUTHORITIES.to_owned(), trusted.to_owned());
        Self {
            object,
            data: leaf.chain([trusted]).collect(),
            annotations: BTreeMap::from([(SINCE, since.to_string())]),
        }
    }

    /// The whole object, where there is none.
    pub(crate) fn create(&self, frame: &Frame) -> Value {
        let mut object = self.wanted(frame);
        let key = self.object.key(frame);
        object["apiVersion"] = json!("v1");
        object["kind"] = json!(self.object.kind().to_string());
        object["metadata"]["name"] = json!(&*key.name);
        object["metadata"]["namespace"] = json!(&*key.namespace);
        if let Some(kind) = self.object.secret_type() {
            object["type"] = json!(kind);
        }
        if let Some(owner) = &frame.owner {
            object["metadata"]["ownerReferences"] = json!([owner.owner_reference()]);
        }
        object
    }

    /// What a merge patch has to change; nothing where all is as it should be. Labels, annotations and owners of others stay.
    pub(crate) fn patch(&self, found: &Value, frame: &Frame) -> Option<Value> {
        let mut wanted = self.wanted(frame);
        self.forget(found, &mut wanted["data"]);
        let mut patch = Map::new();
        let mut metadata = Map::new();
        for part in ["labels", "annotations"] {
            let differs = differing(&found["metadata"][part], &wanted["metadata"][part]);
            metadata.extend(differs.map(|it| (part.to_owned(), it)));
        }
        let (content, owners) = match self.object {
            Object::Authorities | Object::Identity(_) | Object::Trust => {
                let data = differing(&found["data"], &wanted["data"]);
                (data.map(|it| ("data", it)), owners(found, frame))
            }
            // Others made it, and it goes with their release.
            Object::Webhook => {
                let webhooks = webhook::trusting(found, &wanted["data"][AUTHORITIES]);
                (webhooks.map(|it| ("webhooks", it)), None)
            }
        };
        metadata.extend(owners.map(|it| ("ownerReferences".to_owned(), it)));
        if !metadata.is_empty() {
            patch.insert("metadata".to_owned(), Value::Object(metadata));
        }
        patch.extend(content.map(|(part, content)| (part.to_owned(), content)));
        (!patch.is_empty()).then_some(Value::Object(patch))
    }

    fn wanted(&self, frame: &Frame) -> Value {
        let data: BTreeMap<_, _> = (self.data.iter())
            .map(|(key, text)| match self.object.kind() {
                OwnKind::Secret | OwnKind::MutatingWebhookConfiguration => {
                    (key, STANDARD.encode(text))
                }
                OwnKind::ConfigMap => (key, text.clone()),
            })
            .collect();
        let labels = match self.object.component() {
            None => BTreeMap::new(),
            Some(component) => {
                let mut labels = frame.labels.clone();
                for (key, value) in [MANAGED_BY, (COMPONENT, component)] {
                    labels.insert(key.to_owned(), value.to_owned());
                }
                labels
            }
        };
        let mut wanted = json!({ "metadata": { "labels": labels }, "data": data });
        if !self.annotations.is_empty() {
            wanted["metadata"]["annotations"] = json!(self.annotations);
        }
        wanted
    }

    /// Keys that sign no more are deleted.
    fn forget(&self, found: &Value, wanted: &mut Value) {
        match self.object {
            Object::Authorities => {}
            Object::Identity(_) | Object::Trust | Object::Webhook => return,
        }
        let there: BTreeSet<_> = found["data"]
            .as_object()
            .into_iter()
            .flat_map(Map::keys)
            .collect();
        for key in there {
            if !self.data.contains_key(key) {
                wanted[key] = Value::Null;
            }
        }
    }
}

/// Whether a run of this program made it.
pub(crate) fn is_ours(found: &Value) -> bool {
    let (key, value) = MANAGED_BY;
    found["metadata"]["labels"][key] == value
}

fn differing(found: &Value, wanted: &Value) -> Option<Value> {
    let wanted = wanted.as_object()?;
    let differs = wanted
        .iter()
        .filter(|(key, value)| found[key.as_str()] != **value);
    let differs: Map<_, _> = differs
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    (!differs.is_empty()).then_some(Value::Object(differs))
}

/// All of them with ours, where that is missing: a patch replaces the list.
fn owners(found: &Value, frame: &Frame) -> Option<Value> {
    let ours = frame.owner.as_ref()?.owner_reference();
    let mut owners = found["metadata"]["ownerReferences"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    if owners.iter().any(|owner| owner["uid"] == ours["uid"]) {
        return None;
    }
    // One of an account that had the name before.
    owners.retain(|owner| owner["kind"] != ours["kind"] || owner["name"] != ours["name"]);
    owners.push(ours);
    Some(Value::Array(owners))
}
