//! Actions on servers that are started for the tests.

use std::sync::Arc;

use quell_connect::{
    AwsSettings, DatabaseSettings, DirectoryKind, DirectorySettings, IdentitySettings, MailGateSettings,
    MailboxSettings, NameServerSettings, Program, ProxySettings, aws_actions, database_actions, directory_actions,
    http_client, identity_actions, mail_gate_actions, mailbox_actions, name_server_actions, proxy_actions,
};
use quell_model::Timestamp;
use quell_model::action::{Action, Actions};
use quell_model::ports::Clock;
use serde_json::Value;

use super::acted::{containing, covers, cycle, sh, with};
use super::{cluster, collected, described, local, words};

struct Now;

impl Clock for Now {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// How many servers there are.
pub(super) const ALL: usize = 12;

pub(super) async fn all(running: &Value) {
    println!("as described");
    described::all(running).await;
    for (name, value) in running.as_object().unwrap() {
        println!("on {name}");
        match name.as_str() {
            "openldap" => openldap(value).await,
            "active_directory" => active_directory(value).await,
            "ssh" => {
                let program = Program::new(words(&value["program"]));
                collected::host("over-ssh", program.clone()).await;
                local::host("over-ssh", program).await;
            }
            "kubernetes" => cluster::kubernetes(value).await,
            "openc2" => cluster::openc2(value).await,
            "unbound" => unbound(value).await,
            "haproxy" => haproxy(value).await,
            "dovecot" => {
                collected::mail(value).await;
                dovecot(value).await;
            }
            "postfix" => postfix(value).await,
            "moto" => moto(value).await,
            "scim" => scim(value).await,
            "postgres" => postgres(value).await,
            other => panic!("{other} has no test"),
        }
    }
}

pub(super) fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap()
}

fn program(value: &Value) -> Program {
    Program::new(words(&value["program"]))
}

fn http() -> reqwest::Client {
    http_client().unwrap()
}

/// The actions on all servers that run.
pub(super) fn actions(running: &Value) -> Actions {
    let mut actions = Actions::default();
    for (name, value) in running.as_object().unwrap() {
        match name.as_str() {
            "openldap" if value.is_object() => directory(value, DirectoryKind::OpenLdap, &mut actions),
            "active_directory" => directory(value, DirectoryKind::ActiveDirectory, &mut actions),
            "unbound" => {
                let (answers_at, sinkhole) = (text(value, "answers_at").parse().ok(), "127.0.0.53".parse().unwrap());
                name_server_actions(NameServerSettings { program: program(value), sinkhole, answers_at }, &mut actions);
            }
            "haproxy" => {
                let list = |name| value[name].as_str().map(str::to_owned);
                let settings = ProxySettings {
                    program: program(value),
                    sources: list("sources"),
                    paths: list("paths"),
                    urls: list("urls"),
                    contents: list("contents"),
                    answers_at: list("answers_at"),
                };
                proxy_actions(settings, http(), &mut actions);
            }
            "dovecot" => mailbox_actions(MailboxSettings { program: program(value) }, &mut actions),
            "postfix" => {
                let probe = &value["probe"];
                let settings = MailGateSettings {
                    program: program(value),
                    map: text(value, "map").to_owned(),
                    probe: Some((
                        probe[0].as_str().unwrap().to_owned(),
                        u16::try_from(probe[1].as_u64().unwrap()).unwrap(),
                        probe[2].as_str().unwrap().to_owned(),
                    )),
                };
                mail_gate_actions(settings, &mut actions);
            }
            "moto" => {
                let settings = AwsSettings {
                    region: "eu-central-1".to_owned(),
                    key: (
                        value["quell"][0].as_str().unwrap().to_owned(),
                        value["quell"][1].as_str().unwrap().to_owned(),
                    ),
                    accounts: vec!["123456789012".to_owned()],
                    endpoint: Some(text(value, "endpoint").to_owned()),
                    isolation_group: Some(text(value, "isolation_group").to_owned()),
                };
                aws_actions(settings, Arc::new(Now), http(), &mut actions);
            }
            "scim" => {
                let settings = IdentitySettings { url: text(value, "url").to_owned(), token: None };
                identity_actions(settings, http(), &mut actions);
            }
            "postgres" => database_actions(DatabaseSettings { program: program(value) }, &mut actions),
            "kubernetes" => cluster::kubernetes_actions(value, &mut actions),
            "openc2" => cluster::openc2_actions(value, &mut actions),
            _ => {}
        }
    }
    actions
}

/// The actions on one server.
fn only(name: &str, value: &Value) -> Actions {
    actions(&serde_json::json!({ name: value }))
}

fn directory(value: &Value, kind: DirectoryKind, actions: &mut Actions) {
    let bind = (value["bind"][0].as_str().unwrap().to_owned(), value["bind"][1].as_str().unwrap().to_owned());
    http();
    let authorities = value["ca"].as_str().map(|file| vec![der(&std::fs::read_to_string(file).unwrap())]);
    let (url, base) = (text(value, "url").to_owned(), text(value, "base").to_owned());
    directory_actions(
        DirectorySettings { url, bind, base, kind, authorities: authorities.unwrap_or_default() },
        actions,
    );
}

pub(super) fn der(pem: &str) -> Vec<u8> {
    use base64::Engine;
    let body: String = pem.lines().filter(|line| !line.starts_with("---")).collect();
    base64::engine::general_purpose::STANDARD.decode(body).unwrap()
}

async fn openldap(value: &Value) {
    let (actions, url) = (only("openldap", value), text(value, "url"));
    let binds = |user: &str| sh(&format!("ldapwhoami -x -H {url} -D uid={user},dc=corp,dc=test -w {user}-pass"));
    let disable = containing(&actions, "dir.disable_user");
    cycle(disable, &with(&[("user", "ada")]), || {
        assert!(binds("bob"), "others stay");
        binds("ada")
    })
    .await;
    cycle(disable, &with(&[("user", "ada@corp.test")]), || binds("ada")).await;
    let shows = |line: &str| {
        sh(&format!(
            "ldapsearch -x -LLL -H {url} -D cn=quell,dc=corp,dc=test -w root-pass -b dc=corp,dc=test '(objectClass=*)' '*' + | grep -q '{line}'"
        ))
    };
    cycle(containing(&actions, "dir.force_reset"), &with(&[("user", "ada")]), || !shows("pwdReset: TRUE")).await;
    let member = || shows("member: uid=ada,");
    cycle(containing(&actions, "dir.remove_from_group"), &with(&[("user", "ada"), ("group", "admins")]), member).await;
}

async fn active_directory(value: &Value) {
    let (actions, url) = (only("active_directory", value), text(value, "url"));
    let ldap = |arguments: &str| sh(&format!("LDAPTLS_REQCERT=never {arguments}"));
    let binds = || ldap(&format!("ldapsearch -x -H {url} -D ada@corp.test -w Ada-pass-77 -b '' -s base"));
    let shows = |filter: &str| {
        let search = format!(
            "ldapsearch -x -LLL -o ldif-wrap=no -H {url} -D 'CORP\\Administrator' -w Adm1n-pass -b DC=corp,DC=test"
        );
        ldap(&format!("{search} '{filter}' cn | grep -q '^dn:'"))
    };
    let disable = containing(&actions, "dir.disable_user");
    for user in ["ada", "CORP\\ada", "Ada@corp.test"] {
        cycle(disable, &with(&[("user", user)]), binds).await;
    }
    cycle(containing(&actions, "dir.force_reset"), &with(&[("user", "ada")]), binds).await;
    let on = || !shows("(&(sAMAccountName=ws-07$)(userAccountControl:1.2.840.113556.1.4.803:=2))");
    cycle(containing(&actions, "dir.disable_computer"), &with(&[("computer", "WS-07.corp.test")]), on).await;
    let member = || shows("(&(sAMAccountName=ada)(memberOf=CN=admins,CN=Users,DC=corp,DC=test))");
    cycle(containing(&actions, "dir.remove_from_group"), &with(&[("user", "ada"), ("group", "admins")]), member).await;
}

async fn unbound(value: &Value) {
    let actions = only("unbound", value);
    let (server, port) = text(value, "answers_at").split_once(':').unwrap();
    let answers = |name: &str, address: &str| {
        let asked = format!("import socket,struct,sys
q=struct.pack('>6H',7,256,1,0,0,0)+b''.join(bytes([len(p)])+p.encode() for p in '{name}'.split('.'))+b'\\0'+struct.pack('>2H',1,1)
s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM);s.settimeout(3);s.sendto(q,('{server}',{port}));a=s.recv(999)
sys.exit(0 if a.endswith(socket.inet_aton('{address}')) else 1)");
        std::process::Command::new("python3").args(["-c", &asked]).status().unwrap().success()
    };
    let (outside, inside) = (
        || answers("www.evil.example", "203.0.113.66") || answers("evil.example", "203.0.113.66"),
        || answers("wiki.corp.example", "10.0.0.80"),
    );
    for id in ["dns.sinkhole", "dns.refuse_name"] {
        let hold = containing(&actions, id);
        cycle(hold, &with(&[("domain", "EVIL.example.")]), outside).await;
        covers(hold, "RA3103");
        cycle(hold, &with(&[("domain", "wiki.corp.example")]), inside).await;
        covers(hold, "RA3104");
    }
    let own = containing(&actions, "dns.sinkhole").check(&with(&[("domain", "own.test")])).await.unwrap_err();
    assert!(own.to_string().contains("of its own"), "{own}");
}

async fn haproxy(value: &Value) {
    let (actions, at) = (only("haproxy", value), text(value, "answers_at"));
    let gets = |more: &str| sh(&format!("curl -sf -m 5 {more}"));
    cycle(containing(&actions, "web.deny_source"), &with(&[("address", "127.0.0.1")]), || gets(&format!("{at}/")))
        .await;
    let shell = || {
        assert!(gets(&format!("{at}/index.html")), "other paths stay");
        gets(&format!("{at}/shell.php?cmd=id"))
    };
    cycle(containing(&actions, "web.deny_path"), &with(&[("path", "/shell.php")]), shell).await;
    let deny_url = containing(&actions, "web.deny_url");
    for (url, react) in [("http://evil.example/drop.exe", "RA3105"), ("http://intra.corp.example/shell.php", "RA3106")]
    {
        cycle(deny_url, &with(&[("url", url)]), || {
            assert!(gets(&format!("-x {at} http://other.example/")), "other sites stay");
            gets(&format!("-x {at} {url}"))
        })
        .await;
        covers(deny_url, react);
    }
    let posts = || gets(&format!("-d 'card=the secret plan' {at}/"));
    cycle(containing(&actions, "web.deny_content"), &with(&[("content", "the secret plan")]), posts).await;
}

async fn dovecot(value: &Value) {
    let actions = only("dovecot", value);
    let doveadm = words(&value["program"]).join(" ");
    let inbox = |user: &str, id: &str| {
        sh(&format!("test -n \"$({doveadm} search -u {user} mailbox INBOX HEADER Message-ID '{id}')\""))
    };
    let (id, other) = ("<1@evil.example>", "<11@evil.example>");
    let there = || {
        assert!(inbox("ada", other), "other messages stay");
        assert_eq!(inbox("ada", id), inbox("bob", id), "all boxes or none");
        inbox("ada", id)
    };
    cycle(containing(&actions, "mail.quarantine"), &with(&[("message_id", id)]), there).await;
    let Action::Plain(purge) = actions.get("mail.purge").unwrap() else { panic!("it can be undone") };
    let message = with(&[("message_id", other)]);
    println!("mail.purge: {}", purge.check(&message).await.unwrap());
    let captured = purge.capture(&message).await.unwrap();
    assert_eq!(purge.is_done(&message, &captured).await.unwrap(), None);
    purge.act(&message, &captured).await.unwrap();
    assert!(!inbox("ada", other) && inbox("ada", id));
    assert!(purge.is_done(&message, &captured).await.unwrap().is_some());
}

async fn postfix(value: &Value) {
    let actions = only("postfix", value);
    let accepts = |sender: &str| {
        let asked = format!("import smtplib,sys
s=smtplib.SMTP('127.0.0.1',10025);s.ehlo();s.mail('{sender}');c,_=s.rcpt('ada@corp.test');s.quit();sys.exit(0 if c==250 else 1)");
        std::process::Command::new("python3").args(["-c", &asked]).status().unwrap().success()
    };
    cycle(containing(&actions, "mail.block_sender"), &with(&[("sender", "Boss@Evil.example")]), || {
        assert!(accepts("other@evil.example"), "others stay");
        accepts("boss@evil.example")
    })
    .await;
    cycle(containing(&actions, "mail.block_domain"), &with(&[("domain", "evil.example")]), || {
        assert!(accepts("x@good.example"), "others stay");
        accepts("x@evil.example")
    })
    .await;
}

/// How a setting of the account looks before, to another client: action, service, and an expression of it.
const UNTOUCHED: [(&str, &str, &str); 9] = [
    ("aws.key_inactive", "iam", "c.list_access_keys(UserName='mallory')['AccessKeyMetadata'][0]['Status']=='Active'"),
    ("aws.deny_role", "iam", "not c.list_attached_role_policies(RoleName='worker')['AttachedPolicies']"),
    ("aws.revoke_sessions", "iam", "not c.list_role_policies(RoleName='worker')['PolicyNames']"),
    (
        "aws.isolate_instance",
        "ec2",
        "c.describe_instances()['Reservations'][0]['Instances'][0]['NetworkInterfaces'][0]['Groups'][0]['GroupName']=='web'",
    ),
    ("aws.detach_profile", "ec2", "c.describe_iam_instance_profile_associations()['IamInstanceProfileAssociations']"),
    (
        "aws.deny_address",
        "ec2",
        "not [e for a in c.describe_network_acls()['NetworkAcls'] for e in a['Entries'] if e['CidrBlock']=='203.0.113.66/32']",
    ),
    ("aws.deny_bucket", "s3", "'QuellDeny' not in c.get_bucket_policy(Bucket='customer-data')['Policy']"),
    ("aws.disable_kms_key", "kms", "c.describe_key(KeyId=c.list_keys()['Keys'][0]['KeyId'])['KeyMetadata']['Enabled']"),
    ("aws.restart_trail", "cloudtrail", "not c.get_trail_status(Name='main')['IsLogging']"),
];

/// Asks the account with another client, and a key of somebody's.
fn asks(moto: &Value, who: &str, (service, expression): (&str, &str)) -> bool {
    let (id, secret) = (moto[who][0].as_str().unwrap(), moto[who][1].as_str().unwrap());
    let client = format!(
        "import boto3, sys
c = boto3.client('{service}', endpoint_url='{}', region_name='eu-central-1', aws_access_key_id='{id}',
                 aws_secret_access_key='{secret}')
sys.exit(0 if ({expression}) else 1)",
        text(moto, "endpoint")
    );
    std::process::Command::new("python3").args(["-c", &client]).output().unwrap().status.success()
}

async fn moto(value: &Value) {
    let actions = only("moto", value);
    let mallory = with(&[
        ("user", "mallory"),
        ("key", value["mallory"][0].as_str().unwrap()),
        ("role", "worker"),
        ("bucket", "customer-data"),
        ("principal", "arn:aws:iam::123456789012:user/mallory"),
        ("instance", text(value, "instance")),
        ("subnet", text(value, "subnet")),
        ("address", "203.0.113.66"),
        ("trail", "main"),
    ]);
    // The intruder's own key no longer lists anything.
    cycle(containing(&actions, "aws.deny_all"), &mallory, || asks(value, "mallory", ("s3", "c.list_buckets()"))).await;
    for (id, service, untouched) in UNTOUCHED {
        let kms = with(&[("key", text(value, "key"))]);
        let given = if service == "kms" { &kms } else { &mallory };
        cycle(containing(&actions, id), given, || asks(value, "quell", (service, untouched))).await;
    }
    // A role by its ARN is ours, or somebody else's of the same name.
    let role = |account| with(&[("role", &format!("arn:aws:iam::{account}:role/service/worker"))]);
    let deny = containing(&actions, "aws.deny_role");
    assert!(deny.check(&role("123456789012")).await.is_ok());
    let foreign = deny.check(&role("210987654321")).await.unwrap_err();
    assert!(foreign.to_string().contains("not configured"), "{foreign}");
    let shut = "c.get_public_access_block(Bucket='customer-data')['PublicAccessBlockConfiguration']['BlockPublicAcls']";
    let open = || !asks(value, "quell", ("s3", shut));
    cycle(containing(&actions, "aws.block_public_bucket"), &mallory, open).await;
    let Action::Plain(snapshot) = actions.get("aws.snapshot").unwrap() else { panic!("it can be undone") };
    snapshot.check(&mallory).await.unwrap();
    let captured = snapshot.capture(&mallory).await.unwrap();
    assert_eq!(snapshot.is_done(&mallory, &captured).await.unwrap(), None);
    let taken = snapshot.act(&mallory, &captured).await.unwrap();
    assert_eq!(snapshot.is_done(&mallory, &captured).await.unwrap(), Some(taken.clone()), "known after a crash");
    println!("aws.snapshot: {taken}");
}

async fn scim(value: &Value) {
    let (actions, url) = (only("scim", value), text(value, "url"));
    let active = |user: &str| {
        sh(&format!(
            "curl -sfG {url}/Users --data-urlencode 'filter=userName eq \"{user}\"' | grep -q '\"active\": *true'"
        ))
    };
    cycle(containing(&actions, "idp.deactivate_user"), &with(&[("user", "ada@corp.test")]), || {
        assert!(active("bob@corp.test"), "others stay");
        active("ada@corp.test")
    })
    .await;
}

async fn postgres(value: &Value) {
    let actions = only("postgres", value);
    let psql = words(&value["program"]).join(" ");
    let hostile = "a'b\"; DROP ROLE ada; --";
    assert!(sh(&format!("{psql} -c 'CREATE ROLE \"a'\\''b\"\"; DROP ROLE ada; --\" LOGIN'")));
    let signs_in = |role: &str| {
        let line = ["-h", "127.0.0.1", "-p", "15432", "-U", role, "postgres", "-c", "SELECT 1"];
        std::process::Command::new("psql").args(line).output().unwrap().status.success()
    };
    for role in ["ada", hostile] {
        cycle(containing(&actions, "sql.lock_role"), &with(&[("role", role)]), || signs_in(role)).await;
    }
    assert!(signs_in("ada"), "nothing was dropped");
}
