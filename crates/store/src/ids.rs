use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Environment;

macro_rules! id {
    ($($(#[$documentation:meta])* $name:ident),* $(,)?) => { $(
        $(#[$documentation])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, sqlx::Type)]
        #[serde(try_from = "String")]
        #[sqlx(transparent)]
        pub struct $name(pub(crate) String);

        impl $name {
            /// A new id: a UUID of version 7 as text.
            pub fn new(environment: &Environment) -> Self {
                Self(environment.uuid().to_string())
            }

            /// The id as lower-case text with hyphens.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(&self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Ok(Self(uuid::Uuid::parse_str(text)?.to_string()))
            }
        }

        impl TryFrom<String> for $name {
            type Error = uuid::Error;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }
    )* };
}

impl SiteId {
    /// When the id was made, to the millisecond, as it says itself (RFC 9562 section 5.7). What is no
    /// UUID of version 7 was made before all others.
    pub fn made_at(&self) -> Timestamp {
        let uuid = uuid::Uuid::parse_str(&self.0).ok();
        let made = uuid.and_then(|uuid| uuid.get_timestamp()).and_then(|stamp| {
            let (seconds, nanoseconds) = stamp.to_unix();
            Timestamp::new(seconds.try_into().ok()?, nanoseconds.try_into().ok()?).ok()
        });
        made.unwrap_or(Timestamp::MIN)
    }
}

id! {
    /// Names an [`Organization`](crate::Organization).
    OrganizationId,
    /// Names a [`Site`](crate::Site).
    SiteId,
    /// Names a [`Principal`](crate::Principal).
    PrincipalId,
    /// Names a [`Client`](crate::Client).
    ClientId,
    /// Names a [`Token`](crate::Token).
    TokenId,
    /// Names a [`Credential`](crate::Credential).
    CredentialId,
    /// Names a [`Source`](crate::Source).
    SourceId,
    /// Names a [`Run`](crate::Run).
    RunId,
    /// Names an [`Event`](crate::Event).
    EventId,
    /// Names a [`Job`](crate::Job).
    JobId,
}
