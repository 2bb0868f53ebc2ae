//! The shapes of answers, read tolerantly.
//!
//! The published specifications are not the truth: fields come as null that must not, ids as
//! numbers or strings, links as strings or objects. So every field is optional, what is unknown is
//! passed over, and enumerations stay text. Only the list of a listing must be there: an answer
//! without one must not pass for an empty listing.

use std::fmt;

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// One page of any listing.
#[derive(Deserialize)]
pub(crate) struct Listing<T> {
    /// The path that it was read from, for errors.
    #[serde(skip)]
    pub(crate) path: String,
    pub(crate) results: Vec<T>,
    #[serde(default, rename = "_links")]
    pub(crate) links: Option<Links>,
    /// Entries that the server puts on a page (Data Center).
    #[serde(default, deserialize_with = "integer")]
    pub(crate) limit: Option<i64>,
    #[serde(default, rename = "totalSize", deserialize_with = "integer")]
    pub(crate) total_size: Option<i64>,
    #[serde(default, rename = "totalCount", deserialize_with = "integer")]
    pub(crate) total_count: Option<i64>,
}

impl<T> Listing<T> {
    pub(crate) fn next(&self) -> Option<&str> {
        self.links.as_ref()?.next.as_deref()
    }
}

#[derive(Clone, Default, Deserialize)]
pub(crate) struct Links {
    #[serde(default, deserialize_with = "text")]
    pub(crate) base: Option<String>,
    #[serde(default, deserialize_with = "text")]
    pub(crate) next: Option<String>,
    #[serde(default, deserialize_with = "text")]
    pub(crate) webui: Option<String>,
}

/// `GET /user/current` of v1 and Data Center; also the author of a version there.
#[derive(Deserialize)]
pub(crate) struct User {
    #[serde(default, rename = "type", deserialize_with = "text")]
    pub(crate) kind: Option<String>,
    #[serde(default, rename = "accountId", deserialize_with = "text")]
    pub(crate) account_id: Option<String>,
    #[serde(default, rename = "userKey", deserialize_with = "text")]
    pub(crate) key: Option<String>,
    #[serde(default, deserialize_with = "text")]
    pub(crate) username: Option<String>,
    #[serde(default, rename = "displayName", deserialize_with = "text")]
    pub(crate) display_name: Option<String>,
    #[serde(default, rename = "publicName", deserialize_with = "text")]
    pub(crate) public_name: Option<String>,
    #[serde(default, deserialize_with = "text")]
    pub(crate) email: Option<String>,
}

impl User {
    /// The account id on Cloud, the user key or else the user name on Data Center.
    pub(crate) fn account(self) -> Option<String> {
        let named = [self.account_id, self.key, self.username];
        named.into_iter().flatten().find(|name| !name.is_empty())
    }
}

/// `GET /myself` of Jira.
#[derive(Deserialize)]
pub(crate) struct Myself {
    #[serde(default, rename = "accountId", deserialize_with = "text")]
    pub(crate) account_id: Option<String>,
    #[serde(default, deserialize_with = "text")]
    pub(crate) key: Option<String>,
    #[serde(default, deserialize_with = "text")]
    pub(crate) name: Option<String>,
    #[serde(default, rename = "displayName", deserialize_with = "text")]
    pub(crate) display_name: Option<String>,
    #[serde(default, rename = "emailAddress", deserialize_with = "text")]
    pub(crate) email: Option<String>,
}

impl From<Myself> for User {
    fn from(me: Myself) -> Self {
        Self {
            kind: None,
            account_id: me.account_id,
            key: me.key,
            username: me.name,
            display_name: me.display_name,
            public_name: None,
            email: me.email,
        }
    }
}

/// A space of v2, v1 or Data Center.
#[derive(Deserialize)]
pub(crate) struct Space {
    #[serde(default, deserialize_with = "text")]
    pub(crate) id: Option<String>,
    #[serde(default, deserialize_with = "text")]
    pub(crate) key: Option<String>,
    #[serde(default, deserialize_with = "text")]
    pub(crate) name: Option<String>,
    #[serde(default, rename = "type", deserialize_with = "text")]
    pub(crate) kind: Option<String>,
    #[serde(default, rename = "homepageId", deserialize_with = "text")]
    pub(crate) homepage_id: Option<String>,
    #[serde(default)]
    pub(crate) homepage: Option<Reference>,
    #[serde(default, rename = "_links")]
    pub(crate) links: Option<Links>,
}

/// Something of which only id, kind and title matter.
#[derive(Deserialize)]
pub(crate) struct Reference {
    #[serde(default, deserialize_with = "text")]
    pub(crate) id: Option<String>,
    #[serde(default, rename = "type", deserialize_with = "text")]
    pub(crate) kind: Option<String>,
    #[serde(default, deserialize_with = "text")]
    pub(crate) title: Option<String>,
}

/// A page, blog post, folder or child of v2.
#[derive(Deserialize)]
pub(crate) struct CloudContent {
    #[serde(default, deserialize_with = "text")]
    pub(crate) id: Option<String>,
    #[serde(default, rename = "type", deserialize_with = "text")]
    pub(crate) kind: Option<String>,
    #[serde(default, deserialize_with = "text")]
    pub(crate) status: Option<String>,
    #[serde(default, deserialize_with = "text")]
    pub(crate) title: Option<String>,
    #[serde(default, rename = "spaceId", deserialize_with = "text")]
    pub(crate) space_id: Option<String>,
    #[serde(default, rename = "parentId", deserialize_with = "text")]
    pub(crate) parent_id: Option<String>,
    #[serde(default, rename = "parentType", deserialize_with = "text")]
    pub(crate) parent_kind: Option<String>,
    #[serde(default, deserialize_with = "integer")]
    pub(crate) position: Option<i64>,
    #[serde(default, rename = "childPosition", deserialize_with = "integer")]
    pub(crate) child_position: Option<i64>,
    #[serde(default)]
    pub(crate) version: Option<CloudVersion>,
    #[serde(default)]
    pub(crate) body: Option<Body>,
    #[serde(default)]
    pub(crate) labels: Option<Labels>,
    #[serde(default, rename = "_links")]
    pub(crate) links: Option<Links>,
}

#[derive(Deserialize)]
pub(crate) struct CloudVersion {
    #[serde(default, deserialize_with = "integer")]
    pub(crate) number: Option<i64>,
    #[serde(default, rename = "createdAt", deserialize_with = "text")]
    pub(crate) created_at: Option<String>,
    #[serde(default, rename = "authorId", deserialize_with = "text")]
    pub(crate) author_id: Option<String>,
}

/// A content of v1 and Data Center.
#[derive(Deserialize)]
pub(crate) struct Content {
    #[serde(default, deserialize_with = "text")]
    pub(crate) id: Option<String>,
    #[serde(default, rename = "type", deserialize_with = "text")]
    pub(crate) kind: Option<String>,
    #[serde(default, deserialize_with = "text")]
    pub(crate) status: Option<String>,
    #[serde(default, deserialize_with = "text")]
    pub(crate) title: Option<String>,
    #[serde(default)]
    pub(crate) space: Option<Space>,
    #[serde(default)]
    pub(crate) version: Option<Version>,
    #[serde(default)]
    pub(crate) ancestors: Option<Vec<Reference>>,
    #[serde(default)]
    pub(crate) body: Option<Body>,
    #[serde(default)]
    pub(crate) metadata: Option<Metadata>,
    #[serde(default)]
    pub(crate) restrictions: Option<serde_json::Value>,
    #[serde(default)]
    pub(crate) extensions: Option<Extensions>,
    #[serde(default, rename = "_links")]
    pub(crate) links: Option<Links>,
}

#[derive(Deserialize)]
pub(crate) struct Version {
    #[serde(default, deserialize_with = "integer")]
    pub(crate) number: Option<i64>,
    #[serde(default, deserialize_with = "text")]
    pub(crate) when: Option<String>,
    #[serde(default)]
    pub(crate) by: Option<User>,
}

#[derive(Deserialize)]
pub(crate) struct Extensions {
    #[serde(default, deserialize_with = "integer")]
    pub(crate) position: Option<i64>,
}

#[derive(Deserialize)]
pub(crate) struct Metadata {
    #[serde(default)]
    pub(crate) labels: Option<Labels>,
}

#[derive(Deserialize)]
pub(crate) struct Body {
    #[serde(default)]
    pub(crate) storage: Option<BodyValue>,
}

#[derive(Deserialize)]
pub(crate) struct BodyValue {
    pub(crate) value: Option<String>,
}

/// Labels inside a content, in the shapes of v2 (`meta`) and v1 (`size`, `limit`).
#[derive(Deserialize)]
pub(crate) struct Labels {
    #[serde(default)]
    pub(crate) results: Option<Vec<Label>>,
    #[serde(default)]
    pub(crate) meta: Option<LabelsMeta>,
    #[serde(default, deserialize_with = "integer")]
    pub(crate) limit: Option<i64>,
    #[serde(default, rename = "_links")]
    pub(crate) links: Option<Links>,
}

#[derive(Deserialize)]
pub(crate) struct LabelsMeta {
    #[serde(default, rename = "hasMore")]
    pub(crate) has_more: Option<bool>,
}

#[derive(Deserialize)]
pub(crate) struct Label {
    #[serde(default, deserialize_with = "text")]
    pub(crate) prefix: Option<String>,
    #[serde(default, deserialize_with = "text")]
    pub(crate) name: Option<String>,
}

impl Labels {
    /// The names, or `None` when this is not the whole list.
    pub(crate) fn whole(self) -> Option<Vec<String>> {
        let results = self.results?;
        let more = self.meta.and_then(|meta| meta.has_more).unwrap_or(false)
            || self.links.is_some_and(|links| links.next.is_some())
            || self.limit.is_some_and(|limit| usize::try_from(limit).unwrap_or(0) <= results.len());
        if more { None } else { Some(label_names(results)) }
    }
}

/// Names of the labels that everybody sees: a `my` label belongs to the asking account alone.
pub(crate) fn label_names(labels: Vec<Label>) -> Vec<String> {
    let common = labels.into_iter().filter(|label| label.prefix.as_deref() != Some("my"));
    common.filter_map(|label| label.name).collect()
}

/// One envelope of `GET /search`.
#[derive(Deserialize)]
pub(crate) struct SearchResult {
    #[serde(default)]
    pub(crate) content: Option<Content>,
    #[serde(default, deserialize_with = "text")]
    pub(crate) excerpt: Option<String>,
    #[serde(default, rename = "lastModified", deserialize_with = "text")]
    pub(crate) last_modified: Option<String>,
    #[serde(default, rename = "resultGlobalContainer")]
    pub(crate) container: Option<Container>,
}

#[derive(Deserialize)]
pub(crate) struct Container {
    #[serde(default, rename = "displayUrl", deserialize_with = "text")]
    pub(crate) display_url: Option<String>,
}

/// `GET /content/{id}/restriction/byOperation/read`.
#[derive(Deserialize)]
pub(crate) struct OperationRestriction {
    #[serde(default)]
    pub(crate) restrictions: Option<serde_json::Value>,
}

/// A time of Cloud (`…Z`) or Data Center (`…+0000`, `…+02:00`).
pub(crate) fn instant(text: Option<&str>) -> Option<Timestamp> {
    text?.parse().ok()
}

/// Text from a string, a number or a link object; null and all else is none.
fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    deserializer.deserialize_any(Scalar)
}

/// A whole number from a number or a string; null and all else (`"none"`) is none.
fn integer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    Ok(text(deserializer)?.and_then(|text| text.parse().ok()))
}

struct Scalar;

impl<'de> Visitor<'de> for Scalar {
    type Value = Option<String>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("text")
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Self::Value, E> {
        Ok(Some(text))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Some(number.to_string()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Some(number.to_string()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Some(number.to_string()))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut href = None;
        while let Some(key) = entries.next_key::<String>()? {
            if key == "href" {
                href = entries.next_value::<Option<String>>()?;
            } else {
                entries.next_value::<IgnoredAny>()?;
            }
        }
        Ok(href)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_content_is_read_however_its_fields_come() {
        let odd = r#"{"id":12,"title":null,"parentId":null,"parentType":null,"spaceId":34,
            "position":"none","version":{"number":"7","createdAt":null,"authorId":5},
            "body":{},"labels":null,"unheard":{"of":[1,2]},
            "_links":{"webui":{"href":"/x"},"next":["?"],"base":null}}"#;
        let content: CloudContent = serde_json::from_str(odd).unwrap();
        assert_eq!(content.id.as_deref(), Some("12"));
        assert_eq!(content.space_id.as_deref(), Some("34"));
        assert_eq!(content.position, None);
        let version = content.version.unwrap();
        assert_eq!((version.number, version.author_id.as_deref()), (Some(7), Some("5")));
        assert_eq!(content.links.unwrap().webui.as_deref(), Some("/x"));
        assert!(serde_json::from_str::<Content>("{}").unwrap().id.is_none());
    }

    #[test]
    fn a_listing_without_its_list_is_not_an_empty_one() {
        assert!(serde_json::from_str::<Listing<Label>>("{}").is_err());
        assert!(serde_json::from_str::<Listing<Label>>(r#"{"results":null}"#).is_err());
        assert!(serde_json::from_str::<Listing<Label>>(r#"{"results":[]}"#).is_ok());
    }

    #[test]
    fn times_of_cloud_and_data_center_are_one() {
        let expected = instant(Some("2026-01-01T12:00:00.000Z"));
        assert!(expected.is_some());
        for same in ["2026-01-01T12:00:00.000+0000", "2026-01-01T14:00:00.000+02:00"] {
            assert_eq!(instant(Some(same)), expected, "{same}");
        }
        assert_eq!(instant(Some("yesterday")), None);
    }

    #[test]
    fn labels_that_are_cut_are_not_taken_for_the_whole_list() {
        let whole = |json: &str| serde_json::from_str::<Labels>(json).unwrap().whole();
        let names = Some(vec!["a".to_owned()]);
        let a = r#"{"name":"a","prefix":"global"}"#;
        assert_eq!(whole(&format!(r#"{{"results":[{a}],"meta":{{"hasMore":false}}}}"#)), names);
        assert_eq!(whole(&format!(r#"{{"results":[{a}],"limit":200,"size":1}}"#)), names);
        assert_eq!(whole(&format!(r#"{{"results":[{a}],"meta":{{"hasMore":true}}}}"#)), None);
        assert_eq!(whole(&format!(r#"{{"results":[{a}],"limit":1}}"#)), None);
        assert_eq!(whole(&format!(r#"{{"results":[{a}],"_links":{{"next":"/x"}}}}"#)), None);
        assert_eq!(whole("{}"), None);
        let mine = r#"{"results":[{"name":"x","prefix":"my"},{"name":"a","prefix":"team"}]}"#;
        assert_eq!(whole(mine), names);
    }
}
