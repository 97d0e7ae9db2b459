//! Figures of a few incidents that were worked out by hand.

use super::*;

fn at(minutes: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + minutes * 60).unwrap()
}

/// An incident whose moments were so many minutes after the beginning.
fn course(severity: Level, status: Status, moments: &[(Moment, i64)]) -> Course {
    Course {
        id: IncidentId::new("inc-1"),
        severity,
        status,
        exercise: false,
        moments: moments.iter().map(|(moment, minutes)| (*moment, at(*minutes))).collect(),
        reopened: 0,
        margins_seconds: Vec::new(),
        overdue: 0,
        lessons: LessonCounts::default(),
        damaged: 0,
    }
}

fn of(measure: Interval, courses: &[Course]) -> Figure {
    figures(courses, at(1_000)).times.into_iter().find(|figure| figure.measure == measure).unwrap()
}

#[test]
fn ranks_are_nearest_ranks() {
    let spread = |n: i64| Spread::of((1..=n).rev().collect());
    assert_eq!(spread(0), Spread { n: 0, median: None, p90: None });
    assert_eq!(spread(1), Spread { n: 1, median: Some(1), p90: Some(1) });
    assert_eq!(spread(10), Spread { n: 10, median: Some(5), p90: Some(9) });
    assert_eq!(spread(11), Spread { n: 11, median: Some(6), p90: Some(10) });
}

#[test]
fn open_cases_stay_visible_and_closed_ones_without_an_end_are_named() {
    use Moment::{Contained, Detected, FirstActivity};
    let courses = [
        course(Level::High, Status::Resolved, &[(FirstActivity, 0), (Detected, 10), (Contained, 40)]),
        course(Level::Low, Status::Resolved, &[(Detected, 20), (Contained, 30)]),
        course(Level::Low, Status::Open, &[(Detected, 100)]),
        course(Level::Low, Status::Resolved, &[(Detected, 100)]),
        course(Level::Low, Status::Open, &[(Detected, 50), (Contained, 40)]),
    ];
    let contain = of(Interval::Contain, &courses);
    assert_eq!(contain.seconds, Spread { n: 2, median: Some(600), p90: Some(1_800) });
    assert_eq!((contain.open, contain.open_longest_seconds), (1, Some(54_000)));
    assert_eq!((contain.without_end, contain.reversed), (1, 1));
    let by_severity: Vec<(Level, u64)> = contain.by_severity.iter().map(|one| (one.severity, one.seconds.n)).collect();
    assert_eq!(by_severity, [(Level::High, 1), (Level::Low, 1)]);
    assert_eq!(of(Interval::Dwell, &courses).seconds, Spread { n: 1, median: Some(2_400), p90: Some(2_400) });
}

#[test]
fn exercises_and_false_positives_stand_apart() {
    let mut exercise = course(Level::High, Status::Open, &[(Moment::Detected, 0)]);
    exercise.exercise = true;
    let wrong = course(Level::High, Status::FalsePositive, &[(Moment::Detected, 0)]);
    let real = course(Level::High, Status::Resolved, &[(Moment::Detected, 0), (Moment::Resolved, 5)]);
    let figures = figures(&[exercise, wrong, real.clone(), real.clone(), real], at(1_000));
    assert_eq!((figures.incidents, figures.exercises, figures.false_positives), (3, 1, 1));
    assert_eq!(figures.false_positives_per_mille, Some(250));
}

#[test]
fn a_late_notification_has_less_than_no_margin() {
    let mut late = course(Level::High, Status::Open, &[]);
    late.margins_seconds = vec![-60, 3_600];
    late.overdue = 1;
    let figures = figures(&[late], at(0));
    assert_eq!(figures.notification_margin, Spread { n: 2, median: Some(-60), p90: Some(3_600) });
    assert_eq!(figures.notifications_late, 2);
}
