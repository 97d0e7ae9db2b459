//! Uploads: what is no record is kept of each, however alike they are.

use quell_model::Role;
use reqwest::Method;

use super::bench::{Answer, Bench, Person};

async fn upload(bench: &Bench, person: &Person, body: &'static str) -> Answer {
    let request = bench.request(Method::POST, "/api/v1/intake/files/file").header("cookie", &person.cookie);
    let request = request.header("content-type", "application/octet-stream");
    Answer::of(request.body(body).send().await.unwrap()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn broken_parts_of_two_uploads_are_kept_and_of_one_sent_twice_once() {
    let bench = Bench::start().await;
    let admin = bench.person("admin", Role::Admin, &[]).await;
    for body in ["{\"a\": 1}\n{\"b\": \n", "{\"a\": 1, \"c\": 2}\n{\"b\": \n", "{\"a\": 1}\n{\"b\": \n"] {
        let answer = upload(&bench, &admin, body).await;
        assert_eq!((answer.status, answer.json()["rejected"].as_u64()), (200, Some(1)), "{answer:?}");
    }
    let kept = bench.get(&admin, "/api/v1/sources/files/rejected").await.json();
    assert_eq!(kept.as_array().map(Vec::len), Some(2), "{kept}");
    bench.stop().await;
}
