//! A file that is replaced as a whole or stays as it was.
use std::fs::{self, File, OpenOptions};
use std::io::{Result, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Equal content is left alone. A new file beside the old one takes its name once it is on the disk: whoever reads it,
/// also after a power cut, finds one or the other.
pub fn replace(path: &str, text: &str) -> Result<()> {
    if matches!(fs::read(path), Ok(live) if live == text.as_bytes()) {
        return Ok(());
    }
    // Prometheus reads what is called *.json and so passes this over.
    let beside = format!("{}.next", path);
    let written = write(&beside, text).and_then(|()| fs::rename(&beside, path)).and_then(|()| sync_directory(path));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

fn write(path: &str, text: &str) -> Result<()> {
    let _ = fs::remove_file(path); // left by a crash, or a link that someone laid
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o644).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn sync_directory(of: &str) -> Result<()> {
    match Path::new(of).parent() {
        Some(parent) if !parent.as_os_str().is_empty() => File::open(parent)?.sync_all(),
        _ => File::open(".")?.sync_all(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_replaced_as_a_whole() {
        let directory = std::env::temp_dir().join(format!("drcon-file-sd-{}", std::process::id()));
        fs::create_dir(&directory).unwrap();
        let path = directory.join("targets.json");
        let path = path.to_str().unwrap();
        replace(path, "one").unwrap();
        replace(path, "two").unwrap();
        assert_eq!(fs::read_to_string(path).unwrap(), "two");
        assert_eq!(fs::read_dir(&directory).unwrap().count(), 1);
        fs::remove_dir_all(&directory).unwrap();
        assert!(replace(path, "three").is_err());
    }
}
