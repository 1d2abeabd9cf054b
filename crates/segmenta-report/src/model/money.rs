//! Money: whole minor units and the currency they are in.

use serde::{Deserialize, Serialize};

/// Money as a whole number of the currency's minor units: cents for EUR, yen for JPY.
pub type MinorUnits = i64;

/// The currency of every amount of a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Currency {
    /// ISO 4217 code.
    pub code: String,
    /// Decimal digits of the minor unit: 2 for EUR, 0 for JPY.
    pub minor_digits: u8,
}

impl Currency {
    /// The currency of an ISO 4217 code, with its minor digits; 2 for a code not in the list.
    ///
    /// # Source
    /// ISO 4217:2015, table A.1, column "minor unit".
    pub fn iso_4217(code: &str) -> Self {
        let minor_digits = match code {
            "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "UYI" | "VND"
            | "VUV" | "XAF" | "XOF" | "XPF" => 0,
            "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
            "CLF" | "UYW" => 4,
            _ => 2,
        };
        Self { code: code.to_owned(), minor_digits }
    }

    /// Minor units in one unit: 100 for EUR.
    pub fn minor_per_unit(&self) -> i64 {
        10_i64.pow(u32::from(self.minor_digits.min(18)))
    }
}
