//! Recursive descent over the tokens of a query.

use super::lexer::{Token, tokens};
use super::{Clause, CqlError, Expression, Field, Operator, Statement, Value};

/// Parentheses and negations inside one another; more is refused, not recursed into.
const MAX_DEPTH: u32 = 64;

pub(crate) fn parse(text: &str) -> Result<Statement, CqlError> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0, depth: 0 };
    if parser.tokens.is_empty() {
        return Err(CqlError("the query is empty".to_owned()));
    }
    let expression =
        if parser.is_keyword("order") { Expression::Everything } else { parser.any()? };
    let order = if parser.keyword("order") { parser.order()? } else { Vec::new() };
    match parser.next() {
        None => Ok(Statement { expression, order }),
        Some(token) => Err(unexpected(Some(&token), "AND, OR or ORDER BY")),
    }
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: u32,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn is_keyword(&self, keyword: &str) -> bool {
        matches!(self.peek(), Some(Token::Word(word)) if word.eq_ignore_ascii_case(keyword))
    }

    fn keyword(&mut self, keyword: &str) -> bool {
        let found = self.is_keyword(keyword);
        self.at += usize::from(found);
        found
    }

    fn sign(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Sign(s)) if *s == sign);
        self.at += usize::from(found);
        found
    }

    fn any(&mut self) -> Result<Expression, CqlError> {
        let mut parts = vec![self.all()?];
        while self.keyword("or") {
            parts.push(self.all()?);
        }
        Ok(one_or(parts, Expression::Or))
    }

    fn all(&mut self) -> Result<Expression, CqlError> {
        let mut parts = vec![self.factor()?];
        while self.keyword("and") {
            parts.push(self.factor()?);
        }
        Ok(one_or(parts, Expression::And))
    }

    fn factor(&mut self) -> Result<Expression, CqlError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(CqlError("the query is nested too deeply".to_owned()));
        }
        let expression = if self.keyword("not") || self.sign("!") {
            Expression::Not(Box::new(self.factor()?))
        } else if self.sign("(") {
            let inner = self.any()?;
            if !self.sign(")") {
                return Err(unexpected(self.peek(), ")"));
            }
            inner
        } else {
            Expression::Clause(self.clause()?)
        };
        self.depth -= 1;
        Ok(expression)
    }

    fn clause(&mut self) -> Result<Clause, CqlError> {
        let field = self.field()?;
        let operator = self.operator()?;
        let values = match operator {
            Operator::In | Operator::NotIn => self.list()?,
            _ => vec![self.value()?],
        };
        check(field, operator)?;
        Ok(Clause { field, operator, values })
    }

    fn field(&mut self) -> Result<Field, CqlError> {
        let token = self.next();
        let Some(Token::Word(name)) = &token else {
            return Err(unexpected(token.as_ref(), "a field"));
        };
        Ok(match name.to_lowercase().as_str() {
            "type" => Field::Type,
            "space" | "space.key" => Field::Space,
            "space.title" => Field::SpaceTitle,
            "title" => Field::Title,
            "text" | "sitesearch" => Field::Text,
            "id" | "content" => Field::Id,
            "label" => Field::Label,
            "ancestor" => Field::Ancestor,
            "parent" => Field::Parent,
            "creator" | "creator.accountid" => Field::Creator,
            "contributor" | "contributor.accountid" => Field::Contributor,
            "created" => Field::Created,
            "lastmodified" => Field::LastModified,
            _ => return Err(CqlError(format!("No field exists with name: {name}"))),
        })
    }

    fn operator(&mut self) -> Result<Operator, CqlError> {
        if self.keyword("in") {
            return Ok(Operator::In);
        }
        if self.keyword("not") {
            return if self.keyword("in") {
                Ok(Operator::NotIn)
            } else {
                Err(unexpected(self.peek(), "IN"))
            };
        }
        let token = self.next();
        Ok(match &token {
            Some(Token::Sign("=")) => Operator::Is,
            Some(Token::Sign("!=")) => Operator::IsNot,
            Some(Token::Sign("~")) => Operator::Contains,
            Some(Token::Sign("!~")) => Operator::ContainsNot,
            Some(Token::Sign("<")) => Operator::Less,
            Some(Token::Sign("<=")) => Operator::LessOrEqual,
            Some(Token::Sign(">")) => Operator::Greater,
            Some(Token::Sign(">=")) => Operator::GreaterOrEqual,
            other => return Err(unexpected(other.as_ref(), "an operator")),
        })
    }

    fn list(&mut self) -> Result<Vec<Value>, CqlError> {
        if !self.sign("(") {
            return Err(unexpected(self.peek(), "("));
        }
        let mut values = vec![self.value()?];
        while self.sign(",") {
            values.push(self.value()?);
        }
        if self.sign(")") { Ok(values) } else { Err(unexpected(self.peek(), ")")) }
    }

    fn value(&mut self) -> Result<Value, CqlError> {
        match self.next() {
            Some(Token::Quoted(value)) => Ok(Value::Word(value)),
            Some(Token::Word(word)) if self.sign("(") => {
                let argument = match self.next() {
                    Some(Token::Sign(")")) => {
                        return Ok(Value::Function(word.to_lowercase(), None));
                    }
                    Some(Token::Quoted(argument) | Token::Word(argument)) => argument,
                    other => return Err(unexpected(other.as_ref(), ")")),
                };
                if self.sign(")") {
                    Ok(Value::Function(word.to_lowercase(), Some(argument)))
                } else {
                    Err(unexpected(self.peek(), ")"))
                }
            }
            Some(Token::Word(word)) if is_reserved(&word) => {
                Err(CqlError(format!("the word '{word}' is reserved and must be quoted")))
            }
            Some(Token::Word(word)) => Ok(Value::Word(word)),
            other => Err(unexpected(other.as_ref(), "a value")),
        }
    }

    fn order(&mut self) -> Result<Vec<(Field, bool)>, CqlError> {
        if !self.keyword("by") {
            return Err(unexpected(self.peek(), "BY"));
        }
        let mut order = Vec::new();
        loop {
            let field = self.field()?;
            if !matches!(
                field,
                Field::Title
                    | Field::Created
                    | Field::LastModified
                    | Field::Space
                    | Field::Id
                    | Field::Type
            ) {
                return Err(CqlError(format!("cannot order by {}", name(field))));
            }
            let descending = self.keyword("desc");
            if !descending {
                self.keyword("asc");
            }
            order.push((field, descending));
            if !self.sign(",") {
                return Ok(order);
            }
        }
    }
}

fn one_or(mut parts: Vec<Expression>, many: fn(Vec<Expression>) -> Expression) -> Expression {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        Some(last) => {
            parts.push(last);
            many(parts)
        }
        None => Expression::Everything,
    }
}

/// Which operators a field knows (vendor page "Advanced searching using CQL").
fn check(field: Field, operator: Operator) -> Result<(), CqlError> {
    use Operator as O;
    let known = match field {
        Field::Text => matches!(operator, O::Contains | O::ContainsNot),
        Field::Title | Field::SpaceTitle => {
            matches!(operator, O::Is | O::IsNot | O::Contains | O::ContainsNot | O::In | O::NotIn)
        }
        Field::Created | Field::LastModified => {
            !matches!(operator, O::Contains | O::ContainsNot | O::In | O::NotIn)
        }
        Field::Type
        | Field::Space
        | Field::Id
        | Field::Label
        | Field::Ancestor
        | Field::Parent
        | Field::Creator
        | Field::Contributor => matches!(operator, O::Is | O::IsNot | O::In | O::NotIn),
    };
    if known {
        Ok(())
    } else {
        Err(CqlError(format!(
            "Unsupported operator '{}' for field '{}'",
            sign(operator),
            name(field)
        )))
    }
}

fn is_reserved(word: &str) -> bool {
    ["and", "or", "not", "in", "order", "by"].iter().any(|r| word.eq_ignore_ascii_case(r))
}

fn unexpected(token: Option<&Token>, wanted: &str) -> CqlError {
    CqlError(match token {
        None => format!("expected {wanted} but the query ends"),
        Some(Token::Word(word) | Token::Quoted(word)) => {
            format!("expected {wanted} before '{word}'")
        }
        Some(Token::Sign(sign)) => format!("expected {wanted} before '{sign}'"),
    })
}

fn name(field: Field) -> &'static str {
    match field {
        Field::Type => "type",
        Field::Space => "space",
        Field::SpaceTitle => "space.title",
        Field::Title => "title",
        Field::Text => "text",
        Field::Id => "id",
        Field::Label => "label",
        Field::Ancestor => "ancestor",
        Field::Parent => "parent",
        Field::Creator => "creator",
        Field::Contributor => "contributor",
        Field::Created => "created",
        Field::LastModified => "lastmodified",
    }
}

fn sign(operator: Operator) -> &'static str {
    match operator {
        Operator::Is => "=",
        Operator::IsNot => "!=",
        Operator::Contains => "~",
        Operator::ContainsNot => "!~",
        Operator::In => "in",
        Operator::NotIn => "not in",
        Operator::Less => "<",
        Operator::LessOrEqual => "<=",
        Operator::Greater => ">",
        Operator::GreaterOrEqual => ">=",
    }
}
