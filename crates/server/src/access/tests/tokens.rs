//! API tokens.

use std::collections::BTreeSet;

use quell_model::Right;
use quell_model::ports::Clock;

use super::*;
use crate::access::session::later;
use crate::access::{NewToken, UserChange};
use crate::http::Credential;

fn wish(bench: &Bench, rights: &[Right], seconds: i64) -> NewToken {
    NewToken {
        label: "ci".to_owned(),
        rights: rights.iter().copied().collect(),
        source: None,
        expires_at: later(bench.clock.now(), seconds),
    }
}

#[tokio::test]
async fn a_token_has_never_more_than_its_owner() {
    let bench = Bench::new().await;
    let admin = bench.caller(&bench.admin().await).await.unwrap();
    let id = bench.user(&admin, "alice", Role::Lead).await;
    let mut browser = Browser::new(2);
    bench.sign_in(&mut browser, "alice", PASSWORD).await.unwrap();
    let alice = bench.caller(&browser).await.unwrap();
    for rights in [&[Right::UsersManage][..], &[Right::AlertsRead, Right::IntakeWrite], &[]] {
        assert_eq!(told(bench.desk.issue_token(&alice, wish(&bench, rights, 60)).await).0, 422, "{rights:?}");
    }
    let rights = [Right::AlertsRead, Right::IncidentsRestrict];
    let (_, token) = bench.desk.issue_token(&alice, wish(&bench, &rights, 60)).await.unwrap();
    let caller = bench.bearer(&token).await.unwrap();
    assert_eq!(caller.rights, BTreeSet::from(rights));
    assert!(!caller.may(Right::IncidentsRead), "nor what was not asked for");
    let change = UserChange { role: Some(Role::Viewer), ..UserChange::default() };
    bench.desk.change_user(&admin, &id, change).await.unwrap();
    assert_eq!(bench.bearer(&token).await.unwrap().rights, BTreeSet::from([Right::AlertsRead]));
}

#[tokio::test]
async fn tokens_end_and_can_be_revoked_by_their_owner_only() {
    let bench = Bench::new().await;
    let admin = bench.caller(&bench.admin().await).await.unwrap();
    for seconds in [0, -60, 367 * 24 * 3600] {
        assert_eq!(told(bench.desk.issue_token(&admin, wish(&bench, &[Right::AlertsRead], seconds)).await).0, 422);
    }
    let (row, token) = bench.desk.issue_token(&admin, wish(&bench, &[Right::AlertsRead], 3600)).await.unwrap();
    let (_, short) = bench.desk.issue_token(&admin, wish(&bench, &[Right::AlertsRead], 60)).await.unwrap();
    assert!(bench.bearer(&token).await.is_ok() && bench.bearer(&short).await.is_ok());
    bench.clock.advance(60);
    assert_eq!(told(bench.bearer(&short).await).0, 401);

    bench.user(&admin, "alice", Role::Lead).await;
    let mut browser = Browser::new(2);
    bench.sign_in(&mut browser, "alice", PASSWORD).await.unwrap();
    let alice = bench.caller(&browser).await.unwrap();
    assert_eq!(told(bench.desk.revoke_token(&alice, &row.id).await).0, 404);
    assert!(bench.bearer(&token).await.is_ok());
    bench.desk.revoke_token(&admin, &row.id).await.unwrap();
    assert_eq!(told(bench.bearer(&token).await).0, 401);
    assert_eq!(told(bench.desk.revoke_token(&admin, &row.id).await).0, 404);
    for wrong in ["", "qll_x", "qll_0000000000000000_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa00000000"] {
        assert_eq!(told(bench.bearer(wrong).await).0, 401);
    }
}

#[tokio::test]
async fn a_token_for_a_source_can_do_nothing_else() {
    let bench = Bench::new().await;
    let admin = bench.caller(&bench.admin().await).await.unwrap();
    let bound = |rights: &[Right]| NewToken { source: Some("edge".to_owned()), ..wish(&bench, rights, 60) };
    assert_eq!(told(bench.desk.issue_token(&admin, bound(&[Right::IntakeWrite, Right::AlertsRead])).await).0, 422);
    let (row, token) = bench.desk.issue_token(&admin, bound(&[Right::IntakeWrite])).await.unwrap();
    let caller = bench.bearer(&token).await.unwrap();
    assert_eq!(caller.credential, Credential::Token(row.id, Some("edge".to_owned())));
    let shown = format!("{:?}", bench.store.tokens(&admin.user).await.unwrap());
    assert!(!shown.contains(&token));
}

#[tokio::test]
async fn a_wrong_token_is_not_saved_by_a_session() {
    let bench = Bench::new().await;
    let browser = bench.admin().await;
    let mut headers = browser.headers();
    headers.insert(header::AUTHORIZATION, HeaderValue::from_static("Bearer wrong"));
    assert_eq!(told(bench.desk.authenticate(&headers, address(1)).await).0, 401);
}
