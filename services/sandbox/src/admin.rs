//! The side door: what a test or a person may see and change that AWS would not let them.
//!
//! | path under `/_sandbox` | |
//! |---|---|
//! | `GET /health` | `{"status": "ok"}` |
//! | `GET /calls`, `DELETE /calls` | counts; start anew |
//! | `GET /calls/log?after=N&limit=N` | the last calls, oldest first |
//! | `GET, PUT, DELETE /faults` | faults with what is left of them; none |
//! | `GET, PUT /quotas` | quotas; those not named get AWS's value |
//! | `PUT /interfaces?region=R` | network interfaces of nodes and pods, [`SeedInterface`]s that are there from now on |
//! | `DELETE /interfaces?region=R` | interfaces away again, a list of their first addresses |
//! | `GET /state` | everything, by region |

use std::net::IpAddr;

use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, put};
use axum::{Json, Router};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::call_log::{CallCounts, CallRecord};
use crate::faults::FaultOptions;
use crate::options::SeedInterface;
use crate::quotas::Quotas;
use crate::sandbox::Sandbox;

/// Which calls to show.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LogQuery {
    /// Only calls after this number.
    #[serde(default)]
    after: u64,
    /// At most so many, the last ones.
    #[serde(default = "a_thousand")]
    limit: usize,
}

/// Where to seed; the default region if nothing is said.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RegionQuery {
    region: Option<String>,
}

pub(crate) fn router() -> Router<Sandbox> {
    Router::new()
        .route("/health", get(health))
        .route("/calls", get(calls).delete(reset_calls))
        .route("/calls/log", get(call_log))
        .route("/faults", get(faults).put(put_faults).delete(delete_faults))
        .route("/quotas", get(quotas).put(put_quotas))
        .route("/interfaces", put(put_interfaces).delete(delete_interfaces))
        .route("/state", get(state))
        .fallback(unknown)
}

async fn health() -> Json<Value> {
    Json(json!({"status": "ok"}))
}

async fn calls(State(sandbox): State<Sandbox>) -> Json<CallCounts> {
    Json(sandbox.call_counts())
}

async fn reset_calls(State(sandbox): State<Sandbox>) -> StatusCode {
    sandbox.reset_calls();
    StatusCode::NO_CONTENT
}

async fn call_log(
    State(sandbox): State<Sandbox>,
    Query(query): Query<LogQuery>,
) -> Json<Vec<CallRecord>> {
    Json(sandbox.calls_after(query.after, query.limit))
}

async fn faults(State(sandbox): State<Sandbox>) -> Json<FaultOptions> {
    Json(sandbox.faults())
}

async fn put_faults(
    State(sandbox): State<Sandbox>,
    Json(faults): Json<FaultOptions>,
) -> Json<FaultOptions> {
    sandbox.set_faults(faults);
    Json(sandbox.faults())
}

async fn delete_faults(State(sandbox): State<Sandbox>) -> StatusCode {
    sandbox.set_faults(FaultOptions::default());
    StatusCode::NO_CONTENT
}

async fn quotas(State(sandbox): State<Sandbox>) -> Json<Quotas> {
    Json(sandbox.quotas())
}

async fn put_quotas(State(sandbox): State<Sandbox>, Json(quotas): Json<Quotas>) -> Json<Quotas> {
    sandbox.set_quotas(quotas);
    Json(sandbox.quotas())
}

async fn put_interfaces(
    State(sandbox): State<Sandbox>,
    Query(query): Query<RegionQuery>,
    Json(interfaces): Json<Vec<SeedInterface>>,
) -> Response {
    match sandbox.seed_interfaces(query.region.as_deref(), &interfaces) {
        Ok(seeded) => Json(seeded).into_response(),
        Err(error) => {
            let body = Json(json!({"error": error.to_string()}));
            (StatusCode::UNPROCESSABLE_ENTITY, body).into_response()
        }
    }
}

async fn delete_interfaces(
    State(sandbox): State<Sandbox>,
    Query(query): Query<RegionQuery>,
    Json(addresses): Json<Vec<IpAddr>>,
) -> StatusCode {
    sandbox.remove_interfaces(query.region.as_deref(), &addresses);
    StatusCode::NO_CONTENT
}

async fn state(State(sandbox): State<Sandbox>) -> Response {
    match sandbox.state() {
        Ok(state) => Json(state).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

async fn unknown() -> (StatusCode, Json<Value>) {
    let message = "no such path; see /_sandbox/health, calls, calls/log, faults, quotas, \
                   interfaces, state";
    (StatusCode::NOT_FOUND, Json(json!({"error": message})))
}

fn a_thousand() -> usize {
    1000
}
