//! Who does what in an incident.

use quell_model::UserId;
use quell_model::process::ResponseRole;
use serde::{Deserialize, Serialize};

use super::Stamp;
use crate::Refusal;

/// What can happen to roles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", content = "body", deny_unknown_fields)]
pub enum RoleFact {
    /// Somebody takes a role. There is one commander, one deputy and one scribe: who had it before has it no more.
    #[serde(rename = "role.given")]
    Given {
        /// Which.
        role: ResponseRole,
        /// To whom.
        to: UserId,
    },
    /// Somebody leaves a role.
    #[serde(rename = "role.left")]
    Left {
        /// Which.
        role: ResponseRole,
        /// Who.
        user: UserId,
    },
}

/// Somebody in a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RoleHeld {
    /// Which.
    pub role: ResponseRole,
    /// Who.
    pub user: UserId,
    /// Since when, and who said so.
    pub stamp: Stamp,
}

/// All roles that are held.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct Roles(Vec<RoleHeld>);

impl Roles {
    /// Who holds a role.
    pub fn holders(&self, role: ResponseRole) -> impl Iterator<Item = &RoleHeld> {
        self.0.iter().filter(move |held| held.role == role)
    }

    pub(super) fn decide(&self, fact: RoleFact) -> Result<RoleFact, Refusal> {
        let (RoleFact::Given { role, to: user } | RoleFact::Left { role, user }) = &fact;
        let holds = self.holders(*role).any(|held| held.user == *user);
        match fact {
            RoleFact::Given { .. } if holds => Err(Refusal::NoChange),
            RoleFact::Left { .. } if !holds => Err(Refusal::Unknown("holder of this role", user.to_string())),
            fact => Ok(fact),
        }
    }

    pub(super) fn apply(&mut self, stamp: Stamp, fact: RoleFact) {
        match fact {
            RoleFact::Given { role, to } => {
                self.0.retain(|held| held.role != role || !(is_single(role) || held.user == to));
                self.0.push(RoleHeld { role, user: to, stamp });
            }
            RoleFact::Left { role, user } => self.0.retain(|held| held.role != role || held.user != user),
        }
    }
}

/// Whether only one person can have it.
fn is_single(role: ResponseRole) -> bool {
    matches!(role, ResponseRole::Commander | ResponseRole::Deputy | ResponseRole::Scribe)
}
