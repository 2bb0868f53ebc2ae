//! Forms with a file: `multipart/form-data` (RFC 7578).

use std::fmt::Write as _;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

use bytes::{BufMut, Bytes, BytesMut};

use crate::NewAttachment;

/// A form and its `Content-Type`, which names the boundary.
pub(crate) struct Form {
    pub(crate) content_type: String,
    pub(crate) bytes: Bytes,
}

impl Form {
    /// The form by which Confluence's v1 and Data Center take a file.
    pub(crate) fn of(file: &NewAttachment) -> Self {
        let mut fields = vec![("minorEdit", if file.minor_edit { "true" } else { "false" })];
        fields.extend(file.comment.as_deref().map(|comment| ("comment", comment)));
        Self::with(&fields, &file.name, &file.media_type, &file.bytes)
    }

    /// The form by which Jira takes a file, with what Confluence knows beside it.
    pub(crate) fn with(
        fields: &[(&str, &str)],
        file_name: &str,
        media_type: &str,
        file: &[u8],
    ) -> Self {
        let boundary = boundary(file);
        let mut head = String::new();
        for (name, value) in fields {
            let value = value.replace(&boundary, "");
            let _ = write!(
                head,
                "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{value}\r\n"
            );
        }
        let _ = write!(
            head,
            "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{}\"\r\nContent-Type: {}\r\n\r\n",
            quoted(file_name),
            one_line(media_type),
        );
        let tail = format!("\r\n--{boundary}--\r\n");
        let mut bytes = BytesMut::with_capacity(head.len() + file.len() + tail.len());
        bytes.put(head.as_bytes());
        bytes.put(file);
        bytes.put(tail.as_bytes());
        let content_type = format!("multipart/form-data; boundary={boundary}");
        Self { content_type, bytes: bytes.freeze() }
    }
}

/// A line that does not occur in the file.
fn boundary(file: &[u8]) -> String {
    let hasher = BuildHasherDefault::<DefaultHasher>::default();
    let mut hash = hasher.hash_one(file);
    loop {
        let boundary = format!("form-{hash:016x}");
        if !file.windows(boundary.len()).any(|window| window == boundary.as_bytes()) {
            return boundary;
        }
        hash = hasher.hash_one(hash);
    }
}

/// As browsers write names (the HTML standard, section "multipart form data").
fn quoted(name: &str) -> String {
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}

fn one_line(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, bytes: &'static [u8]) -> NewAttachment {
        NewAttachment {
            name: name.into(),
            media_type: "text/plain\r\nX: y".into(),
            bytes: Bytes::from_static(bytes),
            comment: Some("why\u{e9}".into()),
            minor_edit: true,
        }
    }

    #[test]
    fn a_form_holds_the_file_as_it_is() {
        let form = Form::of(&file("a\"b\r\nc.txt", b"\r\n--form-\0bytes"));
        let boundary = form.content_type.split_once("boundary=").unwrap().1;
        let text = String::from_utf8_lossy(&form.bytes);
        assert!(
            text.contains("filename=\"a%22b%0D%0Ac.txt\"\r\nContent-Type: text/plainX: y\r\n\r\n")
        );
        assert!(text.contains("\r\n\r\n\r\n--form-\0bytes\r\n--"));
        assert_eq!(text.matches(&format!("--{boundary}")).count(), 4);
        assert!(text.ends_with(&format!("--{boundary}--\r\n")));
    }

    #[test]
    fn no_file_holds_its_own_boundary() {
        let first = boundary(b"x");
        let hostile = format!("x--{first}");
        assert!(!hostile.contains(&boundary(hostile.as_bytes())));
    }
}
