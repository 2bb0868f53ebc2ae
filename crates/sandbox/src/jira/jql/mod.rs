//! The Jira Query Language, as far as the sandbox knows it: parsed properly, so that a query
//! which the real service refuses is refused here too (vendor page "Use advanced search with
//! JQL").
//!
//! Not known: `was`, `changed`, and functions that look into sprints, links or saved filters.

mod date;
mod evaluate;
mod lexer;
mod parser;

pub(super) use evaluate::Query;

/// Why a query is not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct JqlError(pub String);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
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
    Empty,
    NotEmpty,
}

impl Operator {
    /// What `NOT` makes of a clause: what has no value meets neither a clause nor its opposite.
    fn opposite(self) -> Self {
        match self {
            Self::Is => Self::IsNot,
            Self::IsNot => Self::Is,
            Self::Contains => Self::ContainsNot,
            Self::ContainsNot => Self::Contains,
            Self::In => Self::NotIn,
            Self::NotIn => Self::In,
            Self::Less => Self::GreaterOrEqual,
            Self::LessOrEqual => Self::Greater,
            Self::Greater => Self::LessOrEqual,
            Self::GreaterOrEqual => Self::Less,
            Self::Empty => Self::NotEmpty,
            Self::NotEmpty => Self::Empty,
        }
    }

    fn sign(self) -> &'static str {
        match self {
            Self::Is => "=",
            Self::IsNot => "!=",
            Self::Contains => "~",
            Self::ContainsNot => "!~",
            Self::In => "in",
            Self::NotIn => "not in",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Empty => "is",
            Self::NotEmpty => "is not",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Value {
    Word(String),
    /// `currentUser()`, `startOfDay(-1d)`: name in lower case, argument.
    Function(String, Option<String>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Clause {
    /// As it was written; compared without regard to case.
    field: String,
    operator: Operator,
    /// One, except for `in` and `not in`; none for `is empty`.
    values: Vec<Value>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Expression {
    Clause(Clause),
    And(Vec<Expression>),
    Or(Vec<Expression>),
}

impl Expression {
    fn negated(self) -> Self {
        let all = |parts: Vec<Self>| parts.into_iter().map(Self::negated).collect();
        match self {
            Self::Clause(clause) => {
                Self::Clause(Clause { operator: clause.operator.opposite(), ..clause })
            }
            Self::And(parts) => Self::Or(all(parts)),
            Self::Or(parts) => Self::And(all(parts)),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Statement {
    /// `None`: a query that restricts nothing.
    expression: Option<Expression>,
    /// Field and whether descending, in order of weight.
    order: Vec<(String, bool)>,
}
