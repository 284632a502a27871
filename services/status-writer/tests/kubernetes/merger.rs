//! The merger's contract of judgements, and nothing behind it.

use std::sync::{Arc, Mutex};

use tonic::{Request, Response, Status};
use tributary_model::ObjectRef;
use tributary_model::judgement::{JudgedObject, Judgement};
use tributary_model::status;
use tributary_proto::call::Acknowledgement;
use tributary_proto::judgement::judgement_service_server::{
    JudgementService, JudgementServiceServer,
};
use tributary_proto::judgement::{
    AcknowledgeJudgementsRequest, AcknowledgeJudgementsResponse, WatchJudgementsRequest,
    WatchJudgementsResponse,
};
use tributary_runtime::{Context, GrpcServices};
use tributary_stream::{EventStream, Published, Transport, events};
use tributary_tests_kubernetes::wait::until;

#[derive(Clone)]
pub(crate) struct Merger {
    judgements: Published<ObjectRef, JudgedObject>,
    acknowledged: Arc<Mutex<Option<Acknowledgement>>>,
}

impl Merger {
    pub(crate) fn new(context: &Context) -> Self {
        let judgements = Published::new(context, "judgement");
        judgements.set_epoch(1);
        judgements.mark_complete();
        Self {
            judgements,
            acknowledged: Arc::default(),
        }
    }

    pub(crate) fn transport(&self) -> Transport {
        let service = JudgementServiceServer::new(self.clone())
            .max_decoding_message_size(tributary_proto::MAX_MESSAGE_BYTES)
            .max_encoding_message_size(tributary_proto::MAX_MESSAGE_BYTES);
        let grpc = GrpcServices::default()
            .add_service(service)
            .describe(tributary_proto::FILE_DESCRIPTOR_SET)
            .build()
            .unwrap();
        Transport::local(grpc.routes())
    }

    /// Judges an object whose status the watcher saw last as `current`.
    pub(crate) fn judge(&self, judgement: Judgement, current: Option<status::Status>) {
        self.judge_at(judgement, current, None);
    }

    /// The watcher saw that at this version.
    pub(crate) fn judge_at(
        &self,
        judgement: Judgement,
        current: Option<status::Status>,
        resource_version: Option<u64>,
    ) {
        let object = judgement.object();
        let judged = JudgedObject {
            judgement,
            current,
            resource_version,
        };
        self.judgements.set(object, Arc::new(judged));
    }

    pub(crate) fn remove(&self, object: &ObjectRef) {
        self.judgements.remove(object);
    }

    /// Nobody has acknowledged anything.
    pub(crate) fn forget(&self) {
        *self.acknowledged.lock().unwrap() = None;
    }

    /// What was acknowledged last.
    pub(crate) fn acknowledged(&self) -> Option<Acknowledgement> {
        self.acknowledged.lock().unwrap().clone()
    }

    /// Waits until everything is written, set aside or failed.
    pub(crate) async fn settled(&self) -> Acknowledgement {
        self.until("everything is acknowledged", |_| true).await
    }

    /// Waits until everything is written, set aside or failed, and then until the answer is this one.
    pub(crate) async fn until(
        &self,
        what: &str,
        is_it: impl Fn(&Acknowledgement) -> bool,
    ) -> Acknowledgement {
        until(what, async || {
            self.acknowledged()
                .filter(|said| said.position >= self.judgements.position() && is_it(said))
        })
        .await
    }
}

#[tonic::async_trait]
impl JudgementService for Merger {
    type WatchJudgementsStream = EventStream<WatchJudgementsResponse>;

    async fn watch_judgements(
        &self,
        _: Request<WatchJudgementsRequest>,
    ) -> Result<Response<Self::WatchJudgementsStream>, Status> {
        Ok(Response::new(events(self.judgements.subscribe())))
    }

    async fn acknowledge_judgements(
        &self,
        request: Request<AcknowledgeJudgementsRequest>,
    ) -> Result<Response<AcknowledgeJudgementsResponse>, Status> {
        let said = Acknowledgement::try_from(request.into_inner()).unwrap();
        *self.acknowledged.lock().unwrap() = Some(said);
        Ok(Response::new(AcknowledgeJudgementsResponse {}))
    }
}
