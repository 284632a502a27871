use std::net::{Ipv4Addr, SocketAddr};

use tokio_util::sync::CancellationToken;
use tonic::Code;
use tonic::transport::Endpoint;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;

use super::{GrpcError, GrpcServices};
use crate::readiness::Readiness;

const ANY_PORT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

fn whole_server() -> HealthCheckRequest {
    HealthCheckRequest {
        service: String::new(),
    }
}

#[tokio::test]
async fn health_follows_readiness_until_the_stop() {
    let readiness = Readiness::default();
    let shutdown = CancellationToken::new();
    let bound = GrpcServices::default()
        .build()
        .unwrap()
        .bind(ANY_PORT)
        .unwrap();
    let endpoint = Endpoint::from_shared(format!("http://{}", bound.local_addr())).unwrap();
    let asks = async {
        let mut health = HealthClient::new(endpoint.connect_lazy());
        let mut watched = health.watch(whole_server()).await.unwrap().into_inner();
        let mut wait_for = async |wanted: ServingStatus| {
            while watched.message().await.unwrap().unwrap().status() != wanted {}
        };
        wait_for(ServingStatus::NotServing).await;
        let condition = readiness.condition("snapshot");
        condition.met();
        wait_for(ServingStatus::Serving).await;
        condition.unmet();
        wait_for(ServingStatus::NotServing).await;
        // The watch ends before the stop, or draining would wait for it.
        drop(watched);
        drop(health);
        shutdown.cancel();
    };
    let (served, ()) = tokio::join!(bound.serve(readiness.clone(), shutdown.clone()), asks);
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
