//! Why a total changed: volume, mix and rate by segment, or customer by customer.

use serde::{Deserialize, Serialize};

use crate::error::{Result, same_length};
use crate::float::{finite, sum};
use crate::status::{Reason, Status};

/// Share of the customers from which a segment counts for the Simpson flag.
const SIMPSON_SHARE: f64 = 0.05;

/// Totals of one segment on one side.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SegmentTotal {
    /// Customers, or whatever the value is divided by: orders, contacts.
    pub n: u64,
    /// Revenue, margin or another sum, in minor units or any other unit; whole numbers up to 2^53 stay exact.
    pub value: f64,
}

/// A change of a total, split into three effects that add up to it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct VolumeMixRate {
    /// `undefined` when a side has no customers.
    pub status: Status,
    /// `empty_reference`, `empty_current`, `value_without_customers` or `out_of_range`, or null.
    pub reason: Option<Reason>,
    /// Current total less reference total, in the unit of the value; so are all effects.
    pub total_change: Option<f64>,
    /// More or fewer customers, at the average value per customer.
    pub volume: Option<f64>,
    /// Customers in better or worse segments.
    pub mix: Option<f64>,
    /// Customers of the same segment worth more or less.
    pub rate: Option<f64>,
    /// What rounding leaves: `total_change` − `volume` − `mix` − `rate`.
    pub residual: Option<f64>,
    /// Mix effect of each segment: negative for a segment below average that grew.
    pub mix_by_segment: Vec<f64>,
    /// Rate effect of each segment; 0 for new and vanished ones, whose effect is all mix.
    pub rate_by_segment: Vec<f64>,
    /// Positions of segments with customers on the current side only.
    pub new_segments: Vec<usize>,
    /// Positions of segments with customers on the reference side only.
    pub vanished_segments: Vec<usize>,
    /// The total per customer went one way, every segment with 5 % of the customers the other way.
    pub simpson: bool,
}

/// Volume–mix–rate bridge between two sides of the same segments.
///
/// With N customers, shares s, value per customer r and mean r̄, all means of the two sides marked ₘ:
/// `volume = (N₁ − N₀)·r̄ₘ`, `mixᵢ = Nₘ·(s₁ − s₀)·(rₘ − r̄ₘ)`, `rateᵢ = Nₘ·(r₁ − r₀)·sₘ`. Midpoints leave no
/// interaction term. A new segment takes its current rate for both sides, a vanished one its old rate.
///
/// - In: one entry per segment of the union, in the same order on both sides; n = 0 where a side lacks one.
///
/// # Errors
/// [`Error::LengthsDiffer`](crate::Error::LengthsDiffer) if the sides have different numbers of segments.
///
/// # Source
/// Kitagawa (1955), *Components of a difference between two rates*; Das Gupta (1993).
///
/// # Example
/// ```
/// use segmenta_stats::bridge::{SegmentTotal, volume_mix_rate};
///
/// let total = |n, value| SegmentTotal { n, value };
/// let before = [total(500, 50_000.0), total(500, 10_000.0)];
/// let after = [total(200, 21_000.0), total(800, 17_600.0)];
/// let bridge = volume_mix_rate(&before, &after)?;
/// // 100 → 105 and 20 → 22 per customer, yet the average falls from 60 to 38.6.
/// assert_eq!((bridge.mix, bridge.rate, bridge.simpson), (Some(-24_450.0), Some(3_050.0), true));
/// # Ok::<(), segmenta_stats::Error>(())
/// ```
pub fn volume_mix_rate(reference: &[SegmentTotal], current: &[SegmentTotal]) -> Result<VolumeMixRate> {
    same_length(("reference", reference.len()), ("current", current.len()))?;
    let (before, after) = (Side::new(reference), Side::new(current));
    if let Some(reason) = unusable(&before, &after) {
        return Ok(VolumeMixRate { reason: Some(reason), ..VolumeMixRate::default() });
    }
    let effects: Vec<Effect> =
        reference.iter().zip(current).map(|(&old, &new)| effect(&before, &after, old, new)).collect();
    let volume = (after.n - before.n) * f64::midpoint(before.per_customer(), after.per_customer());
    let mix = sum(effects.iter().map(|effect| effect.mix));
    let rate = sum(effects.iter().map(|effect| effect.rate));
    let total_change = after.value - before.value;
    let positions = |keep: fn(SegmentTotal, SegmentTotal) -> bool| {
        let kept = reference.iter().zip(current).enumerate().filter(move |(_, (old, new))| keep(**old, **new));
        kept.map(|(position, _)| position).collect()
    };
    Ok(VolumeMixRate {
        status: Status::Ok,
        reason: None,
        total_change: finite(total_change),
        volume: finite(volume),
        mix: finite(mix),
        rate: finite(rate),
        residual: finite(total_change - volume - mix - rate),
        mix_by_segment: effects.iter().map(|effect| effect.mix).collect(),
        rate_by_segment: effects.iter().map(|effect| effect.rate).collect(),
        new_segments: positions(|old, new| old.n == 0 && new.n > 0),
        vanished_segments: positions(|old, new| old.n > 0 && new.n == 0),
        simpson: is_simpson(after.per_customer() - before.per_customer(), &effects),
    })
}

/// All segments of one side.
struct Side {
    n: f64,
    value: f64,
    has_value_without_customers: bool,
}

impl Side {
    fn new(totals: &[SegmentTotal]) -> Self {
        Self {
            n: totals.iter().map(|total| total.n).sum::<u64>() as f64,
            value: sum(totals.iter().map(|total| total.value)),
            has_value_without_customers: totals.iter().any(|total| total.n == 0 && total.value != 0.0),
        }
    }

    fn per_customer(&self) -> f64 {
        self.value / self.n
    }
}

/// What one segment adds, and its mean share of the customers.
struct Effect {
    mix: f64,
    rate: f64,
    share: f64,
}

fn effect(before: &Side, after: &Side, old: SegmentTotal, new: SegmentTotal) -> Effect {
    let (old_rate, new_rate) = match (old.n, new.n) {
        (0, 0) => {
            return Effect { mix: 0.0, rate: 0.0, share: 0.0 };
        }
        (0, n) => (new.value / n as f64, new.value / n as f64),
        (n, 0) => (old.value / n as f64, old.value / n as f64),
        (n, m) => (old.value / n as f64, new.value / m as f64),
    };
    let customers = f64::midpoint(before.n, after.n);
    let average = f64::midpoint(before.per_customer(), after.per_customer());
    let (old_share, new_share) = (old.n as f64 / before.n, new.n as f64 / after.n);
    let share = f64::midpoint(old_share, new_share);
    Effect {
        mix: customers * (new_share - old_share) * (f64::midpoint(old_rate, new_rate) - average),
        rate: customers * (new_rate - old_rate) * share,
        share,
    }
}

fn unusable(before: &Side, after: &Side) -> Option<Reason> {
    if before.n == 0.0 {
        Some(Reason::EmptyReference)
    } else if after.n == 0.0 {
        Some(Reason::EmptyCurrent)
    } else if before.has_value_without_customers || after.has_value_without_customers {
        Some(Reason::ValueWithoutCustomers)
    } else if !(after.value - before.value).is_finite() {
        Some(Reason::OutOfRange)
    } else {
        None
    }
}

fn is_simpson(change_per_customer: f64, effects: &[Effect]) -> bool {
    let mut large = effects.iter().filter(|effect| effect.share >= SIMPSON_SHARE).peekable();
    change_per_customer != 0.0
        && large.peek().is_some()
        && large.all(|effect| effect.rate * change_per_customer.signum() < 0.0)
}

/// Where one customer is on one side, and what the customer is worth there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holding {
    /// Position of the segment.
    pub segment: usize,
    /// Revenue or margin in minor units.
    pub value_minor: i64,
}

/// A change of a total, customer by customer, exact in minor units. Parts add up in any order.
///
/// # Example
/// ```
/// use segmenta_stats::bridge::{CustomerBridge, Holding};
///
/// let mut bridge = CustomerBridge::default();
/// let held = |segment, value_minor| Some(Holding { segment, value_minor });
/// bridge.add(held(0, 2_000), held(1, 900)); // moved, and is worth less
/// bridge.add(None, held(1, 350)); // new
/// assert_eq!((bridge.move_down, bridge.new, bridge.total_change()), (-1_100, 350, -750));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerBridge {
    /// Value of customers who are new.
    pub new: i128,
    /// Value of customers who are gone, negative if they were worth something.
    pub lost: i128,
    /// Change of customers who stayed in their segment.
    pub stay: i128,
    /// Gain of customers who changed segment and are worth more.
    pub move_up: i128,
    /// Loss of customers who changed segment and are worth less.
    pub move_down: i128,
    /// Change of customers who changed segment and are worth the same: always 0.
    pub move_flat: i128,
    /// Customers behind `new`.
    pub n_new: u64,
    /// Customers behind `lost`.
    pub n_lost: u64,
    /// Customers behind `stay`.
    pub n_stay: u64,
    /// Customers behind `move_up`.
    pub n_move_up: u64,
    /// Customers behind `move_down`.
    pub n_move_down: u64,
    /// Customers behind `move_flat`.
    pub n_move_flat: u64,
}

impl CustomerBridge {
    /// Adds one customer; `None` means not a customer on that side.
    pub fn add(&mut self, before: Option<Holding>, after: Option<Holding>) {
        let value = |held: Option<Holding>| held.map_or(0, |held| i128::from(held.value_minor));
        let change = value(after) - value(before);
        let (effect, n) = match (before, after) {
            (None, None) => return,
            (None, Some(_)) => (&mut self.new, &mut self.n_new),
            (Some(_), None) => (&mut self.lost, &mut self.n_lost),
            (Some(old), Some(new)) if old.segment == new.segment => (&mut self.stay, &mut self.n_stay),
            _ if change > 0 => (&mut self.move_up, &mut self.n_move_up),
            _ if change < 0 => (&mut self.move_down, &mut self.n_move_down),
            _ => (&mut self.move_flat, &mut self.n_move_flat),
        };
        *effect += change;
        *n += 1;
    }

    /// Adds the customers of another part.
    pub fn merge(&mut self, other: &Self) {
        self.new += other.new;
        self.lost += other.lost;
        self.stay += other.stay;
        self.move_up += other.move_up;
        self.move_down += other.move_down;
        self.move_flat += other.move_flat;
        self.n_new += other.n_new;
        self.n_lost += other.n_lost;
        self.n_stay += other.n_stay;
        self.n_move_up += other.n_move_up;
        self.n_move_down += other.n_move_down;
        self.n_move_flat += other.n_move_flat;
    }

    /// Change of the total in minor units.
    pub fn total_change(&self) -> i128 {
        self.new + self.lost + self.stay + self.move_up + self.move_down + self.move_flat
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_without_customers_is_said() {
        let nobody = [SegmentTotal { n: 1, value: 5.0 }, SegmentTotal { n: 0, value: -3.0 }];
        let bridge = volume_mix_rate(&nobody, &nobody).unwrap();
        assert_eq!(bridge.reason, Some(Reason::ValueWithoutCustomers));
    }

    #[test]
    fn small_segments_do_not_hide_the_flag() {
        let total = |n, value| SegmentTotal { n, value };
        let before = [total(500, 50_000.0), total(480, 9_600.0), total(20, 800.0)];
        let after = [total(200, 21_000.0), total(780, 17_160.0), total(20, 600.0)];
        assert!(volume_mix_rate(&before, &after).unwrap().simpson);
    }

    #[test]
    fn merged_parts_equal_the_whole() {
        let held = |segment, value_minor| Some(Holding { segment, value_minor });
        let customers = [(held(0, 10), held(0, 7)), (None, held(1, 4)), (held(2, 5), held(1, 5)), (held(1, 9), None)];
        let bridge = |part: &[(Option<Holding>, Option<Holding>)]| {
            let mut bridge = CustomerBridge::default();
            part.iter().for_each(|&(before, after)| bridge.add(before, after));
            bridge
        };
        let mut parts = bridge(&customers[2..]);
        parts.merge(&bridge(&customers[..2]));
        assert_eq!(parts, bridge(&customers));
        assert_eq!(parts.total_change(), -3 + 4 - 9);
    }
}
