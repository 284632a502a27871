//! Which of the kinds that Tributary reads an API server serves, and how.

use std::collections::{BTreeMap, BTreeSet};

use kube::Client;
use kube::api::{Api, DynamicObject};
use kube::core::ApiResource;
use tokio::time::timeout;
use tributary_model::key::{AWS_GROUP, GATEWAY_GROUP};
use tributary_model::{Kind, ObjectKey};
use tributary_normalize::versions;

use crate::cluster::{Cluster, REQUEST_DEADLINE};
use crate::failure::{Class, Failure};

/// A kind at the version in which it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Served {
    kind: Kind,
    pub(crate) resource: ApiResource,
}

/// What an API server says of its kinds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kinds {
    /// Those that are read, at the version that is.
    pub read: BTreeMap<Kind, Served>,
    /// Those that are there in other versions only.
    pub unread: Vec<Unread>,
    /// Others of Gateway API's groups and the configurations', `kind.group`: nothing is known of them.
    pub unknown: BTreeSet<String>,
}

/// A kind that is there in versions only that are not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// Which.
    pub kind: Kind,
    /// The versions that are served.
    pub served: BTreeSet<String>,
}

/// Groups of CustomResourceDefinitions: their kinds come and go.
const CUSTOM_GROUPS: [&str; 2] = [GATEWAY_GROUP, AWS_GROUP];
/// Beside them the group of what Gateway API tries out, of which nothing is read.
const LOOKED_AT: [&str; 3] = [GATEWAY_GROUP, AWS_GROUP, "gateway.networking.x-k8s.io"];

impl Served {
    /// Which.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The version, without the group.
    pub fn version(&self) -> &str {
        &self.resource.version
    }

    /// As RBAC rules and `kubectl get` name it: `httproutes.gateway.networking.k8s.io`.
    pub fn resource_name(&self) -> String {
        let ApiResource { group, plural, .. } = &self.resource;
        if group.is_empty() {
            plural.clone()
        } else {
            format!("{plural}.{group}")
        }
    }

    fn new(kind: Kind, version: &str, plural: &str) -> Self {
        let group = kind.group();
        let api_version = if group.is_empty() {
            version.to_owned()
        } else {
            format!("{group}/{version}")
        };
        Self {
            kind,
            resource: ApiResource {
                group: group.to_owned(),
                version: version.to_owned(),
                api_version,
                kind: kind.as_str().to_owned(),
                plural: plural.to_owned(),
            },
        }
    }

    /// A kind in the version that is read first, whether or not it is served.
    pub(crate) fn preferred(kind: Kind) -> Self {
        let version = versions(kind).first().copied().unwrap_or("v1");
        Self::new(kind, version, plural(kind))
    }

    /// A kind in each version that is read, whether or not it is served: old CRDs have later ones only.
    pub(crate) fn each_version(kind: Kind) -> impl Iterator<Item = Self> {
        versions(kind)
            .iter()
            .map(move |version| Self::new(kind, version, plural(kind)))
    }
}

impl Cluster {
    /// Where one object of a kind is.
    pub(crate) fn object_api(&self, served: &Served, key: &ObjectKey) -> Api<DynamicObject> {
        if served.kind.is_cluster_scoped() {
            Api::all_with(self.client(), &served.resource)
        } else {
            Api::namespaced_with(self.client(), &key.namespace, &served.resource)
        }
    }

    /// Asks which kinds are served: those of Kubernetes itself, which always are, and those of the custom groups that
    /// are at this moment, each at the version that comes first in [`versions`]; beside them those that are there and
    /// not read.
    ///
    /// # Errors
    /// When any question is not answered, or the server is not ready: then nothing is known about what is missing.
    pub async fn served(&self) -> Result<Kinds, Failure> {
        timeout(REQUEST_DEADLINE, served(self.client()))
            .await
            .map_err(|_| Failure::timed_out("discovery"))?
    }
}

/// A server that has just been started answers before it knows its CRDs.
async fn ready(client: &Client) -> Result<(), Failure> {
    let request = http::Request::get("/readyz").body(Vec::new());
    let request = request.map_err(kube::Error::HttpError)?;
    match client.request_text(request).await.map_err(Failure::from) {
        Ok(_) => Ok(()),
        // Every role may ask, unless somebody has taken that away.
        Err(failure) if failure.class == Class::Forbidden => Ok(()),
        Err(failure) => Err(failure),
    }
}

async fn served(client: Client) -> Result<Kinds, Failure> {
    ready(&client).await?;
    // Versions of each kind, as they are served.
    let mut found: BTreeMap<Kind, BTreeMap<String, String>> = BTreeMap::new();
    let mut unknown = BTreeSet::new();
    let groups = client.list_api_groups().await?.groups;
    for group in groups
        .iter()
        .filter(|group| LOOKED_AT.contains(&group.name.as_str()))
    {
        for version in &group.versions {
            let resources = match client
                .list_api_group_resources(&version.group_version)
                .await
                .map_err(Failure::from)
            {
                Ok(list) => list.resources,
                // The version went between the two questions.
                Err(failure) if failure.class == Class::NotFound => continue,
                Err(failure) => return Err(failure),
            };
            for resource in resources {
                let kind = Kind::parse(&resource.kind).filter(|kind| kind.group() == group.name);
                // Subresources are named `gateways/status`.
                if resource.name.contains('/') {
                    continue;
                }
                match kind {
                    Some(kind) => {
                        let versions = found.entry(kind).or_default();
                        versions.insert(version.version.clone(), resource.name);
                    }
                    None => {
                        unknown.insert(format!("{}.{}", resource.kind, group.name));
                    }
                }
            }
        }
    }
    let mut read: BTreeMap<Kind, Served> = Kind::ALL
        .into_iter()
        .filter(|kind| !CUSTOM_GROUPS.contains(&kind.group()))
        .map(|kind| (kind, Served::preferred(kind)))
        .collect();
    let mut unread = Vec::new();
    for (kind, served) in found {
        let version = versions(kind)
            .iter()
            .find_map(|version| Some((*version, served.get(*version)?)));
        match version {
            Some((version, plural)) => {
                read.insert(kind, Served::new(kind, version, plural));
            }
            None => unread.push(Unread {
                kind,
                served: served.into_keys().collect(),
            }),
        }
    }
    Ok(Kinds {
        read,
        unread,
        unknown,
    })
}

/// The resource's name in URLs.
pub(crate) fn plural(kind: Kind) -> &'static str {
    match kind {
        Kind::GatewayClass => "gatewayclasses",
        Kind::Gateway => "gateways",
        Kind::ListenerSet => "listenersets",
        Kind::HttpRoute => "httproutes",
        Kind::GrpcRoute => "grpcroutes",
        Kind::TcpRoute => "tcproutes",
        Kind::UdpRoute => "udproutes",
        Kind::TlsRoute => "tlsroutes",
        Kind::ReferenceGrant => "referencegrants",
        Kind::BackendTlsPolicy => "backendtlspolicies",
        Kind::Namespace => "namespaces",
        Kind::Service => "services",
        Kind::EndpointSlice => "endpointslices",
        Kind::Node => "nodes",
        Kind::Pod => "pods",
        Kind::Secret => "secrets",
        Kind::LoadBalancerConfiguration => "loadbalancerconfigurations",
        Kind::TargetGroupConfiguration => "targetgroupconfigurations",
        Kind::ListenerRuleConfiguration => "listenerruleconfigurations",
    }
}
