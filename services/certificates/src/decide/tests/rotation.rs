//! Runs at random times, some of them interrupted, and things that are deleted: whoever holds anything that was published
//! within the last while believes everybody else who does, and nothing that anybody holds has ended.

use proptest::prelude::*;

use super::*;

/// Seconds between two runs, at most.
const EVERY: i64 = 8_000;
/// A kubelet takes no longer.
const ARRIVES: i64 = SETTLE;

#[derive(Clone, Debug)]
enum Step {
    /// After so many seconds a run; with a number it ends after so many writes, and another follows.
    Run(i64, Option<usize>),
    /// Somebody deletes the authorities' keys, by which they say that they want others.
    Lose,
    /// Somebody deletes what is published for one of them.
    Delete(usize),
    /// A service that was off is on, or the other way round.
    Toggle,
}

#[derive(Clone, Debug)]
struct Version {
    /// When it was replaced.
    until: Option<i64>,
    holder: Holder,
}

struct World {
    now: i64,
    made: usize,
    keys: BTreeSet<Authority>,
    published: BTreeMap<String, Vec<Version>>,
    has_third: bool,
}

impl World {
    fn wanted(&self) -> BTreeMap<String, Wanted> {
        let names: &[&str] = if self.has_third {
            &["a", "b", "c"]
        } else {
            &["a", "b"]
        };
        let mut wanted = wanted(names);
        wanted.insert("people".to_owned(), Wanted::Trust);
        wanted
    }

    fn held(&self) -> Held {
        let current = |versions: &[Version]| {
            let last = versions.last()?;
            last.until.is_none().then(|| last.holder.clone())
        };
        Held {
            authorities: self.keys.clone(),
            holders: (self.published.iter())
                .filter_map(|(who, versions)| Some((who.clone(), current(versions)?)))
                .collect(),
        }
    }

    fn replace(&mut self, who: &str, holder: Option<Holder>) {
        let versions = self.published.entry(who.to_owned()).or_default();
        if let Some(last) = versions.last_mut() {
            last.until.get_or_insert(self.now);
        }
        let version = |holder| Version {
            until: None,
            holder,
        };
        versions.extend(holder.map(version));
    }

    /// As a run of the program: the keys first, then everybody's.
    fn run(&mut self, writes: Option<usize>) {
        let (now, wanted, held) = (Timestamp(self.now), self.wanted(), self.held());
        let made = &mut self.made;
        let Ok(decision) = decide(&held, now, &wanted, LIVES, || {
            *made += 1;
            Ok::<_, Infallible>(authority(&made.to_string(), now))
        });
        let mut left = writes.unwrap_or(usize::MAX);
        if decision.authorities != held.authorities {
            if left == 0 {
                return;
            }
            left -= 1;
            self.keys.clone_from(&decision.authorities);
        }
        for (who, wanted) in wanted {
            let former = held.holders.get(&who);
            let identity = match (wanted, decision.sign.get(&who)) {
                (Wanted::Trust, _) => None,
                (Wanted::Identity(names), Some(by)) => Some(Identity {
                    names,
                    by: by.id.clone(),
                    validity: LIVES.identity(now, by),
                }),
                (Wanted::Identity(_), None) => former.and_then(|it| it.identity.clone()),
            };
            let trust = Trust {
                authorities: decision.trusted.clone(),
                since: Some(decision.since(former, now)),
            };
            let holder = Holder { trust, identity };
            if former != Some(&holder) {
                if left == 0 {
                    return;
                }
                left -= 1;
                self.replace(&who, Some(holder));
            }
        }
    }

    /// What somebody may still hold.
    fn in_use(&self) -> Vec<(&str, &Holder)> {
        let oldest = self.now - ARRIVES;
        let all = self.published.iter().flat_map(|(who, versions)| {
            let recent = versions
                .iter()
                .filter(move |it| it.until.is_none_or(|until| until > oldest));
            recent.map(move |version| (&**who, &version.holder))
        });
        all.collect()
    }

    fn check(&self) -> Result<(), TestCaseError> {
        let (now, in_use) = (Timestamp(self.now), self.in_use());
        for (who, holder) in &in_use {
            let Some(identity) = &holder.identity else {
                continue;
            };
            prop_assert!(
                identity.validity.has(now),
                "{who} has {identity:?} at {now:?}"
            );
            for (other, believer) in &in_use {
                let mut trusted = believer.trust.authorities.iter();
                let by = trusted.find(|it| it.id == identity.by);
                let believes = by.is_some_and(|it| it.validity.has(now));
                prop_assert!(
                    believes,
                    "{other} does not believe {who} at {now:?}: {identity:?}, {believer:?}"
                );
            }
        }
        Ok(())
    }

    /// Nobody whose key we have has signed something that is in use: it was lost, and its successor is not believed yet.
    fn is_lost(&self) -> bool {
        let in_use = self.in_use();
        let mut identities = in_use.iter().filter_map(|(_, it)| it.identity.as_ref());
        identities.any(|identity| self.keys.iter().all(|it| it.id != identity.by))
    }

    fn step(&mut self, step: &Step) -> Result<(), TestCaseError> {
        match step {
            Step::Run(after, writes) => {
                self.now += after;
                self.check()?;
                if writes.is_some() {
                    self.run(*writes);
                    self.check()?;
                    self.now += SETTLE / 2;
                    self.check()?;
                }
                self.run(None);
                self.check()?;
                let before = self.held();
                self.run(None);
                prop_assert_eq!(self.held(), before, "a second run writes");
            }
            Step::Lose => self.keys.clear(),
            // Who gets a certificate at once would get one of a key that nobody knows yet.
            Step::Delete(_) | Step::Toggle if self.is_lost() => {}
            Step::Delete(which) => {
                if let Some(who) = self.published.keys().nth(*which).cloned() {
                    self.replace(&who, None);
                    self.run(None);
                }
            }
            Step::Toggle => {
                self.has_third = !self.has_third;
                // Its pods go, too.
                self.published.remove("c");
                self.run(None);
            }
        }
        self.check()
    }
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let seconds = || prop_oneof![2 => 0..2 * SETTLE, 3 => 0..EVERY];
    let step = prop_oneof![
        24 => seconds().prop_map(|after| Step::Run(after, None)),
        4 => (seconds(), 0..4_usize).prop_map(|(after, writes)| Step::Run(after, Some(writes))),
        1 => Just(Step::Lose),
        1 => (0..4_usize).prop_map(Step::Delete),
        1 => Just(Step::Toggle),
    ];
    prop::collection::vec(step, 1..250)
}

proptest! {
    #[test]
    fn everybody_believes_everybody_at_every_moment(steps in steps()) {
        let mut world = World {
            now: NOW.0,
            made: 0,
            keys: BTreeSet::new(),
            published: BTreeMap::new(),
            has_third: true,
        };
        world.run(None);
        for step in steps {
            world.step(&step)?;
        }
        // And a rotation comes to its end.
        for _ in 0..8 {
            if world.keys.len() != 1 || world.is_lost() {
                world.step(&Step::Run(2 * SETTLE, None))?;
            }
        }
        prop_assert!(world.keys.len() == 1 && !world.is_lost(), "{:?}", world.held());
    }
}
