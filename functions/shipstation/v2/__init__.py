"""What only the V2 API has."""
