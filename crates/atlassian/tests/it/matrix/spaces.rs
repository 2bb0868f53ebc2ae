use atlassian::{ErrorKind, NewSpace, Result, SpaceUpdate};

use super::{Case, Operation};

pub(super) const OPERATIONS: &[Operation] = &[
    Operation { name: "create_space", run: |case| Box::pin(create_space(case)) },
    Operation { name: "update_space", run: |case| Box::pin(update_space(case)) },
    Operation { name: "delete_space", run: |case| Box::pin(delete_space(case)) },
];

fn new_space() -> NewSpace {
    NewSpace { key: "NEW".into(), name: "New things".into(), description: "what comes".into() }
}

async fn create_space(case: &Case) -> Result<()> {
    let made = case.session.create_space(&new_space()).await?;
    let read = case.other.space("NEW").await.unwrap();
    assert_eq!((read.id, read.name.as_str()), (made.id, "New things"));
    let again = case.session.create_space(&new_space()).await.unwrap_err();
    assert_eq!(again.kind.code(), "atlassian_bad_request");
    Ok(())
}

async fn update_space(case: &Case) -> Result<()> {
    case.other.create_space(&new_space()).await.unwrap();
    let update = SpaceUpdate { name: Some("Old things".into()), description: None };
    case.session.update_space("NEW", &update).await?;
    assert_eq!(case.other.space("NEW").await.unwrap().name, "Old things");
    let reader = case.world.session(case.session.deployment().kind(), "reader");
    let foreign = reader.update_space("ENG", &update).await.unwrap_err();
    assert_eq!(foreign.kind, ErrorKind::Forbidden);
    Ok(())
}

async fn delete_space(case: &Case) -> Result<()> {
    case.other.create_space(&new_space()).await.unwrap();
    case.session.delete_space("NEW").await?;
    assert_eq!(case.other.space("NEW").await.unwrap_err().kind, ErrorKind::NotVisible);
    let reader = case.world.session(case.session.deployment().kind(), "reader");
    let foreign = reader.delete_space("ENG").await.unwrap_err();
    assert_eq!(foreign.kind, ErrorKind::Forbidden);
    Ok(())
}
