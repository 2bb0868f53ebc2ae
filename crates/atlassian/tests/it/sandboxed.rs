//! Both products, simulated: the same test bodies wherever the domain is the same.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use atlassian::{
    BodyFormat, ContentId, ContentKind, Credential, Deployment, DeploymentKind, ErrorKind, Http,
    HttpOptions, NewPage, PageMeta, PageUpdate, Product, Realm, RestrictionSubject, Session, Space,
    jira,
};
use futures_util::{Stream, TryStreamExt};
use jiff::Timestamp;
use sandbox::{AccountAccess, Content, Control, Faults, Options, Sandbox};

use crate::server::options;
use crate::traffic;

pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
    pub(crate) http: Http,
}

impl World {
    pub(crate) async fn start(content: Content) -> Self {
        let patient = HttpOptions { max_attempts: 10, ..options() };
        Self::reached_by(Http::new(patient).unwrap(), content).await
    }

    pub(crate) async fn reached_by(http: Http, content: Content) -> Self {
        let state = AtomicU64::new(1);
        let random = move |bytes: &mut [u8]| {
            for byte in bytes {
                let next = state.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
                *byte = next.to_be_bytes()[0];
            }
        };
        let options_of_sandbox = Options {
            now: Arc::new(|| Timestamp::from_second(1_795_183_200).unwrap()),
            random: Arc::new(random),
            port: 0,
            faults: Faults::default(),
        };
        let sandbox = Sandbox::start(options_of_sandbox, content).await.unwrap();
        traffic::record(&sandbox);
        Self { sandbox, http }
    }

    pub(crate) fn control(&self) -> &Control {
        self.sandbox.control()
    }

    pub(crate) fn account(&self, role: &str) -> &AccountAccess {
        let accounts = &self.sandbox.access().accounts;
        accounts.iter().find(|account| account.role == role).unwrap()
    }

    pub(crate) fn session(&self, kind: DeploymentKind, role: &str) -> Session {
        let (access, account) = (self.sandbox.access(), self.account(role));
        let (url, credential) = match kind {
            DeploymentKind::Cloud => {
                let token = account.api_token.clone().into();
                (&access.cloud.url, Credential::ApiToken { username: account.email.clone(), token })
            }
            DeploymentKind::DataCenter => {
                let token = account.personal_token.clone().into();
                (&access.data_center.url, Credential::PersonalToken { token })
            }
        };
        let deployment = Deployment::from_url(url, Some(kind)).unwrap();
        Session::new(self.http.clone(), deployment, credential)
    }

    /// Where the simulated gateway and authorization server are.
    pub(crate) fn realm(&self) -> Realm {
        let oauth = &self.sandbox.access().oauth;
        Realm::custom(&oauth.origin, &oauth.origin, &oauth.audience, ".sandbox.test").unwrap()
    }

    pub(crate) fn jira(&self, kind: DeploymentKind, role: &str) -> jira::Session {
        let (jira, account) = (&self.sandbox.access().jira, self.account(role));
        let (url, credential) = match kind {
            DeploymentKind::Cloud => {
                let token = account.api_token.clone().into();
                (&jira.cloud_url, Credential::ApiToken { username: account.email.clone(), token })
            }
            DeploymentKind::DataCenter => {
                let token = account.personal_token.clone().into();
                (&jira.data_center_url, Credential::PersonalToken { token })
            }
        };
        let deployment = Deployment::new(Product::Jira, url, Some(kind)).unwrap();
        jira::Session::new(self.http.clone(), deployment, credential)
    }

    pub(crate) fn both(&self, role: &str) -> [Session; 2] {
        PRODUCTS.map(|kind| self.session(kind, role))
    }

    pub(crate) fn id(&self, title: &str) -> ContentId {
        self.control().page_id("ENG", title).unwrap().parse().unwrap()
    }
}

const PRODUCTS: [DeploymentKind; 2] = [DeploymentKind::Cloud, DeploymentKind::DataCenter];

const EVERY_FAULT: Faults = Faults {
    rate_limit_every: Some(5),
    unavailable_every: Some(7),
    cut_every: Some(3),
    delay_ms: 0,
    html_login: false,
    index_lag: 0,
};

pub(crate) fn engineering() -> Content {
    Content::empty()
        .page("ENG", None, "Home", "<p>Hello.</p>")
        .page("ENG", Some("Home"), "Runbooks", "<p>All of them.</p>")
        .page("ENG", Some("Runbooks"), "Deploy", "<p>Push&nbsp;the <b>button</b>.</p>")
        .page("ENG", Some("Runbooks"), "Rollback", "<p>Push the other button.</p>")
        .page("OPS", None, "Rota", "<p>You.</p>")
}

pub(crate) async fn all<T>(stream: impl Stream<Item = atlassian::Result<T>>) -> Vec<T> {
    stream.try_collect().await.unwrap()
}

pub(crate) fn titles(pages: &[PageMeta]) -> Vec<&str> {
    let mut titles: Vec<_> = pages.iter().map(|page| page.title.as_str()).collect();
    titles.sort_unstable();
    titles
}

/// Everything that reading a whole site yields, as text.
async fn everything(session: &Session) -> Vec<String> {
    let mut seen = vec![format!("{:?}", session.current_user().await.unwrap())];
    let mut spaces = all(session.spaces()).await;
    spaces.sort_by(|a, b| a.key.cmp(&b.key));
    for space in spaces {
        let mut contents = all(session.pages_in_space(&space)).await;
        contents.extend(all(session.blog_posts_in_space(&space)).await);
        contents.sort_by(|a, b| a.id.cmp(&b.id));
        let mut rights = all(session.rights_in_space(&space)).await;
        rights.sort_by(|a, b| a.id.cmp(&b.id));
        for meta in contents {
            let page = session.page(&meta.id, BodyFormat::Storage).await.unwrap();
            let restriction = session.read_restriction(&meta.id).await.unwrap();
            seen.push(format!("{meta:?} {page:?} {restriction:?}"));
        }
        seen.push(format!("{space:?} {rights:?}"));
    }
    seen
}

#[tokio::test]
async fn a_whole_site_reads_the_same_through_faults() {
    let world = World::start(Content::demo()).await;
    for session in world.both("service") {
        world.control().set_faults(Faults::default());
        let calm = everything(&session).await;
        let requests = session.requests();
        world.control().set_faults(EVERY_FAULT);
        let stormy = everything(&session).await;
        assert_eq!(calm, stormy);
        assert!(session.requests() - requests > requests * 3 / 2, "no fault was met");
    }
}

#[tokio::test]
async fn both_products_tell_the_same_of_a_page() {
    let world = World::start(engineering()).await;
    let id = world.id("Deploy");
    world.control().label(id.as_str(), "runbook");
    for session in world.both("service") {
        let page = session.page(&id, BodyFormat::Storage).await.unwrap();
        assert_eq!(session.requests(), 1);
        assert_eq!(page.storage.as_deref(), Some("<p>Push&nbsp;the <b>button</b>.</p>"));
        assert_eq!(page.labels.unwrap(), ["runbook"]);
        assert_eq!((page.meta.title.as_str(), page.meta.status.as_str()), ("Deploy", "current"));
        assert_eq!((page.meta.kind, page.meta.version), (ContentKind::Page, 1));
        assert_eq!(page.meta.parent_id.as_deref(), Some(world.id("Runbooks").as_str()));
        assert_eq!(page.meta.space_key.as_deref(), Some("ENG"));
        assert!(page.meta.version_at.is_some() && page.meta.version_by.is_some());
        assert!(page.meta.url.starts_with(session.deployment().base().as_str()));
        let without = session.page(&id, BodyFormat::None).await.unwrap();
        assert_eq!(without.storage, None);
        assert_eq!(session.labels(&id).await.unwrap(), ["runbook"]);
        let ancestors = session.ancestors(&id).await.unwrap();
        let ids: Vec<_> = ancestors.iter().map(|ancestor| ancestor.id.clone()).collect();
        assert_eq!(ids, ["Home", "Runbooks"].map(|title| world.id(title).to_string()));
    }
}

#[tokio::test]
async fn listings_and_single_reads_agree() {
    let world = World::start(engineering()).await;
    for session in world.both("service") {
        let space = session.space("ENG").await.unwrap();
        assert!(all(session.spaces()).await.contains(&space));
        let listed = all(session.pages_in_space(&space)).await;
        assert_eq!(titles(&listed), ["Deploy", "Home", "Rollback", "Runbooks"]);
        for meta in listed {
            let single = session.page(&meta.id, BodyFormat::None).await.unwrap().meta;
            assert_eq!((single.version, single.version_at), (meta.version, meta.version_at));
            assert_eq!((single.url, single.parent_id), (meta.url, meta.parent_id));
        }
        let children = all(session.children(&world.id("Runbooks"))).await;
        assert_eq!(titles(&children), ["Deploy", "Rollback"]);
        let found = session.page_by_title("ENG", "Deploy", BodyFormat::None).await.unwrap();
        assert_eq!(found.unwrap().meta.id, world.id("Deploy"));
        for (space, title) in [("ENG", "Rota"), ("NOPE", "Deploy")] {
            let found = session.page_by_title(space, title, BodyFormat::None).await.unwrap();
            assert_eq!(found, None);
        }
        assert_eq!(session.space("NOPE").await.unwrap_err().kind, ErrorKind::NotVisible);
    }
}

#[tokio::test]
async fn long_listings_are_whole_and_cost_few_requests() {
    let titles: Vec<_> = (0..620).map(|number| format!("Page {number:03}")).collect();
    let content = titles.iter().fold(Content::empty(), |content, title| {
        content.page("ENG", None, title, "<p>same words</p>")
    });
    let world = World::start(content).await;
    for (session, at_most) in world.both("service").into_iter().zip([3, 25]) {
        let space = session.space("ENG").await.unwrap();
        let before = session.requests();
        let pages = all(session.pages_in_space(&space)).await;
        assert!(session.requests() - before <= at_most, "{}", session.requests() - before);
        let mut listed: Vec<_> = pages.into_iter().map(|page| page.title).collect();
        listed.sort_unstable();
        assert_eq!(listed, titles);
        assert_eq!(all(session.rights_in_space(&space)).await.len(), 620);
    }
}

#[tokio::test]
async fn search_goes_from_page_to_page() {
    let content = (0..60).fold(Content::empty(), |content, number| {
        content.page("ENG", None, &format!("Page {number:02}"), "<p>cold cache</p>")
    });
    let world = World::start(content).await;
    for session in world.both("service") {
        let (mut titles, mut cursor) = (Vec::new(), None);
        loop {
            let cql = "type = page and text ~ \"cache\"";
            let page = session.search(cql, 25, cursor.as_deref()).await.unwrap();
            assert_eq!(page.total, Some(60));
            for hit in page.hits {
                assert!(!hit.excerpt.contains("@@@"), "{}", hit.excerpt);
                assert_eq!(hit.meta.space_key.as_deref(), Some("ENG"));
                titles.push(hit.meta.title);
            }
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        titles.sort_unstable();
        titles.dedup();
        assert_eq!(titles.len(), 60);
        let refused = session.search("this is no query", 5, None).await.unwrap_err();
        assert_eq!(refused.kind.code(), "atlassian_bad_request");
    }
}

#[tokio::test]
async fn restrictions_name_whom_the_sessions_name() {
    let world = World::start(engineering()).await;
    let id = world.id("Deploy");
    let named = ["service", "reader"].map(|role| world.account(role).account_id.clone());
    world.control().restrict(id.as_str(), &[&named[0], &named[1]], &[]);
    for kind in PRODUCTS {
        let session = world.session(kind, "service");
        let restriction = session.read_restriction(&id).await.unwrap().unwrap();
        assert!(restriction.complete);
        let mut expected = Vec::new();
        for role in ["service", "reader"] {
            let user = world.session(kind, role).current_user().await.unwrap();
            expected.push(RestrictionSubject::User(user.account));
        }
        assert_eq!(restriction.subjects.len(), 2);
        assert!(expected.iter().all(|subject| restriction.subjects.contains(subject)));
        assert_eq!(session.read_restriction(&world.id("Home")).await.unwrap(), None);
        let space = session.space("ENG").await.unwrap();
        for rights in all(session.rights_in_space(&space)).await {
            let single = session.read_restriction(&rights.id).await.unwrap();
            assert_eq!(rights.restriction, single);
        }
        let outsider = world.session(kind, "outsider");
        let error = outsider.page(&id, BodyFormat::None).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::NotVisible);
        let unknown = outsider.page(&"987654321".parse().unwrap(), BodyFormat::None).await;
        assert_eq!(unknown.unwrap_err().kind, error.kind);
    }
}

#[tokio::test]
async fn groups_are_named_too() {
    let world = World::start(engineering()).await;
    let id = world.id("Deploy");
    let service = world.account("service").account_id.clone();
    world.control().join(&service, "engineers");
    world.control().restrict(id.as_str(), &[], &["engineers"]);
    for session in world.both("service") {
        let restriction = session.read_restriction(&id).await.unwrap().unwrap();
        assert!(restriction.complete);
        assert!(matches!(restriction.subjects[..], [RestrictionSubject::Group(_)]));
    }
}

#[tokio::test]
async fn writes_name_the_version_they_are_based_on() {
    let world = World::start(engineering()).await;
    for (session, title) in world.both("service").into_iter().zip(["One", "Two"]) {
        let new = NewPage {
            space_key: "ENG".into(),
            parent_id: Some(world.id("Runbooks")),
            title: title.into(),
            storage: "<p>first</p>".into(),
        };
        let page = session.create_page(&new).await.unwrap();
        assert_eq!((page.meta.version, page.meta.title.as_str()), (1, title));
        let update = PageUpdate {
            base_version: 1,
            title: title.into(),
            storage: "<p>second</p>".into(),
            message: Some("because".into()),
        };
        let updated = session.update_page(&page.meta.id, &update).await.unwrap();
        assert_eq!(updated.meta.version, 2);
        let error = session.update_page(&page.meta.id, &update).await.unwrap_err();
        assert!(matches!(error.kind, ErrorKind::Conflict { current: Some(2), .. }), "{error:?}");
        let read = session.page(&page.meta.id, BodyFormat::Storage).await.unwrap();
        assert_eq!(read.storage.as_deref(), Some("<p>second</p>"));
        assert_eq!(read.meta.parent_id.as_deref(), Some(world.id("Runbooks").as_str()));
        let duplicate = session.create_page(&new).await.unwrap_err();
        assert_eq!(duplicate.kind.code(), "atlassian_bad_request");
        let nowhere = NewPage { space_key: "NOPE".into(), ..new };
        session.create_page(&nowhere).await.unwrap_err();
    }
}

#[tokio::test]
async fn a_trashed_page_is_not_current() {
    let world = World::start(engineering()).await;
    let id = world.id("Rollback");
    world.control().trash(id.as_str());
    let [cloud, data_center] = world.both("service");
    assert_eq!(cloud.page(&id, BodyFormat::None).await.unwrap().meta.status, "trashed");
    let error = data_center.page(&id, BodyFormat::None).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotVisible);
    for session in [cloud, data_center] {
        let space = session.space("ENG").await.unwrap();
        let pages = all(session.pages_in_space(&space)).await;
        assert_eq!(titles(&pages), ["Deploy", "Home", "Runbooks"]);
    }
}

#[tokio::test]
async fn archived_pages_are_listed_with_their_status() {
    let world = World::start(engineering()).await;
    let id = world.id("Rollback");
    world.control().archive(id.as_str());
    let session = world.session(DeploymentKind::Cloud, "service");
    let space = session.space("ENG").await.unwrap();
    let pages = all(session.pages_in_space(&space)).await;
    let archived: Vec<_> = pages.iter().filter(|page| page.status == "archived").collect();
    assert_eq!((archived.len(), &archived[0].id), (1, &id));
}

#[tokio::test]
async fn folders_are_found_as_parents() {
    let content = engineering()
        .folder("ENG", Some("Home"), "Outer")
        .folder("ENG", Some("Outer"), "Inner")
        .page("ENG", Some("Inner"), "Deep", "<p>x</p>");
    let world = World::start(content).await;
    let [cloud, data_center] = world.both("service");
    let deep = cloud.page(&world.id("Deep"), BodyFormat::None).await.unwrap().meta;
    assert_eq!(deep.parent_kind.as_deref(), Some("folder"));
    let inner: ContentId = deep.parent_id.unwrap().parse().unwrap();
    let folder = cloud.folder(&inner).await.unwrap();
    assert_eq!((folder.kind, folder.title.as_str()), (ContentKind::Folder, "Inner"));
    assert_eq!(folder.parent_kind.as_deref(), Some("folder"));
    assert_eq!(titles(&all(cloud.children(&inner)).await), ["Deep"]);
    let outer: ContentId = folder.parent_id.unwrap().parse().unwrap();
    assert_eq!(titles(&all(cloud.children(&outer)).await), ["Inner"]);
    let kinds: Vec<_> = cloud.ancestors(&deep.id).await.unwrap();
    let kinds: Vec<_> = kinds.iter().map(|ancestor| ancestor.kind.as_str()).collect();
    assert_eq!(kinds, ["page", "folder", "folder"]);
    assert_eq!(cloud.read_restriction(&inner).await.unwrap(), None);
    let error = data_center.folder(&inner).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotOffered);
}

#[tokio::test]
async fn blog_posts_are_listed_and_read_apart_from_pages() {
    let content = engineering().blog_post("ENG", "We shipped", "<p>At last.</p>");
    let world = World::start(content).await;
    for session in world.both("service") {
        let space: Space = session.space("ENG").await.unwrap();
        let posts = all(session.blog_posts_in_space(&space)).await;
        assert_eq!(titles(&posts), ["We shipped"]);
        let page = session.page(&posts[0].id, BodyFormat::Storage).await.unwrap();
        assert_eq!(page.meta.kind, ContentKind::BlogPost);
        assert_eq!(page.storage.as_deref(), Some("<p>At last.</p>"));
        assert_eq!(session.labels(&posts[0].id).await.unwrap(), Vec::<String>::new());
        let rights = all(session.rights_in_space(&space)).await;
        assert!(rights.iter().any(|rights| rights.id == posts[0].id));
    }
}

#[tokio::test]
async fn a_wrong_token_is_told_apart_from_a_login_page() {
    let world = World::start(engineering()).await;
    for kind in PRODUCTS {
        let deployment = world.session(kind, "service").deployment().clone();
        let credential = match kind {
            DeploymentKind::Cloud => {
                let username = world.account("service").email.clone();
                Credential::ApiToken { username, token: "wrong".into() }
            }
            DeploymentKind::DataCenter => Credential::PersonalToken { token: "wrong".into() },
        };
        let session = Session::new(world.http.clone(), deployment, credential);
        for (html_login, expected) in
            [(false, ErrorKind::Unauthorized), (true, ErrorKind::HtmlLogin)]
        {
            world.control().set_faults(Faults { html_login, ..Faults::default() });
            assert_eq!(session.space("ENG").await.unwrap_err().kind, expected);
            assert_eq!(session.current_user().await.unwrap_err().kind, expected);
        }
        world.control().set_faults(Faults::default());
    }
}
