//! The steps as a graph. Every walk goes over each step and each way once, without recursion.

use std::collections::{HashMap, VecDeque};

use super::Book;
use super::successors::ways;

/// Steps by number, in the order of the document.
pub(super) struct Graph<'d> {
    pub(super) ids: Vec<&'d str>,
    pub(super) kinds: Vec<&'d str>,
    numbers: HashMap<&'d str, usize>,
    /// What follows in the same line.
    next: Vec<Vec<usize>>,
    /// Where branches begin.
    branches: Vec<Vec<usize>>,
    /// Whether a step is no end and yet names nothing that follows.
    stops: Vec<bool>,
}

/// Where two lines meet that must not.
pub(super) struct Meeting {
    /// The step that both have.
    pub(super) step: usize,
    /// The step that leads there from the second line; none if the line begins there.
    pub(super) from: Option<usize>,
    /// Whether one line is of the exception branch and the other is not.
    pub(super) exception: bool,
}

/// Which steps are reached, where branches begin, and where they meet.
pub(super) struct Lines {
    pub(super) reached: Vec<bool>,
    pub(super) branch_heads: Vec<usize>,
    pub(super) meetings: Vec<Meeting>,
}

impl<'d> Graph<'d> {
    pub(super) fn of(book: &Book<'d>) -> Graph<'d> {
        let steps: Vec<_> = book.steps().collect();
        let ids: Vec<&str> = steps.iter().map(|(id, _)| *id).collect();
        let numbers: HashMap<&str, usize> = ids.iter().enumerate().map(|(number, id)| (*id, number)).collect();
        let kinds = steps.iter().map(|(_, step)| step.get("type").and_then(|kind| kind.as_str()).unwrap_or_default());
        let kinds: Vec<&str> = kinds.collect();
        let (mut next, mut branches, mut stops) = (Vec::new(), Vec::new(), Vec::new());
        for ((_, step), kind) in steps.iter().zip(&kinds) {
            let mut ways = ways(step);
            ways.retain(|_| *kind != "end");
            let resolved = |branch: bool| {
                let ways = ways.iter().filter(move |way| way.branch == branch);
                ways.filter_map(|way| numbers.get(way.to.as_str()?).copied()).collect::<Vec<usize>>()
            };
            stops.push(*kind != "end" && ways.iter().all(|way| way.branch));
            next.push(resolved(false));
            branches.push(resolved(true));
        }
        Graph { ids, kinds, numbers, next, branches, stops }
    }

    pub(super) fn number(&self, id: &str) -> Option<usize> {
        self.numbers.get(id).copied()
    }

    fn all_from(&self, step: usize) -> impl Iterator<Item = usize> {
        let part = move |list: &'_ Vec<Vec<usize>>| list.get(step).cloned().unwrap_or_default();
        part(&self.next).into_iter().chain(part(&self.branches))
    }

    /// Gives each step to the line that reaches it first: main line, exception branch, then the branches from the outside in.
    pub(super) fn lines(&self, start: Option<usize>, exception: Option<usize>) -> Lines {
        let mut owners: Vec<Option<usize>> = vec![None; self.ids.len()];
        let mut lines = Lines { reached: Vec::new(), branch_heads: Vec::new(), meetings: Vec::new() };
        // Whether each line is of the exception branch.
        let mut exceptions = vec![false, true];
        let mut heads: VecDeque<(usize, Option<usize>, usize)> = VecDeque::new();
        heads.extend(start.map(|head| (head, None, 0)));
        heads.extend(exception.map(|head| (head, None, 1)));
        while let Some((head, from, line)) = heads.pop_front() {
            let of_exception = exceptions.get(line).copied().unwrap_or_default();
            let mut open = vec![(head, from)];
            while let Some((step, from)) = open.pop() {
                let Some(owner) = owners.get_mut(step) else { continue };
                if let Some(owner) = *owner {
                    let exception = exceptions.get(owner).copied() != Some(of_exception);
                    if owner != line {
                        lines.meetings.push(Meeting { step, from, exception });
                    }
                    continue;
                }
                *owner = Some(line);
                open.extend(self.next.get(step).into_iter().flatten().rev().map(|next| (*next, Some(step))));
                for branch in self.branches.get(step).into_iter().flatten() {
                    lines.branch_heads.push(*branch);
                    heads.push_back((*branch, Some(step), exceptions.len()));
                    exceptions.push(of_exception);
                }
            }
        }
        lines.reached = owners.iter().map(Option::is_some).collect();
        lines
    }

    /// Steps from which every path in their line comes to an end step.
    pub(super) fn ending(&self) -> Vec<bool> {
        let mut before: Vec<Vec<usize>> = vec![Vec::new(); self.ids.len()];
        for (step, next) in self.next.iter().enumerate() {
            for next in next {
                if let Some(before) = before.get_mut(*next) {
                    before.push(step);
                }
            }
        }
        let back = |begin: &dyn Fn(usize) -> bool| {
            let mut found = vec![false; before.len()];
            let mut open: Vec<usize> = (0..before.len()).filter(|step| begin(*step)).collect();
            while let Some(step) = open.pop() {
                let Some(found) = found.get_mut(step).filter(|found| !**found) else { continue };
                *found = true;
                open.extend(before.get(step).into_iter().flatten());
            }
            found
        };
        let ends = back(&|step| self.kinds.get(step) == Some(&"end"));
        let stops = back(&|step| self.stops.get(step) == Some(&true));
        ends.into_iter().zip(stops).map(|(ends, stops)| ends && !stops).collect()
    }

    /// Ways that lead back to a step already passed, as pairs of steps.
    pub(super) fn returns(&self) -> Vec<(usize, usize)> {
        #[derive(Clone, Copy, PartialEq)]
        enum State {
            New,
            Open,
            Done,
        }
        let mut states = vec![State::New; self.ids.len()];
        let mut returns = Vec::new();
        for root in 0..self.ids.len() {
            if states.get(root) != Some(&State::New) {
                continue;
            }
            states[root] = State::Open;
            let mut path = vec![(root, self.all_from(root))];
            while let Some((step, ways)) = path.last_mut() {
                let step = *step;
                let Some(next) = ways.next() else {
                    states[step] = State::Done;
                    path.pop();
                    continue;
                };
                match states.get(next).copied() {
                    Some(State::Open) => returns.push((step, next)),
                    Some(State::New) => {
                        states[next] = State::Open;
                        path.push((next, self.all_from(next)));
                    }
                    _ => {}
                }
            }
        }
        returns
    }
}
