//! The sections of NACE and the divisions in each.

use segmenta_plugin_sdk::prelude::*;

/// Which revision of NACE the codes belong to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Version {
    /// Rev. 2: 21 sections, 88 divisions.
    #[default]
    #[serde(rename = "2.0")]
    Rev2,
    /// Rev. 2.1: 22 sections, 87 divisions. From J on, letters mean something else than in Rev. 2.
    #[serde(rename = "2.1")]
    Rev21,
}

/// One section.
#[derive(Debug, PartialEq)]
pub(crate) struct Section {
    /// `A` to `V`.
    pub(crate) letter: &'static str,
    first: u8,
    last: u8,
    /// English title.
    pub(crate) name: &'static str,
}

const fn section(letter: &'static str, first: u8, last: u8, name: &'static str) -> Section {
    Section { letter, first, last, name }
}

/// # Source
///
/// Regulation (EC) No 1893/2006, annex I.
const REV_2: [Section; 21] = [
    section("A", 1, 3, "Agriculture, forestry and fishing"),
    section("B", 5, 9, "Mining and quarrying"),
    section("C", 10, 33, "Manufacturing"),
    section("D", 35, 35, "Electricity, gas, steam and air conditioning supply"),
    section("E", 36, 39, "Water supply; sewerage, waste management and remediation activities"),
    section("F", 41, 43, "Construction"),
    section("G", 45, 47, "Wholesale and retail trade; repair of motor vehicles and motorcycles"),
    section("H", 49, 53, "Transportation and storage"),
    section("I", 55, 56, "Accommodation and food service activities"),
    section("J", 58, 63, "Information and communication"),
    section("K", 64, 66, "Financial and insurance activities"),
    section("L", 68, 68, "Real estate activities"),
    section("M", 69, 75, "Professional, scientific and technical activities"),
    section("N", 77, 82, "Administrative and support service activities"),
    section("O", 84, 84, "Public administration and defence; compulsory social security"),
    section("P", 85, 85, "Education"),
    section("Q", 86, 88, "Human health and social work activities"),
    section("R", 90, 93, "Arts, entertainment and recreation"),
    section("S", 94, 96, "Other service activities"),
    section(
        "T",
        97,
        98,
        "Activities of households as employers; undifferentiated goods- and services-producing \
         activities of households for own use",
    ),
    section("U", 99, 99, "Activities of extraterritorial organisations and bodies"),
];

/// # Source
///
/// Delegated Regulation (EU) 2023/137, which replaces annex I of Regulation (EC) No 1893/2006.
const REV_2_1: [Section; 22] = [
    section("A", 1, 3, "Agriculture, forestry and fishing"),
    section("B", 5, 9, "Mining and quarrying"),
    section("C", 10, 33, "Manufacturing"),
    section("D", 35, 35, "Electricity, gas, steam and air conditioning supply"),
    section("E", 36, 39, "Water supply; sewerage, waste management and remediation activities"),
    section("F", 41, 43, "Construction"),
    section("G", 46, 47, "Wholesale and retail trade"),
    section("H", 49, 53, "Transportation and storage"),
    section("I", 55, 56, "Accommodation and food service activities"),
    section("J", 58, 60, "Publishing, broadcasting, and content production and distribution activities"),
    section(
        "K",
        61,
        63,
        "Telecommunication, computer programming, consulting, computing infrastructure and other \
         information service activities",
    ),
    section("L", 64, 66, "Financial and insurance activities"),
    section("M", 68, 68, "Real estate activities"),
    section("N", 69, 75, "Professional, scientific and technical activities"),
    section("O", 77, 82, "Administrative and support service activities"),
    section("P", 84, 84, "Public administration and defence; compulsory social security"),
    section("Q", 85, 85, "Education"),
    section("R", 86, 88, "Human health and social work activities"),
    section("S", 90, 93, "Arts, sports and recreation"),
    section("T", 94, 96, "Other service activities"),
    section(
        "U",
        97,
        98,
        "Activities of households as employers and undifferentiated goods- and service-producing \
         activities of households for own use",
    ),
    section("V", 99, 99, "Activities of extraterritorial organisations and bodies"),
];

impl Version {
    /// Every section, in the order of the letters.
    pub(crate) fn sections(self) -> &'static [Section] {
        match self {
            Self::Rev2 => &REV_2,
            Self::Rev21 => &REV_2_1,
        }
    }

    /// The section of a division, if there is such a division.
    pub(crate) fn of_division(self, division: u8) -> Option<&'static Section> {
        let mut sections = self.sections().iter();
        sections.find(|section| (section.first..=section.last).contains(&division))
    }

    /// The section with this letter, if there is one.
    pub(crate) fn of_letter(self, letter: char) -> Option<&'static Section> {
        self.sections().iter().find(|section| section.letter.starts_with(letter))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_revisions_have_their_published_numbers_of_divisions() {
        for (version, divisions) in [(Version::Rev2, 88), (Version::Rev21, 87)] {
            let found = (0..=99).filter(|division| version.of_division(*division).is_some());
            assert_eq!(found.count(), divisions);
        }
    }

    #[test]
    fn letters_run_from_a_without_gaps() {
        for version in [Version::Rev2, Version::Rev21] {
            for (letter, section) in ('A'..).zip(version.sections()) {
                assert_eq!(section.letter, letter.to_string());
            }
        }
    }

    #[test]
    fn computer_programming_moves_from_j_to_k() {
        assert_eq!(Version::Rev2.of_division(62).unwrap().letter, "J");
        assert_eq!(Version::Rev21.of_division(62).unwrap().letter, "K");
        assert_eq!(Version::Rev21.of_division(45), None);
    }
}
