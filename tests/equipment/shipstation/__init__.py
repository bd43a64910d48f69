"""A simulated ShipStation account (API V1): `ShipStation(Account(clock, random))` is an HTTP application."""
