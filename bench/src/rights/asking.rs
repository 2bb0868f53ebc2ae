//! A gateway in front of a simulated site, asked by people with tokens.

use std::collections::BTreeSet;
use std::sync::Arc;

use atlassian::{Credential, Deployment, DeploymentKind, Http, HttpOptions};
use gateway::{
    Call, Caller, Gateway, GatewayOptions, IssueToken, NewSite, Outcome, Output, Transport,
};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use store::{
    Db, Environment, Keyring, OpenSpaces, RunState, Scope, Site, Source, SourceId, TokenKind,
    Visibility,
};

use super::site::{Page, Person, SPACES, SimulatedSite};
use crate::{Failure, environment};

/// An id and a word that no site has.
const UNKNOWN_ID: &str = "987654321";
const UNKNOWN_WORD: &str = "markzzx";

pub(super) struct Asking {
    environment: Environment,
    gateway: Gateway,
    site: Site,
    source: Source,
    data_center: bool,
}

impl Asking {
    /// Connects the site by its service account, for all to see what the mirror maps to them.
    pub(super) async fn new(site: &SimulatedSite, data_center: bool) -> Result<Self, Failure> {
        let environment = environment::standing();
        let gateway = Gateway::new(GatewayOptions {
            environment: environment.clone(),
            db: Db::in_memory(&environment).await?,
            keyring: Keyring::from_bytes([7; 32]),
            http: Http::new(HttpOptions::new(Arc::new(|| 0.5)))?,
            indexes: None,
        })
        .await?;
        let site = gateway.connect_site(new_site(site, data_center)?).await?;
        let id = SourceId::new(&environment);
        let source =
            Source { id, site: site.id.clone(), name: "all".to_owned(), scope: Scope::AllSpaces };
        let mut write = gateway.db().write().await?;
        store::put_source(&mut write, &source).await?;
        write.commit().await?;
        Ok(Self { environment, gateway, site, source, data_center })
    }

    pub(super) async fn mirror(&self) -> Result<(), Failure> {
        let session = self.gateway.session_for_mirror(&self.site.id).await?;
        let db = self.gateway.db();
        let run =
            mirror::run(&self.environment, db, &self.site, &self.source, &session, &|_| {}).await?;
        if run.state != RunState::Succeeded {
            return Err(format!("the mirror did not succeed: {:?}", run.error).into());
        }
        Ok(self.gateway.catch_up_indexes().await.map(drop)?)
    }

    /// Asks everything that a person can ask.
    pub(super) async fn holds(&self, site: &SimulatedSite, person: &Person) -> Result<(), Failure> {
        let caller = self.caller(site, person).await?;
        let (seen, hidden): (Vec<usize>, Vec<usize>) =
            (0..site.pages.len()).partition(|number| site.may_see(person, *number));
        let seen: Vec<&Page> = seen.into_iter().map(|number| &site.pages[number]).collect();
        let hidden: Vec<&Page> = hidden.into_iter().map(|number| &site.pages[number]).collect();
        let asked = Asked { gateway: &self.gateway, caller: &caller, person, hidden: &hidden };
        for page in &hidden {
            asked.page_does_not_exist(page).await?;
        }
        for page in &seen {
            asked.page_is_read(page, site, &seen).await?;
        }
        asked.all_are_found(&seen).await?;
        asked.pages_are_counted(seen.len()).await
    }

    async fn caller(&self, site: &SimulatedSite, person: &Person) -> Result<Caller, Failure> {
        let account = person.role.and_then(|role| site.account(role));
        let account = account.map(|account| {
            if self.data_center { account.user_key.clone() } else { account.account_id.clone() }
        });
        let owner = self.gateway.local_owner(Transport::CommandLine).await?;
        let new = IssueToken {
            name: "agent".to_owned(),
            // One principal for each person: a link belongs to a principal.
            principal: self.environment.uuid().to_string(),
            kind: TokenKind::Mcp,
            atlassian_account: account,
            opens: person.opens.clone(),
            expires_at: None,
        };
        let issued = self.gateway.issue_token(&owner, new).await?;
        let secret = issued.secret.expose_secret();
        let caller = self.gateway.caller_for_token(secret, TokenKind::Mcp, Transport::Http).await?;
        caller.ok_or_else(|| "a fresh token is refused".into())
    }
}

fn new_site(site: &SimulatedSite, data_center: bool) -> Result<NewSite, Failure> {
    let access = site.sandbox.access();
    let (url, kind, credential) = if data_center {
        let token = access.data_center.personal_token.clone().into();
        let credential = Credential::PersonalToken { token };
        (&access.data_center.url, DeploymentKind::DataCenter, credential)
    } else {
        let username = access.cloud.username.clone();
        let token = access.cloud.api_token.clone().into();
        (&access.cloud.url, DeploymentKind::Cloud, Credential::ApiToken { username, token })
    };
    Ok(NewSite {
        name: "wiki".to_owned(),
        deployment: Deployment::from_url(url, Some(kind))?,
        credential,
        visibility: Visibility::Mapped,
        owner: None,
    })
}

struct Asked<'a> {
    gateway: &'a Gateway,
    caller: &'a Caller,
    person: &'a Person,
    hidden: &'a [&'a Page],
}

impl Asked<'_> {
    /// Asks, and holds the answer to the one law: it tells of nothing hidden.
    async fn ask(&self, tool: &str, arguments: Value) -> Result<Outcome, Failure> {
        let Value::Object(given) = arguments.clone() else { return Err("no arguments".into()) };
        let call = Call { tool: tool.to_owned(), arguments: given };
        let outcome = self.gateway.dispatch(self.caller, call).await;
        if outcome.event.is_none() {
            return Err(format!("{tool} {arguments} left no event").into());
        }
        let said = said(&outcome)?;
        for Page { id, mark, .. } in self.hidden {
            if said.contains(mark.as_str()) || said.contains(&format!("\"{id}\"")) {
                return Err(self.broken(tool, &arguments, &format!("tells of {mark}: {said}")));
            }
        }
        Ok(outcome)
    }

    /// The answer's objects, for what must be answered.
    async fn answered(&self, tool: &str, arguments: Value) -> Result<Output, Failure> {
        let outcome = self.ask(tool, arguments.clone()).await?;
        outcome.result.map_err(|refusal| {
            self.broken(tool, &arguments, &format!("is refused: {}", refusal.message))
        })
    }

    async fn told_alike(&self, tool: &str, one: Value, other: Value) -> Result<(), Failure> {
        let known = said(&self.ask(tool, one.clone()).await?)?;
        let unknown = said(&self.ask(tool, other).await?)?;
        if known == unknown {
            return Ok(());
        }
        Err(self.broken(tool, &one, &format!("is not answered as an unknown one: {known}")))
    }

    async fn page_does_not_exist(&self, page: &Page) -> Result<(), Failure> {
        for (tool, argument) in [
            ("fetch", "id"),
            ("confluence_get_page", "page_id"),
            ("confluence_get_page_children", "parent_id"),
        ] {
            self.told_alike(tool, json!({argument: page.id}), json!({argument: UNKNOWN_ID}))
                .await?;
        }
        let titled = |title: &str| json!({"title": title, "space_key": page.space});
        self.told_alike("confluence_get_page", titled(&page.title), titled("Nothing")).await?;
        for tool in ["search", "confluence_search"] {
            let of = |word: &str| json!({"query": word});
            self.told_alike(tool, of(&page.mark), of(UNKNOWN_WORD)).await?;
        }
        Ok(())
    }

    async fn page_is_read(
        &self,
        page: &Page,
        site: &SimulatedSite,
        seen: &[&Page],
    ) -> Result<(), Failure> {
        for (tool, arguments) in [
            ("confluence_get_page", json!({"page_id": page.id})),
            ("confluence_get_page", json!({"title": page.title, "space_key": page.space})),
            ("fetch", json!({"id": page.id})),
        ] {
            let output = self.answered(tool, arguments.clone()).await?;
            self.same(tool, &arguments, &output, &BTreeSet::from([page.id.as_str()]))?;
        }
        let children = seen
            .iter()
            .filter(|child| child.parent.is_some_and(|parent| site.pages[parent].id == page.id));
        let arguments = json!({"parent_id": page.id, "limit": 50});
        let output = self.answered("confluence_get_page_children", arguments.clone()).await?;
        let children = children.map(|child| child.id.as_str()).collect();
        self.same("confluence_get_page_children", &arguments, &output, &children)
    }

    async fn all_are_found(&self, seen: &[&Page]) -> Result<(), Failure> {
        let arguments = json!({"query": "everybody words", "limit": 50});
        let mut output = self.answered("confluence_search", arguments.clone()).await?;
        output.items.retain(|item| item.data["title"] != "Home");
        let expected = seen.iter().map(|page| page.id.as_str()).collect();
        self.same("confluence_search", &arguments, &output, &expected)
    }

    async fn pages_are_counted(&self, seen: usize) -> Result<(), Failure> {
        let homes = match &self.person.opens {
            OpenSpaces::All => SPACES.len(),
            OpenSpaces::None => 0,
            OpenSpaces::Keys(keys) => keys.len(),
        };
        let counted: u64 =
            self.gateway.overview(self.caller).await?.sites.iter().map(|site| site.pages).sum();
        if counted == (seen + homes) as u64 {
            return Ok(());
        }
        Err(format!("{:?} is told of {counted} pages, not {}", self.person, seen + homes).into())
    }

    fn same(
        &self,
        tool: &str,
        arguments: &Value,
        output: &Output,
        expected: &BTreeSet<&str>,
    ) -> Result<(), Failure> {
        let ids = ids(output);
        if ids == *expected {
            return Ok(());
        }
        Err(self.broken(tool, arguments, &format!("answers {ids:?}, not {expected:?}")))
    }

    fn broken(&self, tool: &str, arguments: &Value, what: &str) -> Failure {
        format!("{:?}: {tool} {arguments} {what}", self.person).into()
    }
}

fn ids(output: &Output) -> BTreeSet<&str> {
    output.items.iter().filter_map(|item| item.data["id"].as_str()).collect()
}

/// All of an answer but the event's id.
fn said(outcome: &Outcome) -> Result<String, Failure> {
    Ok(match &outcome.result {
        Ok(output) => serde_json::to_string(output)?,
        Err(refusal) => format!("{refusal:?}"),
    })
}
