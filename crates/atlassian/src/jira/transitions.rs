use reqwest::Method;
use serde_json::{Value, json};

use super::{FormField, IssueFields, Session, Status};
use crate::Result;
use crate::fields::Fields;

/// A step of an issue through its workflow.
#[derive(Clone, Debug, PartialEq)]
pub struct Transition {
    /// Its id, which may change with the workflow.
    pub id: String,
    /// Its name, such as `Start progress`.
    pub name: String,
    /// The status that it leads to.
    pub to: Option<Status>,
    /// What its screen asks for, when asked for (Data Center gives it always when expanded).
    pub fields: Vec<FormField>,
}

/// A step to be taken.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TransitionRequest {
    /// The id of the transition.
    pub id: String,
    /// What its screen asks for, and a comment: `{"comment": [{"add": {"body": …}}]}` in `update`.
    pub with: IssueFields,
}

impl Transition {
    pub(super) fn read(fields: Fields<'_>) -> Option<Self> {
        let id = fields.first_text(&["/id"])?;
        let screen = fields.at("/fields").and_then(Value::as_object);
        Some(Self {
            name: fields.first_text(&["/name"]).unwrap_or_else(|| id.clone()),
            id,
            to: Status::at(fields, "/to"),
            fields: screen
                .into_iter()
                .flatten()
                .filter_map(|(key, field)| FormField::read(Fields(field), Some(key)))
                .collect(),
        })
    }
}

impl Session {
    /// What the credential may do with an issue now, with the fields of each screen.
    pub async fn transitions(&self, key: &str) -> Result<Vec<Transition>> {
        let query = [("expand", "transitions.fields")];
        let transitions = self.read(&["issue", key, "transitions"], &query).await?;
        self.each(&transitions, "/transitions", Transition::read)
    }

    /// Takes a step. Never sent twice.
    pub async fn transition_issue(&self, key: &str, step: &TransitionRequest) -> Result<()> {
        let mut body = step.with.body();
        body["transition"] = json!({"id": step.id});
        self.order(Method::POST, &["issue", key, "transitions"], &[], Some(body)).await
    }
}
