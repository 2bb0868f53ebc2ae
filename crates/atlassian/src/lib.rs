#![doc = include_str!("../README.md")]

mod answer;
mod cloud;
mod confluence;
mod connections;
mod credential;
mod data_center;
mod deployment;
mod error;
mod excerpt;
mod fields;
mod form;
mod gate;
mod http;
pub mod jira;
mod limits;
mod link;
mod listing;
mod model;
mod oauth;
mod options;
mod realm;
mod restriction;
mod retry;
mod scopes;
mod search;
mod session;
mod wire;

pub use confluence::{
    Attachment, AttachmentId, CheckedOperation, Comment, CommentKind, ContentProperty,
    ContentVersion, CopyParts, CopyTitles, CopyTo, Download, Group, InheritedRestriction,
    InlineSelection, LongTask, LongTaskId, NewAttachment, NewBlogPost, NewSpace, NewTreeItem,
    PermittedOperation, Position, Principal, Representation, Resolution, RestrictedOperation,
    Restrictions, RoleAssignment, SpacePermission, SpaceRole, SpaceUpdate, Task, TaskFilter,
    TaskStatus, Template, TextSelection, TreeItem, TreeItemKind, TreeNode, Views,
};
pub use credential::Credential;
pub use deployment::{ConfigurationError, Deployment, DeploymentKind, Product};
pub use error::{Error, ErrorKind, FieldError, Result};
pub use http::Http;
pub use model::{
    AncestorRef, BodyFormat, ContentId, ContentKind, NewPage, Page, PageMeta, PageRights,
    PageUpdate, Restriction, RestrictionSubject, SearchHit, SearchPage, Space, User,
};
pub use oauth::{
    AuthorizationServer, Clock, CloudSite, Consent, ConsentError, MemoryTokens, OAuthApp,
    SiteChoiceError, TokenLock, TokenSet, TokenSource, TokenStore, TokenStoreError,
    accessible_sites, choose_site,
};
pub use options::{HttpOptions, NamedProxies, Proxies};
pub use realm::Realm;
pub use scopes::{
    CONFLUENCE_READ_SCOPES, CONFLUENCE_WRITE_SCOPES, JIRA_READ_SCOPES, JIRA_WRITE_SCOPES,
};
pub use session::Session;
