//! Any sequence of requests to the sandbox is answered, and never as if it were broken.
#![no_main]

use std::sync::LazyLock;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use futures::executor::block_on;
use http::Request;
use http_body_util::BodyExt as _;
use libfuzzer_sys::fuzz_target;
use tower::ServiceExt as _;
use tributary_sandbox::{
    Clock, ManualClock, Options, Reachability, Sandbox, SeedInstance, SeedOptions,
};
use tributary_tests_fuzz::script::{Pool, Step, step};
use tributary_tests_fuzz::seeds;
use tributary_tests_fuzz::tally::Tally;

static TALLY: Tally<2> = Tally::new(["a call understood", "a call granted"]);

/// More calls than that are slow, and find nothing that fewer do not.
const MOST_STEPS: usize = 12;

/// What each world names: its network and whatever else is there from the beginning.
static SEEDED: LazyLock<Pool> = LazyLock::new(|| {
    let world = World::new();
    let mut pool = Pool::default();
    for line in [
        "e DescribeTrustStores",
        "2 DescribeRouteTables",
        "2 DescribeInternetGateways",
        "2 DescribeAddresses",
        "2 DescribeInstances",
        "2 DescribeNetworkInterfaces",
        "2 DescribeManagedPrefixLists",
        "2 DescribeSecurityGroups",
        "2 DescribeVpcs",
        "2 DescribeSubnets",
    ] {
        if let Some(Step::Call { target, body }) = step(line, &pool) {
            let (_, answer) = world.answer(target, body);
            pool.learn(&answer);
        }
    }
    pool
});

fuzz_target!(init: seeds::write("wire", seeds::calls(), seeds::parameters()), |bytes: &[u8]| answer(bytes));

struct World {
    router: Router,
    clock: ManualClock,
}

fn answer(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut pool = SEEDED.clone();
    let world = World::new();
    let (mut understood, mut granted) = (false, false);
    for line in text.lines().take(MOST_STEPS) {
        match step(line, &pool) {
            None => {}
            Some(Step::Wait(seconds)) => {
                world.clock.advance(Duration::from_secs(seconds.into()));
            }
            Some(Step::Call { target, body }) => {
                let (status, answer) = world.answer(target, body);
                assert!(status < 500, "{line}: {answer}");
                understood |= !UNKNOWN.iter().any(|code| answer.contains(code));
                granted |= status == 200;
                pool.learn(&answer);
            }
        }
    }
    TALLY.note([understood, granted]);
}

const UNKNOWN: [&str; 3] = [
    "InvalidAction",
    "UnknownOperation",
    "SerializationException",
];

impl World {
    fn new() -> Self {
        let start = jiff::Timestamp::from_second(1_780_272_000).expect("a moment");
        let clock = ManualClock::starting_at(start);
        let sandbox = Sandbox::new(Options {
            clock: Clock::Manual(clock.clone()),
            reachability: Reachability::BySecurityGroups,
            seed: SeedOptions {
                // Their keys take longer than everything else.
                issued_certificates: Vec::new(),
                instances: vec![SeedInstance {
                    id: "i-0001".to_owned(),
                    private_ip: [172, 31, 0, 5].into(),
                }],
                trust_stores: vec!["clients".to_owned()],
                ..SeedOptions::default()
            },
            ..Options::default()
        });
        Self {
            router: sandbox.router(),
            clock,
        }
    }

    /// Status and body.
    fn answer(&self, target: Option<String>, body: Vec<u8>) -> (u16, String) {
        let mut request = Request::post("/");
        if let Some(target) = target {
            request = request.header("x-amz-target", target);
        }
        // An operation that is no header cannot be sent.
        let Ok(request) = request.body(Body::from(body)) else {
            return (400, "UnknownOperation".to_owned());
        };
        block_on(async {
            let Ok(response) = self.router.clone().oneshot(request).await;
            let status = response.status().as_u16();
            let body = response.into_body().collect().await.expect("a whole body");
            (
                status,
                String::from_utf8_lossy(&body.to_bytes()).into_owned(),
            )
        })
    }
}
