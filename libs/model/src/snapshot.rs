//! Everything that was read, at one moment.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::key::ObjectRef;
use crate::resource::{Change, Resource};

/// All objects, by kind, namespace and name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    objects: BTreeMap<ObjectRef, Arc<Resource>>,
}

impl Snapshot {
    /// Takes one change in. Returns whether anything is different now.
    pub fn apply(&mut self, change: Change) -> bool {
        match change {
            Change::Apply(resource) => {
                let key = resource.object_ref();
                if self.objects.get(&key) == Some(&resource) {
                    return false;
                }
                self.objects.insert(key, resource);
                true
            }
            Change::Delete(object) => self.objects.remove(&object).is_some(),
        }
    }

    /// One object.
    pub fn get(&self, object: &ObjectRef) -> Option<&Arc<Resource>> {
        self.objects.get(object)
    }

    /// Every object, ordered by kind, namespace and name.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Resource>> {
        self.objects.values()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.objects.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }
}

impl FromIterator<Resource> for Snapshot {
    fn from_iter<I: IntoIterator<Item = Resource>>(resources: I) -> Self {
        let objects = resources
            .into_iter()
            .map(|resource| (resource.object_ref(), Arc::new(resource)))
            .collect();
        Self { objects }
    }
}
