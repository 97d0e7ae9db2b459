//! The guide against the preferences it was made from.

use std::collections::BTreeMap;

use quell_incident::guide::{Answers, GuideError, advise};

const FAMILIES: [&str; 4] = ["nist", "sans", "mitre", "iso"];

fn answers(given: &str) -> Answers {
    let pairs = given.split_whitespace().filter_map(|pair| pair.split_once('='));
    let given: BTreeMap<String, String> =
        pairs.map(|(factor, answer)| (factor.to_owned(), answer.to_owned())).collect();
    Answers { given, ..Answers::default() }
}

/// What an organisation is unless it says otherwise.
const UNSTATED: &str =
    "regulation=none size=medium incidents=narrow sector=other integration=none expertise=some improvement=low";

#[track_caller]
fn check(given: &str, expected: [u32; 4], tied: &[&str]) {
    let guide = quell_content::process::guide().unwrap();
    let mut all = answers(UNSTATED);
    all.given.extend(answers(given).given);
    let advice = advise(&guide, &all).unwrap();
    let score = |family: &str| {
        let scored = advice.ranking.iter().find(|scored| scored.family.id == family).unwrap();
        assert!((scored.parts.iter().map(|part| part.points).sum::<f64>() - scored.score).abs() < 1e-9);
        scored.score.round() as u32
    };
    assert_eq!(FAMILIES.map(score), expected, "{given}");
    assert_eq!(advice.tied.iter().map(|family| family.id.as_str()).collect::<Vec<_>>(), tied, "{given}");
}

#[test]
fn organisations_get_the_scores_of_the_model() {
    check("regulation=us_federal size=large sector=government expertise=new", [71, 51, 47, 45], &[]);
    check("size=small sector=private expertise=new", [64, 56, 43, 47], &[]);
    check(
        "size=large incidents=wide sector=private integration=attack_mapped_soc expertise=experienced",
        [47, 62, 78, 46],
        &[],
    );
    check("regulation=iso27001 sector=private integration=isms improvement=high", [49, 60, 41, 74], &[]);
    check("size=large sector=private integration=picerl_playbooks improvement=high", [48, 80, 56, 52], &[]);
    check(
        "regulation=eu_nis2_dora size=large sector=private integration=isms improvement=high",
        [48, 68, 52, 69],
        &["iso", "sans"],
    );
}

/// With one factor alone, every preference that the guidance states wins.
#[test]
fn each_stated_preference_wins_alone() {
    let guide = quell_content::process::guide().unwrap();
    let alone = |given: &str| {
        let mut answers = answers(given);
        let factor = answers.given.keys().next().unwrap().clone();
        answers.weights =
            guide.factors.iter().map(|other| (other.id.clone(), f64::from(u8::from(other.id == factor)))).collect();
        let advice = advise(&guide, &answers).unwrap();
        let best = advice.ranking[0].score;
        let winners = advice.ranking.iter().filter(|scored| scored.score == best);
        let mut winners: Vec<&str> = winners.map(|scored| scored.family.id.as_str()).collect();
        winners.sort_unstable();
        winners.join(" ")
    };
    let stated = [
        ("size=small", "nist"),
        ("size=large", "mitre sans"),
        ("incidents=wide", "mitre"),
        ("sector=government", "nist"),
        ("sector=private", "sans"),
        ("expertise=experienced", "mitre"),
        ("expertise=new", "nist"),
        ("improvement=high", "iso sans"),
    ];
    for (given, winners) in stated {
        assert_eq!(alone(given), winners, "{given}");
    }
}

#[test]
fn a_flip_is_what_it_says() {
    let guide = quell_content::process::guide().unwrap();
    let mut flips = 0;
    for given in ["size=large", "size=large improvement=high", "size=small sector=private", ""] {
        let given = answers(given);
        let advice = advise(&guide, &given).unwrap();
        assert!(advice.flips.len() <= 2);
        flips += advice.flips.len();
        for flip in &advice.flips {
            let mut changed = given.clone();
            changed.given.insert(flip.factor.id.clone(), flip.answer.id.clone());
            let then = advise(&guide, &changed).unwrap();
            assert_eq!(then.ranking[0].family.id, flip.best.id);
            assert_ne!(advice.ranking[0].family.id, flip.best.id);
            assert!((then.ranking[0].score - then.ranking[1].score - flip.lead).abs() < 1e-9);
        }
    }
    assert!(flips > 0, "or this test says nothing");
}

#[test]
fn what_a_law_names_is_required_whatever_the_score() {
    let guide = quell_content::process::guide().unwrap();
    let mut given = answers("size=small expertise=new");
    given.mandate = Some("iso".to_owned());
    let advice = advise(&guide, &given).unwrap();
    assert_eq!(advice.required.map(|family| family.id.as_str()), Some("iso"));
    assert_ne!(advice.ranking[0].family.id, "iso");
    assert_eq!(advice.flips, []);
}

#[test]
fn what_the_guide_does_not_ask_is_refused() {
    let guide = quell_content::process::guide().unwrap();
    let refused = |answers: &Answers| advise(&guide, answers).unwrap_err();
    assert_eq!(refused(&answers("shoe=42")), GuideError::Factor("shoe".to_owned()));
    let message = refused(&answers("size=huge")).to_string();
    assert!(message.contains("small, medium, large"), "{message}");
    let mandate = Answers { mandate: Some("cobit".to_owned()), ..Answers::default() };
    assert_eq!(refused(&mandate), GuideError::Family("cobit".to_owned()));
    for weight in [-1.0, 101.0, f64::NAN, f64::INFINITY] {
        let weights = BTreeMap::from([("size".to_owned(), weight)]);
        let answers = Answers { weights, ..Answers::default() };
        assert_eq!(refused(&answers), GuideError::Weight("size".to_owned()));
    }
    let weights = guide.factors.iter().map(|factor| (factor.id.clone(), 0.0)).collect();
    assert_eq!(refused(&Answers { weights, ..Answers::default() }), GuideError::Weightless);
}
