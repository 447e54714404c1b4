//! Text to trees with spans: YAML and JSON as the API server reads them.
