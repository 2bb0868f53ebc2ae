//! Tokens: those of OAuth, on Cloud and Data Center, and API tokens with scopes.

mod endpoints;
mod gateway;
mod grants;

pub(crate) use endpoints::{cloud, data_center};
pub(crate) use gateway::{ThroughGateway, gateway};
pub(crate) use grants::{Grants, Issuer, Opened};
