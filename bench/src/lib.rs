#![doc = include_str!("../README.md")]

pub mod installation;
pub mod kill;
pub mod record;
pub mod scanner;
pub mod trial;
pub mod workspace;

/// What went wrong, for the terminal.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;
