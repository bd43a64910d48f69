"""How ShipStation is read, whichever of its APIs shows the rows."""
