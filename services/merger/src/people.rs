//! Who people are and what they may see: what the API server says, remembered for a bounded time.
//!
//! ```text
//!  authorization: Bearer ──> whose ──> TokenReview ─────────> Person ──┐
//!                                                                      v
//!  verb, namespace ────────> sight ──> SubjectAccessReview ──> Sight: everything, or one namespace
//! ```
//!
//! A caller with a certificate is one of the table's (`libs/proto/src/access.rs`) and sees everything; so does everybody
//! where nobody is asked for one. Where the API server does not answer, nothing is open.

mod asked;
mod limits;
mod watched;

#[cfg(test)]
mod tests;

use std::fmt::Display;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use sha2::{Digest, Sha256};
use tonic::{Extensions, Status};
use tributary_kubernetes::{Class, Cluster, Failure, LISTENERS, Verb};
use tributary_model::Name;
use tributary_model::view::Sight;
use tributary_runtime::grpc::Tokens;
use tributary_runtime::metrics::MetricName;
use tributary_runtime::rate::Rate;
use tributary_runtime::{Bearer, Metrics, Person, Visitor};

use asked::{Asked, Found, Unasked};
pub(crate) use limits::Limits;
pub(crate) use watched::watched;

/// A refusal counts for a sixth of the time of a permission: a right that was just given is waited for.
const SOONER: u32 = 6;

/// Of tokens and of rights each: 200 people with 20 namespaces each fit in.
const REMEMBERED: usize = 4096;

/// New tokens from one address: a port-forward makes everybody's the same.
const TOKENS: (u32, u32) = (100, 20);

/// New questions about the rights of one person.
const RIGHTS: (u32, u32) = (200, 20);

/// Addresses and people whose rate is remembered.
const KNOWN: usize = 4096;

/// Longer ones are no namespace's name.
const LONGEST_NAMESPACE: usize = 63;

/// What was asked of the API server, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReviewLabels {
    /// `token` or `right`.
    about: &'static str,
    /// `yes`, `no`, `failed`, or `too_many`: not asked.
    answer: &'static str,
}

const REVIEWS: MetricName<Family<ReviewLabels, Counter>> = MetricName::new(
    "tributary_people_reviews",
    "Questions to the API server about tokens and rights, by what became of them",
    Family::default,
);

/// Whose a token is, in 32 bytes: no token is remembered.
type Hash = [u8; 32];

/// Who wants to do what, in which namespace; in every one without.
type Right = (Arc<Person>, Verb, Option<Name>);

/// Clones would remember for themselves: it is shared.
#[derive(Debug)]
pub(crate) struct People {
    cluster: Cluster,
    audience: String,
    /// How long a permission counts, and how often a watch is asked about again.
    counts: Duration,
    tokens: Asked<Hash, Option<Arc<Person>>>,
    rights: Asked<Right, bool>,
    addresses: Rate<IpAddr>,
    names: Rate<String>,
    reviews: Family<ReviewLabels, Counter>,
}

impl People {
    /// `audience` is what a token may be for besides the API server.
    pub(crate) fn new(
        metrics: &Metrics,
        cluster: Cluster,
        audience: String,
        counts: Duration,
    ) -> Self {
        Self {
            cluster,
            audience,
            counts,
            tokens: Asked::new(REMEMBERED),
            rights: Asked::new(REMEMBERED),
            addresses: Rate::new(TOKENS.0, TOKENS.1, KNOWN),
            names: Rate::new(RIGHTS.0, RIGHTS.1, KNOWN),
            reviews: metrics.get(&REVIEWS),
        }
    }

    /// `from` an address that has its rate; without one of who was let in before.
    async fn person(&self, token: &Bearer, from: Option<IpAddr>) -> Result<Arc<Person>, Status> {
        let hash: Hash = Sha256::digest(token.expose()).into();
        let counts = |person: &Option<Arc<Person>>| self.lasts(person.is_some());
        let ask = || {
            if from.is_some_and(|from| !self.addresses.take(from)) {
                return None;
            }
            let (cluster, token) = (self.cluster.clone(), token.clone());
            let audience = self.audience.clone();
            let asked = async move { cluster.whose(&token, &audience).await };
            Some(asked.map(|it| it.map(|it| it.map(Arc::new))).boxed())
        };
        let person = self.tokens.get(hash, counts, ask).await;
        self.count("token", &person, Option::is_some);
        let person = person.map_err(|why| unasked(&why, "whose the token is"))?;
        person.answer.ok_or_else(|| {
            Status::unauthenticated(
                "the token is not accepted: expired, revoked, for others, or of another cluster",
            )
        })
    }

    async fn may(
        &self,
        person: &Arc<Person>,
        verb: Verb,
        namespace: Option<&Name>,
    ) -> Result<bool, Status> {
        let right: Right = (Arc::clone(person), verb, namespace.cloned());
        let counts = |may: &bool| self.lasts(*may);
        let ask = || {
            if !self.names.take(person.name.clone()) {
                return None;
            }
            let (cluster, (person, verb, namespace)) = (self.cluster.clone(), right.clone());
            let asked = async move { cluster.may(&person, verb, namespace.as_deref()).await };
            Some(asked.boxed())
        };
        let may = self.rights.get(right.clone(), counts, ask).await;
        self.count("right", &may, |may| *may);
        let may = may.map_err(|why| unasked(&why, format_args!("what {} may see", person.name)))?;
        Ok(may.answer)
    }

    /// What a person may see who asks about a namespace, or about all of them.
    async fn sight_of(
        &self,
        person: &Arc<Person>,
        verb: Verb,
        namespace: Option<&Name>,
    ) -> Result<Sight, Status> {
        if self.may(person, verb, None).await? {
            return Ok(Sight::Everything);
        }
        let (group, resource) = LISTENERS;
        let denied = |place: &dyn Display, hint: &str| {
            Status::permission_denied(format!(
                "{} may not {} {resource}.{group} in {place}{hint}",
                person.name,
                verb.as_str(),
            ))
        };
        let Some(namespace) = namespace else {
            return Err(denied(&"every namespace", ": ask about one"));
        };
        if namespace.len() <= LONGEST_NAMESPACE && self.may(person, verb, Some(namespace)).await? {
            return Ok(Sight::Namespace(Arc::clone(namespace)));
        }
        Err(denied(&format_args!("namespace {namespace}"), ""))
    }

    fn lasts(&self, is_permission: bool) -> Duration {
        if is_permission {
            self.counts
        } else {
            self.counts / SOONER
        }
    }

    fn count<V>(
        &self,
        about: &'static str,
        found: &Result<Found<V>, Unasked>,
        is_yes: impl Fn(&V) -> bool,
    ) {
        let answer = match found {
            Ok(found) if found.was_known => return,
            Ok(found) if is_yes(&found.answer) => "yes",
            Ok(_) => "no",
            Err(Unasked::Failed(_)) => "failed",
            Err(Unasked::TooMany) => "too_many",
        };
        let labels = ReviewLabels { about, answer };
        self.reviews.get_or_create(&labels).inc();
    }
}

impl Tokens for People {
    fn whose<'a>(
        &'a self,
        token: &'a Bearer,
        from: IpAddr,
    ) -> BoxFuture<'a, Result<Arc<Person>, Status>> {
        self.person(token, Some(from)).boxed()
    }
}

/// What a call may see that asks about a namespace, or about all of them.
///
/// # Errors
/// `PERMISSION_DENIED` without the right, another status when that could not be found out.
pub(crate) async fn sight(
    people: Option<&Arc<People>>,
    extensions: &Extensions,
    verb: Verb,
    namespace: Option<&Name>,
) -> Result<Sight, Status> {
    let Some(visitor) = extensions.get::<Visitor>() else {
        // With a certificate, or where nobody is asked for one: `grpc` lets nobody else in.
        return Ok(Sight::Everything);
    };
    let people = people.ok_or_else(|| Status::internal("nobody here knows of rights"))?;
    people.sight_of(&visitor.person, verb, namespace).await
}

fn unasked(why: &Unasked, what: impl Display) -> Status {
    match why {
        Unasked::TooMany => {
            Status::resource_exhausted(format!("too many questions at once of {what}"))
        }
        Unasked::Failed(failure) => {
            let Failure { class, message } = &**failure;
            match class {
                // Of ours, not of the caller's.
                Class::Forbidden | Class::Unauthorized => tracing::warn!(
                    error = message,
                    "the merger may not ask who people are: ClusterRole of deploy/rbac"
                ),
                Class::NotFound
                | Class::Conflict
                | Class::Expired
                | Class::Invalid
                | Class::Unavailable => tracing::debug!(error = message, "no review"),
            }
            Status::unavailable(format!("the API server does not say {what}"))
        }
    }
}
