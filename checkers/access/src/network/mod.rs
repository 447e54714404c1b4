//! Who can connect to whom: network policies of all tiers.
