//! Keys, users and roles (IAM, version 2010-05-08).

use std::sync::Arc;

use quell_model::action::{ActionError, ActionSpec, Actions, Blast, With};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::super::setting::{Setting, hold};
use super::client::{Aws, Refusal};
use super::{name, spec};

const IAM: (&str, &str) = ("iam", "2010-05-08");
/// A policy of AWS that denies everything.
const DENY_ALL: &str = "arn:aws:iam::aws:policy/AWSDenyAll";
/// Name of the policy that ends older sessions.
const REVOKE: &str = "QuellRevokeOlderSessions";

pub(super) fn actions(aws: &Arc<Aws>, actions: &mut Actions) {
    hold(KeyInactive { aws: Arc::clone(aws) }, actions);
    hold(DenyAll { aws: Arc::clone(aws), whom: &USER, spec: &DENY_USER }, actions);
    hold(DenyAll { aws: Arc::clone(aws), whom: &ROLE, spec: &DENY_ROLE }, actions);
    hold(RevokeSessions { aws: Arc::clone(aws) }, actions);
}

static KEY_INACTIVE: ActionSpec = spec(
    "aws.key_inactive",
    "Make an access key inactive",
    &["user", "key"],
    ("D3-CR", &[], Blast::Account),
    "iam:ListAccessKeys, iam:UpdateAccessKey",
);
static DENY_USER: ActionSpec = spec(
    "aws.deny_all",
    "Deny a user everything",
    &["user"],
    ("D3-AL", &["RA3601"], Blast::Account),
    "iam:ListAttachedUserPolicies, iam:AttachUserPolicy, iam:DetachUserPolicy",
);
static DENY_ROLE: ActionSpec = spec(
    "aws.deny_role",
    "Deny a role everything",
    &["role"],
    ("D3-AL", &["RA3601"], Blast::Service),
    "iam:ListAttachedRolePolicies, iam:AttachRolePolicy, iam:DetachRolePolicy",
);
static REVOKE_SESSIONS: ActionSpec = spec(
    "aws.revoke_sessions",
    "Deny sessions of a role everything that began before now",
    &["role"],
    ("D3-ANCI", &[], Blast::Service),
    "iam:GetRolePolicy, iam:PutRolePolicy, iam:DeleteRolePolicy",
);

struct KeyInactive {
    aws: Arc<Aws>,
}

#[derive(Deserialize)]
struct KeysAnswer {
    #[serde(rename = "ListAccessKeysResult")]
    result: Keys,
}
#[derive(Deserialize)]
struct Keys {
    #[serde(rename = "AccessKeyMetadata", default)]
    keys: Members<Key>,
}
#[derive(Deserialize)]
struct Key {
    #[serde(rename = "AccessKeyId")]
    id: String,
    #[serde(rename = "Status")]
    status: String,
}
#[derive(Deserialize)]
struct Members<T> {
    #[serde(rename = "member", default = "Vec::new")]
    members: Vec<T>,
}

impl<T> Default for Members<T> {
    fn default() -> Members<T> {
        Members { members: Vec::new() }
    }
}

impl Setting for KeyInactive {
    fn spec(&self) -> &ActionSpec {
        &KEY_INACTIVE
    }

    async fn read(&self, with: &With) -> Result<Value, ActionError> {
        let (user, id) = (self.aws.identity(with, "user")?, name(with, "key")?);
        if id == self.aws.settings.key.0 {
            return Err(ActionError::Unfit("it is the key of Quell itself".to_owned()));
        }
        let answer: KeysAnswer = self.aws.query(IAM, "ListAccessKeys", &[("UserName", user)]).await?;
        let key = answer.result.keys.members.into_iter().find(|key| key.id == id);
        let key = key.ok_or_else(|| ActionError::ByHand(format!("{user} has no key {id}")))?;
        Ok(json!({ "status": key.status }))
    }

    fn wanted(&self, _: &With, _: &Value) -> Value {
        json!({ "status": "Inactive" })
    }

    async fn put(&self, with: &With, to: &Value) -> Result<(), ActionError> {
        let status = to["status"].as_str().unwrap_or("Inactive");
        let fields =
            [("UserName", self.aws.identity(with, "user")?), ("AccessKeyId", name(with, "key")?), ("Status", status)];
        let _: IgnoredAny = self.aws.query(IAM, "UpdateAccessKey", &fields).await?;
        Ok(())
    }
}

/// Who is denied everything: how the calls are named for users, and for roles.
struct Whom {
    parameter: &'static str,
    field: &'static str,
    list: &'static str,
    attach: &'static str,
    detach: &'static str,
}

static USER: Whom = Whom {
    parameter: "user",
    field: "UserName",
    list: "ListAttachedUserPolicies",
    attach: "AttachUserPolicy",
    detach: "DetachUserPolicy",
};
static ROLE: Whom = Whom {
    parameter: "role",
    field: "RoleName",
    list: "ListAttachedRolePolicies",
    attach: "AttachRolePolicy",
    detach: "DetachRolePolicy",
};

struct DenyAll {
    aws: Arc<Aws>,
    whom: &'static Whom,
    spec: &'static ActionSpec,
}

#[derive(Deserialize)]
struct AttachedAnswer {
    #[serde(rename = "ListAttachedUserPoliciesResult", alias = "ListAttachedRolePoliciesResult")]
    result: AttachedPolicies,
}
#[derive(Deserialize)]
struct AttachedPolicies {
    #[serde(rename = "AttachedPolicies", default)]
    policies: Members<Policy>,
}
#[derive(Deserialize)]
struct Policy {
    #[serde(rename = "PolicyArn")]
    arn: String,
}

impl Setting for DenyAll {
    fn spec(&self) -> &ActionSpec {
        self.spec
    }

    async fn read(&self, with: &With) -> Result<Value, ActionError> {
        let fields = [(self.whom.field, self.aws.identity(with, self.whom.parameter)?), ("MaxItems", "1000")];
        let answer: AttachedAnswer = self.aws.query(IAM, self.whom.list, &fields).await?;
        Ok(json!({ "denied": answer.result.policies.members.iter().any(|policy| policy.arn == DENY_ALL) }))
    }

    fn wanted(&self, _: &With, _: &Value) -> Value {
        json!({ "denied": true })
    }

    async fn put(&self, with: &With, to: &Value) -> Result<(), ActionError> {
        let fields = [(self.whom.field, self.aws.identity(with, self.whom.parameter)?), ("PolicyArn", DENY_ALL)];
        let call = if to["denied"] == true { self.whom.attach } else { self.whom.detach };
        match self.aws.query::<IgnoredAny>(IAM, call, &fields).await {
            Ok(_) => Ok(()),
            // Taken back already.
            Err(Refusal::Said { code, .. }) if code == "NoSuchEntity" && to["denied"] == false => Ok(()),
            Err(refusal) => Err(refusal.into()),
        }
    }
}

/// The policy names a time, and stays as it is if it is there: who needs a later time takes the first back before.
struct RevokeSessions {
    aws: Arc<Aws>,
}

impl Setting for RevokeSessions {
    fn spec(&self) -> &ActionSpec {
        &REVOKE_SESSIONS
    }

    async fn read(&self, with: &With) -> Result<Value, ActionError> {
        let fields = [("RoleName", self.aws.identity(with, "role")?), ("PolicyName", REVOKE)];
        match self.aws.query::<IgnoredAny>(IAM, "GetRolePolicy", &fields).await {
            Ok(_) => Ok(json!({ "revoked": true })),
            Err(Refusal::Said { code, message }) if code == "NoSuchEntity" && message.contains(REVOKE) => {
                Ok(json!({ "revoked": false }))
            }
            Err(refusal) => Err(refusal.into()),
        }
    }

    fn wanted(&self, _: &With, _: &Value) -> Value {
        json!({ "revoked": true })
    }

    async fn put(&self, with: &With, to: &Value) -> Result<(), ActionError> {
        let fields = [("RoleName", self.aws.identity(with, "role")?), ("PolicyName", REVOKE)];
        if to["revoked"] == false {
            return match self.aws.query::<IgnoredAny>(IAM, "DeleteRolePolicy", &fields).await {
                Ok(_) => Ok(()),
                Err(Refusal::Said { code, .. }) if code == "NoSuchEntity" => Ok(()),
                Err(refusal) => Err(refusal.into()),
            };
        }
        let before = self.aws.now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let policy = json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Deny",
                "Action": "*",
                "Resource": "*",
                "Condition": { "DateLessThan": { "aws:TokenIssueTime": before } },
            }],
        })
        .to_string();
        let fields = [fields[0], fields[1], ("PolicyDocument", policy.as_str())];
        let _: IgnoredAny = self.aws.query(IAM, "PutRolePolicy", &fields).await?;
        Ok(())
    }
}
