//! Time passes by turning the clock.

macro_rules! clocks {
    ([$($async:ident)?] [$($wait:tt)*] [$($done:tt)*] $insert:ident) => {
        use crate::HOUR;
        use fang::testing::{assert_inserted, clock, drain, refute_inserted};
        use fang::{Cron, RetentionMode, Run, Unique};

        #[fang::task(backoff = "constant(1h)")]
        $($async)? fn unready(run: &Run) -> Result<(), String> {
            if run.attempt() < 3 { Err("not yet".to_owned()) } else { Ok(()) }
        }

        #[fang::task]
        $($async)? fn report() {}

        $($async)? fn backoffs_are_over_when_the_clock_is_turned(queue: impl Backend) {
            queue.insert(unready())$($wait)*.unwrap();
            for _ in 0..2 {
                assert_eq!(drain(&queue)$($done)*.retried, 1);
                clock(&queue).turn(HOUR - HOUR / 60)$($wait)*;
                assert!(drain(&queue)$($done)*.runs.is_empty());
                clock(&queue).turn(HOUR / 60)$($wait)*;
            }
            assert_eq!(drain(&queue)$($done)*.finished, 1);
        }

        $($async)? fn tasks_expire_when_the_clock_is_turned(queue: impl Backend) {
            queue.insert(report().expires(HOUR))$($wait)*.unwrap();
            clock(&queue).turn(HOUR * 2)$($wait)*;
            let ran = drain(&queue)$($done)*;
            assert_eq!((ran.expired, ran.finished), (1, 0));
        }

        $($async)? fn a_period_of_a_unique_task_ends_when_the_clock_is_turned(queue: impl Backend) {
            let once = || report().unique_by(Unique::key("report").within(HOUR));
            let first = queue.insert(once())$($wait)*.unwrap();
            assert_eq!(queue.insert(once())$($wait)*.unwrap().id, first.id);
            clock(&queue).turn(HOUR)$($wait)*;
            assert_ne!(queue.insert(once())$($wait)*.unwrap().id, first.id);
        }

        /// One tick is missed, and the policy makes one run of both.
        $($async)? fn crons_tick_when_the_clock_is_turned(queue: impl Backend) {
            queue.schedule(report().cron(Cron::every(HOUR)))$($wait)*.unwrap();
            assert!(drain(&queue)$($done)*.runs.is_empty());
            for _ in 0..3 {
                clock(&queue).turn(HOUR)$($wait)*;
                assert_eq!(drain(&queue)$($done)*.finished, 1);
                assert_inserted!(queue, report, count = 1)$($wait)*;
            }
        }

        /// Half a day away, so that no tick comes by itself.
        fn daily() -> Cron {
            let away = fang::Utc::now() + HOUR * 12;
            Cron::new(away.format("%M %H * * *").to_string())
        }

        $($async)? fn crons_with_a_pattern_tick_when_the_clock_is_turned(queue: impl Backend) {
            queue.schedule(report().cron(daily()))$($wait)*.unwrap();
            assert!(drain(&queue)$($done)*.runs.is_empty());
            for _ in 0..3 {
                clock(&queue).turn(HOUR * 24)$($wait)*;
                assert_eq!(drain(&queue)$($done)*.finished, 1);
                assert!(drain(&queue)$($done)*.runs.is_empty());
            }
        }

        $($async)? fn a_tick_that_runs_early_does_not_run_again_at_its_time(queue: impl Backend) {
            for cron in [Cron::every(HOUR * 24), daily()] {
                queue.remove_all_tasks()$($wait)*.unwrap();
                queue.schedule(report().cron(cron))$($wait)*.unwrap();
                assert_eq!(drain(&queue).with_scheduled()$($done)*.finished, 1);
                clock(&queue).turn(HOUR * 24)$($wait)*;
                assert_eq!(drain(&queue)$($done)*.finished, 0, "the tick has run");
                clock(&queue).turn(HOUR * 24)$($wait)*;
                assert_eq!(drain(&queue)$($done)*.finished, 1, "the next tick");
            }
        }

        $($async)? fn kept_tasks_are_removed_when_the_clock_is_turned(queue: impl Backend) {
            let id = queue.insert(report())$($wait)*.unwrap().id;
            let keep = || drain(&queue).retention_mode(RetentionMode::KeepAll).prune_after(HOUR);
            assert_eq!(keep()$($done)*.finished, 1);
            refute_inserted!(queue, report)$($wait)*;
            assert!(queue.find_task_by_id(id)$($wait)*.unwrap().is_some());
            clock(&queue).turn(HOUR * 2)$($wait)*;
            assert_eq!(keep()$($done)*.pruned, 1);
            assert!(queue.find_task_by_id(id)$($wait)*.unwrap().is_none());
        }

        over_each_store! {
            $($async)?:
            backoffs_are_over_when_the_clock_is_turned,
            tasks_expire_when_the_clock_is_turned,
            a_period_of_a_unique_task_ends_when_the_clock_is_turned,
            crons_tick_when_the_clock_is_turned,
            crons_with_a_pattern_tick_when_the_clock_is_turned,
            a_tick_that_runs_early_does_not_run_again_at_its_time,
            kept_tasks_are_removed_when_the_clock_is_turned,
        }
    };
}

in_both_modes!(clocks);

use fang::testing::next_ticks;
use fang::{Cron, DateTime, Utc};

#[fang::task(cron = "0 9 * * 1-5")]
async fn daily() {}

#[test]
fn the_next_ticks_of_a_cron_are_told() {
    let friday: DateTime<Utc> = "2026-03-27T12:00:00Z".parse().unwrap();
    let monday: DateTime<Utc> = "2026-03-30T09:00:00Z".parse().unwrap();
    assert_eq!(next_ticks("0 9 * * 1-5", 1, friday), [monday]);
    assert_eq!(next_ticks(daily(), 1, friday), [monday]);
    let every = next_ticks(Cron::every(crate::HOUR), 2, friday);
    assert_eq!(every, [friday + crate::HOUR, friday + crate::HOUR * 2]);
    assert!(crate::failure(|| next_ticks("never", 1, friday)).contains("never"));
}

/// Pools that run while the time is turned find what is due then.
macro_rules! running {
    ($mode:ident [$($async:ident)?] [$($wait:tt)*] $queues:ident $pool:ident $recv:ident) => {
        mod $mode {
            #[allow(unused_imports)]
            use fang::{AsyncBackend, AsyncQueueable as _, Backend, Queueable as _};
            use fang::testing::clock;
            use crate::HOUR;

            #[fang::task(task_type = "turned")]
            $($async)? fn due_tomorrow() {}

            $($async)? fn pools_go_on_when_the_clock_is_turned(queue: impl $queues) {
                let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
                let mut pools = [tell.clone(), tell].map(|tell| {
                    let pool = fang::$pool::builder().number_of_workers(1).task_type("turned").queue(queue.clone());
                    let finished = move |event: &fang::Event| {
                        if let fang::Event::Finished { task, .. } = event {
                            tell.send(task.id).unwrap();
                        }
                    };
                    pool.on_event(finished).build()
                });
                for pool in &mut pools {
                    pool.start()$($wait)*.unwrap();
                }
                for _ in 0..3 {
                    let id = queue.insert(due_tomorrow().delay(HOUR * 24))$($wait)*.unwrap().id;
                    clock(&queue).turn(HOUR * 24)$($wait)*;
                    assert_eq!(told.$recv()$($wait)*, Some(id));
                }
                for pool in &mut pools {
                    pool.shutdown(HOUR)$($wait)*;
                }
            }

            over_each_store! { $($async)?: pools_go_on_when_the_clock_is_turned }
        }
    };
}

running!(running_asynk [async] [.await] AsyncBackend AsyncWorkerPool recv);
running!(running_blocking [] [] Backend WorkerPool blocking_recv);
