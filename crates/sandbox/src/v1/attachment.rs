//! Files of pages: how they come in and go out.

use std::sync::Arc;

use super::{Expand, Window, find, list, no_content, shape};
use crate::http::{Answer, Call, Part, Surface, parse_id};
use crate::site::{Detail, Edit, Item, Kind, NewItem, Refusal, Site, Status};

/// A new file; its name must be free on the page.
pub(crate) fn upload(call: &Call) -> Result<Answer, Refusal> {
    save(call, false)
}

/// A new file, or a new version of the one that has its name.
pub(crate) fn upload_version(call: &Call) -> Result<Answer, Refusal> {
    save(call, true)
}

/// A new version of the file in the path, whatever it was called where it comes from.
pub(crate) fn upload_data(call: &Call) -> Result<Answer, Refusal> {
    let word = call.path("attachment");
    let form = call.form()?;
    let (id, name) = {
        let site = call.shared.site();
        let page = find(call, &site)?.id;
        let id =
            parse_id(word.strip_prefix("att").unwrap_or(word)).ok_or_else(|| no_content(word))?;
        let file = site.visible(call.person, id).filter(|file| file.parent == Some(page));
        let file = file.filter(|file| file.kind == Kind::Attachment);
        (id, file.ok_or_else(|| no_content(word))?.title().to_owned())
    };
    let file = form.iter().find(|part| part.name == "file");
    let file = file.ok_or_else(|| Refusal::Invalid("The form has no file".to_owned()))?;
    let comment = text(&form, "comment").unwrap_or_default();
    let minor = text(&form, "minorEdit").is_some_and(|text| text == "true");
    let page = {
        let site = call.shared.site();
        site.item(id).and_then(|item| item.parent).ok_or_else(|| no_content(word))?
    };
    let renamed = Part {
        file_name: Some(name),
        name: file.name.clone(),
        media_type: file.media_type.clone(),
        bytes: file.bytes,
    };
    save_one(call, page, &renamed, &comment, minor, true)?;
    let site = call.shared.site();
    let item = site.item(id).ok_or_else(|| no_content(word))?;
    let expand = Expand::parse(call.query.all("expand"));
    Ok(Answer::Json(shape::content(call, &site, item, &expand)))
}

fn text(form: &[Part<'_>], name: &str) -> Option<String> {
    let part = form.iter().find(|part| part.name == name)?;
    Some(String::from_utf8_lossy(part.bytes).into_owned())
}

fn save(call: &Call, may_replace: bool) -> Result<Answer, Refusal> {
    if call.path("type") != "attachment" {
        return Err(Refusal::Invalid("Only attachments are made here".to_owned()));
    }
    let form = call.form()?;
    let comment = text(&form, "comment").unwrap_or_default();
    let minor = text(&form, "minorEdit").is_some_and(|text| text == "true");
    let page = {
        let site = call.shared.site();
        find(call, &site)?.id
    };
    let mut saved = Vec::new();
    for part in form.iter().filter(|part| part.name == "file") {
        saved.push(save_one(call, page, part, &comment, minor, may_replace)?);
    }
    if saved.is_empty() {
        return Err(Refusal::Invalid("The form has no file".to_owned()));
    }
    let site = call.shared.site();
    let expand = Expand::parse(call.query.all("expand"));
    let items = saved.iter().filter_map(|id| site.item(*id));
    let results: Vec<_> = items.map(|item| shape::content(call, &site, item, &expand)).collect();
    let window = Window { start: 0, limit: results.len() };
    Ok(Answer::Json(list(call, &window, &results, false)))
}

fn save_one(
    call: &Call,
    page: u64,
    part: &Part<'_>,
    comment: &str,
    minor: bool,
    may_replace: bool,
) -> Result<u64, Refusal> {
    let name = part.file_name.clone().filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| Refusal::Invalid("A file needs a name".to_owned()))?;
    let at = call.now();
    let detail = Detail::Attachment {
        media_type: part.media_type.clone().unwrap_or("application/octet-stream".to_owned()),
        comment: comment.to_owned(),
        file_id: call.shared.uuid(),
        bytes: Arc::from(part.bytes),
    };
    call.change(|site| {
        let space = site.editable(call.person, page)?.space;
        match named(site, call, page, &name) {
            Some(_) if !may_replace => Err(Refusal::Invalid(format!(
                "Cannot add a new attachment with same file name as an existing attachment: {name}"
            ))),
            Some(id) => {
                let message = comment.to_owned();
                let edit = Edit { number: None, title: None, body: None, message, minor, at };
                site.update(call.person, id, edit)?;
                site.revise(id, |item| item.detail = detail);
                Ok(id)
            }
            None => site.create(
                call.person,
                NewItem {
                    kind: Kind::Attachment,
                    space,
                    parent: Some(page),
                    title: name.clone(),
                    body: Arc::from(""),
                    status: Status::Current,
                    at,
                    detail,
                },
            ),
        }
    })
}

/// The visible file of this name on the page.
fn named(site: &Site, call: &Call, page: u64, name: &str) -> Option<u64> {
    let mut items = site.contained(page).iter().filter_map(|id| site.visible(call.person, *id));
    items.find(|item| item.kind == Kind::Attachment && item.title() == name).map(|item| item.id)
}

/// By id, as v1 of Cloud has it.
pub(crate) fn download(call: &Call) -> Result<Answer, Refusal> {
    let site = call.shared.site();
    let word = call.path("attachment");
    let id = parse_id(word.strip_prefix("att").unwrap_or(word));
    let item = id.and_then(|id| site.visible(call.person, id));
    file(call, item.ok_or_else(|| no_content(word))?)
}

/// By page and file name: the path in `_links.download`.
pub(crate) fn download_by_name(call: &Call) -> Result<Answer, Refusal> {
    let site = call.shared.site();
    let name = call.path("name");
    let page = parse_id(call.path("page")).unwrap_or_default();
    let item = named(&site, call, page, name).and_then(|id| site.item(id));
    file(call, item.ok_or_else(|| no_content(name))?)
}

/// Cloud redirects to its media service, which takes no credential; Data Center sends the
/// bytes.
fn file(call: &Call, item: &Item) -> Result<Answer, Refusal> {
    let Detail::Attachment { media_type, bytes, file_id, .. } = &item.detail else {
        return Err(no_content(&item.id.to_string()));
    };
    match call.surface {
        Surface::CloudV2 | Surface::CloudV1 => {
            let origin = call.base().trim_end_matches("/wiki");
            Ok(Answer::Redirect(format!("{origin}/_media/file/{file_id}/binary")))
        }
        Surface::DataCenter => {
            Ok(Answer::Bytes { media_type: media_type.clone(), bytes: bytes.to_vec() })
        }
    }
}

/// Media type and bytes of the file with this id.
pub(crate) fn media(site: &Site, file_id: &str) -> Option<(String, Vec<u8>)> {
    site.attachment_by_file(file_id).and_then(|item| match &item.detail {
        Detail::Attachment { media_type, bytes, .. } => Some((media_type.clone(), bytes.to_vec())),
        Detail::None | Detail::Embed { .. } | Detail::Comment { .. } => None,
    })
}
