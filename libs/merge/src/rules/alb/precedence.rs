//! Which of two rules of one listener is asked first: Gateway API's precedence of HTTPRoute and GRPCRoute
//! matches. The listener's own hostname comes before all of this (see `port`).

use std::cmp::Reverse;

use tributary_model::RouteKind;
use tributary_model::hostname::HostRank;
use tributary_model::route::{Comparison, PathMatch, RouteMatch};

use crate::values::order::Age;

/// Order of the rules of one listener; lower is asked first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RuleOrder {
    /// The most specific hostname first.
    pub(crate) host: HostRank,
    pub(crate) matched: MatchRank,
    /// Older routes, then `namespace/name`.
    pub(crate) age: Age,
    pub(crate) kind: RouteKind,
    /// Then the order within the route.
    pub(crate) rule: usize,
    pub(crate) index: usize,
    /// Of one match's hostnames.
    pub(crate) chunk: usize,
}

/// Specificity of one match.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct MatchRank {
    path: PathRank,
    /// A method match comes before none: `false` sorts first.
    without_method: bool,
    headers: Reverse<usize>,
    query_params: Reverse<usize>,
}

/// Gateway API leaves open where regular expressions stand: here between exact paths and prefixes, since
/// whoever writes one means it more narrowly than a prefix. Longer comes first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum PathRank {
    Exact(Length),
    Regex(Length),
    Prefix(Length),
}

/// Characters: of the path, or of gRPC service and method.
type Length = (Reverse<usize>, Reverse<usize>);

/// The rank of a match.
pub(crate) fn rank(matched: &RouteMatch) -> MatchRank {
    let RouteMatch {
        path,
        method,
        headers,
        query_params,
    } = matched;
    MatchRank {
        path: path_rank(path),
        without_method: method.is_none(),
        headers: Reverse(headers.len()),
        query_params: Reverse(query_params.len()),
    }
}

fn path_rank(path: &PathMatch) -> PathRank {
    let one = |length: usize| (Reverse(length), Reverse(0));
    match path {
        PathMatch::Exact(path) => PathRank::Exact(one(path.len())),
        PathMatch::Regex(path) => PathRank::Regex(one(path.len())),
        // `/a/` and `/a` are one prefix.
        PathMatch::Prefix(path) => PathRank::Prefix(one(path.trim_end_matches('/').len().max(1))),
        PathMatch::Grpc {
            service,
            method,
            comparison,
        } => {
            let length = |part: &Option<String>| part.as_ref().map_or(0, String::len);
            let lengths = (Reverse(length(service)), Reverse(length(method)));
            match (comparison, service, method) {
                (_, None, None) => PathRank::Prefix(one(1)),
                (Comparison::Regex, ..) => PathRank::Regex(lengths),
                (Comparison::Exact, Some(_), Some(_)) => PathRank::Exact(lengths),
                // `/service/` beside an HTTPRoute's prefixes.
                (Comparison::Exact, Some(service), None) => {
                    PathRank::Prefix(one(service.len() + 2))
                }
                // Any service: after everything that names one, before what matches everything.
                (Comparison::Exact, None, Some(method)) => {
                    PathRank::Prefix((Reverse(1), Reverse(method.len())))
                }
            }
        }
    }
}
