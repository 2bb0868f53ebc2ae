//! Tasks in the text of pages: what stands between `<ac:task>` and `</ac:task>`.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Edit, Item, Kind, Person, Refusal, Site, Status};

/// One task of one content.
pub(crate) struct Task {
    pub container: u64,
    pub local_id: u64,
    pub complete: bool,
    pub body: String,
    /// The account that the text mentions first.
    pub assigned_to: Option<String>,
}

impl Task {
    /// Unique in the site, made of both ids.
    pub(crate) fn id(&self) -> String {
        format!("{}{:04}", self.container, self.local_id)
    }
}

const COMPLETE: &str = "<ac:task-status>complete</ac:task-status>";
const INCOMPLETE: &str = "<ac:task-status>incomplete</ac:task-status>";

impl Site {
    /// The tasks of everything current that the person may see.
    pub(crate) fn tasks(&self, person: Person) -> Vec<Task> {
        let mut carriers: Vec<&Item> = self
            .items
            .values()
            .filter(|item| matches!(item.kind, Kind::Page | Kind::BlogPost))
            .filter(|item| item.status == Status::Current && item.body().contains("<ac:task>"))
            .filter(|item| self.may_view(person, item))
            .collect();
        carriers.sort_by_key(|item| item.id);
        carriers.into_iter().flat_map(tasks_of).collect()
    }

    /// Ticks a task off, or takes the tick away: a new version of the page.
    pub(crate) fn set_task(
        &mut self,
        person: Person,
        task: &Task,
        complete: bool,
        at: Timestamp,
    ) -> Result<(), Refusal> {
        let item = self.editable(person, task.container)?;
        let local = format!("<ac:task-id>{}</ac:task-id>", task.local_id);
        let body = item.body();
        let Some((before, after)) = body.split_once(&local) else {
            return Err(Refusal::NotFound(format!("No task with id: {}", task.id())));
        };
        let (was, now) = if complete { (INCOMPLETE, COMPLETE) } else { (COMPLETE, INCOMPLETE) };
        if !after.trim_start().starts_with(was) {
            return Ok(());
        }
        let body = format!("{before}{local}{}", after.replacen(was, now, 1));
        let edit = Edit {
            number: None,
            title: None,
            body: Some(Arc::from(body)),
            message: String::new(),
            minor: true,
            at,
        };
        self.update(person, task.container, edit)
    }
}

fn tasks_of(item: &Item) -> Vec<Task> {
    let parts = item.body().split("<ac:task>").skip(1);
    let read = |part: &str| {
        let part = part.split("</ac:task>").next().unwrap_or_default();
        let local_id = between(part, "<ac:task-id>", "</ac:task-id>")?.trim().parse().ok()?;
        let body = between(part, "<ac:task-body>", "</ac:task-body>").unwrap_or_default();
        let assigned_to = between(body, "ri:account-id=\"", "\"").map(str::to_owned);
        let complete = part.contains(COMPLETE);
        Some(Task { container: item.id, local_id, complete, body: body.to_owned(), assigned_to })
    };
    parts.filter_map(read).collect()
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    text.split_once(start)?.1.split_once(end).map(|(found, _)| found)
}
