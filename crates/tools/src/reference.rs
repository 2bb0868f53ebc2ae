//! What people paste when they mean a page: a number, an address, a tiny link.

use std::borrow::Cow;
use std::str::FromStr;

use atlassian::ContentId;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};
use url::Url;

use crate::arguments::InvalidArguments;

/// A page as a caller names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageReference {
    /// Which page.
    pub target: PageTarget,
    /// The heading's anchor that the address carried after `#`.
    pub anchor: Option<String>,
    /// The whole address, when one was given. It is compared with the site's, never called.
    address: Option<Url>,
}

/// How the page is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PageTarget {
    /// By content id.
    Id(ContentId),
    /// By title within a space.
    Title {
        /// As the caller wrote it.
        space_key: String,
        /// As the caller wrote it.
        title: String,
    },
}

impl PageReference {
    /// A page named by its title within a space.
    pub fn by_title(space_key: &str, title: &str) -> Self {
        let target =
            PageTarget::Title { space_key: space_key.to_owned(), title: title.trim().to_owned() };
        Self { target, anchor: None, address: None }
    }

    /// The space that the reference names, when it names the page by title.
    pub fn space_key(&self) -> Option<&str> {
        match &self.target {
            PageTarget::Id(_) => None,
            PageTarget::Title { space_key, .. } => Some(space_key),
        }
    }

    /// Whether the reference is an address, and so says which site it means.
    pub fn is_address(&self) -> bool {
        self.address.is_some()
    }

    /// Whether the reference may mean a page of the site at `base_url`. True for all that is no
    /// address.
    pub fn may_belong_to(&self, base_url: &str) -> bool {
        let Some(address) = &self.address else { return true };
        let Ok(base) = Url::parse(base_url) else { return false };
        let base_path = base.path().trim_end_matches('/');
        address.host_str() == base.host_str()
            && address.port_or_known_default() == base.port_or_known_default()
            && address
                .path()
                .strip_prefix(base_path)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

impl FromStr for PageReference {
    type Err = InvalidArguments;

    fn from_str(text: &str) -> Result<Self, InvalidArguments> {
        let text = text.trim();
        let (text, anchor) = match text.split_once('#') {
            Some((text, anchor)) => (text, Some(anchor).filter(|anchor| !anchor.is_empty())),
            None => (text, None),
        };
        let (target, address) = if text.starts_with("http://") || text.starts_with("https://") {
            let url = Url::parse(text).map_err(|_| unreadable())?;
            (target_of_address(&url).ok_or_else(unreadable)?, Some(url))
        } else if let Some(code) = text.strip_prefix("/x/").or_else(|| text.strip_prefix("x/")) {
            (PageTarget::Id(tiny_id(code).ok_or_else(unreadable)?), None)
        } else {
            (PageTarget::Id(text.parse().map_err(|_| unreadable())?), None)
        };
        Ok(Self { target, anchor: anchor.map(percent_decoded), address })
    }
}

fn unreadable() -> InvalidArguments {
    InvalidArguments::new(
        "a page is named by its id (digits only), its address, or its tiny link `/x/…`; \
         to find the id of a page, search for its title",
    )
}

/// The addresses that Confluence itself hands out, Cloud and Data Center. What comes before
/// `spaces`, `display`, `pages` or `x` is the context path.
fn target_of_address(url: &Url) -> Option<PageTarget> {
    if let Some(target) = target_of_query(url) {
        return Some(target);
    }
    let segments: Vec<&str> = url.path_segments()?.filter(|part| !part.is_empty()).collect();
    for (at, segment) in segments.iter().enumerate() {
        let rest = &segments[at + 1..];
        match (*segment, rest) {
            ("x", [code]) => return tiny_id(code).map(PageTarget::Id),
            ("display", [key, title]) => {
                return Some(PageTarget::Title {
                    space_key: percent_decoded(key),
                    title: percent_decoded(&title.replace('+', " ")),
                });
            }
            ("spaces", [_, "pages" | "blog" | "folder", within @ ..])
            | ("pages", within @ [_, ..]) => return id_within(within),
            _ => {}
        }
    }
    None
}

/// `pages/viewpage.action?pageId=1` and `?spaceKey=K&title=T`.
fn target_of_query(url: &Url) -> Option<PageTarget> {
    let find = |name: &str| {
        url.query_pairs().find_map(|(key, value)| (key == name).then(|| value.into_owned()))
    };
    if let Some(id) = find("pageId").or_else(|| find("pageid")) {
        return id.parse().ok().map(PageTarget::Id);
    }
    Some(PageTarget::Title { space_key: find("spaceKey")?, title: find("title")? })
}

/// The first whole number: `123/Title`, `edit-v2/123`; of a blog post `2024/01/31/123/Title` the
/// one after the date.
fn id_within(segments: &[&str]) -> Option<PageTarget> {
    let after_date = match segments {
        [year, month, day, rest @ ..] if is_date(year, month, day) && !rest.is_empty() => rest,
        segments => segments,
    };
    after_date.iter().find_map(|segment| segment.parse().ok()).map(PageTarget::Id)
}

fn is_date(year: &str, month: &str, day: &str) -> bool {
    year.len() == 4
        && [year, month, day].iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit()))
        && month.len() <= 2
        && day.len() <= 2
}

/// A tiny link is the content id as little-endian bytes in base 64, `/` written `-`, `+` written
/// `_`, and the `A`s at its end left out (`TinyUrl` of Confluence).
fn tiny_id(code: &str) -> Option<ContentId> {
    if code.is_empty() || code.len() > 11 {
        return None;
    }
    let mut bits: u128 = 0;
    for (place, letter) in code.bytes().chain(std::iter::repeat(b'A')).take(11).enumerate() {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'_' => 62,
            b'-' => 63,
            _ => return None,
        };
        bits |= u128::from(value) << (66 - 6 * (place + 1));
    }
    let bytes = u64::try_from(bits >> 2).ok()?.to_be_bytes();
    let id = u64::from_le_bytes(bytes);
    (id > 0).then(|| id.to_string().parse().ok()).flatten()
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let escaped = match (first, tail) {
            (b'%', [high, low, ..]) => hex(*high).zip(hex(*low)).map(|(high, low)| high * 16 + low),
            _ => None,
        };
        bytes.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

impl<'de> Deserialize<'de> for PageReference {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for PageReference {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "PageReference".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "maxLength": 2000})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        match text.parse::<PageReference>() {
            Ok(PageReference { target, anchor, .. }) => {
                let target = match target {
                    PageTarget::Id(id) => id.as_str().to_owned(),
                    PageTarget::Title { space_key, title } => format!("{space_key}/{title}"),
                };
                anchor.map_or(target.clone(), |anchor| format!("{target}#{anchor}"))
            }
            Err(_) => "refused".to_owned(),
        }
    }

    #[test]
    fn numbers_addresses_and_tiny_links_are_read() {
        for (text, expected) in [
            ("123456", "123456"),
            (" 123456 ", "123456"),
            ("123456#Roll-back", "123456#Roll-back"),
            ("https://a.atlassian.net/wiki/spaces/ENG/pages/98765/Release+notes", "98765"),
            ("https://a.atlassian.net/wiki/spaces/ENG/pages/98765", "98765"),
            (
                "https://a.atlassian.net/wiki/spaces/ENG/pages/98765/T#Roll%20back",
                "98765#Roll back",
            ),
            ("https://a.atlassian.net/wiki/spaces/ENG/pages/edit-v2/98765?draftShareId=1", "98765"),
            ("https://a.atlassian.net/wiki/spaces/ENG/blog/2024/01/31/98765/Post", "98765"),
            ("https://a.atlassian.net/wiki/spaces/ENG/folder/98765", "98765"),
            ("https://a.atlassian.net/wiki/pages/98765", "98765"),
            ("https://wiki.example.org/pages/viewpage.action?pageId=98765", "98765"),
            (
                "https://wiki.example.org/pages/viewpage.action?spaceKey=OPS&title=On+call",
                "OPS/On call",
            ),
            ("https://wiki.example.org/confluence/display/OPS/On+call%3F", "OPS/On call?"),
            ("https://a.atlassian.net/wiki/x/AQAB", "65537"),
            ("/x/AQAB", "65537"),
            ("x/AQAB", "65537"),
            ("/x/_-8", "65531"),
            ("abc", "refused"),
            ("12a", "refused"),
            ("-1", "refused"),
            ("/x/", "refused"),
            ("/x/A", "refused"),
            ("/x/%%%", "refused"),
            ("https://a.atlassian.net/wiki/spaces/ENG/overview", "refused"),
            ("https://", "refused"),
            ("file:///etc/passwd", "refused"),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn an_address_belongs_to_its_own_site_only() {
        let base = "https://a.atlassian.net/wiki";
        for (text, expected) in [
            ("1", true),
            ("https://a.atlassian.net/wiki/spaces/ENG/pages/1", true),
            ("https://a.atlassian.net/wikipedia/spaces/ENG/pages/1", false),
            ("https://b.atlassian.net/wiki/spaces/ENG/pages/1", false),
            ("https://a.atlassian.net.evil.example/wiki/pages/1", false),
            ("https://a.atlassian.net:8443/wiki/pages/1", false),
        ] {
            let reference: PageReference = text.parse().unwrap();
            assert_eq!(reference.may_belong_to(base), expected, "{text}");
        }
    }
}
