#![doc = include_str!("../README.md")]

mod http_service;
mod instructions;
mod malformed;
mod render;
mod wire;

use gateway::{Caller, Gateway};
use tokio::io::{AsyncRead, AsyncWrite};

pub use http_service::{HttpOptions, HttpService, http_service};

/// Serves `caller` on standard input and output until the input ends.
///
/// `version` is what the server calls itself by.
///
/// # Errors
///
/// When the streams fail. A client that hangs up, even before its first request, is no error.
pub async fn serve_stdio(
    gateway: Gateway,
    caller: Caller,
    version: &'static str,
) -> Result<(), McpError> {
    let (reader, writer) = wire::standard_streams();
    Box::pin(serve_streams(gateway, caller, version, reader, writer)).await
}

/// Serves `caller` on a pair of streams, as [`serve_stdio`] does on the standard ones.
///
/// # Errors
///
/// When the streams fail.
pub async fn serve_streams<R, W>(
    gateway: Gateway,
    caller: Caller,
    version: &'static str,
    reader: R,
    writer: W,
) -> Result<(), McpError>
where
    R: AsyncRead + Send + Unpin + 'static,
    W: AsyncWrite + Send + Unpin + 'static,
{
    let server = wire::Server::for_one_caller(gateway, caller, version);
    wire::serve(server, reader, writer).await
}

/// Why serving ended other than by the client hanging up.
#[derive(Debug, thiserror::Error)]
pub enum McpError {
    /// A stream could not be read or written, or the client broke the protocol beyond answering.
    #[error("the MCP transport failed")]
    Transport(#[source] Box<dyn std::error::Error + Send + Sync>),
}
