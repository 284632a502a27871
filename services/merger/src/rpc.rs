//! The merger's contracts but `GetHealth`, which is in `health`.

use std::sync::Arc;
use std::time::Duration;

use futures::stream::{self, BoxStream, StreamExt};
use tokio::time::{Instant, timeout_at};
use tonic::{Request, Response, Status, Streaming};
use tributary_model::ListenerRef;
use tributary_model::desired::LoadBalancerKey;
use tributary_model::view::ListenerView;
use tributary_proto::call::{
    Acknowledgement, Answer, ListenerFilter, LoadBalancerShard, ObjectFilter, Patience, Question,
    Settling,
};
use tributary_proto::convert::ConvertError;
use tributary_proto::desired::desired_service_server::DesiredService;
use tributary_proto::desired::{
    GetLoadBalancerRequest, GetLoadBalancerResponse, WatchLoadBalancersRequest,
    WatchLoadBalancersResponse,
};
use tributary_proto::judgement::judgement_service_server::JudgementService;
use tributary_proto::judgement::{
    AcknowledgeJudgementsRequest, AcknowledgeJudgementsResponse, WatchJudgementsRequest,
    WatchJudgementsResponse,
};
use tributary_proto::listeners::listeners_service_server::ListenersService;
use tributary_proto::listeners::{
    ExplainRequest, ExplainResponse, GetListenerRequest, GetListenerResponse, ListListenersRequest,
    ListListenersResponse, ListLoadBalancersRequest, ListLoadBalancersResponse, ListObjectsRequest,
    ListObjectsResponse, WaitSettledRequest, WaitSettledResponse, WatchListenersRequest,
    WatchListenersResponse,
};
use tributary_proto::part::{parts, parts_of_messages};
use tributary_proto::report::report_service_server::ReportService;
use tributary_proto::report::{PublishReportsRequest, PublishReportsResponse};
use tributary_proto::snapshot::SyncRequest;
use tributary_proto::types;
use tributary_runtime::Context;
use tributary_stream::{EventStream, Position, Transport, clients, events};

use crate::callers::may_speak_of;
use crate::guests::Caller;
use crate::progress::pending;
use crate::reign::Reign;
use crate::reports::{self, Desk};
use crate::shared::Shared;
use crate::views;

/// All four contracts over one state.
#[derive(Clone, Debug)]
pub(crate) struct Rpc {
    pub(crate) shared: Arc<Shared>,
    pub(crate) reign: Reign,
    pub(crate) watcher: Transport,
    pub(crate) context: Context,
    pub(crate) desk: Desk,
}

/// No caller waits longer for the system to settle.
const LONGEST_PATIENCE: Duration = Duration::from_hours(1);

type PartStream<M> = BoxStream<'static, Result<M, Status>>;

#[tonic::async_trait]
impl DesiredService for Rpc {
    type WatchLoadBalancersStream = EventStream<WatchLoadBalancersResponse>;

    async fn watch_load_balancers(
        &self,
        request: Request<WatchLoadBalancersRequest>,
    ) -> Result<Response<Self::WatchLoadBalancersStream>, Status> {
        let epoch = self.reign.epoch()?;
        let caller = Caller::of(&request);
        let (_, extensions, asked) = request.into_parts();
        let shard = LoadBalancerShard::try_from(asked).map_err(invalid)?;
        may_speak_of(&extensions, shard.kind)?;
        let guest = self.shared.guests.programmer(caller, &shard);
        let subscription = self
            .shared
            .desired
            .subscribe_where(move |key, _| shard.includes(key));
        let events = self.reign.only_leading(epoch, events(subscription));
        Ok(Response::new(guest.stays_with(events)))
    }

    async fn get_load_balancer(
        &self,
        request: Request<GetLoadBalancerRequest>,
    ) -> Result<Response<GetLoadBalancerResponse>, Status> {
        self.reign.epoch()?;
        let (_, extensions, asked) = request.into_parts();
        let key = asked
            .key
            .ok_or_else(|| Status::invalid_argument("key: is required"))?;
        let key: LoadBalancerKey = key
            .try_into()
            .map_err(|error: ConvertError| invalid(error.under("key")))?;
        may_speak_of(&extensions, key.kind)?;
        let position = self.shared.desired.position();
        let Some(item) = self.shared.desired.get(&key) else {
            let state = self.shared.lock()?;
            if !state.is_complete() {
                return Err(Status::unavailable("the snapshot is not complete yet"));
            }
            if let Some(why) = state.theirs(&key.gateway) {
                return Err(Status::aborted(why));
            }
            return Err(match state.kept(&key.gateway) {
                Some(why) => Status::failed_precondition(why),
                None => Status::not_found(format!("load balancer {key}")),
            });
        };
        Ok(Response::new(GetLoadBalancerResponse::from(&Answer {
            position,
            item,
        })))
    }
}

#[tonic::async_trait]
impl JudgementService for Rpc {
    type WatchJudgementsStream = EventStream<WatchJudgementsResponse>;

    async fn watch_judgements(
        &self,
        request: Request<WatchJudgementsRequest>,
    ) -> Result<Response<Self::WatchJudgementsStream>, Status> {
        let epoch = self.reign.epoch()?;
        let guest = self.shared.guests.status_writer(Caller::of(&request));
        let events = events(self.shared.judgements.subscribe());
        let events = self.reign.only_leading(epoch, events);
        Ok(Response::new(guest.stays_with(events)))
    }

    async fn acknowledge_judgements(
        &self,
        request: Request<AcknowledgeJudgementsRequest>,
    ) -> Result<Response<AcknowledgeJudgementsResponse>, Status> {
        self.reign.epoch()?;
        let acknowledgement = Acknowledgement::try_from(request.into_inner()).map_err(invalid)?;
        self.shared.lock()?.acknowledge(acknowledgement);
        self.shared.progress.changed();
        Ok(Response::new(AcknowledgeJudgementsResponse {}))
    }
}

#[tonic::async_trait]
impl ReportService for Rpc {
    async fn publish_reports(
        &self,
        request: Request<Streaming<PublishReportsRequest>>,
    ) -> Result<Response<PublishReportsResponse>, Status> {
        let (_, extensions, messages) = request.into_parts();
        let may = |kind| may_speak_of(&extensions, kind);
        let taken = reports::take(
            &self.context,
            &self.shared,
            &self.reign,
            &self.desk,
            messages,
            may,
        )
        .await?;
        Ok(Response::new(PublishReportsResponse::from(&taken)))
    }
}

#[tonic::async_trait]
impl ListenersService for Rpc {
    type ListListenersStream = PartStream<ListListenersResponse>;
    type WatchListenersStream = EventStream<WatchListenersResponse>;
    type ListObjectsStream = PartStream<ListObjectsResponse>;
    type ListLoadBalancersStream = PartStream<ListLoadBalancersResponse>;

    async fn list_listeners(
        &self,
        request: Request<ListListenersRequest>,
    ) -> Result<Response<Self::ListListenersStream>, Status> {
        let filter = ListenerFilter::try_from(request.into_inner()).map_err(invalid)?;
        let (position, listeners) = self.shared.listeners.snapshot();
        let mut listeners: Vec<_> = listeners
            .into_values()
            .filter(|view| views::listener_passes(&filter, view))
            .collect();
        listeners.sort_by(|left, right| {
            (&left.resolved.gateway, &left.resolved.precedence)
                .cmp(&(&right.resolved.gateway, &right.resolved.precedence))
        });
        Ok(Response::new(
            stream::iter(parts(position, listeners).map(Ok)).boxed(),
        ))
    }

    async fn get_listener(
        &self,
        request: Request<GetListenerRequest>,
    ) -> Result<Response<GetListenerResponse>, Status> {
        let listener = request
            .into_inner()
            .listener
            .ok_or_else(|| Status::invalid_argument("listener: is required"))?;
        let listener = ListenerRef::try_from(listener)
            .map_err(|error: ConvertError| invalid(error.under("listener")))?;
        let position = self.shared.listeners.position();
        let item = self
            .shared
            .listeners
            .get(&listener)
            .ok_or_else(|| Status::not_found(listener.to_string()))?;
        Ok(Response::new(GetListenerResponse::from(&Answer {
            position,
            item,
        })))
    }

    async fn watch_listeners(
        &self,
        request: Request<WatchListenersRequest>,
    ) -> Result<Response<Self::WatchListenersStream>, Status> {
        let filter = ListenerFilter::try_from(request.into_inner()).map_err(invalid)?;
        let subscription = self
            .shared
            .listeners
            .subscribe_where(move |_, view: &ListenerView| views::listener_passes(&filter, view));
        Ok(Response::new(events(subscription)))
    }

    async fn list_objects(
        &self,
        request: Request<ListObjectsRequest>,
    ) -> Result<Response<Self::ListObjectsStream>, Status> {
        let filter = ObjectFilter::try_from(request.into_inner()).map_err(invalid)?;
        let (position, judged) = self.shared.judgements.snapshot();
        let state = self.shared.lock()?;
        let objects: Vec<_> = judged
            .into_iter()
            .filter(|(object, _)| views::object_passes(&filter, object))
            .map(|(object, judged)| (views::gateways(state.merge(), &object), judged))
            .collect();
        drop(state);
        let views = objects
            .into_iter()
            .map(|(gateways, judged)| types::ObjectView {
                judgement: Some(judged.judgement()),
                gateways: gateways.iter().map(Into::into).collect(),
            });
        Ok(Response::new(
            stream::iter(parts_of_messages(position, views).map(Ok)).boxed(),
        ))
    }

    async fn list_load_balancers(
        &self,
        _: Request<ListLoadBalancersRequest>,
    ) -> Result<Response<Self::ListLoadBalancersStream>, Status> {
        let position = self.shared.desired.position();
        let load_balancers = views::load_balancers(&*self.shared.lock()?);
        Ok(Response::new(
            stream::iter(parts(position, load_balancers).map(Ok)).boxed(),
        ))
    }

    async fn explain(
        &self,
        request: Request<ExplainRequest>,
    ) -> Result<Response<ExplainResponse>, Status> {
        let Question { object, listener } =
            Question::try_from(request.into_inner()).map_err(invalid)?;
        let state = self.shared.lock()?;
        let answer = Answer {
            position: state.judged_position(),
            item: state.explain(&object, listener.as_deref()),
        };
        Ok(Response::new(ExplainResponse::from(&answer)))
    }

    async fn wait_settled(
        &self,
        request: Request<WaitSettledRequest>,
    ) -> Result<Response<WaitSettledResponse>, Status> {
        let Patience(patience) = Patience::try_from(request.into_inner()).map_err(invalid)?;
        let deadline = Instant::now() + patience.min(LONGEST_PATIENCE);
        // Reports come to the leader alone.
        let epoch = self.reign.epoch()?;
        let settling = tokio::select! {
            status = self.reign.lost(epoch) => return Err(status),
            settling = self.settling(deadline) => settling?,
            () = self.context.shutdown.cancelled() => return Err(Status::unavailable("the service is stopping")),
        };
        Ok(Response::new(WaitSettledResponse::from(&settling)))
    }
}

impl Rpc {
    async fn settling(&self, deadline: Instant) -> Result<Settling, Status> {
        let mut client = clients::snapshot(self.watcher.clone());
        let read: Position = match timeout_at(deadline, client.sync(SyncRequest {})).await {
            Ok(Ok(synced)) => synced
                .into_inner()
                .try_into()
                .map_err(|error: ConvertError| Status::internal(error.to_string()))?,
            Ok(Err(status)) => {
                return Ok(Settling::Pending(vec![format!(
                    "the watcher does not answer: {}",
                    status.message()
                )]));
            }
            Err(_) => {
                return Ok(Settling::Pending(vec![
                    "the watcher has not read its source again".to_owned(),
                ]));
            }
        };
        let mut changes = self.shared.progress.subscribe();
        loop {
            changes.borrow_and_update();
            let pending = pending(&*self.shared.lock()?, read);
            if pending.is_empty() {
                return Ok(Settling::Settled);
            }
            if timeout_at(deadline, changes.changed()).await.is_err() {
                return Ok(Settling::Pending(pending));
            }
        }
    }
}

fn invalid(error: ConvertError) -> Status {
    Status::from(error)
}
