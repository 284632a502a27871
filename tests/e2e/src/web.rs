//! Questions over HTTP/1.1.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::TokioExecutor;
use tokio::time::timeout;

use crate::until;

/// Whoever is asked answers from memory.
const PATIENCE: Duration = Duration::from_secs(10);

/// Status and body. An error when nobody listens.
pub async fn ask(method: Method, uri: &str, json: String) -> Result<(u16, String), Error> {
    let request = Request::builder()
        .method(method)
        .uri(uri)
        .header(http::header::CONTENT_TYPE, "application/json")
        .body(Full::new(Bytes::from(json)))
        .unwrap();
    let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    let answer = timeout(PATIENCE, client.request(request)).await.unwrap()?;
    let status = answer.status().as_u16();
    let body = timeout(PATIENCE, answer.into_body().collect()).await;
    let body = body.unwrap().unwrap().to_bytes();
    Ok((status, String::from_utf8(body.to_vec()).unwrap()))
}

/// Asks for it.
pub async fn get(uri: &str) -> Result<(u16, String), Error> {
    ask(Method::GET, uri, String::new()).await
}

/// Asks until the answer has this status.
pub async fn until_status(uri: &str, expected: u16) {
    until(
        uri,
        async || matches!(get(uri).await, Ok((status, _)) if status == expected),
    )
    .await;
}
