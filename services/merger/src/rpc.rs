//! The merger's contracts but `GetHealth`, which is in `health`.

use std::sync::Arc;
use std::time::Duration;

use futures::stream::{self, BoxStream, StreamExt};
use tokio::time::{Instant, timeout_at};
use tonic::{Extensions, Request, Response, Status, Streaming};
use tributary_kubernetes::Verb;
use tributary_model::desired::LoadBalancerKey;
use tributary_model::view::{ListenerView, Sight};
use tributary_model::{ListenerRef, Name};
use tributary_proto::call::{
    Acknowledgement, Answer, ExplainQuery, ListenerFilter, ListenerListing, ListenerWatch,
    LoadBalancerShard, ObjectFilter, WaitOutcome, WaitTimeout,
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
use tributary_proto::part::{page_parts, parts, parts_of_messages};
use tributary_proto::report::report_service_server::ReportService;
use tributary_proto::report::{PublishReportsRequest, PublishReportsResponse};
use tributary_proto::snapshot::SyncRequest;
use tributary_proto::types;
use tributary_runtime::Context;
use tributary_stream::{EventStream, Position, Resume, Transport, clients, events};

use crate::callers::may_speak_of;
use crate::guests::Caller;
use crate::leadership::MergerLeadership;
use crate::people::{Limits, People, sight, watched};
use crate::progress::pending;
use crate::reports::{self, Desk};
use crate::shared::Shared;
use crate::{load_balancers, views};

/// All four contracts over one state.
#[derive(Clone, Debug)]
pub(crate) struct Rpc {
    pub(crate) shared: Arc<Shared>,
    pub(crate) leadership: MergerLeadership,
    pub(crate) watcher: Transport,
    pub(crate) context: Context,
    pub(crate) desk: Desk,
    pub(crate) people: Option<Arc<People>>,
    pub(crate) limits: Limits,
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
        let epoch = self.leadership.epoch()?;
        let caller = Caller::of(&request);
        let (_, extensions, mut asked) = request.into_parts();
        let concerns = std::mem::take(&mut asked.concerns);
        let shard = LoadBalancerShard::try_from(asked).map_err(invalid)?;
        may_speak_of(&extensions, shard.kind)?;
        let guests = &self.shared.guests;
        let guest = guests.programmer(caller, &shard, concerns);
        let subscription = self
            .shared
            .desired
            .subscribe_where(move |key, _| shard.includes(key));
        let events = self.leadership.only_leading(epoch, events(subscription));
        Ok(Response::new(guest.stays_with(events)))
    }

    async fn get_load_balancer(
        &self,
        request: Request<GetLoadBalancerRequest>,
    ) -> Result<Response<GetLoadBalancerResponse>, Status> {
        self.leadership.epoch()?;
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
        let epoch = self.leadership.epoch()?;
        let caller = Caller::of(&request);
        let WatchJudgementsRequest { instance } = request.into_inner();
        let guest = self.shared.guests.status_writer(caller, instance);
        let events = events(self.shared.judgements.subscribe());
        let events = self.leadership.only_leading(epoch, events);
        Ok(Response::new(guest.stays_with(events)))
    }

    async fn acknowledge_judgements(
        &self,
        request: Request<AcknowledgeJudgementsRequest>,
    ) -> Result<Response<AcknowledgeJudgementsResponse>, Status> {
        self.leadership.epoch()?;
        let mut acknowledgement =
            Acknowledgement::try_from(request.into_inner()).map_err(invalid)?;
        let instance = std::mem::take(&mut acknowledgement.instance);
        let concerns = std::mem::take(&mut acknowledgement.concerns);
        self.shared.guests.writes(instance, concerns);
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
            &self.leadership,
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
        let (_, extensions, asked) = request.into_parts();
        let ListenerListing {
            filter,
            page_size,
            after,
        } = ListenerListing::try_from(asked).map_err(invalid)?;
        let namespace = namespace_of(&filter);
        let sight = self.sight(&extensions, Verb::List, namespace).await?;
        let passes = |_: &_, view: &_| views::listener_passes(&filter, view, &sight);
        let (position, mut listeners) = self.shared.listeners_for(&sight).select(passes);
        listeners.sort_by(|left, right| {
            (&left.resolved.gateway, &left.resolved.precedence)
                .cmp(&(&right.resolved.gateway, &right.resolved.precedence))
        });
        let (page, next) = views::page(listeners, page_size, after.as_ref());
        let parts = page_parts(position, page, next);
        Ok(Response::new(stream::iter(parts.map(Ok)).boxed()))
    }

    async fn get_listener(
        &self,
        request: Request<GetListenerRequest>,
    ) -> Result<Response<GetListenerResponse>, Status> {
        let (_, extensions, asked) = request.into_parts();
        let listener = asked
            .listener
            .ok_or_else(|| Status::invalid_argument("listener: is required"))?;
        let listener = ListenerRef::try_from(listener)
            .map_err(|error: ConvertError| invalid(error.under("listener")))?;
        let namespace = Some(&listener.owner.key.namespace);
        let sight = self.sight(&extensions, Verb::Get, namespace).await?;
        let listeners = self.shared.listeners_for(&sight);
        let position = listeners.position();
        let item = listeners
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
        let (_, extensions, asked) = request.into_parts();
        let ListenerWatch {
            filter,
            resume_after,
        } = ListenerWatch::try_from(asked).map_err(invalid)?;
        let namespace = namespace_of(&filter).cloned();
        let sight = self
            .sight(&extensions, Verb::Watch, namespace.as_ref())
            .await?;
        let listeners = self.shared.listeners_for(&sight);
        let (owners, may_see) = (filter.clone(), sight.clone());
        let resume = resume_after.map(|after| Resume {
            after,
            may_have: Box::new(move |key: &ListenerRef| {
                views::owner_passes(&owners, key, &may_see)
            }),
        });
        let seen = sight.clone();
        let passes = move |_: &ListenerRef, view: &ListenerView| {
            views::listener_passes(&filter, view, &seen)
        };
        let subscription = listeners.subscribe_again(resume, passes);
        let held = self.limits.stream(&extensions)?;
        let epoch = self.leadership.epoch()?;
        let events = self.leadership.only_leading(epoch, events(subscription));
        let events = events.map(move |event| {
            // It counts as long as the stream is there.
            let _held = &held;
            event
        });
        let people = self.people.as_ref();
        Ok(Response::new(watched(
            people,
            &extensions,
            namespace,
            sight,
            events.boxed(),
        )))
    }

    async fn list_objects(
        &self,
        request: Request<ListObjectsRequest>,
    ) -> Result<Response<Self::ListObjectsStream>, Status> {
        let (_, extensions, asked) = request.into_parts();
        let filter = ObjectFilter::try_from(asked).map_err(invalid)?;
        let namespace = filter.namespace.as_ref();
        let sight = self.sight(&extensions, Verb::List, namespace).await?;
        let (position, judged) = self.shared.judgements.snapshot();
        let state = self.shared.lock()?;
        let objects: Vec<_> = judged
            .into_iter()
            .filter(|(object, _)| views::object_passes(&filter, object, &sight))
            .map(|(object, judged)| (state.labels_of(&object), object, judged))
            .filter(|(labels, ..)| views::has_labels(&filter, labels))
            .map(|(labels, object, judged)| {
                (
                    views::gateways(state.merge(), &object, &sight),
                    labels,
                    judged,
                )
            })
            .collect();
        drop(state);
        let views = objects
            .into_iter()
            .map(|(gateways, labels, judged)| types::ObjectView {
                judgement: Some(judged.judgement()),
                gateways: gateways.iter().map(Into::into).collect(),
                labels: labels.to_map(),
            });
        Ok(Response::new(
            stream::iter(parts_of_messages(position, views).map(Ok)).boxed(),
        ))
    }

    async fn list_load_balancers(
        &self,
        request: Request<ListLoadBalancersRequest>,
    ) -> Result<Response<Self::ListLoadBalancersStream>, Status> {
        // Of every namespace, or refused.
        self.sight(request.extensions(), Verb::List, None).await?;
        let position = self.shared.desired.position();
        let load_balancers = load_balancers::all(&*self.shared.lock()?);
        Ok(Response::new(
            stream::iter(parts(position, load_balancers).map(Ok)).boxed(),
        ))
    }

    async fn explain(
        &self,
        request: Request<ExplainRequest>,
    ) -> Result<Response<ExplainResponse>, Status> {
        let (_, extensions, asked) = request.into_parts();
        let ExplainQuery { object, listener } = ExplainQuery::try_from(asked).map_err(invalid)?;
        let namespace = (!object.kind.is_cluster_scoped()).then_some(&object.key.namespace);
        let sight = self.sight(&extensions, Verb::Get, namespace).await?;
        let state = self.shared.lock()?;
        let answer = Answer {
            position: state.judged_position(),
            item: state.explain(&object, listener.as_deref(), &sight),
        };
        Ok(Response::new(ExplainResponse::from(&answer)))
    }

    async fn wait_settled(
        &self,
        request: Request<WaitSettledRequest>,
    ) -> Result<Response<WaitSettledResponse>, Status> {
        let (_, extensions, asked) = request.into_parts();
        let WaitTimeout(patience) = WaitTimeout::try_from(asked).map_err(invalid)?;
        // Of every namespace, or refused.
        self.sight(&extensions, Verb::Watch, None).await?;
        let _held = self.limits.stream(&extensions)?;
        let deadline = Instant::now() + patience.min(LONGEST_PATIENCE);
        // Reports come to the leader alone.
        let epoch = self.leadership.epoch()?;
        let wait_outcome = tokio::select! {
            status = self.leadership.lost(epoch) => return Err(status),
            wait_outcome = self.wait_outcome(deadline) => wait_outcome?,
            () = self.context.shutdown.cancelled() => return Err(Status::unavailable("the service is stopping")),
        };
        Ok(Response::new(WaitSettledResponse::from(&wait_outcome)))
    }
}

impl Rpc {
    /// What the caller may see who asks about a namespace, or about all of them.
    pub(crate) async fn sight(
        &self,
        extensions: &Extensions,
        verb: Verb,
        namespace: Option<&Name>,
    ) -> Result<Sight, Status> {
        self.limits.question(extensions)?;
        // Reports come to the leader alone: what a standby would say of a listener is not true.
        self.leadership.epoch()?;
        sight(self.people.as_ref(), extensions, verb, namespace).await
    }

    async fn wait_outcome(&self, deadline: Instant) -> Result<WaitOutcome, Status> {
        let mut client = clients::snapshot(self.watcher.clone());
        let read: Position = match timeout_at(deadline, client.sync(SyncRequest {})).await {
            Ok(Ok(synced)) => synced
                .into_inner()
                .try_into()
                .map_err(|error: ConvertError| Status::internal(error.to_string()))?,
            Ok(Err(status)) => {
                return Ok(WaitOutcome::Pending(vec![format!(
                    "the watcher does not answer: {}",
                    status.message()
                )]));
            }
            Err(_) => {
                return Ok(WaitOutcome::Pending(vec![
                    "the watcher has not read its source again".to_owned(),
                ]));
            }
        };
        let mut changes = self.shared.progress.subscribe();
        loop {
            changes.borrow_and_update();
            let pending = pending(&*self.shared.lock()?, read);
            if pending.is_empty() {
                return Ok(WaitOutcome::Settled);
            }
            if timeout_at(deadline, changes.changed()).await.is_err() {
                return Ok(WaitOutcome::Pending(pending));
            }
        }
    }
}

/// The one that all who pass are in; nothing where they may be of any.
fn namespace_of(filter: &ListenerFilter) -> Option<&Name> {
    let of_owner = filter.owner.as_ref().map(|owner| &owner.key.namespace);
    filter.namespace.as_ref().or(of_owner)
}

fn invalid(error: ConvertError) -> Status {
    Status::from(error)
}
