//! Where statuses are kept: in files, or in memory when nobody asked for files. Kubernetes will be a third.

use std::collections::BTreeMap;
use std::path::PathBuf;

use tributary_folder::status::{self, StatusFileError};
use tributary_model::ObjectRef;
use tributary_model::status::Status;

/// Where statuses are kept.
#[derive(Clone, Debug)]
pub enum Store {
    /// `DIR/<kind in lower case>/<namespace>/<name>.yaml`.
    Folder(PathBuf),
    /// For a run that writes no files.
    Memory(BTreeMap<ObjectRef, Status>),
}

impl Store {
    pub(crate) fn read(&self, object: &ObjectRef) -> Result<Option<Status>, StatusFileError> {
        match self {
            Self::Memory(statuses) => Ok(statuses.get(object).cloned()),
            Self::Folder(root) => status::read(root, object),
        }
    }

    pub(crate) fn write(
        &mut self,
        object: &ObjectRef,
        generation: i64,
        status: &Status,
    ) -> Result<(), StatusFileError> {
        match self {
            Self::Memory(statuses) => {
                statuses.insert(object.clone(), status.clone());
                Ok(())
            }
            Self::Folder(root) => status::write(root, object, generation, status),
        }
    }

    pub(crate) fn remove(&mut self, object: &ObjectRef) -> Result<(), StatusFileError> {
        match self {
            Self::Memory(statuses) => {
                statuses.remove(object);
                Ok(())
            }
            Self::Folder(root) => status::remove(root, object),
        }
    }

    /// Every object that has a status here.
    pub(crate) fn list(&self) -> Vec<ObjectRef> {
        match self {
            Self::Memory(statuses) => statuses.keys().cloned().collect(),
            Self::Folder(root) => status::list(root),
        }
    }
}
