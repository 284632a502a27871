//! How one service follows another: a store that can be watched, a client that keeps watching, and the transport
//! between them, which may be a connection or a function call.
//!
//! ```text
//!  sender                                                   receiver
//!  Published ─ subscribe ─> events::<M>() ══ Transport ══> watch::<M>() ─> Update { Reset, Apply, Delete, Refused, Synced }
//!      ^ set / remove                     remote | local         │ backoff, fencing, shadow, differences
//!
//!  the other way round, for reports:
//!  Published ─ publish::<M>() ═══════════ Transport ══════════> Receiver ─> Update …
//! ```
//!
//! **Knows:** the events of every stream ([`tributary_proto::event`]), positions, reconnecting.
//!
//! **Must not know:** what the items mean. Only [`clients`] names the contracts, to set their limits.
//!
//! **The rules.** Nothing queues up behind a slow reader: it reads the latest of each key, whenever it reads. Absence
//! means nothing before `InitDone`. A reconnect at which nothing has changed tells the receiver nothing but `Synced`.
//! An item that cannot be read keeps its last good version and holds up no other. The only wait is [`Backoff`]'s.
//!
//! A watch server, whole:
//!
//! ```no_run
//! # use std::sync::Arc;
//! # use tributary_runtime::Context;
//! # use tributary_stream::{Published, EventStream, events};
//! # use tributary_proto::event::EventMessage;
//! # fn example<M: EventMessage>(context: &Context, key: M::Key, item: M::Item) -> EventStream<M> {
//! let published: Published<M::Key, M::Item> = Published::new(context, "snapshot");
//! published.set(key, Arc::new(item));
//! published.mark_complete();
//! events::<M, _, _>(published.subscribe()) // what the RPC returns
//! # }
//! ```

mod attempts;
mod callers;
mod client;
pub mod clients;
mod published;
mod publisher;
mod receiver;
mod store;
mod transport;
mod view;

pub use attempts::{StreamOptions, cause};
pub use callers::access;
pub use client::{Ties, watch, watch_tied};
pub use clients::{says_not_found, says_not_ours};
pub use published::{EventStream, Published, Subscription, events};
pub use publisher::{Messages, publish};
pub use receiver::{Decoded, Received, Receiver, span};
pub use store::Resume;
pub use transport::{Connection, Dial, PROGRAM, Transport, TransportError, hangs, is_cut_off};
pub use tributary_proto::event::{Event, EventMessage, Position, Positioned, Refused};
pub use tributary_runtime::Backoff;
pub use view::{Accepted, Fencing, Update, View};
