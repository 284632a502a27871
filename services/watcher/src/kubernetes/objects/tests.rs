use std::sync::Arc;

use serde_json::json;
use tokio::sync::mpsc;
use tributary_stream::Published;

use super::*;

enum Step {
    Begin,
    Denied,
    Listed,
    Gone,
}

/// Whether the snapshot says of Secrets that they are unread, after these steps.
fn check(steps: &[Step], is_unread: bool) {
    let context = Context::new("watcher");
    let shared = Shared {
        published: Published::new(&context, "snapshot"),
        rejections: Arc::default(),
        sync: mpsc::channel(1).0,
    };
    let mut objects = Objects::new(&context, shared.clone());
    for step in steps {
        match step {
            Step::Begin => objects.begin(Kind::Secret),
            Step::Denied => objects.unreadable(Kind::Secret, "secrets", "no"),
            Step::Listed => {
                objects.take(Kind::Secret, WatchEvent::Init);
                objects.take(Kind::Secret, WatchEvent::InitDone);
            }
            Step::Gone => objects.forget(Kind::Secret),
        }
    }
    let marker = Unread::of(Kind::Secret);
    let key = Resource::Unread(marker).object_ref();
    assert_eq!(shared.published.get(&key).is_some(), is_unread);
}

#[test]
fn a_kind_is_unread_from_its_first_denial_to_its_first_list() {
    use Step::{Begin, Denied, Listed};
    check(&[Begin], false);
    check(&[Begin, Denied], true);
    check(&[Begin, Denied, Listed], false);
}

#[test]
fn a_kind_that_was_read_once_is_not_unread() {
    use Step::{Begin, Denied, Listed};
    check(&[Begin, Listed, Denied], false);
    // At another version.
    check(&[Begin, Listed, Begin, Denied], false);
}

#[test]
fn of_a_kind_that_is_gone_nothing_is_unread() {
    use Step::{Begin, Denied, Gone, Listed};
    check(&[Begin, Denied, Gone], false);
    // What comes back may be other than what went.
    check(&[Begin, Listed, Gone, Begin, Denied], true);
}

#[test]
fn of_pods_without_a_gate_nothing_is_kept() {
    let context = Context::new("watcher");
    let shared = Shared {
        published: Published::new(&context, "snapshot"),
        rejections: Arc::default(),
        sync: mpsc::channel(1).0,
    };
    let mut objects = Objects::new(&context, shared.clone());
    objects.begin(Kind::Pod);
    objects.take(Kind::Pod, WatchEvent::Init);
    for (name, version, gate) in [
        ("plain", "7", "example.com/warm"),
        ("gated", "8", "gateway.tributary.dev/target-health"),
    ] {
        let object = json!({
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": { "name": name, "namespace": "shop" },
            "spec": { "containers": [], "readinessGates": [{ "conditionType": gate }] },
        });
        let apply = WatchEvent::Apply {
            key: ObjectKey::new("shop", name),
            version: version.to_owned(),
            object,
            author: Author::Unknown,
        };
        objects.take(Kind::Pod, apply);
    }
    objects.take(Kind::Pod, WatchEvent::InitDone);
    let gated = ObjectKey::new("shop", "gated");
    let kept: Vec<_> = objects.keys(Kind::Pod).collect();
    assert_eq!(kept, [(&gated, 8)]);
    assert_eq!(shared.published.len(), 1);
    let gated = ObjectRef::new(Kind::Pod, gated);
    assert!(shared.published.get(&gated).is_some());
    // What comes and goes without being kept counts as seen all the same.
    objects.take(
        Kind::Pod,
        WatchEvent::Delete {
            key: ObjectKey::new("shop", "plain"),
            version: "9".to_owned(),
        },
    );
    assert!(objects.has_seen(Kind::Pod, 9));
    assert_eq!(objects.keys(Kind::Pod).count(), 1);
}
