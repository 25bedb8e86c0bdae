//! Which crons a task takes over: those that its code made under an earlier name or version.

use super::NewTask;
use crate::declaration::aliases;
use crate::kind;
use crate::runnable::{AsyncRunnable, Runnable};
use crate::store::CronInfo;
use crate::task::Mode;
use crate::version;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

impl NewTask {
    /// Whether crons of other names may be those of this task: its kind had other names, or its arguments have a version.
    pub fn may_take_over(&self) -> bool {
        let kind = kind::name(&self.metadata).unwrap_or_default();
        version::saved(&self.metadata) > version::FIRST || aliases(&kind).next().is_some()
    }

    /// Whether this is the cron that the code of the task made before it was renamed or had this version: it has the same
    /// mode, and its payload is decoded to the same arguments. No cron that was made by hand is.
    pub fn takes_over(&self, cron: &CronInfo) -> bool {
        let kind = kind::name(&self.metadata).unwrap_or_default();
        let is_of_kind = cron.kind() == kind || aliases(&kind).any(|alias| alias == cron.kind());
        is_of_kind
            && cron.mode == self.mode
            && cron.name_by_hand().is_none()
            && arguments(&self.metadata, self.mode)
                .is_some_and(|own| arguments(cron.payload.expose(), cron.mode).as_ref() == Some(&own))
    }
}

/// The arguments in a payload as this program reads them, without the kind. `None` if it cannot read them.
fn arguments(metadata: &str, mode: Mode) -> Option<Value> {
    match mode {
        Mode::Asynk => decoded::<dyn AsyncRunnable>(metadata),
        Mode::Blocking => decoded::<dyn Runnable>(metadata),
        Mode::Any => decoded::<dyn AsyncRunnable>(metadata).or_else(|| decoded::<dyn Runnable>(metadata)),
    }
}

fn decoded<R: ?Sized + Serialize + 'static>(metadata: &str) -> Option<Value>
where
    Box<R>: DeserializeOwned,
{
    let mut arguments = serde_json::to_value(kind::decode::<R>(metadata).ok()?).ok()?;
    arguments.as_object_mut()?.remove(crate::payload::TAG);
    Some(arguments)
}
