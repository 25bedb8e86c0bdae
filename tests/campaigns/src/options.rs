//! How a campaign is run.

use clap::{Args, ValueEnum};
use std::str::FromStr;
use std::time::Duration;

/// How a campaign is run.
#[derive(Args, Clone, Debug)]
pub struct Options {
    /// How long to cause faults, in minutes. Each campaign has its own default.
    #[arg(long)]
    pub minutes: Option<f64>,
    /// The seed of the random numbers.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// The mode of the workers.
    #[arg(long, value_enum, default_value_t = Modes::Both)]
    pub mode: Modes,
    /// Fewer workers, and more tasks than they can run, so that pools make lock-claims.
    #[arg(long)]
    pub lock_claims: bool,
    /// Seconds instead of minutes, with short leases. Judges lost and repeated tasks, not rates.
    #[arg(long)]
    pub short: bool,
}

impl Options {
    /// How long to cause faults: the given minutes, or else the default of this form.
    pub fn length(&self, full: Duration, short: Duration) -> Duration {
        let default = self.either(full, short);
        let asked = self.minutes.map(|minutes| Duration::try_from_secs_f64(minutes * 60.0));
        asked.and_then(Result::ok).unwrap_or(default)
    }

    /// The lease: how long a worker may be silent before it is dead.
    pub fn lease(&self) -> Duration {
        self.either(fang::Lease::default().dead_after, Duration::from_secs(3))
    }

    /// The time within which the tasks of a killed process must run again: its session ends with it, so others take
    /// them after a third of the lease, at least 3 s. The rest is for the next beat of another process and for its queue.
    pub fn rescued_within(&self) -> Duration {
        (self.lease() / 3).max(Duration::from_secs(3)) + Duration::from_secs(5)
    }

    /// The first value in the full form, the second in the short form.
    pub fn either<T>(&self, full: T, short: T) -> T {
        if self.short { short } else { full }
    }
}

/// The workers of a campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Modes {
    /// Tokio tasks alone.
    Asynk,
    /// OS threads alone.
    Blocking,
    /// Half of the processes each.
    Both,
}

impl Modes {
    /// The runtimes of these workers.
    pub fn all(self) -> &'static [Runtime] {
        match self {
            Self::Asynk => &[Runtime::Asynk],
            Self::Blocking => &[Runtime::Blocking],
            Self::Both => &[Runtime::Asynk, Runtime::Blocking],
        }
    }

    /// A runtime for each process, alternating.
    pub fn deal(self, processes: usize) -> impl Iterator<Item = Runtime> {
        self.all().iter().copied().cycle().take(processes)
    }

    /// The name in the arguments.
    pub fn name(self) -> &'static str {
        match self {
            Self::Asynk => "asynk",
            Self::Blocking => "blocking",
            Self::Both => "both",
        }
    }
}

impl FromStr for Modes {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        <Self as ValueEnum>::from_str(name, false)
    }
}

/// One kind of workers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Runtime {
    /// Tokio tasks.
    Asynk,
    /// OS threads.
    Blocking,
}

impl Runtime {
    /// The name in the arguments.
    pub fn name(self) -> &'static str {
        match self {
            Self::Asynk => "asynk",
            Self::Blocking => "blocking",
        }
    }
}
