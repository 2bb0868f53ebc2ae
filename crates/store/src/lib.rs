#![doc = include_str!("../README.md")]

mod acl;
mod changes;
mod columns;
mod content;
mod credentials;
mod db;
mod digest;
mod environment;
mod error;
mod events;
mod identity;
mod ids;
mod jobs;
pub mod migration;
mod seal;
mod sources;
mod spaces;
mod tokens;

pub use acl::{AclClass, Clause, Rights, Subject, VisibleClasses, all_rights, intern_rights};
pub use changes::{Change, changes_after, last_change};
pub use content::{
    Ancestor, ContentKind, ContentStatus, Page, PageHeader, PutPage, children, count_pages,
    delete_page, headers_after, page, page_by_title, page_headers, put_page, stored_headers,
    withhold_page,
};
pub use credentials::{
    Credential, Visibility, account_link, credentials, delete_operators_account_links,
    put_account_link, put_credential,
};
pub use db::{Db, Write};
pub use environment::Environment;
pub use error::{Result, StoreError};
pub use events::{Event, NewEvent, append_event, events, verify_events};
pub use identity::{
    Client, Organization, Principal, PrincipalKind, Product, Site, client, delete_site,
    organization, principal, principal_by_identity, put_client, put_principal, put_site,
    site_by_url, sites,
};
pub use ids::{
    ClientId, CredentialId, EventId, JobId, OrganizationId, PrincipalId, RunId, SiteId, SourceId,
    TokenId,
};
pub use jobs::{
    Job, claim_job, delete_finished_jobs, enqueue, extend_job, finish_job, hasten_job, release_jobs,
};
pub use seal::{Keyring, Place, check_keyring, holds_sealed_rows};
pub use sources::{
    Hold, Run, RunCounts, RunState, Scope, Source, last_run, last_success, put_run, put_source,
    sources,
};
pub use spaces::{SpaceRecord, delete_space, note_rights, put_space, rights_at, spaces};
pub use tokens::{
    NewToken, OpenSpaces, Token, TokenKind, create_token, revoke_token, token_by_secret, tokens,
};
