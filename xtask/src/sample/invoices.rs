//! The maker's invoices and credit notes.

use serde::Serialize;

use super::accounts::{Account, Size, Status};
use super::calendar::{AS_OF, EXTRACTED, civil, epoch_day};
use super::random::Random;
use super::text::{count, csv_record, decimal};

/// Days before the run date at which the archive starts: half a year more than the pipeline looks back.
const ARCHIVE_DAYS: i32 = 1_280;
/// Invoices of 1,000 that are partly credited later.
const CREDITED_PER_MILLE: u64 = 30;
/// Accounts of 1,000 that were promised prices near cost.
const THIN_MARGIN_PER_MILLE: u64 = 90;

/// One row of `invoices.csv`.
#[derive(Debug)]
pub(crate) struct Invoice {
    account_id: String,
    /// Days since 1970-01-01.
    issued_on: i32,
    net_cents: i64,
    cost_cents: i64,
}

/// Rows of each kind in `invoices.csv`.
#[derive(Debug, Serialize)]
pub(crate) struct InvoiceCounts {
    rows: u64,
    /// Issued on or after the run date: filtered by `event_time`.
    late: u64,
    /// Issued more than 36 months before the run date: filtered by `window`.
    before_window: u64,
    /// Negative amounts: valid.
    credit_notes: u64,
}

/// What a firm of this size buys: smallest and largest invoice in EUR, shortest and longest gap in days.
const fn usual(size: Size) -> ((i64, i64), (i64, i64)) {
    match size {
        Size::Micro => ((60, 700), (60, 200)),
        Size::Small => ((250, 2_600), (40, 140)),
        Size::Medium => ((900, 11_000), (25, 110)),
        Size::Large => ((2_500, 36_000), (15, 70)),
    }
}

/// Draws the invoices of all accounts, by date.
pub(crate) fn draw(accounts: &[Account], seed: u64) -> Vec<Invoice> {
    let mut random = Random::new(seed, 12);
    let mut invoices = Vec::new();
    for account in accounts.iter().filter(|account| account.status != Status::Prospect) {
        bill(account, &mut random, &mut invoices);
    }
    invoices.sort_by(|one, other| (one.issued_on, &one.account_id).cmp(&(other.issued_on, &other.account_id)));
    invoices
}

fn bill(account: &Account, random: &mut Random, invoices: &mut Vec<Invoice>) {
    let ((smallest, largest), (shortest, longest)) = usual(account.size);
    let (level, usual_gap) = (random.between(smallest, largest), random.between(shortest, longest));
    let cost_percent =
        if random.chance(THIN_MARGIN_PER_MILLE) { random.between(88, 98) } else { random.between(52, 80) };
    let opened = if random.chance(700) { ARCHIVE_DAYS } else { narrow(random.between(60, 900)) };
    let last_day = match account.status {
        Status::Closed => epoch_day(AS_OF) - narrow(random.between(90, 700)),
        Status::Active | Status::Prospect => epoch_day(EXTRACTED) - 1,
    };
    let mut day = epoch_day(AS_OF) - opened + narrow(random.between(0, usual_gap));
    while day <= last_day {
        let net_cents = level * random.around_middle(40, 160) + random.between(0, 99);
        let cost_cents = net_cents * (cost_percent + random.between(-3, 3)) / 100;
        let invoice = Invoice { account_id: account.id.clone(), issued_on: day, net_cents, cost_cents };
        if random.chance(CREDITED_PER_MILLE) {
            invoices.extend(credit_note(&invoice, last_day, random));
        }
        invoices.push(invoice);
        day += narrow((usual_gap * random.around_middle(50, 150) / 100).max(1));
    }
}

/// Takes back a tenth to the whole of an invoice; the goods come back with it.
fn credit_note(invoice: &Invoice, last_day: i32, random: &mut Random) -> Option<Invoice> {
    let percent = random.between(1, 10) * 10;
    let issued_on = invoice.issued_on + narrow(random.between(5, 40));
    (issued_on <= last_day).then(|| Invoice {
        account_id: invoice.account_id.clone(),
        issued_on,
        net_cents: -invoice.net_cents * percent / 100,
        cost_cents: -invoice.cost_cents * percent / 100,
    })
}

fn narrow(days: i64) -> i32 {
    i32::try_from(days).expect("a few years of days")
}

/// Counts the rows of each kind.
pub(crate) fn counts(invoices: &[Invoice]) -> InvoiceCounts {
    let those = |of: &dyn Fn(&Invoice) -> bool| count(invoices.iter().filter(|row| of(row)).count());
    let window_start = epoch_day(AS_OF.with().year(AS_OF.year() - 3).build().expect("the first of a month"));
    InvoiceCounts {
        rows: count(invoices.len()),
        late: those(&|row| row.issued_on >= epoch_day(AS_OF)),
        before_window: those(&|row| row.issued_on < window_start),
        credit_notes: those(&|row| row.net_cents < 0),
    }
}

/// The text of `invoices.csv`.
pub(crate) fn csv(invoices: &[Invoice]) -> String {
    let mut text = csv_record(&["invoice_id", "account_id", "issued_on", "net_amount", "goods_cost"]);
    for (position, row) in invoices.iter().enumerate() {
        let issued_on = civil(row.issued_on);
        text += &csv_record(&[
            &format!("{}-{:06}", issued_on.year(), position + 1),
            &row.account_id,
            &issued_on.to_string(),
            &decimal(row.net_cents),
            &decimal(row.cost_cents),
        ]);
    }
    text
}
