//! Which items a query names, for one person.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{Clause, CqlError, Expression, Field, Operator, Statement, Value, date};
use crate::index::{Entry, Index, Words};
use crate::site::{Item, Kind, Person, Site, Status};

/// A parsed query with all that its words mean only for one person at one moment.
pub(crate) struct Query<'a> {
    pub statement: &'a Statement,
    pub person: Person,
    pub now: Timestamp,
    pub zone: TimeZone,
}

/// Ids in the order asked for, else by relevance. Only what the person may see, and only
/// what the index knows of already.
pub(crate) fn search(site: &Site, index: &Index, query: &Query<'_>) -> Result<Vec<u64>, CqlError> {
    let matcher = build(&query.statement.expression, site, query)?;
    let mut found: Vec<(&Item, &Entry)> = index
        .entries()
        .filter_map(|(id, entry)| Some((site.visible(query.person, id)?, entry)))
        .filter(|(item, _)| item.status == Status::Current)
        .filter(|(item, entry)| matcher.matches(item, entry, site))
        .collect();
    if query.statement.order.is_empty() {
        let mut words = Vec::new();
        matcher.wanted(&mut words);
        found.sort_by_cached_key(|(item, entry)| {
            (
                std::cmp::Reverse(entry.relevance(&words)),
                std::cmp::Reverse(item.latest().at),
                item.id,
            )
        });
    } else {
        found.sort_by(|a, b| compare(&query.statement.order, a, b, site));
    }
    Ok(found.into_iter().map(|(item, _)| item.id).collect())
}

type Hit<'a> = (&'a Item, &'a Entry);

fn compare(order: &[(Field, bool)], a: &Hit<'_>, b: &Hit<'_>, site: &Site) -> std::cmp::Ordering {
    for (field, descending) in order {
        let by = match field {
            Field::Title => a.0.title().to_lowercase().cmp(&b.0.title().to_lowercase()),
            Field::Created => a.0.first().at.cmp(&b.0.first().at),
            Field::Space => site.space_key(a.0.space).cmp(site.space_key(b.0.space)),
            Field::Type => a.0.kind.cmp(&b.0.kind),
            Field::Id => a.0.id.cmp(&b.0.id),
            _ => a.1.modified.cmp(&b.1.modified),
        };
        let by = if *descending { by.reverse() } else { by };
        if by.is_ne() {
            return by;
        }
    }
    a.0.id.cmp(&b.0.id)
}

/// A query with its values understood.
enum Matcher {
    Everything,
    Nothing,
    Not(Box<Matcher>),
    All(Vec<Matcher>),
    Any(Vec<Matcher>),
    Kind(Kind),
    Space(u64),
    SpaceTitle(Words),
    TitleIs(String),
    Title(Words),
    Text(Words),
    Id(u64),
    Label(String),
    Ancestor(u64),
    Parent(u64),
    Creator(Person),
    Contributor(Person),
    Created(Operator, Timestamp, Timestamp),
    Modified(Operator, Timestamp, Timestamp),
}

impl Matcher {
    fn matches(&self, item: &Item, entry: &Entry, site: &Site) -> bool {
        match self {
            Self::Everything => true,
            Self::Nothing => false,
            Self::Not(inner) => !inner.matches(item, entry, site),
            Self::All(parts) => parts.iter().all(|part| part.matches(item, entry, site)),
            Self::Any(parts) => parts.iter().any(|part| part.matches(item, entry, site)),
            Self::Kind(kind) => item.kind == *kind,
            Self::Space(space) => item.space == *space,
            Self::SpaceTitle(words) => {
                site.space(item.space).is_some_and(|space| words.are_in(&space.name))
            }
            Self::TitleIs(title) => entry.title.to_lowercase() == *title,
            Self::Title(words) => words.are_in(&entry.title),
            Self::Text(words) => entry.has(words),
            Self::Id(id) => item.id == *id,
            Self::Label(label) => entry.labels.contains(label),
            Self::Ancestor(id) => item.id != *id && site.is_within(item.id, *id),
            Self::Parent(id) => item.parent == Some(*id),
            Self::Creator(person) => item.author == *person,
            Self::Contributor(person) => item.versions.iter().any(|version| version.by == *person),
            Self::Created(operator, from, to) => holds(*operator, item.first().at, *from, *to),
            Self::Modified(operator, from, to) => holds(*operator, entry.modified, *from, *to),
        }
    }

    /// The words that a hit is ranked by.
    fn wanted<'a>(&'a self, words: &mut Vec<&'a Words>) {
        match self {
            Self::All(parts) | Self::Any(parts) => {
                for part in parts {
                    part.wanted(words);
                }
            }
            Self::Text(some) | Self::Title(some) => words.push(some),
            _ => {}
        }
    }
}

fn holds(operator: Operator, at: Timestamp, from: Timestamp, to: Timestamp) -> bool {
    let within = if from == to { at == from } else { from <= at && at < to };
    match operator {
        Operator::IsNot => !within,
        Operator::Less => at < from,
        Operator::LessOrEqual => at < from || within,
        Operator::Greater => at >= to && !within,
        Operator::GreaterOrEqual => at >= from,
        _ => within,
    }
}

fn build(expression: &Expression, site: &Site, query: &Query<'_>) -> Result<Matcher, CqlError> {
    let many = |parts: &[Expression]| -> Result<Vec<Matcher>, CqlError> {
        parts.iter().map(|part| build(part, site, query)).collect()
    };
    Ok(match expression {
        Expression::Everything => Matcher::Everything,
        Expression::Not(inner) => Matcher::Not(Box::new(build(inner, site, query)?)),
        Expression::And(parts) => Matcher::All(many(parts)?),
        Expression::Or(parts) => Matcher::Any(many(parts)?),
        Expression::Clause(clause) => build_clause(clause, site, query)?,
    })
}

fn build_clause(clause: &Clause, site: &Site, query: &Query<'_>) -> Result<Matcher, CqlError> {
    let mut parts = Vec::new();
    for value in &clause.values {
        parts.push(build_value(clause, value, site, query)?);
    }
    let any = match parts.pop() {
        Some(only) if parts.is_empty() => only,
        Some(last) => {
            parts.push(last);
            Matcher::Any(parts)
        }
        None => Matcher::Nothing,
    };
    let negated = matches!(clause.operator, Operator::NotIn | Operator::ContainsNot)
        || clause.operator == Operator::IsNot
            && !matches!(clause.field, Field::Created | Field::LastModified);
    Ok(if negated { Matcher::Not(Box::new(any)) } else { any })
}

fn build_value(
    clause: &Clause,
    value: &Value,
    site: &Site,
    query: &Query<'_>,
) -> Result<Matcher, CqlError> {
    if matches!(clause.field, Field::Created | Field::LastModified) {
        let (from, to) = date::range(value, query.now, &query.zone)?;
        return Ok(match clause.field {
            Field::Created => Matcher::Created(clause.operator, from, to),
            _ => Matcher::Modified(clause.operator, from, to),
        });
    }
    let word = match value {
        Value::Word(word) => word.as_str(),
        Value::Function(name, None) if name == "currentuser" => {
            return match clause.field {
                Field::Creator => Ok(Matcher::Creator(query.person)),
                Field::Contributor => Ok(Matcher::Contributor(query.person)),
                _ => Err(CqlError("currentUser() names a person".to_owned())),
            };
        }
        Value::Function(name, _) => {
            return Err(CqlError(format!("No function exists with name: {name}")));
        }
    };
    let id =
        || word.parse::<u64>().map_err(|_| CqlError(format!("The id '{word}' must be a number")));
    let person =
        |make: fn(Person) -> Matcher| site.find_person(word).map_or(Matcher::Nothing, make);
    let contains = matches!(clause.operator, Operator::Contains | Operator::ContainsNot);
    Ok(match clause.field {
        Field::Type => match word.to_lowercase().as_str() {
            "space" | "user" | "whiteboard" | "database" | "embed" => Matcher::Nothing,
            other => Matcher::Kind(
                Kind::parse(other)
                    .ok_or_else(|| CqlError(format!("The content type '{word}' does not exist")))?,
            ),
        },
        Field::Space => site
            .visible_space_key(query.person, word)
            .map_or(Matcher::Nothing, |space| Matcher::Space(space.id)),
        Field::SpaceTitle => Matcher::SpaceTitle(Words::parse(word)),
        Field::Title if contains => Matcher::Title(Words::parse(word)),
        Field::Title => Matcher::TitleIs(word.to_lowercase()),
        Field::Text => Matcher::Text(Words::parse(word)),
        Field::Id => Matcher::Id(id()?),
        Field::Label => Matcher::Label(word.trim_start_matches("global:").to_lowercase()),
        Field::Ancestor => Matcher::Ancestor(id()?),
        Field::Parent => Matcher::Parent(id()?),
        Field::Creator => person(Matcher::Creator),
        Field::Contributor => person(Matcher::Contributor),
        Field::Created | Field::LastModified => Matcher::Nothing,
    })
}
