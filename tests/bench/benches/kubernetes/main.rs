//! The five programs on a real API server: `just bench-kubernetes`, with another size as `GATEWAYSxSETSxROUTES` and the
//! seconds of churn behind it.

use std::time::Duration;

use tributary_tests_bench::cluster::{Load, measure};
use tributary_tests_bench::figures::Figures;

/// 2,500 sets in 50 namespaces on 50 Gateways, with 40,000 routes.
const LARGE: Load = Load {
    gateways: 50,
    sets: 50,
    routes: 16,
    churn: Duration::from_mins(5),
};

#[tokio::main]
async fn main() {
    // Cargo adds `--bench`.
    let words: Vec<_> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .collect();
    let mut load = LARGE;
    if let Some(size) = words.first() {
        let numbers: Vec<usize> = size
            .split('x')
            .filter_map(|part| part.parse().ok())
            .collect();
        let &[gateways, sets, routes] = numbers.as_slice() else {
            panic!("{size:?} is no size, such as 50x50x16");
        };
        load = Load {
            gateways,
            sets,
            routes,
            ..load
        };
    }
    if let Some(seconds) = words.get(1) {
        load.churn = Duration::from_secs(seconds.parse().expect("seconds of churn are a number"));
    }
    let name = format!(
        "{} sets, {} routes",
        load.gateways * load.sets,
        load.gateways * load.sets * load.routes
    );
    let mut figures = Figures::default();
    measure(&mut figures, &name, load).await;
    println!("{figures}");
}
