use atlassian::jira::Assignable;
use atlassian::{DeploymentKind, ErrorKind, Result};

use super::{Case, Operation};

pub(super) const OPERATIONS: &[Operation] = &[
    Operation { name: "current_user", run: |case| Box::pin(current_user(case)) },
    Operation { name: "user", run: |case| Box::pin(user(case)) },
    Operation { name: "find_users", run: |case| Box::pin(find_users(case)) },
    Operation { name: "assignable_users", run: |case| Box::pin(assignable_users(case)) },
    Operation { name: "projects", run: |case| Box::pin(projects(case)) },
    Operation { name: "search_projects", run: |case| Box::pin(search_projects(case)) },
    Operation { name: "project", run: |case| Box::pin(project(case)) },
    Operation { name: "versions", run: |case| Box::pin(versions(case)) },
    Operation { name: "components", run: |case| Box::pin(components(case)) },
    Operation { name: "fields", run: |case| Box::pin(fields(case)) },
    Operation { name: "field_contexts", run: |case| Box::pin(field_contexts(case)) },
    Operation { name: "field_options", run: |case| Box::pin(field_options(case)) },
    Operation { name: "create_issue_types", run: |case| Box::pin(create_issue_types(case)) },
    Operation { name: "create_fields", run: |case| Box::pin(create_fields(case)) },
];

async fn current_user(case: &Case) -> Result<()> {
    let user = case.jira().current_user().await?;
    let account = case.world.account("service");
    assert!([&account.account_id, &account.username].contains(&&user.account));
    assert_eq!(user.email.as_deref(), Some("service@example.com"));
    assert_eq!((user.active, user.time_zone.as_deref()), (Some(true), Some("UTC")));
    Ok(())
}

async fn user(case: &Case) -> Result<()> {
    let known = case.aside().find_users("mara", 5).await.unwrap().remove(0);
    let user = case.jira().user(&known.account).await?;
    assert_eq!(user, known);
    if let Some(key) = &known.key {
        assert_eq!(case.jira().user(key).await?, known);
    }
    let error = case.jira().user("nobody").await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotVisible);
    Ok(())
}

async fn find_users(case: &Case) -> Result<()> {
    let found = case.jira().find_users("te", 10).await?;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].display_name, "Teo Okafor");
    assert!(case.jira().find_users("nobody", 10).await?.is_empty());
    Ok(())
}

async fn assignable_users(case: &Case) -> Result<()> {
    let of_project = case.jira().assignable_users("o", Assignable::Project("BOOK"), 10).await?;
    assert_eq!(of_project.len(), 1, "the outsider cannot be assigned: {of_project:?}");
    let of_issue = case.jira().assignable_users("o", Assignable::Issue("BOOK-1"), 10).await?;
    assert_eq!(of_issue, of_project);
    let closed = case.jira().assignable_users("o", Assignable::Issue("SEC-1"), 10).await;
    assert_eq!(closed.unwrap_err().kind, ErrorKind::NotVisible);
    Ok(())
}

async fn projects(case: &Case) -> Result<()> {
    let keys = |projects: Vec<atlassian::jira::Project>| {
        let mut keys: Vec<_> = projects.into_iter().map(|project| project.key).collect();
        keys.sort();
        keys
    };
    assert_eq!(keys(case.jira().projects(false).await?), ["BOOK", "OPS"]);
    assert_eq!(keys(case.jira().projects(true).await?), ["BOOK", "OLD", "OPS"]);
    Ok(())
}

async fn search_projects(case: &Case) -> Result<()> {
    let found = case.jira().search_projects("book", 10).await?;
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].key.as_str(), found[0].name.as_str()), ("BOOK", "Bookings"));
    assert_eq!(case.jira().search_projects("o", 1).await?.len(), 1);
    Ok(())
}

async fn project(case: &Case) -> Result<()> {
    let project = case.jira().project("BOOK").await?;
    assert_eq!(project.issue_types.len(), 5);
    assert!(project.issue_types.iter().any(|kind| kind.subtask));
    assert_eq!(project.lead.unwrap().display_name, "Mara Lindqvist");
    for hidden in ["SEC", "NOPE", "", ".."] {
        let error = case.jira().project(hidden).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::NotVisible, "{hidden}");
    }
    Ok(())
}

async fn versions(case: &Case) -> Result<()> {
    let versions = case.jira().versions("BOOK").await?;
    assert_eq!(versions.len(), 3);
    assert!(versions[0].released && !versions[1].released);
    assert_eq!(versions[1].release_date.as_deref(), Some("2026-11-26"));
    Ok(())
}

async fn components(case: &Case) -> Result<()> {
    let components = case.jira().components("BOOK").await?;
    assert_eq!(components[0].name, "API");
    assert_eq!(components[0].lead.as_ref().unwrap().display_name, "Inès Moreau");
    Ok(())
}

async fn fields(case: &Case) -> Result<()> {
    let fields = case.jira().fields().await?;
    let severity = fields.iter().find(|field| field.name == "Severity").unwrap();
    assert!(severity.custom && severity.id == "customfield_10030");
    assert_eq!(severity.schema.as_ref().unwrap().kind, "option");
    assert!(severity.clause_names.contains(&"cf[10030]".to_owned()));
    let key = fields.iter().find(|field| field.id == "issuekey").unwrap();
    assert_eq!((key.custom, &key.schema), (false, &None));
    Ok(())
}

async fn field_contexts(case: &Case) -> Result<()> {
    let error = match case.jira().field_contexts("customfield_10030").await {
        Err(error) if error.kind == ErrorKind::NotOffered => return Err(error),
        answer => answer.unwrap_err(),
    };
    assert_eq!(error.kind, ErrorKind::Forbidden, "they are the administrators'");
    let administrator = case.world.jira(DeploymentKind::Cloud, "administrator");
    let contexts = administrator.field_contexts("customfield_10030").await?;
    assert_eq!(contexts.iter().map(|one| one.global).collect::<Vec<_>>(), [true, false]);
    let of_operations =
        administrator.field_options("customfield_10030", Some(&contexts[1].id)).await?;
    assert_eq!(of_operations[0].value, "SEV1");
    Ok(())
}

async fn field_options(case: &Case) -> Result<()> {
    let asked = case.jira().field_options("customfield_10034", None).await;
    let options = match asked {
        Ok(options) => options,
        Err(error) => {
            assert_eq!(error.kind, ErrorKind::Forbidden, "they are the administrators' on Cloud");
            let administrator = case.world.jira(DeploymentKind::Cloud, "administrator");
            administrator.field_options("customfield_10034", None).await?
        }
    };
    let (europe, stockholm) = (&options[0], &options[1]);
    assert_eq!((europe.value.as_str(), stockholm.value.as_str()), ("Europe", "Stockholm"));
    assert_eq!((&europe.parent, stockholm.parent.as_ref()), (&None, Some(&europe.id)));
    assert_eq!(options.len(), 5);
    Ok(())
}

async fn create_issue_types(case: &Case) -> Result<()> {
    let kinds = case.jira().create_issue_types("OPS").await?;
    let names: Vec<_> = kinds.iter().map(|kind| kind.name.as_str()).collect();
    assert_eq!(names, ["Incident", "Task", "Sub-task"]);
    let error = case.jira().create_issue_types("SEC").await.unwrap_err();
    assert!(matches!(error.kind, ErrorKind::BadRequest { .. }), "no 404 here: {error:?}");
    Ok(())
}

async fn create_fields(case: &Case) -> Result<()> {
    let kinds = case.aside().create_issue_types("OPS").await.unwrap();
    let fields = case.jira().create_fields("OPS", &kinds[0].id).await?;
    let named = |id: &str| fields.iter().find(|field| field.id == id).unwrap();
    assert!(named("summary").required && !named("labels").required);
    assert_eq!(named("labels").operations, ["add", "set", "remove"]);
    let severities = named("customfield_10030").allowed.as_ref().unwrap();
    let names: Vec<_> = severities.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["SEV1", "SEV2", "SEV3"]);
    let regions = named("customfield_10034").allowed.as_ref().unwrap();
    assert_eq!(regions[0].below[1].name, "Frankfurt");
    assert_eq!(named("summary").allowed, None);
    Ok(())
}
