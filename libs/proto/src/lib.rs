//! The contracts between the services: generated messages, clients and servers of `proto/**`, and the
//! way between those messages and the domain types of `tributary-model`.
//!
//! ```text
//! model::T ──event::Event──> encode_event ──> …Response ══gRPC══> …Response ──> decode_event ──> model::T
//!                                                                                     └─> Refused { key, path, reason }
//! ```
//!
//! **Knows:** every message, how each domain type is written into one, and what makes one unreadable.
//!
//! **Must not know:** how connections are made, retried or watched (that is `tributary-stream`), nor what any of the
//! content means.
//!
//! **Messages stop here.** Other crates name a generated message only to put it into or take it out of a
//! call; what they keep and decide on are model types. Reading never panics and never fills in what a
//! message should have said: an unknown enum value or an absent field is a [`convert::ConvertError`]
//! that names the field.

pub mod access;
pub mod call;
pub mod convert;
pub mod event;
pub mod packed;
pub mod part;

#[cfg(test)]
mod arbitrary;

/// What `tonic` and `prost` make of `proto/**`; comments are in the .proto files.
#[allow(missing_docs, unreachable_pub, clippy::all, clippy::pedantic)]
mod contracts {
    include!(concat!(env!("OUT_DIR"), "/contracts.rs"));
}

/// `tributary.desired.v1`: merger to programmers.
pub use contracts::tributary::desired::v1 as desired;
/// `tributary.installation.v1`: merger to the platform's people.
pub use contracts::tributary::installation::v1 as installation;
/// `tributary.judgement.v1`: merger to status writer.
pub use contracts::tributary::judgement::v1 as judgement;
/// `tributary.listeners.v1`: merger to people.
pub use contracts::tributary::listeners::v1 as listeners;
/// `tributary.report.v1`: programmers to merger.
pub use contracts::tributary::report::v1 as report;
/// `tributary.snapshot.v1`: watcher to merger.
pub use contracts::tributary::snapshot::v1 as snapshot;
/// `tributary.types.v1`: what the contracts share.
pub use contracts::tributary::types::v1 as types;

/// All contracts with their comments, for `tonic_reflection`.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));

/// Largest message of a server's that its clients must be told to accept, in bytes: listings and desired states.
///
/// tonic's default of 4 MiB is less than one desired load balancer of 40,000 routes: about 40,000 rules
/// and as many target groups at some 300 bytes each are 24 MiB. Ten times that still bounds what a
/// broken peer can make us hold.
pub const MAX_MESSAGE_BYTES: usize = 256 * 1024 * 1024;

/// Largest question that a server must be told to accept, in bytes: some names of 253 characters. Other servers than
/// [`MAX_REPORT_BYTES`]'s and [`MAX_ACKNOWLEDGEMENT_BYTES`]'s are only asked questions.
pub const MAX_QUESTION_BYTES: usize = 64 * 1024;

/// Largest report on a load balancer, in bytes: 40,000 listeners at some 250 bytes (names, revision, the ARN of the ELB
/// listener), or at some 500 when each says why it is not served, are 20 MiB.
pub const MAX_REPORT_BYTES: usize = 32 * 1024 * 1024;

/// Largest acknowledgement of judgements, in bytes: 40,000 objects that cannot be written, at some 300 bytes with the
/// API server's reason, are 12 MiB.
pub const MAX_ACKNOWLEDGEMENT_BYTES: usize = 32 * 1024 * 1024;
