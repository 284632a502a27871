//! gRPC as it is on the wire: messages as bytes, read by nobody's types.

use std::net::SocketAddr;

use bytes::{Buf, BufMut, Bytes};
use tonic::Status;
use tonic::client::Grpc;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder, Streaming};
use tonic::transport::Channel;

/// Calls a method that answers with a stream: `/package.Service/Method`.
pub async fn call(server: SocketAddr, method: &'static str, request: Bytes) -> Streaming<Bytes> {
    let channel = Channel::from_shared(format!("http://{server}")).unwrap();
    let mut grpc = Grpc::new(channel.connect().await.unwrap());
    grpc.ready().await.unwrap();
    let method = http::uri::PathAndQuery::from_static(method);
    let answer = grpc.server_streaming(tonic::Request::new(request), method, Plain);
    answer.await.unwrap().into_inner()
}

/// Leaves messages as they are.
#[derive(Clone, Copy, Debug)]
pub struct Plain;

impl Codec for Plain {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Plain {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, message: Bytes, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put(message);
        Ok(())
    }
}

impl Decoder for Plain {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(buffer.copy_to_bytes(buffer.remaining())))
    }
}
