//! Accounts from the ledger, and secrets beside it.

use std::collections::BTreeSet;

use quell_incident::{AccountFact, FactorKind};
use quell_model::{Right, Role, SessionId, TeamId, TokenId, UserId};
use quell_store::{AnswerKey, BegunAnswer, FactorRow, RememberedAnswer, SessionRow, StoreError, TokenRow};

use crate::harness::{Bench, at, created, team, user};

on_both!(users_and_teams, names_are_unique, passwords_and_factors, a_code_works_once, sessions, tokens, once, answers);

fn ada() -> UserId {
    UserId::new("usr-ada")
}

async fn users_and_teams(bench: Bench) {
    let store = &bench.store;
    store
        .append(at(1), vec![created("usr-ada", "Ada"), created("usr-ben", "ben"), team("tem-1", "Red")])
        .await
        .unwrap();
    let teams = BTreeSet::from([TeamId::new("tem-1"), TeamId::new("tem-2")]);
    let linked = AccountFact::IdentityLinked { issuer: "https://id.example".to_owned(), subject: "s1".to_owned() };
    let facts = [
        AccountFact::TeamsChanged { teams: BTreeSet::from([TeamId::new("tem-9")]) },
        AccountFact::TeamsChanged { teams: teams.clone() },
        AccountFact::RoleChanged { role: Role::Lead },
        AccountFact::Renamed { display_name: "Countess".to_owned() },
        AccountFact::Disabled { reason: "left".to_owned() },
        linked.clone(),
        linked,
    ];
    store.append(at(2), facts.iter().map(|fact| user("usr-ada", fact)).collect()).await.unwrap();
    let row = store.user_by_login("aDa").await.unwrap().unwrap();
    assert_eq!((row.id.clone(), row.version, row.account.teams.clone()), (ada(), 8, teams));
    assert_eq!((row.account.role, row.account.enabled, row.account.login.as_str()), (Role::Lead, false, "Ada"));
    assert_eq!(store.user(&ada()).await.unwrap().as_ref(), Some(&row));
    assert_eq!(store.user_by_identity("https://id.example", "s1").await.unwrap(), Some(row));
    assert_eq!(store.user_by_identity("https://id.example", "s2").await.unwrap(), None);
    assert_eq!(store.user_by_login("nobody").await.unwrap(), None);
    let logins: Vec<String> = store.users().await.unwrap().into_iter().map(|row| row.account.login).collect();
    assert_eq!(logins, ["Ada", "ben"]);
    let teams = store.teams().await.unwrap();
    assert_eq!((teams.len(), teams[0].name.as_str(), teams[0].version), (1, "Red", 1));
}

async fn names_are_unique(bench: Bench) {
    let store = &bench.store;
    store.append(at(1), vec![created("usr-1", "Ada"), team("tem-1", "Red")]).await.unwrap();
    let taken = store.append(at(2), vec![created("usr-3", "cyd"), created("usr-2", "ADA")]).await;
    assert_eq!(taken, Err(StoreError::Taken("ADA".to_owned())));
    assert_eq!(store.append(at(2), vec![team("tem-2", "RED")]).await, Err(StoreError::Taken("RED".to_owned())));
    assert_eq!(store.users().await.unwrap().len(), 1, "all or none");
    assert_eq!(store.verify().await.unwrap().entries, 2);
    store.append(at(2), vec![created("usr-2", "ben")]).await.unwrap();
    let linked = AccountFact::IdentityLinked { issuer: "i".to_owned(), subject: "s".to_owned() };
    store.append(at(3), vec![user("usr-1", &linked)]).await.unwrap();
    assert_eq!(store.append(at(3), vec![user("usr-2", &linked)]).await, Err(StoreError::Taken("s".to_owned())));
}

fn factor(id: &str) -> FactorRow {
    FactorRow {
        id: id.to_owned(),
        user: ada(),
        kind: FactorKind::Totp,
        label: "phone".to_owned(),
        secret: vec![0, 1, 255],
        last_step: 0,
        created_at: at(1),
    }
}

async fn passwords_and_factors(bench: Bench) {
    let store = &bench.store;
    assert_eq!(store.password(&ada()).await.unwrap(), None);
    store.set_password(&ada(), "$one").await.unwrap();
    store.set_password(&ada(), "$two").await.unwrap();
    assert_eq!(store.password(&ada()).await.unwrap().as_deref(), Some("$two"));
    store.put_factor(&factor("fac-1")).await.unwrap();
    assert!(matches!(store.put_factor(&factor("fac-1")).await, Err(StoreError::Taken(_))));
    store.update_factor("fac-1", &[9], 5).await.unwrap();
    let expected = FactorRow { secret: vec![9], last_step: 5, ..factor("fac-1") };
    assert_eq!(store.factors(&ada()).await.unwrap(), std::slice::from_ref(&expected));
    assert_eq!(store.all_factors().await.unwrap(), [expected]);
    assert!(!store.remove_factor(&UserId::new("usr-ben"), "fac-1").await.unwrap(), "only its owner");
    assert!(store.remove_factor(&ada(), "fac-1").await.unwrap());
    assert!(!format!("{:?}", factor("fac-1")).contains("255"), "secrets are not shown");
}

async fn a_code_works_once(bench: Bench) {
    let store = &bench.store;
    store.put_factor(&factor("fac-1")).await.unwrap();
    assert!(store.use_totp_step("fac-1", 100).await.unwrap());
    assert!(!store.use_totp_step("fac-1", 100).await.unwrap());
    assert!(!store.use_totp_step("fac-1", 99).await.unwrap());
    assert!(!store.use_totp_step("fac-9", 101).await.unwrap());
    let tries: Vec<_> = (0..8)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { store.use_totp_step("fac-1", 101).await.unwrap() })
        })
        .collect();
    let mut used = 0;
    for one in tries {
        used += u32::from(one.await.unwrap());
    }
    assert_eq!(used, 1, "of eight at the same time");
}

fn session(number: u8) -> SessionRow {
    SessionRow {
        id: SessionId::new(format!("ses-{number}")),
        secret_hash: [number; 32],
        user: ada(),
        created_at: at(i64::from(number)),
        used_at: at(1),
        expires_at: at(100 + i64::from(number)),
        method: "password".to_owned(),
        address: "192.0.2.1".to_owned(),
        agent: "test".to_owned(),
    }
}

async fn sessions(bench: Bench) {
    let store = &bench.store;
    for number in 1..=3 {
        store.put_session(&session(number)).await.unwrap();
    }
    assert!(matches!(store.put_session(&session(3)).await, Err(StoreError::Taken(_))));
    store.touch_session(&session(1).id, at(50)).await.unwrap();
    store.touch_session(&session(1).id, at(40)).await.unwrap();
    let found = store.session_by_hash(&[1; 32]).await.unwrap();
    assert_eq!(found, Some(SessionRow { used_at: at(50), ..session(1) }));
    assert_eq!(store.session_by_hash(&[9; 32]).await.unwrap(), None);
    assert_eq!(store.sessions(&ada()).await.unwrap()[..2], [session(3), session(2)]);
    assert!(!store.end_session(&UserId::new("usr-ben"), &session(1).id).await.unwrap(), "only its owner");
    assert!(store.end_session(&ada(), &session(1).id).await.unwrap());
    assert_eq!(store.forget_expired(at(102)).await.unwrap(), 1);
    assert_eq!(store.end_sessions(&ada()).await.unwrap(), 1);
    assert_eq!(store.sessions(&ada()).await.unwrap(), []);
}

async fn tokens(bench: Bench) {
    let store = &bench.store;
    let token = TokenRow {
        id: TokenId::new("tok-1"),
        secret_hash: [1; 32],
        user: ada(),
        label: "ci".to_owned(),
        rights: BTreeSet::from([Right::IntakeWrite, Right::AlertsRead]),
        source: Some("aws".to_owned()),
        created_at: at(1),
        expires_at: at(2),
        used_at: None,
        revoked: false,
    };
    store.put_token(&token).await.unwrap();
    store.touch_token(&token.id, at(9)).await.unwrap();
    let expected = TokenRow { used_at: Some(at(9)), ..token.clone() };
    assert_eq!(store.token_by_hash(&[1; 32]).await.unwrap(), Some(expected.clone()));
    assert!(!store.revoke_token(&UserId::new("usr-ben"), &token.id).await.unwrap(), "only its owner");
    assert!(store.revoke_token(&ada(), &token.id).await.unwrap());
    assert!(!store.revoke_token(&ada(), &token.id).await.unwrap());
    assert_eq!(store.tokens(&ada()).await.unwrap(), [TokenRow { revoked: true, ..expected }]);
}

async fn once(bench: Bench) {
    let store = &bench.store;
    store.put_once(&[1; 32], "invitation", "usr-ada", at(10)).await.unwrap();
    store.put_once(&[2; 32], "invitation", "usr-ben", at(10)).await.unwrap();
    assert_eq!(store.take_once(&[1; 32], "setup", at(5)).await.unwrap(), None, "for another purpose");
    assert_eq!(store.take_once(&[1; 32], "invitation", at(5)).await.unwrap().as_deref(), Some("usr-ada"));
    assert_eq!(store.take_once(&[1; 32], "invitation", at(5)).await.unwrap(), None, "twice");
    assert_eq!(store.take_once(&[2; 32], "invitation", at(10)).await.unwrap(), None, "too late");
    store.put_setting("a", "1").await.unwrap();
    store.put_setting("a", "2").await.unwrap();
    assert_eq!(store.setting("a").await.unwrap().as_deref(), Some("2"));
    assert_eq!(store.setting("b").await.unwrap(), None);
}

async fn answers(bench: Bench) {
    let store = &bench.store;
    let key = AnswerKey { user: ada(), key: "k1".to_owned() };
    let answer = RememberedAnswer { request_hash: [1; 32], status: 201, body: b"{}".to_vec() };
    let begin = async |key: &AnswerKey, hash: u8, now: i64| {
        store.begin_answer(key, &[hash; 32], at(now), at(now + 10)).await.unwrap()
    };
    assert_eq!(begin(&key, 1, 1).await, BegunAnswer::Yours);
    assert_eq!(begin(&key, 1, 2).await, BegunAnswer::UnderWay { same: true }, "by somebody");
    assert_eq!(begin(&key, 2, 2).await, BegunAnswer::UnderWay { same: false });
    store.give_up_answer(&key).await.unwrap();
    assert_eq!(begin(&key, 1, 3).await, BegunAnswer::Yours, "after it was given up");
    store.remember_answer(&key, &answer, at(13)).await.unwrap();
    store.give_up_answer(&key).await.unwrap();
    assert_eq!(begin(&key, 9, 4).await, BegunAnswer::Answered(answer), "what was answered cannot be given up");
    assert_eq!(begin(&key, 9, 13).await, BegunAnswer::Yours, "after it expired");
    let other = AnswerKey { user: UserId::new("usr-ben"), ..key };
    assert_eq!(begin(&other, 1, 1).await, BegunAnswer::Yours, "of another user");
}
