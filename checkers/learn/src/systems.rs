//! Parameters of systems with flat or XML configurations: what is learned and what is checked.
