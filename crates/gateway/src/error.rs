//! What can fail outside of a call.

/// Why the gateway could not do what it was asked. Inside text: not for callers of tools.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] store::StoreError),
    /// An index failed.
    #[error(transparent)]
    Search(#[from] search::SearchError),
    /// Atlassian refused or failed.
    #[error(transparent)]
    Atlassian(#[from] atlassian::Error),
    /// An Atlassian account was named, but there is no site that it could be an account of.
    #[error("an account belongs to a site, and no site is connected yet")]
    AccountWithoutSite,
    /// An act of administration was refused; nothing was changed.
    #[error(transparent)]
    Administration(#[from] AdministrationError),
    /// A sentence with the next step.
    #[error("{0}")]
    Other(String),
}

/// Why the operator was refused an act of administration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AdministrationError {
    /// Another principal, or the owner by a token that opens a part only: it must not make itself
    /// one that opens all.
    #[error("only the local owner, by a token that opens every space, may do this")]
    OwnerOnly,
    /// A token without a principal is for one of its own name, and this name is the owner's.
    #[error("a token named `owner` would act as the local owner")]
    OwnerUnsaid,
    /// A name, an account or a space key is empty.
    #[error("{0} is empty")]
    Empty(&'static str),
    /// A token would end before it begins.
    #[error("the token would have ended already")]
    Ended,
    /// No site is called so.
    #[error("no site is called {0}")]
    SiteUnknown(String),
    /// Another site is called so.
    #[error("another site is called {0}")]
    SiteNameTaken(String),
    /// A principal is one account on a site, in all their tokens.
    #[error("{0} has live tokens for another Atlassian account")]
    AccountDiffers(String),
}

impl AdministrationError {
    /// A stable name for programs and documents.
    pub fn code(&self) -> &'static str {
        match self {
            Self::OwnerOnly => "owner_only",
            Self::OwnerUnsaid => "owner_unsaid",
            Self::Empty(_) => "value_empty",
            Self::Ended => "expiry_passed",
            Self::SiteUnknown(_) => "site_unknown",
            Self::SiteNameTaken(_) => "site_name_taken",
            Self::AccountDiffers(_) => "account_differs",
        }
    }

    /// The next step.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::OwnerOnly => "Run the command on the machine that Weir runs on.",
            Self::OwnerUnsaid => {
                "Give the token another name, or say `--principal owner` if its bearer may do all that you may."
            }
            Self::Empty(_) => "Give it, or leave the option out.",
            Self::Ended => {
                "Give a time that is still to come; the answer's `Date` tells the server's clock."
            }
            Self::SiteUnknown(_) => "`weir status` shows what the sites are called.",
            Self::SiteNameTaken(_) => "Choose a name that `weir status` does not show.",
            Self::AccountDiffers(_) => {
                "Revoke those first (`weir token list` shows them), or name another principal."
            }
        }
    }
}
