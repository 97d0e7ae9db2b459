//! Clocks against dates that were worked out by hand, with the regimes that are shipped.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;
use quell_incident::deadline::{Calendar, DeadlineState, deadlines};
use quell_incident::work::{Stamp, Work, WorkFact};
use quell_model::Timestamp;
use quell_model::handbook::Handbook;
use serde_json::{Value, json};

/// What was said about one regime, in the zone of the organisation.
struct Case {
    regime: &'static str,
    zone: &'static str,
    /// Days off beside weekends, and where.
    jurisdiction: &'static str,
    holidays: &'static [&'static str],
    decided: Value,
    /// Anchors: what, and when.
    anchors: &'static [(&'static str, &'static str)],
    /// Stages that were sent: which, and when.
    sent: &'static [(&'static str, &'static str)],
    /// Delays that were allowed.
    tolled: &'static [(&'static str, &'static str)],
}

const PLAIN: Case = Case {
    regime: "",
    zone: "UTC",
    jurisdiction: "EU",
    holidays: &[],
    decided: Value::Null,
    anchors: &[],
    sent: &[],
    tolled: &[],
};

fn time(text: &str, zone: &TimeZone) -> Timestamp {
    let time: jiff::civil::DateTime = text.parse().unwrap();
    time.to_zoned(zone.clone()).unwrap().timestamp()
}

fn work(case: &Case, zone: &TimeZone) -> Work {
    let mut facts: Vec<(&str, Value)> = Vec::new();
    let mut decided = json!({ "regime": case.regime, "applies": true, "reason": "it does" });
    if let Value::Object(more) = &case.decided {
        decided.as_object_mut().unwrap().extend(more.clone());
    }
    facts.push(("clock.decided", decided));
    for (anchor, at) in case.anchors {
        facts.push(("clock.anchor_set", json!({ "anchor": anchor, "at": time(at, zone), "reason": "seen" })));
    }
    for (stage, at) in case.sent {
        let (at, reference) = (time(at, zone), json!({ "elsewhere": "receipt" }));
        let body = json!({ "regime": case.regime, "stage": stage, "at": at, "reference": reference });
        facts.push(("clock.submitted", body));
    }
    for (from, until) in case.tolled {
        let (from, until) = (time(from, zone), time(until, zone));
        let body = json!({ "regime": case.regime, "from": from, "until": until, "authority": "police",
            "reason": "asked" });
        facts.push(("clock.tolled", body));
    }
    let stamp = |entry: u64| Stamp { entry, at: Timestamp::UNIX_EPOCH, actor: "usr-1".to_owned() };
    Work::of((1..).zip(facts).map(|(entry, (kind, body))| (stamp(entry), WorkFact::read(kind, &body).unwrap())))
}

fn handbook() -> Handbook {
    quell_content::handbook::handbook().unwrap()
}

/// The state of a stage: when it is due, in local time, or why it is not.
fn state(case: &Case, stage: &str) -> String {
    let zone = TimeZone::get(case.zone).unwrap();
    let holidays: BTreeSet<_> = case.holidays.iter().map(|day| day.parse().unwrap()).collect();
    let calendar = Calendar { zone: zone.clone(), holidays: [(case.jurisdiction.to_owned(), holidays)].into() };
    let book = handbook();
    let found = deadlines(&book.regimes, &work(case, &zone).clocks, &calendar, time("2026-01-01T00:00", &zone));
    let found = found.iter().find(|deadline| deadline.stage == stage).unwrap_or_else(|| panic!("no {stage}"));
    let due = found.due_at.map(|due| due.to_zoned(zone).strftime("%a %Y-%m-%d %H:%M").to_string());
    match &found.state {
        DeadlineState::Running { .. } => due.unwrap_or_default(),
        DeadlineState::NotDue => "not due".to_owned(),
        DeadlineState::Waiting { for_any_of } => format!("waits for {}", for_any_of.join(", ")),
        DeadlineState::Sent { margin_seconds, .. } => {
            format!("sent, margin {} s", margin_seconds.map_or_else(|| "?".to_owned(), |margin| margin.to_string()))
        }
    }
}

#[track_caller]
fn check(case: Case, stage: &str, expected: &str) {
    assert_eq!(state(&case, stage), expected);
}

fn dora(anchors: &'static [(&'static str, &'static str)]) -> Case {
    Case { regime: "dora", anchors, decided: json!({ "answers": { "runs-through-weekends": true } }), ..PLAIN }
}

#[test]
fn dora_initial_is_the_earlier_of_two_and_late_classification_has_its_own_time() {
    // RTS 2025/301 article 5: the vectors of the reference, for an entity without the weekend rule.
    check(
        dora(&[("aware", "2026-03-06T10:00"), ("classified_major", "2026-03-06T15:00")]),
        "initial",
        "Fri 2026-03-06 19:00",
    );
    check(
        dora(&[("aware", "2026-03-06T10:00"), ("classified_major", "2026-03-07T09:00")]),
        "initial",
        "Sat 2026-03-07 10:00",
    );
    check(
        dora(&[("aware", "2026-03-06T10:00"), ("classified_major", "2026-03-07T12:00")]),
        "initial",
        "Sat 2026-03-07 16:00",
    );
    // Others: by noon of the next working day.
    let eligible =
        |anchors| Case { decided: json!({ "answers": { "runs-through-weekends": false } }), ..dora(anchors) };
    let saturday = &[("aware", "2026-03-06T10:00"), ("classified_major", "2026-03-07T09:00")];
    check(eligible(saturday), "initial", "Mon 2026-03-09 12:00");
    let holiday = Case { holidays: &["2026-03-09"], ..eligible(saturday) };
    check(holiday, "initial", "Tue 2026-03-10 12:00");
    let elsewhere = Case { jurisdiction: "US", holidays: &["2026-03-09"], ..eligible(saturday) };
    check(elsewhere, "initial", "Mon 2026-03-09 12:00");
    // Classified after the day had passed, although the day off put the deadline later: four hours from classification.
    let monday = &[("aware", "2026-03-06T10:00"), ("classified_major", "2026-03-09T09:00")];
    check(eligible(monday), "initial", "Mon 2026-03-09 13:00");
    // As long as nobody answered, the time runs through.
    check(Case { decided: Value::Null, ..dora(saturday) }, "initial", "Sat 2026-03-07 10:00");
    check(dora(&[]), "initial", "waits for aware, classified_major");
}

#[test]
fn dora_later_reports_count_from_what_was_really_sent() {
    let anchors = &[("aware", "2026-03-06T10:00"), ("classified_major", "2026-03-06T15:00")];
    check(dora(anchors), "intermediate", "waits for submitted:initial");
    let sent = Case { sent: &[("initial", "2026-03-06T18:00")], ..dora(anchors) };
    check(sent, "initial", "sent, margin 3600 s");
    let sent = Case { sent: &[("initial", "2026-03-06T18:00")], ..dora(anchors) };
    check(sent, "intermediate", "Mon 2026-03-09 18:00");
    // A month from the last intermediate report, also from one that was sent because of recovery.
    let two = Case {
        sent: &[
            ("initial", "2026-03-06T18:00"),
            ("intermediate", "2026-03-09T10:00"),
            ("recovered", "2026-03-31T10:00"),
        ],
        ..dora(anchors)
    };
    check(two, "final", "Thu 2026-04-30 10:00");
    let late = Case { sent: &[("initial", "2026-03-06T20:00")], ..dora(anchors) };
    check(late, "initial", "sent, margin -3600 s");
    // Back to normal within the 72 hours: one report says both.
    let back =
        &[("aware", "2026-03-06T10:00"), ("classified_major", "2026-03-06T15:00"), ("recovered", "2026-03-08T10:00")];
    let one = Case { sent: &[("initial", "2026-03-06T18:00"), ("recovered", "2026-03-08T12:00")], ..dora(back) };
    check(one, "intermediate", "sent, margin 108000 s");
    let one = Case { sent: &[("initial", "2026-03-06T18:00"), ("intermediate", "2026-03-08T12:00")], ..dora(back) };
    check(one, "recovered", "sent, margin 79200 s");
}

#[test]
fn each_piece_of_news_and_each_request_has_its_own_time() {
    let sec = |anchors, sent| Case {
        regime: "sec-1-05",
        anchors,
        sent,
        decided: json!({ "answers": { "foreign-issuer": false } }),
        ..PLAIN
    };
    let filed: &[_] = &[("filing", "2026-05-04T10:00")];
    let news: &[_] = &[
        ("determined_material", "2026-05-04T09:00"),
        ("information_known", "2026-05-05T09:00"),
        ("information_known", "2026-05-07T09:00"),
    ];
    // The second piece does not put off the first.
    check(sec(news, filed), "amendment", "Mon 2026-05-11 09:00");
    let amended: &[_] = &[("filing", "2026-05-04T10:00"), ("amendment", "2026-05-06T09:00")];
    check(sec(news, amended), "amendment", "Wed 2026-05-13 09:00");
    let twice: &[_] =
        &[("filing", "2026-05-04T10:00"), ("amendment", "2026-05-06T09:00"), ("amendment", "2026-05-08T09:00")];
    check(sec(news, twice), "amendment", "sent, margin 432000 s");
    check(sec(&news[..1], filed), "amendment", "waits for information_known");
}

#[test]
fn a_corrected_notification_does_not_put_off_the_final_report() {
    let twice = Case {
        regime: "nis2-23",
        anchors: &[("aware", "2026-03-01T10:00")],
        decided: json!({ "answers": { "trust-service-provider": false } }),
        sent: &[("notification", "2026-03-03T10:00"), ("notification", "2026-03-20T10:00")],
        ..PLAIN
    };
    check(twice, "final", "Fri 2026-04-03 10:00");
}

#[test]
fn what_happened_before_a_rule_has_no_clock() {
    let cn = |aware| Case { regime: "cn", anchors: aware, ..PLAIN };
    check(cn(&[("aware", "2025-10-31T10:00")]), "report", "not due");
    check(cn(&[("aware", "2025-11-01T10:00")]), "report", "Sat 2025-11-01 14:00");
}

fn gdpr(zone: &'static str, aware: &'static [(&'static str, &'static str)]) -> Case {
    Case { regime: "gdpr-33", zone, anchors: aware, decided: json!({ "answers": { "controller": true } }), ..PLAIN }
}

#[test]
fn hours_run_in_real_time_also_when_clocks_are_set() {
    check(gdpr("UTC", &[("aware", "2026-05-01T09:00")]), "authority", "Mon 2026-05-04 09:00");
    // Clocks go forward in the night of 29 March 2026 and back in that of 25 October: 72 hours stay 72 hours.
    check(gdpr("Europe/Vienna", &[("aware", "2026-03-27T12:00")]), "authority", "Mon 2026-03-30 13:00");
    check(gdpr("Europe/Vienna", &[("aware", "2026-10-23T12:00")]), "authority", "Mon 2026-10-26 11:00");
    check(gdpr("America/New_York", &[("aware", "2026-03-06T12:00")]), "authority", "Mon 2026-03-09 13:00");
    // Through the leap day.
    check(gdpr("UTC", &[("aware", "2028-02-27T09:00")]), "authority", "Wed 2028-03-01 09:00");
}

#[test]
fn a_later_word_about_an_anchor_counts_and_a_delay_stops_the_time() {
    let twice: &[_] = &[("aware", "2026-05-01T09:00"), ("aware", "2026-05-02T09:00")];
    check(gdpr("UTC", twice), "authority", "Tue 2026-05-05 09:00");
    let hipaa = |tolled| Case {
        regime: "hipaa",
        anchors: &[("discovered", "2026-01-10T08:00")],
        decided: json!({ "answers": { "covered-entity": true, "people-500-or-more": false } }),
        tolled,
        ..PLAIN
    };
    check(hipaa(&[]), "people", "Wed 2026-03-11 08:00");
    check(hipaa(&[("2026-02-01T00:00", "2026-03-03T00:00")]), "people", "Fri 2026-04-10 08:00");
    // Delays that overlap stop the time once.
    let overlapping: &[_] = &[("2026-02-01T00:00", "2026-02-21T00:00"), ("2026-02-11T00:00", "2026-03-03T00:00")];
    check(hipaa(overlapping), "people", "Fri 2026-04-10 08:00");
    // A delay that ended before the term began, or begins after its end, changes nothing.
    check(hipaa(&[("2025-11-01T00:00", "2025-12-01T00:00")]), "people", "Wed 2026-03-11 08:00");
    check(hipaa(&[("2026-03-12T00:00", "2026-04-12T00:00")]), "people", "Wed 2026-03-11 08:00");
    // Small breaches: sixty days after the end of the year of discovery.
    check(hipaa(&[]), "hhs-small", "Mon 2027-03-01 23:59");
    check(hipaa(&[]), "hhs-large", "not due");
}

#[test]
fn months_end_on_their_last_day_and_leap_years_have_one_more() {
    let nis2 = |sent| Case {
        regime: "nis2-23",
        anchors: &[("aware", "2026-01-28T10:00")],
        decided: json!({ "answers": { "trust-service-provider": false } }),
        sent,
        ..PLAIN
    };
    check(nis2(&[]), "early-warning", "Thu 2026-01-29 10:00");
    check(nis2(&[]), "notification", "Sat 2026-01-31 10:00");
    check(nis2(&[]), "final", "waits for submitted:notification");
    check(nis2(&[("notification", "2026-01-31T10:00")]), "final", "Sat 2026-02-28 10:00");
    check(nis2(&[("notification", "2028-01-31T10:00")]), "final", "Tue 2028-02-29 10:00");
    check(nis2(&[("notification", "2026-03-31T10:00")]), "final", "Thu 2026-04-30 10:00");
    check(nis2(&[("notification", "2026-12-15T10:00")]), "final", "Fri 2027-01-15 10:00");
}

#[test]
fn business_days_leave_out_weekends_and_holidays() {
    let sec = |anchors, holidays| Case {
        regime: "sec-1-05",
        zone: "America/New_York",
        jurisdiction: "US",
        anchors,
        holidays,
        decided: json!({ "answers": { "foreign-issuer": false } }),
        ..PLAIN
    };
    check(sec(&[("determined_material", "2026-11-19T15:00")], &[]), "filing", "Wed 2026-11-25 15:00");
    // Thanksgiving.
    let holidays = &["2026-11-26"];
    check(sec(&[("determined_material", "2026-11-23T15:00")], holidays), "filing", "Mon 2026-11-30 15:00");
    // Determined on a Saturday: Monday is the first day.
    check(sec(&[("determined_material", "2026-11-14T10:00")], &[]), "filing", "Thu 2026-11-19 10:00");
    // Over the turn of the year.
    let holidays = &["2026-12-25", "2027-01-01"];
    check(sec(&[("determined_material", "2026-12-30T09:00")], holidays), "filing", "Wed 2027-01-06 09:00");
}

#[test]
fn fedramp_terms_depend_on_class_and_impact() {
    let fedramp = |class: &str, impact: Option<u8>, sent| Case {
        regime: "fedramp",
        anchors: &[("evaluated_reportable", "2026-07-10T16:00")],
        decided: json!({ "class": class, "impact": impact, "answers": { "consolidated-rules": true } }),
        sent,
        ..PLAIN
    };
    check(fedramp("B", Some(1), &[]), "initial", "Mon 2026-07-13 16:00");
    check(fedramp("B", Some(3), &[]), "initial", "Fri 2026-07-10 22:00");
    check(fedramp("C", Some(2), &[]), "initial", "Sat 2026-07-11 16:00");
    check(fedramp("D", Some(4), &[]), "initial", "Fri 2026-07-10 16:15");
    // Without a rating it counts as the gravest.
    check(fedramp("D", None, &[]), "initial", "Fri 2026-07-10 16:15");
    check(fedramp("D", Some(4), &[]), "legacy-initial", "not due");
    // It comes again, from its own last submission on.
    check(fedramp("C", Some(3), &[("initial", "2026-07-10T16:30")]), "ongoing", "Fri 2026-07-10 22:30");
    let again: &[_] = &[("initial", "2026-07-10T16:30"), ("ongoing", "2026-07-10T20:00")];
    check(fedramp("C", Some(3), again), "ongoing", "Sat 2026-07-11 02:00");
    // It ends with the incident: what was not due yet is not due any more.
    let resolved: &[_] = &[("evaluated_reportable", "2026-07-10T16:00"), ("resolved", "2026-07-10T18:00")];
    let over = Case { anchors: resolved, ..fedramp("C", Some(3), &[("initial", "2026-07-10T16:30")]) };
    check(over, "ongoing", "not due");
}

#[test]
fn what_was_decided_not_to_apply_has_no_clock_and_stays_on_record() {
    let zone = TimeZone::UTC;
    let mut work = work(&gdpr("UTC", &[("aware", "2026-05-01T09:00")]), &zone);
    let body = json!({ "regime": "gdpr-33", "applies": false, "reason": "the data were encrypted" });
    let stamp = Stamp { entry: 99, at: Timestamp::UNIX_EPOCH, actor: "usr-2".to_owned() };
    work.apply(stamp, WorkFact::read("clock.decided", &body).unwrap());
    let book = handbook();
    assert_eq!(deadlines(&book.regimes, &work.clocks, &Calendar::utc(), Timestamp::UNIX_EPOCH), []);
    // What was sent before stays on the list.
    let sent = Case { sent: &[("authority", "2026-05-02T09:00")], ..gdpr("UTC", &[("aware", "2026-05-01T09:00")]) };
    let mut sent = self::work(&sent, &zone);
    let stamp = Stamp { entry: 99, at: Timestamp::UNIX_EPOCH, actor: "usr-2".to_owned() };
    sent.apply(stamp, WorkFact::read("clock.decided", &body).unwrap());
    let left = deadlines(&book.regimes, &sent.clocks, &Calendar::utc(), Timestamp::UNIX_EPOCH);
    assert_eq!(left.iter().map(|left| left.stage.as_str()).collect::<Vec<_>>(), ["authority"]);
    assert_eq!(work.clocks.decisions.len(), 2);
    assert_eq!(work.clocks.decision("gdpr-33").unwrap().reason.as_str(), "the data were encrypted");
}

#[test]
fn a_time_can_be_said_for_one_regime_alone() {
    let mut work = work(&gdpr("UTC", &[("aware", "2026-05-01T09:00")]), &TimeZone::UTC);
    let body = json!({ "anchor": "aware", "regime": "gdpr-33", "at": "2026-05-03T09:00:00Z",
        "reason": "only then was it certain that personal data were breached" });
    let stamp = Stamp { entry: 99, at: Timestamp::UNIX_EPOCH, actor: "usr-2".to_owned() };
    work.apply(stamp, WorkFact::read("clock.anchor_set", &body).unwrap());
    let said = |regime: &str| work.clocks.said(regime, "aware").last().unwrap().at.to_string();
    assert_eq!((said("gdpr-33"), said("nis2-23")), ("2026-05-03T09:00:00Z".into(), "2026-05-01T09:00:00Z".into()));
}

#[test]
fn what_is_not_certain_or_not_in_force_has_no_clock() {
    for regime in handbook().regimes {
        let body = json!({ "regime": regime.id, "applies": true, "reason": "it does" });
        let stamp = Stamp { entry: 1, at: Timestamp::UNIX_EPOCH, actor: "usr-1".to_owned() };
        let work = Work::of([(stamp, WorkFact::read("clock.decided", &body).unwrap())]);
        let found = deadlines(std::slice::from_ref(&regime), &work.clocks, &Calendar::utc(), Timestamp::UNIX_EPOCH);
        let expected = regime.stages.iter().filter(|stage| regime.uses(stage)).count();
        assert_eq!(found.len(), expected, "{}", regime.id);
    }
}
