//! Where and when something was measured.

use std::fs;

use jiff::Timestamp;
use serde::Serialize;

/// What a figure depends on besides the code.
#[derive(Clone, Debug, Serialize)]
pub struct Machine {
    /// As the kernel names it.
    pub processor: String,
    /// Cores that may be used.
    pub cores: usize,
    /// Memory in GiB, rounded.
    pub memory_gib: u64,
    /// Of the last minute, before the measurement: about how many cores others used.
    pub load_before: String,
}

impl Machine {
    /// This one, now. What cannot be read is empty.
    pub fn this() -> Self {
        let field = |file: &str, name: &str| -> String {
            let text = fs::read_to_string(file).unwrap_or_default();
            let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
            line.trim_start_matches([':', ' ', '\t']).to_owned()
        };
        let memory = field("/proc/meminfo", "MemTotal");
        let kib: u64 = memory.trim_end_matches(" kB").parse().unwrap_or(0);
        let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
        Self {
            processor: field("/proc/cpuinfo", "model name"),
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            memory_gib: (kib + (1 << 19)) >> 20,
            load_before: load.split(' ').next().unwrap_or_default().to_owned(),
        }
    }
    /// When, what and where, as a line above a table.
    pub fn heading(&self, at: Timestamp, commit: &str) -> String {
        let Self { processor, cores, memory_gib, load_before } = self;
        format!(
            "{} UTC, commit {commit}; {processor}, {cores} cores, {memory_gib} GiB; load before: {load_before}\n",
            at.strftime("%Y-%m-%d %H:%M"),
        )
    }
}
