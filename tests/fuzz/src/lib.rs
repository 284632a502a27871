//! What the fuzz targets share: each turns bytes into input that gets past the first brace.
//!
//! ```text
//!  goldens, descriptors, seeds/*.txt ──> seeds ──> corpus/TARGET   (at a target's start)
//!  bytes ──> edits: a golden's object, changed in up to 16 places ──> normalize
//!        ──> tokens: a message whose lengths are always right     ──> proto
//!        ──> script: calls that may name what earlier ones made   ──> wire
//!        ──> (as they are)                                        ──> folder
//! ```
//!
//! **Knows:** the shapes of input. **Must not know:** what the right answer is. A target looks for panics, and for what
//! holds of every answer.

pub mod bytes;
pub mod edits;
pub mod messages;
pub mod script;
pub mod seeds;
pub mod tally;
pub mod tokens;
