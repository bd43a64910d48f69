"""What is read from IFS, to be made true in ShipStation."""
