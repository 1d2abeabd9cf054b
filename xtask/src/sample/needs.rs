//! What the maker's accounts said they need: interviews and evaluation forms.

use serde::Serialize;

use super::accounts::{Account, Status};
use super::calendar::{AS_OF, EXTRACTED, SECOND, epoch_day, iso_instant, midnight};
use super::random::Random;
use super::text::count;

const NEEDS: [(&str, u64); 6] = [
    ("reliable_delivery", 30),
    ("low_price", 25),
    ("technical_support", 18),
    ("custom_parts", 12),
    ("payment_terms", 9),
    ("sustainability", 6),
];
const METHODS: [(&str, u64); 2] = [("interview", 40), ("evaluation_form", 60)];
const REMARKS: [&str; 4] =
    ["", "said so twice", "two late deliveries in spring, \"again\"", "Könnte mehr bestellen, wenn …"];

/// One line of `needs.ndjson`.
#[derive(Debug, Serialize)]
pub(crate) struct Need {
    account_id: String,
    need: &'static str,
    /// Whether somebody checked the statement against what the account buys.
    validated: bool,
    recorded_at: String,
    method: &'static str,
    remark: Option<&'static str>,
    #[serde(skip)]
    instant: i64,
}

/// Lines of each kind in `needs.ndjson`.
#[derive(Debug, Serialize)]
pub(crate) struct NeedCounts {
    rows: u64,
    /// Recorded at or after the run date: filtered by `known_at`.
    late: u64,
    not_validated: u64,
}

/// Draws up to five statements of each account that is still open, by time.
pub(crate) fn draw(accounts: &[Account], seed: u64) -> Vec<Need> {
    let mut random = Random::new(seed, 13);
    let mut needs = Vec::new();
    for account in accounts.iter().filter(|account| account.status != Status::Closed) {
        let main = random.pick_weighted(&NEEDS);
        let statements = random.pick_weighted(&[(0, 22), (1, 18), (2, 24), (3, 20), (4, 10), (5, 6)]);
        needs.extend((0..statements).map(|_| statement(account, main, &mut random)));
    }
    needs.sort_by(|one, other| (one.instant, &one.account_id).cmp(&(other.instant, &other.account_id)));
    needs
}

fn statement(account: &Account, main: &'static str, random: &mut Random) -> Need {
    let day = epoch_day(EXTRACTED) - 1 - i32::try_from(random.between(0, 700)).expect("two years");
    let instant = midnight(day) + random.between(8 * 3_600, 17 * 3_600) * SECOND;
    let method = random.pick_weighted(&METHODS);
    let remark = random.pick(&REMARKS);
    Need {
        account_id: account.id.clone(),
        need: if random.chance(600) { main } else { random.pick_weighted(&NEEDS) },
        validated: random.chance(if method == "interview" { 850 } else { 550 }),
        recorded_at: iso_instant(instant),
        method,
        remark: (!remark.is_empty()).then_some(remark),
        instant,
    }
}

/// Counts the lines of each kind.
pub(crate) fn counts(needs: &[Need]) -> NeedCounts {
    let late = needs.iter().filter(|row| row.instant >= midnight(epoch_day(AS_OF))).count();
    let not_validated = needs.iter().filter(|row| !row.validated).count();
    NeedCounts { rows: count(needs.len()), late: count(late), not_validated: count(not_validated) }
}

/// The text of `needs.ndjson`.
pub(crate) fn ndjson(needs: &[Need]) -> String {
    let line = |need| serde_json::to_string(need).expect("strings and flags are always JSON") + "\n";
    needs.iter().map(line).collect()
}
