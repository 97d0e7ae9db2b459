//! A cluster, looked at with kubectl; and a packet filter that speaks OpenC2, looked at from behind it.

use std::process::Command;

use quell_connect::{
    ClusterSettings, PacketFilterSettings, Program, cluster_actions, http_client, http_client_trusting,
    packet_filter_actions,
};
use quell_model::action::{Action, ActionError, Actions, Plain};
use serde_json::{Value, json};

use super::acted::{containing, covers, cycle, sh, with};
use super::servers::{der, text};
use super::words;

pub(super) fn kubernetes_actions(value: &Value, actions: &mut Actions) {
    let authority = der(&std::fs::read_to_string(text(value, "authorities")).unwrap());
    let settings = ClusterSettings { url: text(value, "url").to_owned(), token: Some(text(value, "token").to_owned()) };
    cluster_actions(settings, http_client_trusting(&[authority]).unwrap(), actions);
}

pub(super) fn openc2_actions(value: &Value, actions: &mut Actions) {
    let settings = PacketFilterSettings {
        url: text(value, "url").to_owned(),
        token: None,
        probe: words(&json!(["ping", "-c", "1", "-W", "1", "{address}"])),
        probe_from: Program::new(words(&value["from"])),
        management: vec!["10.77.9.200".parse().unwrap()],
    };
    packet_filter_actions(settings, http_client().unwrap(), actions);
}

pub(super) async fn kubernetes(value: &Value) {
    let mut actions = Actions::default();
    kubernetes_actions(value, &mut actions);
    let shows = |what: &str, path: &str| {
        let server = format!("--server={}", text(value, "url"));
        let (token, authority) = (
            format!("--token={}", text(value, "token")),
            format!("--certificate-authority={}", text(value, "authorities")),
        );
        let path = format!("jsonpath={path}");
        let mut words = vec!["get", "-o", &path, &server, &token, &authority];
        words.extend(what.split(' '));
        let ran = Command::new("kubectl").args(words).output().unwrap();
        String::from_utf8(ran.stdout).unwrap()
    };
    let pod = with(&[("namespace", "shop"), ("pod", "web-7d4b-x1")]);
    cycle(containing(&actions, "k8s.deny_network"), &pod, || {
        let label = shows("pod web-7d4b-x1 -n shop", "{.metadata.labels.quell\\.isolated}");
        let held = shows("networkpolicy -n shop", "{.items[*].spec.podSelector.matchLabels.quell\\.isolated}");
        assert_eq!(label, held, "the policy selects the pod, and no other");
        label.is_empty()
    })
    .await;
    let (deny, aside) = (containing(&actions, "k8s.deny_network"), containing(&actions, "k8s.set_pod_aside"));
    assert!(aside.check(&pod).await.is_err(), "without its labels nothing would hold it");
    deny.apply(&pod, &Value::Null).await.unwrap();
    let serves = || shows("pod web-7d4b-x1 -n shop", "{.metadata.labels}").contains("pod-template-hash");
    cycle(aside, &pod, serves).await;
    deny.undo(&pod, &json!({ "label": null, "denied": false })).await.unwrap();
    let open = || !shows("networkpolicy -n shop", "{.items[*].metadata.name}").contains("quell-deny-all");
    cycle(containing(&actions, "k8s.deny_namespace"), &with(&[("namespace", "shop")]), open).await;
    let adds_up = allowed(value, "allow-dns");
    for (id, with) in [("k8s.deny_network", &pod), ("k8s.deny_namespace", &with(&[("namespace", "shop")]))] {
        let refused = containing(&actions, id).check(with).await.unwrap_err();
        assert!(matches!(&refused, ActionError::ByHand(why) if why.contains("allow-dns")), "{refused}");
    }
    drop(adds_up);
    let takes = || shows("node node-1", "{.spec.unschedulable}") != "true";
    cycle(containing(&actions, "k8s.cordon_node"), &with(&[("node", "node-1")]), takes).await;
    let runs = || shows("deployment web -n shop", "{.spec.replicas}") == "3";
    cycle(containing(&actions, "k8s.scale_to_zero"), &with(&[("namespace", "shop"), ("deployment", "web")]), runs)
        .await;
    let delete = containing(&actions, "k8s.delete_binding");
    let bound =
        || shows("rolebinding deployers -n shop", "{.subjects[0].name} {.metadata.labels.team}") == "deployer shop";
    cycle(delete, &with(&[("namespace", "shop"), ("binding", "deployers")]), bound).await;
    let bound = || shows("clusterrolebinding quell:test", "{.roleRef.name}") == "edit";
    cycle(delete, &with(&[("binding", "quell:test")]), bound).await;
    // A role cannot be given back that was never there.
    assert!(delete.check(&with(&[("binding", "nobody")])).await.is_err());

    let account = with(&[("namespace", "shop"), ("account", "deployer")]);
    let uid = || shows("serviceaccount deployer -n shop", "{.metadata.uid}");
    let before = uid();
    done_once(plain(&actions, "k8s.revoke_tokens"), &account).await;
    assert_ne!(uid(), before);
    assert_eq!(shows("serviceaccount deployer -n shop", "{.metadata.annotations.owner}"), "shop team");
    done_once(plain(&actions, "k8s.delete_pod"), &with(&[("namespace", "shop"), ("pod", "miner")])).await;
    assert_eq!(shows("pod -n shop", "{.items[*].metadata.name}"), "web-7d4b-x1");
}

/// A policy that lets something through, made with another client; it is taken away when this is dropped.
struct Allowed<'v>(&'v Value, &'static str);

fn allowed<'v>(value: &'v Value, name: &'static str) -> Allowed<'v> {
    let policy = json!({
        "metadata": { "name": name },
        "spec": { "podSelector": {}, "policyTypes": ["Egress"], "egress": [{ "ports": [{ "port": 53, "protocol": "UDP" }] }] },
    });
    let allowed = Allowed(value, name);
    assert!(allowed.curl("POST", "", &policy.to_string()));
    allowed
}

impl Allowed<'_> {
    fn curl(&self, method: &str, of: &str, body: &str) -> bool {
        let (url, token, authority) = (text(self.0, "url"), text(self.0, "token"), text(self.0, "authorities"));
        let at = format!("{url}/apis/networking.k8s.io/v1/namespaces/shop/networkpolicies{of}");
        sh(&format!("curl -sf -X {method} --cacert {authority} -H 'authorization: Bearer {token}' -d '{body}' {at}"))
    }
}

impl Drop for Allowed<'_> {
    fn drop(&mut self) {
        assert!(self.curl("DELETE", &format!("/{}", self.1), "{}"));
    }
}

pub(super) fn plain<'a>(actions: &'a Actions, id: &str) -> &'a dyn Plain {
    match actions.get(id).unwrap() {
        Action::Plain(action) => &**action,
        _ => panic!("{id} can be undone"),
    }
}

/// Does what cannot be undone, and sees that it knows so afterwards.
pub(super) async fn done_once(action: &dyn Plain, with: &quell_model::action::With) {
    println!("{}: {}", action.spec().id, action.check(with).await.unwrap());
    let captured = action.capture(with).await.unwrap();
    assert_eq!(action.is_done(with, &captured).await.unwrap(), None);
    let came_of_it = action.act(with, &captured).await.unwrap();
    assert_eq!(action.is_done(with, &captured).await.unwrap(), Some(came_of_it));
}

pub(super) async fn openc2(value: &Value) {
    let mut actions = Actions::default();
    openc2_actions(value, &mut actions);
    let (deny, address) = (containing(&actions, "openc2.deny"), text(value, "address"));
    let reaches = || sh(&format!("ip netns exec quell-openc2 ping -c 1 -W 1 {address}"));
    let it = with(&[("address", address)]);
    deny.check(&it).await.unwrap();
    let captured = deny.capture(&it).await.unwrap();
    for _ in 0..2 {
        deny.apply(&it, &captured).await.unwrap();
    }
    println!("openc2.deny: {}", deny.verify(&it, &captured).await.unwrap());
    assert!(!reaches());
    for _ in 0..2 {
        deny.undo(&it, &captured).await.unwrap();
    }
    println!("openc2.deny: {}", deny.verify_undone(&it, &captured).await.unwrap());
    assert!(reaches());
    // What is reached all the same is not said to be denied.
    assert!(deny.verify(&it, &captured).await.is_err());
    covers(deny, "RA3101");
    let unseen = deny.check(&with(&[("address", "10.77.9.77")])).await.unwrap_err();
    assert!(matches!(&unseen, ActionError::ByHand(why) if why.contains("nobody could see it")), "{unseen}");
    assert!(deny.check(&with(&[("address", "10.77.9.200")])).await.is_err());
}
