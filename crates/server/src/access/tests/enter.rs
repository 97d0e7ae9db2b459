//! Set-up, passwords, sessions.

use super::*;

#[tokio::test]
async fn the_set_up_link_works_once_and_only_for_the_first_user() {
    let bench = Bench::new().await;
    assert!(bench.desk.setup_needed().await.unwrap());
    let secret = bench.desk.make_setup_link().await.unwrap();
    let late = bench.desk.make_setup_link().await.unwrap();
    let mut browser = Browser::new(1);
    let visit = browser.visit(&bench);
    let set_up = |secret: &str, password: &str| {
        let (desk, visit, secret, first) = (&bench.desk, &visit, secret.to_owned(), first_user(password));
        async move { desk.set_up(visit, &secret, first).await }
    };
    assert_eq!(told(set_up("wrong", PASSWORD).await).0, 403);
    assert_eq!(told(set_up(&secret, "too short").await).0, 422);
    let entered = set_up(&secret, PASSWORD).await.unwrap();
    browser.take(&entered);
    assert!(bench.caller(&browser).await.unwrap().may(quell_model::Right::UsersManage));
    assert_eq!(told(set_up(&secret, PASSWORD).await), told(set_up(&late, PASSWORD).await));
    assert!(!bench.desk.setup_needed().await.unwrap());
    assert!(bench.desk.make_setup_link().await.is_err());
}

#[tokio::test]
async fn the_set_up_link_ends_after_an_hour() {
    let bench = Bench::new().await;
    let secret = bench.desk.make_setup_link().await.unwrap();
    bench.clock.advance(3600);
    let visit = Browser::new(1).visit(&bench);
    assert_eq!(told(bench.desk.set_up(&visit, &secret, first_user(PASSWORD)).await).0, 403);
}

#[tokio::test]
async fn nobody_learns_which_logins_exist() {
    let bench = Bench::new().await;
    let admin = bench.caller(&bench.admin().await).await.unwrap();
    bench.user(&admin, "alice", Role::Viewer).await;
    let disabled = bench.user(&admin, "dora", Role::Viewer).await;
    let change = crate::access::UserChange { enabled: Some(false), ..Default::default() };
    bench.desk.change_user(&admin, &disabled, change).await.unwrap();
    bench.desk.create_user(&admin, new_user("invited", Role::Viewer)).await.unwrap();

    let tries =
        [("alice", OTHER), ("nobody", OTHER), ("dora", PASSWORD), ("invited", PASSWORD), ("", ""), ("a\0b", "x")];
    // Times of single answers are noise on a busy machine; what takes the time is one comparison, for everybody.
    let compared = || bench.desk.0.passwords.compared.load(Ordering::Relaxed);
    let mut answers = Vec::new();
    for (number, (login, password)) in tries.into_iter().enumerate() {
        let mut browser = Browser::new(10 + number as u8);
        let before = compared();
        answers.push(told(bench.sign_in(&mut browser, login, password).await));
        assert_eq!(compared() - before, 1, "{login:?}");
        assert!(browser.jar.is_empty());
    }
    assert!(answers.iter().all(|answer| *answer == answers[0] && answer.0 == 403), "{answers:?}");
}

#[tokio::test]
async fn throttling_is_alike_for_all_and_told_for_those_who_exist() {
    let bench = Bench::new().await;
    let admin = bench.caller(&bench.admin().await).await.unwrap();
    let alice = bench.user(&admin, "alice", Role::Viewer).await;
    let mut statuses = Vec::new();
    for login in ["alice", "nobody"] {
        let mut browser = Browser::new(20);
        let mut of = Vec::new();
        for _ in 0..7 {
            of.push(told(bench.sign_in(&mut browser, login, OTHER).await));
        }
        statuses.push(of);
    }
    assert_eq!(statuses[0], statuses[1]);
    assert_eq!(statuses[0].iter().map(|(status, _)| *status).collect::<Vec<_>>(), [403, 403, 403, 403, 403, 429, 429]);
    // The right password waits too, elsewhere it works.
    assert_eq!(told(bench.sign_in(&mut Browser::new(20), "alice", PASSWORD).await).0, 429);
    assert!(bench.sign_in(&mut Browser::new(21), "alice", PASSWORD).await.is_ok());
    for _ in 0..200 {
        tokio::task::yield_now().await;
        if bench.kinds(&alice).await.contains(&"user.throttled".to_owned()) {
            break;
        }
    }
    let all = bench.ledger().await;
    assert_eq!(all.iter().filter(|entry| entry.kind == "user.throttled").count(), 1);
}

#[tokio::test]
async fn a_session_is_never_one_from_before() {
    let bench = Bench::new().await;
    let mut browser = bench.admin().await;
    let first = browser.session().to_owned();
    let planted = Browser { jar: browser.jar.clone(), address: address(66) };
    bench.sign_in(&mut browser, "ADMIN", PASSWORD).await.unwrap();
    assert_ne!(browser.session(), first);
    assert!(bench.caller(&planted).await.is_none());
    assert!(bench.caller(&browser).await.is_some());

    let mut made_up = Browser::new(5);
    made_up.jar.insert("quell_session".to_owned(), "chosen-by-somebody-else".to_owned());
    bench.sign_in(&mut made_up, "admin", PASSWORD).await.unwrap();
    assert_ne!(made_up.session(), "chosen-by-somebody-else");
}

#[tokio::test]
async fn sessions_end_by_rest_by_age_and_by_hand() {
    let bench = Bench::new().await;
    let mut browser = bench.admin().await;
    bench.clock.advance(12 * 3600 - 1);
    assert!(bench.caller(&browser).await.is_some());
    bench.clock.advance(12 * 3600 - 1);
    assert!(bench.caller(&browser).await.is_some(), "use keeps it alive");
    bench.clock.advance(12 * 3600);
    assert!(bench.caller(&browser).await.is_none());

    bench.sign_in(&mut browser, "admin", PASSWORD).await.unwrap();
    for _ in 0..14 {
        assert!(bench.caller(&browser).await.is_some());
        bench.clock.advance(12 * 3600 - 60);
    }
    bench.clock.advance(3600);
    assert!(bench.caller(&browser).await.is_none(), "seven days are the most");

    bench.sign_in(&mut browser, "admin", PASSWORD).await.unwrap();
    let caller = bench.caller(&browser).await.unwrap();
    let before = browser.jar.clone();
    browser.take_cookies(&bench.desk.sign_out(&caller).await.unwrap());
    assert_eq!(browser.session(), "");
    assert!(bench.caller(&Browser { jar: before, address: address(1) }).await.is_none());
}

#[tokio::test]
async fn another_password_ends_other_sessions() {
    let bench = Bench::new().await;
    let mut here = bench.admin().await;
    let mut there = Browser::new(2);
    bench.sign_in(&mut there, "admin", PASSWORD).await.unwrap();
    let caller = bench.caller(&here).await.unwrap();
    let visit = here.visit(&bench);
    let change = |current: &str, new: &str| {
        let (current, new) = (current.to_owned(), new.to_owned());
        bench.desk.change_password(&caller, &visit, current, new)
    };
    assert_eq!(told(change(OTHER, OTHER).await).0, 403);
    assert_eq!(told(change(PASSWORD, "admin admin admin").await).0, 422);
    let before = here.session().to_owned();
    let cookie = change(PASSWORD, OTHER).await.unwrap();
    here.take_cookies([&cookie]);
    assert_ne!(here.session(), before);
    assert!(bench.caller(&here).await.is_some() && bench.caller(&there).await.is_none());
    assert_eq!(told(bench.sign_in(&mut there, "admin", PASSWORD).await).0, 403);
    assert!(bench.sign_in(&mut there, "admin", OTHER).await.is_ok());
}

#[tokio::test]
async fn a_confirmed_session_is_another_one_with_the_same_end() {
    let bench = Bench::new().await;
    let mut browser = bench.admin().await;
    bench.clock.advance(700);
    let caller = bench.caller(&browser).await.unwrap();
    let before = bench.desk.sessions(&caller).await.unwrap();
    assert_eq!(told(bench.desk.offer_totp(&caller).await).0, 403);
    let visit = browser.visit(&bench);
    assert_eq!(told(bench.desk.confirm(&caller, &visit, OTHER.to_owned()).await).0, 403);
    let old = Browser { jar: browser.jar.clone(), address: browser.address };
    let cookie = bench.desk.confirm(&caller, &visit, PASSWORD.to_owned()).await.unwrap();
    browser.take_cookies([&cookie]);
    assert!(bench.caller(&old).await.is_none());
    let caller = bench.caller(&browser).await.unwrap();
    let after = bench.desk.sessions(&caller).await.unwrap();
    assert_eq!((before.len(), after.len()), (1, 1));
    assert_eq!(before[0].expires_at, after[0].expires_at);
    assert!(bench.desk.offer_totp(&caller).await.is_ok());
}

#[tokio::test]
async fn the_ledger_holds_no_secret() {
    let bench = Bench::new().await;
    let browser = bench.admin().await;
    let caller = bench.caller(&browser).await.unwrap();
    let (_, link) = bench.desk.create_user(&caller, new_user("alice", Role::Viewer)).await.unwrap();
    let totp = bench.desk.offer_totp(&caller).await.unwrap().secret;
    let text = serde_json::to_string(&bench.ledger().await).unwrap();
    let phc = bench.store.password(&caller.user).await.unwrap().unwrap();
    for secret in [PASSWORD, browser.session(), &link, &totp, &phc, "argon2"] {
        assert!(!text.contains(secret), "{secret}");
    }
}
