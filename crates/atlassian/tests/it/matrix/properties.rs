use atlassian::{ErrorKind, Result};
use serde_json::json;

use super::{Case, Operation};
use crate::sandboxed::all;

pub(super) const OPERATIONS: &[Operation] = &[
    Operation { name: "properties", run: |case| Box::pin(properties(case)) },
    Operation { name: "property", run: |case| Box::pin(property(case)) },
    Operation { name: "create_property", run: |case| Box::pin(create_property(case)) },
    Operation { name: "update_property", run: |case| Box::pin(update_property(case)) },
    Operation { name: "delete_property", run: |case| Box::pin(delete_property(case)) },
];

/// Content of either kind with the properties `a` and `b.c`.
async fn kept(case: &Case) {
    for title in ["Deploy", "We shipped"] {
        for key in ["a", "b.c"] {
            case.other.create_property(&case.id(title), key, &json!({"of": key})).await.unwrap();
        }
    }
}

async fn properties(case: &Case) -> Result<()> {
    kept(case).await;
    for title in ["Deploy", "We shipped"] {
        let found = all(case.session.properties(&case.id(title))).await;
        let found: Vec<_> = found.iter().map(|one| (one.key.as_str(), &one.value)).collect();
        assert_eq!(found, [("a", &json!({"of": "a"})), ("b.c", &json!({"of": "b.c"}))]);
    }
    Ok(())
}

async fn property(case: &Case) -> Result<()> {
    kept(case).await;
    for title in ["Deploy", "We shipped"] {
        let found = case.session.property(&case.id(title), "b.c").await?;
        assert_eq!((&found.value, found.version), (&json!({"of": "b.c"}), 1));
        let error = case.session.property(&case.id(title), "b").await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::NotVisible);
    }
    Ok(())
}

async fn create_property(case: &Case) -> Result<()> {
    for title in ["Deploy", "We shipped"] {
        let id = case.id(title);
        for value in [json!(null), json!([1, "two"])] {
            let key = format!("k{}", value.is_null());
            case.session.create_property(&id, &key, &value).await?;
            assert_eq!(case.other.property(&id, &key).await.unwrap().value, value);
            let again = case.session.create_property(&id, &key, &value).await.unwrap_err();
            assert_eq!(again.kind.code(), "atlassian_bad_request");
        }
    }
    Ok(())
}

async fn update_property(case: &Case) -> Result<()> {
    kept(case).await;
    for title in ["Deploy", "We shipped"] {
        let id = case.id(title);
        let new = json!("new");
        let update = |base| case.session.update_property(&id, "a", base, &new);
        assert_eq!(update(1).await?.version, 2);
        assert_eq!(case.other.property(&id, "a").await.unwrap().value, json!("new"));
        let stale = update(1).await.unwrap_err();
        assert!(matches!(stale.kind, ErrorKind::Conflict { current: Some(2), .. }), "{stale:?}");
    }
    Ok(())
}

async fn delete_property(case: &Case) -> Result<()> {
    kept(case).await;
    for title in ["Deploy", "We shipped"] {
        let id = case.id(title);
        case.session.delete_property(&id, "a").await?;
        assert_eq!(all(case.other.properties(&id)).await.len(), 1);
        let error = case.session.delete_property(&id, "a").await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::NotVisible);
    }
    Ok(())
}
