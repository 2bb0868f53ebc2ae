//! Clients that call one tool again and again, each waiting for its answer.

use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::Value;
use tokio::task::JoinSet;

use crate::mcp_client::HttpClient;
use crate::{Failure, process};

/// A call and how its answer is known to be one.
#[derive(Clone, Debug)]
pub struct Call {
    /// The tool's name.
    pub tool: &'static str,
    /// Its arguments.
    pub arguments: Value,
    /// A text that is in each right answer and in no error.
    pub expects: String,
}

/// What the clients saw, and what it cost the server.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Load {
    /// Answers.
    pub calls: usize,
    /// Answers a second.
    pub calls_per_second: f64,
    /// Half of the answers came within this time.
    pub p50_ms: f64,
    /// 99 of 100 answers came within this time.
    pub p99_ms: f64,
    /// Processor time of the server for a thousand answers.
    pub server_cpu_s_per_1000: f64,
}

impl Call {
    /// Calls once.
    ///
    /// # Errors
    /// The answer is not the expected one.
    pub async fn once(&self, client: &HttpClient) -> Result<(), Failure> {
        let answer = client.call(self.tool, &self.arguments).await?;
        if answer.contains(&self.expects) {
            return Ok(());
        }
        let start: String = answer.chars().take(300).collect();
        Err(format!("{} answered without {:?}: {start}", self.tool, self.expects).into())
    }
}

/// Calls from `clients` sides at once for a while, and waits for the last answers.
///
/// # Errors
/// One call fails.
pub async fn run(
    client: &HttpClient,
    pid: u32,
    call: &Call,
    clients: usize,
    span: Duration,
) -> Result<Load, Failure> {
    let cpu_before = process::processor_time(pid)?;
    let start = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..clients {
        let (client, call) = (client.clone(), call.clone());
        tasks.spawn(async move {
            let mut times = Vec::new();
            while start.elapsed() < span {
                let asked = Instant::now();
                call.once(&client).await?;
                times.push(asked.elapsed());
            }
            Ok::<_, Failure>(times)
        });
    }
    let mut times = Vec::new();
    while let Some(done) = tasks.join_next().await {
        times.extend(done??);
    }
    let took = start.elapsed();
    let cpu = process::processor_time(pid)?.saturating_sub(cpu_before);
    times.sort();
    Ok(Load {
        calls: times.len(),
        calls_per_second: times.len() as f64 / took.as_secs_f64(),
        p50_ms: milliseconds(percentile(&times, 50)),
        p99_ms: milliseconds(percentile(&times, 99)),
        server_cpu_s_per_1000: cpu.as_secs_f64() * 1000.0 / times.len() as f64,
    })
}

/// The smallest of the sorted times that `percent` of them do not exceed; zero of none.
pub fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let rank = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted.get(rank).copied().unwrap_or_default()
}

/// In milliseconds, with the fractions.
pub fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
