//! What somebody may do, in spaces and with a content.

use futures_util::Stream;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use reqwest::Method;
use serde_json::{Value, json};
use url::Url;

use super::unreadable;
use crate::cloud::both_kinds;
use crate::fields::Fields;
use crate::link::Interface;
use crate::listing::{Incomplete, by_link, entries};
use crate::{ContentId, Result, Session, Space};

/// Whom a permission or role is given to. An open set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// A user, by the same text as [`User::account`](crate::User::account).
    User(String),
    /// A group: its id on Cloud, its name on Data Center.
    Group(String),
    /// All who have a role, by its id (Cloud).
    Role(String),
    /// All of a kind of access, such as licensed users (Cloud).
    AccessClass(String),
    /// Everybody, signed in or not (Data Center).
    Anonymous,
    /// A kind that this crate does not know, or one without an id.
    Other(String),
}

/// One permission in a space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpacePermission {
    /// Who has it.
    pub principal: Principal,
    /// What may be done: `read`, `create`, `delete`, `administer`, … An open set.
    pub operation: String,
    /// With what: `space`, `page`, `comment`, … An open set.
    pub target: String,
}

/// A role in a space (Cloud).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleAssignment {
    /// Who has it.
    pub principal: Principal,
    /// The id of the role.
    pub role_id: String,
}

/// What a role permits (Cloud).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpaceRole {
    /// Its id.
    pub id: String,
    /// The name to show.
    pub name: String,
    /// `SYSTEM`, `CUSTOM`, … An open set.
    pub kind: String,
    /// Ids of the permissions that it gives, such as `read/space`.
    pub permissions: Vec<String>,
}

/// What is asked of a permission check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckedOperation {
    /// To view.
    Read,
    /// To edit.
    Update,
    /// To delete.
    Delete,
}

/// Something that may be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PermittedOperation {
    /// `read`, `update`, `delete`, … An open set.
    pub operation: String,
    /// With what: `page`, `comment`, …
    pub target: String,
}

impl Session {
    /// The permissions given in a space. On Data Center since 9.1, for its administrators.
    pub fn space_permissions(
        &self,
        space: &Space,
    ) -> impl Stream<Item = Result<SpacePermission>> + Send + use<> {
        if self.is_cloud() {
            let path = ["spaces", space.id.as_str(), "permissions"];
            let url = self.endpoint(Interface::V2, &path, &[("limit", "250")]);
            let read = |value: Value, _: Option<&str>| Ok(Some(cloud_permission(Fields(&value))));
            return entries(by_link(self, vec![url]), read).left_stream();
        }
        let url = self.endpoint(Interface::V1, &["space", &space.key, "permissions"], &[]);
        let session = self.clone();
        let listed = stream::once(async move {
            let all: Vec<Value> = session.get(url).await?;
            let read = |value: &Value| Ok(data_center_permission(Fields(value)));
            Ok(stream::iter(all.iter().map(read).collect::<Vec<_>>()))
        });
        listed.try_flatten().right_stream()
    }

    /// The roles given in a space. Cloud only.
    pub fn role_assignments(
        &self,
        space: &Space,
    ) -> impl Stream<Item = Result<RoleAssignment>> + Send + use<> {
        if !self.is_cloud() {
            return self.nothing_offered("there are no roles").left_stream();
        }
        let path = ["spaces", space.id.as_str(), "role-assignments"];
        let url = self.endpoint(Interface::V2, &path, &[("limit", "250")]);
        let read = |value: Value, _: Option<&str>| {
            let fields = Fields(&value);
            let kind = fields.text("/principal/principalType").unwrap_or_default();
            let principal = principal(&kind, fields.text("/principal/principalId"));
            let role_id = fields.text("/roleId").ok_or(Incomplete)?;
            Ok(Some(RoleAssignment { principal, role_id }))
        };
        entries(by_link(self, vec![url]), read).right_stream()
    }

    /// The roles that there are. Cloud only.
    pub fn space_roles(&self) -> impl Stream<Item = Result<SpaceRole>> + Send + use<> {
        if !self.is_cloud() {
            return self.nothing_offered("there are no roles").left_stream();
        }
        let url = self.endpoint(Interface::V2, &["space-roles"], &[("limit", "250")]);
        let read = |value: Value, _: Option<&str>| {
            let fields = Fields(&value);
            let permissions = fields.list("/spacePermissions");
            Ok(Some(SpaceRole {
                id: fields.text("/id").ok_or(Incomplete)?,
                name: fields.text("/name").unwrap_or_default(),
                kind: fields.text("/type").unwrap_or_default(),
                permissions: permissions.filter_map(|one| one.text("")).collect(),
            }))
        };
        entries(by_link(self, vec![url]), read).right_stream()
    }

    /// Whether a user or group may do something with a content. Cloud only; asking about others
    /// needs an administrator.
    pub async fn check_permission(
        &self,
        id: &ContentId,
        principal: &Principal,
        operation: CheckedOperation,
    ) -> Result<bool> {
        if !self.is_cloud() {
            return Err(self.not_offered("permissions cannot be checked"));
        }
        let (kind, identifier) = match principal {
            Principal::User(account) => ("user", account),
            Principal::Group(group) => ("group", group),
            _ => return Err(self.not_offered("neither a user nor a group")),
        };
        let path = ["content", id.as_str(), "permission", "check"];
        let url = self.endpoint(Interface::V1, &path, &[]);
        let body = json!({
            "subject": {"type": kind, "identifier": identifier},
            "operation": match operation {
                CheckedOperation::Read => "read",
                CheckedOperation::Update => "update",
                CheckedOperation::Delete => "delete",
            },
        });
        let answer: Value = self.send(Method::POST, url.clone(), body).await?;
        let may = Fields(&answer).flag("/hasPermission");
        may.ok_or_else(|| unreadable(&url, "a permission check without an outcome"))
    }

    /// What the account of the credential may do with a page or blog post.
    pub async fn permitted_operations(&self, id: &ContentId) -> Result<Vec<PermittedOperation>> {
        let addresses = if self.is_cloud() {
            both_kinds(self, id, &["operations"], &[]).to_vec()
        } else {
            let query = [("expand", "operations")];
            vec![self.endpoint(Interface::V1, &["content", id.as_str()], &query)]
        };
        let (answer, url): (Value, Url) = self.get_first_visible(addresses).await?;
        let answer = Fields(&answer);
        if answer.at("/operations").is_none() {
            return Err(unreadable(&url, "content without operations"));
        }
        let read = |one: Fields<'_>| {
            let operation = one.text("/operation")?;
            Some(PermittedOperation { operation, target: one.text("/targetType")? })
        };
        Ok(answer.list("/operations").filter_map(read).collect())
    }
}

fn principal(kind: &str, id: Option<String>) -> Principal {
    let Some(id) = id.filter(|id| !id.is_empty()) else {
        return Principal::Other(kind.to_owned());
    };
    match kind.to_ascii_lowercase().as_str() {
        "user" => Principal::User(id),
        "group" => Principal::Group(id),
        "role" => Principal::Role(id),
        "access_class" => Principal::AccessClass(id),
        _ => Principal::Other(kind.to_owned()),
    }
}

fn cloud_permission(fields: Fields<'_>) -> SpacePermission {
    let kind = fields.text("/principal/type").unwrap_or_default();
    SpacePermission {
        principal: principal(&kind, fields.text("/principal/id")),
        operation: fields.text("/operation/key").unwrap_or_default(),
        target: fields.text("/operation/targetType").unwrap_or_default(),
    }
}

fn data_center_permission(fields: Fields<'_>) -> SpacePermission {
    let kind = fields.text("/subject/type").unwrap_or_default();
    let principal = match (kind.as_str(), fields.at("/subject")) {
        (_, None) | ("anonymous", _) => Principal::Anonymous,
        ("group", _) => {
            let name = fields.first_text(&["/subject/name", "/subject/displayName"]);
            principal("group", name)
        }
        ("known" | "user", _) => principal("user", fields.account("/subject")),
        (other, _) => Principal::Other(other.to_owned()),
    };
    SpacePermission {
        principal,
        operation: fields.text("/operation/operationKey").unwrap_or_default(),
        target: fields.text("/operation/targetType").unwrap_or_default(),
    }
}
