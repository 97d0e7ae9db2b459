//! Packed records come back as they were, and no bytes make the reader panic.

use proptest::prelude::*;
use quell_normalize::{RawRecord, Shape, pack, unpack};

fn records() -> impl Strategy<Value = Vec<RawRecord>> {
    let pairs = prop::collection::vec((".{0,8}", ".{0,20}"), 0..4);
    let shape = prop_oneof![
        Just(Shape::Json),
        (".{0,10}", pairs).prop_map(|(source, pairs)| Shape::Pairs { source: source.into(), pairs }),
    ];
    let bytes = prop::collection::vec(any::<u8>(), 0..40);
    let record = (any::<u64>(), any::<u64>(), bytes, shape);
    let record = record.prop_map(|(number, offset, bytes, shape)| RawRecord { number, offset, bytes, shape });
    prop::collection::vec(record, 0..8)
}

proptest! {
    #[test]
    fn packed_records_come_back(records in records()) {
        prop_assert_eq!(unpack(&pack(&records)), Ok(records));
    }

    #[test]
    fn damaged_packs_are_refused_or_read(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = unpack(&bytes);
    }

    #[test]
    fn a_cut_pack_is_never_longer(records in records(), cut in 0usize..400) {
        let packed = pack(&records);
        if let Ok(read) = unpack(&packed[..cut.min(packed.len())]) {
            prop_assert!(read.len() <= records.len());
        }
    }
}
