//! What the API offers, by resource. Each module lists its routes beside their handlers.

pub(crate) mod account;
pub(crate) mod alerts;
pub(crate) mod bundle;
pub(crate) mod carry;
pub(crate) mod communication;
pub(crate) mod console;
pub(crate) mod deliver;
pub(crate) mod directory;
pub(crate) mod drafts;
pub(crate) mod events;
pub(crate) mod evidence;
pub(crate) mod exports;
mod hand;
pub(crate) mod handbook;
pub(crate) mod incident_views;
pub(crate) mod incidents;
pub(crate) mod kin;
pub(crate) mod ledger;
pub(crate) mod metrics;
pub(crate) mod now;
pub(crate) mod opening;
pub(crate) mod pads;
mod params;
pub(crate) mod playbooks;
pub(crate) mod preferences;
pub(crate) mod presence;
pub(crate) mod reach;
pub(crate) mod reports;
pub(crate) mod rules;
pub(crate) mod runs;
pub(crate) mod setup;
pub(crate) mod shippers;
pub(crate) mod sign_in;
pub(crate) mod sources;
pub(crate) mod stream;
pub(crate) mod system;
pub(crate) mod teams;
pub(crate) mod timeline;
pub(crate) mod tokens;
pub(crate) mod triage;
pub(crate) mod tuning;
pub(crate) mod undo;
pub(crate) mod users;
pub(crate) mod work;

use crate::http::Route;

/// Every route of the server.
pub(crate) fn routes() -> Vec<Route> {
    [
        system::routes(),
        console::routes(),
        setup::routes(),
        sign_in::routes(),
        account::routes(),
        tokens::routes(),
        preferences::routes(),
        users::routes(),
        teams::routes(),
        incidents::routes(),
        presence::routes(),
        pads::routes(),
        reach::routes(),
        triage::routes(),
        work::routes(),
        timeline::routes(),
        evidence::routes(),
        bundle::routes(),
        carry::routes(),
        reports::routes(),
        exports::routes(),
        metrics::routes(),
        now::routes(),
        communication::routes(),
        directory::routes(),
        kin::routes(),
        tuning::routes(),
        rules::routes(),
        playbooks::routes(),
        drafts::routes(),
        runs::routes(),
        undo::routes(),
        handbook::routes(),
        alerts::routes(),
        events::routes(),
        sources::routes(),
        ledger::routes(),
        stream::routes(),
        deliver::routes(),
        shippers::routes(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
