//! Access: who somebody is, and how they prove it. Sign-in, sessions, tokens, second factors, OpenID Connect, accounts.
//!
//! [`Desk`] is the way in. What must always hold here:
//! - Secrets that Quell gives out are kept as hashes, secrets that it must read again are sealed, passwords are argon2id.
//! - No answer tells whether a login exists: same status, same text, same time.
//! - Every request loads its account anew, so that disabling it or changing its role acts at once.
//! - Signing in locally needs nobody else (invariant 13).
//! - Every change is an entry of the ledger; no secret is.

mod desk;
mod enter;
mod factor;
mod fetch;
mod links;
mod oidc;
mod own;
mod password;
mod people;
mod provider;
mod reseal;
mod seal;
mod secret;
mod session;
mod settings;
mod shelf;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod throttle;
mod token;
mod visit;

pub(crate) use desk::Desk;
pub(crate) use enter::{Code, Entered};
pub(crate) use links::FirstUser;
pub(crate) use own::NewToken;
pub(crate) use people::{NewUser, UserChange};
pub use reseal::reseal;
pub use seal::{Keyring, SealError};
pub(crate) use settings::AccessParts;
pub use settings::{AccessSettings, OidcSettings};
pub(crate) use visit::Visit;
