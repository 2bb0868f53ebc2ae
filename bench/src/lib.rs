#![doc = include_str!("../README.md")]

pub mod budgets;
pub mod contestant;
pub mod environment;
pub mod fidelity;
pub mod installation;
pub mod kill;
pub mod load;
pub mod machine;
pub mod mcp_client;
pub mod pages;
pub mod process;
pub mod record;
pub mod rights;
pub mod scanner;
pub mod serve;
pub mod serve_tables;
pub mod splices;
pub mod table;
pub mod trial;
pub mod workspace;

/// What went wrong, for the terminal.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;
