//! What is refused, and what is filled in, as an API server does it: a folder of manifests has none.

#![cfg(test)]

mod corpus;

use std::collections::BTreeSet;
use std::path::Path;

use futures::{StreamExt, stream};
use kube::Client;
use kube::api::{ListParams, PostParams, Request};
use regex::Regex;
use serde::Deserialize;
use serde_json::{Value, json};
use tributary_model::{Kind, Resource, Timestamp};
use tributary_normalize::{Defaults, Normalized, Warning, normalize, versions};
use tributary_tests_kubernetes::crds::Channel;
use tributary_tests_kubernetes::server::{Options, Server};

use corpus::{Case, cases, missing};

/// The kinds that have CRDs.
const KINDS: [Kind; 13] = [
    Kind::GatewayClass,
    Kind::Gateway,
    Kind::ListenerSet,
    Kind::HttpRoute,
    Kind::GrpcRoute,
    Kind::TlsRoute,
    Kind::TcpRoute,
    Kind::UdpRoute,
    Kind::ReferenceGrant,
    Kind::BackendTlsPolicy,
    Kind::LoadBalancerConfiguration,
    Kind::TargetGroupConfiguration,
    Kind::ListenerRuleConfiguration,
];

const NAMESPACE: &str = "default";

/// What is asked at once.
const CONCURRENT: usize = 16;

/// How the two may differ about one object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Difference {
    /// The API server refuses what is read.
    Accepted,
    /// The API server takes what is refused, or of which a part is left out.
    Refused,
    /// What the API server made of it means something else.
    Meaning,
}

/// A row of differences.yaml.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    /// A regular expression, for names of cases as a whole.
    cases: String,
    differ: Difference,
    why: String,
}

/// A kind in one version, as the API server has it.
struct Served {
    kind: Kind,
    version: String,
    plural: String,
    schema: Value,
}

#[derive(Debug, PartialEq)]
struct Read {
    resource: Resource,
    /// What was left out of it with a reason.
    faults: Vec<String>,
    unknown: Vec<Warning>,
}

fn file(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/kubernetes");
    std::fs::read_to_string(folder.join(name)).unwrap()
}

fn seeds(kind: Kind, version: &str) -> Vec<Value> {
    let text = file(&format!("seeds/{}.yaml", kind.as_str()));
    let mut seeds: Vec<Value> = serde_saphyr::from_multiple(&text).unwrap();
    for seed in &mut seeds {
        seed["apiVersion"] = json!(format!("{}/{version}", kind.group()));
        seed["kind"] = json!(kind.as_str());
        seed["metadata"] = json!({
            "name": "web",
            "labels": { "example.com/team": "a" },
            "annotations": { "example.com/note": "a" },
        });
        if !kind.is_cluster_scoped() {
            seed["metadata"]["namespace"] = json!(NAMESPACE);
        }
    }
    seeds
}

/// Versions that differ in nothing are asked for once.
async fn served(client: &Client) -> Vec<Served> {
    let request = Request::new("/apis/apiextensions.k8s.io/v1/customresourcedefinitions");
    let request = request.list(&ListParams::default()).unwrap();
    let listed: Value = client.request(request).await.unwrap();
    let mut served = Vec::new();
    for kind in KINDS {
        let crd = listed["items"].as_array().unwrap().iter().find(|crd| {
            crd["spec"]["names"]["kind"] == kind.as_str() && crd["spec"]["group"] == kind.group()
        });
        let spec = &crd.unwrap()["spec"];
        let mut known = Vec::new();
        for version in spec["versions"].as_array().unwrap() {
            let name = version["name"].as_str().unwrap();
            let schema = &version["schema"]["openAPIV3Schema"]["properties"]["spec"];
            if version["served"] == true
                && versions(kind).contains(&name)
                && !known.contains(&schema)
            {
                known.push(schema);
                served.push(Served {
                    kind,
                    version: name.to_owned(),
                    plural: spec["names"]["plural"].as_str().unwrap().to_owned(),
                    schema: json!({ "properties": { "metadata": metadata(kind), "spec": schema } }),
                });
            }
        }
    }
    served
}

/// Part of the schema of metadata, for one kind: it is the same for all.
fn metadata(kind: Kind) -> Value {
    if kind != Kind::ListenerSet {
        return Value::Null;
    }
    let map =
        |longest| json!({ "additionalProperties": { "type": "string", "maxLength": longest } });
    json!({ "properties": {
        "name": { "type": "string", "maxLength": 253 },
        "labels": map(63),
        "annotations": map(100),
    } })
}

/// The object as it would be stored, or why it would not be.
async fn asked(client: &Client, served: &Served, object: &Value) -> Result<Value, String> {
    let Served {
        kind,
        version,
        plural,
        ..
    } = served;
    let group = kind.group();
    let url = if kind.is_cluster_scoped() {
        format!("/apis/{group}/{version}/{plural}")
    } else {
        format!("/apis/{group}/{version}/namespaces/{NAMESPACE}/{plural}")
    };
    let params = PostParams {
        dry_run: true,
        field_manager: None,
    };
    let body = serde_json::to_vec(object).unwrap();
    let request = Request::new(url).create(&params, body).unwrap();
    match client.request::<Value>(request).await {
        Ok(mut stored) => {
            let metadata = stored["metadata"].as_object_mut().unwrap();
            metadata
                .retain(|field, _| !["creationTimestamp", "generation"].contains(&field.as_str()));
            Ok(stored)
        }
        Err(kube::Error::Api(status))
            if (400..500).contains(&status.code) && status.code != 404 =>
        {
            Err(status.message)
        }
        Err(error) => panic!("{error}: {object}"),
    }
}

fn read(object: &Value) -> Result<Read, String> {
    let defaults = Defaults {
        namespace: NAMESPACE.into(),
        created: Timestamp(1_000),
        generation: 1,
    };
    let (object, unknown) = match normalize(object, &defaults) {
        Ok(Normalized::Ours { object, warnings }) => (object, warnings),
        Ok(Normalized::Foreign(foreign)) => panic!("{foreign}"),
        Err(rejected) => return Err(rejected.to_string()),
    };
    let mut resource = std::sync::Arc::unwrap_or_clone(object.resource);
    let faults = match &mut resource {
        Resource::LoadBalancerConfiguration(configuration) => {
            std::mem::take(&mut configuration.faults)
        }
        Resource::TargetGroupConfiguration(configuration) => {
            std::mem::take(&mut configuration.faults)
        }
        Resource::ListenerRuleConfiguration(configuration) => {
            std::mem::take(&mut configuration.faults)
        }
        _ => Vec::new(),
    };
    let faults = faults
        .into_iter()
        .filter(|fault| !fault.reason.starts_with("unknown field"));
    Ok(Read {
        resource,
        faults: faults
            .map(|fault| format!("{}: {}", fault.field, fault.reason))
            .collect(),
        unknown,
    })
}

/// How they differ about an object, in words too.
fn compared(object: &Value, asked: Result<Value, String>) -> Option<(Difference, String)> {
    let read_here = read(object);
    let told = match &read_here {
        Ok(read) if read.faults.is_empty() => None,
        Ok(read) => Some(read.faults.join("; ")),
        Err(rejected) => Some(rejected.clone()),
    };
    match (asked, told) {
        (Err(_), Some(_)) => None,
        (Err(refused), None) => Some((Difference::Accepted, refused)),
        (Ok(_), Some(told)) => Some((Difference::Refused, told)),
        (Ok(stored), None) => {
            let (here, there) = (read_here.unwrap(), read(&stored).unwrap());
            let same = here.resource == there.resource && there.unknown.is_empty();
            (!same).then(|| (Difference::Meaning, format!("{here:?} and {there:?}")))
        }
    }
}

#[tokio::test]
async fn what_an_api_server_refuses_is_refused_and_what_it_fills_in_is_filled_in() {
    let server = Server::start(Options::default()).await;
    server.cluster().install_crds(Channel::Experimental).await;
    let client = server.cluster().client();
    let rows: Vec<Row> = serde_saphyr::from_str(&file("differences.yaml")).unwrap();
    let patterns: Vec<Regex> = rows
        .iter()
        .map(|row| Regex::new(&format!("^(?:{})$", row.cases)).unwrap())
        .collect();
    let (mut refused_by_both, mut taken_by_both, mut differ_on) = (0, 0, 0);
    let (mut used, mut tried) = (BTreeSet::new(), BTreeSet::new());
    let mut wrong = Vec::new();
    for served in served(&client).await {
        let label = format!("{} {}", served.kind.as_str(), served.version);
        let seeds = seeds(served.kind, &served.version);
        let lacking = missing(&served.schema, &seeds);
        wrong.extend(
            lacking
                .iter()
                .map(|place| format!("{label}: no seed has {place}")),
        );
        let cases = cases(&label, &served.schema, &seeds, &mut tried);
        let results = stream::iter(cases).map(async |Case { name, object }| {
            let asked = asked(&client, &served, &object).await;
            let refused = asked.is_err();
            (name, refused, compared(&object, asked))
        });
        let results: Vec<_> = results.buffer_unordered(CONCURRENT).collect().await;
        for (name, refused, difference) in results {
            let Some((differ, words)) = difference else {
                if refused {
                    refused_by_both += 1;
                } else {
                    taken_by_both += 1;
                }
                continue;
            };
            differ_on += 1;
            let found = (0..rows.len())
                .find(|&at| rows[at].differ == differ && patterns[at].is_match(&name));
            match found {
                Some(at) => drop(used.insert(at)),
                None => wrong.push(format!("{name}: {differ:?}: {words}")),
            }
        }
    }
    for (at, row) in rows.iter().enumerate() {
        if !used.contains(&at) {
            wrong.push(format!(
                "no difference is left for the row {:?} ({})",
                row.cases, row.why
            ));
        }
    }
    println!(
        "{refused_by_both} refused by both, {taken_by_both} taken by both, {differ_on} differ"
    );
    wrong.sort();
    assert!(
        wrong.is_empty(),
        "{} of them:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
