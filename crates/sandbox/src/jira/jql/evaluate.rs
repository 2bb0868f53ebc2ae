//! Which issues a query means, and in which order.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::parser::parse;
use super::{Clause, Expression, JqlError, Operator, Statement, Value, date};
use crate::jira::http::Call;
use crate::jira::rights::{may_browse, may_read};
use crate::jira::state::{Category, Field, Issue, Jira, Named};
use crate::jira::text;
use crate::jira::value::{FieldKind, FieldValue};
use crate::site::Person;

/// A query in the eyes of one person.
pub(in crate::jira) struct Query<'a> {
    call: &'a Call<'a>,
    jira: &'a Jira,
    zone: TimeZone,
    statement: Statement,
}

/// What a clause asks about.
enum Subject<'a> {
    Key,
    Project,
    IssueType,
    Status,
    Category,
    Creator,
    Watcher,
    Created,
    Updated,
    Text,
    Comment,
    Value(&'a Field),
}

/// What an issue holds of a subject.
enum Held {
    /// In lower case, each with the texts that mean the same: name, id, key.
    Words(Vec<String>),
    Instant(Option<Timestamp>),
    Number(Option<f64>),
    /// Looked through for words.
    Text(String),
}

impl<'a> Query<'a> {
    /// # Errors
    /// What Jira would refuse: a mistake in the language, or the name of something that is not
    /// there or may not be seen.
    pub(in crate::jira) fn read(
        call: &'a Call<'a>,
        jira: &'a Jira,
        text: &str,
    ) -> Result<Self, JqlError> {
        let statement = parse(text)?;
        let zone = TimeZone::get(&call.site.account(call.person).time_zone);
        let query = Self { call, jira, zone: zone.unwrap_or(TimeZone::UTC), statement };
        if let Some(expression) = &query.statement.expression {
            query.check(expression)?;
        }
        for (field, _) in &query.statement.order {
            if !["rank", "key", "issuekey", "id"].contains(&field.to_lowercase().as_str()) {
                query.subject(field)?;
            }
        }
        Ok(query)
    }

    /// Whether the query leaves anything out at all.
    pub(in crate::jira) fn restricts(&self) -> bool {
        self.statement.expression.is_some()
    }

    /// The issues that the person may see, in order; newest first when the query names none.
    pub(in crate::jira) fn run(&self) -> Result<Vec<&'a Issue>, JqlError> {
        let mut found = Vec::new();
        for issue in self.jira.issues.values().rev() {
            let met = match &self.statement.expression {
                None => true,
                Some(expression) => self.meets(expression, issue)?,
            };
            if met && self.jira.may_view(self.call.site, self.call.person, issue) {
                found.push(issue);
            }
        }
        for (field, descending) in self.statement.order.iter().rev() {
            let mut keyed = Vec::new();
            for issue in found {
                keyed.push((self.rank(field, issue)?, issue));
            }
            keyed.sort_by(|(a, _), (b, _)| if *descending { b.cmp(a) } else { a.cmp(b) });
            found = keyed.into_iter().map(|(_, issue)| issue).collect();
        }
        Ok(found)
    }

    fn check(&self, expression: &Expression) -> Result<(), JqlError> {
        match expression {
            Expression::And(parts) | Expression::Or(parts) => {
                parts.iter().try_for_each(|part| self.check(part))
            }
            Expression::Clause(clause) => self.check_clause(clause),
        }
    }

    fn check_clause(&self, clause: &Clause) -> Result<(), JqlError> {
        use Operator as O;
        let subject = self.subject(&clause.field)?;
        let contains = matches!(clause.operator, O::Contains | O::ContainsNot);
        let ordered =
            matches!(clause.operator, O::Less | O::LessOrEqual | O::Greater | O::GreaterOrEqual);
        let known = match &subject {
            Subject::Text | Subject::Comment => contains,
            Subject::Key | Subject::Created | Subject::Updated => !contains,
            Subject::Value(field) => match field.kind {
                FieldKind::Text | FieldKind::Rich => contains || is_empty(clause.operator),
                FieldKind::Date | FieldKind::Instant | FieldKind::Number | FieldKind::Priority => {
                    !contains
                }
                _ => !contains && !ordered,
            },
            _ => !contains && !ordered,
        };
        if !known {
            return Err(JqlError(format!(
                "The operator '{}' is not supported by the '{}' field.",
                clause.operator.sign(),
                clause.field
            )));
        }
        clause.values.iter().try_for_each(|value| self.check_value(clause, &subject, value))
    }

    /// A value that names nothing is refused, and so is one that names what may not be seen: the
    /// two are not told apart.
    fn check_value(
        &self,
        clause: &Clause,
        subject: &Subject<'_>,
        value: &Value,
    ) -> Result<(), JqlError> {
        let Value::Word(word) = value else {
            return self.words(clause, value).map(|_| ());
        };
        let (site, person, jira) = (self.call.site, self.call.person, self.jira);
        let lower = word.to_lowercase();
        let same = |name: &str, id: u64| name.to_lowercase() == lower || id.to_string() == lower;
        let there = match subject {
            Subject::Project => jira.projects.iter().any(|project| {
                may_browse(site, person, project)
                    && (same(&project.key, project.id) || same(&project.name, project.id))
            }),
            Subject::Key => jira.visible_issue(site, person, word).is_some(),
            Subject::IssueType => jira.issue_types.iter().any(|kind| same(&kind.name, kind.id)),
            Subject::Status => jira.statuses.iter().any(|status| same(&status.name, status.id)),
            Subject::Category => CATEGORIES.iter().any(|category| {
                let (id, key, name, _) = category.words();
                same(name, id) || key == lower
            }),
            Subject::Creator | Subject::Watcher => self.person(word).is_some(),
            Subject::Value(field) => match field.kind {
                FieldKind::Person => self.person(word).is_some(),
                FieldKind::Parent => jira.visible_issue(site, person, word).is_some(),
                FieldKind::Priority => jira.priorities.iter().any(|one| same(&one.name, one.id)),
                FieldKind::Resolution => {
                    lower == "unresolved"
                        || jira.resolutions.iter().any(|one| same(&one.name, one.id))
                }
                FieldKind::Option | FieldKind::Options | FieldKind::Cascade => field
                    .contexts
                    .iter()
                    .flat_map(|context| &context.options)
                    .any(|one| same(&one.name, one.id)),
                FieldKind::Number => word.parse::<f64>().is_ok(),
                FieldKind::Date | FieldKind::Instant => {
                    return self.instant(clause, value).map(|_| ());
                }
                _ => true,
            },
            Subject::Created | Subject::Updated => {
                return self.instant(clause, value).map(|_| ());
            }
            Subject::Text | Subject::Comment => true,
        };
        if there {
            return Ok(());
        }
        Err(JqlError(match subject {
            Subject::Key => {
                format!("An issue with key '{word}' does not exist for field '{}'.", clause.field)
            }
            _ => format!("The value '{word}' does not exist for the field '{}'.", clause.field),
        }))
    }

    fn subject(&self, name: &str) -> Result<Subject<'a>, JqlError> {
        let lower = name.to_lowercase();
        Ok(match lower.as_str() {
            "key" | "issuekey" | "issue" | "id" => Subject::Key,
            "project" => Subject::Project,
            "issuetype" | "type" => Subject::IssueType,
            "status" => Subject::Status,
            "statuscategory" => Subject::Category,
            "creator" => Subject::Creator,
            "watcher" => Subject::Watcher,
            "created" | "createddate" => Subject::Created,
            "updated" | "updateddate" => Subject::Updated,
            "text" => Subject::Text,
            "comment" => Subject::Comment,
            _ => self.field(&lower).map(Subject::Value).ok_or_else(|| {
                JqlError(format!(
                    "Field '{name}' does not exist or you do not have permission to view it."
                ))
            })?,
        })
    }

    /// A field by the name that queries use, its own name, or `cf[10030]`.
    fn field(&self, lower: &str) -> Option<&'a Field> {
        let id = match lower {
            "due" => "duedate",
            "resolved" => "resolutiondate",
            "component" => "components",
            "fixversion" => "fixVersions",
            "affectedversion" => "versions",
            "label" => "labels",
            "level" => "security",
            other => other,
        };
        let numbered = id.strip_prefix("cf[").and_then(|rest| rest.strip_suffix(']'));
        let numbered = numbered.map(|number| format!("customfield_{number}"));
        let id = numbered.as_deref().unwrap_or(id);
        let searchable = |field: &&Field| !matches!(field.kind, FieldKind::Own | FieldKind::Json);
        self.jira.fields.iter().filter(searchable).find(|field| {
            field.id.eq_ignore_ascii_case(id)
                || field.custom().is_some() && field.name.to_lowercase() == lower
        })
    }

    fn meets(&self, expression: &Expression, issue: &Issue) -> Result<bool, JqlError> {
        match expression {
            Expression::And(parts) => {
                for part in parts {
                    if !self.meets(part, issue)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Expression::Or(parts) => {
                for part in parts {
                    if self.meets(part, issue)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Expression::Clause(clause) => self.meets_clause(clause, issue),
        }
    }

    fn meets_clause(&self, clause: &Clause, issue: &Issue) -> Result<bool, JqlError> {
        use Operator as O;
        let subject = self.subject(&clause.field)?;
        let held = self.held(&subject, issue);
        let empty = match &held {
            Held::Words(words) => words.is_empty(),
            Held::Instant(at) => at.is_none(),
            Held::Number(number) => number.is_none(),
            Held::Text(text) => text.is_empty(),
        };
        match clause.operator {
            O::Empty => return Ok(empty),
            O::NotEmpty => return Ok(!empty),
            _ if empty => return Ok(asks_for_unresolved(clause)),
            _ => {}
        }
        let negative = matches!(clause.operator, O::IsNot | O::NotIn | O::ContainsNot);
        for value in &clause.values {
            let met = match &held {
                Held::Words(words) => {
                    let wanted = self.words(clause, value)?;
                    match clause.operator {
                        O::Is | O::IsNot | O::In | O::NotIn => {
                            words.iter().any(|word| wanted.contains(word))
                        }
                        operator => {
                            let order = |text: &String| text.parse::<u64>().ok();
                            let (own, other) =
                                (words.iter().find_map(order), wanted.iter().find_map(order));
                            // Of priorities the first is the highest.
                            let order = own.zip(other).map(|(own, other)| match &subject {
                                Subject::Value(_) => other.cmp(&own),
                                _ => own.cmp(&other),
                            });
                            order.is_some_and(|order| holds(operator, order))
                        }
                    }
                }
                Held::Instant(at) => {
                    let wanted = self.instant(clause, value)?;
                    at.is_some_and(|at| holds(clause.operator, at.cmp(&wanted)))
                }
                Held::Number(number) => {
                    let Value::Word(word) = value else { return Ok(false) };
                    let order = number.zip(word.parse().ok()).and_then(|(a, b)| a.partial_cmp(&b));
                    order.is_some_and(|order| holds(clause.operator, order))
                }
                Held::Text(text) => {
                    let Value::Word(words) = value else { return Ok(false) };
                    contains(text, words)
                }
            };
            if met {
                return Ok(!negative);
            }
        }
        Ok(negative)
    }

    fn held(&self, subject: &Subject<'_>, issue: &Issue) -> Held {
        let jira = self.jira;
        let lower = |text: &str| text.to_lowercase();
        let named = |name: &str, id: u64| Held::Words(vec![lower(name), id.to_string()]);
        match subject {
            Subject::Key => named(&issue.key, issue.id),
            Subject::Project => match jira.project(issue.project) {
                Some(project) => Held::Words(vec![
                    lower(&project.key),
                    lower(&project.name),
                    project.id.to_string(),
                ]),
                None => Held::Words(Vec::new()),
            },
            Subject::IssueType => match jira.issue_type(issue.kind) {
                Some(kind) => named(&kind.name, kind.id),
                None => Held::Words(Vec::new()),
            },
            Subject::Status => match jira.status(issue.status) {
                Some(status) => named(&status.name, status.id),
                None => Held::Words(Vec::new()),
            },
            Subject::Category => {
                let words = jira.status(issue.status).map(|status| status.category.words());
                Held::Words(words.map_or(Vec::new(), |(id, key, name, _)| {
                    vec![lower(name), key.to_owned(), id.to_string()]
                }))
            }
            Subject::Creator => Held::Words(vec![token(issue.creator)]),
            Subject::Watcher => Held::Words(issue.watchers.iter().copied().map(token).collect()),
            Subject::Created => Held::Instant(Some(issue.created)),
            Subject::Updated => Held::Instant(Some(issue.updated)),
            Subject::Comment => Held::Text(self.comments(issue)),
            Subject::Text => {
                Held::Text(format!("{}\n{}", text::searchable(issue), self.comments(issue)))
            }
            Subject::Value(field) => self.held_value(field, issue),
        }
    }

    fn held_value(&self, field: &Field, issue: &Issue) -> Held {
        let value = issue.values.get(&field.id);
        let name = |id: u64| {
            vec![text::name(self.jira, issue.project, field, id).to_lowercase(), id.to_string()]
        };
        match field.kind {
            FieldKind::Instant => Held::Instant(match value {
                Some(FieldValue::Instant(at)) => Some(*at),
                _ => None,
            }),
            FieldKind::Date => Held::Instant(match value {
                Some(FieldValue::Text(date)) => date
                    .parse::<jiff::civil::Date>()
                    .ok()
                    .and_then(|date| self.zone.to_timestamp(date.at(0, 0, 0, 0)).ok()),
                _ => None,
            }),
            FieldKind::Number => Held::Number(match value {
                Some(FieldValue::Number(number)) => Some(*number),
                _ => None,
            }),
            FieldKind::Text | FieldKind::Rich => Held::Text(match value {
                Some(FieldValue::Text(text)) => text.clone(),
                Some(FieldValue::Rich(rich)) => rich.wiki.clone(),
                _ => String::new(),
            }),
            _ => Held::Words(match value {
                Some(FieldValue::Person(person)) => vec![token(*person)],
                Some(FieldValue::Names(names)) => {
                    names.iter().map(|name| name.to_lowercase()).collect()
                }
                Some(FieldValue::Id(id)) => name(*id),
                Some(FieldValue::Ids(ids)) => ids.iter().flat_map(|id| name(*id)).collect(),
                Some(FieldValue::Cascade(first, second)) => {
                    [Some(*first), *second].into_iter().flatten().flat_map(name).collect()
                }
                Some(_) | None => Vec::new(),
            }),
        }
    }

    fn comments(&self, issue: &Issue) -> String {
        let readable = issue
            .comments
            .iter()
            .filter(|comment| may_read(self.call.site, self.call.person, comment));
        readable.map(|comment| comment.body.wiki.as_str()).collect::<Vec<_>>().join("\n")
    }

    /// What a value means, in the words of [`Held::Words`].
    fn words(&self, clause: &Clause, value: &Value) -> Result<BTreeSet<String>, JqlError> {
        let subject = self.subject(&clause.field)?;
        let people = matches!(&subject, Subject::Creator | Subject::Watcher)
            || matches!(&subject, Subject::Value(field) if field.kind == FieldKind::Person);
        match value {
            Value::Word(word) if people => Ok(self.person(word).map(token).into_iter().collect()),
            Value::Word(word) => {
                let key = matches!(&subject, Subject::Key)
                    || matches!(&subject, Subject::Value(field) if field.kind == FieldKind::Parent);
                // An old key means the issue that it named.
                let issue = if key { self.jira.find_issue(word) } else { None };
                let mut wanted = BTreeSet::from([
                    issue.map_or_else(|| word.to_lowercase(), |issue| issue.id.to_string())
                ]);
                if matches!(&subject, Subject::Value(field) if field.kind == FieldKind::Priority) {
                    let named = |one: &&Named| one.name.eq_ignore_ascii_case(word);
                    let named = self.jira.priorities.iter().find(named);
                    wanted.extend(named.map(|one| one.id.to_string()));
                }
                Ok(wanted)
            }
            Value::Function(name, None) if people && name == "currentuser" => {
                Ok([token(self.call.person)].into())
            }
            Value::Function(name, Some(group)) if people && name == "membersof" => {
                let group = self.call.site.group(group).ok_or_else(|| {
                    JqlError(format!("Function 'membersOf' can not generate a list of usernames for group '{group}'; the group does not exist."))
                })?;
                Ok(group.members.iter().copied().map(token).collect())
            }
            Value::Function(..) if self.instant(clause, value).is_ok() => Ok(BTreeSet::new()),
            Value::Function(name, _) => {
                Err(JqlError(format!("Unable to find JQL function '{name}()'.")))
            }
        }
    }

    fn instant(&self, clause: &Clause, value: &Value) -> Result<Timestamp, JqlError> {
        date::instant(&clause.field, value, self.call.now, &self.zone)
    }

    /// By account id on Cloud, by name or key on Data Center; by display name on both.
    fn person(&self, word: &str) -> Option<Person> {
        let found = self.call.site.people().find(|(_, account)| {
            let named = if self.call.api.is_cloud() {
                account.account_id == word
            } else {
                account.username == word || account.user_key == word
            };
            named || account.display_name.eq_ignore_ascii_case(word)
        });
        found.map(|(person, _)| person)
    }

    /// Something that sorts as the field does.
    fn rank(&self, field: &str, issue: &Issue) -> Result<(i64, String), JqlError> {
        let by_key = || {
            let (project, number) = issue.key.rsplit_once('-').unwrap_or((&issue.key, ""));
            (number.parse().unwrap_or(0), project.to_owned())
        };
        let lower = field.to_lowercase();
        if lower == "rank" || lower == "id" {
            return Ok((i64::try_from(issue.id).unwrap_or(0), String::new()));
        }
        if lower == "key" || lower == "issuekey" {
            let (number, project) = by_key();
            return Ok((0, format!("{project}-{number:020}")));
        }
        let subject = self.subject(field)?;
        if let Subject::Value(field) = &subject
            && field.kind == FieldKind::Priority
        {
            // The first is the highest, and `priority DESC` shows the highest first.
            let id = issue.id_of(&field.id).and_then(|id| i64::try_from(id).ok());
            return Ok((id.map_or(i64::MIN, |id| -id), String::new()));
        }
        Ok(match self.held(&subject, issue) {
            Held::Instant(at) => (at.map_or(i64::MIN, Timestamp::as_millisecond), String::new()),
            #[expect(clippy::cast_possible_truncation, reason = "only an order")]
            Held::Number(number) => {
                (number.map_or(i64::MIN, |number| (number * 1000.0) as i64), String::new())
            }
            Held::Text(text) => (0, text.to_lowercase()),
            Held::Words(words) => (0, words.into_iter().next().unwrap_or_default()),
        })
    }
}

const CATEGORIES: [Category; 3] = [Category::ToDo, Category::InProgress, Category::Done];

/// A person as a word.
fn token(person: Person) -> String {
    format!("person {}", person.0)
}

/// A word for having no resolution.
fn asks_for_unresolved(clause: &Clause) -> bool {
    let unresolved = |value: &Value| matches!(value, Value::Word(word) if word.eq_ignore_ascii_case("unresolved"));
    clause.field.eq_ignore_ascii_case("resolution")
        && matches!(clause.operator, Operator::Is | Operator::In)
        && clause.values.iter().any(unresolved)
}

fn is_empty(operator: Operator) -> bool {
    matches!(operator, Operator::Empty | Operator::NotEmpty)
}

fn holds(operator: Operator, order: Ordering) -> bool {
    match operator {
        Operator::Less => order.is_lt(),
        Operator::LessOrEqual => order.is_le(),
        Operator::Greater => order.is_gt(),
        Operator::GreaterOrEqual => order.is_ge(),
        _ => order.is_eq(),
    }
}

/// Every word somewhere in the text; `book*` the beginning of one; words in quotes in their order.
fn contains(text: &str, wanted: &str) -> bool {
    let words = split(text);
    let phrase = wanted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    if let Some(phrase) = phrase {
        let phrase = split(phrase);
        return !phrase.is_empty()
            && words.windows(phrase.len()).any(|window| window == phrase.as_slice());
    }
    wanted.split_whitespace().all(|wanted| match wanted.strip_suffix('*') {
        Some(start) => {
            let start = start.to_lowercase();
            words.iter().any(|word| word.starts_with(&start))
        }
        None => split(wanted).iter().all(|wanted| words.contains(wanted)),
    })
}

fn split(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}
