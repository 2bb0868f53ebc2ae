#![doc = include_str!("../README.md")]

mod api;
mod assets;
mod authenticate;
mod authority;
mod connections;
mod console;
mod denial;
mod failure;
mod metrics;
mod observe;
mod paste;
mod probes;
mod security_headers;
mod server;
mod sign_in;
mod words;

pub use connections::Limits;
pub use metrics::{Metrics, MetricsError};
pub use paste::{PasteLine, Secret, paste_lines};
pub use server::{Auth, Options, ServeError, serve};
pub use sign_in::{SIGN_IN_MINUTES, SignIn};
