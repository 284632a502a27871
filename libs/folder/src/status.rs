//! Status files: `DIR/<kind in lower case>/<namespace>/<name>.yaml`, what a cluster's status subresource is
//! for a folder. The status writer writes them; the watcher reads them as the status that objects carry.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tributary_model::status::Status;
use tributary_model::{Kind, ObjectKey, ObjectRef};
use tributary_normalize::{status_from_json, status_to_json};

/// A status file could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} the status of {object} at {path}: {reason}")]
pub struct StatusFileError {
    action: &'static str,
    object: ObjectRef,
    path: PathBuf,
    reason: String,
}

/// There is no status folder, and none can be made.
#[derive(Debug, thiserror::Error)]
#[error("cannot write statuses to {path}")]
pub struct StatusDirError {
    path: PathBuf,
    source: std::io::Error,
}

/// A name may have 253 characters, and a file's name, while it is written, `.yaml.next` besides: 255 is the most
/// that file systems take.
const LONGEST_NAME: usize = 240;
/// What is left of a longer name, before its digest.
const CUT_NAME: usize = 200;
/// Between the two. No object's name has one.
const CUT: char = '~';

/// The kinds that get a status.
const KINDS: [Kind; 8] = [
    Kind::GatewayClass,
    Kind::Gateway,
    Kind::ListenerSet,
    Kind::HttpRoute,
    Kind::GrpcRoute,
    Kind::TcpRoute,
    Kind::UdpRoute,
    Kind::TlsRoute,
];

/// Makes the folder if it is not there.
///
/// # Errors
/// When it is not there and cannot be made.
pub fn open(root: &Path) -> Result<(), StatusDirError> {
    std::fs::create_dir_all(root).map_err(|source| StatusDirError {
        path: root.to_owned(),
        source,
    })
}

/// The status of an object, if it has a file.
///
/// # Errors
/// When there is a file and it cannot be read or understood.
pub fn read(root: &Path, object: &ObjectRef) -> Result<Option<Status>, StatusFileError> {
    let path = file(root, object);
    let failed = |reason: String| StatusFileError {
        action: "read",
        object: object.clone(),
        path: path.clone(),
        reason,
    };
    let Some(value) = value(&path).map_err(failed)? else {
        return Ok(None);
    };
    let status = value.get("status").unwrap_or(&Value::Null);
    status_from_json(object.kind, status).map_err(|rejected| failed(rejected.to_string()))
}

/// Writes an object's status in one step: a reader sees the old file or the new one.
///
/// # Errors
/// From the operating system.
pub fn write(
    root: &Path,
    object: &ObjectRef,
    generation: i64,
    status: &Status,
) -> Result<(), StatusFileError> {
    let path = file(root, object);
    let failed = |reason: String| StatusFileError {
        action: "write",
        object: object.clone(),
        path: path.clone(),
        reason,
    };
    let text = serde_saphyr::to_string(&document(object, generation, status))
        .map_err(|error| failed(error.to_string()))?;
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(|error| failed(error.to_string()))?;
    }
    let next = path.with_extension("yaml.next");
    std::fs::write(&next, text)
        .and_then(|()| std::fs::rename(&next, &path))
        .map_err(|error| failed(error.to_string()))
}

/// Removes an object's status, if it has a file.
///
/// # Errors
/// From the operating system.
pub fn remove(root: &Path, object: &ObjectRef) -> Result<(), StatusFileError> {
    let path = file(root, object);
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(StatusFileError {
            action: "remove",
            object: object.clone(),
            path,
            reason: error.to_string(),
        }),
        _ => Ok(()),
    }
}

/// Every object that has a file of the documented shape.
pub fn list(root: &Path) -> Vec<ObjectRef> {
    KINDS
        .into_iter()
        .flat_map(|kind| of_kind(root, kind))
        .collect()
}

/// An object with its status, as the API server would show it but for its spec.
pub fn document(object: &ObjectRef, generation: i64, status: &Status) -> Value {
    let ObjectRef {
        kind,
        key: ObjectKey { namespace, name },
    } = object;
    let metadata = if namespace.is_empty() {
        json!({"name": &**name, "generation": generation})
    } else {
        json!({"name": &**name, "namespace": &**namespace, "generation": generation})
    };
    json!({
        "apiVersion": format!("{}/v1", kind.group()),
        "kind": kind.as_str(),
        "metadata": metadata,
        "status": status_to_json(status),
    })
}

/// The namespace is empty for a cluster-scoped kind, and so is its part of the path.
fn file(root: &Path, object: &ObjectRef) -> PathBuf {
    let ObjectRef { kind, key } = object;
    root.join(kind.as_str().to_lowercase())
        .join(&*key.namespace)
        .join(file_name(&key.name))
}

/// The name itself; one that is too long for a file is cut, and its digest tells it from others that begin alike.
fn file_name(name: &str) -> String {
    match name.get(..CUT_NAME) {
        Some(cut) if name.len() > LONGEST_NAME => {
            let digest = Sha256::digest(name);
            let digest = digest
                .first_chunk()
                .map_or(0, |bytes| u64::from_be_bytes(*bytes));
            format!("{cut}{CUT}{digest:016x}.yaml")
        }
        _ => format!("{name}.yaml"),
    }
}

/// What a status file holds, if it is there.
fn value(path: &Path) -> Result<Option<Value>, String> {
    match std::fs::read_to_string(path) {
        Ok(text) => serde_saphyr::from_str(&text).map_err(|error| error.to_string()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.to_string()),
    }
}

/// The name of the object whose status file this is. A name that was cut stands in the file; a file of that kind that
/// cannot be read is nobody's.
fn object_name(folder: &Path, file: &str) -> Option<String> {
    let name = file.strip_suffix(".yaml")?;
    if !name.contains(CUT) {
        return Some(name.to_owned());
    }
    let value = value(&folder.join(file)).ok()??;
    let name = value.pointer("/metadata/name")?.as_str()?;
    (file_name(name) == file).then(|| name.to_owned())
}

fn of_kind(root: &Path, kind: Kind) -> Vec<ObjectRef> {
    let folder = root.join(kind.as_str().to_lowercase());
    let objects = |folder: &Path, namespace: &str| -> Vec<ObjectRef> {
        let files = entries(folder).into_iter();
        files
            .filter_map(|file| object_name(folder, &file))
            .map(|name| ObjectRef::new(kind, ObjectKey::new(namespace, name)))
            .collect()
    };
    if kind.is_cluster_scoped() {
        return objects(&folder, "");
    }
    entries(&folder)
        .into_iter()
        .flat_map(|namespace| objects(&folder.join(&namespace), &namespace))
        .collect()
}

/// Names in a folder; none when it is not there.
fn entries(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use tributary_model::Timestamp;
    use tributary_model::status::{Condition, ConditionStatus, GatewayClassStatus, RouteStatus};

    use super::*;

    fn class(name: &str) -> (ObjectRef, Status) {
        let condition = Condition {
            condition_type: "Accepted".to_owned(),
            status: ConditionStatus::True,
            reason: "Accepted".to_owned(),
            message: "on: yes\nno".to_owned(),
            observed_generation: Some(3),
            last_transition_time: Timestamp(1_800_000_000),
        };
        let status = GatewayClassStatus {
            conditions: vec![condition],
            supported_features: Vec::new(),
        };
        (
            ObjectRef::new(Kind::GatewayClass, ObjectKey::cluster(name)),
            Status::GatewayClass(status),
        )
    }

    #[test]
    fn a_status_is_read_as_it_was_written() {
        let root = tempfile::tempdir().unwrap();
        let (object, status) = class("alb");
        assert_eq!(read(root.path(), &object).unwrap(), None);
        write(root.path(), &object, 3, &status).unwrap();
        assert!(root.path().join("gatewayclass/alb.yaml").is_file());
        assert_eq!(read(root.path(), &object).unwrap(), Some(status));
    }

    #[test]
    fn the_longest_names_have_files_of_their_own() {
        let root = tempfile::tempdir().unwrap();
        let names = ["a", "b"].map(|last| format!("{}{last}", "n".repeat(252)));
        for name in &names {
            let (object, status) = class(name);
            write(root.path(), &object, 3, &status).unwrap();
            assert_eq!(read(root.path(), &object).unwrap(), Some(status));
        }
        let mut listed = list(root.path());
        listed.sort();
        assert_eq!(listed, names.each_ref().map(|name| class(name).0));
        remove(root.path(), &listed[0]).unwrap();
        assert_eq!(list(root.path()), &listed[1..]);
    }

    #[test]
    fn every_file_is_listed_until_it_is_removed() {
        let root = tempfile::tempdir().unwrap();
        let (object, status) = class("alb");
        let route = ObjectRef::new(Kind::HttpRoute, ObjectKey::new("team", "app"));
        write(root.path(), &object, 1, &status).unwrap();
        write(
            root.path(),
            &route,
            1,
            &Status::Route(RouteStatus::default()),
        )
        .unwrap();
        assert!(root.path().join("httproute/team/app.yaml").is_file());
        assert_eq!(list(root.path()), [object.clone(), route.clone()]);
        remove(root.path(), &route).unwrap();
        remove(root.path(), &route).unwrap();
        assert_eq!(list(root.path()), [object]);
    }
}
