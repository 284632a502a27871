use std::fs::{self, File, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use rustix::fs::{FileType, Mode, mknodat};
use rustix::process::{Uid, geteuid};
use rustix::thread::set_thread_res_uid;
use tempfile::TempDir;
use tributary_model::resource::Unread;
use tributary_model::{Kind, ObjectKey, ObjectRef, Resource, Timestamp};

use crate::scan::MAX_FILE_BYTES;
use crate::secret::{SecretError, find};
use crate::{Emptied, Folder, Reading};

mod property;

/// A source with a memory, which anybody may read.
struct Source {
    place: TempDir,
    folder: Folder,
}

impl Source {
    fn new(files: &[&str]) -> Self {
        let place = TempDir::new().unwrap();
        open_up(place.path());
        fs::create_dir(place.path().join("source")).unwrap();
        open_up(&place.path().join("source"));
        let folder = opened(place.path());
        let mut source = Self { place, folder };
        source.write(files);
        source
    }

    fn path(&self, name: &str) -> PathBuf {
        self.place.path().join("source").join(name)
    }

    /// Each with one class, named like the file.
    fn write(&mut self, files: &[&str]) {
        for name in files {
            put(&self.path(name), &class(name, "x.io/a"));
        }
    }

    fn restart(&mut self) {
        self.folder = opened(self.place.path());
    }

    /// By somebody whom permissions stop, whoever runs the tests: to root nothing is closed.
    fn read(&mut self) -> Reading {
        let folder = &mut self.folder;
        std::thread::scope(|scope| {
            let reading = scope.spawn(|| {
                if geteuid().is_root() {
                    let nobody = Uid::from_raw(65_534);
                    set_thread_res_uid(nobody, nobody, nobody).unwrap();
                }
                folder.read(Timestamp(1)).unwrap()
            });
            reading.join().unwrap()
        })
    }

    fn names(&mut self) -> Vec<String> {
        names(&self.read())
    }
}

fn opened(place: &Path) -> Folder {
    // The memory is in the hands of whoever reads.
    let state = place.join("state");
    fs::create_dir_all(&state).unwrap();
    set_mode(&state, 0o777);
    Folder::open(place.join("source"), Some(state.join("watcher.json")), None).unwrap()
}

fn class(name: &str, controller: &str) -> String {
    let name = name.replace(['/', '.'], "-");
    format!(
        "apiVersion: gateway.networking.k8s.io/v1\nkind: GatewayClass\nmetadata:\n  name: {name}\nspec:\n  controllerName: {controller}\n"
    )
}

fn put(path: &Path, text: &str) {
    let folder = path.parent().unwrap();
    if !folder.exists() {
        fs::create_dir_all(folder).unwrap();
        open_up(folder);
    }
    fs::write(path, text).unwrap();
    set_mode(path, 0o644);
}

fn open_up(path: &Path) {
    set_mode(path, 0o755);
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// Of classes; kinds of which nothing is known, as such.
fn names(reading: &Reading) -> Vec<String> {
    let objects = reading.objects.values();
    objects
        .map(|object| match &*object.resource {
            Resource::Unread(unread) => format!("unread {}", unread.kind()),
            resource => resource.meta().key.name.to_string(),
        })
        .collect()
}

fn controller(reading: &Reading, name: &str) -> String {
    let key = ObjectRef::new(Kind::GatewayClass, ObjectKey::cluster(name));
    match &*reading.objects[&key].resource {
        Resource::GatewayClass(class) => class.controller_name.clone(),
        other => panic!("{other:?}"),
    }
}

/// Source, whether the last good version counts on, and the reason.
fn told(reading: &Reading) -> Vec<(&str, bool, &str)> {
    let told = reading.rejections.iter();
    told.map(|it| (&*it.source, it.last_good_kept, &*it.reason))
        .collect()
}

const FILES: [&str; 4] = [
    "other/d.yaml",
    "team/a.yaml",
    "team/deep/b.yaml",
    "team2/c.yaml",
];

/// A failure of `team/`, or of a file in it, takes nothing; it is told with its path, and ends.
fn check(source: &str, reason: &str, fail: impl Fn(&Path), mend: impl Fn(&Path)) {
    let mut folder = Source::new(&FILES);
    let all = [
        "other-d-yaml",
        "team-a-yaml",
        "team-deep-b-yaml",
        "team2-c-yaml",
    ];
    assert_eq!(folder.names(), all);
    for restarted in [false, true] {
        fail(&folder.path("team"));
        if restarted {
            folder.restart();
        }
        let reading = folder.read();
        assert_eq!(names(&reading), all, "{source}: {:?}", reading.rejections);
        let whole = folder.path("").display().to_string();
        let expected = if source.is_empty() {
            whole.trim_end_matches('/')
        } else {
            source
        };
        let told = told(&reading);
        let said = told.iter().find(|it| it.0 == expected);
        let Some((_, kept, said)) = said else {
            panic!("{source}: {told:?}")
        };
        assert!(kept, "{source}: {told:?}");
        assert!(said.contains(reason), "{source}: {said}");
        assert!(reading.complete && reading.withheld > 0, "{source}");
        assert_eq!(folder.read(), reading, "told the same, so once");
        mend(&folder.path("team"));
        let reading = folder.read();
        assert_eq!(
            (names(&reading), reading.withheld),
            (all.map(str::to_owned).to_vec(), 0)
        );
        assert_eq!(told_nothing(&reading), "");
    }
    fs::remove_dir_all(folder.path("team")).unwrap();
    assert_eq!(
        folder.names(),
        ["other-d-yaml", "team2-c-yaml"],
        "gone is gone"
    );
}

fn told_nothing(reading: &Reading) -> String {
    reading
        .rejections
        .iter()
        .map(|it| it.reason.as_str())
        .collect()
}

fn aside(path: &Path) -> PathBuf {
    path.with_file_name(".aside")
}

fn move_aside(path: &Path) {
    fs::rename(path, aside(path)).unwrap();
}

/// For what took its place.
fn move_back(path: &Path) {
    if path.is_dir() && !path.is_symlink() {
        fs::remove_dir(path).unwrap();
    } else {
        fs::remove_file(path).unwrap();
    }
    fs::rename(aside(path), path).unwrap();
}

#[test]
fn a_closed_folder_keeps_all_that_is_below() {
    check(
        "team",
        "Permission denied",
        |team| set_mode(team, 0),
        open_up,
    );
    check(
        "team/deep",
        "Permission denied",
        |team| set_mode(&team.join("deep"), 0),
        |team| open_up(&team.join("deep")),
    );
}

#[test]
fn a_folder_whose_files_cannot_be_looked_at_keeps_them() {
    check(
        "team/a.yaml",
        "Permission denied",
        |team| set_mode(team, 0o444),
        open_up,
    );
}

#[test]
fn a_closed_file_keeps_its_objects() {
    check(
        "team/a.yaml",
        "Permission denied",
        |team| set_mode(&team.join("a.yaml"), 0),
        |team| set_mode(&team.join("a.yaml"), 0o644),
    );
}

#[test]
fn a_link_to_nowhere_or_in_a_circle_keeps_what_was_there() {
    let linked = |target: &'static str| {
        move |team: &Path| {
            move_aside(team);
            symlink(target, team).unwrap();
        }
    };
    check("team", "No such file", linked("nowhere"), move_back);
    check("team", "symbolic links", linked("team"), move_back);
    check("team", "a loop", linked("."), move_back);
}

/// The listing of the folder that has the link breaks off there.
#[test]
fn a_link_to_a_closed_folder_keeps_what_was_there() {
    let close = |team: &Path| {
        move_aside(team);
        set_mode(&aside(team), 0);
        symlink(".aside", team).unwrap();
    };
    let mend = |team: &Path| {
        open_up(&aside(team));
        move_back(team);
    };
    check("", "Permission denied", close, mend);
}

#[test]
fn another_and_empty_folder_of_the_same_name_is_a_mount_that_is_gone() {
    let unmount = |team: &Path| {
        move_aside(team);
        fs::create_dir(team).unwrap();
        open_up(team);
    };
    check(
        "team",
        "not the folder that was read before",
        unmount,
        move_back,
    );
}

#[test]
fn what_is_no_file_is_named_and_never_opened() {
    let instead = |make: fn(&Path)| {
        move |team: &Path| {
            move_aside(&team.join("a.yaml"));
            make(&team.join("a.yaml"));
        }
    };
    let mend = |team: &Path| move_back(&team.join("a.yaml"));
    let fifo = |path: &Path| {
        mknodat(rustix::fs::CWD, path, FileType::Fifo, Mode::RUSR, 0).unwrap();
    };
    let socket = |path: &Path| drop(UnixListener::bind(path).unwrap());
    let device = |path: &Path| symlink("/dev/zero", path).unwrap();
    check("team/a.yaml", "a FIFO", instead(fifo), mend);
    check("team/a.yaml", "a socket", instead(socket), mend);
    check("team/a.yaml", "a device", instead(device), mend);
}

#[test]
fn a_file_that_is_too_large_or_no_text_keeps_its_objects() {
    let instead = |write: fn(&Path)| {
        move |team: &Path| {
            move_aside(&team.join("a.yaml"));
            write(&team.join("a.yaml"));
            set_mode(&team.join("a.yaml"), 0o644);
        }
    };
    let mend = |team: &Path| move_back(&team.join("a.yaml"));
    // Sparse: no disk is filled.
    let large = |path: &Path| {
        File::create(path)
            .unwrap()
            .set_len(MAX_FILE_BYTES as u64 + 1)
            .unwrap();
    };
    let binary = |path: &Path| fs::write(path, b"a: \xff").unwrap();
    check("team/a.yaml", "has 257 MiB", instead(large), mend);
    check("team/a.yaml", "byte 3", instead(binary), mend);
}

#[test]
fn beside_what_cannot_be_read_files_change_and_go_as_ever() {
    let mut folder = Source::new(&FILES);
    folder.read();
    set_mode(&folder.path("team"), 0);
    fs::remove_file(folder.path("team2/c.yaml")).unwrap();
    folder.write(&["team2/e.yaml"]);
    put(
        &folder.path("other/d.yaml"),
        &class("other/d.yaml", "x.io/new"),
    );
    let reading = folder.read();
    let expected = [
        "other-d-yaml",
        "team-a-yaml",
        "team-deep-b-yaml",
        "team2-e-yaml",
    ];
    assert_eq!(names(&reading), expected);
    assert_eq!(controller(&reading, "other-d-yaml"), "x.io/new");
    open_up(&folder.path("team"));
}

#[test]
fn a_folder_deeper_than_is_read_is_named() {
    let mut folder = Source::new(&["a.yaml"]);
    let deep = (0..40).fold("d".to_owned(), |path, _| path + "/d");
    put(&folder.path(&deep).join("b.yaml"), &class("b", "x.io/a"));
    let mut path = folder.path("d");
    while path.is_dir() {
        open_up(&path);
        path = path.join("d");
    }
    let reading = folder.read();
    let [(source, false, reason)] = told(&reading)[..] else {
        panic!("{:?}", told(&reading))
    };
    assert_eq!((source.len(), reason), (63, "is more than 32 folders deep"));
}

#[test]
fn the_first_by_path_counts_also_while_it_cannot_be_read() {
    let mut folder = Source::new(&[]);
    put(&folder.path("a/x.yaml"), &class("same", "x.io/first"));
    put(&folder.path("b.yaml"), &class("same", "x.io/second"));
    for close in [0, 0o755] {
        let before = folder.read();
        assert_eq!(controller(&before, "same"), "x.io/first");
        assert!(
            told(&before).iter().any(|it| it.0 == "b.yaml document 1"),
            "{before:?}"
        );
        set_mode(&folder.path("a"), close);
    }
}

/// Something is done to the files of a root, and these objects count then.
type Step<'a> = (fn(&mut Source), &'a [&'a str]);

/// Steps on the files of a root, and what counts after each.
fn check_root(files: &[&str], emptied: Emptied, steps: &[Step<'_>]) {
    let mut folder = Source::new(files);
    folder.folder = opened(folder.place.path()).emptied(emptied);
    folder.read();
    for (number, (step, expected)) in steps.iter().enumerate() {
        step(&mut folder);
        let reading = folder.read();
        assert_eq!(
            names(&reading),
            *expected,
            "after step {number}: {:?}",
            reading.rejections
        );
        let is_waiting = !reading.rejections.is_empty();
        assert_eq!(
            (!reading.complete, reading.withheld == 1),
            (is_waiting, is_waiting)
        );
        assert_eq!(folder.read(), reading, "told the same, so once");
    }
}

fn remove(folder: &mut Source, name: &str) {
    fs::remove_file(folder.path(name)).unwrap();
}

fn remove_all(folder: &mut Source) {
    for entry in fs::read_dir(folder.path("")).unwrap() {
        fs::remove_file(entry.unwrap().path()).unwrap();
    }
}

/// As a mount that goes and leaves the folder that it was mounted on.
fn replace(folder: &mut Source) {
    take_away(folder);
    fs::create_dir(folder.path("")).unwrap();
    open_up(&folder.path(""));
}

fn take_away(folder: &mut Source) {
    let gone = folder.place.path().join("gone");
    fs::rename(folder.place.path().join("source"), gone).unwrap();
}

fn bring_back(folder: &mut Source) {
    let source = folder.place.path().join("source");
    if source.exists() {
        fs::remove_dir(&source).unwrap();
    }
    fs::rename(folder.place.path().join("gone"), source).unwrap();
}

#[test]
fn a_root_that_loses_all_its_files_at_once_is_waited_for() {
    let both: &[&str] = &["a-yaml", "b-yaml"];
    check_root(
        &["a.yaml", "b.yaml"],
        Emptied::Waits,
        &[
            (remove_all, both),
            (Source::restart, both),
            (|it| it.write(&["b.yaml"]), &["b-yaml"]),
            (replace, &["b-yaml"]),
            (bring_back, &["b-yaml"]),
            (take_away, &["b-yaml"]),
            (Source::restart, &["b-yaml"]),
            (bring_back, &["b-yaml"]),
        ],
    );
}

#[test]
fn whoever_deletes_the_last_file_of_all_deletes_it() {
    check_root(
        &["a.yaml", "b.yaml"],
        Emptied::Waits,
        &[
            (|it| remove(it, "a.yaml"), &["b-yaml"]),
            (|it| remove(it, "b.yaml"), &[]),
            (Source::restart, &[]),
        ],
    );
}

#[test]
fn what_a_start_finds_empty_is_waited_for() {
    check_root(
        &["a.yaml"],
        Emptied::Waits,
        &[
            (
                |it| {
                    remove(it, "a.yaml");
                    it.restart();
                },
                &["a-yaml"],
            ),
            (|it| it.write(&["b.yaml"]), &["b-yaml"]),
        ],
    );
}

#[test]
fn an_empty_root_is_believed_where_it_is_said_and_one_that_is_gone_is_not() {
    check_root(
        &["a.yaml", "b.yaml"],
        Emptied::Believed,
        &[(remove_all, &[])],
    );
    check_root(&["a.yaml", "b.yaml"], Emptied::Believed, &[(replace, &[])]);
    check_root(&["a.yaml"], Emptied::Believed, &[(take_away, &["a-yaml"])]);
}

#[test]
fn a_root_that_is_no_folder_any_more_deletes_nothing() {
    let fifo = |it: &mut Source| {
        take_away(it);
        let source = it.place.path().join("source");
        mknodat(rustix::fs::CWD, source, FileType::Fifo, Mode::RUSR, 0).unwrap();
    };
    check_root(&["a.yaml"], Emptied::Waits, &[(fifo, &["a-yaml"])]);
}

#[test]
fn a_root_that_is_a_link_follows_it() {
    let mut folder = Source::new(&[]);
    let place = folder.place.path().to_owned();
    fs::remove_dir(place.join("source")).unwrap();
    for (version, file) in [("..1", "a.yaml"), ("..2", "b.yaml")] {
        put(&place.join(version).join(file), &class(file, "x.io/a"));
        symlink(version, place.join("next")).unwrap();
        fs::rename(place.join("next"), place.join("source")).unwrap();
        assert_eq!(folder.names(), [file.replace('.', "-")]);
    }
    fs::remove_dir_all(place.join("..2")).unwrap();
    assert_eq!(folder.names(), ["b-yaml"]);
}

fn markers() -> Vec<String> {
    let mut kinds: Vec<_> = Kind::ALL
        .map(|kind| Resource::Unread(Unread::of(kind)).object_ref())
        .to_vec();
    kinds.sort();
    kinds
        .iter()
        .map(|it| format!("unread {}", it.kind))
        .collect()
}

#[test]
fn what_a_first_start_cannot_read_hides_objects_of_any_kind_until_it_was_read_once() {
    let mut folder = Source::new(&["a.yaml", "team/b.yaml"]);
    set_mode(&folder.path("team"), 0);
    let unknown = |names: Vec<String>| -> Vec<String> {
        names
            .into_iter()
            .filter(|it| it.starts_with("unread"))
            .collect()
    };
    assert_eq!(unknown(folder.names()), markers());
    folder.restart();
    assert_eq!(unknown(folder.names()), markers());
    open_up(&folder.path("team"));
    assert_eq!(folder.names(), ["a-yaml", "team-b-yaml"]);
    set_mode(&folder.path("team"), 0);
    folder.restart();
    assert_eq!(folder.names(), ["a-yaml", "team-b-yaml"]);
    open_up(&folder.path("team"));
}

#[test]
fn a_link_to_nowhere_hides_nothing_at_a_first_start() {
    let mut folder = Source::new(&["a.yaml"]);
    symlink("nowhere", folder.path("b.yaml")).unwrap();
    // An editor's lock, which nobody asked to be read.
    symlink("user@host.1", folder.path(".#a.yaml")).unwrap();
    let reading = folder.read();
    assert_eq!(
        (names(&reading), reading.withheld),
        (vec!["a-yaml".to_owned()], 0)
    );
    assert_eq!(told(&reading).len(), 1);
}

#[test]
fn a_certificate_counts_on_after_a_restart_without_its_key() {
    let made = rcgen::generate_simple_self_signed(vec!["x.com".to_owned()]).unwrap();
    let indented = |pem: String| pem.replace('\n', "\n    ");
    let text = format!(
        "apiVersion: v1\nkind: Secret\nmetadata: {{name: tls, namespace: infra}}\ntype: kubernetes.io/tls\nstringData:\n  tls.crt: |\n    {}\n  tls.key: |\n    {}\n",
        indented(made.cert.pem()),
        indented(made.signing_key.serialize_pem())
    );
    let secret = ObjectKey::new("infra", "tls");
    let key = ObjectRef::new(Kind::Secret, secret.clone());
    let mut folder = Source::new(&["a.yaml"]);
    put(&folder.path("team/tls.yaml"), &text);
    let before = folder.read().objects[&key].clone();
    let memory = fs::read_to_string(folder.place.path().join("state/watcher.json")).unwrap();
    assert!(!memory.contains("PRIVATE KEY"), "{memory}");

    let close: fn(&Path) = |team| set_mode(team, 0);
    let spoil: fn(&Path) = |team| put(&team.join("tls.yaml"), "kind: [");
    for fail in [close, spoil] {
        fail(&folder.path("team"));
        folder.restart();
        let reading = folder.read();
        assert_eq!(reading.objects.get(&key), Some(&before));
        assert!(
            !names(&reading).iter().any(|it| it.starts_with("unread")),
            "{:?}",
            names(&reading)
        );
        open_up(&folder.path("team"));
        put(&folder.path("team/tls.yaml"), &text);
        assert_eq!(folder.read().objects.get(&key), Some(&before));
    }
}

/// Whether a programmer that looks for a Secret is told that there is none, with this in the folder beside others.
#[test]
fn a_secret_that_may_be_in_what_cannot_be_read_is_not_said_to_be_missing() {
    let folder = Source::new(&["a.yaml"]);
    let secret = ObjectKey::new("infra", "tls");
    let root = folder.path("");
    assert!(matches!(find(&root, &secret), Ok(None)));
    symlink("nowhere", folder.path("tls.yaml")).unwrap();
    match find(&root, &secret) {
        Err(error @ SecretError::Unread { .. }) => {
            let said = error.to_string();
            assert!(
                said.starts_with("Secret infra/tls: not found, and tls.yaml cannot be read: "),
                "{said}"
            );
        }
        Err(other) => panic!("{other}"),
        Ok(found) => panic!("{}", found.is_some()),
    }
}
