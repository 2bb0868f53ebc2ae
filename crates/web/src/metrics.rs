//! What `/metrics` shows.

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

/// From a hit in the mirror to a slow Atlassian, in seconds.
const BUCKETS: [f64; 10] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.25, 1.0, 2.5, 10.0];

/// The process's metrics, in the text format of Prometheus. Cheap to clone.
#[derive(Clone)]
pub struct Metrics(PrometheusHandle);

/// Metrics could not be set up.
#[derive(Debug, thiserror::Error)]
#[error("metrics could not be set up")]
pub struct MetricsError(#[source] Box<dyn std::error::Error + Send + Sync>);

impl Metrics {
    /// Makes the recorder that the whole process counts with. To be called once.
    ///
    /// # Errors
    ///
    /// When the process has a recorder already.
    pub fn install() -> Result<Self, MetricsError> {
        PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &BUCKETS)
            .and_then(PrometheusBuilder::install_recorder)
            .map(Self)
            .map_err(|error| MetricsError(error.into()))
    }

    pub(crate) fn render(&self) -> String {
        self.0.run_upkeep();
        self.0.render()
    }
}
