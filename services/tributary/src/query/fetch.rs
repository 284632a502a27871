//! The questions of the query contract, in domain types.

use std::time::Duration;

use tonic::{Response, Status, Streaming};
use tributary_model::view::{Explanation, ListenerView, LoadBalancerView, ObjectView};
use tributary_proto::call::{
    Answer, ExplainQuery, ListenerFilter, ObjectFilter, WaitOutcome, WaitTimeout,
};
use tributary_proto::listeners::{
    ExplainRequest, ListListenersRequest, ListLoadBalancersRequest, ListObjectsRequest,
    WaitSettledRequest,
};
use tributary_proto::part::PartMessage;

use super::client::Client;
use super::error::QueryError;
use super::print::tell;

impl Client {
    /// Ordered by Gateway, then by precedence.
    pub(crate) async fn list_listeners(
        &self,
        filter: &ListenerFilter,
    ) -> Result<Vec<ListenerView>, QueryError> {
        let request = ListListenersRequest::from(filter);
        self.list(async || self.listeners().list_listeners(request.clone()).await)
            .await
    }

    /// Ordered by kind, namespace and name.
    pub(crate) async fn list_objects(
        &self,
        filter: &ObjectFilter,
    ) -> Result<Vec<ObjectView>, QueryError> {
        let request = ListObjectsRequest::from(filter);
        self.list(async || self.listeners().list_objects(request.clone()).await)
            .await
    }

    /// Ordered by kind and Gateway.
    pub(crate) async fn list_load_balancers(&self) -> Result<Vec<LoadBalancerView>, QueryError> {
        let request = ListLoadBalancersRequest {};
        self.list(async || self.listeners().list_load_balancers(request).await)
            .await
    }

    /// Empty when nothing is known of what is asked about.
    pub(crate) async fn ask(
        &self,
        question: &ExplainQuery,
    ) -> Result<Vec<Explanation>, QueryError> {
        let request = ExplainRequest::from(question);
        self.answer(async {
            let asked = self.call(async || self.listeners().explain(request.clone()).await);
            let response = asked.await?;
            let answer = Answer::<Vec<Explanation>>::try_from(response.into_inner())
                .map_err(|error| self.unreadable(error))?;
            Ok(answer.item)
        })
        .await
    }

    /// One call, which may take as long as the patience that it names. The status is the caller's business.
    pub(crate) async fn wait_outcome(&self, patience: Duration) -> Result<WaitOutcome, Status> {
        let mut client = self.listeners();
        let request = WaitSettledRequest::from(&WaitTimeout(patience));
        Ok(client.wait_settled(request).await?.into_inner().into())
    }

    async fn list<M: PartMessage>(
        &self,
        call: impl AsyncFn() -> Result<Response<Streaming<M>>, Status>,
    ) -> Result<Vec<M::Item>, QueryError> {
        self.answer(async {
            // To its end before any of it counts: what breaks is asked anew, of the next server.
            let whole = async || {
                let mut stream = call().await?.into_inner();
                let mut parts = Vec::new();
                while let Some(part) = stream.message().await? {
                    parts.push(part);
                }
                Ok(parts)
            };
            let mut items = Vec::new();
            for part in self.call(whole).await? {
                let part = part.decode_part().map_err(|error| self.unreadable(error))?;
                items.extend(part.items);
                for refused in part.refused {
                    tell(&format!(
                        "warning: left out, since it cannot be read: {refused}"
                    ));
                }
            }
            Ok(items)
        })
        .await
    }
}
