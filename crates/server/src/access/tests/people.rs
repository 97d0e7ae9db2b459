//! Users, teams and links.

use super::*;
use crate::access::session::later;
use crate::access::{NewToken, UserChange};
use quell_model::Right;
use quell_model::ports::Clock;

fn enabled(enabled: bool) -> UserChange {
    UserChange { enabled: Some(enabled), ..UserChange::default() }
}

fn role(role: Role) -> UserChange {
    UserChange { role: Some(role), ..UserChange::default() }
}

#[tokio::test]
async fn the_last_administrator_stays() {
    let bench = Bench::new().await;
    let admin = bench.caller(&bench.admin().await).await.unwrap();
    assert_eq!(told(bench.desk.change_user(&admin, &admin.user, role(Role::Viewer)).await).0, 422);
    assert_eq!(told(bench.desk.change_user(&admin, &admin.user, enabled(false)).await).0, 422);
    let second = bench.user(&admin, "second", Role::Admin).await;
    bench.desk.change_user(&admin, &second, enabled(false)).await.unwrap();
    assert_eq!(
        told(bench.desk.change_user(&admin, &admin.user, role(Role::Lead)).await).0,
        422,
        "a disabled one is none"
    );
    bench.desk.change_user(&admin, &second, enabled(true)).await.unwrap();
    let both = [
        bench.desk.change_user(&admin, &admin.user, role(Role::Viewer)),
        bench.desk.change_user(&admin, &second, role(Role::Viewer)),
    ];
    let done = futures_util::future::join_all(both).await;
    assert_eq!(done.iter().filter(|result| result.is_ok()).count(), 1, "at once, only one goes");
}

#[tokio::test]
async fn disabling_ends_everything_at_once_and_for_good() {
    let bench = Bench::new().await;
    let admin = bench.caller(&bench.admin().await).await.unwrap();
    let id = bench.user(&admin, "alice", Role::Responder).await;
    let mut browser = Browser::new(2);
    bench.sign_in(&mut browser, "alice", PASSWORD).await.unwrap();
    let alice = bench.caller(&browser).await.unwrap();
    let wish = NewToken {
        label: "x".to_owned(),
        rights: [Right::AlertsRead].into(),
        source: None,
        expires_at: later(bench.clock.now(), 3600),
    };
    let (_, token) = bench.desk.issue_token(&alice, wish).await.unwrap();
    let link = bench.desk.reset_user(&admin, &id, false).await.unwrap();
    assert!(bench.bearer(&token).await.is_ok());

    bench.desk.change_user(&admin, &id, enabled(false)).await.unwrap();
    assert!(bench.caller(&browser).await.is_none());
    assert_eq!(told(bench.bearer(&token).await).0, 401);
    let visit = browser.visit(&bench);
    assert_eq!(told(bench.desk.accept(&visit, &link, OTHER.to_owned()).await).0, 403);
    bench.desk.change_user(&admin, &id, enabled(true)).await.unwrap();
    assert!(bench.caller(&browser).await.is_none());
    assert_eq!(told(bench.bearer(&token).await).0, 401);
    assert!(bench.sign_in(&mut browser, "alice", PASSWORD).await.is_ok());
}

#[tokio::test]
async fn another_role_ends_sessions_and_acts_at_once_on_tokens() {
    let bench = Bench::new().await;
    let admin = bench.caller(&bench.admin().await).await.unwrap();
    let id = bench.user(&admin, "alice", Role::Responder).await;
    let mut browser = Browser::new(2);
    bench.sign_in(&mut browser, "alice", PASSWORD).await.unwrap();
    let before = bench.caller(&browser).await.unwrap();
    assert!(before.may(Right::IncidentsWrite) && !before.may(Right::UsersManage));
    let changed = bench.desk.change_user(&admin, &id, role(Role::Viewer)).await.unwrap();
    assert_eq!(changed.account.role, Role::Viewer);
    assert!(bench.caller(&browser).await.is_none());
    let kinds = bench.kinds(&id).await;
    assert!(kinds.ends_with(&["user.role_changed".to_owned()]), "{kinds:?}");
    // What is so already makes no entry.
    bench.desk.change_user(&admin, &id, role(Role::Viewer)).await.unwrap();
    assert_eq!(bench.kinds(&id).await, kinds);
}

#[tokio::test]
async fn links_work_once_for_the_newest_and_not_for_ever() {
    let bench = Bench::new().await;
    let admin = bench.caller(&bench.admin().await).await.unwrap();
    let (user, first) = bench.desk.create_user(&admin, new_user("alice", Role::Viewer)).await.unwrap();
    let visit = Browser::new(2).visit(&bench);
    let accept = |secret: &str, password: &str| {
        let (desk, visit, secret, password) = (&bench.desk, &visit, secret.to_owned(), password.to_owned());
        async move { desk.accept(visit, &secret, password).await }
    };
    let second = bench.desk.reset_user(&admin, &user.id, false).await.unwrap();
    assert_eq!(told(accept(&first, PASSWORD).await).0, 403, "not the newest");
    assert_eq!(told(accept(&second, "alice alice alice").await).0, 422);
    assert_eq!(told(accept(&second, PASSWORD).await).0, 200, "not spent on a bad password");
    assert_eq!(told(accept(&second, OTHER).await).0, 403);
    let third = bench.desk.reset_user(&admin, &user.id, false).await.unwrap();
    bench.clock.advance(72 * 3600);
    assert_eq!(told(accept(&third, OTHER).await).0, 403);
    assert_eq!(told(accept("never made", OTHER).await), told(accept(&third, OTHER).await));
    assert!(bench.sign_in(&mut Browser::new(3), "alice", PASSWORD).await.is_ok());
}

#[tokio::test]
async fn logins_are_unique_without_regard_to_case() {
    let bench = Bench::new().await;
    let admin = bench.caller(&bench.admin().await).await.unwrap();
    bench.desk.create_user(&admin, new_user("alice", Role::Viewer)).await.unwrap();
    assert_eq!(told(bench.desk.create_user(&admin, new_user("ALICE", Role::Viewer)).await).0, 409);
    assert_eq!(told(bench.desk.create_user(&admin, new_user("al ice", Role::Viewer)).await).0, 422);
}

#[tokio::test]
async fn teams_are_made_renamed_and_must_exist() {
    let bench = Bench::new().await;
    let admin = bench.caller(&bench.admin().await).await.unwrap();
    let team = bench.desk.create_team(&admin, "Blue").await.unwrap();
    assert_eq!(told(bench.desk.create_team(&admin, "blue").await).0, 409);
    let renamed = bench.desk.rename_team(&admin, &team.id, "Green").await.unwrap();
    assert_eq!(renamed.name, "Green");
    let teams = |ids: &[&quell_model::TeamId]| UserChange {
        teams: Some(ids.iter().map(|id| (*id).clone()).collect()),
        ..UserChange::default()
    };
    bench.desk.change_user(&admin, &admin.user, teams(&[&team.id])).await.unwrap();
    assert_eq!(bench.desk.user(&admin.user).await.unwrap().account.teams.len(), 1);
    let unknown = quell_model::TeamId::new("tem-none");
    assert_eq!(told(bench.desk.change_user(&admin, &admin.user, teams(&[&unknown])).await).0, 422);
    assert_eq!(told(bench.desk.rename_team(&admin, &unknown, "X").await).0, 404);
}
