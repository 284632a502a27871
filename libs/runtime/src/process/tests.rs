use std::future::pending;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use super::{RunError, STOP_DEADLINE, supervise};
use crate::context::Context;
use crate::error::chain;
use crate::options::CommonArgs;
use crate::shutdown::StopSignal;

#[tokio::test]
async fn what_the_service_returns_is_returned() {
    let context = Context::new("merger");
    let options = CommonArgs::default();
    let value = supervise(&options, &context, pending(), |_| async {
        Ok::<_, io::Error>(7)
    })
    .await;
    assert_eq!(value.unwrap(), 7);
    assert!(context.shutdown.is_cancelled());
}

#[tokio::test]
async fn its_error_names_it() {
    let context = Context::new("merger");
    let options = CommonArgs::default();
    let ended = supervise(&options, &context, pending(), |_| async {
        Err::<(), _>(io::Error::other("no snapshot"))
    })
    .await;
    assert_eq!(chain(&ended.unwrap_err()), "merger failed: no snapshot");
}

#[tokio::test]
async fn the_first_signal_lets_it_end() {
    let context = Context::new("merger");
    let options = CommonArgs::default();
    let first_signal = async {
        context.shutdown.cancel();
        pending().await
    };
    let ended = supervise(&options, &context, first_signal, |context| async move {
        context.shutdown.cancelled().await;
        Ok::<_, io::Error>("stopped")
    })
    .await;
    assert_eq!(ended.unwrap(), "stopped");
}

#[tokio::test]
async fn the_second_signal_ends_at_once() {
    let context = Context::new("merger");
    let options = CommonArgs::default();
    let signals = async {
        context.shutdown.cancel();
        StopSignal::Interrupt
    };
    let ended = supervise(&options, &context, signals, |_| {
        pending::<Result<(), io::Error>>()
    })
    .await;
    assert!(matches!(
        ended,
        Err(RunError::Interrupted(StopSignal::Interrupt))
    ));
}

#[tokio::test(start_paused = true)]
async fn a_service_that_does_not_stop_is_left() {
    let context = Context::new("merger");
    let options = CommonArgs::default();
    context.shutdown.cancel();
    let begun = tokio::time::Instant::now();
    let ended = supervise(&options, &context, pending(), |_| {
        pending::<Result<(), io::Error>>()
    })
    .await;
    assert!(matches!(
        ended,
        Err(RunError::Stuck {
            service: "merger",
            ..
        })
    ));
    assert!(begun.elapsed() >= STOP_DEADLINE);
}

#[tokio::test]
async fn an_admin_port_in_use_is_known_before_the_work_starts() {
    let taken = tokio::net::TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
        .await
        .unwrap();
    let context = Context::new("merger");
    let options = CommonArgs {
        admin_listen: Some(taken.local_addr().unwrap()),
        ..CommonArgs::default()
    };
    let ended = supervise(&options, &context, pending(), |_| async {
        unreachable!("work started");
        #[allow(unreachable_code)]
        Ok::<(), io::Error>(())
    })
    .await;
    assert!(matches!(ended, Err(RunError::Admin(_))));
}
