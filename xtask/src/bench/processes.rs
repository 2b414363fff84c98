//! What the kernel says about running processes.

use anyhow::{Context, Result};
use std::fs;

/// CPU that the server has used, and its database when that is another program.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cpu {
    pub(super) server_seconds: f64,
    pub(super) database_seconds: f64,
}

impl Cpu {
    pub(super) fn since(self, before: Self) -> Self {
        Self {
            server_seconds: self.server_seconds - before.server_seconds,
            database_seconds: self.database_seconds - before.database_seconds,
        }
    }

    pub(super) fn and(self, more: Self) -> Self {
        Self {
            server_seconds: self.server_seconds + more.server_seconds,
            database_seconds: self.database_seconds + more.database_seconds,
        }
    }
}

/// Resident memory of a process, in bytes.
pub(super) fn resident_bytes(process: u32) -> Result<u64> {
    let path = format!("/proc/{process}/status");
    let status = fs::read_to_string(&path).with_context(|| format!("could not read {path}"))?;
    resident(&status).with_context(|| format!("{path} tells no memory"))
}

/// CPU seconds that a process has used, without its children.
pub(super) fn cpu_seconds(process: u32) -> Result<f64> {
    let ticks = stat(process)?.own_ticks;
    Ok(seconds(ticks))
}

/// CPU seconds that a process, its running children and those that it has outlived have used.
pub(super) fn family_cpu_seconds(process: u32) -> Result<f64> {
    let parent = stat(process)?;
    let mut ticks = parent.own_ticks + parent.ended_children_ticks;
    for entry in fs::read_dir("/proc")
        .context("could not read /proc")?
        .flatten()
    {
        let Some(id) = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok())
        else {
            continue;
        };
        // A process may end while the others are read.
        if let Ok(child) = stat(id)
            && child.parent == process
        {
            ticks += child.own_ticks + child.ended_children_ticks;
        }
    }
    Ok(seconds(ticks))
}

/// The machine in one line: processor, cores, memory, system.
pub(super) fn machine() -> String {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let (cpu, memory) = (read("/proc/cpuinfo"), read("/proc/meminfo"));
    let model = value_of(&cpu, "model name").unwrap_or("unknown processor");
    let kilobytes = value_of(&memory, "MemTotal")
        .and_then(|value| value.split(' ').next()?.parse::<u64>().ok())
        .unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let system = read("/etc/os-release");
    let system = system
        .lines()
        .find_map(|line| line.strip_prefix("PRETTY_NAME="));
    format!(
        "{model}, {cores} cores, {} GB, {}",
        (kilobytes + 500_000) / 1_000_000,
        system.unwrap_or("Linux").trim_matches('"')
    )
}

struct Stat {
    parent: u32,
    own_ticks: u64,
    ended_children_ticks: u64,
}

fn stat(process: u32) -> Result<Stat> {
    let path = format!("/proc/{process}/stat");
    let text = fs::read_to_string(&path).with_context(|| format!("could not read {path}"))?;
    parse_stat(&text).with_context(|| format!("{path} is not understood"))
}

/// The fields behind the program's name, which may hold anything, as `proc(5)` numbers them.
fn parse_stat(text: &str) -> Option<Stat> {
    let (_, fields) = text.rsplit_once(") ")?;
    let fields: Vec<&str> = fields.split(' ').collect();
    let number = |position: usize| fields.get(position - 3)?.parse::<u64>().ok();
    Some(Stat {
        parent: number(4)?.try_into().ok()?,
        own_ticks: number(14)? + number(15)?,
        ended_children_ticks: number(16)? + number(17)?,
    })
}

fn resident(status: &str) -> Option<u64> {
    let value = value_of(status, "VmRSS")?.split(' ').next()?;
    Some(value.parse::<u64>().ok()? * 1024)
}

fn value_of<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        (key.trim() == name).then(|| value.trim())
    })
}

fn seconds(ticks: u64) -> f64 {
    ticks as f64 / rustix::param::clock_ticks_per_second() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_may_have_a_strange_name() {
        let stat =
            parse_stat("7 (a) b (c) S 3 7 7 0 -1 4194304 1 2 3 4 50 6 70 8 20 0 1 0 100 200 300\n")
                .unwrap();
        assert_eq!(
            (stat.parent, stat.own_ticks, stat.ended_children_ticks),
            (3, 56, 78)
        );
    }

    #[test]
    fn resident_memory_is_told_in_kilobytes() {
        assert_eq!(
            resident("VmPeak:\t 900 kB\nVmRSS:\t  1000 kB\n"),
            Some(1_024_000)
        );
    }
}
