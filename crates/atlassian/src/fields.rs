//! Answers of which any field may be missing, null or of another kind than specified.

use jiff::Timestamp;
use serde_json::Value;

use crate::ContentId;
use crate::wire::instant;

/// One object of an answer. Fields are named by JSON pointers (RFC 6901); what cannot be read is
/// none.
#[derive(Clone, Copy)]
pub(crate) struct Fields<'a>(pub(crate) &'a Value);

impl<'a> Fields<'a> {
    pub(crate) fn at(self, pointer: &str) -> Option<&'a Value> {
        self.0.pointer(pointer).filter(|value| !value.is_null())
    }

    /// A text, or a number as text: ids come as both.
    pub(crate) fn text(self, pointer: &str) -> Option<String> {
        match self.at(pointer)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    /// The first of several places that holds a text that is not empty.
    pub(crate) fn first_text(self, pointers: &[&str]) -> Option<String> {
        let mut texts = pointers.iter().filter_map(|pointer| self.text(pointer));
        texts.find(|text| !text.is_empty())
    }

    /// A whole number, or a text that is one.
    pub(crate) fn number(self, pointer: &str) -> Option<i64> {
        self.text(pointer)?.parse().ok()
    }

    pub(crate) fn flag(self, pointer: &str) -> Option<bool> {
        self.at(pointer)?.as_bool()
    }

    pub(crate) fn time(self, pointer: &str) -> Option<Timestamp> {
        instant(self.at(pointer)?.as_str())
    }

    pub(crate) fn id(self, pointer: &str) -> Option<ContentId> {
        self.text(pointer)?.parse().ok()
    }

    /// The entries of a list; none where there is no list.
    pub(crate) fn list(self, pointer: &str) -> impl Iterator<Item = Fields<'a>> {
        self.at(pointer).and_then(Value::as_array).into_iter().flatten().map(Fields)
    }

    /// An account: its id on Cloud, its key or else its name on Data Center.
    pub(crate) fn account(self, pointer: &str) -> Option<String> {
        let person = Fields(self.at(pointer)?);
        person.first_text(&["/accountId", "/userKey", "/username"])
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_are_read_in_whatever_form_they_come() {
        let answer = json!({"id": 12, "name": "", "key": "k", "version": {"number": "7"}, "at": "x",
            "null": null, "list": [{"a": 1}], "by": {"userKey": null, "username": "ada"}});
        let fields = Fields(&answer);
        assert_eq!(fields.text("/id").as_deref(), Some("12"));
        assert_eq!(fields.id("/id"), "12".parse().ok());
        assert_eq!(fields.first_text(&["/null", "/name", "/key"]).as_deref(), Some("k"));
        assert_eq!(fields.number("/version/number"), Some(7));
        assert_eq!((fields.number("/key"), fields.time("/at")), (None, None));
        assert!(fields.at("/null").is_none() && fields.text("/by").is_none());
        assert_eq!((fields.list("/list").count(), fields.list("/by").count()), (1, 0));
        assert_eq!(fields.account("/by").as_deref(), Some("ada"));
    }
}
