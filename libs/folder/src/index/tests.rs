use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use tributary_model::status::{Condition, ConditionStatus, GatewayClassStatus, Status};

use super::*;

fn namespace(name: &str, team: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {name}\n  labels: {{team: {team}}}\n"
    )
}

fn class(name: &str, controller: &str) -> String {
    format!(
        "apiVersion: gateway.networking.k8s.io/v1\nkind: GatewayClass\nmetadata:\n  name: {name}\nspec:\n  controllerName: {controller}\n"
    )
}

fn write(root: &Path, files: &[(&str, &str)]) {
    for (path, text) in files {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

fn open(root: &Path) -> Folder {
    Folder::open(root.to_owned(), None, None).unwrap()
}

fn names(reading: &Reading) -> Vec<String> {
    reading.objects.keys().map(ToString::to_string).collect()
}

fn controller(reading: &Reading, name: &str) -> String {
    let key = ObjectRef::new(Kind::GatewayClass, ObjectKey::cluster(name));
    match &*reading.objects[&key].resource {
        tributary_model::Resource::GatewayClass(class) => class.controller_name.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_manifest_below_the_folder_counts() {
    let root = tempfile::tempdir().unwrap();
    write(
        root.path(),
        &[
            ("a.yaml", &class("a", "x.io/a")),
            ("deep/er/b.yml", &class("b", "x.io/b")),
            (
                "c.json",
                r#"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"c"}}"#,
            ),
            ("README.md", "# not a manifest"),
            (".hidden/d.yaml", &class("d", "x.io/d")),
        ],
    );
    let reading = open(root.path()).read(Timestamp(1)).unwrap();
    assert_eq!(
        names(&reading),
        ["GatewayClass a", "GatewayClass b", "Namespace c"]
    );
    assert_eq!(reading.rejections, []);
}

#[test]
fn a_mounted_config_map_is_read_once() {
    let root = tempfile::tempdir().unwrap();
    write(
        root.path(),
        &[("mount/..2026_1/app.yaml", &class("a", "x.io/a"))],
    );
    let mount = root.path().join("mount");
    symlink("..2026_1", mount.join("..data")).unwrap();
    symlink("..data/app.yaml", mount.join("app.yaml")).unwrap();
    let mut folder = open(root.path());
    let reading = folder.read(Timestamp(1)).unwrap();
    assert_eq!(
        (names(&reading), reading.rejections.len()),
        (vec!["GatewayClass a".to_owned()], 0)
    );

    write(
        root.path(),
        &[("mount/..2026_2/app.yaml", &class("a", "x.io/b"))],
    );
    symlink("..2026_2", mount.join("..data_tmp")).unwrap();
    fs::rename(mount.join("..data_tmp"), mount.join("..data")).unwrap();
    assert_eq!(
        controller(&folder.read(Timestamp(2)).unwrap(), "a"),
        "x.io/b"
    );
}

#[test]
fn the_first_by_path_counts_and_the_second_is_named() {
    let root = tempfile::tempdir().unwrap();
    write(
        root.path(),
        &[
            ("b.yaml", &class("same", "x.io/b")),
            ("a.yaml", &class("same", "x.io/a")),
        ],
    );
    let reading = open(root.path()).read(Timestamp(1)).unwrap();
    assert_eq!(controller(&reading, "same"), "x.io/a");
    let [duplicate] = &reading.rejections[..] else {
        panic!("{:?}", reading.rejections)
    };
    assert_eq!(
        (&*duplicate.source, &*duplicate.object),
        ("b.yaml document 1", "GatewayClass same")
    );
    assert!(
        duplicate.reason.starts_with("a.yaml document 1"),
        "{}",
        duplicate.reason
    );
}

#[test]
fn a_file_that_breaks_keeps_its_last_good_objects() {
    let root = tempfile::tempdir().unwrap();
    write(
        root.path(),
        &[(
            "a.yaml",
            &format!("{}---\n{}", class("a", "x.io/a"), class("b", "x.io/b")),
        )],
    );
    let mut folder = open(root.path());
    folder.read(Timestamp(1)).unwrap();
    for broken in [
        "kind: [".to_owned(),
        format!("{}---\nkind: [", class("a", "x.io/changed")),
        format!("{}---\n{}", class("a", "x.io/changed"), class("b", "''")),
    ] {
        write(root.path(), &[("a.yaml", &broken)]);
        let reading = folder.read(Timestamp(2)).unwrap();
        assert_eq!(
            names(&reading),
            ["GatewayClass a", "GatewayClass b"],
            "{broken}"
        );
        assert_eq!(controller(&reading, "b"), "x.io/b");
        assert_eq!(
            controller(&reading, "a"),
            if broken.contains("changed") {
                "x.io/changed"
            } else {
                "x.io/a"
            }
        );
        assert!(
            reading
                .rejections
                .iter()
                .any(|rejection| rejection.last_good_kept),
            "{:?}",
            reading.rejections
        );
        write(
            root.path(),
            &[(
                "a.yaml",
                &format!("{}---\n{}", class("a", "x.io/a"), class("b", "x.io/b")),
            )],
        );
        assert_eq!(folder.read(Timestamp(3)).unwrap().rejections, []);
    }
}

#[test]
fn the_last_good_version_survives_a_restart() {
    let (root, state) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let memory = state.path().join("watcher.json");
    write(root.path(), &[("a.yaml", &class("a", "x.io/a"))]);
    Folder::open(root.path().to_owned(), Some(memory.clone()), None)
        .unwrap()
        .read(Timestamp(1))
        .unwrap();
    write(root.path(), &[("a.yaml", "kind: [")]);
    let reading = Folder::open(root.path().to_owned(), Some(memory), None)
        .unwrap()
        .read(Timestamp(2))
        .unwrap();
    assert_eq!(controller(&reading, "a"), "x.io/a");
}

#[test]
fn a_deleted_file_deletes_and_a_deleted_document_too() {
    let root = tempfile::tempdir().unwrap();
    write(
        root.path(),
        &[
            (
                "a.yaml",
                &format!("{}---\n{}", class("a", "x.io/a"), class("b", "x.io/b")),
            ),
            ("c.yaml", &class("c", "x.io/c")),
        ],
    );
    let mut folder = open(root.path());
    folder.read(Timestamp(1)).unwrap();
    fs::remove_file(root.path().join("c.yaml")).unwrap();
    write(root.path(), &[("a.yaml", &class("a", "x.io/a"))]);
    assert_eq!(
        names(&folder.read(Timestamp(2)).unwrap()),
        ["GatewayClass a"]
    );
}

#[test]
fn a_folder_that_cannot_be_listed_deletes_nothing() {
    let parent = tempfile::tempdir().unwrap();
    let root = parent.path().join("source");
    write(&root, &[("a.yaml", &class("a", "x.io/a"))]);
    let mut folder = open(&root);
    folder.read(Timestamp(1)).unwrap();
    fs::remove_dir_all(&root).unwrap();
    let reading = folder.read(Timestamp(2)).unwrap();
    assert_eq!(names(&reading), ["GatewayClass a"]);
    assert_eq!((reading.rejections.len(), reading.complete), (1, false));
}

#[test]
fn age_and_generation_are_remembered() {
    let (root, state) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let memory = state.path().join("watcher.json");
    let key = ObjectRef::new(Kind::GatewayClass, ObjectKey::cluster("a"));
    for (now, text, expected) in [
        (10, class("a", "x.io/a"), Some((10, 1))),
        (20, class("a", "x.io/a"), Some((10, 1))),
        (30, class("a", "x.io/b"), Some((10, 2))),
        (
            40,
            class("a", "x.io/b").replace("name: a", "name: a\n  labels: {x: y}"),
            Some((10, 2)),
        ),
        (50, class("a", "''"), Some((10, 2))),
        (60, class("a", "x.io/c"), Some((10, 3))),
        (70, String::new(), None),
        (80, class("a", "x.io/a"), Some((80, 1))),
    ] {
        write(root.path(), &[("a.yaml", &text)]);
        let reading = Folder::open(root.path().to_owned(), Some(memory.clone()), None)
            .unwrap()
            .read(Timestamp(now))
            .unwrap();
        let meta = reading.objects.get(&key).map(|object| {
            (
                object.resource.meta().created.0,
                object.resource.meta().generation,
            )
        });
        assert_eq!(meta, expected, "at {now}");
    }
}

#[test]
fn a_lost_state_folder_does_not_restart_generations_below_the_written_status() {
    let key = ObjectRef::new(Kind::GatewayClass, ObjectKey::cluster("a"));
    for (observed, expected) in [(Some(7), 7), (Some(0), 1), (None, 1)] {
        let (root, statuses) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        write(root.path(), &[("a.yaml", &class("a", "x.io/a"))]);
        let condition = Condition {
            condition_type: "Accepted".to_owned(),
            status: ConditionStatus::True,
            reason: "Accepted".to_owned(),
            message: String::new(),
            observed_generation: observed,
            last_transition_time: Timestamp(1),
        };
        let status = Status::GatewayClass(GatewayClassStatus {
            conditions: vec![condition],
            supported_features: Vec::new(),
        });
        crate::status::write(statuses.path(), &key, 7, &status).unwrap();
        let status_dir = Some(statuses.path().to_owned());
        let mut folder = Folder::open(root.path().to_owned(), None, status_dir).unwrap();
        let mut generation = |now| {
            let reading = folder.read(Timestamp(now)).unwrap();
            reading.objects[&key].resource.meta().generation
        };
        assert_eq!(generation(1), expected, "{observed:?}");
        write(root.path(), &[("a.yaml", &class("a", "x.io/b"))]);
        assert_eq!(generation(2), expected + 1, "{observed:?}");
    }
}

#[test]
fn a_status_is_ours_if_it_comes_from_the_status_folder() {
    let key = ObjectRef::new(Kind::GatewayClass, ObjectKey::cluster("a"));
    let (root, statuses) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let document = format!("{}status: {{conditions: []}}\n", class("a", "x.io/a"));
    write(root.path(), &[("a.yaml", &document)]);
    let status_dir = Some(statuses.path().to_owned());
    let mut folder = Folder::open(root.path().to_owned(), None, status_dir).unwrap();
    let mut author = || {
        let reading = folder.read(Timestamp(1)).unwrap();
        let carried = reading.objects[&key].status.clone();
        carried.unwrap().author
    };
    assert_eq!(author(), Author::Unknown);
    let status = Status::GatewayClass(GatewayClassStatus::default());
    crate::status::write(statuses.path(), &key, 1, &status).unwrap();
    assert_eq!(author(), Author::Us);
}

#[test]
fn a_namespace_that_is_used_exists() {
    let root = tempfile::tempdir().unwrap();
    let service = "apiVersion: v1\nkind: Service\nmetadata:\n  name: s\n  namespace: NS\nspec:\n  ports: [{port: 80}]\n";
    write(
        root.path(),
        &[(
            "a.yaml",
            &format!(
                "{}---\n{}---\n{}",
                service.replace("NS", "given"),
                service.replace("NS", "implied"),
                namespace("given", "x")
            ),
        )],
    );
    let reading = open(root.path()).read(Timestamp(1)).unwrap();
    assert_eq!(reading.rejections, []);
    for (name, expected) in [
        ("given", vec!["kubernetes.io/metadata.name", "team"]),
        ("implied", vec!["kubernetes.io/metadata.name"]),
    ] {
        let key = ObjectRef::new(Kind::Namespace, ObjectKey::cluster(name));
        let tributary_model::Resource::Namespace(namespace) = &*reading.objects[&key].resource
        else {
            panic!()
        };
        assert_eq!(namespace.labels.keys().collect::<Vec<_>>(), expected);
    }
}

/// A cluster's Namespace goes after its objects, so that its labels let them attach as long as they are there.
#[test]
fn a_namespace_goes_after_its_objects() {
    let root = tempfile::tempdir().unwrap();
    let memory = tempfile::tempdir().unwrap();
    let memory = memory.path().join("memory.json");
    let open = || Folder::open(root.path().to_owned(), Some(memory.clone()), None).unwrap();
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: app, namespace: shop}\nspec: {ports: [{port: 80}]}\n";
    let labels = |reading: &Reading| {
        let key = ObjectRef::new(Kind::Namespace, ObjectKey::cluster("shop"));
        let namespace = reading.objects.get(&key)?;
        match &*namespace.resource {
            tributary_model::Resource::Namespace(it) => it.labels.get("team").cloned(),
            other => panic!("{other:?}"),
        }
    };
    write(
        root.path(),
        &[
            ("class.yaml", &class("a", "x.io/a")),
            ("namespace.yaml", &namespace("shop", "a")),
            ("service.yaml", service),
        ],
    );
    let mut folder = open();
    assert_eq!(
        labels(&folder.read(Timestamp(1)).unwrap()).as_deref(),
        Some("a")
    );

    fs::remove_file(root.path().join("namespace.yaml")).unwrap();
    for folder in [&mut folder, &mut open()] {
        let reading = folder.read(Timestamp(2)).unwrap();
        assert_eq!(labels(&reading).as_deref(), Some("a"));
        let [told] = reading.rejections.as_slice() else {
            panic!("{:?}", reading.rejections)
        };
        assert_eq!(
            (told.object.as_str(), told.last_good_kept),
            ("Namespace shop", true)
        );
    }
    write(root.path(), &[("again.yaml", &namespace("shop", "b"))]);
    let reading = folder.read(Timestamp(3)).unwrap();
    assert_eq!(labels(&reading).as_deref(), Some("b"));
    assert_eq!(reading.rejections, []);

    fs::remove_file(root.path().join("again.yaml")).unwrap();
    fs::remove_file(root.path().join("service.yaml")).unwrap();
    let reading = folder.read(Timestamp(4)).unwrap();
    assert_eq!(names(&reading), ["GatewayClass a"]);
    assert_eq!(reading.rejections, []);
}

#[test]
fn a_broken_object_costs_only_itself() {
    let root = tempfile::tempdir().unwrap();
    write(
        root.path(),
        &[(
            "a.yaml",
            &format!(
                "{}---\n{}---\nkind: [\n---\nkind: Pod\napiVersion: v1\n",
                class("bad", "''"),
                class("good", "x.io/a")
            ),
        )],
    );
    let reading = open(root.path()).read(Timestamp(1)).unwrap();
    assert_eq!(names(&reading), ["GatewayClass good"]);
    let rejected: Vec<_> = reading
        .rejections
        .iter()
        .map(|rejection| (&*rejection.source, &*rejection.object, &*rejection.field))
        .collect();
    assert_eq!(
        rejected,
        [
            ("a.yaml document 3 (line 14)", "document", ""),
            (
                "a.yaml document 1",
                "GatewayClass bad",
                "spec.controllerName"
            )
        ]
    );
}

#[test]
fn a_broken_document_beside_good_ones_keeps_nothing_that_is_not_gone() {
    let root = tempfile::tempdir().unwrap();
    let text = format!("{}---\nkind: [\n", namespace("a", "x"));
    write(root.path(), &[("a.yaml", &text)]);
    let reading = open(root.path()).read(Timestamp(1)).unwrap();
    assert_eq!(names(&reading), ["Namespace a"]);
    let [broken] = &reading.rejections[..] else {
        panic!("{:?}", reading.rejections)
    };
    assert!(!broken.last_good_kept, "{broken:?}");
}

#[test]
fn a_huge_file_costs_itself() {
    let root = tempfile::tempdir().unwrap();
    write(root.path(), &[("a.yaml", &namespace("a", "x"))]);
    // Sparse: no disk is filled.
    let huge = fs::File::create(root.path().join("huge.yaml")).unwrap();
    huge.set_len(1 << 40).unwrap();
    let reading = open(root.path()).read(Timestamp(1)).unwrap();
    assert_eq!(names(&reading), ["Namespace a"]);
    let [refused] = &reading.rejections[..] else {
        panic!("{:?}", reading.rejections)
    };
    assert_eq!(refused.source, "huge.yaml");
    assert!(refused.reason.contains("split it"), "{}", refused.reason);
}

#[test]
fn links_that_lead_in_circles_or_nowhere_cost_themselves() {
    let root = tempfile::tempdir().unwrap();
    write(
        root.path(),
        &[
            ("a.yaml", &namespace("a", "x")),
            ("deep/er/b.yaml", &namespace("b", "x")),
        ],
    );
    symlink("../..", root.path().join("deep/er/up")).unwrap();
    symlink("self.yaml", root.path().join("self.yaml")).unwrap();
    symlink("nowhere", root.path().join("gone.yaml")).unwrap();
    let reading = open(root.path()).read(Timestamp(1)).unwrap();
    assert_eq!(names(&reading), ["Namespace a", "Namespace b"]);
    let sources: Vec<_> = reading.rejections.iter().map(|it| &*it.source).collect();
    assert_eq!(sources, ["deep/er/up", "gone.yaml", "self.yaml"]);
}
