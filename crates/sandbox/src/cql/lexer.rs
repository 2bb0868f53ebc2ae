//! Words, quoted strings and signs of a query.

use super::CqlError;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// Bare: a field, a keyword or a value without spaces.
    Word(String),
    Quoted(String),
    Sign(&'static str),
}

const SIGNS: [&str; 12] = ["!=", "!~", ">=", "<=", "=", "~", ">", "<", "(", ")", ",", "!"];

pub(super) fn tokens(text: &str) -> Result<Vec<Token>, CqlError> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let used = if matches!(first, '"' | '\'') {
            let (value, used) = quoted(rest, first)?;
            found.push(Token::Quoted(value));
            used
        } else if let Some(sign) = SIGNS.into_iter().find(|sign| rest.starts_with(sign)) {
            found.push(Token::Sign(sign));
            sign.len()
        } else if let Some((at, c)) = rest.char_indices().find(|(_, c)| !is_word(*c)) {
            if at == 0 {
                return Err(CqlError(format!(
                    "the character '{c}' is reserved and must be quoted"
                )));
            }
            found.push(Token::Word(rest[..at].to_owned()));
            at
        } else {
            found.push(Token::Word(rest.to_owned()));
            rest.len()
        };
        rest = rest[used..].trim_start();
    }
    Ok(found)
}

/// A value with spaces; a backslash takes the next character as it is.
fn quoted(text: &str, quote: char) -> Result<(String, usize), CqlError> {
    let mut value = String::new();
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        if escaped {
            value.push(c);
            escaped = false;
        } else if c == '\\' {
            escaped = true;
        } else if c == quote {
            return Ok((value, at + c.len_utf8()));
        } else {
            value.push(c);
        }
    }
    Err(CqlError(format!("the string {text} is not closed")))
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric()
        || matches!(c, '_' | '-' | '.' | ':' | '/' | '*' | '@' | '+')
        || !c.is_ascii() && !c.is_whitespace()
}
