//! The routes of a listener.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::key::ObjectRef;

/// Accepted routes that are attached to a listener, in order. There can be thousands on one listener: a copy shares them, and
/// one more is put in without touching the others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AttachedRoutes(Arc<rpds::RedBlackTreeSetSync<ObjectRef>>);

impl AttachedRoutes {
    /// How many.
    pub fn len(&self) -> usize {
        self.0.size()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the route is one of them.
    pub fn contains(&self, route: &ObjectRef) -> bool {
        self.0.contains(route)
    }

    /// In order.
    pub fn iter(&self) -> impl Iterator<Item = &ObjectRef> {
        self.0.iter()
    }

    /// Puts one in.
    pub fn insert(&mut self, route: ObjectRef) {
        Arc::make_mut(&mut self.0).insert_mut(route);
    }

    /// Takes one out.
    pub fn remove(&mut self, route: &ObjectRef) {
        Arc::make_mut(&mut self.0).remove_mut(route);
    }
}

impl FromIterator<ObjectRef> for AttachedRoutes {
    fn from_iter<T: IntoIterator<Item = ObjectRef>>(routes: T) -> Self {
        Self(Arc::new(routes.into_iter().collect()))
    }
}

impl<'a> IntoIterator for &'a AttachedRoutes {
    type Item = &'a ObjectRef;
    type IntoIter = Box<dyn Iterator<Item = &'a ObjectRef> + 'a>;

    fn into_iter(self) -> Self::IntoIter {
        Box::new(self.iter())
    }
}

impl Hash for AttachedRoutes {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.len().hash(state);
        for route in self.iter() {
            route.hash(state);
        }
    }
}
