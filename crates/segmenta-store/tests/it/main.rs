//! Crashes, I/O errors, full disks and rivals: whatever happens, a reader sees one whole
//! generation and the next run needs no help.

#![expect(clippy::unwrap_used, reason = "a test that cannot set up has failed")]

mod harness;

mod concurrency;
mod crash;
mod durability;
mod faults;
mod full_disk;
mod history;
mod hold;
mod publish;
