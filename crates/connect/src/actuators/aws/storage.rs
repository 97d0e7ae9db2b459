//! Buckets, the keys that they are encrypted with, and the trail that says what was done (S3, KMS, CloudTrail).

use std::sync::Arc;

use quell_model::action::{ActionError, ActionSpec, Actions, Blast, With, parameter};
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::setting::{Setting, hold};
use super::client::{Aws, Refusal};
use super::{name, spec};

/// Id of a statement that Quell adds to a policy.
const SID: &str = "QuellDeny";
const TRAIL: &str = "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101";

pub(super) fn actions(aws: &Arc<Aws>, actions: &mut Actions) {
    hold(BlockPublic { aws: Arc::clone(aws) }, actions);
    hold(DenyBucket { aws: Arc::clone(aws) }, actions);
    hold(DisableKey { aws: Arc::clone(aws) }, actions);
    hold(RestartTrail { aws: Arc::clone(aws) }, actions);
}

static BLOCK_PUBLIC: ActionSpec = spec(
    "aws.block_public_bucket",
    "Shut a bucket to the public, whatever its policies say",
    &["bucket"],
    ("", &[], Blast::Service),
    "s3:GetBucketPublicAccessBlock, s3:PutBucketPublicAccessBlock",
);
static DENY_BUCKET: ActionSpec = spec(
    "aws.deny_bucket",
    "Deny an identity everything in a bucket",
    &["bucket", "principal"],
    ("", &[], Blast::Account),
    "s3:GetBucketPolicy, s3:PutBucketPolicy, s3:DeleteBucketPolicy",
);
static DISABLE_KEY: ActionSpec = spec(
    "aws.disable_kms_key",
    "Disable a key of KMS: what it encrypts cannot be read by anybody",
    &["key"],
    ("D3-CR", &[], Blast::Service),
    "kms:DescribeKey, kms:DisableKey, kms:EnableKey",
);
static RESTART_TRAIL: ActionSpec = spec(
    "aws.restart_trail",
    "Let a trail log again",
    &["trail"],
    ("", &[], Blast::Nothing),
    "cloudtrail:GetTrailStatus, cloudtrail:StartLogging, cloudtrail:StopLogging",
);

/// A name that buckets can have; it becomes part of a path.
fn bucket(with: &With) -> Result<&str, ActionError> {
    let text = parameter(with, "bucket")?.trim();
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-');
    let fits = (3..=63).contains(&text.len()) && text.bytes().all(allowed) && !text.contains("..");
    if fits { Ok(text) } else { Err(ActionError::Unfit(format!("{text:?} is no bucket"))) }
}

struct BlockPublic {
    aws: Arc<Aws>,
}

#[derive(Deserialize)]
struct PublicAccess {
    #[serde(rename = "BlockPublicAcls", default)]
    block_acls: bool,
    #[serde(rename = "IgnorePublicAcls", default)]
    ignore_acls: bool,
    #[serde(rename = "BlockPublicPolicy", default)]
    block_policy: bool,
    #[serde(rename = "RestrictPublicBuckets", default)]
    restrict: bool,
}

impl Setting for BlockPublic {
    fn spec(&self) -> &ActionSpec {
        &BLOCK_PUBLIC
    }

    async fn read(&self, with: &With) -> Result<Value, ActionError> {
        match self.aws.bucket(Method::GET, bucket(with)?, "publicAccessBlock", "").await {
            Ok(text) => {
                let now: PublicAccess = quick_xml::de::from_str(&text)
                    .map_err(|error| ActionError::Unavailable(format!("the answer is not understood: {error}")))?;
                Ok(json!({ "blocked": [now.block_acls, now.ignore_acls, now.block_policy, now.restrict] }))
            }
            Err(Refusal::Said { code, .. }) if code == "NoSuchPublicAccessBlockConfiguration" => {
                Ok(json!({ "blocked": null }))
            }
            Err(refusal) => Err(refusal.into()),
        }
    }

    fn wanted(&self, _: &With, _: &Value) -> Value {
        json!({ "blocked": [true, true, true, true] })
    }

    async fn put(&self, with: &With, to: &Value) -> Result<(), ActionError> {
        let Some(flags) = to["blocked"].as_array() else {
            return self
                .aws
                .bucket(Method::DELETE, bucket(with)?, "publicAccessBlock", "")
                .await
                .map(drop)
                .map_err(Into::into);
        };
        let names = ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"];
        let fields: String =
            names.iter().zip(flags).map(|(name, flag)| format!("<{name}>{}</{name}>", flag == true)).collect();
        let body = format!(
            "<PublicAccessBlockConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{fields}</PublicAccessBlockConfiguration>"
        );
        self.aws.bucket(Method::PUT, bucket(with)?, "publicAccessBlock", &body).await.map(drop).map_err(Into::into)
    }
}

struct DenyBucket {
    aws: Arc<Aws>,
}

/// An identity that a policy can name.
fn principal(with: &With) -> Result<&str, ActionError> {
    let text = name(with, "principal")?;
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let fits = match parts[..] {
        ["arn", _, "iam", "", account, what] => {
            account.len() == 12
                && account.bytes().all(|b| b.is_ascii_digit())
                && (what.starts_with("user/") || what.starts_with("role/"))
        }
        _ => false,
    };
    match fits {
        true => Ok(text),
        false => {
            Err(ActionError::Unfit(format!("{text:?} is no user or role like arn:aws:iam::123456789012:user/ada")))
        }
    }
}

impl Setting for DenyBucket {
    fn spec(&self) -> &ActionSpec {
        &DENY_BUCKET
    }

    async fn read(&self, with: &With) -> Result<Value, ActionError> {
        principal(with)?;
        match self.aws.bucket(Method::GET, bucket(with)?, "policy", "").await {
            Ok(text) => serde_json::from_str::<Value>(&text)
                .map(|policy| json!({ "policy": policy }))
                .map_err(|error| ActionError::Unavailable(format!("the policy is not understood: {error}"))),
            Err(Refusal::Said { code, .. }) if code == "NoSuchBucketPolicy" => Ok(json!({ "policy": null })),
            Err(refusal) => Err(refusal.into()),
        }
    }

    fn wanted(&self, with: &With, was: &Value) -> Value {
        let (bucket, principal) = (bucket(with).unwrap_or_default(), principal(with).unwrap_or_default());
        let denied = json!({
            "Sid": SID,
            "Effect": "Deny",
            "Principal": { "AWS": principal },
            "Action": "s3:*",
            "Resource": [format!("arn:aws:s3:::{bucket}"), format!("arn:aws:s3:::{bucket}/*")],
        });
        let mut policy = was["policy"].clone();
        if policy.is_null() {
            policy = json!({ "Version": "2012-10-17", "Statement": [] });
        }
        let mut statements = match policy["Statement"].take() {
            Value::Array(all) => all,
            Value::Null => Vec::new(),
            one => vec![one],
        };
        if !statements.contains(&denied) {
            statements.push(denied);
        }
        policy["Statement"] = Value::Array(statements);
        json!({ "policy": policy })
    }

    async fn put(&self, with: &With, to: &Value) -> Result<(), ActionError> {
        let done = match &to["policy"] {
            Value::Null => self.aws.bucket(Method::DELETE, bucket(with)?, "policy", "").await,
            policy => self.aws.bucket(Method::PUT, bucket(with)?, "policy", &policy.to_string()).await,
        };
        done.map(drop).map_err(Into::into)
    }
}

struct DisableKey {
    aws: Arc<Aws>,
}

impl Setting for DisableKey {
    fn spec(&self) -> &ActionSpec {
        &DISABLE_KEY
    }

    async fn read(&self, with: &With) -> Result<Value, ActionError> {
        let key = name(with, "key")?;
        let answer = self.aws.json("kms", "TrentService.DescribeKey", json!({ "KeyId": key })).await?;
        match answer["KeyMetadata"]["KeyState"].as_str() {
            Some(state @ ("Enabled" | "Disabled")) => Ok(json!({ "enabled": state == "Enabled" })),
            state => Err(ActionError::Unfit(format!("the key is {}", state.unwrap_or("in no state that is known")))),
        }
    }

    fn wanted(&self, _: &With, _: &Value) -> Value {
        json!({ "enabled": false })
    }

    async fn put(&self, with: &With, to: &Value) -> Result<(), ActionError> {
        let target = if to["enabled"] == true { "TrentService.EnableKey" } else { "TrentService.DisableKey" };
        self.aws.json("kms", target, json!({ "KeyId": name(with, "key")? })).await.map(drop).map_err(Into::into)
    }
}

struct RestartTrail {
    aws: Arc<Aws>,
}

impl Setting for RestartTrail {
    fn spec(&self) -> &ActionSpec {
        &RESTART_TRAIL
    }

    async fn read(&self, with: &With) -> Result<Value, ActionError> {
        let call = format!("{TRAIL}.GetTrailStatus");
        let answer = self.aws.json("cloudtrail", &call, json!({ "Name": name(with, "trail")? })).await?;
        Ok(json!({ "logging": answer["IsLogging"] == true }))
    }

    fn wanted(&self, _: &With, _: &Value) -> Value {
        json!({ "logging": true })
    }

    async fn put(&self, with: &With, to: &Value) -> Result<(), ActionError> {
        let call = format!("{TRAIL}.{}", if to["logging"] == true { "StartLogging" } else { "StopLogging" });
        self.aws.json("cloudtrail", &call, json!({ "Name": name(with, "trail")? })).await.map(drop).map_err(Into::into)
    }
}
