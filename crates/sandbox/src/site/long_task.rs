//! Work that goes on after the answer. Its effect is there at once; the task says so later.

use super::Site;

/// How often a task is asked for before it has ended.
const POLLS: u32 = 2;

#[derive(Clone, Debug)]
pub(crate) struct LongTask {
    /// What the product calls the work.
    pub name: &'static str,
    polls: u32,
}

impl LongTask {
    pub(crate) fn percent(&self) -> u32 {
        self.polls.min(POLLS) * 100 / POLLS
    }

    pub(crate) fn is_finished(&self) -> bool {
        self.polls >= POLLS
    }
}

impl Site {
    pub(crate) fn begin_long_task(&mut self, name: &'static str) -> u64 {
        let id = self.next_property;
        self.next_property += 1;
        self.long_tasks.insert(id, LongTask { name, polls: 0 });
        id
    }

    /// The task as it is when it is asked for once more.
    pub(crate) fn poll_long_task(&mut self, id: u64) -> Option<&LongTask> {
        let task = self.long_tasks.get_mut(&id)?;
        task.polls += 1;
        Some(task)
    }
}
