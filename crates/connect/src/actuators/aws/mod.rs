//! AWS: identities that may do nothing any more, instances that are cut off, buckets that are shut, logging that is on again.
//!
//! What AWS says of itself is read back; whether an intruder is really kept out, only a call with the intruder's own key would
//! tell. Keys and policies take some seconds to hold everywhere.

mod client;
mod ec2;
mod iam;
mod storage;

use std::sync::Arc;

use quell_model::action::{ActionError, ActionKind, ActionSpec, Actions, Blast, With, parameter};
use quell_model::ports::Clock;

pub use client::AwsSettings;

/// The actions of an account.
pub fn aws_actions(settings: AwsSettings, clock: Arc<dyn Clock>, http: reqwest::Client, actions: &mut Actions) {
    let aws = Arc::new(client::Aws::new(settings, clock, http));
    iam::actions(&aws, actions);
    ec2::actions(&aws, actions);
    storage::actions(&aws, actions);
}

const fn spec(
    id: &'static str,
    title: &'static str,
    needs: &'static [&'static str],
    (d3fend, react, blast): (&'static str, &'static [&'static str], Blast),
    rights: &'static str,
) -> ActionSpec {
    ActionSpec { id, title, kind: ActionKind::Contain, needs, d3fend, react, blast, rights }
}

/// A user or a role, by name or by its whole ARN as records have it: of an account of ours, as another's may have the same name.
fn identity<'w>(accounts: &[String], with: &'w With, parameter_name: &str) -> Result<&'w str, ActionError> {
    let text = name(with, parameter_name)?;
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    match parts[..] {
        ["arn", _, "iam", "", account, what] if what.starts_with(&format!("{parameter_name}/")) => {
            if !accounts.iter().any(|ours| ours == account) {
                return Err(ActionError::Unfit(format!("{text} is of an account that is not configured as ours")));
            }
            Ok(what.rsplit('/').next().unwrap_or(what))
        }
        ["arn", ..] => Err(ActionError::Unfit(format!("{text} is no {parameter_name}"))),
        _ => Ok(text),
    }
}

/// A name or id as AWS gives them: letters, digits and `+=,.@_-/:`.
fn name<'w>(with: &'w With, parameter_name: &str) -> Result<&'w str, ActionError> {
    let text = parameter(with, parameter_name)?.trim();
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"+=,.@_-/:".contains(&b);
    let fits = text.len() <= 256 && text.bytes().all(allowed) && !text.starts_with('-');
    if fits { Ok(text) } else { Err(ActionError::Unfit(format!("{text:?} is no {parameter_name} as AWS has them"))) }
}
