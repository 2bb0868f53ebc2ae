use atlassian::{CheckedOperation, DeploymentKind, ErrorKind, Principal, Result};

use super::{Case, Operation};
use crate::sandboxed::all;

pub(super) const OPERATIONS: &[Operation] = &[
    Operation { name: "space_permissions", run: |case| Box::pin(space_permissions(case)) },
    Operation { name: "role_assignments", run: |case| Box::pin(role_assignments(case)) },
    Operation { name: "space_roles", run: |case| Box::pin(space_roles(case)) },
    Operation { name: "check_permission", run: |case| Box::pin(check_permission(case)) },
    Operation { name: "permitted_operations", run: |case| Box::pin(permitted_operations(case)) },
];

fn account(case: &Case, role: &str) -> String {
    let account = case.world.account(role);
    match case.session.deployment().kind() {
        DeploymentKind::Cloud => account.account_id.clone(),
        DeploymentKind::DataCenter => account.user_key.clone(),
    }
}

async fn everybody(case: &Case) -> Principal {
    let groups = all(case.other.groups()).await;
    let group = groups.into_iter().find(|group| group.name == "confluence-users").unwrap();
    Principal::Group(group.id)
}

async fn space_permissions(case: &Case) -> Result<()> {
    let space = case.other.space("ENG").await.unwrap();
    let found = all(case.session.space_permissions(&space)).await;
    let may = |principal: &Principal, operation: &str, target: &str| {
        found.iter().any(|one| {
            &one.principal == principal && one.operation == operation && one.target == target
        })
    };
    let (group, me) = (everybody(case).await, Principal::User(account(case, "service")));
    assert!(may(&group, "read", "space") && may(&group, "create", "page"), "{found:?}");
    assert!(may(&me, "administer", "space") && !may(&group, "administer", "space"), "{found:?}");
    Ok(())
}

async fn role_assignments(case: &Case) -> Result<()> {
    let space = case.other.space("ENG").await.unwrap();
    let mut found = Vec::new();
    let mut listed = std::pin::pin!(case.session.role_assignments(&space));
    while let Some(one) = futures_util::TryStreamExt::try_next(&mut listed).await? {
        found.push(one);
    }
    let roles = all(case.other.space_roles()).await;
    let role = |name: &str| &roles.iter().find(|role| role.name == name).unwrap().id;
    let group = everybody(case).await;
    assert!(found.iter().any(|one| one.principal == group && &one.role_id == role("Collaborator")));
    Ok(())
}

async fn space_roles(case: &Case) -> Result<()> {
    let mut listed = std::pin::pin!(case.session.space_roles());
    let first = futures_util::TryStreamExt::try_next(&mut listed).await?.unwrap();
    assert_eq!(first.kind, "SYSTEM");
    assert!(first.permissions.contains(&"read/space".to_owned()), "{first:?}");
    Ok(())
}

async fn check_permission(case: &Case) -> Result<()> {
    let id = case.id("Deploy");
    let me = Principal::User(account(case, "service"));
    for operation in [CheckedOperation::Read, CheckedOperation::Update, CheckedOperation::Delete] {
        assert!(case.session.check_permission(&id, &me, operation).await?);
    }
    let kind = case.session.deployment().kind();
    let administrator = case.world.session(kind, "administrator");
    let outsider = Principal::User(account(case, "outsider"));
    assert!(!administrator.check_permission(&id, &outsider, CheckedOperation::Read).await.unwrap());
    let read = CheckedOperation::Read;
    let foreign = case.session.check_permission(&id, &outsider, read).await.unwrap_err();
    assert_eq!(foreign.kind, ErrorKind::Forbidden);
    Ok(())
}

async fn permitted_operations(case: &Case) -> Result<()> {
    for (title, target) in [("Deploy", "page"), ("We shipped", "blogpost")] {
        let found = case.session.permitted_operations(&case.id(title)).await?;
        let found: Vec<_> =
            found.iter().map(|one| (one.operation.as_str(), one.target.as_str())).collect();
        assert_eq!(found, [("read", target), ("update", target), ("delete", target)]);
    }
    Ok(())
}
