//! Whole processes. `cargo bench -p tributary-tests-bench -- [part of a name]` after
//! `cargo build --release --workspace --bins`, or `just bench`.

use tributary_testkit::worlds::{L, M, S, XL_SINGLE, XL_SPREAD};
use tributary_tests_bench::figures::Figures;
use tributary_tests_bench::{changes, first, flood, memory, once, tenants};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    // Cargo adds `--bench`; criterion's flags are not for us.
    let filter = std::env::args().skip(1).find(|word| !word.starts_with('-'));
    let wanted = |name: &str| filter.as_ref().is_none_or(|filter| name.contains(filter));
    let mut figures = Figures::default();
    for (name, size, aim) in [
        ("memory S", S, ""),
        ("memory M", M, ""),
        ("memory L", L, ""),
        ("memory XL-spread", XL_SPREAD, "< 400"),
        ("memory XL-single", XL_SINGLE, "< 400"),
    ] {
        if wanted(name) {
            memory::measure(&mut figures, name, size, aim).await;
        }
    }
    if wanted("first M") {
        first::measure(&mut figures, "first M", M, 3).await;
    }
    if wanted("once") {
        once::measure(&mut figures, 5).await;
    }
    if wanted("changes") {
        changes::measure(&mut figures, 20).await;
    }
    if wanted("tenants") {
        tenants::measure(&mut figures, 20).await;
    }
    if wanted("flood") {
        flood::measure(&mut figures, 10).await;
    }
    println!("{figures}");
}
