//! All of a task: what happened to it, its failures and its payload.

use super::super::looks::SeenTask;
use super::super::text;
use super::super::theme::Tone;
use crate::view::at;
use chrono::{DateTime, Utc};
use fang_core::operator::span::relative;
use fang_core::operator::{in_lines, mode, priority, timeline};
use fang_core::{FangTaskState, Task};
use uuid::Uuid;

/// Lines that are no wider than this.
pub(crate) fn lines(id: Uuid, seen: &SeenTask, is_folded: bool, width: usize) -> Vec<(Tone, String)> {
    let mut page = Page { lines: Vec::new(), width, now: seen.now };
    let Some(task) = &seen.task else {
        let text = format!("no task has the id {id}; rows of tasks that ended may have been removed");
        page.text(Tone::Attention, &text);
        return page.lines;
    };
    page.text(tone(task.state), &format!("{}  {}  {id}", task.kind().unwrap_or("?"), task.state.as_str()));
    if let Some(error) = &task.error_message {
        page.text(Tone::Bad, error);
    }
    page.fields(task, seen);
    page.title("Timeline");
    for (at, what) in timeline(task, seen.running.as_ref().map(|running| running.since)) {
        page.text(Tone::Plain, &format!("{}  {what}", page.instant(at)));
    }
    for failure in task.failures.iter().rev() {
        page.title(&format!("Failure of run {}, {}", failure.attempt, page.instant(failure.at)));
        page.text(Tone::Bad, &failure.error);
    }
    page.payload(task, is_folded);
    page.lines
}

fn tone(state: FangTaskState) -> Tone {
    match state {
        FangTaskState::Failed => Tone::Bad,
        FangTaskState::Finished => Tone::Good,
        _ => Tone::Title,
    }
}

struct Page {
    lines: Vec<(Tone, String)>,
    width: usize,
    now: DateTime<Utc>,
}

impl Page {
    fn text(&mut self, tone: Tone, text: &str) {
        let lines = text::wrapped(text, self.width).into_iter().map(|line| (tone, line));
        self.lines.extend(lines);
    }

    fn title(&mut self, title: &str) {
        self.lines.push((Tone::Plain, String::new()));
        self.text(Tone::Title, title);
    }

    fn instant(&self, instant: DateTime<Utc>) -> String {
        format!("{} ({})", at(instant), relative(instant, self.now))
    }

    fn fields(&mut self, task: &Task, seen: &SeenTask) {
        let most = task.max_retries.map_or(String::new(), |most| format!(" of {most}"));
        let mut fields = vec![
            ("task type", task.task_type.clone()),
            ("mode", mode(task.mode).to_owned()),
            ("priority", priority(task.priority).to_owned()),
            ("retries", format!("{}{most}", task.retries)),
            ("claims", task.lease.to_string()),
        ];
        let worker = seen.running.as_ref().and_then(|running| running.worker);
        fields.extend(worker.map(|worker| ("worker", worker.to_string())));
        if task.crashes > 0 {
            fields.push(("crashes", task.crashes.to_string()));
        }
        if !task.tags.is_empty() {
            fields.push(("tags", task.tags.join(", ")));
        }
        fields.extend(task.uniq_hash.iter().map(|hash| ("unique hash", hash.clone())));
        fields.extend(task.expires_at.map(|at| ("expires at", self.instant(at))));
        fields.extend(task.keep_until.map(|at| ("kept until", self.instant(at))));
        fields.extend(task.headers.iter().map(|(name, value)| ("header", format!("{name}: {value}"))));
        for (name, value) in fields {
            self.text(Tone::Plain, &format!("{name:<12} {value}"));
        }
    }

    fn payload(&mut self, task: &Task, is_folded: bool) {
        let payload = in_lines(&task.payload());
        match is_folded {
            true => self.title(&format!("Payload: {} bytes, f shows them", payload.len())),
            false => {
                self.title("Payload");
                self.text(Tone::Plain, &payload);
            }
        }
    }
}
