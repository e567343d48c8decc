"""Vitrine: what a shopper viewed last and what to show next. Imported by every process, imports none of them."""
