//! The rules of the specification: each a function over values, or over what a [`reader`](crate::read::reader) gives.

pub(crate) mod alb;
pub(crate) mod allowed;
pub(crate) mod attachment;
pub(crate) mod backends;
pub(crate) mod certificates;
pub(crate) mod class;
pub(crate) mod conflict;
pub(crate) mod gateway;
pub(crate) mod grants;
pub(crate) mod kinds;
pub(crate) mod nlb;
pub(crate) mod notes;
pub(crate) mod owner;
pub(crate) mod parameters;
pub(crate) mod problem;
pub(crate) mod route;
pub(crate) mod target_groups;
pub(crate) mod unmet;
pub(crate) mod validate;
