//! Directories over LDAP: Active Directory, and OpenLDAP with its password policy.
//!
//! Names of accounts are escaped where they become part of a filter; what is changed is named by the directory's own answer.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use ldap3::{Ldap, LdapConnAsync, LdapConnSettings, LdapError, Mod, Scope, SearchEntry, ldap_escape};
use quell_model::action::{ActionError, ActionKind, ActionSpec, Actions, Blast, With, parameter};
use serde_json::{Value, json};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::setting::{Setting, hold};

/// How long a directory has to answer.
const WITHIN: Duration = Duration::from_secs(10);
/// `ADS_UF_ACCOUNTDISABLE`: the bit of `userAccountControl` that shuts an account (MS-ADTS 2.2.16).
const ACCOUNT_DISABLED: i64 = 2;
/// The time that means "for ever" (draft-behera-ldap-password-policy, 5.3.3).
const LOCKED_FOR_EVER: &str = "000001010000Z";

/// A directory.
#[derive(Clone)]
pub struct DirectorySettings {
    /// `ldaps://dc1.corp.example`.
    pub url: String,
    /// Whose rights Quell has, and the password.
    pub bind: (String, String),
    /// Where accounts and groups lie.
    pub base: String,
    /// What it is.
    pub kind: DirectoryKind,
    /// Certificates in DER that vouch for the server, instead of those of the machine.
    pub authorities: Vec<Vec<u8>>,
}

/// What a directory is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DirectoryKind {
    /// Active Directory, or Samba as one.
    ActiveDirectory,
    /// OpenLDAP with the overlay ppolicy.
    OpenLdap,
}

impl std::fmt::Debug for DirectorySettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DirectorySettings").field("url", &self.url).field("bind", &self.bind.0).finish_non_exhaustive()
    }
}

/// The actions of a directory.
pub fn directory_actions(settings: DirectorySettings, actions: &mut Actions) {
    let is_active = settings.kind == DirectoryKind::ActiveDirectory;
    let directory = Arc::new(Directory { settings });
    hold(Account { directory: Arc::clone(&directory), of: &DISABLE_USER, what: What::Disabled }, actions);
    hold(Account { directory: Arc::clone(&directory), of: &FORCE_RESET, what: What::MustChange }, actions);
    if is_active {
        hold(Account { directory: Arc::clone(&directory), of: &DISABLE_COMPUTER, what: What::Disabled }, actions);
    }
    hold(Membership { directory }, actions);
}

const DISABLE_USER: ActionSpec = ActionSpec {
    id: "dir.disable_user",
    title: "Shut an account of the directory",
    kind: ActionKind::Contain,
    needs: &["user"],
    d3fend: "D3-AL",
    react: &["RA3601"],
    blast: Blast::Account,
    rights: "write userAccountControl, or pwdAccountLockedTime, of accounts",
};
const FORCE_RESET: ActionSpec = ActionSpec {
    id: "dir.force_reset",
    title: "Ask for a new password at the next sign-in",
    kind: ActionKind::Contain,
    needs: &["user"],
    d3fend: "D3-CR",
    react: &[],
    blast: Blast::Account,
    rights: "write pwdLastSet, or pwdReset, of accounts",
};
const DISABLE_COMPUTER: ActionSpec = ActionSpec {
    id: "dir.disable_computer",
    title: "Shut the account of a machine",
    kind: ActionKind::Contain,
    needs: &["computer"],
    d3fend: "D3-AL",
    react: &["RA3601"],
    blast: Blast::Host,
    rights: "write userAccountControl of computers",
};
const REMOVE_FROM_GROUP: ActionSpec = ActionSpec {
    id: "dir.remove_from_group",
    title: "Take an account out of a group",
    kind: ActionKind::Contain,
    needs: &["user", "group"],
    d3fend: "D3-UAP",
    react: &[],
    blast: Blast::Account,
    rights: "write member of groups",
};

struct Directory {
    settings: DirectorySettings,
}

impl Directory {
    fn is_active(&self) -> bool {
        self.settings.kind == DirectoryKind::ActiveDirectory
    }

    async fn open(&self) -> Result<Ldap, ActionError> {
        let mut options = LdapConnSettings::new().set_conn_timeout(WITHIN);
        if !self.settings.authorities.is_empty() {
            options = options.set_config(Arc::new(trusting(&self.settings.authorities)?));
        }
        let (connection, mut ldap) =
            LdapConnAsync::with_settings(options, &self.settings.url).await.map_err(unavailable)?;
        ldap3::drive!(connection);
        let (who, password) = &self.settings.bind;
        ldap.with_timeout(WITHIN)
            .simple_bind(who, password)
            .await
            .and_then(|bound| bound.success())
            .map_err(refused)?;
        Ok(ldap)
    }

    /// The one entry that fits a filter, with an attribute of it.
    async fn entry(
        &self,
        ldap: &mut Ldap,
        filter: &str,
        attribute: &str,
    ) -> Result<(String, Vec<String>), ActionError> {
        let searched =
            ldap.with_timeout(WITHIN).search(&self.settings.base, Scope::Subtree, filter, vec![attribute]).await;
        let (found, _) = searched.and_then(|found| found.success()).map_err(refused)?;
        let mut entries = found.into_iter().filter(|entry| !entry.is_ref()).map(SearchEntry::construct);
        match (entries.next(), entries.next()) {
            (Some(mut one), None) => {
                let wanted = one.attrs.keys().find(|name| name.eq_ignore_ascii_case(attribute)).cloned();
                let values = wanted.and_then(|name| one.attrs.remove(&name)).unwrap_or_default();
                Ok((one.dn, values))
            }
            (None, _) => Err(ActionError::ByHand("the directory has no such entry".to_owned())),
            _ => Err(ActionError::Unfit("more than one entry of the directory fits".to_owned())),
        }
    }

    /// A filter for the account or the machine that the parameters name.
    fn account(&self, with: &With) -> Result<String, ActionError> {
        if let Some(computer) = with.get("computer") {
            let name = computer.split('.').next().unwrap_or_default().trim().trim_end_matches('$');
            parameter(with, "computer")?;
            return Ok(format!("(&(objectClass=computer)(sAMAccountName={}$))", ldap_escape(name)));
        }
        let user = parameter(with, "user")?.trim();
        if account_name(user).eq_ignore_ascii_case(account_name(&self.settings.bind.0)) {
            return Err(ActionError::Unfit("it is the account of Quell itself".to_owned()));
        }
        let name = ldap_escape(user).into_owned();
        Ok(match self.is_active() {
            // Logs write CORP\ada, ada@corp.example or ada.
            true => {
                let short = ldap_escape(user.rsplit('\\').next().unwrap_or_default()).into_owned();
                let user = "(objectCategory=person)(objectClass=user)";
                format!("(&{user}(|(sAMAccountName={short})(userPrincipalName={name})))")
            }
            false => format!("(&(objectClass=person)(|(uid={name})(mail={name})))"),
        })
    }
}

/// The name in `CORP\ada`, `ada@corp.example`, `cn=ada,dc=corp` or `ada`.
fn account_name(text: &str) -> &str {
    let text = text.rsplit('\\').next().unwrap_or(text);
    let first = text.split([',', '@']).next().unwrap_or(text);
    first.rsplit('=').next().unwrap_or(first).trim()
}

/// Something about an account that is on or off.
struct Account {
    directory: Arc<Directory>,
    of: &'static ActionSpec,
    what: What,
}

#[derive(Debug, Clone, Copy)]
enum What {
    Disabled,
    MustChange,
}

impl Account {
    fn attribute(&self) -> &'static str {
        match (self.what, self.directory.is_active()) {
            (What::Disabled, true) => "userAccountControl",
            (What::Disabled, false) => "pwdAccountLockedTime",
            (What::MustChange, true) => "pwdLastSet",
            (What::MustChange, false) => "pwdReset",
        }
    }

    /// What stands in the directory, as a value of the setting.
    fn state(&self, values: &[String]) -> Value {
        let number = || values.first().and_then(|value| value.parse::<i64>().ok()).unwrap_or_default();
        match (self.what, self.directory.is_active()) {
            (What::Disabled, true) => json!({ "disabled": number() & ACCOUNT_DISABLED != 0 }),
            // When it was locked, and by whom, is brought back as it was.
            (What::Disabled, false) => json!({ "locked_at": values.first() }),
            (What::MustChange, true) => json!({ "must_change": number() == 0 }),
            (What::MustChange, false) => json!({ "must_change": values.first().is_some_and(|value| value == "TRUE") }),
        }
    }

    /// What the directory is told; none takes the attribute away.
    fn told(&self, now: &[String], to: &Value) -> Option<String> {
        match (self.what, self.directory.is_active()) {
            (What::Disabled, true) => {
                let bits = now.first().and_then(|value| value.parse::<i64>().ok()).unwrap_or_default();
                let is_off = to["disabled"] == true;
                Some(if is_off { bits | ACCOUNT_DISABLED } else { bits & !ACCOUNT_DISABLED }.to_string())
            }
            (What::Disabled, false) => to["locked_at"].as_str().map(str::to_owned),
            // Active Directory takes 0 and -1 only: its lifetime begins anew when this is taken back.
            (What::MustChange, true) => Some(if to["must_change"] == true { "0" } else { "-1" }.to_owned()),
            (What::MustChange, false) => (to["must_change"] == true).then(|| "TRUE".to_owned()),
        }
    }
}

impl Setting for Account {
    fn spec(&self) -> &ActionSpec {
        self.of
    }

    async fn read(&self, with: &With) -> Result<Value, ActionError> {
        let filter = self.directory.account(with)?;
        let mut ldap = self.directory.open().await?;
        let (_, values) = self.directory.entry(&mut ldap, &filter, self.attribute()).await?;
        let _ = ldap.unbind().await;
        Ok(self.state(&values))
    }

    fn wanted(&self, _: &With, _: &Value) -> Value {
        match (self.what, self.directory.is_active()) {
            (What::Disabled, true) => json!({ "disabled": true }),
            (What::Disabled, false) => json!({ "locked_at": LOCKED_FOR_EVER }),
            (What::MustChange, _) => json!({ "must_change": true }),
        }
    }

    async fn put(&self, with: &With, to: &Value) -> Result<(), ActionError> {
        let filter = self.directory.account(with)?;
        let mut ldap = self.directory.open().await?;
        let (dn, now) = self.directory.entry(&mut ldap, &filter, self.attribute()).await?;
        let values: HashSet<String> = self.told(&now, to).into_iter().collect();
        let changed = vec![Mod::Replace(self.attribute().to_owned(), values)];
        let done = ldap.with_timeout(WITHIN).modify(&dn, changed).await.and_then(|done| done.success());
        let _ = ldap.unbind().await;
        done.map(drop).map_err(refused)
    }
}

/// Whether an account is in a group.
struct Membership {
    directory: Arc<Directory>,
}

impl Membership {
    /// The account and the group, and whether one is in the other.
    async fn of(&self, ldap: &mut Ldap, with: &With) -> Result<(String, String, bool), ActionError> {
        let (account, _) = self.directory.entry(ldap, &self.directory.account(with)?, "objectClass").await?;
        let name = ldap_escape(parameter(with, "group")?.trim()).into_owned();
        let class = if self.directory.is_active() { "group" } else { "groupOfNames" };
        let member = ldap_escape(account.as_str()).into_owned();
        let group = format!("(objectClass={class})(cn={name})");
        // The group alone, then the group with the member: the directory compares names as it does, and big groups are not read.
        let (dn, _) = self.directory.entry(ldap, &format!("(&{group})"), "objectClass").await?;
        let inside = self.directory.entry(ldap, &format!("(&{group}(member={member}))"), "objectClass").await;
        match inside {
            Ok(_) => Ok((account, dn, true)),
            Err(ActionError::ByHand(_)) => Ok((account, dn, false)),
            Err(error) => Err(error),
        }
    }
}

impl Setting for Membership {
    fn spec(&self) -> &ActionSpec {
        &REMOVE_FROM_GROUP
    }

    async fn read(&self, with: &With) -> Result<Value, ActionError> {
        let mut ldap = self.directory.open().await?;
        let (_, _, inside) = self.of(&mut ldap, with).await?;
        let _ = ldap.unbind().await;
        Ok(json!({ "member": inside }))
    }

    fn wanted(&self, _: &With, _: &Value) -> Value {
        json!({ "member": false })
    }

    async fn put(&self, with: &With, to: &Value) -> Result<(), ActionError> {
        let mut ldap = self.directory.open().await?;
        let (account, group, inside) = self.of(&mut ldap, with).await?;
        let (wanted, value) = (to["member"] == true, HashSet::from([account]));
        if inside == wanted {
            return Ok(());
        }
        let change =
            if wanted { Mod::Add("member".to_owned(), value) } else { Mod::Delete("member".to_owned(), value) };
        let done = ldap.with_timeout(WITHIN).modify(&group, vec![change]).await.and_then(|done| done.success());
        let _ = ldap.unbind().await;
        done.map(drop).map_err(refused)
    }
}

fn trusting(authorities: &[Vec<u8>]) -> Result<ClientConfig, ActionError> {
    let mut roots = RootCertStore::empty();
    for der in authorities {
        let added = roots.add(der.clone().into());
        added.map_err(|error| ActionError::Unfit(format!("the certificate of the directory: {error}")))?;
    }
    Ok(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth())
}

fn unavailable(error: LdapError) -> ActionError {
    ActionError::Unavailable(error.to_string())
}

/// What the directory answered is refused; what did not get there is unavailable.
fn refused(error: LdapError) -> ActionError {
    match error {
        LdapError::LdapResult { result } if !matches!(result.rc, 51 | 52 | 81 | 91) => {
            ActionError::Refused(result.to_string())
        }
        other => unavailable(other),
    }
}
