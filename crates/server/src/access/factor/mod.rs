//! Second factors.

mod recovery;
mod totp;
mod webauthn;

pub(crate) use recovery::{CODES, codes, recovery_hash};
pub(crate) use totp::{SECRET_BYTES, Totp};
pub(crate) use webauthn::{Passkeys, Question};
