//! Hands the target triple and the assumed processor features to the crate, which writes them into
//! every plugin's note.

use std::env;

/// Features beyond the target's baseline that the host can look for at run time.
const CHECKED: [&str; 17] = [
    "sse3", "ssse3", "sse4.1", "sse4.2", "popcnt", "avx", "avx2", "bmi1", "bmi2", "fma", "lzcnt", "movbe", "avx512f",
    "avx512bw", "avx512cd", "avx512dq", "avx512vl",
];

fn main() {
    let target = env::var("TARGET").expect("Cargo sets TARGET for build scripts");
    let assumed = env::var("CARGO_CFG_TARGET_FEATURE").unwrap_or_default();
    let assumed: Vec<&str> = assumed.split(',').filter(|name| CHECKED.contains(name)).collect();
    println!("cargo::rustc-env=SEG_TARGET={target}");
    println!("cargo::rustc-env=SEG_CPU={}", assumed.join(","));
    println!("cargo::rerun-if-changed=build.rs");
}
