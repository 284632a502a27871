//! An OpenTelemetry collector that only keeps what it is sent.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};

use crate::address;

/// Which spans of which services were seen, `service span`, by trace.
type Traces = BTreeMap<Vec<u8>, BTreeSet<String>>;

#[derive(Debug)]
pub(crate) struct Collector {
    pub(crate) address: SocketAddr,
    traces: Kept,
    // Ends with it.
    _serving: JoinSet<()>,
}

#[derive(Clone, Debug, Default)]
struct Kept(Arc<Mutex<Traces>>);

impl Collector {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind((address::host(), 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let traces = Kept::default();
        let service = TraceServiceServer::new(traces.clone());
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            Server::builder()
                .add_service(service)
                .serve_with_incoming(TcpIncoming::from(listener))
                .await
                .unwrap();
        });
        Self {
            address,
            traces,
            _serving: serving,
        }
    }

    /// The spans of each trace, `service span`.
    pub(crate) fn traces(&self) -> Vec<BTreeSet<String>> {
        self.traces.0.lock().unwrap().values().cloned().collect()
    }
}

#[tonic::async_trait]
impl TraceService for Kept {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let mut traces = self.0.lock().unwrap();
        for resource in request.into_inner().resource_spans {
            let attributes = resource.resource.unwrap_or_default().attributes;
            let service = attributes
                .into_iter()
                .find(|attribute| attribute.key == "service.name")
                .and_then(|attribute| attribute.value?.value);
            let Some(Value::StringValue(service)) = service else {
                return Err(Status::invalid_argument("no service.name"));
            };
            for span in resource
                .scope_spans
                .into_iter()
                .flat_map(|scope| scope.spans)
            {
                traces
                    .entry(span.trace_id)
                    .or_default()
                    .insert(format!("{service} {}", span.name));
            }
        }
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}
