//! The tasks that a viewer chose for a change.

use crate::bulk::suits;
use crate::pages::tasks;
use crate::pairs::Pairs;
use crate::refusal::Refusal;
use crate::visit::Visit;
use crate::which::Which;
use chrono::{DateTime, SecondsFormat, Utc};
use fang_core::QueueError;
use fang_core::operator::Steer;
use fang_core::store::{Change, Filter, Matching};
use uuid::Uuid;

/// At most so many tasks are changed by their ids.
const MOST_IDS: usize = 1_000;

/// The tasks that a viewer chose.
pub(super) enum Choice {
    /// Those that match, as they were at an instant.
    All { which: Box<Which>, filters: Vec<Filter>, at: DateTime<Utc> },
    /// Those with these ids, as they were at an instant.
    Ids { ids: Vec<Uuid>, at: DateTime<Utc> },
    /// The task of a page.
    One(Uuid),
}

/// The tasks that the fields of an address or a form choose, as they were at an instant.
pub(super) fn chosen(
    visit: &Visit,
    pairs: &Pairs,
    steer: &Steer,
    at: DateTime<Utc>,
) -> Result<Choice, Refusal> {
    if pairs.get("scope") == Some("all") {
        let which = tasks::read(visit, pairs)?;
        let unfit = || Refusal::bad(format!("no task in this state can be {}: {}", steer.done, steer.rule));
        let states = steer.states(which.state).ok_or_else(unfit)?;
        let filter = |state| Filter { unchanged_since: Some(at), ..which.filter_in(state) };
        let filters: Vec<Filter> = states.into_iter().map(filter).collect();
        return Ok(Choice::All { which: Box::new(which), filters, at });
    }
    let ids: Result<Vec<Uuid>, _> = pairs.all("id").map(str::parse).collect();
    let mut ids = ids.map_err(|_| Refusal::bad("this is no id of a task"))?;
    ids.sort_unstable();
    ids.dedup();
    match ids[..] {
        [] => Err(Refusal::bad("no task is selected")),
        [id] if pairs.get("scope") == Some("one") => Ok(Choice::One(id)),
        _ if ids.len() > MOST_IDS => Err(Refusal::bad("too many tasks are selected; use a filter")),
        _ => Ok(Choice::Ids { ids, at }),
    }
}

impl Choice {
    fn ids(&self) -> &[Uuid] {
        match self {
            Self::All { .. } => &[],
            Self::Ids { ids, .. } => ids,
            Self::One(id) => std::slice::from_ref(id),
        }
    }

    /// A line that tells which tasks these are.
    pub(super) fn text(&self) -> String {
        match self {
            Self::All { which, .. } => which.text(),
            _ => self.ids().iter().map(Uuid::to_string).collect::<Vec<_>>().join(" "),
        }
    }

    /// The same without anything of a payload, for the log and for those who may not see payloads.
    pub(super) fn told(&self) -> String {
        if let Self::All { which, .. } = self { which.told() } else { self.text() }
    }

    /// The fields of a form that chooses the same tasks.
    pub(super) fn fields(&self) -> Vec<(&str, String)> {
        let ids = self.ids().iter().map(|id| ("id", id.to_string()));
        let as_of = |at: &DateTime<Utc>| ("as_of", at.to_rfc3339_opts(SecondsFormat::Micros, true));
        match self {
            Self::All { which, at, .. } => {
                let conditions = which.pairs().map(|(name, value)| (name, value.to_owned()));
                conditions.chain([("scope", "all".to_owned()), as_of(at)]).collect()
            }
            Self::Ids { at, .. } => ids.chain([as_of(at)]).collect(),
            Self::One(_) => ids.chain([("scope", "one".to_owned())]).collect(),
        }
    }
}

/// How many tasks would be changed.
pub(super) async fn count(visit: &Visit, choice: &Choice, change: Change) -> Result<Matching, Refusal> {
    match choice {
        Choice::All { filters, .. } => count_matching(visit, filters).await,
        Choice::Ids { ids, at } => {
            let suit = async {
                let mut tasks = 0;
                for id in ids {
                    tasks += u64::from(suits(&visit.server.admin, *id, change, *at).await?);
                }
                Ok::<_, QueueError>(tasks)
            };
            Ok(Matching { tasks: visit.server.looks(suit).await??, ..Matching::default() })
        }
        Choice::One(_) => Ok(Matching { tasks: 1, ..Matching::default() }),
    }
}

async fn count_matching(visit: &Visit, filters: &[Filter]) -> Result<Matching, Refusal> {
    let mut sum = Matching::default();
    for filter in filters {
        let part = visit.server.looks(visit.server.admin.count_matching(filter)).await??;
        sum.tasks += part.tasks;
        sum.looked += part.looked;
        sum.is_cut |= part.is_cut;
    }
    Ok(sum)
}
