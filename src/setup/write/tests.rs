//! What is left on the disk.

use super::*;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_file_is_replaced_only_when_told_to_and_keeps_its_permissions() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("snarkfee.toml");
    write_file(&path, "first", false).unwrap();
    assert_eq!(mode(&path), 0o600);
    let refused = write_file(&path, "second", false).unwrap_err();
    assert!(matches!(refused, WriteError::Exists(_)), "{refused}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "first");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let link = folder.path().join("link.toml");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    write_file(&link, "third", true).unwrap();
    assert_eq!((fs::read_to_string(&path).unwrap().as_str(), mode(&path)), ("third", 0o644));
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing is left over");
}

#[test]
fn a_folder_that_is_missing_is_an_error_of_the_system() {
    let folder = tempfile::tempdir().unwrap();
    let refused = write_file(&folder.path().join("a/b.toml"), "", false).unwrap_err();
    assert!(matches!(refused, WriteError::System { .. }), "{refused}");
}
