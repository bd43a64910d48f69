"""The vocabulary every room shares: values only, no behaviour that touches the world."""
