//! Five processes do what one does.

use std::path::Path;

use crate::examples::example;
use crate::sandbox::assert_same;
use crate::scratch::judged;
use crate::status::{assert_equal, normal};
use crate::system::{FIVE, Part, System};

/// An ALB and an NLB, of two examples that have no object in common.
fn copy_examples(to: &Path) {
    for name in ["listenersets", "nlb"] {
        for file in std::fs::read_dir(example(name))
            .unwrap()
            .map(Result::unwrap)
        {
            let file_name = file.file_name().into_string().unwrap();
            if Path::new(&file_name)
                .extension()
                .is_some_and(|it| it == "yaml")
            {
                std::fs::copy(file.path(), to.join(format!("{name}-{file_name}"))).unwrap();
            }
        }
    }
}

async fn check(order: [Part; 5]) {
    let mut system = System::new();
    copy_examples(&system.source());
    for part in order {
        system.start(part);
    }
    // Programmers, too, have to wait for AWS.
    system.start(Part::Sandbox);
    system.settled().await;
    let expected = judged(&system.source()).await;
    assert_equal(
        &normal(system.statuses()),
        &normal(expected.statuses),
        &format!("started as {order:?}"),
    );
    assert_same(
        &system.inventory().await,
        &expected.inventory,
        &format!("{order:?}"),
    );
}

#[tokio::test]
async fn the_five_binaries_write_what_up_writes() {
    check(FIVE).await;
}

#[tokio::test]
async fn the_five_binaries_may_start_in_the_opposite_order() {
    let mut order = FIVE;
    order.reverse();
    check(order).await;
}

#[tokio::test]
async fn the_five_binaries_may_start_in_any_order() {
    let mut order = FIVE;
    fastrand::Rng::with_seed(8).shuffle(&mut order);
    check(order).await;
}
