use std::os::unix::fs::symlink;
use std::path::Path;

use tempfile::TempDir;
use tokio::sync::oneshot;
use tributary_folder::Emptied;
use tributary_model::{Kind, ObjectKey, ObjectRef};
use tributary_runtime::{OnError, Tasks};
use tributary_stream::Position;

use super::*;
use crate::{Service, Source};

/// Shorter than the periodic reading, which would see everything: what is seen within it was seen by a watch or a look.
const SOON: Duration = Duration::from_secs(10);

/// A watcher at work, and the folder that has its source.
struct Watching {
    place: TempDir,
    context: Context,
    shared: Shared,
    tasks: Tasks,
}

impl Watching {
    fn start(prepare: impl FnOnce(&Path)) -> Self {
        let place = TempDir::new().unwrap();
        prepare(&place.path().join("source"));
        let context = Context::new("watcher");
        let source = Source::Folder {
            root: place.path().join("source"),
            state_dir: None,
            status_dir: None,
            emptied: Emptied::Waits,
        };
        let service = Service::new(context.clone(), source).unwrap();
        let shared = service.shared.clone();
        let tasks = context.tasks();
        tasks.spawn("watcher", OnError::ShutDown, service.run());
        Self {
            place,
            context,
            shared,
            tasks,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.place.path().join("source").join(name)
    }

    fn names(&self) -> Vec<String> {
        let (_, objects) = self.shared.published.snapshot();
        objects.keys().map(|key| key.key.name.to_string()).collect()
    }

    async fn until(&self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let mut changes = tokio::time::interval(Duration::from_millis(20));
        let wait = async {
            while !is_so(self) {
                changes.tick().await;
            }
        };
        let waited = timeout(SOON, wait).await;
        let (names, rejections) = (self.names(), self.shared.rejections());
        assert!(waited.is_ok(), "not {what}: {names:?}, {rejections:?}");
    }

    async fn sees(&self, names: &[&str]) {
        self.until(&format!("{names:?}"), |it| it.names() == names)
            .await;
    }

    async fn synced(&self) -> Position {
        let (answer, answered) = oneshot::channel();
        self.shared.sync.try_send(answer).unwrap();
        answered.await.unwrap().unwrap()
    }

    async fn stop(self) {
        self.context.shutdown.cancel();
        self.tasks.join(SOON).await.unwrap();
    }
}

fn put(path: &Path, name: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let text = format!(
        "apiVersion: gateway.networking.k8s.io/v1\nkind: GatewayClass\nmetadata: {{name: {name}}}\nspec: {{controllerName: x.io/a}}\n"
    );
    // In one step: half a file is a broken one.
    let next = path.with_extension("next");
    std::fs::write(&next, text).unwrap();
    std::fs::rename(next, path).unwrap();
}

#[tokio::test]
async fn a_root_that_comes_back_is_seen_at_once_and_watched() {
    let watching = Watching::start(|source| put(&source.join("a.yaml"), "a"));
    watching.sees(&["a"]).await;
    for name in ["b", "c"] {
        std::fs::remove_dir_all(watching.path("")).unwrap();
        watching
            .until("told", |it| !it.shared.rejections().is_empty())
            .await;
        put(&watching.path("x.yaml"), name);
        watching.sees(&[name]).await;
        watching
            .until("mended", |it| it.shared.rejections().is_empty())
            .await;
        put(&watching.path("deep/x.yaml"), "later");
        watching.sees(&[name, "later"]).await;
    }
    watching.stop().await;
}

#[tokio::test]
async fn a_root_that_another_folder_takes_the_place_of_is_watched_anew() {
    let watching = Watching::start(|source| put(&source.join("a.yaml"), "a"));
    watching.sees(&["a"]).await;
    let (source, next) = (
        watching.place.path().join("source"),
        watching.place.path().join("next"),
    );
    put(&next.join("b.yaml"), "b");
    std::fs::rename(&source, watching.place.path().join("old")).unwrap();
    std::fs::rename(&next, &source).unwrap();
    watching.sees(&["b"]).await;
    put(&watching.path("c.yaml"), "c");
    watching.sees(&["b", "c"]).await;
    watching.stop().await;
}

#[tokio::test]
async fn a_root_that_is_not_there_at_the_start_is_seen_when_it_comes() {
    let watching = Watching::start(|_| {});
    watching
        .until("told", |it| !it.shared.rejections().is_empty())
        .await;
    assert!(!watching.shared.published.is_complete());
    put(&watching.path("a.yaml"), "a");
    watching.sees(&["a"]).await;
    watching
        .until("ready", |it| it.context.readiness.is_ready())
        .await;
    watching.stop().await;
}

#[tokio::test]
async fn a_root_that_is_a_link_is_followed_when_it_is_swapped() {
    let swap = |source: &Path, version: &str| {
        let place = source.parent().unwrap();
        put(&place.join(version).join("x.yaml"), version);
        symlink(version, place.join("next")).unwrap();
        std::fs::rename(place.join("next"), source).unwrap();
    };
    let watching = Watching::start(|source| swap(source, "v1"));
    watching.sees(&["v1"]).await;
    swap(&watching.place.path().join("source"), "v2");
    watching.sees(&["v2"]).await;
    put(&watching.path("z.yaml"), "z");
    watching.sees(&["v2", "z"]).await;
    watching.stop().await;
}

#[tokio::test]
async fn a_linked_folder_that_is_swapped_is_watched_anew() {
    let swap = |source: &Path, version: &str| {
        put(&source.with_file_name(version).join("x.yaml"), version);
        std::fs::create_dir_all(source).unwrap();
        symlink(Path::new("..").join(version), source.join(".next")).unwrap();
        std::fs::rename(source.join(".next"), source.join("team")).unwrap();
    };
    let watching = Watching::start(|source| swap(source, "v1"));
    watching.sees(&["v1"]).await;
    swap(&watching.place.path().join("source"), "v2");
    watching.sees(&["v2"]).await;
    put(&watching.place.path().join("v2/z.yaml"), "z");
    watching.sees(&["v2", "z"]).await;
    watching.stop().await;
}

#[tokio::test]
async fn a_root_that_loses_everything_at_once_is_told_once_in_readiness_metrics_and_refusals() {
    let watching = Watching::start(|source| {
        put(&source.join("a.yaml"), "a");
        put(&source.join("b.yaml"), "b");
    });
    watching
        .until("ready", |it| it.context.readiness.is_ready())
        .await;
    let metric = |watching: &Watching| {
        let text = watching.context.metrics.text().unwrap();
        [
            "tributary_folder_refused 1",
            "tributary_folder_withheld_paths 1",
        ]
        .map(|it| text.lines().any(|line| line == it))
    };
    assert_eq!(metric(&watching), [false, false]);
    let before = watching.synced().await;
    std::fs::rename(watching.path("a.yaml"), watching.path(".a")).unwrap();
    std::fs::rename(watching.path("b.yaml"), watching.path(".b")).unwrap();
    assert_eq!(watching.synced().await, before);
    assert_eq!(watching.names(), ["a", "b"]);
    assert_eq!(
        watching.context.readiness.unmet(),
        [
            "watcher/readable: 1 files or folders cannot be read, what they held stays",
            "watcher/snapshot: not everything in the folder could be read",
        ]
    );
    assert_eq!(metric(&watching), [true, true]);
    let rejections = watching.shared.rejections();
    assert_eq!((rejections.len(), rejections[0].last_good_kept), (1, true));
    std::fs::rename(watching.path(".b"), watching.path("b.yaml")).unwrap();
    watching.sees(&["b"]).await;
    watching
        .until("ready", |it| it.context.readiness.is_ready())
        .await;
    assert_eq!(metric(&watching), [false, false]);
    watching.stop().await;
}

#[tokio::test]
async fn what_could_not_be_read_is_seen_when_it_can_be() {
    let watching = Watching::start(|source| {
        put(&source.join("a.yaml"), "a");
        put(&source.with_file_name("mount").join("b.yaml"), "b");
        symlink("../mount", source.join("team")).unwrap();
    });
    watching.sees(&["a", "b"]).await;
    let (mount, away) = (
        watching.place.path().join("mount"),
        watching.place.path().join("away"),
    );
    std::fs::rename(&mount, &away).unwrap();
    // Nothing of this is below what is watched: the periodic reading, or whoever asks, sees that it is gone.
    watching.synced().await;
    assert_eq!(watching.names(), ["a", "b"]);
    assert_eq!(watching.shared.rejections()[0].source, "team");
    assert_eq!(
        watching.context.readiness.unmet(),
        ["watcher/readable: 1 files or folders cannot be read, what they held stays"]
    );
    std::fs::remove_file(away.join("b.yaml")).unwrap();
    put(&away.join("c.yaml"), "c");
    std::fs::rename(&away, &mount).unwrap();
    watching.sees(&["a", "c"]).await;
    let key = ObjectRef::new(Kind::GatewayClass, ObjectKey::cluster("c"));
    assert!(watching.shared.published.get(&key).is_some());
    watching.stop().await;
}
