//! The processor time of those who look and of their connections, as the kernel counts it, beside that of the fleet and its
//! server. The difference of two spans would tell less: spans of the same fleet differ by more.

use fang_bench_kit::{Error, Figures, Meter, busy, busy_of, children_of, parent_of};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Processes that look, and the name of their sessions.
pub(super) struct Group {
    pub(super) name: &'static str,
    pub(super) application: &'static str,
    pub(super) pids: Vec<u32>,
}

/// What was spent until now.
pub(super) struct Spent {
    at: Instant,
    fleet: Duration,
    /// Of each process of the server, and of each one that looks.
    processes: BTreeMap<u32, Duration>,
    /// The names of the sessions.
    applications: BTreeMap<u32, String>,
}

impl Spent {
    /// Reads it, for the server of this meter.
    pub(super) async fn read(meter: &Meter, groups: &[Group]) -> Result<Self, Error> {
        let sql = "SELECT pid, application_name, pid = pg_backend_pid() FROM pg_stat_activity
            WHERE application_name IS NOT NULL";
        let (mut applications, mut own) = (BTreeMap::new(), None);
        for row in meter.client().query(sql, &[]).await? {
            let pid = row.get::<_, i32>(0).unsigned_abs();
            applications.insert(pid, row.get(1));
            own = own.or(row.get::<_, bool>(2).then_some(pid));
        }
        let server = own.and_then(parent_of).ok_or("the server is on another machine")?;
        let looking = groups.iter().flat_map(|group| group.pids.iter().copied());
        let pids = children_of(server).into_iter().chain([server]).chain(looking);
        let processes = pids.map(|pid| (pid, busy_of(pid))).collect();
        Ok(Self { at: Instant::now(), fleet: busy(), processes, applications })
    }

    /// Tells what each group has cost since then, and the fleet with its server.
    pub(super) fn tell(&self, before: &Self, groups: &[Group], figures: &mut Figures) {
        let seconds = (self.at - before.at).as_secs_f64();
        let of_a_core = |spent: Duration| spent.as_secs_f64() / seconds;
        let looks =
            |pid: &u32| groups.iter().any(|group| group.pids.contains(pid) || self.is_of(*pid, group));
        let server = self.since(before, |pid| !looks(pid));
        let fleet = of_a_core(self.fleet.saturating_sub(before.fleet)) + of_a_core(server);
        for group in groups {
            let connections = of_a_core(self.since(before, |pid| self.is_of(*pid, group)));
            let processes = of_a_core(self.since(before, |pid| group.pids.contains(pid)));
            let costs = [
                ("connections, % of fleet and server", 100.0 * connections / fleet),
                ("connections, of a core", connections),
                ("own processes, of a core", processes),
                ("fleet and server, of a core", fleet),
            ];
            figures.add("watch, by those who look", group.name, costs);
        }
    }

    fn is_of(&self, pid: u32, group: &Group) -> bool {
        self.applications.get(&pid).is_some_and(|name| name == group.application)
    }

    /// What the processes that are still there have spent since then.
    fn since(&self, before: &Self, counts: impl Fn(&u32) -> bool) -> Duration {
        let chosen = self.processes.iter().filter(|(pid, _)| counts(pid));
        chosen
            .map(|(pid, spent)| spent.saturating_sub(before.processes.get(pid).copied().unwrap_or_default()))
            .sum()
    }
}
