//! Listeners as people read them: in full, and as their owner's namespace may read them.

use std::collections::BTreeSet;
use std::sync::Arc;

use tributary_model::{Kind, Labels, ListenerRef, ObjectRef};

use super::MergerState;
use crate::views;

impl MergerState {
    /// What an object is selected by from now on: its listeners show it, and whoever lists objects asks for it.
    pub(super) fn label(&mut self, object: &ObjectRef, labels: Labels) {
        if self.labels_of(object) == labels {
            return;
        }
        if labels.is_empty() {
            self.labels.remove(object);
        } else {
            self.labels.insert(object.clone(), labels);
        }
        if matches!(object.kind, Kind::Gateway | Kind::ListenerSet) {
            self.stale.insert(object.clone());
        }
    }

    /// None of an object that is not there.
    pub(crate) fn labels_of(&self, object: &ObjectRef) -> Labels {
        self.labels.get(object).cloned().unwrap_or_default()
    }

    pub(super) fn show_listeners(&mut self, object: &ObjectRef) {
        let labels = self.labels_of(object);
        let views = views::listeners(&self.merge, object, &self.reports, &labels);
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
