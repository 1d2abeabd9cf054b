//! Numbers as people read them in a terminal.

/// `61_204_118`.
pub(crate) fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push('_');
        }
        text.push(digit);
    }
    text
}

/// `412 MB`: decimal units, three significant digits.
pub(crate) fn bytes(n: u64) -> String {
    const UNITS: [&str; 5] = ["B", "kB", "MB", "GB", "TB"];
    let mut value = n as f64;
    let mut unit = 0;
    while value >= 999.5 && unit < UNITS.len() - 1 {
        value /= 1000.0;
        unit += 1;
    }
    let decimals = if unit == 0 || value >= 99.95 {
        0
    } else if value >= 9.995 {
        1
    } else {
        2
    };
    format!("{value:.decimals$} {}", UNITS[unit])
}

/// `0.2 s`, `5m 01s`, `1h 05m`.
pub(crate) fn duration(millis: u64) -> String {
    let seconds = millis / 1000;
    match seconds {
        0..10 => format!("{:.1} s", millis as f64 / 1000.0),
        10..60 => format!("{seconds} s"),
        60..3600 => format!("{}m {:02}s", seconds / 60, seconds % 60),
        _ => format!("{}h {:02}m", seconds / 3600, seconds % 3600 / 60),
    }
}

/// `1 file`, `2 files`.
pub(crate) fn plural(n: usize, word: &str) -> String {
    if n == 1 { format!("1 {word}") } else { format!("{n} {word}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_scaled() {
        assert_eq!([0, 999, 1_000, 61_204_118].map(count), ["0", "999", "1_000", "61_204_118"]);
        assert_eq!(
            [0, 999, 1_000, 37_261, 999_500, 412_000_000].map(bytes),
            ["0 B", "999 B", "1.00 kB", "37.3 kB", "1.00 MB", "412 MB"]
        );
        assert_eq!(
            [0, 249, 9_999, 59_999, 61_000, 3_900_000].map(duration),
            ["0.0 s", "0.2 s", "10.0 s", "59 s", "1m 01s", "1h 05m"]
        );
        assert_eq!([plural(1, "file"), plural(2, "file")], ["1 file", "2 files"]);
    }
}
