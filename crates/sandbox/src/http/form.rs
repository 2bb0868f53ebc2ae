//! Forms with files: `multipart/form-data`, RFC 7578.

/// One field of a form.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Part<'a> {
    pub name: String,
    pub file_name: Option<String>,
    pub media_type: Option<String>,
    pub bytes: &'a [u8],
}

/// The fields of `body`, or `None` when it is no such form.
pub(crate) fn parts<'a>(content_type: &str, body: &'a [u8]) -> Option<Vec<Part<'a>>> {
    let (kind, parameters) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let line = format!("--{}", parameter(parameters, "boundary")?);
    let mut rest = body.strip_prefix(line.as_bytes())?;
    let line = format!("\r\n{line}");
    let mut parts = Vec::new();
    while let Some(part) = rest.strip_prefix(b"\r\n") {
        let end = find(part, line.as_bytes())?;
        parts.push(read(&part[..end])?);
        rest = &part[end + line.len()..];
    }
    rest.starts_with(b"--").then_some(parts)
}

fn read(part: &[u8]) -> Option<Part<'_>> {
    let end = find(part, b"\r\n\r\n")?;
    let head = std::str::from_utf8(&part[..end]).ok()?;
    let header = |name: &str| {
        head.lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(key, _)| key.trim().eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
    };
    let disposition = header("content-disposition")?;
    Some(Part {
        name: parameter(disposition, "name")?,
        file_name: parameter(disposition, "filename"),
        media_type: header("content-type").map(str::to_owned),
        bytes: &part[end + 4..],
    })
}

fn parameter(parameters: &str, name: &str) -> Option<String> {
    let mut in_quotes = false;
    let pairs = parameters.split(|character: char| {
        in_quotes ^= character == '"';
        character == ';' && !in_quotes
    });
    let mut named = pairs
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(key, _)| key.eq_ignore_ascii_case(name));
    named.next().map(|(_, value)| value.trim_matches('"').replace("%22", "\""))
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_field_by_field() {
        let body = b"--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.svg\"\r\nContent-Type: image/svg+xml\r\n\r\n<svg>\r\n</svg>\r\n--x\r\nContent-Disposition: form-data; name=\"comment\"\r\n\r\n\r\n--x--\r\n";

        let parts = parts("multipart/form-data; boundary=\"x\"", body).unwrap();

        assert_eq!(parts.len(), 2);
        assert_eq!(parts[0].file_name.as_deref(), Some("a.svg"));
        assert_eq!(parts[0].media_type.as_deref(), Some("image/svg+xml"));
        assert_eq!(parts[0].bytes, b"<svg>\r\n</svg>");
        assert_eq!((parts[1].name.as_str(), parts[1].bytes), ("comment", &b""[..]));
    }

    #[test]
    fn what_is_cut_off_or_no_form_is_refused() {
        let whole = b"--x\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nbytes\r\n--x--";
        let form = "multipart/form-data; boundary=x";
        assert!(parts(form, whole).is_some());
        for end in 0..whole.len() {
            assert_eq!(parts(form, &whole[..end]), None, "{end}");
        }
        assert_eq!(parts("application/json", whole), None);
        assert_eq!(parts("multipart/form-data", whole), None);
    }
}
