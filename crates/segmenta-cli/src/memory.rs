//! How much memory a run may use and has used.

use std::fs;
use std::path::Path;
use std::str::FromStr;

/// Part of the machine's or container's memory that a run takes by default.
const DEFAULT_SHARE: f64 = 0.75;
/// Where neither the machine nor its container says what it has.
const FALLBACK_BYTES: u64 = 4 << 30;

/// `24 GiB`, `512MB`, or a number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) bytes: u64,
}

impl FromStr for Size {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let number: f64 = text[..digits].parse().map_err(|_| "write a number and a unit, such as 24GiB")?;
        let unit: f64 = match text[digits..].trim().to_ascii_lowercase().as_str() {
            "" | "b" => 1.0,
            "kb" => 1e3,
            "mb" => 1e6,
            "gb" => 1e9,
            "tb" => 1e12,
            "k" | "kib" => 1024.0,
            "m" | "mib" => 1024_f64.powi(2),
            "g" | "gib" => 1024_f64.powi(3),
            "t" | "tib" => 1024_f64.powi(4),
            _ => return Err("units are KiB, MiB, GiB, TiB, KB, MB, GB and TB"),
        };
        let bytes = number * unit;
        if bytes < 1024.0 * 1024.0 { Err("at least 1MiB") } else { Ok(Self { bytes: bytes as u64 }) }
    }
}

/// 75 % of what the machine or its container allows.
pub(crate) fn default_budget() -> Size {
    let limits = [machine(), container()];
    let limit = limits.into_iter().flatten().min().unwrap_or(FALLBACK_BYTES);
    Size { bytes: (limit as f64 * DEFAULT_SHARE) as u64 }
}

/// Highest resident memory of this process so far, where the system tells.
pub(crate) fn peak_bytes() -> Option<u64> {
    kilobytes(&fs::read_to_string("/proc/self/status").ok()?, "VmHWM:")
}

fn machine() -> Option<u64> {
    kilobytes(&fs::read_to_string("/proc/meminfo").ok()?, "MemTotal:")
}

/// The smallest limit of the control groups this process is in.
fn container() -> Option<u64> {
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    let own = groups.lines().find_map(|line| line.strip_prefix("0::"))?.trim_start_matches('/');
    let root = Path::new("/sys/fs/cgroup");
    let chain = root.join(own);
    let files = chain.ancestors().take_while(|path| path.starts_with(root)).map(|path| path.join("memory.max"));
    files.filter_map(|path| fs::read_to_string(path).ok()?.trim().parse().ok()).min()
}

/// The value of a line such as `VmHWM:   12345 kB`.
fn kilobytes(text: &str, key: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(key))?;
    let number: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(number * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_binary_and_decimal_units() {
        let bytes = |text: &str| text.parse::<Size>().map(|size| size.bytes);
        assert_eq!(bytes("24 GiB"), Ok(24 * 1024 * 1024 * 1024));
        assert_eq!(bytes("1.5g"), Ok(1_610_612_736));
        assert_eq!(bytes("512MB"), Ok(512_000_000));
        assert_eq!(bytes("2097152"), Ok(2_097_152));
        for wrong in ["", "GiB", "12 parsecs", "-1GiB", "100 KiB"] {
            assert!(bytes(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn lines_of_proc_are_kilobytes() {
        assert_eq!(kilobytes("VmPeak:\t 9 kB\nVmHWM:\t  12 kB\n", "VmHWM:"), Some(12_288));
        assert_eq!(kilobytes("VmPeak:\t 9 kB\n", "VmHWM:"), None);
    }
}
