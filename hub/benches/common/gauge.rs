//! Processor time and memory of threads and processes (proc(5)), and medians.

use std::{
    fs,
    process::{Command, Output, Stdio},
    thread,
    time::Duration,
};

use tokio::time::Instant;

pub(crate) const MIB: u64 = 1024 * 1024;

/// Ticks of `/proc/<pid>/stat` in a second: part of the kernel's interface to programs, the same on every machine.
const TICKS_PER_S: f64 = 100.0;

/// How often a process is asked for its peak: it only grows, so that no more than the last moment is missed.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// What a program's run cost.
pub(crate) struct Cost {
    pub(crate) output: Output,
    pub(crate) seconds: f64,
    /// The most memory that it ever held.
    pub(crate) peak_bytes: u64,
}

/// Runs a program to its end.
pub(crate) fn cost_of(command: &mut Command) -> Cost {
    let started = Instant::now();
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut peak_bytes = 0;
    while child.try_wait().unwrap().is_none() {
        peak_bytes = peak_bytes.max(peak_bytes_of(child.id()));
        thread::sleep(LOOK_EVERY);
    }
    let seconds = started.elapsed().as_secs_f64();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    Cost { output, seconds, peak_bytes }
}

/// The most memory that a process ever held (`VmHWM`); 0 if it has ended.
pub(crate) fn peak_bytes_of(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.map_or(0, |line| line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024)
}

/// Processor seconds of a process with all its threads, in the kernel's ticks.
pub(crate) fn processor_s_of(process: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    // The second field is the name, which may have spaces; user and system time are fields 14 and 15.
    let (_, fields) = stat.rsplit_once(')').unwrap();
    let ticks = fields.split_whitespace().skip(11).take(2).map(|ticks| ticks.parse::<f64>().unwrap());
    ticks.sum::<f64>() / TICKS_PER_S
}

/// What this does on this thread, and the processor seconds that it takes. What is waited for does not count.
pub(crate) fn processor_s<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let before = thread_processor_ns();
    let done = work();
    (done, (thread_processor_ns() - before) as f64 / 1e9)
}

fn thread_processor_ns() -> u64 {
    // Brings the kernel's account of this thread up to now.
    thread::yield_now();
    let stat = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    stat.split(' ').next().unwrap().parse().unwrap()
}

/// The value in the middle.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    percentile(values, 50)
}

/// The value that so many of a hundred do not exceed.
pub(crate) fn percentile(values: impl IntoIterator<Item = f64>, percent: usize) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    values[(values.len() * percent / 100).min(values.len() - 1)]
}
