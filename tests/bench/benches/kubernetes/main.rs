//! The five programs on a real API server: `just bench-kubernetes`, with another size as `GATEWAYSxSETSxROUTES` and the
//! seconds of churn behind it; `waiting` measures what people wait for, in a small world, and `scale` one programmer beside
//! four.

use std::process::ExitCode;
use std::time::Duration;

use tributary_tests_bench::cluster::measure;
use tributary_tests_bench::figures::Figures;
use tributary_tests_bench::objects::Load;
use tributary_tests_bench::{scale, waiting};

/// 2,500 sets in 50 namespaces on 50 Gateways, with 40,000 routes.
const LARGE: Load = Load {
    gateways: 50,
    sets: 50,
    routes: 16,
    churn: Duration::from_mins(5),
};

#[tokio::main]
async fn main() -> ExitCode {
    // Cargo adds `--bench`.
    let words = std::env::args().skip(1);
    let words: Vec<_> = words.filter(|word| !word.starts_with('-')).collect();
    let mut figures = Figures::default();
    if words == ["waiting"] {
        waiting::measure(&mut figures).await;
    } else if words == ["scale"] {
        scale::measure(&mut figures).await;
    } else if let Some(load) = load(&words) {
        large(&mut figures, load).await;
    } else {
        eprintln!(
            "expected `waiting`, `scale`, or a size and seconds of churn, such as 50x50x16 300: {words:?}"
        );
        return ExitCode::FAILURE;
    }
    println!("{figures}");
    ExitCode::SUCCESS
}

async fn large(figures: &mut Figures, load: Load) {
    let Load {
        gateways,
        sets,
        routes,
        churn: _,
    } = load;
    let sets = gateways * sets;
    let name = format!("{sets} sets, {} routes", sets * routes);
    measure(figures, &name, load).await;
}

fn load(words: &[String]) -> Option<Load> {
    let mut load = LARGE;
    if let Some(size) = words.first() {
        let numbers: Result<Vec<usize>, _> = size.split('x').map(str::parse).collect();
        let [gateways, sets, routes] = numbers.ok()?.try_into().ok()?;
        load = Load {
            gateways,
            sets,
            routes,
            ..load
        };
    }
    if let Some(seconds) = words.get(1) {
        load.churn = Duration::from_secs(seconds.parse().ok()?);
    }
    Some(load)
}
