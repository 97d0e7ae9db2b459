//! What can be set, with defaults that suit one machine.

use std::collections::BTreeMap;

use quell_incident::deadline::Calendar;

use crate::AccessSettings;
use crate::response::Automatic;

/// Settings of a server.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Scheme, host and port under which users reach it, if that is not where it listens (behind a proxy, with a name).
    pub public_origin: Option<String>,
    /// Sign-in.
    pub access: AccessSettings,
    /// Bytes of deliveries that may wait to be stored; more wait at the door.
    pub intake_bytes_max: usize,
    /// Chunks that may be stored and not yet matched; beyond it deliveries are told to come back.
    pub backlog_chunks_max: u64,
    /// Observations that the story thread holds; older ones are forgotten, except evidence of incidents.
    pub observations_max: usize,
    /// Records among which a duplicate is found.
    pub dedupe_records: usize,
    /// Connections open at once.
    pub connections_max: usize,
    /// Days that events are kept; none for ever.
    pub events_days: Option<u32>,
    /// How the organisation works on incidents.
    pub process: ProcessSettings,
    /// Hosts, accounts, addresses that no playbook ever touches.
    pub never_touch: Vec<String>,
    /// What depends on what: names of services, teams and machines by the host or account that they need.
    pub dependents: BTreeMap<String, Vec<String>>,
    /// Changes in an hour, over all runs: beyond it something is wrong, and nothing more is changed.
    pub changes_hourly_max: u64,
    /// Playbooks that begin without a person.
    pub automatic: Vec<Automatic>,
    /// Logins of those who own a host, an account or an address, by any of its names.
    pub owners: BTreeMap<String, Vec<String>>,
    /// Who hears of runs that wait.
    pub tell: crate::Tell,
}

/// How an organisation works on incidents.
#[derive(Debug, Clone)]
pub struct ProcessSettings {
    /// Id of the framework that incidents are looked at under, unless another is chosen for one.
    pub framework: String,
    /// Ids of regimes that the organisation is under: for each incident somebody decides whether they apply.
    pub regimes: Vec<String>,
    /// Its time zone and days off.
    pub calendar: Calendar,
}

impl Default for ProcessSettings {
    fn default() -> ProcessSettings {
        ProcessSettings {
            framework: quell_content::process::NEUTRAL.to_owned(),
            regimes: Vec::new(),
            calendar: Calendar::utc(),
        }
    }
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            public_origin: None,
            access: AccessSettings::default(),
            intake_bytes_max: 64 << 20,
            backlog_chunks_max: 20_000,
            observations_max: 400_000,
            dedupe_records: 512 << 10,
            connections_max: 12_000,
            events_days: Some(90),
            process: ProcessSettings::default(),
            never_touch: Vec::new(),
            dependents: BTreeMap::new(),
            changes_hourly_max: 200,
            automatic: Vec::new(),
            owners: BTreeMap::new(),
            tell: crate::Tell::default(),
        }
    }
}
