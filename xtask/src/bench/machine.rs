//! What the numbers were measured on and with.

use std::path::Path;
use std::process::Command;

/// Asks Python for its own version and those of the packages the other programs use.
const PYTHON_VERSIONS: &str = "
import platform, importlib.metadata as packages
print(', '.join([f'Python {platform.python_version()}'] + [f'{name} {packages.version(name)}'
    for name in ('duckdb', 'polars', 'scikit-learn', 'numpy', 'pyarrow')]))
";

/// Processor, number of threads, memory and kernel, as far as Linux tells.
pub(crate) fn description() -> String {
    let processor = field("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown processor".to_owned());
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let memory = field("/proc/meminfo", "MemTotal").as_deref().and_then(gibibytes);
    let memory = memory.map_or_else(|| "unknown memory".to_owned(), |gibibytes| format!("{gibibytes} GiB memory"));
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!("{processor}, {threads} threads, {memory}, Linux {}", kernel.trim())
}

/// Versions of the compiler and of the other programs.
pub(crate) fn versions(python: &Path) -> String {
    let rustc = printed(Command::new("rustc").arg("--version"));
    let packages = printed(Command::new(python).args(["-c", PYTHON_VERSIONS]));
    format!("{rustc}; {packages}")
}

fn printed(command: &mut Command) -> String {
    let output = command.output().map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    output.unwrap_or_else(|_| "unknown version".to_owned())
}

/// The value of the first line `name : value` of a file.
fn field(path: &str, name: &str) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// `25165824 kB` as whole GiB.
fn gibibytes(kibibytes: &str) -> Option<u64> {
    let number: u64 = kibibytes.split_whitespace().next()?.parse().ok()?;
    Some(number.div_ceil(1 << 20))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_memory_up_to_whole_gibibytes() {
        assert_eq!(gibibytes("25165824 kB"), Some(24));
        assert_eq!(gibibytes("25000000 kB"), Some(24));
    }
}
