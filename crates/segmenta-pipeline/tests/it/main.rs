//! Whole files through the public interface.

mod catalog;
mod codes;
mod examples;
mod meaning;
mod mistakes;
mod rendering;
