//! Replicas that come, go and die, all looking at the same Leases.

use super::*;

const DURATION: Duration = Duration::from_secs(4);

/// Some replicas and what is written.
struct World {
    now: Instant,
    leases: BTreeMap<String, Record>,
    replicas: BTreeMap<&'static str, Division>,
    writes: u64,
}

impl World {
    fn new() -> Self {
        Self {
            now: Instant::now(),
            leases: BTreeMap::new(),
            replicas: BTreeMap::new(),
            writes: 0,
        }
    }

    fn join(&mut self, name: &'static str) {
        self.replicas
            .insert(name, Division::new("alb", 8, name, DURATION));
    }

    fn write(&mut self, name: String, claim: &Claim) -> Option<Record> {
        let present = self.leases.get(&name).map(|record| record.version.clone());
        if present != claim.version {
            return None;
        }
        self.writes += 1;
        let record = Record {
            holder: claim.holder.clone(),
            transitions: claim.transitions,
            duration: claim.duration,
            version: self.writes.to_string(),
        };
        self.leases.insert(name, record.clone());
        Some(record)
    }

    /// A second passes: everybody renews and looks, and work that is told to end does.
    fn second(&mut self) {
        self.now += Duration::from_secs(1);
        let names: Vec<&'static str> = self.replicas.keys().copied().collect();
        for name in &names {
            self.writes += 1;
            let record = Record {
                holder: Some((*name).to_owned()),
                transitions: 1,
                duration: DURATION,
                version: self.writes.to_string(),
            };
            self.leases.insert(format!("alb-replica-{name}"), record);
        }
        for name in names {
            self.look(name);
        }
    }

    fn look(&mut self, name: &'static str) {
        let mut replica = self.replicas.remove(name).unwrap();
        for act in replica.decide(self.leases.clone(), self.now, self.now) {
            match act {
                Act::Take(index, claim) => {
                    if let Some(record) = self.write(replica.shard_lease(index), &claim) {
                        replica.took(index, &record);
                    }
                }
                Act::End(index) => {
                    replica.ending(index);
                    let taken = self.leases[&replica.shard_lease(index)].clone();
                    let Act::Free(_, claim) = replica.ended(index, &taken) else {
                        panic!("it frees");
                    };
                    if taken.holder.as_deref() == Some(name) {
                        self.write(replica.shard_lease(index), &claim).unwrap();
                    }
                }
                Act::Free(index, claim) => {
                    self.write(replica.shard_lease(index), &claim).unwrap();
                }
                Act::Bury(lease, version) => {
                    assert_eq!(self.leases[&lease].version, version);
                    self.leases.remove(&lease);
                }
            }
        }
        self.replicas.insert(name, replica);
    }

    /// How many shards each has; every one is held once.
    fn shares(&self) -> Vec<usize> {
        let held: Vec<u32> = self.replicas.values().flat_map(Division::held).collect();
        let distinct: BTreeSet<u32> = held.iter().copied().collect();
        assert_eq!(held.len(), distinct.len(), "a shard is held twice");
        let mut shares: Vec<usize> = self.replicas.values().map(|it| it.held().len()).collect();
        shares.sort_unstable();
        shares
    }

    fn settles_at(&mut self, within: u64, shares: &[usize]) {
        for _ in 0..within {
            self.second();
        }
        assert_eq!(self.shares(), shares);
    }
}

#[test]
fn one_two_three_replicas_and_back() {
    let mut world = World::new();
    world.join("a");
    world.settles_at(1, &[8]);
    world.join("b");
    world.settles_at(2, &[4, 4]);
    world.join("c");
    world.settles_at(2, &[2, 3, 3]);
    world.replicas.remove("b");
    world.settles_at(5, &[4, 4]);
    world.replicas.remove("a");
    world.settles_at(5, &[8]);
}

#[test]
fn nothing_is_written_when_nothing_moves() {
    let mut world = World::new();
    world.join("a");
    world.join("b");
    world.settles_at(3, &[4, 4]);
    let shards = |world: &World| -> Vec<Record> {
        let shards = world
            .leases
            .iter()
            .filter(|(name, _)| name.contains("shard"));
        shards.map(|(_, record)| record.clone()).collect()
    };
    let before = shards(&world);
    world.settles_at(10, &[4, 4]);
    assert_eq!(before, shards(&world));
}

#[test]
fn transitions_grow_with_each_move_and_with_a_return() {
    let mut world = World::new();
    world.join("a");
    world.settles_at(1, &[8]);
    world.join("b");
    world.settles_at(2, &[4, 4]);
    world.replicas.remove("b");
    world.settles_at(6, &[8]);
    let mut moved: Vec<u64> = (0..8)
        .map(|index| world.leases[&format!("alb-shard-{index}")].transitions)
        .collect();
    moved.sort_unstable();
    assert_eq!(moved, [1, 1, 1, 1, 3, 3, 3, 3]);
}

#[test]
fn a_stale_listing_declares_nobody_dead() {
    let mut world = World::new();
    world.join("a");
    world.join("b");
    world.settles_at(3, &[4, 4]);
    // Asked for long ago, answered now.
    let asked = world.now;
    let leases = world.leases.clone();
    world.now += DURATION * 3;
    let now = world.now;
    let replica = world.replicas.get_mut("a").unwrap();
    assert_eq!(replica.decide(leases, asked, now), []);
}

#[test]
fn a_holder_without_a_lease_of_its_own_is_given_time() {
    let mut world = World::new();
    world.join("a");
    world.settles_at(1, &[8]);
    world.replicas.remove("a");
    world.leases.remove("alb-replica-a");
    world.join("b");
    world.settles_at(4, &[0]);
    world.settles_at(2, &[8]);
}

#[test]
fn the_lease_of_a_replica_that_is_long_gone_is_deleted() {
    let mut world = World::new();
    world.join("a");
    world.join("b");
    world.settles_at(3, &[4, 4]);
    world.replicas.remove("b");
    world.settles_at(59, &[8]);
    assert!(world.leases.contains_key("alb-replica-b"));
    world.settles_at(2, &[8]);
    assert!(!world.leases.contains_key("alb-replica-b"));
}
