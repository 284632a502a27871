//! Any edits and failures, against the rule: an object goes when the folder that its file was in was listed to its end
//! and did not show it, unless that folder, or the whole source, lost everything at once.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

const FILES: [&str; 5] = [
    "r.yaml",
    "t1/a.yaml",
    "t1/b.yaml",
    "t1/x/c.yaml",
    "t2/d.yaml",
];
const FOLDERS: [&str; 4] = ["", "t1", "t1/x", "t2"];
/// Those that fail.
const TEAMS: [&str; 2] = ["t1", "t2"];

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    Closed,
    LinkToNowhere,
    /// Another folder in its place, empty, as a mount leaves it.
    Unmounted,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Write(usize, u8),
    Remove(usize),
    RemoveAll,
    Fail(usize, Fault),
    Mend(usize),
    RootGone,
    RootUnmounted,
    RootBack,
    Restart,
    Read,
}

/// The files as they are, and what the rule says is seen of them.
struct World {
    source: Source,
    files: BTreeMap<&'static str, u8>,
    faults: BTreeMap<&'static str, Fault>,
    root: Option<Fault>,
    /// Which folder has that name now; another one has another number.
    numbers: BTreeMap<&'static str, u32>,
    /// Of those that an unmounted one hides.
    hidden: BTreeMap<&'static str, u32>,
    last: u32,
    /// Which had that name when what it held was believed.
    believed: BTreeMap<&'static str, u32>,
    view: BTreeMap<&'static str, u8>,
}

fn is_in(folder: &str, path: &str) -> bool {
    folder.is_empty() || path == folder || path.starts_with(&format!("{folder}/"))
}

impl World {
    fn new() -> Self {
        let source = Source::new(&[]);
        for folder in FOLDERS {
            fs::create_dir_all(source.path(folder)).unwrap();
            open_up(&source.path(folder));
        }
        Self {
            source,
            files: BTreeMap::new(),
            faults: BTreeMap::new(),
            root: None,
            numbers: FOLDERS.map(|folder| (folder, 0)).into(),
            hidden: BTreeMap::new(),
            last: 0,
            believed: BTreeMap::new(),
            view: BTreeMap::new(),
        }
    }

    fn is_at_hand(&self, path: &str) -> bool {
        self.root.is_none() && !self.faults.keys().any(|folder| is_in(folder, path))
    }

    fn another(&mut self, folder: &'static str) {
        self.last += 1;
        let hidden = self.numbers.insert(folder, self.last).unwrap();
        self.hidden.insert(folder, hidden);
    }

    fn the_same(&mut self, folder: &'static str) {
        self.numbers.extend(self.hidden.remove_entry(folder));
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Write(file, version) if self.is_at_hand(FILES[file]) => {
                let text = class(FILES[file], &format!("x.io/{version}"));
                put(&self.source.path(FILES[file]), &text);
                self.files.insert(FILES[file], version);
            }
            Step::Remove(file) if self.is_at_hand(FILES[file]) => {
                if self.files.remove(FILES[file]).is_some() {
                    fs::remove_file(self.source.path(FILES[file])).unwrap();
                }
            }
            Step::RemoveAll => (0..FILES.len()).for_each(|file| self.step(Step::Remove(file))),
            Step::Fail(team, fault) if self.is_at_hand(TEAMS[team]) => {
                let path = self.source.path(TEAMS[team]);
                match fault {
                    Fault::Closed => set_mode(&path, 0),
                    Fault::LinkToNowhere => {
                        fs::rename(&path, path.with_file_name(format!(".{team}"))).unwrap();
                        symlink("nowhere", &path).unwrap();
                    }
                    Fault::Unmounted => {
                        fs::rename(&path, path.with_file_name(format!(".{team}"))).unwrap();
                        fs::create_dir(&path).unwrap();
                        open_up(&path);
                        self.another(TEAMS[team]);
                    }
                }
                self.faults.insert(TEAMS[team], fault);
            }
            Step::Mend(team) if self.root.is_none() => {
                let path = self.source.path(TEAMS[team]);
                match self.faults.remove(TEAMS[team]) {
                    None => return,
                    Some(Fault::Closed) => return open_up(&path),
                    Some(Fault::LinkToNowhere) => fs::remove_file(&path).unwrap(),
                    Some(Fault::Unmounted) => {
                        fs::remove_dir(&path).unwrap();
                        self.the_same(TEAMS[team]);
                    }
                }
                fs::rename(path.with_file_name(format!(".{team}")), path).unwrap();
            }
            Step::RootGone if self.root.is_none() => {
                take_away(&mut self.source);
                self.root = Some(Fault::LinkToNowhere);
            }
            Step::RootUnmounted if self.root.is_none() => {
                replace(&mut self.source);
                self.another("");
                self.root = Some(Fault::Unmounted);
            }
            Step::RootBack if self.root.is_some() => {
                bring_back(&mut self.source);
                self.the_same("");
                self.root = None;
            }
            Step::Restart => {
                self.source.restart();
                self.believed.clear();
            }
            Step::Read => self.read(),
            // What is not at hand is edited by nobody.
            Step::Write(..)
            | Step::Remove(_)
            | Step::Fail(..)
            | Step::Mend(_)
            | Step::RootGone
            | Step::RootUnmounted
            | Step::RootBack => {}
        }
    }

    fn read(&mut self) {
        let before = self.view.clone();
        self.expect();
        let reading = self.source.read();
        let expected: BTreeMap<_, _> = self
            .view
            .iter()
            .map(|(file, version)| (file.replace(['/', '.'], "-"), format!("x.io/{version}")))
            .collect();
        assert_eq!(
            seen(&reading),
            expected,
            "before: {before:?}, told: {:?}",
            reading.rejections
        );
    }

    /// The rule.
    fn expect(&mut self) {
        if self.root.is_some_and(|fault| fault != Fault::Unmounted) {
            return;
        }
        let mut uncertain: BTreeSet<&str> = BTreeSet::new();
        if self.root.is_none() {
            let closed = self.faults.iter().filter(|it| *it.1 != Fault::Unmounted);
            uncertain.extend(closed.map(|(folder, _)| *folder));
        }
        let listed: BTreeMap<_, _> = self
            .files
            .iter()
            .filter(|it| self.is_at_hand(it.0))
            .map(|(file, version)| (*file, *version))
            .collect();
        let is_another = |folder: &str| self.believed.get(folder) != self.numbers.get(folder);
        if listed.is_empty()
            && uncertain.is_empty()
            && (self.view.len() > 1 || self.view.len() == 1 && is_another(""))
        {
            return;
        }
        let folders: Vec<_> = FOLDERS
            .into_iter()
            .filter(|folder| match self.root {
                None => !self.faults.iter().any(|(failed, fault)| {
                    is_in(failed, folder) && (failed != folder || *fault != Fault::Unmounted)
                }),
                Some(_) => folder.is_empty(),
            })
            .collect();
        let lost: Vec<_> = folders
            .iter()
            .copied()
            .filter(|folder| {
                let holds = |path: &&str| is_in(folder, path);
                !folder.is_empty()
                    && is_another(folder)
                    && self.view.keys().any(&holds)
                    && !listed.keys().any(holds)
            })
            .collect();
        uncertain.extend(lost);
        let is_certain = |path: &str| !uncertain.iter().any(|folder| is_in(folder, path));
        self.view.retain(|file, _| !is_certain(file));
        self.view
            .extend(listed.iter().filter(|it| is_certain(it.0)));
        self.believed.retain(|folder, _| !is_certain(folder));
        for folder in folders.into_iter().filter(|it| is_certain(it)) {
            self.believed.insert(folder, self.numbers[folder]);
        }
    }
}

fn seen(reading: &Reading) -> BTreeMap<String, String> {
    let objects = reading.objects.values();
    let classes = objects.filter_map(|object| match &*object.resource {
        Resource::GatewayClass(class) => Some((
            class.meta.key.name.to_string(),
            class.controller_name.clone(),
        )),
        _ => None,
    });
    classes.collect()
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let fault = prop_oneof![
        Just(Fault::Closed),
        Just(Fault::LinkToNowhere),
        Just(Fault::Unmounted)
    ];
    let step = prop_oneof![
        6 => (0..FILES.len(), 0..3_u8).prop_map(|(file, version)| Step::Write(file, version)),
        3 => (0..FILES.len()).prop_map(Step::Remove),
        1 => Just(Step::RemoveAll),
        3 => (0..TEAMS.len(), fault).prop_map(|(team, fault)| Step::Fail(team, fault)),
        3 => (0..TEAMS.len()).prop_map(Step::Mend),
        1 => Just(Step::RootGone),
        1 => Just(Step::RootUnmounted),
        2 => Just(Step::RootBack),
        1 => Just(Step::Restart),
        8 => Just(Step::Read),
    ];
    prop::collection::vec(step, 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn only_what_a_listing_showed_to_be_gone_goes_and_recovery_is_a_fresh_scan(steps in steps()) {
        let mut world = World::new();
        for step in steps {
            world.step(step);
        }
        for end in [Step::RootBack, Step::Mend(0), Step::Mend(1), Step::Write(0, 0), Step::Write(1, 0), Step::Write(3, 0), Step::Write(4, 0)] {
            world.step(end);
        }
        world.step(Step::Read);
        let mut fresh = Folder::open(world.source.place.path().join("source"), None, None).unwrap();
        let fresh = fresh.read(Timestamp(2)).unwrap();
        prop_assert_eq!(seen(&world.source.read()), seen(&fresh));
        prop_assert_eq!(fresh.rejections, vec![]);
    }
}
