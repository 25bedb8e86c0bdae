//! The heart: beats on a thread of its own, so that busy tasks cannot make the pool look dead, and rescues tasks of
//! the dead.

mod beating;
mod sign_off;
mod woken;

use super::patience::Patience;
use crate::part::run_to_end;
use crate::phase::Phase;
use crate::policy::beat::BeatPolicy;
use crate::policy::retry_pause::RetryPause;
use crate::policy::telling::Telling;
use crate::runtime::Reactor;
use crate::settings;
use crate::signal::{Latch, SetAtEnd, first_of};
use crate::starting::Starting;
use crate::state::Pool;
use async_channel::{Sender, bounded};
use fang_core::StoreError;
use fang_core::notify::{Registration, Topic};
use fang_core::store::{Asked, By, Disown, Report, ReportedBeat};
use std::sync::Arc;
use std::time::{Duration, Instant};
use woken::Woken;

/// How often to look for notifications, if the store does not name the socket on which they arrive ...
const LISTEN_EVERY: Duration = Duration::from_millis(2);

/// ... and how often within [`ATTENTION`] after one: more are likely to come.
const LISTEN_OFTEN: Duration = Duration::from_millis(1);
const ATTENTION: Duration = Duration::from_secs(1);

/// The pause after a look for cancelled tasks, however many are cancelled.
const CALM: Duration = Duration::from_millis(50);

/// How often to look while a cancelled task still runs. It may be claimed again, and the new run must hear of it too.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// After a failure of another part, the heart tries within this time. The instant is random, so that pools which lost
/// their connections together do not come back together.
const TRY_WITHIN: Duration = Duration::from_millis(50);

/// The first beat comes early. It tells whether others that have started wait for connections of this pool.
const FIRST_BEAT: Duration = Duration::from_secs(1);

pub(crate) struct Heart {
    pool: Arc<Pool>,
    reactor: Box<dyn Reactor>,
    policy: BeatPolicy,
    /// The pauses between beats while they fail.
    tries: RetryPause,
    /// Whether the store could not listen since the last beat that got through.
    is_deaf: bool,
    /// Whether it has beaten, or is about to.
    has_beaten: bool,
    /// When the server may next be found full before a beat is due.
    hurries_after: Instant,
    /// Whether the last rescue failed.
    rescue_fails: bool,
    /// When to rescue although no beat is due: another worker may be gone.
    rescue_at: Option<Instant>,
    /// When the last notification came.
    heard_at: Option<Instant>,
    /// What it tells with its beats.
    telling: Telling,
    /// What a tool asked for last, until the store knows that the pool does it.
    done: Option<Asked>,
    /// Keep it notified of cancelled tasks, and of what tools ask for.
    registrations: Vec<Registration>,
}

impl Heart {
    /// Starts the heart's thread and waits until the pool is registered. The thread ends when the pool has stopped.
    pub(crate) async fn start(pool: &Arc<Pool>, starting: &Starting) -> Result<Arc<Latch>, StoreError> {
        let (tell, told) = bounded(1);
        let ended = Arc::<Latch>::default();
        starting.registers(pool, &ended).await;
        let at_end = SetAtEnd::new(&ended);
        let of_heart = pool.clone();
        let begin = move |reactor| Box::pin(Self::new(of_heart, reactor).begin(tell, at_end)) as _;
        let spawned = pool.runtime.spawn_heart(Box::new(begin));
        spawned.map_err(|error| StoreError::unreachable(Box::new(error)))?;
        match told.recv().await {
            Ok(registered) => registered.map(|()| ended),
            Err(_) => Err(StoreError::unreachable("the heart's thread ended before its first beat".into())),
        }
    }

    fn new(pool: Arc<Pool>, reactor: Box<dyn Reactor>) -> Self {
        let policy = BeatPolicy::new(pool.config.lease);
        let tries = RetryPause::default();
        Self {
            pool,
            reactor,
            policy,
            tries,
            is_deaf: false,
            has_beaten: false,
            hurries_after: Instant::now(),
            rescue_fails: false,
            rescue_at: None,
            heard_at: None,
            telling: Telling::default(),
            done: None,
            registrations: Vec::new(),
        }
    }

    /// Registers, then beats. Both happen on the heart's thread, where the listening connection has to live.
    async fn begin(mut self, tell: Sender<Result<(), StoreError>>, at_end: SetAtEnd) {
        let registered = self.register_with_patience().await;
        let is_registered = registered.is_ok();
        // The application may have given up the start meanwhile.
        let is_awaited = tell.send(registered).await.is_ok();
        if is_registered {
            if is_awaited {
                run_to_end(&mut self).await;
            }
            self.sign_off().await;
        }
        drop(self);
        drop(at_end);
    }

    async fn register_with_patience(&mut self) -> Result<(), StoreError> {
        let mut patience = Patience::new("its heart");
        loop {
            let error = match self.register().await {
                Err(error) if !self.is_over() => error,
                other => return other,
            };
            let pause = patience.after(error)?;
            first_of([self.pool.sleep(pause), Box::pin(self.pool.phase.reached(Phase::Stopped))]).await;
        }
    }

    async fn register(&mut self) -> Result<(), StoreError> {
        let info = settings::info(self.pool.mode(), &self.pool.config, self.pool.state.workers());
        let worker = self.pool.store.register(&info).await?;
        self.pool.goes_on_as(worker);
        self.telling.begins_anew();
        self.done = None;
        let (cancelled, asked) = (self.pool.clone(), self.pool.clone());
        let listeners = self.pool.store.listeners();
        self.registrations = vec![
            listeners.register(Topic::Cancelled(worker), move |_| cancelled.cancelled.notify()),
            listeners.register(Topic::Asked(worker), move |_| asked.asked.notify()),
        ];
        Ok(())
    }

    /// How long to wait for the next beat. While beats fail they are tried at least once a second.
    fn until_next_beat(&mut self) -> Duration {
        let regular = self.pool.config.lease.next_beat(fastrand::f64());
        if self.policy.is_failing() {
            return self.tries.next(fastrand::f64()).min(regular);
        }
        let is_first = !std::mem::replace(&mut self.has_beaten, true);
        if is_first { regular.min(FIRST_BEAT.mul_f64(0.5 + fastrand::f64())) } else { regular }
    }

    /// Waits for the next beat. Meanwhile it listens, and tells tasks that were cancelled. When another part fails, or
    /// the listening connection is lost, the next beat comes at once, to find out whether the store answers. Returns
    /// `false` when the pool has stopped.
    async fn pause(&mut self) -> bool {
        let mut next = Instant::now() + self.until_next_beat();
        let (mut look_at, mut may_look) = (Instant::now() + LOOK_EVERY, true);
        loop {
            let knows_any = may_look && self.pool.state.environment.signals.any_cancelled();
            let until = if knows_any { next.min(look_at) } else { next };
            let until = self.rescue_at.map_or(until, |at| at.min(until));
            let woken = self.wait(until).await;
            let now = Instant::now();
            if woken == Woken::Silent && !self.policy.is_failing() {
                next = next.min(now + TRY_WITHIN.mul_f64(fastrand::f64()));
            }
            if woken == Woken::Asked && !self.policy.is_failing() {
                next = now;
            }
            if woken == Woken::Crowded && now >= self.hurries_after {
                // At most one beat more for each regular one: each may need a connection itself.
                self.hurries_after = next;
                next = next.min(now + FIRST_BEAT.mul_f64(fastrand::f64()));
            }
            if self.is_over() {
                return false;
            }
            if now >= next {
                return true;
            }
            if self.rescue_at.take_if(|at| now >= *at).is_some() {
                self.rescue().await;
            }
            if woken == Woken::Leftover {
                self.give_back().await;
            }
            if (may_look && woken == Woken::Cancelled) || (knows_any && now >= look_at) {
                may_look = self.pool.look_for_cancelled().await;
                if !may_look {
                    // A failure may close the connection, and each new one asks for a look. So the next beat comes first.
                    (self.is_deaf, next) = (true, next.min(now + FIRST_BEAT));
                }
                self.pool.sleep(CALM).await;
                look_at = now + LOOK_EVERY;
            }
        }
    }

    /// Whether the pool has stopped. If the finisher ended before that, the runtime of the pool is gone.
    fn is_over(&self) -> bool {
        self.pool.phase.get() >= Phase::Stopped || self.pool.finisher_ended.is_set()
    }

    /// Waits for the next event, at most until then.
    async fn wait(&mut self, until: Instant) -> Woken {
        let was_deaf = self.is_deaf;
        let listen_again = self.listen().await;
        if self.is_deaf && !was_deaf {
            return Woken::Silent;
        }
        let rest = until.saturating_duration_since(Instant::now());
        let pool = &self.pool;
        let time = pool.sleep(listen_again.map_or(rest, |again| again.min(rest)));
        let stopped = Box::pin(pool.phase.reached(Phase::Stopped));
        let gone = Box::pin(pool.finisher_ended.wait());
        let cancelled = Box::pin(pool.cancelled.notified());
        let silent = Box::pin(pool.reach.silent.notified());
        let leftover = Box::pin(pool.leftover.asked());
        let asked = Box::pin(pool.asked.notified());
        let crowded = Box::pin(pool.reach.crowded.notified());
        let arrival = self.reactor.arrival();
        match first_of([cancelled, silent, leftover, asked, crowded, arrival, time, stopped, gone]).await {
            0 => Woken::Cancelled,
            1 => Woken::Silent,
            2 => Woken::Leftover,
            3 => Woken::Asked,
            4 => Woken::Crowded,
            _ => Woken::Otherwise,
        }
    }

    /// Takes the notifications that have come. Returns when to look again, or `None` if the socket will wake it. A
    /// store that cannot listen now is tried again after the next beat.
    async fn listen(&mut self) -> Option<Duration> {
        if self.is_deaf {
            return None;
        }
        let heard = self.pool.store.listen().await.inspect_err(|_| self.is_deaf = true).ok().flatten();
        // The socket of a connection that hears nothing may be closed.
        let Some(heard) = heard else {
            self.reactor.watch(None);
            return None;
        };
        if heard.notifications > 0 {
            self.heard_at = Some(Instant::now());
        }
        if self.reactor.watch(heard.arrives_on) {
            return None;
        }
        let is_attentive = self.heard_at.is_some_and(|at| at.elapsed() < ATTENTION);
        Some(if is_attentive { LISTEN_OFTEN } else { LISTEN_EVERY })
    }

    /// Gives back the claims of tasks that have not begun. If that fails, the end of the pool does.
    async fn give_back(&self) {
        let Some(known) = self.pool.leftover.take() else { return };
        let left = Disown::all_of(self.pool.state.worker()).but(&known).by_heart();
        if let Err(error) = self.pool.store.disown(&left).await {
            log::debug!("tasks that have not begun go back only when the pool has stopped: {error}");
        }
    }

    async fn beat(&mut self) {
        let began = Instant::now();
        let lease = self.pool.config.lease.dead_after;
        let report = self.report();
        match self.pool.store.heartbeat(self.pool.state.worker(), lease, &report).await {
            Ok(beat) => self.got_through(beat, began.elapsed()).await,
            Err(error) => self.failed(&error),
        }
    }

    fn failed(&mut self, error: &StoreError) {
        self.is_deaf = true;
        if self.policy.failed() {
            log::warn!(
                "the heartbeat does not get through; after a lease others take the tasks of this pool: {error}"
            );
        }
    }

    /// What the pool tells now.
    fn report(&mut self) -> Report {
        let state = &self.pool.state;
        state.recorder.wall.set();
        let counted = state.recorder.tallies.now();
        let types = counted.iter().filter(|(by, ..)| *by == By::TaskType);
        let busy = types.map(|(.., tally)| tally.running()).sum::<u64>();
        let number = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        let mut report = Report::new(number(state.workers() as u64), number(busy));
        report.is_quiet = self.pool.quiet.is_on();
        report.counts = self.telling.counts(counted);
        report.done = self.done;
        report
    }

    async fn got_through(&mut self, answer: ReportedBeat, took: Duration) {
        if answer.is_saved {
            self.telling.was_saved();
        }
        let beat = answer.beat;
        self.pool.store.listeners().answered();
        self.pool.store.rests();
        (self.tries, self.is_deaf) = (RetryPause::default(), false);
        let duty = self.policy.got_through(beat, took);
        if duty.tell {
            log::info!("the database answers again");
        }
        if duty.register {
            self.reborn().await;
        } else {
            self.is_asked(answer.asked);
        }
        if duty.rescue {
            self.rescue().await;
        }
        self.rescue_at = duty.rescue_after.map(|after| Instant::now() + after);
        if beat.has_cancellations || self.pool.state.environment.signals.any_cancelled() {
            self.pool.look_for_cancelled().await;
        }
        if answer.minute_is_due {
            self.gather().await;
        }
    }

    /// Does what a tool asks for, once. The next beat tells the store that it does it.
    fn is_asked(&mut self, asked: Option<Asked>) {
        if std::mem::replace(&mut self.done, asked) == asked {
            return;
        }
        match asked {
            Some(Asked::Quiet) => self.pool.set_quiet(true),
            Some(Asked::Resume) => self.pool.set_quiet(false),
            Some(Asked::Stop) => self.pool.is_asked_to_stop(),
            _ => return,
        }
        log::info!("worker {} was asked from elsewhere: {asked:?}", self.pool.state.worker());
    }

    /// Adds what all workers have told to the minutes. If that fails, a later beat of any pool does it.
    async fn gather(&self) {
        if let Err(error) = self.pool.store.gather().await {
            log::debug!("what workers told could not be gathered; the next beat tries again: {error}");
        }
    }

    /// Registers again after the pool was declared dead. Its former tasks belong to others now.
    async fn reborn(&mut self) {
        let dead = self.pool.state.worker();
        match self.register().await {
            Ok(()) => {
                let worker = self.pool.state.worker();
                log::warn!("worker {dead} was declared dead; the pool goes on as {worker}");
            }
            Err(error) => log::warn!("the pool cannot register again; the next beat tries: {error}"),
        }
    }

    async fn rescue(&mut self) {
        let rescue = self.pool.config.lease.rescue(self.pool.state.worker());
        match self.pool.store.rescue(&rescue).await {
            Ok(rescued) => {
                self.rescue_fails = false;
                self.pool.state.rescued(rescued);
            }
            Err(error) if !std::mem::replace(&mut self.rescue_fails, true) => {
                log::warn!("the tasks of the dead cannot be rescued; later beats try again: {error}");
            }
            Err(_) => {}
        }
    }
}
