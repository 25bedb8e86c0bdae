//! `blackhole`: a network that drops everything.

mod sockets;

use super::caller::Caller;
use super::ending::end;
use crate::Failure;
use crate::options::{Options, Runtime};
use crate::report::Report;
use crate::roles::work::{Manner, Work};
use crate::roles::worker::WorkerSettings;
use crate::world::{Process, World};
use fang::NewTask;
use fang_faults::{
    Strike,
    clock::{micros, now},
};
use fang_test_support::{Network, Proxy};
use std::fmt;
use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant};

/// The time within which a worker must notice.
const NOTICED_WITHIN: Duration = Duration::from_secs(20);
/// The time within which a worker must have given up all old connections. Its keepalive gives up an idle connection
/// after 15 s. If something is sent on it, the 15 s begin again.
const GIVEN_UP_WITHIN: Duration = Duration::from_secs(32);
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// A worker process whose network fails, beside another of its mode whose network does not.
struct Victim {
    runtime: Runtime,
    proxy: Proxy,
    worker: Process,
    _bystander: Process,
}

/// The figures of one victim in one hole.
struct Measured {
    strike: Strike,
    /// The time until a new connection was made.
    reconnects: Option<Duration>,
    /// The time until the worker had given up all old connections.
    given_up: Option<Duration>,
    /// The time until an insert failed.
    insert_failed: Duration,
}

/// Drops the traffic of some workers and of an application for a while, again and again.
///
/// # Errors
/// When it could not be carried out.
pub fn run(options: &Options) -> Result<Report, Failure> {
    let world = World::create(options)?;
    let victims: Result<Vec<Victim>, Failure> =
        options.mode.all().iter().map(|runtime| victim(&world, *runtime)).collect();
    let victims = victims?;
    let producers = world.producers(options, options.either(500, 200))?;
    let measured = strike(&world, options, &victims)?;

    let mut report = Report::new("blackhole", options);
    let hole = hole(options).as_secs();
    report.tell("holes, one for each victim", format!("{} of {hole} s each", measured.len()));
    judge(options, &measured, &mut report);
    let strikes: Vec<Strike> = measured.iter().map(|measured| measured.strike).collect();
    let (_, findings) = end(&world, options, producers, &strikes, &mut report)?;
    report.tell("tasks that ran again after a hole", findings.repeated_after_strike);
    judge_alive(victims, &mut report)?;
    if !report.passed() {
        world.keep();
    }
    Ok(report)
}

fn hole(options: &Options) -> Duration {
    options.either(options.lease() * 2, NOTICED_WITHIN + Duration::from_secs(5))
}

fn victim(world: &World, runtime: Runtime) -> Result<Victim, Failure> {
    let proxy = Proxy::start(world.uri())?;
    let usual = world.worker_settings(runtime);
    let worker = world.worker(&WorkerSettings { uri: proxy.uri().to_owned(), ..usual.clone() })?;
    let bystander = world.worker(&usual)?;
    let both = [worker, bystander];
    world.wait_for(&both)?;
    let [worker, bystander] = both;
    Ok(Victim { runtime, proxy, worker, _bystander: bystander })
}

fn strike(world: &World, options: &Options, victims: &[Victim]) -> Result<Vec<Measured>, Failure> {
    let length = options.length(Duration::from_secs(600), Duration::from_secs(1));
    let pause = options.either(Duration::from_secs(30), Duration::from_secs(3));
    let end = Instant::now() + length;
    let mut all = Vec::new();
    while Instant::now() < end {
        thread::sleep(pause);
        let measured: Result<Vec<_>, Failure> = thread::scope(|scope| {
            let running: Vec<ScopedJoinHandle<'_, Result<Measured, Failure>>> =
                victims.iter().map(|victim| scope.spawn(|| one_hole(world, options, victim))).collect();
            running.into_iter().map(|thread| thread.join().map_err(|_| "a hole panicked")?).collect()
        });
        all.extend(measured?);
    }
    Ok(all)
}

fn one_hole(world: &World, options: &Options, victim: &Victim) -> Result<Measured, Failure> {
    let application = Application::new(world, victim.runtime)?;
    let Victim { proxy, worker, .. } = victim;
    let old = sockets::open(proxy.port())?;
    let (began, from) = (Instant::now(), now());
    proxy.set(Network::Blackhole);
    let (given_up, insert_failed) = thread::scope(|scope| {
        let watch = scope.spawn(|| given_up(proxy, &old, began + hole(options)));
        let insert_failed = application.insert_into_hole(world)?;
        let given_up = watch.join().map_err(|_| "the watch over the sockets panicked")??;
        Ok::<_, Failure>((given_up.map(|at| at - began), insert_failed))
    })?;
    thread::sleep((began + hole(options)).saturating_duration_since(Instant::now()));
    let reconnects = proxy.connected_after(began, Duration::ZERO).map(|at| at - began);
    proxy.set(Network::Pass);
    // The worker learns of claims from the hole only some time later.
    let strike = Strike::silence(worker.pid(), from, now() + micros(NOTICED_WITHIN));
    Ok(Measured { strike, reconnects, given_up, insert_failed })
}

/// When none of these sockets was in use any more, if that happened.
fn given_up(proxy: &Proxy, old: &[u16], until: Instant) -> Result<Option<Instant>, Failure> {
    while Instant::now() < until {
        let open = sockets::open(proxy.port())?;
        if old.iter().all(|port| !open.contains(port)) {
            return Ok(Some(Instant::now()));
        }
        thread::sleep(LOOK_EVERY);
    }
    Ok(None)
}

/// An application that inserts over its own connection.
struct Application {
    runtime: Runtime,
    proxy: Proxy,
    caller: Caller,
}

impl Application {
    /// Opens the connection, so that the hole hits it.
    fn new(world: &World, runtime: Runtime) -> Result<Self, Failure> {
        let proxy = Proxy::start(world.uri())?;
        let caller = Caller::new(runtime, proxy.uri())?;
        let application = Self { runtime, proxy, caller };
        let task = application.task()?;
        application.caller.insist(std::slice::from_ref(&task))?;
        acked(world, &task)?;
        Ok(application)
    }

    fn task(&self) -> Result<NewTask, Failure> {
        Ok(Work { millis: 0, manner: Manner::Wait }.task(self.runtime)?)
    }

    /// Returns how long an insert takes to fail. Repeats it once the hole is over.
    fn insert_into_hole(&self, world: &World) -> Result<Duration, Failure> {
        let task = self.task()?;
        self.proxy.set(Network::Blackhole);
        let began = Instant::now();
        if self.caller.insert(vec![task.clone()]).is_ok() {
            return Err("an insert was acknowledged though the network drops everything".into());
        }
        let failed = began.elapsed();
        self.proxy.set(Network::Pass);
        self.caller.insist(std::slice::from_ref(&task))?;
        acked(world, &task)?;
        Ok(failed)
    }
}

fn acked(world: &World, task: &NewTask) -> Result<(), Failure> {
    Ok(world.ledger()?.acknowledged([task.id()])?)
}

fn judge(options: &Options, all: &[Measured], report: &mut Report) {
    let spans = |what: &dyn Fn(&Measured) -> Option<Duration>| Spans::of(all.iter().map(what));
    let must = |limit: Duration| format!("{} s", limit.as_secs());
    for (what, spans) in [
        ("time until a worker made a new connection", spans(&|measured| measured.reconnects)),
        ("time until an insert failed", spans(&|measured| Some(measured.insert_failed))),
    ] {
        report.judge(what, must(NOTICED_WITHIN), &spans, spans.are_within(NOTICED_WITHIN));
    }
    let spans = spans(&|measured| measured.given_up);
    let what = "time until a worker had given up all old connections, also those first used in the hole";
    report.judge_in_full(options, what, must(GIVEN_UP_WITHIN), &spans, spans.are_within(GIVEN_UP_WITHIN));
}

/// The shortest and the longest of some spans, if all ended.
struct Spans(Option<(Duration, Duration)>);

impl Spans {
    fn of(all: impl Iterator<Item = Option<Duration>>) -> Self {
        let all: Option<Vec<Duration>> = all.collect();
        Self(all.and_then(|all| Some((*all.iter().min()?, *all.iter().max()?))))
    }

    fn are_within(&self, limit: Duration) -> bool {
        self.0.is_some_and(|(_, longest)| longest <= limit)
    }
}

impl fmt::Display for Spans {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some((shortest, longest)) => {
                write!(f, "{:.1} to {:.1} s", shortest.as_secs_f64(), longest.as_secs_f64())
            }
            None => f.write_str("not within the hole"),
        }
    }
}

fn judge_alive(victims: Vec<Victim>, report: &mut Report) -> Result<(), Failure> {
    let mut exits = Vec::new();
    for mut victim in victims {
        exits.extend(victim.worker.ended()?.map(|status| status.to_string()));
        victim.worker.terminate()?;
        let ended = victim.worker.ends_within(Duration::from_secs(40))?;
        exits.extend(ended.filter(|status| !status.success()).map(|status| status.to_string()));
    }
    report.judge_none("workers that ended by themselves, or with an error", &exits);
    Ok(())
}
