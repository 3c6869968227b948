//! Answers of every kind.

use super::*;
use crate::setup::parse_power;

fn ask(input: &[u8], take_defaults: bool) -> (Result<Answered<String>, Failure>, String) {
    let mut output = Vec::new();
    let mut questions = Questions::new(input, &mut output, take_defaults);
    let answer = questions.ask("Watts", "150 W", |text| parse_power(text).map(|p| p.to_string()));
    (answer, String::from_utf8(output).unwrap())
}

fn answered(input: &[u8]) -> (String, bool) {
    let answer = ask(input, false).0.unwrap();
    (answer.value, answer.assumed)
}

#[test]
fn an_empty_answer_is_the_default_and_is_known_as_one() {
    assert_eq!(answered(b"\n"), ("150 W".to_owned(), true));
    assert_eq!(answered(b"200\n"), ("200 W".to_owned(), false));
    assert_eq!(answered(b"  0.2 kW \r\n"), ("200 W".to_owned(), false));
    assert_eq!(answered(b"200"), ("200 W".to_owned(), false), "the last line may lack its end");
}

#[test]
fn nothing_is_asked_where_the_defaults_are_taken() {
    let (answer, output) = ask(b"", true);
    assert_eq!((answer.unwrap().value.as_str(), output.as_str()), ("150 W", ""));
}

#[test]
fn nonsense_is_asked_again_at_most_three_times() {
    let (answer, output) = ask(b"much\n\xff\xfe\n300\n", false);
    assert_eq!(answer.unwrap().value, "300 W");
    assert_eq!(output.matches("Watts [150 W]: ").count(), 3, "{output}");
    let (refused, _) = ask(b"much\nmore\nmost\n300\n", false);
    assert!(refused.is_err());
}

#[test]
fn a_line_without_end_is_cut_and_the_next_one_is_read_whole() {
    let mut input = vec![b'9'; 100_000];
    input.extend(b"\n250\n");
    assert_eq!(answered(&input), ("250 W".to_owned(), false));
    assert!(ask(&vec![b'x'; 100_000], false).0.is_err());
}

#[test]
fn an_input_that_ends_is_no_answer() {
    let (refused, _) = ask(b"", false);
    assert!(refused.is_err());
}

#[test]
fn a_private_key_is_not_repeated() {
    let key = format!("EK{}", "F".repeat(50));
    let mut output = Vec::new();
    let input = format!("{key}\n\n");
    let mut questions = Questions::new(input.as_bytes(), &mut output, false);
    let parse = |text: &str| if text.is_empty() { Ok(()) } else { Err(format!("not {text}")) };
    questions.ask("Key", "", parse).unwrap();
    assert!(!String::from_utf8(output).unwrap().contains(&key));
}
