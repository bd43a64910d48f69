"""A simulated IFS Cloud tenant: `Tenant(clock).application` is an HTTP application."""
