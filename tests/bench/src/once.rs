//! From nothing to a load balancer that serves: `tributary up --once`, whose sandbox takes a second to make one active.

use std::time::Instant;

use tempfile::TempDir;
use tributary_tests_e2e::address;
use tributary_tests_e2e::manifests::World;
use tributary_tests_e2e::process::{Process, run};
use tributary_tests_e2e::sandbox::calls;
use tributary_tests_e2e::system::words;

use crate::figures::Figures;
use crate::first::number;

/// Prints everything of this file: one new load balancer, and ten at once.
pub async fn measure(figures: &mut Figures, samples: usize) {
    for gateways in [1, 10] {
        let (mut times, mut counts) = (Vec::new(), Vec::new());
        for _ in 0..samples {
            let (seconds, describes) = once(gateways).await;
            times.push(seconds);
            counts.push(describes);
        }
        let name = format!("up --once, {gateways} new load balancers");
        let aim = if gateways == 1 { "<= 1.3" } else { "" };
        figures.add(name.clone(), "s", aim, times);
        figures.add(
            format!("{name}: DescribeLoadBalancers"),
            "calls",
            "",
            counts,
        );
    }
}

async fn once(gateways: usize) -> (f64, f64) {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name);
    let world = World {
        gateways,
        sets: 1,
        routes: 1,
    };
    std::fs::create_dir(path("source")).unwrap();
    world.write(&path("source"));
    let host = address::host();
    let (server, aws) = (address::free(host), address::free(host));
    let listen = words(&["--listen", &aws.to_string()]);
    let sandbox = Process::start("tributary-sandbox", &listen, &path("sandbox.log"));
    let mut args = words(&["up", "--once", "--timeout", "60s"]);
    args.extend(words(&["--grpc-listen", &server.to_string()]));
    args.extend(words(&["--aws", &format!("http://{aws}")]));
    for name in ["source", "status-dir", "state-dir"] {
        args.extend([format!("--{name}").into(), path(name).into_os_string()]);
    }
    let begun = Instant::now();
    let ended = run("tributary", &args).await;
    let took = begun.elapsed().as_secs_f64();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let calls = calls(aws).await;
    drop(sandbox);
    let describes = calls.get("elbv2:DescribeLoadBalancers");
    (took, number(describes.copied().unwrap_or_default()))
}
