//! What is shown of a listener, under the names of `tributary get listeners -o json`.

use serde::Serialize;
use tributary_proto::types::{Kind, ListenerRef, ListenerState, ListenerView, ObjectKey};

/// One listener.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Listener {
    owner: Owner,
    #[serde(rename = "listener")]
    name: String,
    gateway: Object,
    port: u32,
    protocol: String,
    hostname: Option<String>,
    state: String,
    reason: Option<String>,
    attached_routes: usize,
    dns_name: Option<String>,
    #[serde(rename = "elbListener")]
    elb: Option<String>,
}

/// A listener's identity: names repeat freely between owners.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    owner: Owner,
    name: String,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Owner {
    kind: String,
    namespace: String,
    name: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Object {
    namespace: String,
    name: String,
}

impl From<ListenerRef> for Key {
    fn from(listener: ListenerRef) -> Self {
        let ListenerRef { owner, name } = listener;
        let owner = owner.unwrap_or_default();
        let kind = Kind::try_from(owner.kind).map(|kind| camel_case("KIND_", kind.as_str_name()));
        let ObjectKey {
            namespace,
            name: of,
        } = owner.key.unwrap_or_default();
        Self {
            owner: Owner {
                // One of a later version is shown as its number.
                kind: kind.unwrap_or_else(|_| owner.kind.to_string()),
                namespace,
                name: of,
            },
            name,
        }
    }
}

/// What is shown of one, and what it is known by.
pub(crate) fn show(view: ListenerView) -> (Key, Listener) {
    let state = state_word(view.state);
    let resolved = view.resolved.unwrap_or_default();
    let key = Key::from(resolved.listener.unwrap_or_default());
    let gateway = resolved.gateway.unwrap_or_default();
    let listener = Listener {
        owner: key.owner.clone(),
        name: key.name.clone(),
        gateway: Object {
            namespace: gateway.namespace,
            name: gateway.name,
        },
        port: resolved.port,
        protocol: resolved.protocol,
        hostname: resolved.hostname,
        state,
        reason: view.reason,
        attached_routes: resolved.attached_routes.len(),
        dns_name: view.dns_name,
        elb: view.elb_listener,
    };
    (key, listener)
}

const STATE: &str = "LISTENER_STATE_";

/// A state of a later version is shown as its number.
fn state_word(number: i32) -> String {
    match ListenerState::try_from(number) {
        Ok(state) => camel_case(STATE, state.as_str_name()),
        Err(_) => number.to_string(),
    }
}

/// `NotServed`.
pub(crate) fn parse_state(word: &str) -> Result<ListenerState, String> {
    let mut states = (1..).map_while(|number| ListenerState::try_from(number).ok());
    states
        .find(|state| camel_case(STATE, state.as_str_name()) == word)
        .ok_or_else(|| "there is no such state".to_owned())
}

/// `LISTENER_STATE_NOT_SERVED` as `NotServed`.
fn camel_case(prefix: &str, value: &str) -> String {
    let words = value.strip_prefix(prefix).unwrap_or(value).split('_');
    let words = words.map(|word| {
        let (first, rest) = word.split_at_checked(1).unwrap_or((word, ""));
        format!("{first}{}", rest.to_lowercase())
    });
    words.collect()
}
