//! The scenarios about the calls of tools.

/// Adds these scenarios to the list.
#[doc(hidden)]
#[macro_export]
macro_rules! scenarios_of_tools {
    ([$($then:tt)+] $($before:tt)*) => {
        $crate::for_each_scenario!(@$($then)+
            $($before)*
            remove [] {
                all_removes_every_task,
                scheduled_removes_tasks_that_are_not_due,
                all_tasks_of_a_task_type_are_removed,
                a_unique_hash_removes_the_task_that_is_alive,
                a_task_is_removed_even_while_it_runs,
            }
            remove [Crons] {
                all_removes_every_task_and_every_cron,
                all_tasks_of_a_task_type_are_removed_with_its_crons,
            }
            remove [Crons Cancellations] {
                scheduled_removes_tasks_that_are_not_due_and_every_cron,
            }
            admin [] {
                a_missing_task_is_not_found,
                tasks_are_listed_by_state_and_task_type,
                tasks_are_listed_by_tag,
                tasks_are_listed_page_by_page_the_newest_first,
            }
            admin [Counts] {
                tasks_are_counted_by_task_type_and_state,
                waiting_and_due_tasks_are_counted_by_task_type,
            }
            pages [] {
                pages_joined_are_all_tasks_that_match_and_each_once,
                ended_tasks_come_last_ended_first_and_waiting_ones_of_a_type_as_they_start,
                a_count_looks_at_tasks_and_returns_their_number,
                payloads_can_be_left_out_of_a_page,
                a_page_ends_before_its_payloads_are_too_large,
            }
            pages [Running] {
                running_tasks_are_listed_with_their_workers,
            }
            pages [Errors] {
                errors_of_failed_tasks_are_grouped,
            }
            changes [Changes Retries Cancellations Reschedules] {
                a_change_is_made_for_all_tasks_that_match,
                a_change_leaves_tasks_alone_that_have_changed_since_it_began,
                a_change_takes_the_ages_of_tasks_at_its_start,
                a_count_and_a_later_change_concern_the_same_tasks,
                a_count_of_an_instant_takes_the_ages_of_tasks_then,
                running_tasks_that_match_are_asked_to_end,
                of_equal_unique_tasks_a_change_retries_one,
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
                a_worker_is_told_that_its_running_task_is_cancelled,
                a_cancellation_is_told_to_no_other_worker,
                a_heartbeat_tells_whether_anything_is_to_be_cancelled,
                a_cancelled_task_that_waits_again_fails,
                a_cancellation_follows_a_task_that_is_claimed_again,
                a_cancelled_task_whose_process_dies_fails,
                a_cancellation_is_not_for_a_later_task_under_the_same_id,
            }
            cancel [Cancellations Retries] {
                a_task_is_cancelled_even_while_it_is_claimed_and_released,
                a_retry_ends_a_cancellation,
            }
            control [Retries Changes] {
                failed_tasks_are_retried_by_task_type_and_kind,
                failed_tasks_are_retried_in_batches,
                only_the_oldest_of_failed_duplicates_is_retried,
            }
            control [Reschedules] {
                a_rescheduled_task_waits_for_its_new_time,
                a_task_with_a_new_priority_is_claimed_by_it,
                a_task_that_does_not_wait_keeps_its_time_and_its_priority,
            }
            control [Pauses] {
                pause_and_resume_tell_whether_they_changed_anything,
            }
            control [Retries Reschedules Cancellations Pauses Changes] {
                listeners_are_notified_when_a_task_becomes_due,
            }
            unserved [Unserved] {
                task_types_that_no_worker_serves_are_found_after_a_minute,
                a_task_type_stays_served_for_a_minute_after_its_worker_died,
                tasks_that_are_not_due_need_no_worker,
                unserved_task_types_are_found_call_by_call,
                a_worker_that_may_serve_all_task_types_serves_those_that_it_does_not_list,
            }
            unserved [Unserved Pauses] {
                a_paused_task_type_needs_no_worker,
            }
            turn [Turns] {
                a_turn_moves_every_instant_of_a_task_back,
                a_turn_makes_tasks_due_and_notifies_their_listeners,
                a_turn_lets_tasks_expire,
            }
            turn [Turns Periods] {
                a_turn_ends_the_period_of_a_unique_task,
            }
            turn [Turns Crons] {
                a_turn_makes_the_tick_of_a_cron_due,
            }
            reports [Reports] {
                a_worker_is_listed_with_what_it_last_told,
                a_worker_that_beats_no_more_is_listed_as_silent_and_then_as_dead,
                a_worker_that_was_declared_dead_is_told_from_one_that_stopped,
                workers_are_listed_page_by_page,
                what_workers_told_is_gathered_once_a_minute,
                nothing_is_gathered_twice,
                the_last_counts_of_a_dead_worker_are_gathered,
                minutes_tell_how_long_tasks_waited_by_task_type_and_by_kind,
                minutes_are_listed_page_by_page_and_kept_for_72_hours,
                hours_are_kept_for_180_days,
                a_worker_is_asked_until_it_says_that_it_does_it,
                a_worker_that_does_not_live_cannot_be_asked,
            }
            reports [Reports Pauses] {
                paused_task_types_are_listed,
            }
            reports [Reports Turns] {
                a_turn_moves_the_minutes_and_lets_the_next_one_be_gathered,
            }
            payload [] {
                an_unreadable_payload_is_claimed_next_to_good_ones_and_can_be_failed,
                an_unreadable_payload_is_found_and_listed,
                a_payload_may_be_any_json,
                a_payload_is_returned_unchanged,
            }
            offers [] {
                a_feature_that_is_not_offered_is_refused,
            }
        );
    };
}
