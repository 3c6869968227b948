use super::*;
use crate::fixtures::{block, look_with_chain};

#[test]
fn blocks_of_another_time_are_refused() {
    let decades = 30 * 365 * 86_400;
    let seen = |dates: [i64; 3]| {
        let blocks = (1..).zip(dates).map(|(height, at)| block(height, "b", at, &[]));
        refuse_wrong_dates(look_with_chain(0, blocks.collect())).chain.unwrap()
    };
    assert!(seen([-360, -180, 0]).is_ok());
    for dates in [
        [decades, decades + 180, decades + 360],
        [-decades, 180 - decades, 360 - decades],
        [-360, decades, 0],
        [-180, -360, 0],
    ] {
        let fault = seen(dates).unwrap_err();
        assert!(matches!(fault, Fault::InvalidValue { .. }), "{dates:?}: {fault}");
    }
}
