//! Terms that somebody promised single accounts, each with an owner and an end.

use serde::Serialize;

use super::accounts::{Account, Size, Status};
use super::text::{count, csv_record};

/// The columns of `exceptions.csv`; an empty field leaves the term as it is.
const HEADER: [&str; 10] =
    ["account_id", "discount", "payment_days", "service", "channel", "offer", "priority", "owner", "reason", "until"];

/// A promise without the account it was made to.
#[derive(Debug)]
pub(crate) struct Promise {
    size: Size,
    /// The terms in the order of the header, then owner, reason and end.
    fields: [&'static str; 9],
    expired: bool,
}

/// One row of `exceptions.csv`.
#[derive(Debug)]
pub(crate) struct Exception {
    account_id: String,
    promise: &'static Promise,
}

/// Rows of each kind in `exceptions.csv`.
#[derive(Debug, Serialize)]
pub(crate) struct ExceptionCounts {
    rows: u64,
    /// Ended before the run date.
    expired: u64,
}

/// Promises to active accounts; the n-th of a size goes to the n-th active account of that size.
static PROMISES: [Promise; 6] = [
    Promise {
        size: Size::Large,
        fields: [
            "0.15",
            "60",
            "account_manager",
            "",
            "",
            "1",
            "j.nowak@maker.example",
            "frame contract 2025",
            "2026-12-31",
        ],
        expired: false,
    },
    Promise {
        size: Size::Large,
        fields: ["0.20", "", "", "", "", "", "j.nowak@maker.example", "launch price, spring fair", "2026-03-31"],
        expired: true,
    },
    Promise {
        size: Size::Medium,
        fields: ["", "14", "", "", "", "", "credit@maker.example", "paid late three times", "2026-09-30"],
        expired: false,
    },
    Promise {
        size: Size::Medium,
        fields: [
            "",
            "",
            "account_manager",
            "",
            "line_audit",
            "2",
            "i.kovacs@maker.example",
            "pilot customer, new line",
            "2027-01-31",
        ],
        expired: false,
    },
    Promise {
        size: Size::Small,
        fields: [
            "0.05",
            "",
            "inside_sales",
            "",
            "",
            "",
            "i.kovacs@maker.example",
            "moved over from a rival",
            "2026-08-31",
        ],
        expired: false,
    },
    Promise {
        size: Size::Micro,
        fields: ["", "0", "", "", "", "9", "credit@maker.example", "prepayment only", "2026-05-15"],
        expired: true,
    },
];

/// Finds an account for every promise; promises without one are left out.
pub(crate) fn choose(accounts: &[Account]) -> Vec<Exception> {
    let mut chosen: Vec<Exception> = Vec::new();
    for promise in &PROMISES {
        let free = accounts.iter().find(|account| {
            account.status == Status::Active
                && account.size == promise.size
                && chosen.iter().all(|exception| exception.account_id != account.id)
        });
        chosen.extend(free.map(|account| Exception { account_id: account.id.clone(), promise }));
    }
    chosen
}

/// Counts the rows of each kind.
pub(crate) fn counts(exceptions: &[Exception]) -> ExceptionCounts {
    let expired = exceptions.iter().filter(|exception| exception.promise.expired).count();
    ExceptionCounts { rows: count(exceptions.len()), expired: count(expired) }
}

/// The text of `exceptions.csv`.
pub(crate) fn csv(exceptions: &[Exception]) -> String {
    let rows = exceptions.iter().map(|exception| {
        let mut fields = vec![exception.account_id.as_str()];
        fields.extend(exception.promise.fields);
        csv_record(&fields)
    });
    std::iter::once(csv_record(&HEADER)).chain(rows).collect()
}
