//! Addresses of the dialect as resource identifiers: `wiki:SPACE/Title`, `attachment:file.png`, ….
//!
//! The way back of what the view writes for a resource (`render::link`).

use std::borrow::Cow;

use super::xml::push_attribute;

/// What an address names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Resource {
    Page { space: Option<String>, title: String },
    BlogPost { space: Option<String>, day: Option<String>, title: String },
    Attachment { file: String, page: Option<(Option<String>, String)> },
    Space(String),
    Content(String),
    Shortcut { key: String, parameter: Option<String> },
    User { attribute: &'static str, key: String },
}

/// Where a link leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    /// `None`: the page itself.
    pub(super) resource: Option<Resource>,
    pub(super) anchor: Option<String>,
}

impl Address {
    /// Reads an address of Confluence's own. `None` for those of the web.
    pub(super) fn read(address: &str) -> Option<Self> {
        if let Some(anchor) = address.strip_prefix('#') {
            let anchor = Some(anchor.to_owned()).filter(|anchor| !anchor.is_empty());
            return Some(Self { resource: None, anchor });
        }
        let (path, anchor) = match address.split_once('#') {
            Some((path, anchor)) => (path, Some(anchor.to_owned())),
            None => (address, None),
        };
        Resource::read(path).map(|resource| Self { resource: Some(resource), anchor })
    }
}

impl Resource {
    pub(super) fn read(path: &str) -> Option<Self> {
        let (scheme, path) = path.split_once(':')?;
        match scheme {
            "wiki" => {
                let (space, title) = parted(path);
                Some(Self::Page { space, title })
            }
            "blog" => Some(blog_post(path)),
            "attachment" => {
                let (file, page) = match path.split_once("?page=") {
                    Some((file, page)) => (file, Some(parted(page))),
                    None => (path, None),
                };
                Some(Self::Attachment { file: decoded(file), page })
            }
            "space" => Some(Self::Space(decoded(path))),
            "content" => Some(Self::Content(decoded(path))),
            "shortcut" => {
                let (key, parameter) = match path.split_once('/') {
                    Some((key, parameter)) => (decoded(key), Some(decoded(parameter))),
                    None => (decoded(path), None),
                };
                Some(Self::Shortcut { key, parameter })
            }
            "user" => Some(Self::User { attribute: "ri:account-id", key: decoded(path) }),
            "userkey" => Some(Self::User { attribute: "ri:userkey", key: decoded(path) }),
            "username" => Some(Self::User { attribute: "ri:username", key: decoded(path) }),
            _ => None,
        }
    }

    /// What Confluence shows for a link that has no label.
    pub(super) fn own_label(&self) -> &str {
        match self {
            Self::Page { title, .. } | Self::BlogPost { title, .. } => title,
            Self::Attachment { file, .. } => file,
            Self::Space(name) | Self::Content(name) => name,
            Self::Shortcut { key, .. } | Self::User { key, .. } => key,
        }
    }

    /// `wiki:` and `wiki:DOC/`: a page without a title leads nowhere.
    pub(super) fn names_no_page(&self) -> bool {
        matches!(self, Self::Page { title, .. } | Self::BlogPost { title, .. } if title.is_empty())
    }

    pub(super) fn push(&self, out: &mut String) {
        match self {
            Self::Page { space, title } => push_page(out, space.as_deref(), title),
            Self::BlogPost { space, day, title } => {
                let day = day.as_ref().map(|day| day.replace('-', "/"));
                let attributes = [
                    ("ri:space-key", space.as_deref()),
                    ("ri:posting-day", day.as_deref()),
                    ("ri:content-title", Some(title)),
                ];
                push_element(out, "ri:blog-post", &attributes);
            }
            Self::Attachment { file, page: None } => {
                push_element(out, "ri:attachment", &[("ri:filename", Some(file))]);
            }
            Self::Attachment { file, page: Some((space, title)) } => {
                out.push_str("<ri:attachment");
                push_attribute(out, "ri:filename", file);
                out.push('>');
                push_page(out, space.as_deref(), title);
                out.push_str("</ri:attachment>");
            }
            Self::Space(key) => push_element(out, "ri:space", &[("ri:space-key", Some(key))]),
            Self::Content(id) => {
                push_element(out, "ri:content-entity", &[("ri:content-id", Some(id))]);
            }
            Self::Shortcut { key, parameter } => {
                let attributes =
                    [("ri:key", Some(key.as_str())), ("ri:parameter", parameter.as_deref())];
                push_element(out, "ri:shortcut", &attributes);
            }
            Self::User { attribute, key } => {
                push_element(out, "ri:user", &[(attribute, Some(key))]);
            }
        }
    }
}

fn push_page(out: &mut String, space: Option<&str>, title: &str) {
    push_element(out, "ri:page", &[("ri:space-key", space), ("ri:content-title", Some(title))]);
}

/// Writes an element without content. An empty name is none.
fn push_element(out: &mut String, name: &str, attributes: &[(&str, Option<&str>)]) {
    out.push('<');
    out.push_str(name);
    for (name, value) in attributes {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            push_attribute(out, name, value);
        }
    }
    out.push_str(" />");
}

/// `SPACE/Title` or `Title`.
fn parted(path: &str) -> (Option<String>, String) {
    match path.split_once('/') {
        Some((space, title)) => (Some(decoded(space)), decoded(title)),
        None => (None, decoded(path)),
    }
}

/// `SPACE/2024-05-01/Title`, of which a day and the title are enough.
fn blog_post(path: &str) -> Resource {
    let (before, title) =
        path.rsplit_once('/').map_or((None, path), |(before, title)| (Some(before), title));
    let (space, day) = match before.map(|before| before.split_once('/').ok_or(before)) {
        None => (None, None),
        Some(Ok((space, day))) => (Some(space), Some(day)),
        Some(Err(day)) if is_day(day) => (None, Some(day)),
        Some(Err(space)) => (Some(space), None),
    };
    Resource::BlogPost { space: space.map(decoded), day: day.map(decoded), title: decoded(title) }
}

fn is_day(text: &str) -> bool {
    text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
}

/// With `%20` and the like read, where they make text.
fn decoded(name: &str) -> String {
    if !name.contains('%') {
        return name.to_owned();
    }
    let mut bytes = Vec::with_capacity(name.len());
    let mut rest = name.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let escaped = (first == b'%').then(|| hexadecimal(after)).flatten();
        bytes.push(escaped.unwrap_or(first));
        rest = if escaped.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    String::from_utf8(bytes).unwrap_or_else(|_| name.to_owned())
}

fn hexadecimal(text: &[u8]) -> Option<u8> {
    let digits = text.get(..2).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))?;
    u8::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()
}

/// Whether an address would run a script where a browser follows it. White space and control
/// characters within a scheme are skipped there (WHATWG URL, 4.4).
pub(crate) fn runs_script(address: &str) -> bool {
    let scheme: Cow<'_, str> = address
        .chars()
        .filter(|character| !character.is_control() && !character.is_whitespace())
        .take_while(|character| *character != ':')
        .take(16)
        .map(|character| character.to_ascii_lowercase())
        .collect();
    let has_scheme = address.contains(':');
    has_scheme && matches!(&*scheme, "javascript" | "vbscript" | "data")
}
