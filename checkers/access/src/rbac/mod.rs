//! Who may do what: role-based access control as the API server decides it.
