//! CQL: enough of it to tell it from a question, to narrow it safely, and to write our own.
//! Grammar: `developer.atlassian.com/cloud/confluence/advanced-searching-using-cql`.

use search::Query;

use crate::arguments::InvalidArguments;

/// A CQL query whose quotes and parentheses are balanced, so that a condition can be added to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cql {
    condition: String,
    order: Option<String>,
}

/// The spaces that a live search is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SpaceScope {
    /// The whole site.
    Any,
    /// These keys.
    In(Vec<String>),
    /// All but these keys.
    NotIn(Vec<String>),
}

impl SpaceScope {
    /// Nothing is asked about: no condition says so, so there is nothing to ask.
    pub(crate) fn is_empty(&self) -> bool {
        matches!(self, Self::In(keys) if keys.is_empty())
    }
}

/// The fields that make a text CQL when an operator follows them.
const FIELDS: [&str; 23] = [
    "ancestor",
    "container",
    "content",
    "contributor",
    "created",
    "creator",
    "favourite",
    "id",
    "label",
    "lastmodified",
    "macro",
    "mention",
    "parent",
    "sitesearch",
    "space",
    "space.category",
    "space.key",
    "space.title",
    "space.type",
    "text",
    "title",
    "type",
    "watcher",
];

/// More words than this widen a search without bettering it, and lengthen the address.
const MOST_TERMS: usize = 12;

/// A shorter beginning than this is shared by too many words.
const LEAST_STEM: usize = 4;

impl Cql {
    /// Reads `text` as CQL when it holds a field with an operator, else answers `None`: the text
    /// is plain words. CQL that is not balanced is refused.
    pub fn recognise(text: &str) -> Option<Result<Self, InvalidArguments>> {
        let tokens = tokens(text);
        let is_cql = tokens.windows(2).enumerate().any(|(at, pair)| {
            pair[0].is_field(text)
                && (pair[1].kind == Kind::Operator || is_in(text, &tokens[at + 1..]))
        });
        is_cql.then(|| Self::balanced(text, &tokens))
    }

    fn balanced(text: &str, tokens: &[Token]) -> Result<Self, InvalidArguments> {
        let refused = |what| Err(InvalidArguments::new(format!("the CQL in `query` {what}")));
        let mut depth = 0_u32;
        let mut order_at = None;
        for (at, token) in tokens.iter().enumerate() {
            match token.kind {
                Kind::Open => depth += 1,
                Kind::Close if depth == 0 => return refused("closes a parenthesis too many"),
                Kind::Close => depth -= 1,
                Kind::Unclosed => return refused("leaves a quote open"),
                Kind::Word if depth == 0 && order_at.is_none() => {
                    let by = tokens.get(at + 1).is_some_and(|next| next.is(text, "by"));
                    order_at = (token.is(text, "order") && by).then_some(token.start);
                }
                Kind::Word | Kind::Quoted | Kind::Operator | Kind::Other => {}
            }
        }
        if depth > 0 {
            return refused("leaves a parenthesis open");
        }
        let (condition, order) = text.split_at(order_at.unwrap_or(text.len()));
        if condition.trim().is_empty() {
            return refused("has an order but no condition");
        }
        let order = Some(order.trim().to_owned()).filter(|order| !order.is_empty());
        Ok(Self { condition: condition.trim().to_owned(), order })
    }

    /// The query, narrowed to the scope.
    pub(crate) fn within(&self, scope: &SpaceScope) -> String {
        let narrowed = match scope_condition(scope) {
            Some(scope) => format!("({}) and {scope}", self.condition),
            None => self.condition.clone(),
        };
        match &self.order {
            Some(order) => format!("{narrowed} {order}"),
            None => narrowed,
        }
    }
}

/// At most two queries for a question: one asks the titles, one the texts, each for any of the
/// words, because `text ~ "a b"` asks for all of them and a question holds words that its answer
/// does not. None when the question holds nothing to search for.
pub(crate) fn probes(query: &Query, scope: &SpaceScope) -> Vec<String> {
    let terms = words(query);
    let phrases: Vec<_> = query.phrases.iter().map(|phrase| phrase_condition(phrase)).collect();
    let label = list_condition("label", "in", &query.labels);
    let common: Vec<String> =
        phrases.into_iter().chain(label).chain(scope_condition(scope)).collect();
    let of = |condition: Option<String>| {
        let conditions: Vec<String> = condition
            .into_iter()
            .chain(["type in (page, blogpost)".to_owned()])
            .chain(common.iter().cloned())
            .collect();
        conditions.join(" and ")
    };
    if !terms.is_empty() {
        return vec![of(any_of("title", &terms)), of(any_of("text", &terms))];
    }
    let asks_something = !query.phrases.is_empty() || !query.labels.is_empty();
    if asks_something { vec![of(None)] } else { Vec::new() }
}

/// The words worth asking for, each safe inside quotes: letters, digits, `_` and `.` only, so that
/// no operator of the text search is left. The most telling ones when there are many: identifiers
/// and long words.
fn words(query: &Query) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let terms = query.terms();
    let terms = if terms.is_empty() { vec![query.words.clone()] } else { terms };
    for term in terms {
        for word in term.split(|letter: char| !(letter.is_alphanumeric() || "_.".contains(letter)))
        {
            let word = word.trim_matches('.');
            if !word.is_empty() && !words.iter().any(|known| known.eq_ignore_ascii_case(word)) {
                words.push(word.to_owned());
            }
        }
    }
    if words.len() > MOST_TERMS {
        words.sort_by_key(|word| {
            let identifier = word.chars().any(|letter| !letter.is_alphabetic());
            std::cmp::Reverse((identifier, word.chars().count()))
        });
        words.truncate(MOST_TERMS);
    }
    words
}

fn any_of(field: &str, words: &[String]) -> Option<String> {
    let forms = words.iter().flat_map(|word| {
        let stem = stem(word).map(|stem| format!("{stem}*"));
        std::iter::once(word.clone()).chain(stem)
    });
    let any: Vec<_> = forms.map(|form| format!("{field} ~ {}", quoted(&form))).collect();
    (!any.is_empty()).then(|| format!("({})", any.join(" or ")))
}

/// What an English word shares with its other forms: `rotates`, `rotating` and `rotation` begin
/// with `rotat`. Not every site stems, and none stems a word that has a `*`, so both are asked.
fn stem(word: &str) -> Option<&str> {
    if !word.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return None;
    }
    let endings = [
        "ations", "ation", "ions", "ion", "ings", "ing", "ies", "ers", "es", "ed", "er", "s", "e",
        "y",
    ];
    let stem = endings.iter().find_map(|ending| {
        let stem = word.strip_suffix(ending)?;
        (stem.len() >= LEAST_STEM && !word.ends_with("ss")).then_some(stem)
    })?;
    let (last, rest) = stem.as_bytes().split_last()?;
    let doubled = rest.last() == Some(last) && rest.len() >= LEAST_STEM;
    Some(if doubled { &stem[..stem.len() - 1] } else { stem })
}

fn phrase_condition(phrase: &str) -> String {
    let words: Vec<_> = phrase
        .split(|letter: char| !(letter.is_alphanumeric() || "_.".contains(letter)))
        .filter(|word| !word.is_empty())
        .collect();
    format!("text ~ {}", quoted(&format!("\"{}\"", words.join(" "))))
}

fn scope_condition(scope: &SpaceScope) -> Option<String> {
    match scope {
        SpaceScope::Any => None,
        SpaceScope::In(keys) => list_condition("space", "in", keys),
        SpaceScope::NotIn(keys) => list_condition("space", "not in", keys),
    }
}

fn list_condition(field: &str, operator: &str, values: &[String]) -> Option<String> {
    let list: Vec<_> = values.iter().map(|value| quoted(value)).collect();
    (!list.is_empty()).then(|| format!("{field} {operator} ({})", list.join(", ")))
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Word,
    Quoted,
    Unclosed,
    Operator,
    Open,
    Close,
    Other,
}

#[derive(Clone, Copy, Debug)]
struct Token {
    kind: Kind,
    start: usize,
    end: usize,
}

impl Token {
    fn is(&self, text: &str, word: &str) -> bool {
        self.kind == Kind::Word && text[self.start..self.end].eq_ignore_ascii_case(word)
    }

    fn is_field(&self, text: &str) -> bool {
        FIELDS.iter().any(|field| self.is(text, field))
    }
}

/// `in (` or `not in (`.
fn is_in(text: &str, tokens: &[Token]) -> bool {
    let tokens = match tokens {
        [not, rest @ ..] if not.is(text, "not") => rest,
        tokens => tokens,
    };
    matches!(tokens, [word, open, ..] if word.is(text, "in") && open.kind == Kind::Open)
}

fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut letters = text.char_indices().peekable();
    while let Some((start, letter)) = letters.next() {
        let kind = match letter {
            letter if letter.is_whitespace() => continue,
            '(' => Kind::Open,
            ')' => Kind::Close,
            '"' | '\'' => skip_quoted(&mut letters, letter),
            letter if is_operator(letter) => {
                while letters.next_if(|(_, next)| is_operator(*next)).is_some() {}
                Kind::Operator
            }
            letter if is_word(letter) => {
                while letters.next_if(|(_, next)| is_word(*next)).is_some() {}
                Kind::Word
            }
            _ => Kind::Other,
        };
        let end = letters.peek().map_or(text.len(), |(at, _)| *at);
        tokens.push(Token { kind, start, end });
    }
    tokens
}

fn skip_quoted(letters: &mut impl Iterator<Item = (usize, char)>, quote: char) -> Kind {
    while let Some((_, letter)) = letters.next() {
        match letter {
            '\\' => {
                letters.next();
            }
            letter if letter == quote => return Kind::Quoted,
            _ => {}
        }
    }
    Kind::Unclosed
}

fn is_operator(letter: char) -> bool {
    matches!(letter, '=' | '!' | '~' | '<' | '>')
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '_' | '.' | '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn narrowed(text: &str) -> String {
        match Cql::recognise(text) {
            None => "words".to_owned(),
            Some(Err(error)) => error.to_string(),
            Some(Ok(cql)) => cql.within(&SpaceScope::In(vec!["ENG".to_owned()])),
        }
    }

    #[test]
    fn cql_is_told_from_words_and_narrowed_as_a_whole() {
        for (text, expected) in [
            ("how do I roll back?", "words"),
            ("space:ENG rollback", "words"),
            ("a = b", "words"),
            ("what type of page is this", "words"),
            ("the \"title = x\" message", "words"),
            ("title = x", "(title = x) and space in (\"ENG\")"),
            ("title~\"a\"", "(title~\"a\") and space in (\"ENG\")"),
            ("LABEL in (a, b)", "(LABEL in (a, b)) and space in (\"ENG\")"),
            ("label not in (a)", "(label not in (a)) and space in (\"ENG\")"),
            (
                "text ~ a or text ~ \"order by\" ORDER BY created desc",
                "(text ~ a or text ~ \"order by\") and space in (\"ENG\") ORDER BY created desc",
            ),
            ("title = a) or (space = HR", "the CQL in `query` closes a parenthesis too many"),
            ("(title = a", "the CQL in `query` leaves a parenthesis open"),
            ("title = \"a", "the CQL in `query` leaves a quote open"),
            ("title = \"a\\\"", "the CQL in `query` leaves a quote open"),
            ("order by id = 3", "the CQL in `query` has an order but no condition"),
        ] {
            assert_eq!(narrowed(text), expected, "{text}");
        }
    }

    #[test]
    fn forms_of_a_word_share_its_stem() {
        for (word, expected) in [
            ("rotating", Some("rotat")),
            ("rotates", Some("rotat")),
            ("rotation", Some("rotat")),
            ("shipping", Some("ship")),
            ("policies", Some("polic")),
            ("deployed", Some("deploy")),
            ("credentials", Some("credential")),
            ("process", None),
            ("used", None),
            ("api", None),
            ("max_connections", None),
            ("Zürich", None),
        ] {
            assert_eq!(stem(word), expected, "{word}");
        }
    }

    #[test]
    fn a_question_becomes_two_queries_for_any_of_its_words() {
        let query = Query::parse("How do I set max_connections? space:ENG");
        let scope = SpaceScope::In(vec!["ENG".to_owned()]);
        assert_eq!(
            probes(&query, &scope),
            ["title", "text"].map(|field| {
                format!(
                    "({field} ~ \"set\" or {field} ~ \"max_connections\" or {field} ~ \"max\" \
                     or {field} ~ \"connections\" or {field} ~ \"connect*\") \
                     and type in (page, blogpost) and space in (\"ENG\")"
                )
            })
        );
        assert!(probes(&Query::parse(" ?! "), &SpaceScope::Any).is_empty());
        assert_eq!(
            probes(&Query::parse("label:runbook"), &SpaceScope::NotIn(vec!["HR".to_owned()])),
            ["type in (page, blogpost) and label in (\"runbook\") and space not in (\"HR\")"]
        );
    }

    #[test]
    fn what_goes_between_quotes_cannot_end_them() {
        assert_eq!(quoted(r#"a" or "b\"#), r#""a\" or \"b\\""#);
    }
}
