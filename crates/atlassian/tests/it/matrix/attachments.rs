use atlassian::{Attachment, ErrorKind, NewAttachment, Result};
use bytes::Bytes;

use super::{Case, Operation};
use crate::sandboxed::all;

pub(super) const OPERATIONS: &[Operation] = &[
    Operation { name: "attachments", run: |case| Box::pin(attachments(case)) },
    Operation { name: "attachment", run: |case| Box::pin(attachment(case)) },
    Operation { name: "download_attachment", run: |case| Box::pin(download_attachment(case)) },
    Operation { name: "upload_attachment", run: |case| Box::pin(upload_attachment(case)) },
    Operation {
        name: "upload_attachment_version",
        run: |case| Box::pin(upload_attachment_version(case)),
    },
    Operation { name: "delete_attachment", run: |case| Box::pin(delete_attachment(case)) },
];

/// Bytes that look like the end of a form, and a name that needs care.
const BYTES: &[u8] = b"\x00\xff\r\n--form-0\r\nend";
const NAME: &str = "run; \"book\" \u{fc}.bin";

fn file(name: &str, bytes: &'static [u8]) -> NewAttachment {
    NewAttachment {
        name: name.into(),
        media_type: "application/octet-stream".into(),
        bytes: Bytes::from_static(bytes),
        comment: Some("first".into()),
        minor_edit: true,
    }
}

async fn attached(case: &Case, title: &str) -> Attachment {
    case.other.upload_attachment(&case.id(title), &file(NAME, BYTES)).await.unwrap()
}

async fn attachments(case: &Case) -> Result<()> {
    for title in ["Deploy", "We shipped"] {
        let made = attached(case, title).await;
        let found = all(case.session.attachments(&case.id(title))).await;
        assert_eq!(found.len(), 1);
        assert_eq!((&found[0].id, found[0].title.as_str()), (&made.id, NAME));
        assert_eq!((found[0].size, found[0].version), (Some(BYTES.len() as u64), 1));
        assert_eq!(found[0].media_type.as_deref(), Some("application/octet-stream"));
        assert_eq!(found[0].container_id.as_deref(), Some(case.id(title).as_str()));
    }
    Ok(())
}

async fn attachment(case: &Case) -> Result<()> {
    let made = attached(case, "Deploy").await;
    let found = case.session.attachment(&made.id).await?;
    assert_eq!((&found.id, found.comment.as_deref()), (&made.id, Some("first")));
    assert_eq!(found.container_id.as_deref(), Some(case.id("Deploy").as_str()));
    assert!(found.version_at.is_some() && found.version_by.is_some());
    let error = case.session.attachment(&"att7".parse().unwrap()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotVisible);
    Ok(())
}

async fn download_attachment(case: &Case) -> Result<()> {
    for title in ["Deploy", "We shipped"] {
        let made = attached(case, title).await;
        let size = BYTES.len() as u64;
        let whole = case.session.download_attachment(&made, size).await?.bytes().await?;
        assert_eq!(whole, BYTES);
        let cut = case.session.download_attachment(&made, size - 1).await;
        let cut = match cut {
            Ok(download) => download.bytes().await.map(drop),
            Err(error) => Err(error),
        };
        assert_eq!(cut.unwrap_err().kind, ErrorKind::TooLarge);
    }
    Ok(())
}

async fn upload_attachment(case: &Case) -> Result<()> {
    let id = case.id("Deploy");
    let made = case.session.upload_attachment(&id, &file(NAME, BYTES)).await?;
    let whole = case.other.download_attachment(&made, 1000).await.unwrap().bytes().await.unwrap();
    assert_eq!(whole, BYTES);
    let again = case.session.upload_attachment(&id, &file(NAME, b"x")).await.unwrap_err();
    assert_eq!(again.kind.code(), "atlassian_bad_request");
    Ok(())
}

async fn upload_attachment_version(case: &Case) -> Result<()> {
    let id = case.id("Deploy");
    let made = attached(case, "Deploy").await;
    let file = file("other.bin", b"second");
    let saved = case.session.upload_attachment_version(&id, &made.id, &file).await?;
    assert_eq!((&saved.id, saved.version), (&made.id, 2));
    let whole = case.other.download_attachment(&saved, 1000).await.unwrap().bytes().await.unwrap();
    assert_eq!(whole.as_ref(), b"second");
    assert_eq!(all(case.other.attachments(&id)).await.len(), 1);
    Ok(())
}

async fn delete_attachment(case: &Case) -> Result<()> {
    let made = attached(case, "Deploy").await;
    case.session.delete_attachment(&made.id).await?;
    assert_eq!(all(case.other.attachments(&case.id("Deploy"))).await, []);
    let error = case.session.delete_attachment(&made.id).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotVisible);
    Ok(())
}
