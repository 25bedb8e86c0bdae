//! The list of all scenarios.

mod tools;

/// The scenarios of the [`contract`](crate::contract). Only the macros of this crate use it.
///
/// The brackets before scenarios name the [features](crate::store::Feature) that they need. A scenario is skipped if
/// the store does not offer all of them.
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

        /// The features that scenarios need, and the names of the scenarios.
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
        $crate::scenarios_of_tools!([$($then)+]
            insert [] {
                a_working_store_passes_its_check,
                an_insert_returns_the_saved_row_of_each_task_in_order,
                an_insert_notifies_the_listeners_of_its_task_type,
                an_insert_saves_every_field_of_the_task,
                an_insert_saves_its_own_options,
                a_repeated_insert_changes_nothing_and_gets_the_same_answer,
                a_repeated_insert_does_not_revive_a_finished_task,
                an_empty_insert_is_no_error,
                a_large_batch_is_answered_in_its_order,
                a_task_of_a_large_batch_is_saved_like_a_single_task,
                a_repeated_bulk_insert_saves_the_missing_tasks,
            }
            claim [] {
                a_claim_returns_every_field_that_a_run_needs,
                tasks_are_claimed_by_priority_and_then_by_time,
                an_upward_claim_begins_with_the_least_urgent_task,
                a_claim_takes_no_more_than_its_limit,
                a_task_below_the_floor_of_its_scan_range_is_not_claimed,
                a_claim_takes_tasks_from_its_scan_ranges_only,
                a_claim_for_one_mode_never_gets_tasks_of_the_other,
                a_task_without_a_mode_can_be_claimed_for_either,
                a_claim_of_another_task_type_gets_nothing,
                a_future_task_waits_for_its_time,
                a_task_type_may_be_any_text,
            }
            claimers [] {
                two_claimers_never_share_a_task,
                crowded_claims_never_share_a_task,
                two_alternating_claimers_get_each_task_once,
                a_retired_worker_claims_nothing,
                a_worker_that_never_registered_claims_nothing,
            }
            claimers [Pauses] {
                a_paused_task_type_is_not_claimed_until_it_is_resumed,
            }
            next_due [] {
                a_claim_tells_when_the_next_task_of_its_ranges_becomes_due,
                a_full_claim_does_not_tell_when_the_next_task_becomes_due,
                a_retired_worker_is_not_told_when_the_next_task_becomes_due,
            }
            next_due [Pauses] {
                the_next_task_of_a_paused_task_type_is_not_told,
            }
            ready_types [ReadyTypes] {
                a_look_finds_the_task_types_with_tasks_that_a_pool_could_claim,
                a_look_tells_when_tasks_become_due,
                task_types_with_tasks_are_found_look_by_look,
            }
            ready_types [ReadyTypes Pauses] {
                a_look_passes_over_paused_task_types,
            }
            lock_claims [Locks] {
                a_locked_task_cannot_be_claimed_until_it_is_released,
                a_lock_claim_returns_the_same_fields_as_a_written_claim,
                a_commit_deletes_finished_tasks_and_writes_claims_of_running_ones,
                a_worker_that_locks_a_listed_task_learns_which_worker_listed_it,
                a_listed_task_is_free_after_the_commit,
                a_lock_claim_from_the_floor_begins_after_the_listed_tasks_of_others,
                a_written_claim_of_a_listed_task_belongs_to_the_worker_that_listed_it,
                a_listed_task_that_has_a_newer_lease_is_free,
                a_listed_task_is_free_after_its_worker_removes_the_list,
                a_task_that_another_worker_listed_is_not_listed_again,
                a_list_of_tasks_that_its_worker_does_not_know_is_removed,
                a_worker_that_lost_its_locks_can_still_write_claims,
                the_death_of_a_worker_charges_a_crash_to_its_listed_tasks,
            }
            lock_claims [Locks Pauses] {
                no_task_is_locked_in_a_paused_task_type_or_by_a_retired_worker,
            }
            lock_claims [Locks UntilStarted] {
                a_task_that_must_get_a_written_claim_first_is_set_apart,
            }
            finish [] {
                remove_removes_the_task,
                keep_keeps_the_task_as_finished,
                fail_keeps_the_task_and_the_error,
                retry_charges_a_retry_and_moves_the_task,
                a_retried_task_is_claimed_again_only_after_its_delay,
                release_charges_nothing_and_keeps_the_place_of_the_task,
                release_with_a_delay_moves_the_task,
                a_batch_of_results_may_contain_all_verdicts,
                the_last_ten_failures_of_a_task_are_kept,
            }
            expiry [] {
                a_task_expires_some_time_after_it_is_due,
                a_claim_tells_that_a_task_has_expired,
                a_task_that_has_begun_no_longer_expires,
                a_task_that_has_not_begun_still_expires,
            }
            expiry [Reschedules] {
                a_rescheduled_task_expires_as_long_after_its_new_time,
            }
            expiry [Retries] {
                a_task_that_is_retried_by_hand_no_longer_expires,
            }
            expiry [Replacing] {
                an_insert_that_replaces_the_time_replaces_the_expiry,
            }
            expiry [Crons] {
                each_tick_of_a_cron_expires,
            }
            fence [] {
                a_result_under_an_old_lease_is_refused,
                a_result_of_another_worker_is_refused,
                a_result_for_a_task_that_is_over_is_refused,
                a_result_for_a_task_that_waits_again_is_refused,
                a_result_after_a_rescue_is_refused,
                a_result_before_the_rescue_is_accepted,
                a_result_for_a_missing_task_is_refused,
                a_late_result_does_not_affect_the_others_of_its_batch,
            }
            unknown [] {
                a_task_of_an_unknown_kind_waits_and_is_charged_no_retry,
                the_time_that_a_kind_is_unknown_adds_up,
                another_verdict_ends_the_time_that_a_kind_is_unknown,
            }
            unique [] {
                a_duplicate_of_a_unique_task_is_not_inserted,
                the_first_of_two_duplicates_in_a_batch_is_inserted,
                two_batches_of_the_same_unique_tasks_do_not_deadlock,
                a_unique_task_is_unique_among_all_task_types,
                a_task_that_is_not_unique_is_always_inserted,
                a_unique_task_keeps_others_out_until_it_is_over,
                a_finished_task_is_no_longer_unique,
                a_failed_task_is_no_longer_unique,
            }
            unique [Cancellations] {
                a_removed_or_cancelled_task_is_no_longer_unique,
            }
            unique [Retries] {
                a_failed_task_is_not_retried_while_a_duplicate_is_alive,
            }
            until_started [UntilStarted] {
                a_task_unique_until_started_keeps_others_out_until_it_is_claimed,
                a_started_task_that_waits_again_keeps_no_task_out,
                a_started_task_that_is_rescued_or_disowned_keeps_no_task_out,
            }
            until_started [UntilStarted Retries] {
                a_started_task_that_failed_can_be_retried_beside_the_next,
            }
            until_started [UntilStarted Retries Cancellations] {
                a_cancelled_task_that_was_never_started_keeps_no_task_out,
            }
            until_started [] {
                a_claim_keeps_the_hash_of_a_task_that_is_unique_in_another_way,
            }
            period [Periods] {
                a_period_continues_after_its_task_has_finished,
                a_period_ends_even_while_its_task_waits,
                a_period_ends_when_its_hash_or_everything_is_removed,
                a_repeated_insert_within_its_own_period_does_not_run_the_task_again,
                a_repeated_insert_of_a_kept_task_starts_no_period,
                the_first_task_of_a_key_in_a_batch_starts_the_period,
                two_batches_of_the_same_periods_do_not_deadlock,
                a_prune_removes_periods_that_are_over,
            }
            period [Periods Cancellations] {
                a_period_continues_after_its_task_failed_or_was_cancelled_or_removed,
            }
            period [Periods UntilStarted] {
                a_period_keeps_out_only_tasks_with_the_same_period_key,
            }
            period [] {
                a_period_of_zero_keeps_no_task_out,
            }
            replace [Replacing] {
                an_insert_replaces_the_chosen_fields_of_a_waiting_task,
                an_insert_replaces_no_field_of_a_running_task,
                a_replaced_task_runs_with_its_new_values,
                a_repeated_insert_does_not_undo_a_later_replacement,
                a_batch_replaces_its_own_tasks_in_order,
                a_task_is_claimed_or_replaced_never_both,
                two_batches_that_replace_the_same_tasks_do_not_deadlock,
                a_replaced_time_may_be_now,
            }
            replace [Replacing Periods] {
                a_task_is_replaced_within_its_period_while_it_waits,
                a_batch_that_fails_for_a_duplicate_saves_nothing,
            }
            replace [Replacing UntilStarted] {
                a_task_unique_until_started_can_be_postponed_repeatedly,
            }
            replace [Periods UntilStarted] {
                an_insert_with_or_error_fails_and_names_the_duplicate,
            }
            replace [] {
                duplicates_are_found_by_a_key_or_by_fields_of_the_payload,
            }
            worker [] {
                a_worker_that_beats_within_its_lease_is_alive,
                a_heartbeat_reports_other_workers_that_were_silent_for_a_lease,
                a_heartbeat_tells_how_long_the_worker_was_silent,
                a_heartbeat_tells_how_long_beats_have_come_without_a_gap,
                a_worker_that_was_declared_dead_stays_dead,
                a_retired_worker_is_dead_at_once,
                an_unknown_worker_is_not_alive,
                the_id_of_a_worker_is_never_used_again,
            }
            rescue [] {
                the_tasks_of_a_silent_worker_are_rescued_after_its_lease,
                the_tasks_of_a_living_worker_are_never_rescued,
                the_tasks_of_a_retired_worker_are_rescued_at_once,
                a_suspect_whose_process_died_too_often_fails,
                a_repeated_rescue_changes_nothing,
                a_worker_that_was_silent_itself_declares_no_worker_dead,
                two_rescues_at_once_charge_one_crash,
                a_rescued_task_keeps_its_place,
                a_rescue_takes_back_running_tasks_only,
                a_claim_under_a_newer_lease_than_the_worker_knows_is_given_back,
                a_worker_gives_back_claims_that_it_does_not_know,
                listeners_are_told_that_a_task_returned_to_its_place,
            }
            rescue [Suspects] {
                a_rescue_tells_what_became_of_each_task,
                a_task_that_is_no_suspect_never_fails_for_the_death_of_its_process,
                any_result_ends_the_suspicion,
                only_the_worker_that_claimed_a_task_can_mark_it_a_suspect,
            }
            rescue [Reschedules] {
                listeners_are_told_that_a_task_moved_ahead,
            }
            prune [] {
                a_prune_removes_only_old_tasks_that_are_over,
                a_prune_respects_its_limit,
                a_prune_without_an_age_keeps_all_tasks,
                a_prune_before_the_rescue_loses_no_task,
                a_prune_removes_no_living_worker,
                a_task_stays_as_long_as_its_result_says,
                a_task_that_runs_again_has_no_end_to_its_stay,
            }
            cron [Crons] {
                a_cron_is_saved_once_with_its_first_tick,
                a_cron_that_two_processes_schedule_at_once_is_saved_once,
                a_changed_pattern_replaces_the_waiting_tick,
                a_changed_task_replaces_the_waiting_tick,
                a_changed_zone_or_policy_replaces_the_waiting_tick,
                every_tick_has_the_options_of_its_cron,
                a_changed_pattern_leaves_a_running_tick_alone,
                a_changed_pattern_leaves_an_overdue_tick_alone,
                a_changed_pattern_replaces_a_missed_tick_of_a_cron_that_skips_them,
                a_cron_needs_a_tick_only_once_the_last_one_is_due,
                a_tick_that_two_processes_fire_is_inserted_once,
                a_later_tick_inserts_the_same_task_as_the_first,
                the_ticks_of_a_unique_task_do_not_keep_each_other_out,
                a_cron_without_a_next_tick_is_over,
                no_tick_is_inserted_for_a_missing_cron,
                crons_are_distinguished_by_their_names,
                a_renamed_cron_keeps_its_tick_and_its_pause,
                a_cron_that_is_renamed_to_another_is_removed,
                a_cron_that_is_renamed_to_its_own_name_stays,
            }
            missed [Crons] {
                missed_ticks_are_coalesced_into_one_late_tick,
                a_missed_tick_that_waits_is_skipped,
                a_tick_that_is_a_little_late_is_not_skipped,
                a_missed_tick_that_runs_already_is_not_skipped,
                the_newest_missed_ticks_are_caught_up_and_the_oldest_dropped,
                two_pools_catch_up_missed_ticks_once,
                a_cron_without_a_next_tick_catches_up_its_missed_ticks,
            }
            cron_admin [Crons] {
                crons_are_listed_with_their_task_and_schedule_and_pause,
                a_paused_cron_does_not_tick,
                a_pause_that_ends_before_the_next_tick_changes_nothing,
                ticks_missed_during_a_pause_follow_the_policy,
                a_pause_leaves_a_running_tick_alone,
                a_cron_changed_while_it_is_paused_stays_paused,
                a_pause_at_the_same_time_as_a_tick_leaves_no_waiting_tick,
                a_cron_that_is_run_now_keeps_its_ticks,
                removing_a_cron_removes_its_waiting_tick,
                crons_that_the_program_no_longer_has_are_removed,
                an_operation_on_a_missing_cron_says_that_it_is_missing,
            }
        );
    };
}
