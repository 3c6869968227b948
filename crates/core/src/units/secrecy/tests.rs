//! What is hidden.

use super::*;

#[test]
fn private_keys_are_hidden_wherever_they_stand_and_nothing_else() {
    const PRIVATE: &str = "EKFKgDtU3rcuFTVSEpmpXSkukjmX4cKefYREi6Sdsk7E7wsT7KRw";
    for around in ["{}", "a {} b", "\"{}\"", "daemons.{}.x", "{}\n{}", "é{}é"] {
        let shown = hide_private_keys(&around.replace("{}", PRIVATE));
        assert!(!shown.contains(PRIVATE), "{shown}");
        assert_eq!(shown, around.replace("{}", HIDDEN));
    }
    for plain in ["", "EK", "B62qre3erTHfzQckNuibViWQGyyKwZseztqrjPZBv6SQF384Rg6ESAy", "é ü"] {
        assert_eq!(hide_private_keys(plain), plain);
    }
}
