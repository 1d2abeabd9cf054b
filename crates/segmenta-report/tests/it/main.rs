//! The page as a browser would read it.

#[path = "../../examples/demo/mod.rs"]
mod demo;
mod examined;
mod hostile;
mod page;
mod round_trip;
