//! The no-op tasks of the benchmarks. They only count their runs.

use fang::{
    AsyncQueueable, AsyncRunnable, Backoff, FangError, NewTask, PayloadError, Queueable, Runnable, Scheduled,
    async_trait, typetag,
};
use fang_bench_kit::ran;
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::time::Duration;

/// Bytes of text that make the payload about 60 bytes long.
pub(crate) const SMALL: usize = 12;

#[derive(Serialize, Deserialize)]
pub(crate) struct Light {
    pub(crate) number: u64,
    pub(crate) text: String,
}

#[typetag::serde]
#[async_trait]
impl AsyncRunnable for Light {
    async fn run(&self, _: &mut dyn AsyncQueueable) -> Result<(), FangError> {
        ran(self.number);
        Ok(())
    }
}

/// The no-op task of the blocking mode.
#[derive(Serialize, Deserialize)]
pub(crate) struct Heavy {
    pub(crate) number: u64,
    pub(crate) text: String,
}

#[typetag::serde]
impl Runnable for Heavy {
    fn run(&self, _: &dyn Queueable) -> Result<(), FangError> {
        ran(self.number);
        Ok(())
    }
}

/// A task of either mode that fails once.
#[derive(Serialize, Deserialize)]
pub(crate) struct Failing {
    pub(crate) number: u64,
    pub(crate) backoff: Duration,
}

impl Failing {
    fn runs(&self, is_first: bool) -> Result<(), FangError> {
        ran(self.number);
        if is_first { Err(FangError::new("the first run fails")) } else { Ok(()) }
    }
}

#[typetag::serde(name = "FailingLight")]
#[async_trait]
impl AsyncRunnable for Failing {
    async fn run(&self, queue: &mut dyn AsyncQueueable) -> Result<(), FangError> {
        self.runs(queue.context().attempt() == 1)
    }

    fn backoff_policy(&self) -> Option<Backoff> {
        Some(Backoff::constant(self.backoff))
    }
}

#[typetag::serde(name = "FailingHeavy")]
impl Runnable for Failing {
    fn run(&self, queue: &dyn Queueable) -> Result<(), FangError> {
        self.runs(queue.context().attempt() == 1)
    }

    fn backoff_policy(&self) -> Option<Backoff> {
        Some(Backoff::constant(self.backoff))
    }
}

/// A task of either mode that takes a second.
#[derive(Serialize, Deserialize)]
pub(crate) struct Long(pub(crate) u64);

const LONG: Duration = Duration::from_secs(1);

#[typetag::serde(name = "LongLight")]
#[async_trait]
impl AsyncRunnable for Long {
    async fn run(&self, _: &mut dyn AsyncQueueable) -> Result<(), FangError> {
        ran(self.0);
        tokio::time::sleep(LONG).await;
        Ok(())
    }
}

#[typetag::serde(name = "LongHeavy")]
impl Runnable for Long {
    fn run(&self, _: &dyn Queueable) -> Result<(), FangError> {
        ran(self.0);
        std::thread::sleep(LONG);
        Ok(())
    }
}

/// A task of either mode that runs at every full second.
#[derive(Serialize, Deserialize)]
pub(crate) struct Ticking(pub(crate) u64);

const EVERY_SECOND: &str = "* * * * * * *";

#[typetag::serde(name = "TickingLight")]
#[async_trait]
impl AsyncRunnable for Ticking {
    async fn run(&self, _: &mut dyn AsyncQueueable) -> Result<(), FangError> {
        ran(self.0);
        Ok(())
    }

    fn cron(&self) -> Option<Scheduled> {
        Some(Scheduled::CronPattern(EVERY_SECOND.to_owned()))
    }
}

#[typetag::serde(name = "TickingHeavy")]
impl Runnable for Ticking {
    fn run(&self, _: &dyn Queueable) -> Result<(), FangError> {
        ran(self.0);
        Ok(())
    }

    fn cron(&self) -> Option<Scheduled> {
        Some(Scheduled::CronPattern(EVERY_SECOND.to_owned()))
    }
}

pub(crate) fn light(number: u64) -> Light {
    Light { number, text: text(SMALL) }
}

pub(crate) fn heavy(number: u64) -> Heavy {
    Heavy { number, text: text(SMALL) }
}

/// Makes text that compresses badly, like real payloads.
pub(crate) fn text(bytes: usize) -> String {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let letters = std::iter::repeat_with(move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(b'a' + u8::try_from(state % 26).unwrap_or(0))
    });
    letters.take(bytes).collect()
}

pub(crate) fn lights(numbers: Range<u64>, bytes: usize) -> Result<Vec<NewTask>, PayloadError> {
    let text = text(bytes);
    numbers.map(|number| NewTask::asynk(&Light { number, text: text.clone() })).collect()
}

pub(crate) fn heavies(numbers: Range<u64>, bytes: usize) -> Result<Vec<NewTask>, PayloadError> {
    let text = text(bytes);
    numbers.map(|number| NewTask::blocking(&Heavy { number, text: text.clone() })).collect()
}
