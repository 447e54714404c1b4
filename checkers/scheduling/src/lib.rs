//! The filters and scores of kube-scheduler, and its preemption.
