//! Real files, made files, broken files.

mod support;

mod contract;
mod damage;
mod facts;
mod filters;
mod formats;
mod identity;
mod records;
mod totals;
