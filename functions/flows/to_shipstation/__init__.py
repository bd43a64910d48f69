"""What is written to ShipStation."""
