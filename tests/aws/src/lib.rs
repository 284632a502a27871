//! The AWS SDK against the sandbox: plans made, carried out and looked at again, with and without faults.
//!
//! Everything is under `tests/`. It stands here and not in `libs/aws` because no library depends on a service, and the sandbox
//! is one.
