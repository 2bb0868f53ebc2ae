use atlassian::{Comment, CommentKind, ContentId, ErrorKind, Resolution, Result, TextSelection};

use super::{Case, Operation};
use crate::sandboxed::all;

pub(super) const OPERATIONS: &[Operation] = &[
    Operation { name: "footer_comments", run: |case| Box::pin(footer_comments(case)) },
    Operation { name: "inline_comments", run: |case| Box::pin(inline_comments(case)) },
    Operation { name: "replies", run: |case| Box::pin(replies(case)) },
    Operation { name: "comment", run: |case| Box::pin(comment(case)) },
    Operation { name: "create_footer_comment", run: |case| Box::pin(create_footer_comment(case)) },
    Operation { name: "create_inline_comment", run: |case| Box::pin(create_inline_comment(case)) },
    Operation { name: "reply", run: |case| Box::pin(reply(case)) },
    Operation { name: "update_comment", run: |case| Box::pin(update_comment(case)) },
    Operation { name: "resolve_comment", run: |case| Box::pin(resolve_comment(case)) },
    Operation { name: "delete_comment", run: |case| Box::pin(delete_comment(case)) },
];

const FOOTER: CommentKind = CommentKind::Footer;
const INLINE: CommentKind = CommentKind::Inline;

async fn commented(case: &Case, title: &str) -> Comment {
    case.other.create_footer_comment(&case.id(title), "<p>first</p>").await.unwrap()
}

/// Made on Cloud, whichever product is asked.
async fn marked(case: &Case) -> Comment {
    let cloud = case.world.session(atlassian::DeploymentKind::Cloud, "service");
    cloud.create_inline_comment(&case.id("Deploy"), &button(), "<p>which?</p>").await.unwrap()
}

fn button() -> TextSelection {
    TextSelection { text: "button".into(), count: 1, index: 0 }
}

fn ids(comments: &[Comment]) -> Vec<&ContentId> {
    comments.iter().map(|comment| &comment.id).collect()
}

async fn footer_comments(case: &Case) -> Result<()> {
    marked(case).await;
    for title in ["Deploy", "We shipped"] {
        let first = commented(case, title).await;
        case.other.reply(FOOTER, &first.id, "<p>answer</p>").await.unwrap();
        let second = commented(case, title).await;
        let found = all(case.session.footer_comments(&case.id(title))).await;
        assert_eq!(ids(&found), [&first.id, &second.id]);
        assert_eq!(found[0].storage.as_deref(), Some("<p>first</p>"));
        assert_eq!((found[0].kind, found[0].version, &found[0].resolution), (FOOTER, 1, &None));
        assert_eq!(found[0].container_id.as_deref(), Some(case.id(title).as_str()));
        assert!(found[0].version_at.is_some() && found[0].version_by.is_some());
    }
    Ok(())
}

async fn inline_comments(case: &Case) -> Result<()> {
    commented(case, "Deploy").await;
    let made = marked(case).await;
    let found = all(case.session.inline_comments(&case.id("Deploy"))).await;
    assert_eq!(ids(&found), [&made.id]);
    assert_eq!((found[0].kind, &found[0].resolution), (INLINE, &Some(Resolution::Open)));
    let selection = found[0].selection.as_ref().unwrap();
    assert_eq!(selection.text.as_deref(), Some("button"));
    assert!(selection.marker.is_some());
    assert_eq!(all(case.session.inline_comments(&case.id("We shipped"))).await, []);
    Ok(())
}

async fn replies(case: &Case) -> Result<()> {
    let first = commented(case, "Deploy").await;
    let answer = case.other.reply(FOOTER, &first.id, "<p>answer</p>").await.unwrap();
    case.other.reply(FOOTER, &answer.id, "<p>below</p>").await.unwrap();
    let found = all(case.session.replies(FOOTER, &first.id)).await;
    assert_eq!(ids(&found), [&answer.id]);
    assert_eq!(found[0].parent_id.as_deref(), Some(first.id.as_str()));
    Ok(())
}

async fn comment(case: &Case) -> Result<()> {
    let footer = commented(case, "Deploy").await;
    let inline = marked(case).await;
    for (id, kind) in [(&footer.id, FOOTER), (&inline.id, INLINE)] {
        let found = case.session.comment(id).await?;
        assert_eq!((&found.id, found.kind), (id, kind));
        assert_eq!(found.container_id.as_deref(), Some(case.id("Deploy").as_str()));
    }
    let page = case.session.comment(&case.id("Deploy")).await.unwrap_err();
    assert!(matches!(page.kind, ErrorKind::NotVisible | ErrorKind::Unreadable), "{page:?}");
    Ok(())
}

async fn create_footer_comment(case: &Case) -> Result<()> {
    for title in ["Deploy", "We shipped"] {
        let id = case.id(title);
        let made = case.session.create_footer_comment(&id, "<p>R&amp;D</p>").await?;
        let found = all(case.other.footer_comments(&id)).await;
        assert_eq!(ids(&found), [&made.id]);
        assert_eq!(found[0].storage.as_deref(), Some("<p>R&amp;D</p>"));
    }
    let error =
        case.session.create_footer_comment(&"7".parse().unwrap(), "<p/>").await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotVisible);
    Ok(())
}

async fn create_inline_comment(case: &Case) -> Result<()> {
    let id = case.id("Deploy");
    let made = case.session.create_inline_comment(&id, &button(), "<p>which?</p>").await?;
    let found = all(case.other.inline_comments(&id)).await;
    assert_eq!(ids(&found), [&made.id]);
    let wrong = TextSelection { count: 2, ..button() };
    let error = case.session.create_inline_comment(&id, &wrong, "<p/>").await.unwrap_err();
    assert_eq!(error.kind.code(), "atlassian_bad_request");
    Ok(())
}

async fn reply(case: &Case) -> Result<()> {
    for (kind, comment) in
        [(FOOTER, commented(case, "We shipped").await), (INLINE, marked(case).await)]
    {
        let made = case.session.reply(kind, &comment.id, "<p>answer</p>").await?;
        let found = all(case.other.replies(kind, &comment.id)).await;
        assert_eq!(ids(&found), [&made.id]);
        assert_eq!(found[0].storage.as_deref(), Some("<p>answer</p>"));
    }
    Ok(())
}

async fn update_comment(case: &Case) -> Result<()> {
    for (kind, comment) in [(FOOTER, commented(case, "Deploy").await), (INLINE, marked(case).await)]
    {
        let update = |base, text| case.session.update_comment(kind, &comment.id, base, text);
        let updated = update(comment.version, "<p>better</p>").await?;
        assert_eq!(updated.version, comment.version + 1);
        let found = case.other.comment(&comment.id).await.unwrap();
        assert_eq!((found.storage.as_deref(), found.kind), (Some("<p>better</p>"), kind));
        let stale = update(comment.version, "<p>late</p>").await.unwrap_err();
        assert!(matches!(stale.kind, ErrorKind::Conflict { .. }), "{stale:?}");
    }
    Ok(())
}

async fn resolve_comment(case: &Case) -> Result<()> {
    let comment = marked(case).await;
    let resolved = case.session.resolve_comment(&comment.id, 1, true).await?;
    assert_eq!(resolved.resolution, Some(Resolution::Resolved));
    let stale = case.session.resolve_comment(&comment.id, 1, false).await.unwrap_err();
    assert!(matches!(stale.kind, ErrorKind::Conflict { current: Some(2), .. }), "{stale:?}");
    let reopened = case.session.resolve_comment(&comment.id, 2, false).await?;
    assert_eq!(reopened.resolution, Some(Resolution::Reopened));
    assert_eq!(reopened.storage.as_deref(), Some("<p>which?</p>"));
    Ok(())
}

async fn delete_comment(case: &Case) -> Result<()> {
    for (kind, comment) in [(FOOTER, commented(case, "Deploy").await), (INLINE, marked(case).await)]
    {
        case.session.delete_comment(kind, &comment.id).await?;
        let error = case.other.comment(&comment.id).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::NotVisible);
        let error = case.session.delete_comment(kind, &comment.id).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::NotVisible);
    }
    Ok(())
}
