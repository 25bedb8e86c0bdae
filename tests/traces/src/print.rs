//! Prints the spans of this process.

use opentelemetry::trace::{SpanId, Status, TracerProvider};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData, SpanExporter};
use tracing_subscriber::layer::SubscriberExt;

#[derive(Debug)]
struct Printer;

impl SpanExporter for Printer {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        for span in batch {
            let parent = (span.parent_span_id != SpanId::INVALID).then(|| span.parent_span_id.to_string());
            let attributes: serde_json::Map<_, _> = span
                .attributes
                .iter()
                .map(|pair| (pair.key.to_string(), pair.value.to_string().into()))
                .collect();
            let line = serde_json::json!({
                "name": span.name,
                "trace": span.span_context.trace_id().to_string(),
                "id": span.span_context.span_id().to_string(),
                "parent": parent,
                "is_error": matches!(span.status, Status::Error { .. }),
                "attributes": attributes,
            });
            println!("{line}");
        }
        Ok(())
    }
}

/// Prints every span once it ends, as a line of JSON.
pub fn every_span() {
    let provider = SdkTracerProvider::builder().with_simple_exporter(Printer).build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("fang"));
    let subscriber = tracing_subscriber::registry().with(layer);
    tracing::subscriber::set_global_default(subscriber).expect("there is no other subscriber");
}
