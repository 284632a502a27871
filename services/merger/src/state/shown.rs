//! Listeners as people read them: in full, and as their owner's namespace may read them.

use std::collections::BTreeSet;
use std::sync::Arc;

use tributary_model::{ListenerRef, ObjectRef};

use super::State;
use crate::views;

impl State {
    pub(super) fn show_listeners(&mut self, object: &ObjectRef) {
        let views = views::listeners(&self.merge, object, &self.reports);
        let now: BTreeSet<ListenerRef> = views
            .iter()
            .map(|view| view.resolved.listener.clone())
            .collect();
        for gone in self
            .listeners_of
            .get(object)
            .into_iter()
            .flatten()
            .filter(|listener| !now.contains(listener))
        {
            self.listeners.remove(gone);
            self.apart.remove(gone);
        }
        for view in views {
            let listener = view.resolved.listener.clone();
            let apart = views::apart(&self.merge, &view);
            let view = Arc::new(view);
            // Nearly all of them say the same, and are there once.
            let apart = if apart == *view {
                Arc::clone(&view)
            } else {
                Arc::new(apart)
            };
            self.listeners.set(listener.clone(), view);
            self.apart.set(listener, apart);
        }
        if now.is_empty() {
            self.listeners_of.remove(object);
        } else {
            self.listeners_of.insert(object.clone(), now);
        }
    }
}
