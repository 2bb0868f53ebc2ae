//! The Confluence Query Language, as far as the sandbox knows it: parsed properly, so that a
//! query which the real service refuses is refused here too.

mod date;
mod evaluate;
mod lexer;
mod parser;

pub(crate) use evaluate::{Query, search};
pub(crate) use parser::parse;

/// Why a query is not understood. Confluence starts all of these with the same words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CqlError(pub String);

/// What a clause asks about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    Type,
    Space,
    SpaceTitle,
    Title,
    Text,
    Id,
    Label,
    Ancestor,
    Parent,
    Creator,
    Contributor,
    Created,
    LastModified,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Is,
    IsNot,
    Contains,
    ContainsNot,
    In,
    NotIn,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Word(String),
    /// `currentUser()`, `now("-1d")`: name in lower case, argument.
    Function(String, Option<String>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Clause {
    pub field: Field,
    pub operator: Operator,
    /// One, except for `in` and `not in`.
    pub values: Vec<Value>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expression {
    Clause(Clause),
    Not(Box<Expression>),
    And(Vec<Expression>),
    Or(Vec<Expression>),
    /// A query that only orders.
    Everything,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Statement {
    pub expression: Expression,
    /// Field and whether descending, in order of weight.
    pub order: Vec<(Field, bool)>,
}

impl Statement {
    /// What stands right of `~`, for excerpts and marks.
    pub(crate) fn words(&self) -> String {
        let mut words = Vec::new();
        collect(&self.expression, &mut words);
        words.join(" ")
    }
}

fn collect<'a>(expression: &'a Expression, words: &mut Vec<&'a str>) {
    match expression {
        Expression::And(parts) | Expression::Or(parts) => {
            for part in parts {
                collect(part, words);
            }
        }
        Expression::Clause(clause) if clause.operator == Operator::Contains => {
            words.extend(clause.values.iter().filter_map(|value| match value {
                Value::Word(word) => Some(word.as_str()),
                Value::Function(..) => None,
            }));
        }
        Expression::Clause(_) | Expression::Not(_) | Expression::Everything => {}
    }
}
