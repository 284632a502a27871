//! Where statuses are kept: in Kubernetes, in files, or in memory when nobody asked for either.

use std::collections::BTreeMap;
use std::path::PathBuf;

use tributary_folder::status::{self, StatusDirError, StatusFileError};
use tributary_model::ObjectRef;
use tributary_model::status::Status;

use crate::kubernetes::Kubernetes;

/// Where statuses are kept.
#[derive(Clone, Debug)]
pub enum Store {
    /// `DIR/<kind in lower case>/<namespace>/<name>.yaml`.
    Folder(PathBuf),
    /// For a run that writes no files.
    Memory(BTreeMap<ObjectRef, Status>),
    /// The status subresource of the objects themselves.
    Kubernetes(Kubernetes),
}

/// The two that answer at once and are nobody else's.
#[derive(Clone, Debug)]
pub(crate) enum Local {
    /// As in [`Store`].
    Folder(PathBuf),
    /// As in [`Store`].
    Memory(BTreeMap<ObjectRef, Status>),
}

impl Store {
    /// In files below a folder, which is made if it is not there.
    ///
    /// # Errors
    /// When it cannot be made: better known before anything is programmed than with the first status.
    pub fn folder(root: PathBuf) -> Result<Self, StatusDirError> {
        status::open(&root)?;
        Ok(Self::Folder(root))
    }
}

impl Local {
    pub(crate) fn read(&self, object: &ObjectRef) -> Result<Option<Status>, StatusFileError> {
        match self {
            Self::Memory(statuses) => Ok(statuses.get(object).cloned()),
            Self::Folder(root) => status::read(root, object),
        }
    }

    /// A status that says nothing leaves no file: a route whose last parent of ours went has none, as one that
    /// never had any.
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
            Self::Folder(root) if status.is_empty() => status::remove(root, object),
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

#[cfg(test)]
mod tests {
    use tributary_model::status::RouteStatus;
    use tributary_model::{Kind, ObjectKey};

    use super::*;

    #[test]
    fn a_status_that_says_nothing_leaves_no_file() {
        let root = tempfile::tempdir().unwrap();
        let route = ObjectRef::new(Kind::HttpRoute, ObjectKey::new("team", "app"));
        let empty = Status::Route(RouteStatus::default());
        status::write(root.path(), &route, 1, &empty).unwrap();
        let mut store = Local::Folder(root.path().to_owned());
        assert_eq!(store.list(), std::slice::from_ref(&route));
        store.write(&route, 1, &empty).unwrap();
        assert_eq!(store.list(), []);
        assert_eq!(store.read(&route).unwrap(), None);
    }
}
