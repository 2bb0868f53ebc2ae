//! The four accounts that every sandbox has, and the groups that always exist.

use crate::access::AccountAccess;
use crate::credentials::credentials;
use crate::site::{Account, Person, Site};

/// Everybody who may use the site; the outsider is not in it.
pub(crate) const USERS: &str = "confluence-users";
const ADMINISTRATORS: &str = "confluence-administrators";
/// The service account alone: restrictions that shall let a mirror in name it.
const SERVICE_GROUP: &str = "weir-service";

/// In the order in which [`accounts`] makes them.
pub(crate) const ROLES: [&str; 4] = ["service", "reader", "outsider", "administrator"];
pub(crate) const SERVICE: Person = Person(0);
pub(crate) const ADMINISTRATOR: Person = Person(3);

/// The four accounts with fresh credentials. Ids are fixed, so that a body may mention them.
pub(crate) fn accounts(random: &(dyn Fn(&mut [u8]) + Send + Sync)) -> Vec<Account> {
    ROLES
        .iter()
        .enumerate()
        .map(|(number, role)| {
            let first = format!("{}{}", role[..1].to_uppercase(), &role[1..]);
            Account {
                account_id: format!("712020:00000000-0000-4000-8000-00000000000{number}"),
                user_key: format!("ff8080810000000000000000000000{number:02}"),
                username: (*role).to_owned(),
                display_name: first,
                email: format!("{role}@example.com"),
                time_zone: "UTC".to_owned(),
                administrator: *role == "administrator",
                credentials: Some(credentials(random)),
            }
        })
        .collect()
}

/// Puts the four into the groups that always exist.
pub(crate) fn join_groups(site: &mut Site) {
    let roles: Vec<(Person, &str)> =
        (0..).map(Person).zip(ROLES).filter(|(_, role)| *role != "outsider").collect();
    for (person, role) in roles {
        site.add_to_group(USERS, person);
        match role {
            "administrator" => site.add_to_group(ADMINISTRATORS, person),
            "service" => site.add_to_group(SERVICE_GROUP, person),
            _ => {}
        }
    }
}

/// What is told to whoever started the sandbox.
pub(crate) fn access(site: &Site) -> Vec<AccountAccess> {
    site.people()
        .zip(ROLES)
        .map(|((_, account), role)| {
            let (api_token, personal_token) = match &account.credentials {
                Some(found) => (found.api_token.clone(), found.personal_token.clone()),
                None => (String::new(), String::new()),
            };
            AccountAccess {
                role: role.to_owned(),
                account_id: account.account_id.clone(),
                user_key: account.user_key.clone(),
                username: account.username.clone(),
                display_name: account.display_name.clone(),
                email: account.email.clone(),
                api_token,
                scoped_api_token: String::new(),
                personal_token,
            }
        })
        .collect()
}
