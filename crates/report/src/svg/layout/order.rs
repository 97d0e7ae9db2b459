//! Order and place of slots within a lane and layer: near what they are connected to, never one on the other.

use super::{NODE_GAP, Slots};

/// Sweeps over the layers; more change little.
const SWEEPS: usize = 6;

/// Slots by lane, then layer, in order from left to right.
pub(super) fn rows(slots: &Slots, lanes: usize) -> Vec<Vec<Vec<usize>>> {
    let layers = slots.slots.iter().map(|slot| slot.layer + 1).max().unwrap_or(0);
    let mut rows = vec![vec![Vec::new(); layers]; lanes];
    for (index, slot) in slots.slots.iter().enumerate() {
        if let Some(row) = rows.get_mut(slot.lane).and_then(|lane| lane.get_mut(slot.layer)) {
            row.push(index);
        }
    }
    for sweep in 0..SWEEPS {
        let neighbours = if sweep % 2 == 0 { &slots.before } else { &slots.after };
        for step in 0..layers {
            let layer = if sweep % 2 == 0 { step } else { layers - 1 - step };
            let positions = positions(&rows, slots.slots.len());
            for row in rows.iter_mut().filter_map(|lane| lane.get_mut(layer)) {
                row.sort_by_key(|index| barycentre(neighbours, &positions, *index));
            }
        }
    }
    rows
}

/// Left side of each slot, given that and the width of each lane. Starts side by side and moves slots towards the mean of their
/// neighbours as far as their row allows.
pub(super) fn settle(slots: &Slots, rows: &[Vec<Vec<usize>>], lanes: &[(i32, i32)]) -> Vec<i32> {
    let mut xs = vec![0; slots.slots.len()];
    for (lane, (start, width)) in rows.iter().zip(lanes) {
        for row in lane {
            place(slots, row, &vec![*start; row.len()], (*start, start + width), &mut xs);
        }
    }
    for sweep in 0..SWEEPS {
        let neighbours = if sweep % 2 == 0 { &slots.before } else { &slots.after };
        for (lane, (start, width)) in rows.iter().zip(lanes) {
            for row in lane {
                let wanted: Vec<i32> = row.iter().map(|index| wanted(slots, neighbours, &xs, *index)).collect();
                place(slots, row, &wanted, (*start, start + width), &mut xs);
            }
        }
    }
    xs
}

/// Position of each slot: lanes first, then the order in its row.
fn positions(rows: &[Vec<Vec<usize>>], slots: usize) -> Vec<i64> {
    const LANE: i64 = 1_000_000;
    let mut positions = vec![0; slots];
    for (lane, base) in rows.iter().zip((0i64..).map(|lane| lane * LANE)) {
        for row in lane {
            for (index, place) in row.iter().zip(0i64..) {
                if let Some(position) = positions.get_mut(*index) {
                    *position = base + place * 1_000;
                }
            }
        }
    }
    positions
}

/// Mean position of the neighbours; a slot without any staxs where it is.
fn barycentre(neighbours: &[Vec<usize>], positions: &[i64], index: usize) -> i64 {
    let position = |index: usize| positions.get(index).copied().unwrap_or(0);
    mean(neighbours.get(index), position).unwrap_or_else(|| position(index))
}

/// Left side that puts the middle of a slot on the mean of its neighbours' middles.
fn wanted(slots: &Slots, neighbours: &[Vec<usize>], xs: &[i32], index: usize) -> i32 {
    let start = |index: usize| xs.get(index).copied().unwrap_or(0);
    let middle = |index: usize| i64::from(start(index) + slots.slot(index).width / 2);
    let wanted = mean(neighbours.get(index), middle).and_then(|mean| i32::try_from(mean).ok());
    wanted.map_or_else(|| start(index), |middle| middle - slots.slot(index).width / 2)
}

fn mean(indices: Option<&Vec<usize>>, value: impl Fn(usize) -> i64) -> Option<i64> {
    let indices = indices?;
    let count = i64::try_from(indices.len()).ok().filter(|count| *count > 0)?;
    Some(indices.iter().map(|index| value(*index)).sum::<i64>() / count)
}

/// Gives each slot of a row the place it wants, pushed right by the slot before it and left by the end of the lane.
fn place(slots: &Slots, row: &[usize], wanted: &[i32], (start, end): (i32, i32), xs: &mut [i32]) {
    let mut starts = Vec::with_capacity(row.len());
    let mut free = start;
    for (index, wanted) in row.iter().zip(wanted) {
        let x = free.max(*wanted);
        starts.push(x);
        free = x + slots.slot(*index).width + NODE_GAP;
    }
    let mut limit = end;
    for (index, x) in row.iter().zip(starts.iter()).rev() {
        let width = slots.slot(*index).width;
        let settled = (*x).min(limit - width);
        if let Some(slot) = xs.get_mut(*index) {
            *slot = settled;
        }
        limit = settled - NODE_GAP;
    }
}
