//! Events (events.k8s.io/v1): what `kubectl describe` shows below an object.
//!
//! kube's recorder does the protocol: an event like one of the last six minutes becomes its series.

use std::fmt;

use k8s_openapi::api::core::v1::ObjectReference;
use kube::runtime::events;
use tokio::time::timeout;
use tributary_model::ObjectKey;

use crate::cluster::{Cluster, REQUEST_DEADLINE};
use crate::failure::Failure;
use crate::served::Served;

/// Writes events in somebody's name. Clones share what makes series of them.
#[derive(Clone)]
pub struct EventRecorder {
    recorder: events::Recorder,
    reporter: String,
}

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// What kubectl shows as Type.
    pub event_type: EventType,
    /// CamelCase.
    pub reason: String,
    /// CamelCase: what was being done.
    pub action: &'static str,
    /// For people; what is longer than the API admits is cut.
    pub note: String,
}

/// `Event.type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventType {
    /// `Normal`.
    Normal,
    /// `Warning`.
    Warning,
}

/// The object that an event is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Regarding {
    /// Kind and version.
    pub served: Served,
    /// Namespace and name. Events about objects without a namespace are in `default`.
    pub key: ObjectKey,
    /// `kubectl describe` shows the events of this very object.
    pub uid: String,
    /// A part of it, for example `spec.listeners{http}`: events of two parts are no series.
    pub field_path: Option<String>,
}

/// `Event.note`, bytes.
const MAX_NOTE_BYTES: usize = 1024;

impl Cluster {
    /// A recorder. `reporter` is a qualified name: `gateway.tributary.dev/status-writer`.
    pub fn event_recorder(&self, reporter: &str) -> EventRecorder {
        EventRecorder {
            // The instance is this machine's name: that of the pod.
            recorder: events::Recorder::new(self.client(), reporter.into()),
            reporter: reporter.to_owned(),
        }
    }
}

impl EventRecorder {
    /// Writes one event, or counts it into the series of an earlier one.
    ///
    /// # Errors
    /// When it is refused, or not answered.
    pub async fn publish(&self, event: Event, regarding: Regarding) -> Result<(), Failure> {
        let Event {
            event_type,
            reason,
            action,
            note,
        } = event;
        let event = events::Event {
            type_: match event_type {
                EventType::Normal => events::EventType::Normal,
                EventType::Warning => events::EventType::Warning,
            },
            reason,
            note: Some(shortened(note)),
            action: action.to_owned(),
            secondary: None,
        };
        let Regarding {
            served,
            key,
            uid,
            field_path,
        } = regarding;
        let reference = ObjectReference {
            api_version: Some(served.resource.api_version),
            kind: Some(served.resource.kind),
            namespace: Some(key.namespace.to_string()).filter(|namespace| !namespace.is_empty()),
            name: Some(key.name.to_string()),
            uid: Some(uid),
            field_path,
            resource_version: None,
        };
        timeout(REQUEST_DEADLINE, self.recorder.publish(&event, &reference))
            .await
            .map_err(|_| Failure::timed_out("event"))?
            .map_err(Failure::from)
    }
}

impl fmt::Debug for EventRecorder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("EventRecorder")
            .field("reporter", &self.reporter)
            .finish_non_exhaustive()
    }
}

fn shortened(mut note: String) -> String {
    if note.len() > MAX_NOTE_BYTES {
        note.truncate(note.floor_char_boundary(MAX_NOTE_BYTES - '…'.len_utf8()));
        note.push('…');
    }
    note
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_note_is_cut_between_characters() {
        let note = shortened("ä".repeat(600));
        assert!(note.len() <= MAX_NOTE_BYTES);
        assert!(note.ends_with('…'));
        assert_eq!(shortened("short".to_owned()), "short");
    }
}
