//! Real full disks: small file systems in memory, mounted where only the child sees them.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use segmenta_store::{Error, History, Output, Result, Store};

use crate::harness::{AS_OF, AT, check_next_run, check_readable, check_tidy, facts, publish, root};

/// Environment variable with the root of the small file system.
const SMALL: &str = "SEGMENTA_STORE_TEST_SMALL";

#[test]
fn a_full_disk_is_typed_and_the_next_run_makes_room_by_itself() {
    let mut full = 0;
    let mut enough = 0;
    for capacity_kib in (64..=640).step_by(16) {
        let mount = root();
        let script = format!(
            "mount -t tmpfs -o size={capacity_kib}k none \"${SMALL}\" && exec \"$0\" \
             --exact full_disk::be_the_child --nocapture"
        );
        let output = Command::new("unshare")
            .args(["-m", "sh", "-c", &script])
            .arg(env::current_exe().unwrap())
            .env(SMALL, mount.path())
            .output();
        let Ok(output) = output else {
            return println!("skipped: no unshare");
        };
        let said = String::from_utf8_lossy(&output.stdout);
        if said.contains("DISK FULL") {
            full += 1;
        } else if said.contains("ENOUGH") {
            enough += 1;
        } else if !said.contains("running 1 test") {
            return println!("skipped: nothing can be mounted here");
        }
        let said = format!("{said}{}", String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{capacity_kib} KiB: {said}");
    }
    assert!(full >= 10 && enough >= 5, "{full} full, {enough} enough");
}

/// A run that needs more than there is, beside a generation that must survive.
fn large(store: &Store, run_id: &str) -> Result<()> {
    let mut lock = store.lock(run_id)?;
    let staging = lock.stage(AS_OF)?;
    let outputs: Vec<_> = (0..25).map(|part| Output::table(format!("a/{part}"), "a", 1)).collect();
    for output in &outputs {
        let path = staging.path(&output.path)?;
        if let Err(source) = fs::write(&path, vec![7; 16 * 1024]) {
            let operation = segmenta_store::Operation::Write;
            return Err(Error::DiskFull { operation, path, source });
        }
    }
    let sealed = staging.seal(&outputs)?;
    lock.publish(sealed, facts(), AT).map(drop)
}

/// Not a test: what the child with the small file system runs.
#[test]
fn be_the_child() {
    let Ok(root) = env::var(SMALL) else { return };
    let root = Path::new(&root);
    let store = Store::open(root).unwrap();
    publish(&store, "first").unwrap();
    match large(&store, "second") {
        Ok(()) => println!("ENOUGH"),
        Err(Error::DiskFull { .. }) => {
            assert_eq!(check_readable(root), 1);
            println!("DISK FULL");
            check_next_run(root, "third");
            assert_eq!(History::open(root).current().unwrap().unwrap().generation, 2);
            check_tidy(root);
        }
        Err(error) => panic!("{error:?}"),
    }
}
