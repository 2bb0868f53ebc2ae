//! Words, quoted values and signs of a query.

use super::JqlError;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// Bare: a field, a keyword or a value without spaces.
    Word(String),
    Quoted(String),
    Sign(&'static str),
}

const SIGNS: [&str; 14] =
    ["!=", "!~", ">=", "<=", "&&", "||", "=", "~", ">", "<", "(", ")", ",", "!"];

pub(super) fn tokens(text: &str) -> Result<Vec<Token>, JqlError> {
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
        } else {
            let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            if end == 0 {
                return Err(JqlError(format!(
                    "Error in the JQL Query: The character '{first}' is a reserved JQL character. You must enclose it in a string or use the escape '\\u{:04x}' instead.",
                    u32::from(first)
                )));
            }
            found.push(Token::Word(rest[..end].to_owned()));
            end
        };
        rest = rest[used..].trim_start();
    }
    Ok(found)
}

/// A value with spaces; a backslash takes the next character as it is.
fn quoted(text: &str, quote: char) -> Result<(String, usize), JqlError> {
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
    Err(JqlError(format!(
        "Error in the JQL Query: The quoted string '{}' has not been completed.",
        &text[1..]
    )))
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':' | '/' | '[' | ']' | '+' | '\\')
}
