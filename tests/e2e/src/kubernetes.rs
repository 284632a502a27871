//! The system with an API server as source and sink, instead of folders.

pub mod installation;
pub mod objects;
pub mod unserved;
