//! What a target begins with, of what our own tests have.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use prost::Message;
use serde_json::{Value, json};
use tributary_folder::{Folder, document};
use tributary_merge::judge::{Reports, judge};
use tributary_merge::{Options, merge};
use tributary_model::judgement::JudgedObject;
use tributary_model::{Kind, Resource, Snapshot, Timestamp};
use tributary_normalize::versions;
use tributary_proto::types;

/// When goldens are read.
const NOW: Timestamp = Timestamp(1_780_272_000);

/// Writes seeds and words for mutations below `corpus`, where libFuzzer finds them after this.
pub fn write<W: AsRef<str>>(
    target: &str,
    seeds: impl IntoIterator<Item = Vec<u8>>,
    words: impl IntoIterator<Item = W>,
) {
    let corpus = here().join("corpus").join(target);
    std::fs::create_dir_all(&corpus).expect("a folder for the corpus");
    for (number, seed) in seeds.into_iter().enumerate() {
        std::fs::write(corpus.join(format!("seed-{number:04}")), seed).expect("a seed");
    }
    let mut lines = "# Written when the target starts.\n".to_owned();
    for word in words {
        let plain =
            |byte: u8| (byte.is_ascii_graphic() || byte == b' ') && !b"\"\\".contains(&byte);
        let word = word.as_ref();
        if (2..64).contains(&word.len()) && word.bytes().all(plain) {
            lines.extend(["\"", word, "\"\n"]);
        }
    }
    std::fs::write(corpus.with_extension("dict"), lines).expect("a dictionary");
}

/// For inputs that are no text.
pub const NO_WORDS: [&str; 0] = [];

/// What the sandbox's sources quote, and the names of parameters by their fields.
pub fn parameters() -> BTreeSet<String> {
    let mut texts = Vec::new();
    read(&here().join("../../services/sandbox/src"), &mut texts);
    let mut words = BTreeSet::new();
    for line in texts.iter().flat_map(|text| text.lines()) {
        words.extend(line.split('"').skip(1).step_by(2).map(str::to_owned));
        let field = line.trim().trim_start_matches("pub(crate) ");
        if let Some((name, _)) = field.split_once(": ")
            && name
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        {
            let capital = |part: &str| part[..1].to_ascii_uppercase() + &part[1..];
            let parts = name.split('_').filter(|part| !part.is_empty());
            words.insert(parts.map(capital).collect());
        }
    }
    words
}

/// The objects of all goldens, and a bare one of every kind in each of its versions.
pub fn objects() -> Vec<Value> {
    let mut objects = Vec::new();
    for kind in Kind::ALL {
        for version in versions(kind) {
            objects.push(bare(kind, version));
        }
    }
    for text in texts() {
        let (documents, _) = document::parse(&text);
        objects.extend(documents.into_iter().map(|document| document.value));
    }
    objects.dedup();
    objects
}

/// The documents of all goldens, and some files.
pub fn documents() -> Vec<Vec<u8>> {
    let mut seeds: Vec<String> = objects().iter().map(Value::to_string).collect();
    for text in texts() {
        seeds.extend(text.split("\n---\n").map(str::to_owned));
        seeds.push(text);
    }
    seeds.sort();
    seeds.dedup();
    seeds.into_iter().map(String::into_bytes).collect()
}

/// Messages of what the goldens are read and merged to.
pub struct Merged {
    pub objects: Vec<Vec<u8>>,
    pub load_balancers: Vec<Vec<u8>>,
    pub judged: Vec<Vec<u8>>,
}

/// What becomes of the goldens.
pub fn merged() -> Merged {
    let mut all = Merged {
        objects: Vec::new(),
        load_balancers: Vec::new(),
        judged: Vec::new(),
    };
    for case in cases() {
        let folder = Folder::open(case.join("input"), None, Some(case.join("written")));
        let Ok(reading) = folder.and_then(|mut folder| folder.read(NOW)) else {
            continue;
        };
        let snapshot: Snapshot = reading
            .objects
            .values()
            .map(|object| Resource::clone(&object.resource))
            .collect();
        let merge = merge(&snapshot, Options::default()).merge;
        for desired in merge.load_balancers().values() {
            let message = types::DesiredLoadBalancer::from(&**desired);
            all.load_balancers.push(message.encode_to_vec());
        }
        for (reference, object) in reading.objects {
            all.objects
                .push(types::SourceObject::from(&object).encode_to_vec());
            if let Some(judgement) = judge(&merge, &reference, &Reports::default()) {
                let judged = JudgedObject {
                    judgement,
                    current: object.status.map(|carried| carried.status),
                    resource_version: Some(7),
                };
                all.judged
                    .push(types::JudgedObject::from(&judged).encode_to_vec());
            }
        }
    }
    for messages in [&mut all.objects, &mut all.load_balancers, &mut all.judged] {
        messages.sort();
        messages.dedup();
    }
    all
}

/// The calls of `seeds/wire.txt`; an empty line ends a seed.
pub fn calls() -> Vec<Vec<u8>> {
    include_str!("../seeds/wire.txt")
        .split("\n\n")
        .map(|calls| calls.trim().as_bytes().to_vec())
        .collect()
}

fn bare(kind: Kind, version: &str) -> Value {
    let api_version = match kind.group() {
        "" => version.to_owned(),
        group => format!("{group}/{version}"),
    };
    json!({
        "apiVersion": api_version,
        "kind": kind.as_str(),
        "metadata": {"name": "a", "labels": {"team": "a"}, "generation": 2},
        "type": "kubernetes.io/tls",
        "addressType": "IPv4",
        "data": {},
        "spec": {
            "readinessGates": [{"conditionType": "target-health.gateway.k8s.aws/a"}],
            "parentRefs": [{"name": "a"}], "parentRef": {"name": "a"},
            "gatewayClassName": "a", "controllerName": "example.com/a",
            "listeners": [{"name": "a", "port": 80, "protocol": "HTTP"}],
            "rules": [{"backendRefs": [{"name": "a", "port": 80}]}],
        },
        "status": {"conditions": [{
            "type": "Accepted", "status": "True", "reason": "Accepted", "message": "",
            "lastTransitionTime": "2026-06-01T00:00:00Z", "observedGeneration": 1,
        }]},
    })
}

/// All files that goldens read, and statuses that they carry.
fn texts() -> Vec<String> {
    let mut texts = Vec::new();
    for case in cases() {
        for folder in ["input", "before", "written"] {
            read(&case.join(folder), &mut texts);
        }
    }
    texts
}

fn read(folder: &Path, texts: &mut Vec<String>) {
    for path in entries(folder) {
        if path.is_dir() {
            read(&path, texts);
        } else if let Ok(text) = std::fs::read_to_string(&path) {
            texts.push(text);
        }
    }
}

fn cases() -> Vec<PathBuf> {
    entries(&here().join("../golden/cases"))
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    entries.sort();
    entries
}

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
