//! Recursive descent over the tokens of a query.

use super::lexer::{Token, tokens};
use super::{Clause, Expression, JqlError, Operator, Statement, Value};

/// Parentheses and negations inside one another; more is refused, not recursed into.
const MAX_DEPTH: u32 = 64;

pub(super) fn parse(text: &str) -> Result<Statement, JqlError> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0, depth: 0 };
    let unrestricted = parser.tokens.is_empty() || parser.is_keyword("order");
    let expression = if unrestricted { None } else { Some(parser.any()?) };
    let order = if parser.keyword("order") { parser.order()? } else { Vec::new() };
    match parser.next() {
        None => Ok(Statement { expression, order }),
        Some(token) => Err(unexpected(Some(&token), "either 'OR' or 'AND'")),
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

    fn any(&mut self) -> Result<Expression, JqlError> {
        let mut parts = vec![self.all()?];
        while self.keyword("or") || self.sign("||") {
            parts.push(self.all()?);
        }
        Ok(one_or(parts, Expression::Or))
    }

    fn all(&mut self) -> Result<Expression, JqlError> {
        let mut parts = vec![self.factor()?];
        while self.keyword("and") || self.sign("&&") {
            parts.push(self.factor()?);
        }
        Ok(one_or(parts, Expression::And))
    }

    fn factor(&mut self) -> Result<Expression, JqlError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(JqlError("The JQL query is nested too deeply.".to_owned()));
        }
        let expression = if self.keyword("not") || self.sign("!") {
            self.factor()?.negated()
        } else if self.sign("(") {
            let inner = self.any()?;
            if !self.sign(")") {
                return Err(unexpected(self.peek(), "')'"));
            }
            inner
        } else {
            Expression::Clause(self.clause()?)
        };
        self.depth -= 1;
        Ok(expression)
    }

    fn clause(&mut self) -> Result<Clause, JqlError> {
        let field = self.field()?;
        let operator = self.operator(&field)?;
        let values = match operator {
            Operator::In | Operator::NotIn => self.list()?,
            Operator::Empty | Operator::NotEmpty => {
                if !self.keyword("empty") && !self.keyword("null") {
                    return Err(JqlError(
                        "The operators 'is' and 'is not' can only be used with 'EMPTY' and 'NULL'."
                            .to_owned(),
                    ));
                }
                Vec::new()
            }
            _ if self.keyword("empty") || self.keyword("null") => {
                let operator = match operator {
                    Operator::Is => Operator::Empty,
                    Operator::IsNot => Operator::NotEmpty,
                    _ => return Err(unexpected(self.peek(), "a value")),
                };
                return Ok(Clause { field, operator, values: Vec::new() });
            }
            _ => vec![self.value()?],
        };
        Ok(Clause { field, operator, values })
    }

    fn field(&mut self) -> Result<String, JqlError> {
        match self.next() {
            Some(Token::Word(word)) if is_reserved(&word) => Err(JqlError(format!(
                "Error in the JQL Query: '{word}' is a reserved JQL word. You must surround it in quotation marks to use it in a query."
            ))),
            Some(Token::Word(name) | Token::Quoted(name)) => Ok(name),
            other => Err(unexpected(other.as_ref(), "a field name")),
        }
    }

    fn operator(&mut self, field: &str) -> Result<Operator, JqlError> {
        if self.keyword("in") {
            return Ok(Operator::In);
        }
        if self.keyword("is") {
            return Ok(if self.keyword("not") { Operator::NotEmpty } else { Operator::Empty });
        }
        if self.keyword("not") {
            return if self.keyword("in") {
                Ok(Operator::NotIn)
            } else {
                Err(unexpected(self.peek(), "'IN'"))
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
            None => {
                return Err(JqlError(format!(
                    "Error in the JQL Query: Expecting operator before the end of the query. The valid operators are '=', '!=', '<', '>', '<=', '>=', '~', '!~', 'IN', 'NOT IN', 'IS' and 'IS NOT' after '{field}'."
                )));
            }
            other => return Err(unexpected(other.as_ref(), "an operator")),
        })
    }

    fn list(&mut self) -> Result<Vec<Value>, JqlError> {
        if !self.sign("(") {
            return Err(unexpected(self.peek(), "'('"));
        }
        let mut values = vec![self.value()?];
        while self.sign(",") {
            values.push(self.value()?);
        }
        if self.sign(")") { Ok(values) } else { Err(unexpected(self.peek(), "')'")) }
    }

    fn value(&mut self) -> Result<Value, JqlError> {
        match self.next() {
            Some(Token::Quoted(value)) => Ok(Value::Word(value)),
            Some(Token::Word(word)) if self.sign("(") => {
                let argument = match self.next() {
                    Some(Token::Sign(")")) => {
                        return Ok(Value::Function(word.to_lowercase(), None));
                    }
                    Some(Token::Quoted(argument) | Token::Word(argument)) => argument,
                    other => return Err(unexpected(other.as_ref(), "')'")),
                };
                if self.sign(")") {
                    Ok(Value::Function(word.to_lowercase(), Some(argument)))
                } else {
                    Err(unexpected(self.peek(), "')'"))
                }
            }
            Some(Token::Word(word)) if is_reserved(&word) => Err(JqlError(format!(
                "Error in the JQL Query: '{word}' is a reserved JQL word. You must surround it in quotation marks to use it in a query."
            ))),
            Some(Token::Word(word)) => Ok(Value::Word(word)),
            other => Err(unexpected(other.as_ref(), "a value")),
        }
    }

    fn order(&mut self) -> Result<Vec<(String, bool)>, JqlError> {
        if !self.keyword("by") {
            return Err(unexpected(self.peek(), "'BY'"));
        }
        let mut order = Vec::new();
        loop {
            let field = self.field()?;
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
        last => {
            parts.extend(last);
            many(parts)
        }
    }
}

fn is_reserved(word: &str) -> bool {
    ["and", "or", "not", "in", "is", "order", "by", "empty", "null", "was", "changed"]
        .iter()
        .any(|reserved| word.eq_ignore_ascii_case(reserved))
}

fn unexpected(token: Option<&Token>, wanted: &str) -> JqlError {
    JqlError(match token {
        None => format!("Error in the JQL Query: Expecting {wanted} before the end of the query."),
        Some(Token::Word(word) | Token::Quoted(word)) => {
            format!("Error in the JQL Query: Expecting {wanted} but got '{word}'.")
        }
        Some(Token::Sign(sign)) => {
            format!("Error in the JQL Query: Expecting {wanted} but got '{sign}'.")
        }
    })
}
