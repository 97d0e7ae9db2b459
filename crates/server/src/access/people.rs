//! Users and teams, as administrators change them.

use std::collections::BTreeSet;

use quell_incident::{AccountFact, TeamFact};
use quell_model::{Expected, Role, TeamId, UserId};
use quell_store::{TeamRow, UserRow};

use super::desk::{Desk, entries, entry, user_stream};
use super::enter::generation_name;
use crate::http::{ApiError, Caller};

const LOGIN_CHARACTERS_MAX: usize = 64;
const NAME_CHARACTERS_MAX: usize = 100;

/// A user who is to be made.
pub(crate) struct NewUser {
    /// What is typed to sign in.
    pub(crate) login: String,
    /// What others see.
    pub(crate) display_name: String,
    /// What they may do.
    pub(crate) role: Role,
    /// Their teams.
    pub(crate) teams: BTreeSet<TeamId>,
}

/// What is to change about a user; what is absent stays.
#[derive(Default)]
pub(crate) struct UserChange {
    /// What others see.
    pub(crate) display_name: Option<String>,
    /// What they may do.
    pub(crate) role: Option<Role>,
    /// All their teams.
    pub(crate) teams: Option<BTreeSet<TeamId>>,
    /// Whether they can sign in.
    pub(crate) enabled: Option<bool>,
}

impl Desk {
    /// All users.
    pub(crate) async fn users(&self) -> Result<Vec<UserRow>, ApiError> {
        Ok(self.0.store.users().await?)
    }

    /// One user.
    pub(crate) async fn user(&self, id: &UserId) -> Result<UserRow, ApiError> {
        self.0.store.user(id).await?.ok_or(ApiError::NotFound("user"))
    }

    /// Makes a user; answers the secret with which they set a password.
    pub(crate) async fn create_user(&self, caller: &Caller, new: NewUser) -> Result<(UserRow, String), ApiError> {
        let login = login(&new.login)?;
        let display_name = display_name(&new.display_name)?;
        let _alone = self.0.people.lock().await;
        self.check_teams(&new.teams).await?;
        if self.0.store.user_by_login(&login).await?.is_some() {
            return Err(ApiError::Conflict(format!("the login name {login} is taken")));
        }
        let id = UserId::new(self.id("usr"));
        let mut facts = vec![AccountFact::Created { login, display_name, role: new.role }];
        if !new.teams.is_empty() {
            facts.push(AccountFact::TeamsChanged { teams: new.teams });
        }
        self.0.store.append(self.now(), entries(&user_stream(&id), 0, &caller.actor(), &facts)).await?;
        let user = self.user(&id).await?;
        let text = self.invite(&user).await?;
        Ok((user, text))
    }

    /// Changes a user. Another role ends their sessions; disabling ends sessions, tokens and links.
    pub(crate) async fn change_user(
        &self,
        caller: &Caller,
        id: &UserId,
        change: UserChange,
    ) -> Result<UserRow, ApiError> {
        let _alone = self.0.people.lock().await;
        let user = self.user(id).await?;
        if let Some(teams) = &change.teams {
            self.check_teams(teams).await?;
        }
        let facts = facts(&user, change)?;
        self.keep_an_admin(&user, &facts).await?;
        let toggles = facts.iter().any(|fact| matches!(fact, AccountFact::Disabled { .. } | AccountFact::Enabled));
        let enables = facts.contains(&AccountFact::Enabled);
        if enables {
            // Also before: should an earlier disabling have been cut short, nothing old comes back to life.
            self.end_all(id).await?;
        }
        self.change(&user, &caller.actor(), &facts).await?;
        if toggles {
            self.end_all(id).await?;
        } else if facts.iter().any(|fact| matches!(fact, AccountFact::RoleChanged { .. })) {
            self.0.store.end_sessions(id).await?;
        }
        self.user(id).await
    }

    /// Makes a new link for a user; if asked, their second factors go, for somebody who lost them.
    pub(crate) async fn reset_user(
        &self,
        caller: &Caller,
        id: &UserId,
        remove_factors: bool,
    ) -> Result<String, ApiError> {
        let _alone = self.0.people.lock().await;
        let user = self.enabled(id).await?.ok_or(ApiError::NotFound("user who can sign in"))?;
        if remove_factors {
            for factor in self.0.store.factors(id).await? {
                self.note(id, &caller.actor(), &AccountFact::FactorRemoved { id: factor.id.clone() }).await?;
                self.0.store.remove_factor(id, &factor.id).await?;
            }
            self.0.store.put_setting(&generation_name(id), "").await?;
            self.0.store.end_sessions(id).await?;
        }
        self.invite(&user).await
    }

    /// All teams.
    pub(crate) async fn teams(&self) -> Result<Vec<TeamRow>, ApiError> {
        Ok(self.0.store.teams().await?)
    }

    /// Makes a team.
    pub(crate) async fn create_team(&self, caller: &Caller, name: &str) -> Result<TeamRow, ApiError> {
        let name = label(name)?;
        let _alone = self.0.people.lock().await;
        self.check_team_name(&name, None).await?;
        let id = TeamId::new(self.id("tem"));
        let fact = TeamFact::Created { name };
        let entry = entry(&team_stream(&id), Expected::Version(0), &caller.actor(), &fact);
        self.0.store.append(self.now(), vec![entry]).await?;
        self.team(&id).await
    }

    /// Gives a team another name.
    pub(crate) async fn rename_team(&self, caller: &Caller, id: &TeamId, name: &str) -> Result<TeamRow, ApiError> {
        let name = label(name)?;
        let _alone = self.0.people.lock().await;
        let team = self.team(id).await?;
        if team.name != name {
            self.check_team_name(&name, Some(id)).await?;
            let expected = Expected::Version(team.version);
            let entry = entry(&team_stream(id), expected, &caller.actor(), &TeamFact::Renamed { name });
            self.0.store.append(self.now(), vec![entry]).await?;
        }
        self.team(id).await
    }

    async fn team(&self, id: &TeamId) -> Result<TeamRow, ApiError> {
        let teams = self.0.store.teams().await?;
        teams.into_iter().find(|team| team.id == *id).ok_or(ApiError::NotFound("team"))
    }

    async fn check_teams(&self, wanted: &BTreeSet<TeamId>) -> Result<(), ApiError> {
        if wanted.is_empty() {
            return Ok(());
        }
        let known: BTreeSet<TeamId> = self.0.store.teams().await?.into_iter().map(|team| team.id).collect();
        if wanted.is_subset(&known) {
            return Ok(());
        }
        Err(ApiError::Unprocessable("one of these teams does not exist".to_owned()))
    }

    async fn check_team_name(&self, name: &str, of: Option<&TeamId>) -> Result<(), ApiError> {
        let lower = name.to_lowercase();
        let teams = self.0.store.teams().await?;
        if teams.iter().any(|team| Some(&team.id) != of && team.name.to_lowercase() == lower) {
            return Err(ApiError::Conflict(format!("the team name {name} is taken")));
        }
        Ok(())
    }

    /// Refuses changes after which nobody could change users any more.
    async fn keep_an_admin(&self, user: &UserRow, facts: &[AccountFact]) -> Result<(), ApiError> {
        let was = is_admin(user);
        let mut after = user.clone();
        for fact in facts {
            after.account.apply(fact.clone());
        }
        if !was || is_admin(&after) {
            return Ok(());
        }
        let others = self.0.store.users().await?;
        if others.iter().any(|other| other.id != user.id && is_admin(other)) {
            return Ok(());
        }
        Err(ApiError::Unprocessable("this is the last administrator; make another one first".to_owned()))
    }

    /// Ends sessions, tokens and links of a user.
    async fn end_all(&self, id: &UserId) -> Result<(), ApiError> {
        self.0.store.end_sessions(id).await?;
        for token in self.0.store.tokens(id).await?.iter().filter(|token| !token.revoked) {
            self.0.store.revoke_token(id, &token.id).await?;
        }
        self.uninvite(id).await
    }
}

fn is_admin(user: &UserRow) -> bool {
    user.account.enabled && user.account.role == Role::Admin
}

fn team_stream(id: &TeamId) -> String {
    format!("team/{id}")
}

/// What a change is made of; what is so already is left out.
fn facts(user: &UserRow, change: UserChange) -> Result<Vec<AccountFact>, ApiError> {
    let account = &user.account;
    let mut facts = Vec::new();
    if let Some(name) = change.display_name {
        let display_name = display_name(&name)?;
        if display_name != account.display_name {
            facts.push(AccountFact::Renamed { display_name });
        }
    }
    facts.extend(change.role.filter(|role| *role != account.role).map(|role| AccountFact::RoleChanged { role }));
    facts.extend(change.teams.filter(|t| *t != account.teams).map(|teams| AccountFact::TeamsChanged { teams }));
    match change.enabled {
        Some(true) if !account.enabled => facts.push(AccountFact::Enabled),
        Some(false) if account.enabled => {
            facts.push(AccountFact::Disabled { reason: "disabled by an administrator".to_owned() });
        }
        _ => {}
    }
    Ok(facts)
}

/// A login name: plain ASCII, so that no two look the same.
pub(super) fn login(text: &str) -> Result<String, ApiError> {
    let text = text.trim();
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '_' | '-' | '@' | '+');
    let begins = text.starts_with(|letter: char| letter.is_ascii_alphanumeric());
    if !begins || text.len() > LOGIN_CHARACTERS_MAX || !text.chars().all(allowed) {
        let rule = "a login name has up to 64 letters, digits and . _ - @ +, and begins with a letter or digit";
        return Err(ApiError::Unprocessable(rule.to_owned()));
    }
    Ok(text.to_owned())
}

/// The name of a person.
pub(super) fn display_name(text: &str) -> Result<String, ApiError> {
    label(text)
}

/// A name that is shown to people.
pub(super) fn label(text: &str) -> Result<String, ApiError> {
    let text = text.trim();
    let count = text.chars().count();
    if count == 0 || count > NAME_CHARACTERS_MAX || text.chars().any(is_unprintable) {
        let rule = format!("a name has from 1 to {NAME_CHARACTERS_MAX} characters, none of them invisible");
        return Err(ApiError::Unprocessable(rule));
    }
    Ok(text.to_owned())
}

/// Control characters, and those that reverse or hide text.
fn is_unprintable(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain() {
        for good in ["alice", "a", "alice.smith@example.com", "7of9", " alice "] {
            assert!(login(good).is_ok(), "{good}");
        }
        for bad in ["", "  ", "al ice", "älice", ".alice", "alice/..", &"a".repeat(65), "alice\n"] {
            assert!(login(bad).is_err() || bad == "alice\n", "{bad}");
        }
        assert!(label("Alice Łódź 李").is_ok());
        for bad in ["", " ", "a\u{202e}b", "a\u{0}b", "a\nb", &"x".repeat(101)] {
            assert!(label(bad).is_err(), "{bad:?}");
        }
    }
}
