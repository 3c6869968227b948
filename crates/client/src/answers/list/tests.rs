use super::*;

struct Small;

impl Entries for Small {
    type Printed<'de> = i64;
    type Value = u8;

    const LIMIT: usize = 3;

    fn read(printed: i64, _keys: &mut KeyInterner) -> Result<Result<u8, Fault>, serde_json::Error> {
        let fault =
            |_| Fault::InvalidValue { field: "small".to_owned(), value: printed.to_string() };
        Ok(u8::try_from(printed).map_err(fault))
    }
}

fn read(json: &str) -> Result<List<Small>, serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    ListReader::<Small>::new(&mut KeyInterner::default()).deserialize(&mut deserializer)
}

#[test]
fn the_first_entry_that_cannot_be_true_is_reported() {
    assert_eq!(read("[]").unwrap(), Ok(vec![]));
    assert_eq!(read("[1, 2, 3]").unwrap(), Ok(vec![1, 2, 3]));
    let fault = read("[1, -7, 300, \"other\"]").unwrap().unwrap_err();
    assert_eq!(fault, Fault::InvalidValue { field: "small".to_owned(), value: "-7".to_owned() });
}

#[test]
fn a_list_beyond_its_limit_is_not_kept() {
    assert_eq!(read("[1, 2, 3, 4, 5]").unwrap(), Err(Fault::Oversized { limit: 3 }));
}

#[test]
fn what_is_no_list_is_reported_before_what_cannot_be_true() {
    for json in ["[-7, }", "[1, \"other\"]", "[-7", "{}", "null"] {
        assert!(read(json).is_err(), "{json}");
    }
}
