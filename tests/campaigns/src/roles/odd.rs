//! A task with types that JSON or a decoder may change. A run checks that nothing was changed.

use crate::options::Runtime;
use fang::{
    AsyncQueueable, AsyncRunnable, FangError, NewTask, PayloadError, Queueable, Runnable, async_trait,
    typetag,
};
use fastrand::Rng;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Values of odd types.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Odd {
    inner: Inner,
    /// The `Debug` text of the values.
    shown: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Inner {
    float: f64,
    half: f32,
    maybe: Option<f64>,
    m: BTreeMap<u64, i64>,
    on: BTreeMap<bool, char>,
    wide: u128,
    beside: Beside,
    loose: Vec<Loose>,
    #[serde(flatten)]
    rest: BTreeMap<String, String>,
}

/// serde buffers the content if it comes before the tag, as it does in the store.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "t", content = "c")]
enum Beside {
    Counts(BTreeMap<i32, u8>),
    Names(BTreeMap<String, u8>),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Loose {
    Number(i64),
    Float(f64),
    Text(String),
}

impl Odd {
    /// A random task with such texts. Some of its keys collide with other fields.
    ///
    /// # Errors
    /// When it cannot be serialized.
    pub fn task(
        random: &mut Rng,
        text: impl Fn(&mut Rng) -> String,
        runtime: Runtime,
    ) -> Result<NewTask, PayloadError> {
        let inner = Inner {
            float: float(random),
            half: f32::from_bits(random.u32(..)),
            maybe: random.bool().then(|| f64::from(random.i32(..)) / 1000.0),
            m: (0..random.usize(0..3)).map(|_| (random.u64(..), random.i64(..))).collect(),
            on: (0..random.usize(0..2)).map(|_| (random.bool(), random.char('\u{1}'..))).collect(),
            wide: if random.bool() { random.u128(..) } else { random.u128(0..100) },
            beside: beside(random),
            loose: vec![
                Loose::Number(random.i64(..)),
                Loose::Float(float(random)),
                Loose::Text(text(random)),
            ],
            rest: rest(random, text),
        };
        // The sign of a zero may be lost.
        let shown = format!("{inner:?}").replace("-0.0", "0.0");
        let odd = Self { inner, shown };
        let task = match runtime {
            Runtime::Asynk => NewTask::asynk(&odd)?,
            Runtime::Blocking => NewTask::blocking(&odd)?,
        };
        Ok(task.with_id(Uuid::now_v7()))
    }

    fn check(&self) -> Result<(), FangError> {
        if format!("{:?}", self.inner).replace("-0.0", "0.0") != self.shown {
            return Err(FangError::new("the payload was changed"));
        }
        Ok(())
    }
}

/// A float of random bits, which may be no number.
fn float(random: &mut Rng) -> f64 {
    const EDGES: [f64; 6] = [f64::MAX, f64::MIN_POSITIVE, f64::NAN, f64::INFINITY, -0.0, 1e16];
    if random.u8(0..8) == 0 { random.choice(EDGES).unwrap_or(0.0) } else { f64::from_bits(random.u64(..)) }
}

fn beside(random: &mut Rng) -> Beside {
    match random.u8(0..8) {
        0 => Beside::Counts([(random.i32(..), 1)].into()),
        _ => Beside::Names([(random.i32(..).to_string(), 1)].into()),
    }
}

/// Some keys, of which some are those of other fields.
fn rest(random: &mut Rng, text: impl Fn(&mut Rng) -> String) -> BTreeMap<String, String> {
    let key = |random: &mut Rng| match random.u8(0..20) {
        0 => "type".to_owned(),
        1 => "wide".to_owned(),
        _ => text(random),
    };
    (0..random.usize(0..3)).map(|_| (key(random), text(random))).collect()
}

#[typetag::serde]
#[async_trait]
impl AsyncRunnable for Odd {
    async fn run(&self, _: &mut dyn AsyncQueueable) -> Result<(), FangError> {
        self.check()
    }

    fn max_retries(&self) -> i32 {
        0
    }
}

#[typetag::serde]
impl Runnable for Odd {
    fn run(&self, _: &dyn Queueable) -> Result<(), FangError> {
        self.check()
    }

    fn max_retries(&self) -> i32 {
        0
    }
}
