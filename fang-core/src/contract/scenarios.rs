//! The list.

/// The scenarios of the [`contract`](crate::contract), for the macros of this crate alone.
///
/// In the list, the [features](crate::store::Feature) that a scenario needs stand before it, in brackets. A store that
/// does not offer one of them passes the scenario without being asked anything.
#[doc(hidden)]
#[macro_export]
macro_rules! for_each_scenario {
    (@tests $run:tt $($module:ident $needs:tt { $($name:ident,)* })*) => {
        $($crate::for_each_scenario!(@test $run $($name)*);)*
    };
    (@test $run:tt $($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                let run: $crate::contract::Run = |rig| ::std::boxed::Box::pin($crate::contract::$name(rig));
                $run($crate::contract::Scenario::new(::std::stringify!($name), run));
            }
        )*
    };
    (@guarded $($module:ident $needs:tt { $($name:ident,)* })*) => {
        $($crate::for_each_scenario!(@guard $module $needs $($name)*);)*

        /// All scenarios, behind the features that they need.
        const SCENARIOS: &[(&[Feature], &[&str])] =
            &[$(($crate::for_each_scenario!(@features $needs), &[$(stringify!($name)),*])),*];
    };
    (@guard $module:ident [] $($name:ident)*) => {
        $(pub use $module::$name;)*
    };
    (@guard $module:ident $needs:tt $($name:ident)*) => {
        $(
            /// The scenario of this name, if the store offers what it needs.
            pub async fn $name(rig: &dyn Rig) {
                if can_be_asked(rig, $crate::for_each_scenario!(@features $needs), stringify!($name)) {
                    $module::$name(rig).await;
                }
            }
        )*
    };
    (@features [$($feature:ident)*]) => {
        &[$(Feature::$feature),*]
    };
    (@list $($then:tt)+) => {
        $crate::for_each_scenario!(@$($then)+
            insert [] {
                a_store_that_serves_is_ready,
                an_insert_tells_for_each_task_in_order_what_is_there,
                an_insert_wakes_those_who_wait_for_its_task_type,
                an_insert_keeps_all_that_the_task_says,
                an_insert_keeps_its_own_choices,
                a_repeated_insert_changes_nothing_and_gets_the_same_answer,
                a_repeated_insert_does_not_revive_a_finished_task,
                an_insert_of_nothing_is_no_error,
                a_large_batch_is_answered_in_its_order,
                a_task_in_bulk_is_kept_as_if_it_came_alone,
                a_repeated_bulk_insert_saves_what_is_missing,
            }
            claim [] {
                a_claim_tells_all_that_a_run_needs,
                claims_come_by_priority_and_then_by_time,
                a_claim_upwards_begins_with_the_least_urgent,
                a_claim_takes_no_more_than_its_limit,
                nothing_below_the_floor_of_a_lane_is_claimed,
                a_claim_looks_into_no_lane_that_it_does_not_name,
                a_mode_never_gets_the_tasks_of_the_other,
                a_task_without_a_mode_goes_to_either,
                a_claim_of_another_task_type_gets_nothing,
                a_future_task_waits_for_its_time,
                a_task_type_may_be_any_text,
            }
            claimers [] {
                two_claimers_never_share_a_task,
                a_crowd_of_claimers_never_shares_a_task,
                claimers_in_turn_get_each_task_once,
                a_retired_worker_claims_nothing,
                a_worker_that_never_registered_claims_nothing,
            }
            claimers [Pauses] {
                a_paused_task_type_gives_nothing_until_it_is_resumed,
            }
            lock_claims [Locks] {
                a_held_task_is_out_of_reach_until_it_is_let_go,
                a_held_task_tells_all_that_a_run_needs,
                what_has_ended_goes_and_what_still_runs_becomes_a_claim,
                what_was_listed_is_known_to_whoever_holds_it_next,
                what_was_listed_and_is_settled_is_free,
                one_that_holds_may_begin_where_another_has_left_off,
                a_claim_of_what_was_listed_belongs_to_the_one_who_listed_it,
                what_was_listed_and_has_moved_on_is_free,
                what_is_listed_no_more_is_free,
                what_another_has_listed_is_not_listed_again,
                a_list_of_tasks_that_its_worker_does_not_know_is_taken_back,
                tasks_whose_locks_are_lost_can_still_be_claimed,
                the_death_of_a_worker_is_charged_to_what_it_had_listed,
            }
            lock_claims [Locks Pauses] {
                a_paused_task_type_and_a_worker_that_is_gone_hold_nothing,
            }
            lock_claims [Locks UntilStarted] {
                what_has_to_be_written_before_it_runs_is_set_apart,
            }
            finish [] {
                remove_removes_the_task,
                keep_keeps_the_task_as_finished,
                fail_keeps_the_task_and_the_error,
                retry_charges_a_retry_and_moves_the_task,
                a_retried_task_is_claimed_again_only_after_its_delay,
                release_charges_nothing_and_keeps_its_place,
                release_with_a_delay_moves_the_task,
                a_batch_of_results_may_hold_all_verdicts,
                the_failures_of_a_task_are_kept,
            }
            fence [] {
                a_result_under_an_old_lease_is_refused,
                a_result_of_another_worker_is_refused,
                a_result_for_a_task_that_is_over_is_refused,
                a_result_for_a_task_that_waits_again_is_refused,
                a_result_after_a_rescue_is_refused,
                a_result_before_the_rescue_is_accepted,
                a_result_for_no_task_is_refused,
                of_a_mixed_batch_just_the_good_results_are_saved,
            }
            unknown [] {
                a_task_of_an_unknown_kind_waits_uncharged,
                the_time_that_a_kind_is_unknown_adds_up,
                another_verdict_ends_the_time_that_a_kind_is_unknown,
            }
            unique [] {
                of_two_unique_tasks_one_is_alive,
                of_two_unique_tasks_in_a_batch_the_first_is_inserted,
                two_batches_of_the_same_unique_tasks_do_not_lock_each_other_out,
                a_unique_task_is_unique_among_all_task_types,
                tasks_that_are_not_unique_are_not_held_up,
                a_unique_task_is_held_until_it_is_over,
                a_finished_task_is_no_longer_unique,
                a_failed_task_is_no_longer_unique,
            }
            unique [Cancellations] {
                a_removed_or_cancelled_task_is_no_longer_unique,
            }
            unique [Retries] {
                a_failed_task_is_not_retried_while_another_like_it_is_alive,
            }
            until_started [UntilStarted] {
                a_task_unique_until_started_holds_up_others_until_it_is_claimed,
                a_started_task_that_waits_again_stands_in_nobodys_way,
                a_started_task_that_is_taken_back_stands_in_nobodys_way,
            }
            until_started [UntilStarted Retries] {
                a_started_task_that_failed_can_be_retried_beside_the_next,
            }
            until_started [UntilStarted Retries Cancellations] {
                a_cancelled_task_that_was_never_started_holds_up_nobody,
            }
            until_started [] {
                a_claim_lets_go_of_no_other_hash,
            }
            period [Periods] {
                a_period_goes_on_when_its_task_has_ended_and_is_gone,
                a_period_ends_though_its_task_still_waits,
                a_period_ends_when_its_hash_or_everything_is_removed,
                a_repeated_insert_within_its_own_period_runs_nothing_again,
                a_repeated_insert_of_a_row_that_is_there_takes_no_period,
                of_one_key_twice_in_a_batch_the_first_takes_the_period,
                two_batches_of_the_same_periods_do_not_lock_each_other_out,
                a_prune_forgets_periods_that_are_over,
            }
            period [Periods Cancellations] {
                a_period_goes_on_whatever_becomes_of_its_task,
            }
            period [Periods UntilStarted] {
                a_period_holds_up_only_tasks_of_the_same_period_key,
            }
            period [] {
                a_period_of_no_time_holds_up_nobody,
            }
            replace [Replacing] {
                an_insert_replaces_what_it_was_told_of_a_task_that_waits,
                an_insert_replaces_nothing_of_a_task_that_runs,
                a_replaced_task_runs_as_it_was_replaced,
                a_repeated_insert_does_not_replace_what_came_after_it,
                a_batch_replaces_its_own_tasks_in_order,
                a_task_is_claimed_or_replaced_never_both,
                two_batches_that_replace_the_same_tasks_do_not_lock_each_other_out,
                a_replaced_time_may_be_now,
            }
            replace [Replacing Periods] {
                a_task_is_replaced_within_its_period_while_it_waits,
                a_batch_with_a_task_that_must_not_be_kept_out_saves_all_or_nothing,
            }
            replace [Replacing UntilStarted] {
                a_task_unique_until_started_can_be_put_off_again_and_again,
            }
            replace [Periods UntilStarted] {
                an_insert_that_must_not_be_kept_out_fails_with_the_one_that_is_there,
            }
            replace [] {
                tasks_are_compared_by_a_key_or_by_fields_of_their_payload,
            }
            worker [] {
                a_worker_that_beats_is_alive_and_no_suspect,
                a_silent_worker_is_a_suspect_after_its_lease,
                a_heartbeat_tells_how_long_the_worker_was_silent,
                a_heartbeat_tells_how_long_beats_have_come_without_a_gap,
                a_worker_that_was_declared_dead_stays_dead,
                a_retired_worker_is_dead_at_once,
                an_unknown_worker_is_not_alive,
                the_id_of_a_worker_is_never_used_again,
            }
            rescue [] {
                the_tasks_of_a_silent_worker_come_back_after_its_lease,
                the_tasks_of_a_living_worker_never_come_back,
                the_tasks_of_a_retired_worker_come_back_at_once,
                a_suspect_whose_process_died_too_often_fails,
                a_rescue_repeats_without_harm,
                whoever_was_silent_itself_declares_nobody_dead,
                two_rescues_at_once_charge_one_crash,
                a_rescued_task_keeps_its_place,
                a_rescue_takes_only_what_still_runs,
                a_claim_under_another_lease_is_not_the_one_it_knows,
                a_worker_gives_back_what_it_does_not_know_it_holds,
                what_keeps_its_place_is_called_out,
            }
            rescue [Suspects] {
                a_task_that_is_no_suspect_never_fails_for_the_death_of_its_process,
                any_result_ends_the_suspicion,
                only_the_holder_of_a_claim_makes_it_a_suspect,
            }
            rescue [Reschedules] {
                what_is_put_elsewhere_is_called_out,
            }
            prune [] {
                a_prune_removes_only_old_tasks_that_are_over,
                a_prune_respects_its_limit,
                a_prune_without_an_age_keeps_all_tasks,
                a_prune_before_the_rescue_loses_no_task,
                a_prune_forgets_no_living_worker,
            }
            cron [Crons] {
                a_cron_is_kept_once_with_one_task,
                a_cron_that_two_processes_schedule_at_once_is_one,
                a_changed_pattern_replaces_the_waiting_tick,
                a_changed_task_replaces_the_waiting_tick,
                a_changed_zone_or_policy_replaces_the_waiting_tick,
                a_changed_pattern_leaves_a_running_tick_alone,
                a_cron_needs_a_tick_only_once_the_last_one_is_due,
                a_tick_that_two_processes_fire_is_inserted_once,
                a_tick_is_a_task_like_the_first,
                the_ticks_of_a_unique_task_do_not_hold_each_other_up,
                a_cron_without_a_next_tick_is_over,
                no_tick_is_inserted_for_a_cron_that_is_gone,
                crons_are_told_apart_by_their_names,
            }
            missed [Crons] {
                ticks_missed_while_nobody_looked_are_one_which_runs_late,
                a_missed_tick_that_waits_is_skipped,
                a_tick_that_is_a_little_late_is_not_skipped,
                a_missed_tick_that_runs_already_is_not_skipped,
                the_newest_missed_ticks_are_caught_up_and_the_oldest_dropped,
                ticks_are_caught_up_once_however_many_see_them,
                a_cron_that_is_over_catches_up_what_it_missed,
            }
            cron_admin [Crons] {
                crons_are_listed_with_all_that_is_known_of_them,
                a_paused_cron_does_not_tick,
                a_pause_that_ends_before_the_next_tick_changes_nothing,
                ticks_missed_during_a_pause_follow_the_policy,
                a_pause_leaves_a_running_tick_alone,
                a_cron_changed_while_it_is_paused_stays_paused,
                a_pause_beside_a_tick_leaves_no_tick_behind,
                a_cron_that_is_run_now_keeps_its_ticks,
                a_removed_cron_goes_with_its_waiting_tick,
                crons_that_the_program_no_longer_has_are_removed,
                what_is_done_to_a_cron_that_is_not_there_is_told,
            }
            remove [] {
                all_removes_every_task,
                scheduled_removes_what_waits_for_the_future,
                a_task_type_is_removed,
                a_unique_hash_removes_the_task_that_is_alive,
                one_task_is_removed_even_while_it_runs,
            }
            remove [Crons] {
                all_removes_every_task_and_every_cron,
                a_task_type_is_removed_with_its_crons,
            }
            remove [Crons Cancellations] {
                scheduled_removes_what_waits_for_the_future_and_every_cron,
            }
            admin [] {
                a_task_that_is_not_there_is_not_found,
                tasks_are_listed_by_state_and_task_type,
                tasks_are_listed_by_tag,
                tasks_are_listed_page_by_page_the_newest_first,
            }
            admin [Counts] {
                tasks_are_counted_by_task_type_and_state,
            }
            retry [Retries] {
                a_failed_task_begins_anew_when_it_is_retried,
                a_waiting_task_is_due_when_it_is_retried,
                a_retry_ends_the_time_that_a_kind_is_unknown,
                a_task_that_runs_or_has_finished_is_not_retried,
                a_task_that_crashed_too_often_begins_anew_when_it_is_retried,
            }
            retry [Cancellations] {
                a_cancelled_task_never_runs,
            }
            cancel [Cancellations] {
                a_task_that_is_over_is_not_cancelled,
                a_task_that_is_cancelled_while_it_runs_is_told_to_its_worker,
                a_cancellation_is_told_to_no_other_worker,
                a_heartbeat_tells_whether_anything_is_to_be_cancelled,
                a_cancelled_task_that_waits_again_fails,
                a_cancellation_follows_a_task_that_is_claimed_again,
                a_cancelled_task_whose_process_dies_fails,
                a_cancellation_is_not_for_a_later_task_under_the_same_id,
            }
            cancel [Cancellations Retries] {
                a_task_is_cancelled_even_while_it_is_claimed_and_given_back,
                a_retry_ends_a_cancellation,
            }
            control [Retries] {
                failed_tasks_are_retried_by_task_type_and_kind,
                failed_tasks_are_retried_in_bites,
                of_failed_unique_tasks_that_are_alike_the_oldest_runs_again,
            }
            control [Reschedules] {
                a_rescheduled_task_waits_for_its_new_time,
                a_task_with_a_new_priority_is_claimed_by_it,
                a_task_that_does_not_wait_keeps_its_time_and_its_priority,
            }
            control [Pauses] {
                a_pause_and_its_end_tell_whether_they_are_new,
            }
            control [Retries Reschedules Cancellations Pauses] {
                whatever_makes_a_task_due_now_wakes_those_who_wait_for_it,
            }
            payload [] {
                an_unreadable_payload_is_claimed_next_to_good_ones_and_can_be_failed,
                an_unreadable_payload_is_found_and_listed,
                a_payload_may_be_any_json,
                a_payload_comes_back_as_it_went_in,
            }
            offers [] {
                what_is_not_offered_is_refused,
            }
        );
    };
}
