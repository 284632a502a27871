//! What one team's change costs while somebody asks the merger as much as a connection carries, each AWS call taking 50 ms.
//!
//! A sample of each takes turns. The flood is of one identity: most of it is refused, and what it costs is to refuse it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

use serde_json::json;
use tokio::task::JoinSet;
use tributary_proto::listeners::ListListenersRequest;
use tributary_proto::listeners::listeners_service_client::ListenersServiceClient;
use tributary_tests_e2e::manifests::World;
use tributary_tests_e2e::sandbox::put_faults;
use tributary_tests_e2e::system::System;

use crate::figures::Figures;
use crate::tenants::one_set;

const WORLD: World = World {
    gateways: 1,
    sets: 20,
    routes: 1,
};
const LATENCY_MS: u16 = 50;
/// Questions that are under way all the time.
const AT_ONCE: usize = 64;

/// Prints everything of this file.
pub async fn measure(figures: &mut Figures, samples: usize) {
    let system = System::of_world(WORLD).await;
    put_faults(system.sandbox, &json!({"latency_ms": LATENCY_MS})).await;
    let [mut alone, mut beside, mut asked, mut answered] = [const { Vec::new() }; 4];
    for _ in 0..samples {
        alone.push(one_set(&system).await);
        system.settled().await;
        let flood = Flood::begin(format!("http://{}", system.merger));
        beside.push(one_set(&system).await);
        let (asks, answers) = flood.end();
        asked.push(asks);
        answered.push(answers);
        system.settled().await;
    }
    for (name, unit, samples) in [
        ("one set and route, alone: Programmed", "ms", alone),
        ("… beside a flood of questions", "ms", beside),
        ("questions a second of the flood", "", asked),
        ("… of which were answered", "", answered),
    ] {
        figures.add(name, unit, "", samples);
    }
}

/// On a thread of its own.
struct Flood {
    begun: Instant,
    stop: Arc<AtomicBool>,
    counts: Arc<[AtomicU64; 2]>,
    thread: thread::JoinHandle<()>,
}

impl Flood {
    fn begin(server: String) -> Self {
        let (stop, counts) = (
            Arc::<AtomicBool>::default(),
            Arc::<[AtomicU64; 2]>::default(),
        );
        let asks = (Arc::clone(&stop), Arc::clone(&counts));
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(ask(server, asks.0, asks.1));
        });
        Self {
            begun: Instant::now(),
            stop,
            counts,
            thread,
        }
    }

    /// Questions and answers a second.
    fn end(self) -> (f64, f64) {
        let seconds = self.begun.elapsed().as_secs_f64();
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap();
        let rate = |count: &AtomicU64| {
            let count = u32::try_from(count.load(Ordering::Relaxed)).unwrap();
            f64::from(count) / seconds
        };
        (rate(&self.counts[0]), rate(&self.counts[1]))
    }
}

async fn ask(server: String, stop: Arc<AtomicBool>, counts: Arc<[AtomicU64; 2]>) {
    let client = ListenersServiceClient::connect(server).await.unwrap();
    let mut asking = JoinSet::new();
    for _ in 0..AT_ONCE {
        let (mut client, stop, counts) = (client.clone(), Arc::clone(&stop), Arc::clone(&counts));
        asking.spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                counts[0].fetch_add(1, Ordering::Relaxed);
                let answer = client.list_listeners(ListListenersRequest::default()).await;
                let Ok(answer) = answer else {
                    continue;
                };
                let mut parts = answer.into_inner();
                while let Ok(Some(_)) = parts.message().await {}
                counts[1].fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    asking.join_all().await;
}
