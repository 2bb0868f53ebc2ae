#![doc = include_str!("../README.md")]

mod access;
mod cloud;
mod content;
mod control;
mod cql;
mod credentials;
mod data_center;
mod demo;
mod error;
mod faults;
mod http;
mod index;
mod jira;
mod oauth;
mod people;
mod scopes;
mod server;
mod site;
mod v1;

pub use access::{
    Access, AccountAccess, CloudAccess, DataCenterAccess, JiraAccess, OAuthAccess, OAuthClient,
};
pub use content::Content;
pub use control::Control;
pub use error::SandboxError;
pub use faults::Faults;
pub use http::Exchange;
pub use server::{Options, Sandbox};
