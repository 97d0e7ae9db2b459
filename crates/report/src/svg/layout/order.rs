//! Order and height of slots within a lane and layer: near what they are connected to, never one over the other.

use super::{NODE_GAP, Slots};

/// Sweeps over the layers; more change little.
const SWEEPS: usize = 6;

/// Slots by lane, then layer, in order from top to bottom.
pub(super) fn columns(slots: &Slots, lanes: usize) -> Vec<Vec<Vec<usize>>> {
    let layers = slots.slots.iter().map(|slot| slot.layer + 1).max().unwrap_or(0);
    let mut columns = vec![vec![Vec::new(); layers]; lanes];
    for (index, slot) in slots.slots.iter().enumerate() {
        if let Some(column) = columns.get_mut(slot.lane).and_then(|lane| lane.get_mut(slot.layer)) {
            column.push(index);
        }
    }
    for sweep in 0..SWEEPS {
        let neighbours = if sweep % 2 == 0 { &slots.before } else { &slots.after };
        for step in 0..layers {
            let layer = if sweep % 2 == 0 { step } else { layers - 1 - step };
            let positions = positions(&columns, slots.slots.len());
            for column in columns.iter_mut().filter_map(|lane| lane.get_mut(layer)) {
                column.sort_by_key(|index| barycentre(neighbours, &positions, *index));
            }
        }
    }
    columns
}

/// Top of each slot, given the top and height of each lane. Starts as a stack and moves slots towards the mean of their
/// neighbours as far as their column allows.
pub(super) fn settle(slots: &Slots, columns: &[Vec<Vec<usize>>], lanes: &[(i32, i32)]) -> Vec<i32> {
    let mut ys = vec![0; slots.slots.len()];
    for (lane, (top, height)) in columns.iter().zip(lanes) {
        for column in lane {
            place(slots, column, &vec![*top; column.len()], (*top, top + height), &mut ys);
        }
    }
    for sweep in 0..SWEEPS {
        let neighbours = if sweep % 2 == 0 { &slots.before } else { &slots.after };
        for (lane, (top, height)) in columns.iter().zip(lanes) {
            for column in lane {
                let wanted: Vec<i32> = column.iter().map(|index| wanted(slots, neighbours, &ys, *index)).collect();
                place(slots, column, &wanted, (*top, top + height), &mut ys);
            }
        }
    }
    ys
}

/// Position of each slot: lanes first, then the order in its column.
fn positions(columns: &[Vec<Vec<usize>>], slots: usize) -> Vec<i64> {
    const LANE: i64 = 1_000_000;
    let mut positions = vec![0; slots];
    for (lane, base) in columns.iter().zip((0i64..).map(|lane| lane * LANE)) {
        for column in lane {
            for (index, place) in column.iter().zip(0i64..) {
                if let Some(position) = positions.get_mut(*index) {
                    *position = base + place * 1_000;
                }
            }
        }
    }
    positions
}

/// Mean position of the neighbours; a slot without any stays where it is.
fn barycentre(neighbours: &[Vec<usize>], positions: &[i64], index: usize) -> i64 {
    let position = |index: usize| positions.get(index).copied().unwrap_or(0);
    mean(neighbours.get(index), position).unwrap_or_else(|| position(index))
}

/// Top that puts the middle of a slot on the mean of its neighbours' middles.
fn wanted(slots: &Slots, neighbours: &[Vec<usize>], ys: &[i32], index: usize) -> i32 {
    let top = |index: usize| ys.get(index).copied().unwrap_or(0);
    let middle = |index: usize| i64::from(top(index) + slots.slot(index).height / 2);
    let wanted = mean(neighbours.get(index), middle).and_then(|mean| i32::try_from(mean).ok());
    wanted.map_or_else(|| top(index), |middle| middle - slots.slot(index).height / 2)
}

fn mean(indices: Option<&Vec<usize>>, value: impl Fn(usize) -> i64) -> Option<i64> {
    let indices = indices?;
    let count = i64::try_from(indices.len()).ok().filter(|count| *count > 0)?;
    Some(indices.iter().map(|index| value(*index)).sum::<i64>() / count)
}

/// Gives each slot of a column the top it wants, pushed down by the slot above and up by the end of the lane.
fn place(slots: &Slots, column: &[usize], wanted: &[i32], (top, bottom): (i32, i32), ys: &mut [i32]) {
    let mut tops = Vec::with_capacity(column.len());
    let mut free = top;
    for (index, wanted) in column.iter().zip(wanted) {
        let y = free.max(*wanted);
        tops.push(y);
        free = y + slots.slot(*index).height + NODE_GAP;
    }
    let mut limit = bottom;
    for (index, y) in column.iter().zip(tops.iter()).rev() {
        let height = slots.slot(*index).height;
        let settled = (*y).min(limit - height);
        if let Some(slot) = ys.get_mut(*index) {
            *slot = settled;
        }
        limit = settled - NODE_GAP;
    }
}
