//! The processor time and memory that workers use during a fault.

use crate::Failure;
use crate::options::Options;
use crate::report::Report;
use crate::world::{Process, World};
use std::time::{Duration, Instant};

/// The unit of the times in `/proc`, by the ABI of the kernel.
const TICKS_A_SECOND: f64 = 100.0;

/// The use of processor and memory by the workers, over all faults.
pub(super) struct Effort {
    pids: Vec<u32>,
    spent: Vec<f64>,
    grown: u64,
    at_first: Vec<u64>,
    time: Duration,
    times: usize,
}

impl Effort {
    pub(super) fn new(workers: &[Process]) -> Result<Self, Failure> {
        let pids: Vec<u32> = workers.iter().map(Process::pid).collect();
        let at_first = pids.iter().map(|pid| megabytes(*pid)).collect::<Result<_, _>>()?;
        Ok(Self { spent: vec![0.0; pids.len()], pids, grown: 0, at_first, time: Duration::ZERO, times: 0 })
    }

    /// Causes a fault, and measures the workers meanwhile.
    pub(super) fn measure(&mut self, befall: impl FnOnce() -> Result<(), Failure>) -> Result<(), Failure> {
        let before = self.seconds()?;
        let began = Instant::now();
        befall()?;
        self.time += began.elapsed();
        self.times += 1;
        let spent = before.into_iter().zip(self.seconds()?).map(|(before, after)| after - before);
        self.spent.iter_mut().zip(spent).for_each(|(sum, spent)| *sum += spent);
        for (pid, at_first) in self.pids.iter().zip(&self.at_first) {
            self.grown = self.grown.max(megabytes(*pid)?.saturating_sub(*at_first));
        }
        Ok(())
    }

    fn seconds(&self) -> Result<Vec<f64>, Failure> {
        self.pids.iter().map(|pid| seconds(*pid)).collect()
    }

    pub(super) fn judge(
        &self,
        world: &World,
        options: &Options,
        (share, warnings, growth): (f64, usize, u64),
        report: &mut Report,
    ) -> Result<(), Failure> {
        let most = self.spent.iter().copied().fold(0.0, f64::max) / self.time.as_secs_f64().max(0.001);
        let measured = format!("{:.0} %", most * 100.0);
        let what = "highest share of a processor that a worker used during a fault";
        report.judge_in_full(options, what, format!("{:.0} %", share * 100.0), measured, most <= share);
        let log = std::fs::read_to_string(world.folder().join("workers.log"))?;
        let lines = log.lines().filter(|line| line.contains(" WARN ")).count();
        let each = lines.div_ceil(self.pids.len() * self.times.max(1));
        report.judge(
            "warnings that a worker wrote in each fault",
            format!("at most {warnings}"),
            each,
            each <= warnings,
        );
        let within = self.grown <= growth;
        report.judge("largest growth of a worker, in megabytes", growth, self.grown, within);
        Ok(())
    }
}

/// The processor time that a process has used.
fn seconds(pid: u32) -> Result<f64, Failure> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name of the program may contain anything, and ends with the last parenthesis.
    let fields: Vec<&str> = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace().collect();
    let ticks = fields.get(11..13).ok_or("no times in /proc")?;
    let ticks = ticks.iter().map(|ticks| Ok(ticks.parse::<f64>()?)).sum::<Result<f64, Failure>>()?;
    Ok(ticks / TICKS_A_SECOND)
}

/// The memory that a process has.
fn megabytes(pid: u32) -> Result<u64, Failure> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no memory in /proc")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? / 1024)
}
