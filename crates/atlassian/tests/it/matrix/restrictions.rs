use atlassian::{
    ContentId, DeploymentKind, ErrorKind, InheritedRestriction, RestrictedOperation, Restriction,
    RestrictionSubject, Result,
};

use super::{Case, Operation};

pub(super) const OPERATIONS: &[Operation] = &[
    Operation { name: "read_restriction", run: |case| Box::pin(read_restriction(case)) },
    Operation { name: "restrictions", run: |case| Box::pin(restrictions(case)) },
    Operation {
        name: "inherited_restrictions",
        run: |case| Box::pin(inherited_restrictions(case)),
    },
    Operation { name: "set_restrictions", run: |case| Box::pin(set_restrictions(case)) },
    Operation { name: "add_restriction", run: |case| Box::pin(add_restriction(case)) },
    Operation { name: "remove_restriction", run: |case| Box::pin(remove_restriction(case)) },
];

const READ: RestrictedOperation = RestrictedOperation::Read;
const UPDATE: RestrictedOperation = RestrictedOperation::Update;

fn user(case: &Case, role: &str) -> RestrictionSubject {
    let account = case.world.account(role);
    RestrictionSubject::User(match case.session.deployment().kind() {
        DeploymentKind::Cloud => account.account_id.clone(),
        DeploymentKind::DataCenter => account.user_key.clone(),
    })
}

async fn group(case: &Case) -> RestrictionSubject {
    let groups = crate::sandboxed::all(case.other.groups()).await;
    let group = groups.into_iter().find(|group| group.name == "weir-service").unwrap();
    RestrictionSubject::Group(group.id)
}

fn only(subjects: impl IntoIterator<Item = RestrictionSubject>) -> Restriction {
    Restriction { subjects: subjects.into_iter().collect(), complete: true }
}

async fn read_restriction(case: &Case) -> Result<()> {
    let id = case.id("Deploy");
    assert_eq!(case.session.read_restriction(&id).await?, None);
    case.world.control().restrict(id.as_str(), &[], &["weir-service"]);
    let restriction = case.session.read_restriction(&id).await?;
    assert_eq!(restriction, Some(only([group(case).await])));
    Ok(())
}

async fn restrictions(case: &Case) -> Result<()> {
    let id = case.id("Deploy");
    assert_eq!(case.session.restrictions(&id).await?, atlassian::Restrictions::default());
    let subjects = [user(case, "service"), group(case).await];
    case.other.set_restrictions(&id, &subjects, &subjects[..1]).await.unwrap();
    let found = case.session.restrictions(&id).await?;
    assert_eq!(
        (found.read, found.update),
        (Some(only(subjects.clone())), Some(only([subjects[0].clone()])))
    );
    Ok(())
}

async fn inherited_restrictions(case: &Case) -> Result<()> {
    let (upper, lower) = (case.id("Home"), case.id("Deploy"));
    assert_eq!(case.session.inherited_restrictions(&lower).await?, []);
    let (first, second) = (user(case, "service"), group(case).await);
    case.other.set_restrictions(&upper, std::slice::from_ref(&first), &[]).await.unwrap();
    case.other.set_restrictions(&lower, std::slice::from_ref(&second), &[]).await.unwrap();
    let level = |id: &ContentId, subject: &RestrictionSubject| InheritedRestriction {
        content_id: id.to_string(),
        restriction: only([subject.clone()]),
    };
    let expected = [level(&upper, &first), level(&lower, &second)];
    assert_eq!(case.session.inherited_restrictions(&lower).await?, expected);
    assert_eq!(case.session.inherited_restrictions(&upper).await?, expected[..1]);
    Ok(())
}

async fn set_restrictions(case: &Case) -> Result<()> {
    let id = case.id("Deploy");
    let (me, other) = (user(case, "service"), user(case, "reader"));
    case.session.set_restrictions(&id, &[me.clone(), other], std::slice::from_ref(&me)).await?;
    let found = case.other.restrictions(&id).await.unwrap();
    assert_eq!((found.read.unwrap().subjects.len(), found.update), (2, Some(only([me]))));
    let without_me = case.session.set_restrictions(&id, &[user(case, "reader")], &[]).await;
    assert_eq!(without_me.unwrap_err().kind.code(), "atlassian_bad_request");
    case.session.set_restrictions(&id, &[], &[]).await?;
    assert_eq!(case.other.restrictions(&id).await.unwrap(), atlassian::Restrictions::default());
    Ok(())
}

async fn add_restriction(case: &Case) -> Result<()> {
    let id = case.id("Deploy");
    let (me, group) = (user(case, "service"), group(case).await);
    case.session.add_restriction(&id, READ, &me).await?;
    case.session.add_restriction(&id, READ, &group).await?;
    case.session.add_restriction(&id, READ, &group).await?;
    case.session.add_restriction(&id, UPDATE, &me).await?;
    let found = case.other.restrictions(&id).await.unwrap();
    assert_eq!((found.read, found.update), (Some(only([me.clone(), group])), Some(only([me]))));
    let reader = case.world.session(case.session.deployment().kind(), "reader");
    let hidden = reader.page(&id, atlassian::BodyFormat::None).await.unwrap_err();
    assert_eq!(hidden.kind, ErrorKind::NotVisible);
    Ok(())
}

async fn remove_restriction(case: &Case) -> Result<()> {
    let id = case.id("Deploy");
    let (me, group) = (user(case, "service"), group(case).await);
    let both = [me.clone(), group.clone()];
    case.other.set_restrictions(&id, &both, std::slice::from_ref(&me)).await.unwrap();
    case.session.remove_restriction(&id, READ, &group).await?;
    let found = case.other.restrictions(&id).await.unwrap();
    assert_eq!((found.read, found.update), (Some(only([me.clone()])), Some(only([me.clone()]))));
    case.session.remove_restriction(&id, READ, &me).await?;
    assert_eq!(case.other.restrictions(&id).await.unwrap().read, None);
    Ok(())
}
