use super::*;

#[test]
fn one_host_has_one_spelling_and_any_port() {
    for (text, name) in [
        ("LocalHost", "localhost"),
        ("localhost.", "localhost"),
        ("localhost:9527", "localhost"),
        ("127.0.0.1:1", "127.0.0.1"),
        ("127.1", "127.0.0.1"),
        ("[::1]:9527", "[::1]"),
        ("[0:0:0:0:0:0:0:1]", "[::1]"),
        ("Snarkfee.Example.ORG:", "snarkfee.example.org"),
    ] {
        assert_eq!(HostName::from_authority(text).unwrap().to_string(), name, "{text}");
    }
    for text in [
        "",
        ".",
        "..",
        ":",
        ":80",
        "a b",
        "a:b",
        "a:123456",
        "a/b",
        "a@b",
        "::1",
        "[::1",
        "[::1]x",
        "http://a",
        "[fe80::1%eth0]",
        "a\0",
        "300.1.1.1",
        "a..",
    ] {
        assert!(HostName::from_authority(text).is_err(), "{text:?}");
    }
}
