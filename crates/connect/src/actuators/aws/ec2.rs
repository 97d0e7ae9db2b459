//! Instances and their networks (EC2, version 2016-11-15).

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use quell_model::action::{Acted, ActionError, ActionKind, ActionSpec, Actions, Blast, Plain, With, parameter};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::super::setting::{Setting, hold};
use super::client::Aws;
use super::{name, spec};

const EC2: (&str, &str) = ("ec2", "2016-11-15");
/// Rules of a network access list below this number are ours: the first that fits decides.
const RULES_BELOW: u32 = 90;
/// Tag of what Quell makes.
const TAG: &str = "quell";

pub(super) fn actions(aws: &Arc<Aws>, actions: &mut Actions) {
    if let Some(group) = aws.settings.isolation_group.clone() {
        hold(IsolateInstance { aws: Arc::clone(aws), group }, actions);
    }
    hold(DetachProfile { aws: Arc::clone(aws) }, actions);
    hold(DenyAddress { aws: Arc::clone(aws) }, actions);
    actions.plain(Arc::new(Snapshot { aws: Arc::clone(aws) }));
}

static ISOLATE_INSTANCE: ActionSpec = spec(
    "aws.isolate_instance",
    "Give an instance the security group without rules in place of its own",
    &["instance"],
    ("D3-NI", &[], Blast::Host),
    "ec2:DescribeInstances, ec2:ModifyNetworkInterfaceAttribute",
);
static DETACH_PROFILE: ActionSpec = spec(
    "aws.detach_profile",
    "Take the role away from an instance",
    &["instance"],
    ("D3-CR", &[], Blast::Host),
    "ec2:DescribeIamInstanceProfileAssociations, ec2:DisassociateIamInstanceProfile, ec2:AssociateIamInstanceProfile, \
     iam:PassRole",
);
static DENY_ADDRESS: ActionSpec = spec(
    "aws.deny_address",
    "Deny an address in the access list of a subnet",
    &["address", "subnet"],
    ("D3-NTF", &["RA3101"], Blast::Service),
    "ec2:DescribeNetworkAcls, ec2:CreateNetworkAclEntry, ec2:DeleteNetworkAclEntry",
);
static SNAPSHOT: ActionSpec = ActionSpec {
    kind: ActionKind::Read,
    ..spec(
        "aws.snapshot",
        "Take snapshots of all volumes of an instance",
        &["instance"],
        ("", &[], Blast::Nothing),
        "ec2:DescribeInstances, ec2:CreateSnapshots, ec2:DescribeSnapshots, ec2:CreateTags",
    )
};

#[derive(Deserialize)]
struct Items<T> {
    #[serde(rename = "item", default = "Vec::new")]
    items: Vec<T>,
}

impl<T> Default for Items<T> {
    fn default() -> Items<T> {
        Items { items: Vec::new() }
    }
}

#[derive(Deserialize)]
struct InstancesAnswer {
    #[serde(rename = "reservationSet", default)]
    reservations: Items<Reservation>,
}
#[derive(Deserialize)]
struct Reservation {
    #[serde(rename = "instancesSet", default)]
    instances: Items<Instance>,
}
#[derive(Deserialize)]
struct Instance {
    #[serde(rename = "networkInterfaceSet", default)]
    interfaces: Items<Interface>,
}
#[derive(Deserialize)]
struct Interface {
    #[serde(rename = "networkInterfaceId")]
    id: String,
    #[serde(rename = "groupSet", default)]
    groups: Items<Group>,
}
#[derive(Deserialize)]
struct Group {
    #[serde(rename = "groupId")]
    id: String,
}

async fn instance(aws: &Aws, with: &With) -> Result<Instance, ActionError> {
    let id = name(with, "instance")?;
    let answer: InstancesAnswer = aws.query(EC2, "DescribeInstances", &[("InstanceId.1", id)]).await?;
    let instance = answer.reservations.items.into_iter().flat_map(|one| one.instances.items).next();
    instance.ok_or_else(|| ActionError::ByHand(format!("there is no instance {id}")))
}

struct IsolateInstance {
    aws: Arc<Aws>,
    group: String,
}

impl Setting for IsolateInstance {
    fn spec(&self) -> &ActionSpec {
        &ISOLATE_INSTANCE
    }

    async fn read(&self, with: &With) -> Result<Value, ActionError> {
        let groups = |interface: Interface| {
            let mut groups: Vec<String> = interface.groups.items.into_iter().map(|group| group.id).collect();
            groups.sort();
            (interface.id, groups)
        };
        let interfaces = instance(&self.aws, with).await?.interfaces.items;
        match interfaces.into_iter().map(groups).collect::<BTreeMap<_, _>>() {
            interfaces if interfaces.is_empty() => Err(ActionError::Unfit("the instance has no interface".to_owned())),
            interfaces => Ok(json!({ "groups": interfaces })),
        }
    }

    fn wanted(&self, _: &With, was: &Value) -> Value {
        let only_ours = |id: &String| (id.clone(), json!([self.group]));
        let interfaces: serde_json::Map<_, _> =
            was["groups"].as_object().into_iter().flat_map(|all| all.keys()).map(only_ours).collect();
        json!({ "groups": interfaces })
    }

    async fn put(&self, _: &With, to: &Value) -> Result<(), ActionError> {
        for (interface, groups) in to["groups"].as_object().into_iter().flatten() {
            let groups = groups.as_array().into_iter().flatten().filter_map(Value::as_str);
            let named: Vec<(String, &str)> =
                (1..).zip(groups).map(|(number, group)| (format!("SecurityGroupId.{number}"), group)).collect();
            let mut fields = vec![("NetworkInterfaceId", interface.as_str())];
            fields.extend(named.iter().map(|(name, group)| (name.as_str(), *group)));
            let _: IgnoredAny = self.aws.query(EC2, "ModifyNetworkInterfaceAttribute", &fields).await?;
        }
        Ok(())
    }
}

struct DetachProfile {
    aws: Arc<Aws>,
}

#[derive(Deserialize)]
struct ProfilesAnswer {
    #[serde(rename = "iamInstanceProfileAssociationSet", default)]
    associations: Items<Association>,
}
#[derive(Deserialize)]
struct Association {
    #[serde(rename = "associationId")]
    id: String,
    #[serde(rename = "iamInstanceProfile")]
    profile: Profile,
    state: String,
}
#[derive(Deserialize)]
struct Profile {
    arn: String,
}

impl DetachProfile {
    async fn association(&self, with: &With) -> Result<Option<Association>, ActionError> {
        let fields = [("Filter.1.Name", "instance-id"), ("Filter.1.Value.1", name(with, "instance")?)];
        let answer: ProfilesAnswer = self.aws.query(EC2, "DescribeIamInstanceProfileAssociations", &fields).await?;
        Ok(answer.associations.items.into_iter().find(|one| matches!(one.state.as_str(), "associated" | "associating")))
    }
}

impl Setting for DetachProfile {
    fn spec(&self) -> &ActionSpec {
        &DETACH_PROFILE
    }

    async fn read(&self, with: &With) -> Result<Value, ActionError> {
        instance(&self.aws, with).await?;
        Ok(json!({ "profile": self.association(with).await?.map(|one| one.profile.arn) }))
    }

    fn wanted(&self, _: &With, _: &Value) -> Value {
        json!({ "profile": null })
    }

    async fn put(&self, with: &With, to: &Value) -> Result<(), ActionError> {
        match (self.association(with).await?, to["profile"].as_str()) {
            (Some(one), None) => {
                let fields = [("AssociationId", one.id.as_str())];
                let _: IgnoredAny = self.aws.query(EC2, "DisassociateIamInstanceProfile", &fields).await?;
            }
            (None, Some(profile)) => {
                let fields = [("InstanceId", name(with, "instance")?), ("IamInstanceProfile.Arn", profile)];
                let _: IgnoredAny = self.aws.query(EC2, "AssociateIamInstanceProfile", &fields).await?;
            }
            _ => {}
        }
        Ok(())
    }
}

struct DenyAddress {
    aws: Arc<Aws>,
}

#[derive(Deserialize)]
struct ListsAnswer {
    #[serde(rename = "networkAclSet", default)]
    lists: Items<AccessList>,
}
#[derive(Deserialize)]
struct AccessList {
    #[serde(rename = "networkAclId")]
    id: String,
    #[serde(rename = "entrySet", default)]
    entries: Items<Entry>,
}
#[derive(Deserialize)]
struct Entry {
    #[serde(rename = "ruleNumber")]
    number: u32,
    #[serde(rename = "ruleAction")]
    action: String,
    protocol: String,
    egress: bool,
    #[serde(rename = "cidrBlock", alias = "ipv6CidrBlock")]
    network: Option<String>,
}

impl DenyAddress {
    async fn list(&self, with: &With) -> Result<AccessList, ActionError> {
        let subnet = name(with, "subnet")?;
        let fields = [("Filter.1.Name", "association.subnet-id"), ("Filter.1.Value.1", subnet)];
        let answer: ListsAnswer = self.aws.query(EC2, "DescribeNetworkAcls", &fields).await?;
        let list = answer.lists.items.into_iter().next();
        list.ok_or_else(|| ActionError::Unfit(format!("the subnet {subnet} has no access list")))
    }
}

fn network(with: &With) -> Result<(String, &'static str), ActionError> {
    let text = parameter(with, "address")?;
    match text.trim().parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => Ok((format!("{address}/32"), "CidrBlock")),
        Ok(IpAddr::V6(address)) => Ok((format!("{address}/128"), "Ipv6CidrBlock")),
        Err(_) => Err(ActionError::Unfit(format!("{text:?} is no address"))),
    }
}

impl AccessList {
    /// Rules of ours that deny a network, in one direction.
    fn of(&self, network: &str, egress: bool) -> impl Iterator<Item = &Entry> {
        let is_ours = move |entry: &&Entry| {
            entry.number < RULES_BELOW
                && entry.egress == egress
                && entry.action == "deny"
                && entry.protocol == "-1"
                && entry.network.as_deref() == Some(network)
        };
        self.entries.items.iter().filter(is_ours)
    }

    fn free_number(&self, egress: bool) -> Option<u32> {
        (1..RULES_BELOW)
            .find(|number| !self.entries.items.iter().any(|entry| entry.egress == egress && entry.number == *number))
    }
}

impl Setting for DenyAddress {
    fn spec(&self) -> &ActionSpec {
        &DENY_ADDRESS
    }

    async fn read(&self, with: &With) -> Result<Value, ActionError> {
        let ((network, _), list) = (network(with)?, self.list(with).await?);
        let is_denied = |egress| list.of(&network, egress).next().is_some();
        Ok(json!({ "denied_in": is_denied(false), "denied_out": is_denied(true) }))
    }

    fn wanted(&self, _: &With, _: &Value) -> Value {
        json!({ "denied_in": true, "denied_out": true })
    }

    async fn put(&self, with: &With, to: &Value) -> Result<(), ActionError> {
        let ((network, field), list) = (network(with)?, self.list(with).await?);
        for (egress, wanted) in [(false, to["denied_in"] == true), (true, to["denied_out"] == true)] {
            let direction = if egress { "true" } else { "false" };
            let ours: Vec<&Entry> = list.of(&network, egress).collect();
            if wanted && ours.is_empty() {
                let full = || ActionError::Refused(format!("the access list has no number below {RULES_BELOW} left"));
                let number = list.free_number(egress).ok_or_else(full)?.to_string();
                let fields = [
                    ("NetworkAclId", list.id.as_str()),
                    ("RuleNumber", &number),
                    ("Protocol", "-1"),
                    ("RuleAction", "deny"),
                    ("Egress", direction),
                    (field, &network),
                ];
                let _: IgnoredAny = self.aws.query(EC2, "CreateNetworkAclEntry", &fields).await?;
            }
            for entry in ours.into_iter().filter(|_| !wanted) {
                let number = entry.number.to_string();
                let fields = [("NetworkAclId", list.id.as_str()), ("RuleNumber", &number), ("Egress", direction)];
                let _: IgnoredAny = self.aws.query(EC2, "DeleteNetworkAclEntry", &fields).await?;
            }
        }
        Ok(())
    }
}

struct Snapshot {
    aws: Arc<Aws>,
}

#[derive(Deserialize)]
struct SnapshotsAnswer {
    #[serde(rename = "snapshotSet", default)]
    snapshots: Items<Taken>,
}
#[derive(Deserialize)]
struct Taken {
    #[serde(rename = "snapshotId")]
    id: String,
    #[serde(rename = "volumeId")]
    volume: String,
}

fn taken(snapshots: Items<Taken>) -> Value {
    let mut ids: Vec<(String, String)> = snapshots.items.into_iter().map(|one| (one.volume, one.id)).collect();
    ids.sort();
    json!({ "snapshots": ids.into_iter().collect::<BTreeMap<_, _>>() })
}

impl Plain for Snapshot {
    fn spec(&self) -> &ActionSpec {
        &SNAPSHOT
    }

    fn check(&self, with: &With) -> Acted<'_, String> {
        let with = with.clone();
        Box::pin(async move { instance(&self.aws, &with).await.map(|_| "the instance is there".to_owned()) })
    }

    /// A mark of this very use: after a crash the snapshots are known by it.
    fn capture(&self, with: &With) -> Acted<'_, Value> {
        let (id, at) = (name(with, "instance").map(str::to_owned), self.aws.now());
        Box::pin(async move { Ok(json!({ "mark": format!("{} {at}", id?) })) })
    }

    fn is_done(&self, _: &With, captured: &Value) -> Acted<'_, Option<Value>> {
        let mark = captured["mark"].as_str().unwrap_or_default().to_owned();
        Box::pin(async move {
            let fields = [("Filter.1.Name", format!("tag:{TAG}")), ("Filter.1.Value.1", mark)];
            let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
            let answer: SnapshotsAnswer = self.aws.query(EC2, "DescribeSnapshots", &fields).await?;
            Ok(Some(answer.snapshots).filter(|all| !all.items.is_empty()).map(taken))
        })
    }

    fn act(&self, with: &With, captured: &Value) -> Acted<'_, Value> {
        let (id, mark) = (name(with, "instance").map(str::to_owned), captured["mark"].as_str().unwrap_or_default());
        let mark = mark.to_owned();
        Box::pin(async move {
            let id = id?;
            let fields = [
                ("InstanceSpecification.InstanceId", id.as_str()),
                ("Description", "taken by Quell as evidence"),
                ("TagSpecification.1.ResourceType", "snapshot"),
                ("TagSpecification.1.Tag.1.Key", TAG),
                ("TagSpecification.1.Tag.1.Value", &mark),
            ];
            let answer: SnapshotsAnswer = self.aws.query(EC2, "CreateSnapshots", &fields).await?;
            Ok(taken(answer.snapshots))
        })
    }
}
