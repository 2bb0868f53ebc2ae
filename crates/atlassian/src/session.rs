use std::sync::Arc;
use std::sync::atomic::Ordering;

use futures_util::Stream;
use futures_util::stream::StreamExt;
use jiff::Timestamp;
use reqwest::Method;
use serde::de::DeserializeOwned;
use url::Url;

use crate::answer::{Answer, Failure};
use crate::form::Form;
use crate::http::{Call, Payload, Traffic};
use crate::link::{self, Interface};
use crate::{
    AncestorRef, BodyFormat, ContentId, ContentKind, Credential, Deployment, DeploymentKind, Error,
    ErrorKind, Http, NewPage, Page, PageMeta, PageRights, PageUpdate, Product, Restriction, Result,
    SearchPage, Space, User,
};
use crate::{cloud, data_center, wire};

/// A deployment with a credential: every operation is a method here.
///
/// Cheap to clone and to make, one for each call if need be. Streams are lazy and hold one page of
/// a listing at a time; dropping one ends its requests.
#[derive(Clone)]
pub struct Session(Arc<Inner>);

struct Inner {
    http: Http,
    deployment: Deployment,
    credential: Credential,
    traffic: Traffic,
}

impl Session {
    /// Joins the three; sends nothing.
    pub fn new(http: Http, deployment: Deployment, credential: Credential) -> Self {
        Self(Arc::new(Inner { http, deployment, credential, traffic: Traffic::default() }))
    }

    /// [`Session::new`] by the way that the credential needs: grants, access tokens and API tokens
    /// with scopes work through the gateway alone, and only trying tells whether an API token has
    /// scopes. Asks for the account of the credential, once or twice.
    ///
    /// # Errors
    /// What the account's request ends in; of two the first, which went to the site's own address.
    /// A missing scope is none: the token works, for other operations.
    pub async fn connect(
        http: Http,
        deployment: Deployment,
        credential: Credential,
    ) -> Result<Self> {
        let on_site = deployment.kind() == DeploymentKind::Cloud && deployment.cloud_id().is_none();
        if on_site && credential.needs_gateway() {
            return Self::through_gateway(http, &deployment, credential).await;
        }
        let direct = Self::new(http.clone(), deployment.clone(), credential.clone());
        let refused = match direct.works().await {
            Ok(()) => return Ok(direct),
            Err(error) => error,
        };
        let may_have_scopes = matches!(credential, Credential::ApiToken { .. });
        if !(on_site && may_have_scopes && refused.kind == ErrorKind::Unauthorized) {
            return Err(refused);
        }
        let scoped = Self::through_gateway(http, &deployment, credential).await;
        scoped.map_err(|_| refused)
    }

    async fn through_gateway(
        http: Http,
        deployment: &Deployment,
        credential: Credential,
    ) -> Result<Self> {
        let cloud_id = http.cloud_id(deployment).await?;
        let through = deployment.through_gateway(&cloud_id).map_err(|error| {
            let answer = answered(deployment.base(), ErrorKind::NotCloud, &error.to_string());
            Error { status: None, ..answer }
        })?;
        let session = Self::new(http, through, credential);
        session.works().await?;
        Ok(session)
    }

    /// Whether the credential is accepted, be it for other operations than this one.
    async fn works(&self) -> Result<()> {
        match self.current_user().await {
            Err(error) if !matches!(error.kind, ErrorKind::ScopeMissing { .. }) => Err(error),
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// The site.
    pub fn deployment(&self) -> &Deployment {
        &self.0.deployment
    }

    /// Requests sent so far by this session and its clones (retries counted).
    pub fn requests(&self) -> u64 {
        self.0.traffic.sent.load(Ordering::Relaxed)
    }

    /// The site's clock as its last answer told it (`Date`, RFC 9110 section 6.6.1), to the second;
    /// `None` before an answer that does.
    pub fn site_time(&self) -> Option<Timestamp> {
        let seconds = self.0.traffic.date.load(Ordering::Relaxed);
        Timestamp::from_second(seconds).ok().filter(|_| seconds != 0)
    }

    /// The account of the credential. An anonymous answer is [`ErrorKind::Unauthorized`].
    pub async fn current_user(&self) -> Result<User> {
        let (url, user) = match self.deployment().product() {
            Product::Confluence => {
                let url = self.endpoint(Interface::V1, &["user", "current"], &[]);
                (url.clone(), self.get::<wire::User>(url).await?)
            }
            Product::Jira => {
                let url = self.endpoint(Interface::Jira, &["myself"], &[]);
                (url.clone(), self.get::<wire::Myself>(url).await?.into())
            }
        };
        if user.kind.as_deref() == Some("anonymous") {
            return Err(answered(&url, ErrorKind::Unauthorized, "the answer is for nobody"));
        }
        let display_name = user.display_name.clone().or_else(|| user.public_name.clone());
        let email = user.email.clone().filter(|email| !email.is_empty());
        let Some(account) = user.account() else {
            return Err(answered(&url, ErrorKind::Unreadable, "a user without an id"));
        };
        Ok(User { display_name: display_name.unwrap_or_else(|| account.clone()), account, email })
    }

    /// All spaces that the credential may see, archived ones included.
    pub fn spaces(&self) -> impl Stream<Item = Result<Space>> + Send + use<> {
        match self.deployment().kind() {
            DeploymentKind::Cloud => cloud::spaces(self).left_stream(),
            DeploymentKind::DataCenter => data_center::spaces(self).right_stream(),
        }
    }

    /// The space of this key; [`ErrorKind::NotVisible`] when there is none to be seen.
    pub async fn space(&self, key: &str) -> Result<Space> {
        match self.deployment().kind() {
            DeploymentKind::Cloud => cloud::space(self, key).await,
            DeploymentKind::DataCenter => data_center::space(self, key).await,
        }
    }

    /// Current and, on Cloud, archived pages (not blog posts) of one space, without bodies. Data
    /// Center archives whole spaces, whose pages stay current.
    pub fn pages_in_space(
        &self,
        space: &Space,
    ) -> impl Stream<Item = Result<PageMeta>> + Send + use<> {
        match self.deployment().kind() {
            DeploymentKind::Cloud => cloud::pages(self, space).left_stream(),
            DeploymentKind::DataCenter => data_center::contents(self, space, "page").right_stream(),
        }
    }

    /// Current blog posts of one space, without bodies.
    pub fn blog_posts_in_space(
        &self,
        space: &Space,
    ) -> impl Stream<Item = Result<PageMeta>> + Send + use<> {
        match self.deployment().kind() {
            DeploymentKind::Cloud => cloud::blog_posts(self, space).left_stream(),
            DeploymentKind::DataCenter => {
                data_center::contents(self, space, "blogpost").right_stream()
            }
        }
    }

    /// One folder. Data Center has none.
    ///
    /// There is no listing of folders: Cloud's v2 has none, and its search lags behind. They are
    /// found as the parents of pages.
    pub async fn folder(&self, id: &ContentId) -> Result<PageMeta> {
        match self.deployment().kind() {
            DeploymentKind::Cloud => cloud::folder(self, id).await,
            DeploymentKind::DataCenter => Err(self.not_offered("there are no folders")),
        }
    }

    /// One page or blog post with version and labels, and its body if asked for, in one call (a
    /// second one when there are more labels than one answer holds, or when it is a blog post on
    /// Cloud).
    ///
    /// On Cloud a page in the trash is still answered, with the status `trashed`.
    pub async fn page(&self, id: &ContentId, body: BodyFormat) -> Result<Page> {
        self.page_if(id, body, &|_| true).await
    }

    /// [`Session::page`] for somebody who may see less than the credential: one that `admits` does
    /// not take is [`ErrorKind::NotVisible`] after exactly the requests of an id that nobody has, so
    /// that the time of the answer does not tell the two apart.
    pub async fn page_if(
        &self,
        id: &ContentId,
        body: BodyFormat,
        admits: &(dyn Fn(&PageMeta) -> bool + Send + Sync),
    ) -> Result<Page> {
        match self.deployment().kind() {
            DeploymentKind::Cloud => cloud::page(self, id, body, admits).await,
            DeploymentKind::DataCenter => data_center::page(self, id, body, admits).await,
        }
    }

    /// The current page of exactly this title, or `None` when there is none to be seen in the
    /// space. On Cloud without labels.
    pub async fn page_by_title(
        &self,
        space_key: &str,
        title: &str,
        body: BodyFormat,
    ) -> Result<Option<Page>> {
        let found = match self.deployment().kind() {
            DeploymentKind::Cloud => cloud::page_by_title(self, space_key, title, body).await,
            DeploymentKind::DataCenter => {
                data_center::page_by_title(self, space_key, title, body).await
            }
        };
        match found {
            Err(error) if error.kind == ErrorKind::NotVisible => Ok(None),
            found => found,
        }
    }

    /// The pages and folders directly below a page or folder, in their order.
    pub fn children(&self, id: &ContentId) -> impl Stream<Item = Result<PageMeta>> + Send + use<> {
        match self.deployment().kind() {
            DeploymentKind::Cloud => cloud::children(self, id).left_stream(),
            DeploymentKind::DataCenter => data_center::children(self, id).right_stream(),
        }
    }

    /// All ancestors of a page, of any kind, from the root down to the parent.
    pub async fn ancestors(&self, id: &ContentId) -> Result<Vec<AncestorRef>> {
        match self.deployment().kind() {
            DeploymentKind::Cloud => cloud::ancestors(self, id).await,
            DeploymentKind::DataCenter => data_center::ancestors(self, id).await,
        }
    }

    /// All labels of a page or blog post, without the account's own (`my:`).
    pub async fn labels(&self, id: &ContentId) -> Result<Vec<String>> {
        match self.deployment().kind() {
            DeploymentKind::Cloud => cloud::labels(self, id).await,
            DeploymentKind::DataCenter => data_center::labels(self, id).await,
        }
    }

    /// The direct view restriction of one content of any kind (not inherited). `None` = not
    /// restricted.
    pub async fn read_restriction(&self, id: &ContentId) -> Result<Option<Restriction>> {
        crate::restriction::of_operation(self, id, "read").await
    }

    /// Labels and direct view restrictions of the pages and blog posts of a space, in bulk.
    ///
    /// What is absent (the search behind it lags, and leaves out archived pages) must be asked one
    /// by one; likewise a restriction that is not complete.
    pub fn rights_in_space(
        &self,
        space: &Space,
    ) -> impl Stream<Item = Result<PageRights>> + Send + use<> {
        match self.deployment().kind() {
            DeploymentKind::Cloud => cloud::rights(self, space).left_stream(),
            DeploymentKind::DataCenter => data_center::rights(self, space).right_stream(),
        }
    }

    /// One page of the results of a CQL query; `cursor` is [`SearchPage::next`] of the page before.
    pub async fn search(&self, cql: &str, limit: u32, cursor: Option<&str>) -> Result<SearchPage> {
        crate::search::search(self, cql, limit, cursor).await
    }

    /// Creates a page. Never sent twice: after a broken connection, look whether it is there.
    pub async fn create_page(&self, new: &NewPage) -> Result<Page> {
        match self.deployment().kind() {
            DeploymentKind::Cloud => cloud::create(self, new, "current").await,
            DeploymentKind::DataCenter => data_center::create(self, new, "current").await,
        }
    }

    /// Makes version `base_version + 1` of a page; if the page has moved on,
    /// [`ErrorKind::Conflict`]. Never sent twice.
    pub async fn update_page(&self, id: &ContentId, update: &PageUpdate) -> Result<Page> {
        match self.deployment().kind() {
            DeploymentKind::Cloud => cloud::update(self, id, ContentKind::Page, update).await,
            DeploymentKind::DataCenter => {
                data_center::update(self, id, ContentKind::Page, update).await
            }
        }
    }
}

impl Session {
    pub(crate) fn endpoint(
        &self,
        interface: Interface,
        segments: &[&str],
        query: &[(&str, &str)],
    ) -> Url {
        link::endpoint(self.deployment(), interface, segments, query)
    }

    pub(crate) async fn get<T: DeserializeOwned>(&self, url: Url) -> Result<T> {
        self.call(Method::GET, url, None, Answer::read).await
    }

    pub(crate) async fn send<T: DeserializeOwned>(
        &self,
        method: Method,
        url: Url,
        body: serde_json::Value,
    ) -> Result<T> {
        self.call(method, url, Some(Payload::Json(body)), Answer::read).await
    }

    /// Asks for something whose answer holds nothing that matters.
    pub(crate) async fn order(
        &self,
        method: Method,
        url: Url,
        body: Option<serde_json::Value>,
    ) -> Result<()> {
        self.call(method, url, body.map(Payload::Json), Answer::accepted).await
    }

    /// Removes something whose removal is told of.
    pub(crate) async fn remove<T: DeserializeOwned>(&self, url: Url) -> Result<T> {
        self.call(Method::DELETE, url, None, Answer::read).await
    }

    pub(crate) async fn send_form<T: DeserializeOwned>(&self, url: Url, form: Form) -> Result<T> {
        self.call(Method::POST, url, Some(Payload::Form(form)), Answer::read).await
    }

    /// Waits before what is not ready is asked for again.
    pub(crate) async fn pause(&self, turn: u32) {
        self.0.http.pause(turn).await;
    }

    /// Opens a download, which may come from another host: that one gets no credential.
    pub(crate) async fn open(&self, url: &Url) -> Result<reqwest::Response> {
        self.0.http.open(&self.0.credential, &self.0.traffic, url).await
    }

    pub(crate) async fn call<T>(
        &self,
        method: Method,
        url: Url,
        body: Option<Payload>,
        read: fn(&Answer) -> Result<T, Failure>,
    ) -> Result<T> {
        let call = Call { method, url, body };
        self.0.http.call(&self.0.credential, &self.0.traffic, &call, read).await
    }

    /// Reads the first of several addresses that is visible, and says which it was.
    ///
    /// An error other than "not visible" ends the search: only a full round of refusals means that
    /// nothing is there.
    pub(crate) async fn get_first_visible<T: DeserializeOwned>(
        &self,
        addresses: Vec<Url>,
    ) -> Result<(T, Url)> {
        let mut refused = None;
        for url in addresses {
            match self.get(url.clone()).await {
                Ok(value) => return Ok((value, url)),
                Err(error) if error.kind == ErrorKind::NotVisible => refused.get_or_insert(error),
                Err(error) => return Err(error),
            };
        }
        Err(refused.unwrap_or_else(|| {
            answered(self.deployment().base(), ErrorKind::NotVisible, "no address to ask")
        }))
    }

    /// The address of the next page of the listing that `url` answered.
    pub(crate) fn next_address(&self, url: &Url, next: &str) -> Result<Url> {
        let Some(address) = link::reroot(self.deployment(), next) else {
            return Err(answered(url, ErrorKind::ForeignLink, "the next link leads away"));
        };
        if address == *url {
            return Err(answered(url, ErrorKind::Unreadable, "the next link leads to itself"));
        }
        Ok(address)
    }
}

/// Who may see a page, as far as its listing tells.
pub(crate) type Admits<'a> = &'a (dyn Fn(&PageMeta) -> bool + Send + Sync);

/// Of a page that is there, for somebody for whom it is not.
pub(crate) fn not_admitted(url: &Url) -> Error {
    let error = answered(url, ErrorKind::NotVisible, "the caller may not see it");
    Error { status: Some(404), ..error }
}

/// Of what every Confluence answers, whoever asks and whatever it holds: a search, the list of
/// spaces. Where it is not found, the address is not Confluence's.
pub(crate) fn no_confluence(error: Error) -> Error {
    match error.kind {
        ErrorKind::NotVisible => Error { kind: ErrorKind::NotConfluence, ..error },
        _ => error,
    }
}

/// An error that only shows in the content of an otherwise good answer to a GET.
pub(crate) fn answered(url: &Url, kind: ErrorKind, detail: &str) -> Error {
    Error {
        kind,
        status: Some(200),
        method: "GET",
        path: url.path().to_owned(),
        detail: detail.to_owned(),
    }
}
