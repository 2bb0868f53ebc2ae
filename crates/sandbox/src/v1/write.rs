//! Moving pages and fetching files.

use super::find;
use crate::http::{Answer, Call, Surface, parse_id};
use crate::site::{Detail, Item, Kind, Position, Refusal, Site};

/// Cloud: `PUT /content/{id}/move/{before|after|append}/{target}`.
pub(crate) fn move_page(call: &Call) -> Result<Answer, Refusal> {
    let id = {
        let site = call.shared.site();
        find(call, &site)?.id
    };
    let position = match call.path("position") {
        "before" => Position::Before,
        "after" => Position::After,
        "append" => Position::Append,
        other => {
            return Err(Refusal::Invalid(format!(
                "Position '{other}' must be 'before', 'after' or 'append'"
            )));
        }
    };
    let target = call.id("target")?;
    call.change(|site| site.move_to(call.person, id, position, target))?;
    Ok(Answer::Json(serde_json::json!({"pageId": id.to_string()})))
}

/// By id, as v1 of Cloud has it.
pub(crate) fn download_attachment(call: &Call) -> Result<Answer, Refusal> {
    let site = call.shared.site();
    let word = call.path("attachment");
    let id = parse_id(word.strip_prefix("att").unwrap_or(word));
    let item = id.and_then(|id| site.visible(call.person, id));
    file(call, item.ok_or_else(|| super::no_content(word))?)
}

/// By page and file name: the path in `_links.download`.
pub(crate) fn download_by_name(call: &Call) -> Result<Answer, Refusal> {
    let site = call.shared.site();
    let name = call.path("name");
    let page = parse_id(call.path("page")).unwrap_or_default();
    let mut items = site.contained(page).iter().filter_map(|id| site.visible(call.person, *id));
    let item = items.find(|item| item.kind == Kind::Attachment && item.title() == name);
    file(call, item.ok_or_else(|| super::no_content(name))?)
}

/// Cloud redirects to its media service, which takes no credential; Data Center sends the
/// bytes.
fn file(call: &Call, item: &Item) -> Result<Answer, Refusal> {
    let Detail::Attachment { media_type, bytes, file_id, .. } = &item.detail else {
        return Err(super::no_content(&item.id.to_string()));
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
        Detail::None | Detail::Comment { .. } => None,
    })
}
