/// Why a sandbox does not start.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The content cannot be read or does not fit together; the text names the place.
    #[error("{0}")]
    Load(String),
    /// The port is taken, or there is no loopback.
    #[error("the sandbox could not listen")]
    Listen(#[source] std::io::Error),
}
