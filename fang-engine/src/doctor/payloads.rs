use fang_core::kind::{Undecodable, decode, is_registered, name};
use fang_core::store::{CronInfo, Store, Unreadable};
use fang_core::{AsyncRunnable, Mode, Runnable, StoreError};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// How many rows a statement looks at.
const PAGE: u32 = 1000;

/// What cannot be read, by kind and reason.
#[derive(Default)]
struct Faults(BTreeMap<(String, String), Unreadable>);

impl Faults {
    /// Those that a payload belongs to. `None` if it can be read, or if this program does not know its kind.
    fn of(&mut self, mode: Mode, json: &str) -> Option<&mut Unreadable> {
        let (kind, reason) = fault(mode, json)?;
        let entry = self.0.entry((kind.clone(), reason.clone()));
        Some(entry.or_insert_with(|| Unreadable::new(kind, reason)))
    }
}

/// Decodes the waiting tasks of all kinds that this program knows, page by page, and the crons, and returns what it
/// cannot read.
pub(crate) async fn check_payloads(store: &dyn Store) -> Result<Vec<Unreadable>, StoreError> {
    let mut faults = Faults::default();
    let mut before = None;
    loop {
        let page = store.payloads(before, PAGE).await?;
        for payload in &page {
            let found = payload.metadata.as_deref().and_then(|json| faults.of(payload.mode, json));
            if let Some(found) = found {
                found.tasks += 1;
                found.example.get_or_insert(payload.id);
            }
        }
        before = page.last().map(|payload| payload.id);
        if page.is_empty() {
            break;
        }
    }
    for cron in crons(store).await? {
        if let Some(found) = faults.of(cron.mode, cron.payload.expose()) {
            found.crons.push(cron.name);
        }
    }
    Ok(faults.0.into_values().collect())
}

/// Also the paused ones, which have no waiting task.
async fn crons(store: &dyn Store) -> Result<Vec<CronInfo>, StoreError> {
    match store.list_crons().await {
        Err(StoreError::NotOffered { .. }) => Ok(Vec::new()),
        crons => crons,
    }
}

/// The kind of a payload that this program knows and cannot read, and why.
fn fault(mode: Mode, json: &str) -> Option<(String, String)> {
    let kind = name(json).unwrap_or_default().into_owned();
    let is_async = match mode {
        Mode::Asynk => true,
        Mode::Blocking => false,
        Mode::Any => is_registered::<dyn AsyncRunnable>(&kind),
    };
    // The code of the application decodes, and may panic.
    let decoded = catch_unwind(AssertUnwindSafe(|| match is_async {
        true => decode::<dyn AsyncRunnable>(json).err(),
        false => decode::<dyn Runnable>(json).err(),
    }));
    match decoded {
        Ok(None | Some(Undecodable::UnknownKind(_) | Undecodable::NotAllowed(_))) => None,
        Ok(Some(Undecodable::Newer(misfit) | Undecodable::Malformed(misfit))) => {
            Some((misfit.kind, format!("{}, at {}", misfit.reason, misfit.field)))
        }
        Err(_) => Some((kind, "its Deserialize implementation panics".to_owned())),
    }
}
