//! Whether a service mode can carry the customers it is promised to.

use std::collections::BTreeMap;

use segmenta_pipeline::model::Strategy;

/// Expected load of one service mode against its capacity, contacts per peak hour.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CapacityFinding {
    pub(crate) service: String,
    pub(crate) customers: u64,
    pub(crate) expected_per_hour: f64,
    pub(crate) capacity_per_hour: f64,
}

impl CapacityFinding {
    pub(crate) fn fits(&self) -> bool {
        self.expected_per_hour <= self.capacity_per_hour
    }
}

/// One finding per service mode with a declared capacity, in file order.
///
/// load = customers × peak contact rate; capacity = agents × 3600 / handle time.
pub(crate) fn capacity(strategy: &Strategy, served: &BTreeMap<String, u64>) -> Vec<CapacityFinding> {
    let finding = |(service, capacity): (&String, &segmenta_pipeline::model::Capacity)| {
        let customers = served.get(service).copied().unwrap_or_default();
        CapacityFinding {
            service: service.clone(),
            customers,
            expected_per_hour: customers as f64 * capacity.peak_contact_rate,
            capacity_per_hour: capacity.agents * 3600.0 / capacity.handle_time_seconds,
        }
    };
    strategy.capacity.iter().map(finding).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use segmenta_pipeline::model::Capacity;

    /// 10,000 customers call in one outage; 20 agents at 300 s take 240 calls an hour.
    #[test]
    fn ten_thousand_callers_do_not_fit_twenty_agents() {
        let capacities =
            [("call".to_owned(), Capacity { agents: 20.0, handle_time_seconds: 300.0, peak_contact_rate: 1.0 })];
        let strategy = Strategy {
            scheme: "value".into(),
            segments: Default::default(),
            default: None,
            rules: Vec::new(),
            exceptions: None,
            guardrails: Default::default(),
            consent: Default::default(),
            worklist: None,
            capacity: capacities.into_iter().collect(),
            span: 0..0,
        };
        let served = |n| capacity(&strategy, &BTreeMap::from([("call".to_owned(), n)])).remove(0);
        assert_eq!((served(10_000).expected_per_hour, served(10_000).capacity_per_hour), (10_000.0, 240.0));
        assert!(!served(10_000).fits());
        assert!(served(0).fits());
    }
}
