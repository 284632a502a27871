//! What a meter hears.

use std::sync::{Arc, Mutex};

use tributary_aws::{Call, Class, Group, Known, Meter, Wait, WaitReason};
use tributary_sandbox::FaultKind;

use crate::desired::two_teams;
use crate::world::World;

#[derive(Debug, Default)]
struct Heard {
    calls: Mutex<Vec<Call>>,
    waits: Mutex<Vec<Wait>>,
    rates: Mutex<Vec<(Group, f64)>>,
}

impl Meter for Heard {
    fn called(&self, call: Call) {
        self.calls.lock().unwrap().push(call);
    }

    fn waited(&self, wait: Wait) {
        self.waits.lock().unwrap().push(wait);
    }

    fn paced(&self, group: Group, calls_per_second: f64) {
        self.rates.lock().unwrap().push((group, calls_per_second));
    }
}

#[tokio::test]
async fn every_try_is_counted() {
    let heard = Arc::new(Heard::default());
    let world = World::metered(|_| {}, Arc::<Heard>::clone(&heard)).await;
    world.fault("CreateLoadBalancer", FaultKind::Throttle, Some(1));
    let mut known = Known::new(world.look(&two_teams()).await);
    world.endure(&two_teams(), &mut known).await;
    // Whoever carries a plan out tries writes again, at their own time; reads are tried again here.
    world.fault("DescribeSecurityGroups", FaultKind::Throttle, Some(1));
    world.look(&two_teams()).await;
    let calls = heard.calls.lock().unwrap();
    assert_eq!(calls.len() as u64, world.sandbox.call_counts().total);
    let creates: Vec<Option<Class>> = calls
        .iter()
        .filter(|call| call.operation == "CreateLoadBalancer")
        .map(|call| call.failure)
        .collect();
    assert_eq!(creates, [Some(Class::Throttled), None]);
    let waits = heard.waits.lock().unwrap();
    let backoffs = waits
        .iter()
        .filter(|wait| wait.reason == WaitReason::Backoff);
    assert_eq!(backoffs.count(), 1);
    let rates = heard.rates.lock().unwrap();
    // It grows back, if the rest takes longer than a second.
    assert_eq!(rates.first(), Some(&(Group::ElbWrite, 5_000.0)));
}
