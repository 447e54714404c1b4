//! ValidatingAdmissionPolicy and CEL as the API server runs them.
