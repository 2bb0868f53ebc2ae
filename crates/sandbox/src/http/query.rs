//! Query strings: repeated keys, comma lists, numbers with a range.

use url::form_urlencoded;

use crate::site::Refusal;

pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    pub(crate) fn parse(text: &str) -> Self {
        Self(form_urlencoded::parse(text.as_bytes()).into_owned().collect())
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The values of `name=a&name=b` and of `name=a,b`: both forms are in use.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        self.0
            .iter()
            .filter(|(key, _)| key == name)
            .flat_map(|(_, value)| value.split(','))
            .map(str::trim)
            .filter(|word| !word.is_empty())
            .collect()
    }

    pub(crate) fn flag(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    pub(crate) fn number(&self, name: &str) -> Result<Option<usize>, Refusal> {
        let Some(word) = self.get(name) else { return Ok(None) };
        word.parse().map(Some).map_err(|_| {
            Refusal::Invalid(format!(
                "Provided value {{{word}}} for '{name}' is not the correct type. Expected type is int"
            ))
        })
    }

    /// The query without the named keys, in its order, ready to be sent again.
    pub(crate) fn without(&self, names: &[&str]) -> form_urlencoded::Serializer<'static, String> {
        let mut serializer = form_urlencoded::Serializer::new(String::new());
        for (key, value) in self.0.iter().filter(|(key, _)| !names.contains(&key.as_str())) {
            serializer.append_pair(key, value);
        }
        serializer
    }
}
