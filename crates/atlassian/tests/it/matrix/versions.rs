use atlassian::{BodyFormat, ContentId, ErrorKind, PageUpdate, Result};

use super::{Case, Operation};
use crate::sandboxed::all;

pub(super) const OPERATIONS: &[Operation] = &[
    Operation { name: "versions", run: |case| Box::pin(versions(case)) },
    Operation { name: "page_version", run: |case| Box::pin(page_version(case)) },
    Operation { name: "restore_version", run: |case| Box::pin(restore_version(case)) },
    Operation { name: "delete_version", run: |case| Box::pin(delete_version(case)) },
];

/// Three versions: with the title and body of the beginning, then `two`, then `three`.
async fn versioned(case: &Case, title: &str) -> ContentId {
    let id = case.id(title);
    for (base_version, word) in [(1, "two"), (2, "three")] {
        let update = PageUpdate {
            base_version,
            title: format!("{title} {word}"),
            storage: format!("<p>{word}</p>"),
            message: Some(word.into()),
        };
        if title == "We shipped" {
            case.other.update_blog_post(&id, &update).await.unwrap();
        } else {
            case.other.update_page(&id, &update).await.unwrap();
        }
    }
    id
}

async fn versions(case: &Case) -> Result<()> {
    for title in ["Deploy", "We shipped"] {
        let id = versioned(case, title).await;
        let found = all(case.session.versions(&id)).await;
        let found: Vec<_> =
            found.iter().map(|version| (version.number, version.message.as_str())).collect();
        assert_eq!(found, [(3, "three"), (2, "two"), (1, "")]);
    }
    Ok(())
}

async fn page_version(case: &Case) -> Result<()> {
    for title in ["Deploy", "We shipped"] {
        let id = versioned(case, title).await;
        for (number, word) in [(2, "two"), (3, "three")] {
            let past = case.session.page_version(&id, number, BodyFormat::Storage).await?;
            assert_eq!(past.meta.version, number);
            assert_eq!(past.meta.title, format!("{title} {word}"));
            assert_eq!(past.storage, Some(format!("<p>{word}</p>")));
        }
        let error = case.session.page_version(&id, 9, BodyFormat::None).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::NotVisible);
    }
    Ok(())
}

async fn restore_version(case: &Case) -> Result<()> {
    for title in ["Deploy", "We shipped"] {
        let id = versioned(case, title).await;
        let stale = case.session.restore_version(&id, 2, 1, "back").await.unwrap_err();
        assert!(matches!(stale.kind, ErrorKind::Conflict { current: Some(3), .. }), "{stale:?}");
        let restored = case.session.restore_version(&id, 3, 2, "back").await?;
        assert_eq!((restored.meta.version, restored.meta.title), (4, format!("{title} two")));
        let read = case.other.page(&id, BodyFormat::Storage).await.unwrap();
        assert_eq!(read.storage.as_deref(), Some("<p>two</p>"));
        assert_eq!(all(case.other.versions(&id)).await[0].message, "back");
    }
    Ok(())
}

async fn delete_version(case: &Case) -> Result<()> {
    let id = versioned(case, "Deploy").await;
    case.session.delete_version(&id, 2).await?;
    let left = all(case.other.versions(&id)).await;
    let left: Vec<_> = left.iter().map(|version| (version.number, &*version.message)).collect();
    assert_eq!(left, [(2, "three"), (1, "")]);
    case.session.delete_version(&id, 2).await.unwrap_err();
    Ok(())
}
