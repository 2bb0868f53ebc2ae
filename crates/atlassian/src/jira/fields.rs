use serde_json::Value;

use super::{IssueType, Session};
use crate::Result;
use crate::fields::Fields;

/// Contexts, options and fields of a form after which a listing is taken for one without an end.
const MOST: usize = 100_000;

/// A field of issues.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// `summary`, `customfield_10030`.
    pub id: String,
    /// Its name, in the language of the site; not unique.
    pub name: String,
    /// Whether it was made on the site.
    pub custom: bool,
    /// By which names JQL knows it.
    pub clause_names: Vec<String>,
    /// What it holds, when the answer says so.
    pub schema: Option<FieldSchema>,
}

/// What a field holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldSchema {
    /// An open set: `string`, `number`, `array`, `option`, `user`, `date`, …
    pub kind: String,
    /// What an array is one of.
    pub items: Option<String>,
    /// The id of a system field.
    pub system: Option<String>,
    /// The kind of a custom field, such as
    /// `com.atlassian.jira.plugin.system.customfieldtypes:select`.
    pub custom: Option<String>,
}

/// Which options a custom field has where (Cloud).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldContext {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether it holds for every project.
    pub global: bool,
}

/// One option of a custom field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldOption {
    /// Its id.
    pub id: String,
    /// Its text.
    pub value: String,
    /// Whether it can still be chosen.
    pub disabled: bool,
    /// The option above it, in a cascading field.
    pub parent: Option<String>,
}

/// A field as a form asks for it.
#[derive(Clone, Debug, PartialEq)]
pub struct FormField {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether the form cannot be sent without it.
    pub required: bool,
    /// Whether it is filled in when it is left out.
    pub has_default: bool,
    /// What it holds.
    pub schema: Option<FieldSchema>,
    /// What `update` can do with it: `set`, `add`, `remove`, …
    pub operations: Vec<String>,
    /// From what it is chosen, when it is chosen from a list.
    pub allowed: Option<Vec<AllowedValue>>,
}

/// One of the values that a form allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedValue {
    /// Its id.
    pub id: String,
    /// Its name, or the text of an option.
    pub name: String,
    /// Those below it, in a cascading field.
    pub below: Vec<AllowedValue>,
}

impl Field {
    fn read(fields: Fields<'_>) -> Option<Self> {
        let id = fields.first_text(&["/id", "/key"])?;
        Some(Self {
            name: fields.first_text(&["/name"]).unwrap_or_else(|| id.clone()),
            custom: fields
                .at("/custom")
                .and_then(Value::as_bool)
                .unwrap_or_else(|| id.starts_with("customfield_")),
            clause_names: texts(fields, "/clauseNames"),
            schema: FieldSchema::at(fields, "/schema"),
            id,
        })
    }
}

impl FieldSchema {
    fn at(fields: Fields<'_>, pointer: &str) -> Option<Self> {
        let schema = Fields(fields.at(pointer)?);
        Some(Self {
            kind: schema.first_text(&["/type"])?,
            items: schema.first_text(&["/items"]),
            system: schema.first_text(&["/system"]),
            custom: schema.first_text(&["/custom"]),
        })
    }
}

impl FieldContext {
    fn read(fields: Fields<'_>) -> Option<Self> {
        Some(Self {
            id: fields.first_text(&["/id"])?,
            name: fields.first_text(&["/name"]).unwrap_or_default(),
            global: fields.at("/isGlobalContext").and_then(Value::as_bool).unwrap_or(false),
        })
    }
}

impl FieldOption {
    fn read(fields: Fields<'_>) -> Option<Self> {
        Some(Self {
            id: fields.first_text(&["/id"])?,
            value: fields.first_text(&["/value"]).unwrap_or_default(),
            disabled: fields.at("/disabled").and_then(Value::as_bool).unwrap_or(false),
            parent: fields.first_text(&["/optionId"]),
        })
    }
}

impl FormField {
    /// `key` is the name that a map gives the field; the field itself may lack it.
    pub(super) fn read(fields: Fields<'_>, key: Option<&str>) -> Option<Self> {
        let id = fields.first_text(&["/fieldId", "/key"]).or_else(|| key.map(str::to_owned))?;
        let flag = |pointer| fields.at(pointer).and_then(Value::as_bool).unwrap_or(false);
        let allowed = fields.at("/allowedValues").filter(|allowed| allowed.is_array());
        Some(Self {
            name: fields.first_text(&["/name"]).unwrap_or_else(|| id.clone()),
            id,
            required: flag("/required"),
            has_default: flag("/hasDefaultValue"),
            schema: FieldSchema::at(fields, "/schema"),
            operations: texts(fields, "/operations"),
            allowed: allowed.map(|_| AllowedValue::list(fields, "/allowedValues", 2)),
        })
    }
}

impl AllowedValue {
    /// `depth`: a cascade has two levels; what lies deeper is none.
    fn list(fields: Fields<'_>, pointer: &str, depth: u32) -> Vec<Self> {
        if depth == 0 {
            return Vec::new();
        }
        let one = |value: Fields<'_>| {
            Some(Self {
                id: value.first_text(&["/id", "/key", "/accountId"])?,
                name: value.first_text(&["/value", "/name", "/displayName"]).unwrap_or_default(),
                below: Self::list(value, "/children", depth - 1),
            })
        };
        fields.list(pointer).filter_map(one).collect()
    }
}

pub(super) fn texts(fields: Fields<'_>, pointer: &str) -> Vec<String> {
    fields.list(pointer).filter_map(|text| text.text("")).collect()
}

impl Session {
    /// All fields that the credential may see.
    pub async fn fields(&self) -> Result<Vec<Field>> {
        let fields = self.read(&["field"], &[]).await?;
        self.each(&fields, "", Field::read)
    }

    /// The contexts of a custom field. Cloud shows them to administrators alone; Data Center does
    /// not offer them.
    pub async fn field_contexts(&self, field: &str) -> Result<Vec<FieldContext>> {
        if !self.is_cloud() {
            return Err(self.0.not_offered("contexts of fields are not shown"));
        }
        let path = ["field", field, "context"];
        self.pages(&path, &[("maxResults", "50")], "/values", MOST, FieldContext::read).await
    }

    /// The options of a custom field, in their order.
    ///
    /// On Cloud those of one context, the global or else the first one when none is named; for
    /// administrators alone. On Data Center those of all contexts, and naming one is
    /// [`ErrorKind::NotOffered`](crate::ErrorKind::NotOffered). Everybody who may create an issue finds the options for its
    /// project by [`Session::create_fields`].
    pub async fn field_options(
        &self,
        field: &str,
        context: Option<&str>,
    ) -> Result<Vec<FieldOption>> {
        if !self.is_cloud() {
            return match context {
                Some(_) => Err(self.0.not_offered("contexts of fields are not shown")),
                None => self.custom_field_options(field).await,
            };
        }
        let context = match context {
            Some(context) => context.to_owned(),
            None => {
                let contexts = self.field_contexts(field).await?;
                let global = contexts.iter().find(|context| context.global);
                match global.or(contexts.first()) {
                    Some(context) => context.id.clone(),
                    None => return Ok(Vec::new()),
                }
            }
        };
        let path = ["field", field, "context", &context, "option"];
        self.pages(&path, &[("maxResults", "100")], "/values", MOST, FieldOption::read).await
    }

    /// Data Center counts pages, from 1, and names options below another one from above.
    async fn custom_field_options(&self, field: &str) -> Result<Vec<FieldOption>> {
        let number = field.strip_prefix("customfield_").unwrap_or(field);
        let mut options: Vec<FieldOption> = Vec::new();
        let mut below: Vec<(String, String)> = Vec::new();
        for page in 1.. {
            let page = page.to_string();
            let query = [("maxResults", "100"), ("page", &page)];
            let answer = self.read(&["customFields", number, "options"], &query).await?;
            let read = self.each(&answer, "/options", |option| {
                let read = FieldOption::read(option)?;
                let children = texts(option, "/childrenIds");
                Some((read, children))
            })?;
            let last = read.is_empty();
            for (option, children) in read {
                below.extend(children.into_iter().map(|child| (child, option.id.clone())));
                options.push(option);
            }
            let total = Fields(&answer).number("/total").unwrap_or(0);
            if last || options.len() >= usize::try_from(total).unwrap_or(0).min(MOST) {
                break;
            }
        }
        for option in &mut options {
            let above = below.iter().find(|(child, _)| *child == option.id);
            option.parent = above.map(|(_, parent)| parent.clone());
        }
        Ok(options)
    }

    /// The types of issues that the credential may create in a project.
    pub async fn create_issue_types(&self, project: &str) -> Result<Vec<IssueType>> {
        let path = ["issue", "createmeta", project, "issuetypes"];
        let list = if self.is_cloud() { "/issueTypes" } else { "/values" };
        self.pages(&path, &[("maxResults", "50")], list, MOST, IssueType::read).await
    }

    /// What a new issue of a project and type can be given, with the values to choose from.
    pub async fn create_fields(&self, project: &str, issue_type: &str) -> Result<Vec<FormField>> {
        let path = ["issue", "createmeta", project, "issuetypes", issue_type];
        let list = if self.is_cloud() { "/fields" } else { "/values" };
        let read = |field: Fields<'_>| FormField::read(field, None);
        self.pages(&path, &[("maxResults", "50")], list, MOST, read).await
    }
}
