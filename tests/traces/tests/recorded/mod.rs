//! The metrics that the recorder of this process has seen.

use metrics_util::MetricKind;
use metrics_util::debugging::{DebugValue, Snapshotter};
use std::collections::BTreeMap;

/// All metrics, by name and labels. A look at them empties the counters and the histograms of the recorder.
pub struct Recorded(BTreeMap<String, DebugValue>);

impl Recorded {
    pub fn now(snapshotter: &Snapshotter) -> Self {
        let metrics = snapshotter.snapshot().into_vec().into_iter();
        let named = metrics.map(|(key, _, _, value)| {
            let kind = match key.kind() {
                MetricKind::Counter => "counter",
                MetricKind::Gauge => "gauge",
                MetricKind::Histogram => "histogram",
            };
            let labels = key.key().labels().filter(|label| label.key() != "messaging.system");
            let labels: Vec<_> = labels.map(|label| format!("{}={}", label.key(), label.value())).collect();
            (format!("{kind} {} {}", key.key().name(), labels.join(" ")).trim_end().to_owned(), value)
        });
        Self(named.collect())
    }

    pub fn gauge(&self, name: &str) -> Option<f64> {
        match self.0.get(&format!("gauge {name}")) {
            Some(DebugValue::Gauge(value)) => Some(value.into_inner()),
            _ => None,
        }
    }

    pub fn count(&self, name: &str) -> u64 {
        match self.0.get(&format!("counter {name}")) {
            Some(DebugValue::Counter(count)) => *count,
            other => panic!("{name}: {other:?} of {:?}", self.0.keys()),
        }
    }

    pub fn values(&self, name: &str) -> Vec<f64> {
        match self.0.get(&format!("histogram {name}")) {
            Some(DebugValue::Histogram(values)) => values.iter().map(|value| value.into_inner()).collect(),
            other => panic!("{name}: {other:?} of {:?}", self.0.keys()),
        }
    }
}
