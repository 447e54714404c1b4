//! Trees to Kubernetes objects, pod templates and the index of references.
