//! The publisher against real servers.

use std::sync::Arc;

use futures::{FutureExt, StreamExt};
use tokio::sync::mpsc;
use tonic::{Request, Response, Status, Streaming};
use tributary_model::ObjectKey;
use tributary_model::desired::LoadBalancerKey;
use tributary_model::elb::LoadBalancerKind;
use tributary_model::report::{LoadBalancerPhase, LoadBalancerReport};
use tributary_proto::report::report_service_server::{ReportService, ReportServiceServer};
use tributary_proto::report::{PublishReportsRequest, PublishReportsResponse, Publisher};
use tributary_runtime::{Context, Grpc, GrpcServices};
use tributary_stream::{
    Position, Published, Receiver, StreamOptions, Transport, Update, clients, publish,
};

use crate::service::{Server, any_port};

type Reports = Published<LoadBalancerKey, LoadBalancerReport>;

/// Tells the test each update as `instance word@generation`.
struct Merger {
    context: Context,
    says: mpsc::Sender<String>,
}

#[tonic::async_trait]
impl ReportService for Merger {
    async fn publish_reports(
        &self,
        request: Request<Streaming<PublishReportsRequest>>,
    ) -> Result<Response<PublishReportsResponse>, Status> {
        let mut messages = request.into_inner();
        let mut receiver = Receiver::new(&self.context, "report");
        while let Some(message) = messages.message().await? {
            let instance = message
                .publisher
                .clone()
                .map_or_else(String::new, |it| it.instance);
            for update in receiver.accept(message) {
                let generation = update.position.generation;
                let word = format!("{instance} {}@{generation}", word(update.item));
                if self.says.send(word).await.is_err() {
                    return Err(Status::unavailable("the test is over"));
                }
            }
        }
        Ok(Response::new(PublishReportsResponse::default()))
    }
}

fn word(update: Update<LoadBalancerKey, LoadBalancerReport>) -> String {
    match update {
        Update::Reset(items) => format!("R{}", items.len()),
        Update::Apply(key, report) => format!("{}={:?}", key.gateway.name, report.phase),
        Update::Repositioned(key) => format!("~{}", key.gateway.name),
        Update::Delete(key) => format!("-{}", key.gateway.name),
        Update::Refused(refused) => format!("?{refused}"),
        Update::Synced => "S".to_owned(),
    }
}

fn merger() -> (Grpc, mpsc::Receiver<String>) {
    let (says, listener) = mpsc::channel(64);
    let merger = Merger {
        context: Context::new("merger"),
        says,
    };
    let grpc = GrpcServices::default()
        .add_service(ReportServiceServer::new(merger))
        .build()
        .unwrap();
    (grpc, listener)
}

fn report(gateway: &str, phase: LoadBalancerPhase) -> (LoadBalancerKey, Arc<LoadBalancerReport>) {
    let key = LoadBalancerKey {
        kind: LoadBalancerKind::Alb,
        gateway: ObjectKey::new("infra", gateway),
    };
    let report = LoadBalancerReport {
        key: key.clone(),
        phase,
        arn: None,
        dns_name: None,
        listeners: Vec::new(),
        rules: Vec::new(),
        problems: Vec::new(),
        blocked: false,
        healthy: [].into(),
        quotas: None,
        settled: false,
    };
    (key, Arc::new(report))
}

fn set(reports: &Reports, gateway: &str, phase: LoadBalancerPhase, generation: u64) {
    let (key, report) = report(gateway, phase);
    reports.set_at(
        key,
        report,
        Position {
            epoch: 1,
            generation,
        },
    );
}

async fn publishing(context: Context, reports: Reports, transport: Transport) {
    let client = clients::report(transport);
    let publisher = Publisher {
        instance: "pod-1".to_owned(),
        ..Publisher::default()
    };
    let dress = move |message| PublishReportsRequest {
        publisher: Some(publisher.clone()),
        ..message
    };
    let options = StreamOptions::named("report");
    publish(context, options, reports, dress, move |messages| {
        let mut client = client.clone();
        async move { client.publish_reports(messages).await.map(|_| ()) }
    })
    .await;
}

async fn heard(listener: &mut mpsc::Receiver<String>, count: usize) -> Vec<String> {
    let mut words = Vec::new();
    for _ in 0..count {
        words.push(listener.recv().await.unwrap());
    }
    words
}

#[tokio::test]
async fn reports_arrive_with_their_own_positions_until_the_stop() {
    let context = Context::new("programmer");
    let reports = Reports::new(&context, "report");
    set(&reports, "a", LoadBalancerPhase::Provisioning, 7);
    reports.mark_complete();
    let (grpc, mut listener) = merger();
    let published = publishing(
        context.clone(),
        reports.clone(),
        Transport::local(grpc.routes()),
    );
    let listens = async {
        assert_eq!(heard(&mut listener, 2).await, ["pod-1 R1@7", "pod-1 S@7"]);
        set(&reports, "a", LoadBalancerPhase::Active, 7);
        assert_eq!(heard(&mut listener, 1).await, ["pod-1 a=Active@7"]);
        set(&reports, "a", LoadBalancerPhase::Active, 8);
        assert_eq!(heard(&mut listener, 1).await, ["pod-1 ~a@8"]);
        let (key, _) = report("a", LoadBalancerPhase::Deleted);
        reports.remove_at(
            &key,
            Position {
                epoch: 1,
                generation: 9,
            },
        );
        assert_eq!(heard(&mut listener, 1).await, ["pod-1 -a@9"]);
        context.shutdown.cancel();
    };
    tokio::join!(published, listens);
}

#[tokio::test]
async fn everything_is_sent_again_after_a_kill() {
    let context = Context::new("programmer");
    let reports = Reports::new(&context, "report");
    set(&reports, "a", LoadBalancerPhase::Active, 7);
    reports.mark_complete();
    let (grpc, mut listener) = merger();
    let running = Server::start(any_port(), grpc);
    let address = running.address;
    let transport = Transport::remote(&format!("http://{address}")).unwrap();
    let published = publishing(context.clone(), reports.clone(), transport);
    let listens = async {
        assert_eq!(heard(&mut listener, 2).await, ["pod-1 R1@7", "pod-1 S@7"]);
        running.kill().await;
        // Nothing queues up meanwhile: the latest of each key is what arrives.
        for generation in 8..20 {
            set(&reports, "a", LoadBalancerPhase::Active, generation);
        }
        set(&reports, "b", LoadBalancerPhase::Provisioning, 20);
        let (grpc, mut listener) = merger();
        let _running = Server::start(address, grpc);
        assert_eq!(heard(&mut listener, 2).await, ["pod-1 R2@20", "pod-1 S@20"]);
        context.shutdown.cancel();
    };
    tokio::join!(published, listens);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_does_not_answer_does_not_hold_up_the_stop() {
    let context = Context::new("programmer");
    let reports = Reports::new(&context, "report");
    let options = StreamOptions::named("report");
    context.shutdown.cancel();
    let stopped = publish::<PublishReportsRequest, _, _, _, _>(
        context.clone(),
        options,
        reports.clone(),
        |message| message,
        |_| std::future::pending(),
    );
    assert!(
        stopped.now_or_never().is_some(),
        "a stopped publisher makes no call"
    );

    let context = Context::new("programmer");
    let reports = Reports::new(&context, "report");
    let stops = context.shutdown.clone();
    publish::<PublishReportsRequest, _, _, _, _>(
        context.clone(),
        options,
        reports.clone(),
        |message| message,
        move |messages| {
            stops.cancel();
            // It reads the end of the stream and says nothing.
            messages
                .collect::<Vec<_>>()
                .then(|_| std::future::pending())
        },
    )
    .await;
}
