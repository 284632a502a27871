//! The side door: what a test or a person may see and change that AWS would not let them.
//!
//! | path under `/_sandbox` | |
//! |---|---|
//! | `GET /health` | `{"status": "ok"}` |
//! | `GET /calls`, `DELETE /calls` | counts; start anew |
//! | `GET /calls/log?after=N&limit=N` | the last calls, oldest first |
//! | `GET, PUT, DELETE /faults` | faults with what is left of them; none |
//! | `GET, PUT /quotas` | quotas; those not named get AWS's value |
//! | `GET /state` | everything, by region |

use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::call_log::{CallCounts, CallRecord};
use crate::faults::FaultOptions;
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

pub(crate) fn router() -> Router<Sandbox> {
    Router::new()
        .route("/health", get(health))
        .route("/calls", get(calls).delete(reset_calls))
        .route("/calls/log", get(call_log))
        .route("/faults", get(faults).put(put_faults).delete(delete_faults))
        .route("/quotas", get(quotas).put(put_quotas))
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

async fn state(State(sandbox): State<Sandbox>) -> Response {
    match sandbox.state() {
        Ok(state) => Json(state).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

async fn unknown() -> (StatusCode, Json<Value>) {
    let message = "no such path; see /_sandbox/health, calls, calls/log, faults, quotas, state";
    (StatusCode::NOT_FOUND, Json(json!({"error": message})))
}

fn a_thousand() -> usize {
    1000
}
