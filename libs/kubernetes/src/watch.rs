//! Everything of one kind, and every change.
//!
//! kube's own watcher does not say when a streamed list begins anew, and what went between two beginnings would stay
//! for ever: so it is done here, over kube's requests.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::{self, BoxStream};
use k8s_openapi::api::coordination::v1::Lease;
use kube::api::{Api, ApiResource, DynamicObject, ListParams, WatchEvent as Told, WatchParams};
use kube::core::metadata::ObjectMeta;
use serde_json::Value;
use tokio::time::{Instant, timeout};
use tributary_model::resource::Author;
use tributary_model::{Kind, ObjectKey};

use crate::author::{author, field_manager};
use crate::cluster::{Cluster, REQUEST_DEADLINE, SILENCE, WATCH_SECONDS};
use crate::failure::{Class, Failure};
use crate::object::{json, version};
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
        /// Who wrote its status.
        author: Author,
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

/// The server ends a watch later than this.
const SHORTEST_WATCH: Duration = Duration::from_secs(1);
/// On the bookmark that ends a streamed list.
const LIST_END: &str = "k8s.io/initial-events-end";
/// Objects in a page.
const PAGE: u32 = 500;

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
        Watch {
            api: Api::all_with(self.client(), &served.resource),
            resource: served.resource.clone(),
            selector: field_selector(served.kind()).map(str::to_owned),
            writer: field_manager(self.installation()),
            mode,
            place: WatchState::Nowhere,
            connection: None,
            connected: Instant::now(),
        }
        .events()
    }

    /// One Lease in the same way, whoever renews it: there or not, then every change.
    pub fn watch_lease(
        &self,
        lease: &ObjectKey,
    ) -> BoxStream<'static, Result<WatchEvent, Failure>> {
        let resource = ApiResource::erase::<Lease>(&());
        Watch {
            api: Api::namespaced_with(self.client(), &lease.namespace, &resource),
            resource,
            // RBAC lets a role list and watch by this what it names.
            selector: Some(format!("metadata.name={}", lease.name)),
            writer: field_manager(self.installation()),
            mode: WatchMode::Paged,
            place: WatchState::Nowhere,
            connection: None,
            connected: Instant::now(),
        }
        .events()
    }

    /// What is there now, without the objects themselves.
    ///
    /// # Errors
    /// When a page does not come.
    pub async fn listing(&self, served: &Served) -> Result<Listing, Failure> {
        let mut listing = Listing::default();
        listing.version = self
            .each_metadata(served, |metadata| {
                listing.objects.extend([identity(&metadata)]);
            })
            .await?;
        Ok(listing)
    }

    /// Shows the metadata of everything of a kind, page by page; returns the version of the list.
    pub(crate) async fn each_metadata(
        &self,
        served: &Served,
        mut see: impl FnMut(ObjectMeta),
    ) -> Result<String, Failure> {
        let api: Api<DynamicObject> = Api::all_with(self.client(), &served.resource);
        let mut params = page(field_selector(served.kind()));
        loop {
            let page = timeout(REQUEST_DEADLINE, api.list_metadata(&params))
                .await
                .map_err(|_| Failure::timed_out("list"))??;
            page.items.into_iter().for_each(|item| see(item.metadata));
            match page.metadata.continue_.filter(|token| !token.is_empty()) {
                Some(token) => params = params.continue_token(&token),
                None => return version(page.metadata.resource_version),
            }
        }
    }
}

/// One watch, across its connections.
struct Watch {
    api: Api<DynamicObject>,
    resource: ApiResource,
    selector: Option<String>,
    /// By whose name a status is ours.
    writer: String,
    mode: WatchMode,
    place: WatchState,
    connection: Option<Connection>,
    /// When the connection was made.
    connected: Instant,
}

type Connection = BoxStream<'static, Result<Told<DynamicObject>, kube::Error>>;

/// How far a watch has come.
enum WatchState {
    /// A list has to begin.
    Nowhere,
    /// A page was read: these are to be told, and this asks for the next one.
    Page {
        objects: std::vec::IntoIter<DynamicObject>,
        next: Option<String>,
        version: String,
    },
    /// The objects of a streamed list come.
    Listing,
    /// Everything up to this version was told.
    At(String),
}

impl Watch {
    fn events(self) -> BoxStream<'static, Result<WatchEvent, Failure>> {
        stream::unfold(self, |mut watch| async move {
            let next = watch.next().await;
            Some((next, watch))
        })
        .boxed()
    }

    async fn next(&mut self) -> Result<WatchEvent, Failure> {
        loop {
            match std::mem::replace(&mut self.place, WatchState::Nowhere) {
                WatchState::Nowhere => {
                    self.begin().await?;
                    return Ok(WatchEvent::Init);
                }
                WatchState::Page {
                    mut objects,
                    next,
                    version,
                } => {
                    if let Some(object) = objects.next() {
                        self.place = WatchState::Page {
                            objects,
                            next,
                            version,
                        };
                        return Ok(self.apply(object));
                    }
                    let Some(token) = next else {
                        self.place = WatchState::At(version);
                        return Ok(WatchEvent::InitDone);
                    };
                    // A page that fails to come begins the list anew.
                    self.place = self.page(Some(token)).await?;
                }
                // Until it is complete, whatever ends the connection begins the list anew.
                WatchState::Listing => match self.told().await? {
                    Some(Told::Bookmark(bookmark)) => {
                        let version = bookmark.metadata.resource_version;
                        if bookmark.metadata.annotations.contains_key(LIST_END) {
                            self.place = WatchState::At(version);
                            return Ok(WatchEvent::InitDone);
                        }
                        self.place = WatchState::Listing;
                    }
                    Some(told) => {
                        let event = self.event(told)?;
                        self.place = WatchState::Listing;
                        return Ok(event);
                    }
                    None => {
                        return Err(Failure::broken("the server ended the watch amid the list"));
                    }
                },
                WatchState::At(version) => {
                    if let Some(event) = self.follow(version).await? {
                        return Ok(event);
                    }
                }
            }
        }
    }

    async fn begin(&mut self) -> Result<(), Failure> {
        self.place = match self.mode {
            WatchMode::Paged => self.page(None).await?,
            WatchMode::Streaming => {
                let params = self.params().initial_events();
                // No version: as new as at this moment. "0" would be whatever a server's cache holds.
                self.connect(&params, "").await?;
                WatchState::Listing
            }
        };
        Ok(())
    }

    async fn page(&mut self, token: Option<String>) -> Result<WatchState, Failure> {
        let mut params = page(self.selector.as_deref());
        if let Some(token) = token {
            params = params.continue_token(&token);
        }
        let list = timeout(REQUEST_DEADLINE, self.api.list(&params))
            .await
            .map_err(|_| Failure::timed_out("list"))??;
        Ok(WatchState::Page {
            objects: list.items.into_iter(),
            next: list.metadata.continue_.filter(|token| !token.is_empty()),
            version: version(list.metadata.resource_version)?,
        })
    }

    /// The next change after a version; none when there is only a newer version to go on from.
    async fn follow(&mut self, version: String) -> Result<Option<WatchEvent>, Failure> {
        let followed = async {
            if self.connection.is_none() {
                self.connect(&self.params(), &version).await?;
            }
            self.told().await
        };
        let told = match followed.await {
            Ok(Some(Told::Bookmark(bookmark))) => {
                self.place = WatchState::At(bookmark.metadata.resource_version);
                return Ok(None);
            }
            Ok(Some(told)) => self.event(told),
            // The server's regular end; one that ends every watch at once is not asked without end.
            Ok(None) => {
                self.place = WatchState::At(version);
                if self.connected.elapsed() < SHORTEST_WATCH {
                    return Err(Failure::broken("the server ended the watch at once"));
                }
                return Ok(None);
            }
            Err(failure) => Err(failure),
        };
        match told {
            Ok(event) => {
                let at = match &event {
                    WatchEvent::Apply { version, .. } | WatchEvent::Delete { version, .. } => {
                        version.clone()
                    }
                    WatchEvent::Init | WatchEvent::InitDone => version,
                };
                self.place = WatchState::At(at);
                Ok(Some(event))
            }
            // What came after the version is not known any more: the place stays nowhere.
            Err(failure) if failure.class == Class::Expired => {
                self.connection = None;
                tracing::debug!(kind = self.resource.kind, %failure, "listed anew");
                Ok(None)
            }
            Err(failure) => {
                self.connection = None;
                self.place = WatchState::At(version);
                Err(failure)
            }
        }
    }

    async fn connect(&mut self, params: &WatchParams, version: &str) -> Result<(), Failure> {
        self.connection = None;
        let connection = timeout(REQUEST_DEADLINE, self.api.watch(params, version))
            .await
            .map_err(|_| Failure::timed_out("watch"))??;
        self.connection = Some(connection.boxed());
        self.connected = Instant::now();
        Ok(())
    }

    /// What the connection tells next; none at its regular end.
    async fn told(&mut self) -> Result<Option<Told<DynamicObject>>, Failure> {
        let Some(connection) = &mut self.connection else {
            return Ok(None);
        };
        let told = timeout(SILENCE, connection.next()).await;
        if !matches!(told, Ok(Some(Ok(_)))) {
            self.connection = None;
        }
        match told {
            Ok(told) => Ok(told.transpose()?),
            Err(_) => Err(Failure::timed_out("watch")),
        }
    }

    fn params(&self) -> WatchParams {
        let params = WatchParams::default().timeout(WATCH_SECONDS);
        match &self.selector {
            Some(selector) => params.fields(selector),
            None => params,
        }
    }

    fn event(&self, told: Told<DynamicObject>) -> Result<WatchEvent, Failure> {
        match told {
            Told::Added(object) | Told::Modified(object) => Ok(self.apply(object)),
            Told::Deleted(object) => {
                let (key, version) = identity(&object.metadata);
                Ok(WatchEvent::Delete { key, version })
            }
            Told::Error(status) => Err((*status).into()),
            Told::Bookmark(_) => Err(Failure::broken("a bookmark where none is expected")),
        }
    }

    fn apply(&self, object: DynamicObject) -> WatchEvent {
        let (key, version) = identity(&object.metadata);
        WatchEvent::Apply {
            key,
            version,
            author: author(
                object
                    .metadata
                    .managed_fields
                    .as_deref()
                    .unwrap_or_default(),
                &self.writer,
            ),
            object: json(&self.resource, object),
        }
    }
}

fn page(selector: Option<&str>) -> ListParams {
    let params = ListParams::default().limit(PAGE);
    match selector {
        Some(selector) => params.fields(selector),
        None => params,
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
