"""The contracts: tables, HTTP messages, event types and id rules, each defined once."""
