//! Comments and attachments of v2.

use std::sync::Arc;

use serde_json::{Value, json};

use super::page::{self, DEFAULT_LIMIT};
use super::{pages, shape};
use crate::http::{Answer, Call, parse_id};
use crate::site::{
    Detail, Edit, Filter, Inline, Item, Kind, NewItem, Order, Refusal, Resolution, Site, SortField,
    Status,
};

const OLDEST_FIRST: Order = Order { field: SortField::Created, descending: false };
const ATTACHMENTS_DEFAULT_LIMIT: usize = 50;

pub(super) fn footer_of(call: &Call) -> Result<Answer, Refusal> {
    of(call, |item| item.kind == Kind::Comment && item.inline().is_none())
}

pub(super) fn inline_of(call: &Call) -> Result<Answer, Refusal> {
    of(call, |item| item.inline().is_some())
}

/// Comments directly on a page or blog post.
fn of(call: &Call, keep: fn(&Item) -> bool) -> Result<Answer, Refusal> {
    let site = call.shared.site();
    let carrier = carrier(call, &site)?;
    below(call, &site, carrier.id, keep)
}

pub(super) fn replies(call: &Call) -> Result<Answer, Refusal> {
    let site = call.shared.site();
    let comment = find(call, &site)?;
    below(call, &site, comment.id, |item| item.kind == Kind::Comment)
}

fn below(call: &Call, site: &Site, id: u64, keep: fn(&Item) -> bool) -> Result<Answer, Refusal> {
    let cut = page::cut(call, DEFAULT_LIMIT)?;
    let order = page::order(call, OLDEST_FIRST)?;
    let format = shape::body_format(call)?;
    let resolution = call.query.all("resolution-status");
    let ids: Vec<u64> = site
        .contained(id)
        .iter()
        .filter_map(|id| site.item(*id))
        .filter(|item| keep(item))
        .filter(|item| match &item.detail {
            Detail::Comment { inline: Some(_), resolved } if !resolution.is_empty() => {
                resolution.contains(&resolved.as_str())
            }
            _ => true,
        })
        .map(|item| item.id)
        .collect();
    let listed = site.list_of(call.person, &ids, order, cut.after.as_ref(), cut.limit);
    Ok(page::answer(call, site, &listed, |item| shape::comment(site, item, format)))
}

pub(super) fn footer(call: &Call) -> Result<Answer, Refusal> {
    everywhere(call, |item| item.inline().is_none())
}

pub(super) fn inline(call: &Call) -> Result<Answer, Refusal> {
    everywhere(call, |item| item.inline().is_some())
}

fn everywhere(call: &Call, keep: fn(&Item) -> bool) -> Result<Answer, Refusal> {
    let site = call.shared.site();
    let cut = page::cut(call, DEFAULT_LIMIT)?;
    let order = page::order(call, OLDEST_FIRST)?;
    let format = shape::body_format(call)?;
    let all = site.list(call.person, &Filter::of(Kind::Comment), Order::BY_ID, None, usize::MAX);
    let ids: Vec<u64> = all.ids.into_iter().filter(|id| site.item(*id).is_some_and(keep)).collect();
    let listed = site.list_of(call.person, &ids, order, cut.after.as_ref(), cut.limit);
    Ok(page::answer(call, &site, &listed, |item| shape::comment(&site, item, format)))
}

pub(super) fn get(call: &Call) -> Result<Answer, Refusal> {
    let site = call.shared.site();
    let comment = find(call, &site)?;
    let mut value = shape::comment(&site, comment, shape::body_format(call)?);
    value["_links"]["base"] = json!(call.base());
    Ok(Answer::Json(value))
}

pub(super) fn create_footer(call: &Call) -> Result<Answer, Refusal> {
    let request = call.json()?;
    create(call, &request, None)
}

/// The selection must be on the page as often as the caller says; the one chosen gets a marker
/// in the page's body, which is no new version.
pub(super) fn create_inline(call: &Call) -> Result<Answer, Refusal> {
    let request = call.json()?;
    if pages::optional_id(&request, "parentCommentId")?.is_some() {
        return create(call, &request, None);
    }
    let properties = &request["inlineCommentProperties"];
    let selection = properties["textSelection"].as_str().filter(|text| !text.is_empty());
    let selection = selection.ok_or_else(|| {
        Refusal::Invalid("inlineCommentProperties.textSelection is required".to_owned())
    })?;
    let marked = Marked {
        inline: Inline { marker: call.shared.uuid(), selection: selection.to_owned() },
        count: whole(&properties["textSelectionMatchCount"]),
        index: whole(&properties["textSelectionMatchIndex"]).unwrap_or(0),
    };
    create(call, &request, Some(marked))
}

fn whole(value: &Value) -> Option<usize> {
    value.as_u64().and_then(|number| usize::try_from(number).ok())
}

/// Which text of a page an inline comment is about.
struct Marked {
    inline: Inline,
    count: Option<usize>,
    index: usize,
}

impl Marked {
    /// The body with the marker around the selection.
    fn apply(&self, body: &str) -> Result<Arc<str>, Refusal> {
        let Inline { marker, selection } = &self.inline;
        let found: Vec<usize> = body.match_indices(selection).map(|(at, _)| at).collect();
        let count_is_right = self.count.is_none_or(|count| count == found.len());
        let (true, Some(at)) = (count_is_right, found.get(self.index)) else {
            return Err(Refusal::Invalid(format!(
                "textSelectionMatchCount does not match: the text is on the page {} times",
                found.len()
            )));
        };
        let (before, rest) = body.split_at(*at);
        let after = &rest[selection.len()..];
        let open = format!("<ac:inline-comment-marker ac:ref=\"{marker}\">");
        Ok(Arc::from(format!("{before}{open}{selection}</ac:inline-comment-marker>{after}")))
    }
}

/// What a new comment is on, in the words of v2.
const CARRIERS: [(&str, Kind); 3] =
    [("pageId", Kind::Page), ("blogPostId", Kind::BlogPost), ("parentCommentId", Kind::Comment)];

fn create(call: &Call, request: &Value, marked: Option<Marked>) -> Result<Answer, Refusal> {
    let mut carriers = Vec::new();
    for (name, kind) in CARRIERS {
        carriers.extend(pages::optional_id(request, name)?.map(|id| (id, kind)));
    }
    let [(parent, kind)] = carriers.as_slice() else {
        return Err(Refusal::Invalid(
            "Exactly one of pageId, blogPostId and parentCommentId is required".to_owned(),
        ));
    };
    let body =
        pages::storage(request)?.ok_or_else(|| Refusal::Invalid("body is required".to_owned()))?;
    let id = call.change(|site| {
        let carrier = site.visible(call.person, *parent).filter(|item| item.kind == *kind);
        let carrier = carrier.ok_or_else(|| pages::not_found("content"))?;
        let marked_body = marked.as_ref().map(|marked| marked.apply(carrier.body())).transpose()?;
        let new = NewItem {
            kind: Kind::Comment,
            space: carrier.space,
            parent: Some(carrier.id),
            title: format!("Re: {}", site.container(carrier).title()),
            body,
            status: Status::Current,
            at: call.now(),
            detail: Detail::Comment {
                inline: marked.map(|marked| marked.inline),
                resolved: Resolution::Open,
            },
        };
        let id = site.create(call.person, new)?;
        if let Some(marked_body) = marked_body {
            site.revise(*parent, |item| {
                if let Some(version) = item.versions.last_mut() {
                    version.body = marked_body;
                }
            });
        }
        Ok(id)
    })?;
    Ok(Answer::Created(written(call, id)))
}

pub(super) fn update(call: &Call) -> Result<Answer, Refusal> {
    let id = {
        let site = call.shared.site();
        find(call, &site)?.id
    };
    let request = call.json()?;
    let number = request["version"]["number"].as_u64().and_then(|n| u32::try_from(n).ok());
    let edit = Edit {
        number: Some(
            number.ok_or_else(|| Refusal::Invalid("version.number is required".to_owned()))?,
        ),
        title: None,
        body: pages::storage(&request)?,
        message: request["version"]["message"].as_str().unwrap_or_default().to_owned(),
        minor: false,
        at: call.now(),
    };
    call.change(|site| {
        site.update(call.person, id, edit)?;
        if let Some(now_resolved) = request["resolved"].as_bool() {
            site.revise(id, |item| {
                if let Detail::Comment { resolved, .. } = &mut item.detail {
                    *resolved = resolved.set(now_resolved);
                }
            });
        }
        Ok(())
    })?;
    Ok(Answer::Json(written(call, id)))
}

pub(super) fn delete(call: &Call) -> Result<Answer, Refusal> {
    let id = {
        let site = call.shared.site();
        find(call, &site)?.id
    };
    call.change(|site| site.trash(call.person, id))?;
    Ok(Answer::Empty)
}

fn written(call: &Call, id: u64) -> Value {
    let site = call.shared.site();
    let Some(item) = site.item(id) else { return Value::Null };
    let mut value = shape::comment(&site, item, shape::BodyFormat::Storage);
    value["_links"]["base"] = json!(call.base());
    value
}

pub(super) fn attachments(call: &Call) -> Result<Answer, Refusal> {
    let site = call.shared.site();
    let carrier = carrier(call, &site)?;
    let cut = page::cut(call, ATTACHMENTS_DEFAULT_LIMIT)?;
    let order = page::order(call, OLDEST_FIRST)?;
    let name = call.query.get("filename");
    let ids: Vec<u64> = site
        .contained(carrier.id)
        .iter()
        .filter_map(|id| site.item(*id))
        .filter(|item| item.kind == Kind::Attachment)
        .filter(|item| name.is_none_or(|name| item.title() == name))
        .map(|item| item.id)
        .collect();
    let listed = site.list_of(call.person, &ids, order, cut.after.as_ref(), cut.limit);
    Ok(page::answer(call, &site, &listed, |item| shape::attachment(&site, item)))
}

pub(super) fn attachment(call: &Call) -> Result<Answer, Refusal> {
    let site = call.shared.site();
    let item = found_attachment(call, &site)?;
    let mut value = shape::attachment(&site, item);
    value["_links"]["base"] = json!(call.base());
    Ok(Answer::Json(value))
}

pub(super) fn delete_attachment(call: &Call) -> Result<Answer, Refusal> {
    let id = {
        let site = call.shared.site();
        found_attachment(call, &site)?.id
    };
    call.change(|site| site.trash(call.person, id))?;
    Ok(Answer::Empty)
}

/// Ids of attachments start with `att`; anything else is refused, a file id too.
fn found_attachment<'a>(call: &Call, site: &'a Site) -> Result<&'a Item, Refusal> {
    let word = call.path("id");
    let id = word.strip_prefix("att").and_then(parse_id).ok_or_else(|| {
        Refusal::Invalid(format!(
            "Provided value {{{word}}} for 'id' is not the correct type. Expected type is ContentId"
        ))
    })?;
    site.visible(call.person, id)
        .filter(|item| item.kind == Kind::Attachment)
        .ok_or_else(|| pages::not_found("attachment"))
}

/// The comment in the path. v2 knows a comment under the collection of its kind alone; a reply
/// belongs where the comment does that it answers.
fn find<'a>(call: &Call, site: &'a Site) -> Result<&'a Item, Refusal> {
    let comment = pages::find(call, site, Kind::Comment)?;
    let thread = site.ancestors(comment).into_iter().find(|above| above.kind == Kind::Comment);
    let inline = thread.unwrap_or(comment).inline().is_some();
    if call.uri.path().contains("/inline-comments/") == inline {
        Ok(comment)
    } else {
        Err(pages::not_found(Kind::Comment.as_str()))
    }
}

pub(super) fn carrier<'a>(call: &Call, site: &'a Site) -> Result<&'a Item, Refusal> {
    let kind = if call.uri.path().contains("/blogposts/") { Kind::BlogPost } else { Kind::Page };
    pages::find(call, site, kind)
}
