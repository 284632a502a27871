use std::net::{Ipv4Addr, SocketAddr};

use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tonic::Code;
use tonic::transport::Endpoint;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;

use super::{BoundGrpc, GrpcError, GrpcServices};
use crate::context::Context;

const ANY_PORT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// A server of health and reflection alone, and the way to it.
fn bound() -> (BoundGrpc, Endpoint) {
    let bound = GrpcServices::default()
        .build()
        .unwrap()
        .bind(ANY_PORT)
        .unwrap();
    let endpoint = Endpoint::from_shared(format!("http://{}", bound.local_addr())).unwrap();
    (bound, endpoint)
}

fn whole_server() -> HealthCheckRequest {
    HealthCheckRequest {
        service: String::new(),
    }
}

#[tokio::test]
async fn health_follows_readiness_until_the_stop() {
    let context = Context::new("test");
    let (bound, endpoint) = bound();
    let asks = async {
        let mut health = HealthClient::new(endpoint.connect_lazy());
        let mut watched = health.watch(whole_server()).await.unwrap().into_inner();
        let mut wait_for = async |wanted: ServingStatus| {
            while watched.message().await.unwrap().unwrap().status() != wanted {}
        };
        wait_for(ServingStatus::NotServing).await;
        let condition = context.readiness.condition("snapshot");
        condition.met();
        wait_for(ServingStatus::Serving).await;
        condition.unmet();
        wait_for(ServingStatus::NotServing).await;
        // The watch ends before the stop, or draining would wait for it.
        drop(watched);
        drop(health);
        context.shutdown.cancel();
    };
    let (served, ()) = tokio::join!(bound.serve(context.clone()), asks);
    served.unwrap();
}

#[tokio::test]
async fn reflection_lists_what_is_served() {
    let grpc = GrpcServices::default().build().unwrap();
    let mut reflection = ServerReflectionClient::new(grpc.routes());
    let request = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let asked = futures::stream::iter([request]);
    let mut answers = reflection
        .server_reflection_info(asked)
        .await
        .unwrap()
        .into_inner();
    let answer = answers
        .message()
        .await
        .unwrap()
        .unwrap()
        .message_response
        .unwrap();
    let MessageResponse::ListServicesResponse(list) = answer else {
        panic!("{answer:?}");
    };
    let mut names: Vec<String> = list.service.into_iter().map(|it| it.name).collect();
    names.sort();
    assert_eq!(
        names,
        [
            "grpc.health.v1.Health",
            "grpc.reflection.v1.ServerReflection"
        ]
    );
}

#[tokio::test]
async fn an_unknown_method_is_unimplemented() {
    let grpc = GrpcServices::default().build().unwrap();
    let mut health = HealthClient::with_origin(
        grpc.routes(),
        "http://in.process".parse::<http::Uri>().unwrap(),
    );
    let unknown = HealthCheckRequest {
        service: "no.such.Service".to_owned(),
    };
    let status = health.check(unknown).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
}

#[tokio::test]
async fn a_port_in_use_is_named() {
    let grpc = GrpcServices::default().build().unwrap();
    let taken = grpc.clone().bind(ANY_PORT).unwrap();
    let error = grpc.bind(taken.local_addr()).unwrap_err();
    assert!(matches!(error, GrpcError::Bind { address, .. } if address == taken.local_addr()));
}

#[test]
fn a_descriptor_set_that_is_none_is_refused() {
    let refused = GrpcServices::default().describe(b"nonsense").build();
    assert!(matches!(refused, Err(GrpcError::Reflection(_))));
}

/// Of whoever asks nothing and goes on holding what it has: the next one is told at once.
#[tokio::test]
async fn one_address_has_so_many_connections_and_no_more() {
    let context = Context::new("test");
    let bound = GrpcServices::default()
        .build()
        .unwrap()
        .bind(ANY_PORT)
        .unwrap();
    let address = bound.local_addr();
    let shown = |line: &str| context.metrics.text().unwrap().contains(line);
    let floods = async {
        let mut held = Vec::new();
        for _ in 0..256 {
            held.push(TcpStream::connect(address).await.unwrap());
        }
        let mut refused = TcpStream::connect(address).await.unwrap();
        let mut byte = [0];
        // Closed, and nothing said before.
        while refused.read(&mut byte).await.is_ok_and(|count| count > 0) {}
        assert!(shown("tributary_connections{server=\"grpc\"} 256"));
        held.pop();
        while !shown("tributary_connections{server=\"grpc\"} 255") {
            tokio::task::yield_now().await;
        }
        let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap();
        let mut health = HealthClient::new(endpoint.connect_lazy());
        health.check(whole_server()).await.unwrap();
        drop(held);
        context.shutdown.cancel();
    };
    let (served, ()) = tokio::join!(bound.serve(context.clone()), floods);
    served.unwrap();
}

#[tokio::test]
async fn a_call_with_too_large_headers_is_refused() {
    let context = Context::new("test");
    let (bound, endpoint) = bound();
    let asks = async {
        let mut health = HealthClient::new(endpoint.connect_lazy());
        let asked = |bytes: usize| {
            let mut request = tonic::Request::new(whole_server());
            let token = "x".repeat(bytes).parse().unwrap();
            request.metadata_mut().insert("authorization", token);
            request
        };
        health.check(asked(8 * 1024)).await.unwrap();
        assert!(health.check(asked(32 * 1024)).await.is_err());
        health.check(asked(8 * 1024)).await.unwrap();
        drop(health);
        context.shutdown.cancel();
    };
    let (served, ()) = tokio::join!(bound.serve(context.clone()), asks);
    served.unwrap();
}
