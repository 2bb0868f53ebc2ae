//! Each operation on each kind of site with each kind of credential, over real HTTP. What ran is
//! the table of `docs/reference/operations.md`.
//!
//! An operation that is not in [`FAMILIES`] fails `every_operation_is_tried`; a cell that does
//! neither what the operation promises nor says that the site does not offer it fails
//! `the_reference_says_what_ran`, and so does a committed table that says something else.

mod attachments;
mod comments;
mod content;
mod extras;
mod jira;
mod labels;
mod pages;
mod people;
mod permissions;
mod properties;
mod restrictions;
mod spaces;
mod tree;
mod versions;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;

use atlassian::{
    AuthorizationServer, CONFLUENCE_READ_SCOPES, CONFLUENCE_WRITE_SCOPES, Clock, ContentId,
    Credential, Deployment, DeploymentKind, ErrorKind, Http, HttpOptions, JIRA_READ_SCOPES,
    JIRA_WRITE_SCOPES, MemoryTokens, OAuthApp, Product, Result, Session, TokenSource,
};
use futures_util::FutureExt;
use sandbox::Content;

use crate::sandboxed::{World, engineering};
use crate::server::options;

/// One operation, and how it is shown to work: an error is that of the operation itself, whatever
/// else is wrong panics.
pub(crate) struct Operation {
    name: &'static str,
    run: for<'a> fn(&'a Case) -> Pin<Box<dyn Future<Output = Result<()>> + 'a>>,
}

/// What an operation is tried on: a site of its own.
pub(crate) struct Case {
    pub(crate) world: World,
    /// Under test.
    pub(crate) session: Session,
    /// The same credential on the same site, for what comes before and after.
    pub(crate) other: Session,
}

impl Case {
    pub(crate) fn id(&self, title: &str) -> ContentId {
        self.world.id(title)
    }
}

/// A column of the table.
struct Cell {
    name: &'static str,
    kind: DeploymentKind,
    way: Way,
    credential: fn(&World) -> Credential,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Direct,
    Gateway,
}

const CELLS: [Cell; 5] = [
    Cell {
        name: "Cloud, API token",
        kind: DeploymentKind::Cloud,
        way: Way::Direct,
        credential: api_token,
    },
    Cell {
        name: "Cloud gateway, API token with scopes",
        kind: DeploymentKind::Cloud,
        way: Way::Gateway,
        credential: scoped_token,
    },
    Cell {
        name: "Cloud gateway, OAuth",
        kind: DeploymentKind::Cloud,
        way: Way::Gateway,
        credential: grant,
    },
    Cell {
        name: "Data Center, personal access token",
        kind: DeploymentKind::DataCenter,
        way: Way::Direct,
        credential: personal_token,
    },
    Cell {
        name: "Data Center, password",
        kind: DeploymentKind::DataCenter,
        way: Way::Direct,
        credential: password,
    },
];

/// What people are told to select, and for the contexts of fields what administrators have.
fn scopes() -> Vec<&'static str> {
    let confluence = [&CONFLUENCE_READ_SCOPES[..], &CONFLUENCE_WRITE_SCOPES].concat();
    let jira = [&JIRA_READ_SCOPES[..], &JIRA_WRITE_SCOPES, &["manage:jira-configuration"]].concat();
    [confluence, jira].concat()
}

fn scoped_token(world: &World) -> Credential {
    let account = world.account("service");
    let token = world.control().scoped_token(&account.account_id, &scopes());
    Credential::ApiToken { username: account.email.clone(), token: token.into() }
}

fn grant(world: &World) -> Credential {
    world.control().set_service_scopes(&scopes());
    let client = &world.sandbox.access().oauth.service;
    let app = OAuthApp {
        server: AuthorizationServer::Cloud(world.realm()),
        client_id: client.client_id.clone(),
        client_secret: client.client_secret.clone().into(),
        redirect_uri: String::new(),
        scopes: Vec::new(),
        pkce: false,
    };
    let clock: Clock = Arc::new(|| jiff::Timestamp::from_second(1_795_183_200).unwrap());
    let store = Arc::new(MemoryTokens::default());
    Credential::Grant(TokenSource::of_service(world.http.clone(), app, store, clock))
}

fn api_token(world: &World) -> Credential {
    let account = world.account("service");
    Credential::ApiToken {
        username: account.email.clone(),
        token: account.api_token.clone().into(),
    }
}

fn personal_token(world: &World) -> Credential {
    let account = world.account("service");
    Credential::PersonalToken { token: account.personal_token.clone().into() }
}

fn password(world: &World) -> Credential {
    let account = world.account("service");
    let token = account.personal_token.clone().into();
    Credential::ApiToken { username: account.username.clone(), token }
}

const FAMILIES: &[(&str, &[Operation])] = &[
    ("Reading and writing pages", content::OPERATIONS),
    ("Spaces", spaces::OPERATIONS),
    ("Drafts, trash, move and copy, blog posts", pages::OPERATIONS),
    ("The tree", tree::OPERATIONS),
    ("Versions", versions::OPERATIONS),
    ("Attachments", attachments::OPERATIONS),
    ("Comments", comments::OPERATIONS),
    ("Labels", labels::OPERATIONS),
    ("Content properties", properties::OPERATIONS),
    ("Restrictions", restrictions::OPERATIONS),
    ("Permissions and roles", permissions::OPERATIONS),
    ("Users and groups", people::OPERATIONS),
    ("Tasks, likes, views, templates, conversion", extras::OPERATIONS),
];

/// Methods of a session that ask nothing of the site, or only whether the credential works.
const NO_OPERATIONS: [&str; 5] = ["new", "connect", "deployment", "requests", "site_time"];

#[tokio::test]
async fn the_reference_says_what_ran() {
    let http = Http::new(HttpOptions { max_attempts: 1, ..options() }).unwrap();
    let mut page = String::from(HEAD);
    let mut failed = Vec::new();
    let confluence = FAMILIES.iter().map(|family| (Product::Confluence, family));
    let jira = jira::FAMILIES.iter().map(|family| (Product::Jira, family));
    for (product, (family, operations)) in confluence.chain(jira) {
        let names: Vec<_> = CELLS.iter().map(|cell| cell.name).collect();
        write!(page, "\n## {family}\n\n| operation | {} |\n", names.join(" | ")).unwrap();
        page.push_str(&"|---".repeat(CELLS.len() + 1));
        page.push_str("|\n");
        for operation in *operations {
            write!(page, "| `{}` |", operation.name).unwrap();
            for cell in &CELLS {
                // What panics says why by itself; the others shall be tried all the same.
                let outcome =
                    AssertUnwindSafe(tried(&http, product, operation, cell)).catch_unwind().await;
                let error = match outcome {
                    Ok(Ok(outcome)) => {
                        write!(page, " {outcome} |").unwrap();
                        continue;
                    }
                    Ok(Err(error)) => format!("{error:?}"),
                    Err(_) => "panicked".to_owned(),
                };
                failed.push(format!("{} on {}: {error}", operation.name, cell.name));
            }
            page.push('\n');
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
    let committed = std::fs::read_to_string(root().join("docs/reference/operations.md"));
    if committed.is_ok_and(|committed| committed == page) {
        return;
    }
    let now = Path::new(env!("CARGO_TARGET_TMPDIR")).join("operations.md");
    std::fs::write(&now, page).unwrap();
    panic!("docs/reference/operations.md says something else; copy {} over it", now.display());
}

const HEAD: &str = "# Operations

What each operation of `atlassian::Session`, and for Jira of `atlassian::jira::Session`, does on each
kind of site, with each kind of credential.
The tests of `crates/atlassian` write this page from what they ran against the simulated site, and
fail when it says something else: *yes* is an operation that did what it promises, its effect read
back; *not offered* is one that the interface of the site does not have, refused
(`atlassian_not_offered`) without a request.
";

/// What the cell says.
async fn tried(
    http: &Http,
    product: Product,
    operation: &Operation,
    cell: &Cell,
) -> Result<&'static str> {
    let content = match product {
        Product::Confluence => engineering().blog_post("ENG", "We shipped", "<p>At last.</p>"),
        Product::Jira => Content::demo(),
    };
    let world = World::reached_by(http.clone(), content).await;
    let site = match product {
        Product::Confluence => world.session(cell.kind, "service").deployment().clone(),
        Product::Jira => world.jira(cell.kind, "service").deployment().clone(),
    };
    let deployment = match cell.way {
        Way::Direct => site,
        Way::Gateway => {
            let site = Deployment::in_realm(product, site.base().as_str(), world.realm()).unwrap();
            site.through_gateway(&world.sandbox.access().oauth.cloud_id).unwrap()
        }
    };
    let credential = (cell.credential)(&world);
    let session = || Session::new(http.clone(), deployment.clone(), credential.clone());
    let case = Case { session: session(), other: session(), world };
    match (operation.run)(&case).await {
        Ok(()) => {
            assert!(
                case.session.requests() > 0,
                "{} on {} asks nothing",
                operation.name,
                cell.name
            );
            Ok("yes")
        }
        Err(error) if error.kind == ErrorKind::NotOffered => {
            assert_eq!(case.session.requests(), 0, "{} on {}", operation.name, cell.name);
            Ok("not offered")
        }
        Err(error) => Err(error),
    }
}

#[test]
fn every_operation_is_tried() {
    let tried: Vec<&str> =
        FAMILIES.iter().flat_map(|(_, all)| all.iter()).map(|o| o.name).collect();
    let distinct: BTreeSet<&str> = tried.iter().copied().collect();
    assert_eq!(tried.len(), distinct.len(), "an operation is tried twice");
    let sources = [root().join("crates/atlassian/src/session.rs")]
        .into_iter()
        .chain(files(&root().join("crates/atlassian/src/confluence")));
    let offered: BTreeSet<String> = sources
        .flat_map(|source| operations_of(&std::fs::read_to_string(source).unwrap()))
        .collect();
    assert!(offered.contains("create_page"), "the sources are read wrongly");
    let offered: BTreeSet<&str> = offered.iter().map(String::as_str).collect();
    assert_eq!(offered, distinct);
}

/// Names of the public methods of `impl Session` blocks.
fn operations_of(source: &str) -> Vec<String> {
    let blocks = source.split("\nimpl Session {\n").skip(1);
    let blocks = blocks.map(|block| block.split("\n}\n").next().unwrap_or_default());
    let methods = blocks.flat_map(str::lines).filter_map(|line| {
        let rest = line.strip_prefix("    pub ")?;
        let rest = rest.strip_prefix("async ").unwrap_or(rest).strip_prefix("fn ")?;
        rest.split(['(', '<']).next()
    });
    methods.filter(|name| !NO_OPERATIONS.contains(name)).map(str::to_owned).collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
