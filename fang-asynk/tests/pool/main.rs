//! Whole pools, over memory, over Postgres, and over Postgres through PgBouncer: each scenario runs on all.

// A panic is how a test reports.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod bench;
mod control;
mod crons;
mod failing;
mod running;
mod stopping;
mod task;

/// Runs scenarios over each kind of queue.
macro_rules! on_all {
    ($($module:ident { $($scenario:ident),+ $(,)? })+) => {
        mod memory {
            $($(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $scenario() {
                    crate::$module::$scenario(crate::bench::Bench::memory()).await;
                }
            )+)+
        }

        mod postgres {
            $($(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $scenario() {
                    crate::$module::$scenario(crate::bench::Bench::postgres().await).await;
                }
            )+)+
        }

        mod pgbouncer {
            $($(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $scenario() {
                    crate::$module::$scenario(crate::bench::Bench::pgbouncer().await).await;
                }
            )+)+
        }
    };
}

on_all! {
    running {
        a_task_runs_and_its_row_goes,
        keep_all_keeps_what_has_finished,
        a_task_sees_who_it_is_and_the_state_of_its_pool,
        a_task_inserts_further_tasks,
        a_pool_runs_its_own_task_type_only,
        what_was_inserted_before_the_start_runs_too,
        a_hundred_tasks_on_ten_workers_run_once_each,
        as_many_tasks_run_at_once_as_there_are_workers,
        a_delayed_task_waits,
        a_pool_without_workers_is_refused,
    }
    failing {
        a_failed_task_runs_again_and_its_next_success_counts,
        a_task_without_retries_left_stays_with_its_error,
        remove_all_removes_failed_tasks_as_well,
        a_panic_is_a_failure_and_the_worker_goes_on,
        a_worker_that_dies_is_replaced_and_its_task_has_failed,
        a_snoozed_task_runs_again_uncharged,
        a_cancelled_task_fails_for_good,
        an_unknown_kind_waits_for_another_program,
        a_row_that_cannot_be_decoded_costs_only_itself,
        a_run_that_takes_too_long_is_dropped_and_has_failed,
        a_run_that_ends_in_time_counts,
    }
    stopping {
        shutdown_hands_back_what_has_not_begun,
        shutdown_waits_for_what_runs,
        shutdown_hands_back_uncharged_what_runs_at_the_deadline,
        a_task_learns_that_its_pool_is_shutting_down,
        run_until_ends_with_its_signal,
        a_pool_can_be_started_again,
        dropping_a_pool_does_not_stop_it,
    }
    control {
        a_waiting_task_that_is_cancelled_never_runs,
        a_running_task_hears_that_it_was_cancelled_and_is_not_run_again,
        a_cancelled_task_that_succeeds_has_succeeded,
        a_cancelled_task_that_does_not_listen_is_dropped_after_its_grace,
        tasks_that_fail_again_and_again_at_once_end_when_they_are_cancelled,
        failed_tasks_run_again_when_they_are_retried,
        a_task_runs_when_it_is_rescheduled_and_by_its_new_priority,
        a_paused_task_type_runs_nothing_until_it_is_resumed,
        a_task_sees_its_deadline_and_its_own_task_type,
        task_types_share_a_pool_by_their_weights,
        a_task_type_that_is_alone_has_the_whole_pool,
        task_types_without_names_or_weights_of_their_own_are_refused,
        a_pool_that_grows_runs_more_at_once,
        a_pool_that_shrinks_lets_its_workers_end_what_they_run,
    }
    crons {
        a_cron_ticks_again_and_again,
        a_cron_scheduled_twice_by_two_pools_ticks_once,
        a_task_scheduled_once_runs_once,
        a_failing_cron_task_starts_no_second_chain,
        a_tick_to_skip_is_gone_before_the_pool_claims_its_first_task,
        a_pool_catches_up_as_many_ticks_as_its_cron_says,
        a_cron_is_run_now_and_resumed_by_its_name,
    }
}
