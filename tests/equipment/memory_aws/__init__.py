"""AWS in memory, behind the Protocols that the shipping adapters implement."""
