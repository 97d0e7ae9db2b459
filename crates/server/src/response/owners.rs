//! Owners of what a step acts on: where a step asks for one, one of those who agree has to be an owner. The configuration says who
//! owns what; what nobody is said to own waits for nobody.

use std::collections::{BTreeMap, BTreeSet};

use quell_model::UserId;
use quell_playbook::run::{Call, Run, Stage, Wait};
use quell_store::StoreError;

use super::drive::is_same;
use crate::App;

/// Logins of those who own something that a call names, by any of its names.
pub(crate) fn owners(known: &BTreeMap<String, Vec<String>>, call: &Call) -> BTreeSet<String> {
    let named = |asset: &String| call.with.values().any(|value| is_same(asset.trim(), value.trim()));
    known.iter().filter(|(asset, _)| named(asset)).flat_map(|(_, logins)| logins.iter().cloned()).collect()
}

/// Owners who have accounts, for each place of a run that waits for one.
///
/// # Errors
/// The store cannot be read.
pub(super) async fn awaited(app: &App, run: &Run) -> Result<BTreeMap<u64, BTreeSet<UserId>>, StoreError> {
    let mut all = BTreeMap::new();
    for (id, token) in &run.tokens {
        let asks = run.step(token).and_then(|step| step.ours.approval.as_ref()).is_some_and(|approval| approval.owner);
        let (true, Stage::Waiting { wait: Wait::Approval { call, .. }, .. }) = (asks, &token.stage) else { continue };
        let mut ids = BTreeSet::new();
        for login in owners(&app.settings.owners, call) {
            ids.extend(app.store.user_by_login(&login).await?.filter(|user| user.account.enabled).map(|user| user.id));
        }
        all.insert(*id, ids);
    }
    Ok(all)
}
