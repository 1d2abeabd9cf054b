//! End-to-end tests of the program, called in this process.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up has failed")]

mod case;
mod published;
mod random;

mod new;
mod plan;
mod publish;
mod validate;

mod bad_data;
mod bad_setting;
mod child;
mod kill;
mod misdeeds;

mod monitoring;
mod plugins;
mod real_data;
mod same_bytes;
