use atlassian::{DeploymentKind, ErrorKind, Group, Result};

use super::{Case, Operation};
use crate::sandboxed::all;

pub(super) const OPERATIONS: &[Operation] = &[
    Operation { name: "current_user", run: |case| Box::pin(current_user(case)) },
    Operation { name: "user", run: |case| Box::pin(user(case)) },
    Operation { name: "users", run: |case| Box::pin(users(case)) },
    Operation { name: "search_users", run: |case| Box::pin(search_users(case)) },
    Operation { name: "groups", run: |case| Box::pin(groups(case)) },
    Operation { name: "groups_of", run: |case| Box::pin(groups_of(case)) },
    Operation { name: "group_members", run: |case| Box::pin(group_members(case)) },
];

fn account(case: &Case, role: &str) -> String {
    let account = case.world.account(role);
    match case.session.deployment().kind() {
        DeploymentKind::Cloud => account.account_id.clone(),
        DeploymentKind::DataCenter => account.user_key.clone(),
    }
}

async fn current_user(case: &Case) -> Result<()> {
    assert_eq!(case.session.current_user().await?.account, account(case, "service"));
    Ok(())
}

async fn user(case: &Case) -> Result<()> {
    let found = case.session.user(&account(case, "reader")).await?;
    assert_eq!((found.account, found.display_name), (account(case, "reader"), "Reader".into()));
    if case.session.deployment().kind() == DeploymentKind::DataCenter {
        assert_eq!(case.session.user("reader").await?.account, account(case, "reader"));
    }
    let error = case.session.user("nobody").await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotVisible);
    Ok(())
}

async fn users(case: &Case) -> Result<()> {
    let (one, two) = (account(case, "reader"), account(case, "outsider"));
    let found = case.session.users(&[&one, "nobody", &two]).await?;
    let found: Vec<_> = found.into_iter().map(|user| user.account).collect();
    assert_eq!(found, [one, two]);
    Ok(())
}

async fn search_users(case: &Case) -> Result<()> {
    let found = case.session.search_users("READER", 10).await?;
    let found: Vec<_> = found.into_iter().map(|user| user.account).collect();
    assert_eq!(found, [account(case, "reader")]);
    assert_eq!(case.session.search_users("no \"such\" name", 10).await?, []);
    Ok(())
}

fn names(groups: &[Group]) -> Vec<&str> {
    groups.iter().map(|group| group.name.as_str()).collect()
}

async fn groups(case: &Case) -> Result<()> {
    let found = all(case.session.groups()).await;
    assert_eq!(names(&found), ["confluence-administrators", "confluence-users", "weir-service"]);
    let by_name = case.session.deployment().kind() == DeploymentKind::DataCenter;
    assert!(found.iter().all(|group| (group.id == group.name) == by_name));
    Ok(())
}

async fn groups_of(case: &Case) -> Result<()> {
    let found = all(case.session.groups_of(&account(case, "reader"))).await;
    assert_eq!(names(&found), ["confluence-users"]);
    Ok(())
}

/// Data Center lets administrators ask alone.
async fn group_members(case: &Case) -> Result<()> {
    let groups = all(case.other.groups()).await;
    let group = groups.iter().find(|group| group.name == "weir-service").unwrap();
    if case.session.deployment().kind() == DeploymentKind::Cloud {
        let found = all(case.session.group_members(&group.id)).await;
        assert_eq!(found[0].account, account(case, "service"));
        assert_eq!((found.len(), all(case.session.group_members("no-such")).await), (1, vec![]));
        return Ok(());
    }
    let mut refused = std::pin::pin!(case.session.group_members(&group.id));
    let refused = futures_util::TryStreamExt::try_next(&mut refused).await.unwrap_err();
    assert_eq!(refused.kind, ErrorKind::Forbidden);
    let administrator = case.world.session(DeploymentKind::DataCenter, "administrator");
    let found = all(administrator.group_members(&group.id)).await;
    assert_eq!((found.len(), &found[0].account), (1, &account(case, "service")));
    Ok(())
}
