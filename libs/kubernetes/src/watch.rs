//! Everything of one kind, and every change.

use std::collections::BTreeMap;

use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use kube::api::{Api, DynamicObject, ListParams};
use kube::core::PartialObjectMeta;
use kube::core::metadata::ObjectMeta;
use kube::runtime::watcher;
use serde_json::Value;
use tokio::time::timeout;
use tributary_model::{Kind, ObjectKey};

use crate::cluster::{Cluster, REQUEST_DEADLINE};
use crate::failure::Failure;
use crate::served::Served;

/// How the list before the changes comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WatchMode {
    /// As events of the watch itself (WatchList, Kubernetes 1.34 and later): one object at a time in memory, on
    /// both sides. A server that cannot answers with [`Class::Invalid`](crate::Class::Invalid).
    Streaming,
    /// In pages.
    Paged,
}

/// What a watch tells.
#[derive(Clone, Debug, PartialEq)]
pub enum WatchEvent {
    /// A list begins: at first, and again whenever changes may have been missed.
    Init,
    /// The object is this, as its JSON; managedFields and kubectl's last-applied copy are left out.
    Apply {
        /// Namespace and name.
        key: ObjectKey,
        /// `metadata.resourceVersion`.
        version: String,
        /// Kind and apiVersion among it.
        object: Value,
    },
    /// The list is complete: what it did not name is gone.
    InitDone,
    /// The object is gone.
    Delete {
        /// Namespace and name.
        key: ObjectKey,
        /// The resource version of its deletion.
        version: String,
    },
}

/// What is there at one moment: the resource version of every object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// By namespace and name.
    pub objects: BTreeMap<ObjectKey, String>,
    /// Of the list as a whole.
    pub version: String,
}

/// Seconds after which the server ends a watch, which goes on where it ended. A connection that fell silent is noticed
/// five seconds later.
const WATCH_SECONDS: u32 = 60;
/// Objects in a page.
const PAGE: u32 = 500;
/// kubectl's copy of the whole object.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

impl Cluster {
    /// Everything of a kind, then every change, for ever. It goes on after an error when it is polled again, where it
    /// was or with a new list, and does not wait by itself.
    ///
    /// Of Secrets only those of type `kubernetes.io/tls` are asked for.
    pub fn watch(
        &self,
        served: &Served,
        mode: WatchMode,
    ) -> BoxStream<'static, Result<WatchEvent, Failure>> {
        let mut config = watcher::Config::default().timeout(WATCH_SECONDS);
        config = match mode {
            WatchMode::Streaming => config.streaming_lists(),
            WatchMode::Paged => config.page_size(PAGE),
        };
        if let Some(selector) = field_selector(served.kind()) {
            config = config.fields(selector);
        }
        let resource = served.resource.clone();
        let api: Api<DynamicObject> = Api::all_with(self.client(), &resource);
        let events = watcher(api, config);
        events
            .map_ok(move |event| match event {
                watcher::Event::Init => WatchEvent::Init,
                watcher::Event::InitDone => WatchEvent::InitDone,
                watcher::Event::Apply(object) | watcher::Event::InitApply(object) => {
                    let (key, version) = identity(&object.metadata);
                    WatchEvent::Apply {
                        key,
                        version,
                        object: trimmed(object, &resource.api_version, &resource.kind),
                    }
                }
                watcher::Event::Delete(object) => {
                    let (key, version) = identity(&object.metadata);
                    WatchEvent::Delete { key, version }
                }
            })
            .map_err(Failure::from)
            .boxed()
    }

    /// What is there now, without the objects themselves.
    ///
    /// # Errors
    /// When a page does not come.
    pub async fn listing(&self, served: &Served) -> Result<Listing, Failure> {
        let api: Api<DynamicObject> = Api::all_with(self.client(), &served.resource);
        let mut params = ListParams::default().limit(PAGE);
        if let Some(selector) = field_selector(served.kind()) {
            params = params.fields(selector);
        }
        let mut listing = Listing::default();
        loop {
            let page = timeout(REQUEST_DEADLINE, api.list_metadata(&params))
                .await
                .map_err(|_| Failure::timed_out("list"))??;
            let items = page.items.iter();
            listing.objects.extend(
                items.map(|item: &PartialObjectMeta<DynamicObject>| identity(&item.metadata)),
            );
            listing.version = page.metadata.resource_version.unwrap_or_default();
            match page.metadata.continue_.filter(|token| !token.is_empty()) {
                Some(token) => params = params.continue_token(&token),
                None => return Ok(listing),
            }
        }
    }
}

fn field_selector(kind: Kind) -> Option<&'static str> {
    (kind == Kind::Secret).then_some("type=kubernetes.io/tls")
}

fn identity(metadata: &ObjectMeta) -> (ObjectKey, String) {
    let key = ObjectKey::new(
        metadata.namespace.as_deref().unwrap_or(""),
        metadata.name.as_deref().unwrap_or(""),
    );
    (key, metadata.resource_version.clone().unwrap_or_default())
}

fn trimmed(object: DynamicObject, api_version: &str, kind: &str) -> Value {
    let DynamicObject {
        types: _,
        mut metadata,
        data: mut value,
    } = object;
    metadata.managed_fields = None;
    if let Some(annotations) = &mut metadata.annotations {
        annotations.remove(LAST_APPLIED);
    }
    // ObjectMeta has nothing that JSON cannot hold.
    let metadata = serde_json::to_value(metadata).unwrap_or(Value::Null);
    // Items of a list come without them.
    value["apiVersion"] = Value::String(api_version.to_owned());
    value["kind"] = Value::String(kind.to_owned());
    value["metadata"] = metadata;
    value
}
