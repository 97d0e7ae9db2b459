//! Sealing anew: after the operator added a key, everything sealed with an older one.

use quell_model::ports::Random;
use quell_store::{Store, StoreError};

use super::desk::factor_owner;
use super::seal::{Keyring, SealError};

/// Seals every stored secret with the active key; returns how many were sealed anew.
///
/// # Errors
/// The store cannot be read or written, or a secret cannot be opened.
pub async fn reseal(store: &Store, keyring: Keyring, random: &dyn Random) -> Result<u64, StoreError> {
    let mut count = 0;
    for row in store.all_factors().await? {
        let owner = factor_owner(&row.user, &row.id);
        let damaged = |error: SealError| StoreError::Damaged(format!("second factor {}: {error}", row.id));
        if let Some(sealed) = keyring.reseal(random, &owner, &row.secret).map_err(damaged)? {
            store.update_factor(&row.id, &sealed, row.last_step).await?;
            count += 1;
        }
    }
    Ok(count)
}
