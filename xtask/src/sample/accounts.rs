//! The maker's accounts: firms with status, industry and size, and the files around them.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::calendar::AS_OF;
use super::exceptions::{self, ExceptionCounts};
use super::invoices::{self, InvoiceCounts};
use super::needs::{self, NeedCounts};
use super::random::Random;
use super::text::{count, create_directory, csv_record, write_dirt, write_text};
use crate::error::Error;

/// NACE Rev. 2 codes as people type them: classes, divisions, without the point; and one that is no code.
const INDUSTRIES: [(Option<&str>, u64); 15] = [
    (Some("10.51"), 6),
    (Some("16.23"), 6),
    (Some("20.59"), 5),
    (Some("22.29"), 9),
    (Some("25.62"), 14),
    (Some("2511"), 5),
    (Some("28.11"), 10),
    (Some("28"), 4),
    (Some("29.32"), 8),
    (Some("43.21"), 6),
    (Some("46.69"), 10),
    (Some("49.41"), 5),
    (Some("62.01"), 4),
    (Some("99999"), 2),
    (None, 6),
];
const COUNTRIES: [(&str, u64); 7] = [("PL", 34), ("DE", 22), ("CZ", 12), ("HU", 12), ("SK", 8), ("AT", 7), ("RO", 5)];
const SIZES: [(Size, u64); 4] = [(Size::Micro, 27), (Size::Small, 33), (Size::Medium, 26), (Size::Large, 14)];
const STATUSES: [(Status, u64); 3] = [(Status::Active, 74), (Status::Prospect, 18), (Status::Closed, 8)];

const FOUNDERS: [&str; 12] = [
    "Nowak",
    "Kovács",
    "Müller",
    "Novotný",
    "Szabó",
    "Wiśniewski",
    "Dvořák",
    "Nagy",
    "Schmidt",
    "Popescu",
    "Horváth",
    "Zieliński",
];
const TRADES: [&str; 10] =
    ["Metal", "Gépgyár", "Maschinenbau", "Plast", "Strojírny", "Foods", "Wood", "Logistics", "Chemia", "Electro"];
const FORMS: [&str; 6] = ["Sp. z o.o.", "Kft.", "GmbH", "s.r.o.", "SRL", "& Sons, Ltd."];

/// Whether a firm buys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Prospect,
    Active,
    Closed,
}

/// Class of a firm by staff; turnover is drawn to match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Size {
    Micro,
    Small,
    Medium,
    Large,
}

impl Size {
    /// Fewest and most people employed.
    const fn staff(self) -> (i64, i64) {
        match self {
            Self::Micro => (1, 9),
            Self::Small => (10, 49),
            Self::Medium => (50, 249),
            Self::Large => (250, 1_900),
        }
    }
}

/// One row of `accounts.csv`.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) id: String,
    name: String,
    pub(crate) status: Status,
    nace_code: Option<&'static str>,
    pub(crate) size: Size,
    employees: Option<i64>,
    /// EUR.
    annual_revenue: Option<i64>,
    country: &'static str,
}

#[derive(Debug, Serialize)]
struct Dirt {
    /// The run date for which rows count as late.
    as_of: String,
    accounts: AccountCounts,
    invoices: InvoiceCounts,
    needs: NeedCounts,
    exceptions: ExceptionCounts,
}

#[derive(Debug, Serialize)]
struct AccountCounts {
    rows: u64,
    /// Outside the entity's `where`.
    closed: u64,
    prospects: u64,
    without_employees: u64,
    /// Codes that are in no edition of NACE.
    unknown_nace_code: u64,
    without_nace_code: u64,
}

/// Writes `accounts.csv`, `invoices.csv`, `needs.ndjson`, `exceptions.csv` and `dirt.json`.
pub(crate) fn write(directory: &Path, n_accounts: usize, seed: u64) -> Result<Vec<PathBuf>, Error> {
    create_directory(directory)?;
    let accounts = draw(n_accounts, seed);
    let invoices = invoices::draw(&accounts, seed);
    let needs = needs::draw(&accounts, seed);
    let exceptions = exceptions::choose(&accounts);
    let dirt = Dirt {
        as_of: AS_OF.to_string(),
        accounts: counts(&accounts),
        invoices: invoices::counts(&invoices),
        needs: needs::counts(&needs),
        exceptions: exceptions::counts(&exceptions),
    };
    Ok(vec![
        write_text(directory.join("accounts.csv"), &csv(&accounts))?,
        write_text(directory.join("invoices.csv"), &invoices::csv(&invoices))?,
        write_text(directory.join("needs.ndjson"), &needs::ndjson(&needs))?,
        write_text(directory.join("exceptions.csv"), &exceptions::csv(&exceptions))?,
        write_dirt(directory, &dirt)?,
    ])
}

fn draw(count: usize, seed: u64) -> Vec<Account> {
    let mut random = Random::new(seed, 11);
    (1..=count).map(|number| account(number, &mut random)).collect()
}

fn account(number: usize, random: &mut Random) -> Account {
    let size = random.pick_weighted(&SIZES);
    let (fewest, most) = size.staff();
    let employees = random.between(fewest, most);
    let annual_revenue = employees * random.around_middle(60, 190) * 1_000;
    Account {
        id: format!("A{number:05}"),
        name: name(random),
        status: random.pick_weighted(&STATUSES),
        nace_code: random.pick_weighted(&INDUSTRIES),
        size,
        employees: random.chance(960).then_some(employees),
        annual_revenue: random.chance(930).then_some(annual_revenue),
        country: random.pick_weighted(&COUNTRIES),
    }
}

fn name(random: &mut Random) -> String {
    let (founder, trade, form) = (random.pick(&FOUNDERS), random.pick(&TRADES), random.pick(&FORMS));
    if random.chance(150) { format!("\"{trade}\" {founder} {form}") } else { format!("{founder} {trade} {form}") }
}

fn counts(accounts: &[Account]) -> AccountCounts {
    let those = |of: &dyn Fn(&Account) -> bool| count(accounts.iter().filter(|row| of(row)).count());
    AccountCounts {
        rows: count(accounts.len()),
        closed: those(&|row| row.status == Status::Closed),
        prospects: those(&|row| row.status == Status::Prospect),
        without_employees: those(&|row| row.employees.is_none()),
        unknown_nace_code: those(&|row| row.nace_code == Some("99999")),
        without_nace_code: those(&|row| row.nace_code.is_none()),
    }
}

fn csv(accounts: &[Account]) -> String {
    let header = ["account_id", "name", "status", "nace_code", "employees", "annual_revenue", "country"];
    let mut text = csv_record(&header);
    for row in accounts {
        let number = |value: Option<i64>| value.map(|value| value.to_string()).unwrap_or_default();
        let status = match row.status {
            Status::Prospect => "prospect",
            Status::Active => "active",
            Status::Closed => "closed",
        };
        text += &csv_record(&[
            &row.id,
            &row.name,
            status,
            row.nace_code.unwrap_or_default(),
            &number(row.employees),
            &number(row.annual_revenue),
            row.country,
        ]);
    }
    text
}
