//! What a process uses, from `/proc`.

use std::fs;
use std::time::Duration;

use crate::Failure;

/// Linux tells times in hundredths of a second on every architecture (`USER_HZ`).
const TICKS_PER_SECOND: f64 = 100.0;

/// Processor time so far, of all threads, in the program and in the kernel for it.
///
/// # Errors
/// The process is gone, or this is not Linux.
pub fn processor_time(pid: u32) -> Result<Duration, Failure> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name of the program, in parentheses, may hold anything.
    let (_, numbers) = stat.rsplit_once(')').ok_or("/proc/PID/stat without a name")?;
    let numbers: Vec<&str> = numbers.split_whitespace().collect();
    let ticks = |at: usize| -> Result<f64, Failure> {
        Ok(numbers.get(at).ok_or("/proc/PID/stat is short")?.parse()?)
    };
    Ok(Duration::from_secs_f64((ticks(11)? + ticks(12)?) / TICKS_PER_SECOND))
}

/// Resident memory in KiB now, the index's and the database's mapped files included.
///
/// # Errors
/// As [`processor_time`].
pub fn resident_kib(pid: u32) -> Result<u64, Failure> {
    status(pid, "VmRSS:")
}

/// The most resident memory so far, in KiB.
///
/// # Errors
/// As [`processor_time`].
pub fn most_resident_kib(pid: u32) -> Result<u64, Failure> {
    status(pid, "VmHWM:")
}

fn status(pid: u32, field: &str) -> Result<u64, Failure> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    let number = line.and_then(|line| line.split_whitespace().next());
    Ok(number.ok_or_else(|| format!("/proc/{pid}/status says no {field}"))?.parse()?)
}
