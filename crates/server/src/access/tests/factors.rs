//! Codes of apps and recovery codes.

use base32::decode;
use quell_model::ports::Clock;

use super::*;
use crate::access::Code;
use crate::access::factor::Totp;

/// Base32 as apps read it, written out here so that the test does not lean on the library under test.
mod base32 {
    pub(super) fn decode(text: &str) -> Vec<u8> {
        let (mut bits, mut count, mut bytes) = (0_u32, 0, Vec::new());
        for letter in text.bytes() {
            let value = if letter.is_ascii_digit() { letter - b'2' + 26 } else { letter - b'A' };
            bits = bits << 5 | u32::from(value);
            count += 5;
            if count >= 8 {
                count -= 8;
                bytes.push((bits >> count) as u8);
            }
        }
        bytes
    }
}

/// The code that an app shows.
fn code(bench: &Bench, secret: &[u8]) -> String {
    Totp::new(secret, "x").unwrap().code(bench.clock.now())
}

/// Adds an app to the account of a browser; its secret and recovery codes.
async fn with_app(bench: &Bench, browser: &Browser) -> (Vec<u8>, Vec<String>) {
    let caller = bench.caller(browser).await.unwrap();
    let offer = bench.desk.offer_totp(&caller).await.unwrap();
    let secret = decode(&offer.secret);
    assert_eq!(told(bench.desk.add_totp(&caller, "phone", "000000").await).0, 422);
    let codes = bench.desk.add_totp(&caller, "phone", &code(bench, &secret)).await.unwrap();
    assert_eq!(codes.len(), 10);
    (secret, codes)
}

#[tokio::test]
async fn a_password_alone_is_not_enough_and_a_code_works_once() {
    let bench = Bench::new().await;
    let admin = bench.admin().await;
    let (secret, _) = with_app(&bench, &admin).await;
    bench.clock.advance(60);

    let mut browser = Browser::new(2);
    let entered = bench.sign_in(&mut browser, "admin", PASSWORD).await.unwrap();
    let Entered::Second { kinds, .. } = &entered else { panic!("a second factor is needed") };
    assert_eq!(kinds, &["totp", "recovery"]);
    assert!(bench.caller(&browser).await.is_none());
    // The secret of a waiting sign-in is no session.
    let pending = browser.jar["quell_pending"].clone();
    let mut posing = Browser::new(2);
    posing.jar.insert("quell_session".to_owned(), pending);
    assert!(bench.caller(&posing).await.is_none());

    let right = code(&bench, &secret);
    let visit = browser.visit(&bench);
    assert_eq!(told(bench.desk.enter_code(&visit, Code::Totp, "000000").await).0, 403);
    let entered = bench.desk.enter_code(&visit, Code::Totp, &right).await.unwrap();
    browser.take(&entered);
    assert!(is_in(&entered) && bench.caller(&browser).await.is_some());
    assert_eq!(browser.jar["quell_pending"], "");
    // Neither the waiting sign-in nor the code works again.
    assert_eq!(told(bench.desk.enter_code(&visit, Code::Totp, &right).await).0, 403);
    let mut again = Browser::new(2);
    bench.sign_in(&mut again, "admin", PASSWORD).await.unwrap();
    assert_eq!(told(bench.desk.enter_code(&again.visit(&bench), Code::Totp, &right).await).0, 403);
    bench.clock.advance(30);
    let next = code(&bench, &secret);
    assert!(bench.desk.enter_code(&again.visit(&bench), Code::Totp, &next).await.is_ok());
}

#[tokio::test]
async fn knowing_the_password_gives_no_free_guesses_of_codes() {
    let bench = Bench::new().await;
    with_app(&bench, &bench.admin().await).await;
    let mut guesses = 0;
    for _ in 0..40 {
        let mut browser = Browser::new(50);
        if bench.sign_in(&mut browser, "admin", PASSWORD).await.is_err() {
            break;
        }
        if told(bench.desk.enter_code(&browser.visit(&bench), Code::Totp, "123456").await).0 == 403 {
            guesses += 1;
        }
    }
    assert!(guesses <= 5, "{guesses}");
}

#[tokio::test]
async fn a_new_password_ends_a_waiting_sign_in() {
    let bench = Bench::new().await;
    let admin = bench.admin().await;
    let (secret, _) = with_app(&bench, &admin).await;
    bench.clock.advance(60);
    let mut browser = Browser::new(2);
    bench.sign_in(&mut browser, "admin", PASSWORD).await.unwrap();
    let caller = bench.caller(&admin).await.unwrap();
    let visit = admin.visit(&bench);
    bench.desk.change_password(&caller, &visit, PASSWORD.to_owned(), OTHER.to_owned()).await.unwrap();
    let right = code(&bench, &secret);
    assert_eq!(told(bench.desk.enter_code(&browser.visit(&bench), Code::Totp, &right).await).0, 403);
}

#[tokio::test]
async fn recovery_codes_work_once_and_end_with_new_ones() {
    let bench = Bench::new().await;
    let admin = bench.admin().await;
    let (_, codes) = with_app(&bench, &admin).await;
    let enter = |code: String| {
        let bench = &bench;
        async move {
            let mut browser = Browser::new(2);
            bench.sign_in(&mut browser, "admin", PASSWORD).await.unwrap();
            told(bench.desk.enter_code(&browser.visit(bench), Code::Recovery, &code).await).0
        }
    };
    assert_eq!(enter(codes[0].to_uppercase()).await, 200);
    assert_eq!(enter(codes[0].clone()).await, 403);
    assert_eq!(enter(codes[1].clone()).await, 200);
    let caller = bench.caller(&admin).await.unwrap();
    let anew = bench.desk.renew_codes(&caller).await.unwrap();
    assert_eq!(enter(codes[2].clone()).await, 403);
    assert_eq!(enter(anew[2].clone()).await, 200);
}

#[tokio::test]
async fn a_removed_factor_is_gone_and_secrets_are_sealed() {
    let bench = Bench::new().await;
    let admin = bench.admin().await;
    let (secret, codes) = with_app(&bench, &admin).await;
    let caller = bench.caller(&admin).await.unwrap();
    let factor = bench.desk.factors(&caller).await.unwrap().remove(0);
    assert!(!factor.secret.windows(8).any(|window| secret.windows(8).any(|part| part == window)));
    assert_eq!(told(bench.desk.remove_factor(&caller, "fac-other").await).0, 404);
    bench.desk.remove_factor(&caller, &factor.id).await.unwrap();
    assert!(is_in(&bench.sign_in(&mut Browser::new(2), "admin", PASSWORD).await.unwrap()));
    // Codes from before do not come back with another factor.
    let (_, _) = with_app(&bench, &admin).await;
    let mut browser = Browser::new(3);
    bench.sign_in(&mut browser, "admin", PASSWORD).await.unwrap();
    assert_eq!(told(bench.desk.enter_code(&browser.visit(&bench), Code::Recovery, &codes[0]).await).0, 403);
}

#[tokio::test]
async fn secrets_are_sealed_anew_with_another_key() {
    let bench = Bench::new().await;
    let admin = bench.admin().await;
    let (secret, _) = with_app(&bench, &admin).await;
    let keys = |ids: &[(&str, u8)], active: &str| {
        let keys = ids.iter().map(|(id, byte)| ((*id).to_owned(), [*byte; 32])).collect();
        crate::access::Keyring::new(keys, active).unwrap()
    };
    let desk = |keyring| {
        let clock: Arc<dyn Clock> = Arc::<Standing>::clone(&bench.clock);
        let random = Arc::new(Counting::default());
        let settings = AccessSettings::default();
        Desk::new(AccessParts { store: bench.store.clone(), clock, random, settings, keyring }).unwrap()
    };
    let random = Counting::default();
    assert_eq!(crate::access::reseal(&bench.store, keyring(), &random).await.unwrap(), 0);
    let both = keys(&[("test", 42), ("next", 43)], "next");
    assert_eq!(crate::access::reseal(&bench.store, both, &random).await.unwrap(), 1);
    let next = desk(keys(&[("next", 43)], "next"));
    bench.clock.advance(60);
    let mut browser = Browser::new(2);
    let entered = next.sign_in(&browser.visit(&bench), "admin", PASSWORD.to_owned()).await.unwrap();
    browser.take(&entered);
    assert!(next.enter_code(&browser.visit(&bench), Code::Totp, &code(&bench, &secret)).await.is_ok());
}
