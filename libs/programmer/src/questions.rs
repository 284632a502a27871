//! What a supervisor asks AWS, the API server and the merger, while its loop goes on.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures::StreamExt;
use futures::future::{BoxFuture, FutureExt};
use futures::stream::FuturesUnordered;
use tokio::time::timeout;
use tributary_aws::owned;
use tributary_model::desired::LoadBalancerKey;
use tributary_plan::limits::Limits;
use tributary_proto::call::LoadBalancerShard;
use tributary_proto::desired::GetLoadBalancerRequest;
use tributary_proto::desired::desired_service_client::DesiredServiceClient;
use tributary_stream::{Position, Transport, says_not_found, says_not_ours};

use crate::shared::Shared;

/// The merger answers from memory or is gone.
const ASK_DEADLINE: Duration = Duration::from_secs(2);
/// Questions to the merger at once; the others stand in line, each load balancer once.
const ASKED_AT_ONCE: usize = 16;
/// A part of a search that has no answer by then has failed: pages, tries and turns of throttled calls take less.
const SEARCH_DEADLINE: Duration = Duration::from_mins(2);

/// What is asked. Dropped, nothing is asked any more.
#[derive(Debug)]
pub(crate) struct Questions {
    merger: DesiredServiceClient<Transport>,
    asking: FuturesUnordered<BoxFuture<'static, Heard>>,
    /// Load balancers of which it is asked whether they are wanted.
    wanted: BTreeMap<LoadBalancerKey, Question>,
    /// Those of them that were not asked yet.
    line: BTreeSet<LoadBalancerKey>,
    at_once: usize,
    next_number: u64,
}

#[derive(Debug)]
struct Question {
    asked: Asked,
    /// None while it stands in line.
    number: Option<u64>,
}

/// What made us ask whether a load balancer is wanted.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) position: Position,
    pub(crate) traceparent: String,
}

/// What came back; errors in words.
#[derive(Debug)]
pub(crate) enum Answer {
    /// Whether somebody wants the load balancer; an error if the merger does not say.
    Wanted(LoadBalancerKey, Asked, Result<Whose, String>),
    /// AWS's quotas.
    Limits(Result<Limits, String>),
    /// What carries our tags.
    Owned(Result<BTreeSet<LoadBalancerKey>, String>),
    /// Whose Gateways wait to be let go.
    Leaving(Result<BTreeSet<LoadBalancerKey>, String>),
}

enum Heard {
    Search(Answer),
    /// With the number of the question.
    Wanted(LoadBalancerKey, u64, Result<Whose, String>),
}

/// Whose load balancer it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whose {
    /// Somebody wants it, or it is kept.
    Wanted,
    /// Nobody wants it: it is to go.
    Nobodys,
    /// Another program looks after its Gateway.
    Anothers,
}

impl Questions {
    pub(crate) fn new(merger: DesiredServiceClient<Transport>) -> Self {
        Self {
            merger,
            asking: FuturesUnordered::new(),
            wanted: BTreeMap::new(),
            line: BTreeSet::new(),
            at_once: 0,
            next_number: 0,
        }
    }

    /// The next answer; none while nothing is asked. Dropped while it waits, it loses nothing.
    pub(crate) async fn next(&mut self) -> Option<Answer> {
        loop {
            let (key, number, answer) = match self.asking.next().await? {
                Heard::Search(answer) => return Some(answer),
                Heard::Wanted(key, number, answer) => (key, number, answer),
            };
            self.at_once -= 1;
            self.ask();
            let is_last = |question: &Question| question.number == Some(number);
            if self.wanted.get(&key).is_some_and(is_last)
                && let Some(question) = self.wanted.remove(&key)
            {
                return Some(Answer::Wanted(key, question.asked, answer));
            }
            // It was wanted again meanwhile: what the merger said before is not what it says now.
        }
    }

    /// Looks for everything of ours. Returns how many answers that will bring.
    pub(crate) fn search(&mut self, shared: &Shared, share: LoadBalancerShard) -> usize {
        let (aws, environment) = (shared.aws.clone(), shared.environment.clone());
        let owned = in_time(async move {
            let owned = owned(&aws, &environment, share.kind).await;
            owned.map_err(|error| error.to_string())
        });
        let elbv2 = shared.aws.elbv2.clone();
        let limits = in_time(async move {
            let limits = elbv2.account_limits().await;
            limits.map_err(|error| error.to_string())
        });
        self.asking
            .push(owned.map(|it| Heard::Search(Answer::Owned(it))).boxed());
        self.asking
            .push(limits.map(|it| Heard::Search(Answer::Limits(it))).boxed());
        let Some(holds) = shared.holds.clone() else {
            return 2;
        };
        let leaving = in_time(async move {
            let leaving = holds.leaving().await.map_err(|error| error.to_string())?;
            Ok(leaving.into_iter().collect())
        });
        self.asking
            .push(leaving.map(|it| Heard::Search(Answer::Leaving(it))).boxed());
        3
    }

    /// Asks the merger, or goes on asking.
    pub(crate) fn ask_whether_wanted(&mut self, key: LoadBalancerKey, asked: Asked) {
        if let Some(question) = self.wanted.get_mut(&key) {
            question.asked = asked;
            return;
        }
        self.line.insert(key.clone());
        let question = Question {
            asked,
            number: None,
        };
        self.wanted.insert(key, question);
        self.ask();
    }

    /// It is wanted: whatever the merger said before.
    pub(crate) fn forget(&mut self, key: &LoadBalancerKey) {
        self.wanted.remove(key);
        self.line.remove(key);
    }

    fn ask(&mut self) {
        while self.at_once < ASKED_AT_ONCE
            && let Some(key) = self.line.pop_first()
        {
            let Some(question) = self.wanted.get_mut(&key) else {
                continue;
            };
            let number = self.next_number;
            self.next_number += 1;
            question.number = Some(number);
            self.at_once += 1;
            let asking = is_wanted(self.merger.clone(), key.clone());
            let asking = asking.map(move |answer| Heard::Wanted(key, number, answer));
            self.asking.push(asking.boxed());
        }
    }
}

async fn in_time<T>(asking: impl Future<Output = Result<T, String>>) -> Result<T, String> {
    match timeout(SEARCH_DEADLINE, asking).await {
        Ok(answer) => answer,
        Err(_) => Err("no answer in time".to_owned()),
    }
}

/// Whether somebody wants a load balancer; an error if the merger does not say.
async fn is_wanted(
    mut merger: DesiredServiceClient<Transport>,
    key: LoadBalancerKey,
) -> Result<Whose, String> {
    let asking = merger.get_load_balancer(GetLoadBalancerRequest::from(&key));
    match timeout(ASK_DEADLINE, asking).await {
        Ok(Ok(_)) => Ok(Whose::Wanted),
        Ok(Err(status)) if says_not_found(&status) => Ok(Whose::Nobodys),
        Ok(Err(status)) if says_not_ours(&status) => Ok(Whose::Anothers),
        Ok(Err(status)) => Err(status.to_string()),
        Err(_) => Err("no answer in time".to_owned()),
    }
}
