use atlassian::Result;

use super::{Case, Operation};

pub(super) const OPERATIONS: &[Operation] = &[
    Operation { name: "labels", run: |case| Box::pin(labels(case)) },
    Operation { name: "add_labels", run: |case| Box::pin(add_labels(case)) },
    Operation { name: "remove_label", run: |case| Box::pin(remove_label(case)) },
];

async fn labels(case: &Case) -> Result<()> {
    let id = case.id("Deploy");
    case.world.control().label(id.as_str(), "runbook");
    assert_eq!(case.session.labels(&id).await?, ["runbook"]);
    Ok(())
}

async fn add_labels(case: &Case) -> Result<()> {
    for title in ["Deploy", "We shipped"] {
        let id = case.id(title);
        case.session.add_labels(&id, &["Runbook", "on-call"]).await?;
        assert_eq!(case.other.labels(&id).await.unwrap(), ["on-call", "runbook"]);
        case.session.add_labels(&id, &["two words"]).await.unwrap_err();
    }
    Ok(())
}

async fn remove_label(case: &Case) -> Result<()> {
    let id = case.id("Deploy");
    case.other.add_labels(&id, &["a", "b"]).await.unwrap();
    case.session.remove_label(&id, "a").await?;
    assert_eq!(case.other.labels(&id).await.unwrap(), ["b"]);
    Ok(())
}
